"""A rule file of one group, and what a check finds in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from vedette.check.foreign import facts_of_texts
from vedette.check.registry import find

if TYPE_CHECKING:
    from vedette.check.facts import Facts
    from vedette.check.finding import Finding


def alert(
    expr: str,
    summary: str = "Of {{ $labels.job }}",
    *,
    name: str = "ShopErrors",
    for_: str = "5m",
    labels: dict[str, str] | None = None,
    **annotations: str,
) -> str:
    """One rule. JSON is YAML, which spares us its quoting."""
    rule = {"alert": name, "expr": expr, "labels": {"severity": "high"} if labels is None else labels}
    texts = {"summary": summary, **annotations}
    if for_:
        rule["for"] = for_
    return json.dumps(rule | {"annotations": {key: text for key, text in texts.items() if text}})


def record(name: str, expr: str) -> str:
    """A recording rule."""
    return json.dumps({"record": name, "expr": expr})


def facts_of(*rules: str, **group: str) -> Facts:
    """The facts of one group with these rules."""
    lines = [
        "groups:",
        *(f"  {'- ' if i == 0 else '  '}{key}: {value}" for i, (key, value) in enumerate(_group(group))),
    ]
    text = "\n".join([*lines, "    rules:", *(f"      - {rule}" for rule in rules)])
    facts, problems = facts_of_texts({"rules.yml": text})
    assert problems == []
    return facts


def _group(group: dict[str, str]) -> list[tuple[str, str]]:
    return [("name", "shop"), *group.items()]


def findings(code: str, *rules: str, **group: str) -> list[Finding]:
    """What one check finds in them."""
    return list(find(code).find(facts_of(*rules, **group)))


def levels(code: str, *rules: str, **group: str) -> list[tuple[str, bool]]:
    """Level and certainty of each."""
    return [(finding.level, finding.certain) for finding in findings(code, *rules, **group)]
