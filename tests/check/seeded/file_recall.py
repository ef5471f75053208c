"""How many mistakes in routes and dashboards are found in the file where each was made."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.check.seeded.files import ALERTMANAGER, mistakes
from tests.check.seeded.recall import Recall

from vedette.build import build
from vedette.check.declared import facts_of_stack
from vedette.check.foreign import facts_of_texts
from vedette.check.run import run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.catalog import Stack
    from vedette.check.facts import Facts
    from vedette.check.finding import Finding


def measure(stack: Stack, every: int = 1) -> Recall:
    """Make each mistake in the files that a stack is built to, one at a time, and check them as anybody's."""
    files = {path: text for path, text in build(stack, "local").items() if path.endswith((".yml", ".json"))}
    files.pop("vedette.json")
    declared, _ = facts_of_stack(stack, "local")
    before = Counter(_key(one) for one in _findings(files, declared))
    recall = Recall()
    seen: Counter[str] = Counter()
    for mistake in mistakes(files):
        seen[mistake.operator] += 1
        if (seen[mistake.operator] - 1) % every:
            continue
        recall.made[mistake.operator] += 1
        behind = declared if mistake.path == ALERTMANAGER else None
        after = [one for one in _findings(mistake.files, behind) if one.place.file == mistake.path]
        counts = Counter(_key(one) for one in after)
        codes = [code for (code, *_), count in (counts - before).items()]
        if codes:
            recall.found[mistake.operator] += 1
            recall.by.setdefault(mistake.operator, Counter()).update([codes[0]])
        else:
            recall.missed.append(mistake)  # type: ignore[arg-type]
    return recall


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.code, finding.place.file, finding.subject


def _findings(files: Mapping[str, str], declared: Facts | None) -> list[Finding]:
    """Of the files alone, and of the routes with all that is declared behind the alerts they route."""
    facts, found = facts_of_texts(files)
    alone = run(facts, found)
    return alone if declared is None else [*alone, *run(replace(declared, routing=facts.routing))]
