"""Facts from anybody's files: what kind each is, is told by what stands in it; what cannot be read is a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.facts import Facts, Group, Recording
from vedette.check.foreign_rules import groups_of
from vedette.check.guess import known_for
from vedette.check.problems import Problems
from vedette.errors import ConfigError
from vedette.formats import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.check.finding import Finding

__all__ = ["facts_of_texts"]


def facts_of_texts(texts: Mapping[str, str]) -> tuple[Facts, list[Finding]]:
    """The facts in files given as name → text, and what cannot be read of them."""
    groups: list[Group] = []
    recorded: dict[str, list[Recording]] = {}
    known = known_for(recorded)
    findings: list[Finding] = []
    for file, text in texts.items():
        problems = Problems(file)
        try:
            for document in yaml.documents(text, file, "the file"):
                groups.extend(groups_of(document.section().items("groups"), problems, known))
        except ConfigError as error:
            problems.take(error)
        findings.extend(problems.found)
    for group in groups:
        for rule in group.rules:
            if isinstance(rule, Recording):
                recorded.setdefault(rule.name, []).append(rule)
    return Facts(kind="foreign", groups=tuple(groups), known=known), findings
