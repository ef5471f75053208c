"""YAML that is broken somewhere: the rule around the place is blanked out, so that the rest of the file can be read.

The blanked text is as long as it was, so that every place behind it stays what it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vedette.errors import ConfigError
from vedette.formats import yaml
from vedette.formats._yaml_text import Inner, Source

if TYPE_CHECKING:
    from vedette.check.problems import Problems

__all__ = ["documents", "template"]

_ITEM: Final = re.compile(r"^([ \t]*)-[ \t]+(?:alert|record)[ \t]*:[ \t]*[\"']?([^\s\"']*)", re.MULTILINE)
_OUTER: Final = re.compile(r"^(?:---|\.\.\.|[A-Za-z])", re.MULTILINE)
_GROUP: Final = re.compile(r"^([ \t]*)-[ \t]+name[ \t]*:", re.MULTILINE)
_LINE: Final = re.compile(r"[^\r\n]+")
_HELM: Final = re.compile(
    r"\{\{-?\s*(?:[^{}\n]*[\s(])?(?:\$?\.(?:Values|Release|Chart|Capabilities|Files)\b|(?:include|tpl|template)\s+[\"$.(])"
    r"|\{\{-?\s*[`\"]\{\{|^[ \t]*\{%|\{\{-?\s*define\s+\"",
    re.MULTILINE,
)
_CONTROL: Final = re.compile(r"^[ \t]*\{\{.*\}\}[ \t]*(?:#.*)?$", re.MULTILINE)
_MOST: Final = 30
"""Broken places of a file that are looked past."""
_WORK: Final = 4_000_000
"""Characters that are read again for that, at most."""


def template(text: str, *, broken: bool) -> int | None:
    """Where it shows that the file is the template of one (Helm, Jinja); None where it does not."""
    found = _HELM.search(text) or (_CONTROL.search(text) if broken else None)
    return None if found is None else found.start() + len(found[0]) - len(found[0].lstrip())


def documents(source: Source, problems: Problems) -> tuple[list[yaml.Node], list[str]]:
    """The documents of a file; what is broken goes to ``problems``. Also the names that broken rules would record."""
    text = source.text
    lost: list[str] = []
    found: list[yaml.Node] = []
    for attempt in range(_MOST):
        found = []
        try:
            found.extend(yaml.documents(source, "the file"))
        except ConfigError as error:
            line = problems.take(error).line
            if isinstance(source, Inner):  # its lines are counted in another text
                break
        else:
            break
        span = _rule_at(text, line) if (attempt + 2) * len(text) < _WORK else None
        if span is None:
            break
        start, end = span
        lost += [rule[2] for rule in _ITEM.finditer(text, start, end) if "record" in rule[0]]
        text = text[:start] + _LINE.sub(lambda line: " " * len(line[0]), text[start:end]) + text[end:]
        source = Source(source.path, text)
    return found, lost


def _rule_at(text: str, line: int) -> tuple[int, int] | None:
    """Where the rule that a line belongs to begins and ends; None where it belongs to none."""
    starts = [0, *(found.end() for found in re.finditer(r"\r\n|\n|\r", text))]
    here = starts[line] if line < len(starts) else len(text)
    before = [found for found in _ITEM.finditer(text, 0, here) if not _OUTER.search(text, found.end(), here)]
    if not before:
        return None
    rule = before[-1]
    depth = len(rule[1])
    ends = [found.start() for found in _ITEM.finditer(text, rule.end())][:1]
    ends += [found.start() for found in _OUTER.finditer(text, rule.end())][:1]
    ends += [found.start() for found in _GROUP.finditer(text, rule.end()) if len(found[1]) < depth][:1]
    return rule.start(), min([*ends, len(text)])
