"""Two recording rules do the same: they write the same series, or compute the same under two names.

Where two rules have the same name and labels, Prometheus keeps one value of the two for each moment and logs
"duplicate sample for timestamp"; which one is chance. Where they only have the same expression, all of it is computed
and stored twice, and panels that use one are not seen by whoever changes the other.

Keep one, or give them labels that tell them apart.
https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query, Recording
    from vedette.check.finding import Finding
    from vedette.promql.ast import Expr

__all__ = ["CHECK", "find"]

_Labels = tuple[tuple[str, str], ...]


def find(facts: Facts) -> Iterator[Finding]:
    """Every recording rule that does what one before it does."""
    by_name: dict[tuple[str, _Labels], list[Recording]] = {}
    by_expression: dict[tuple[Expr, _Labels], Recording] = {}
    for rule in facts.recordings:
        labels = tuple(sorted(rule.labels.items()))
        others = by_name.setdefault((rule.name, labels), [])
        told = next((found for other in others if (found := _same(rule, other)) is not None), None)
        others.append(rule)
        first = by_expression.setdefault((rule.query.tree, labels), rule)
        if told is not None:
            yield told
        elif first.name != rule.name:
            yield CHECK.finding(
                rule.place,
                rule.query.owner,
                f"its expression is that of {first.name} ({first.place}), under another name",
                f"use {first.name} and remove this rule",
                level="note",
            )


def _same(rule: Recording, other: Recording) -> Finding | None:
    if rule.query.tree == other.query.tree:
        what = f"it is the same rule as in {other.place}: name, labels and expression"
        return CHECK.finding(rule.place, rule.query.owner, what, "keep one of the two")
    if _overlap(rule.query, other.query):
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
