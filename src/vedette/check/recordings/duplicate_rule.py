"""Two rules do the same: they write the same series twice, or one is a copy of the other.

Where two recording rules have the same name and labels, Prometheus keeps one value of the two for each moment and
logs "duplicate sample for timestamp"; which one is chance. The same alert twice makes one notification of two that
differ in nothing, and whoever changes one of them is surprised by the other.

Keep one, or give them labels that tell them apart.
https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.facts import Alert, Recording

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding
    from vedette.promql.ast import Expr

__all__ = ["CHECK", "find"]

_Rule = Alert | Recording


def find(facts: Facts) -> Iterator[Finding]:
    """Every rule that does what one before it does."""
    seen: dict[tuple[type[_Rule], str, tuple[tuple[str, str], ...]], list[_Rule]] = {}
    by_expression: dict[tuple[Expr, tuple[tuple[str, str], ...]], Recording] = {}
    for group in facts.groups:
        for rule in group.rules:
            others = seen.setdefault((type(rule), rule.name, _labels(rule)), [])
            told = next((found for other in others if (found := _same(rule, other)) is not None), None)
            others.append(rule)
            if told is not None:
                yield told
            elif isinstance(rule, Recording):
                first = by_expression.setdefault((rule.query.tree, _labels(rule)), rule)
                if first.name != rule.name:
                    yield CHECK.finding(
                        rule.place,
                        rule.query.owner,
                        f"its expression is that of {first.name} ({first.place}), under another name",
                        f"use {first.name} and remove this rule",
                        level="note",
                    )


def _labels(rule: _Rule) -> tuple[tuple[str, str], ...]:
    labels: Mapping[str, object] = rule.labels
    return tuple(sorted((name, getattr(value, "value", str(value))) for name, value in labels.items()))


def _same(rule: _Rule, other: _Rule) -> Finding | None:
    if rule.query.tree == other.query.tree:
        what = f"it is the same rule as in {other.place}: name, labels and expression"
        return CHECK.finding(rule.place, rule.query.owner, what, "keep one of the two")
    if isinstance(rule, Recording) and _overlap(rule.query, other.query):
        what = f"it writes the same series as the rule of the same name in {other.place}, with another expression"
        fix = "rename one, give them labels that differ, or join the expressions with `or`"
        return CHECK.finding(rule.place, rule.query.owner, what, fix)
    return None


def _overlap(one: Query, two: Query) -> bool:
    """Whether both certainly yield a series with the same labels: with none at all."""
    left, right = (
        [branch for branch in query.flow.branches if branch.labels.possible() is not None] for query in (one, two)
    )
    return any(not branch.labels.possible() for branch in left) and any(
        not branch.labels.possible() for branch in right
    )


_FILE: Final = """groups:
  - name: shop
    rules:
      - record: job:shop_orders:rate5m
        expr: sum by (job) (rate(shop_orders_total[5m]))
      - record: {}:rate5m{}
        expr: sum by ({}) (rate(shop_orders_total[5m]))
"""

CHECK = Check(
    code="duplicate-rule",
    about="recordings",
    level="warning",
    find=find,
    bad=Example("rules.yml", _FILE.format("job:orders", "  # <-", "job")),
    good=Example("rules.yml", _FILE.format("job_channel:shop_orders", "", "job, channel")),
)
