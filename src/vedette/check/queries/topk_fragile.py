"""A rule picks the largest or smallest series: which ones those are changes from one evaluation to the next.

With `topk(3, x) > 5` as an alert, a series that falls to the fourth place is resolved though its value is still too
high, and fires again when it is back: `for` never ends, and people are told and untold all night. A recording of
`topk` has gaps in every series.

Leave `topk` to panels and compare all series; to alert on the largest, take `max by (…)`.
https://prometheus.io/docs/prometheus/latest/querying/operators/#aggregation-operators
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.reading import SELECTING, nodes, shown
from vedette.promql.ast import Aggregate, Binary, Call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.promql.ast import Expr

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Every selection of series whose names come out of a rule."""
    for group in facts.groups:
        for rule in group.rules:
            query = rule.query
            for node, around in nodes(query):
                if isinstance(node, Aggregate) and node.op in SELECTING and _comes_out(node, around):
                    yield CHECK.finding(
                        query.at(node),
                        query.owner,
                        f"which series {shown(query, node)} names can change at every evaluation, so that each of them "
                        "comes and goes",
                        "compare all series without it, or aggregate with max by (…) or min by (…)",
                    )


def _comes_out(node: Expr, around: tuple[Expr, ...]) -> bool:
    child = node
    for outer in reversed(around):
        if isinstance(outer, Aggregate) and outer.op not in SELECTING:
            return False
        if isinstance(outer, Call) and outer.func in ("scalar", "absent", "absent_over_time"):
            return False
        if isinstance(outer, Binary) and outer.op in ("and", "unless") and outer.rhs is child:
            return True
        child = outer
    return True


_FILE: Final = """groups:
  - name: shop
    rules:
      - alert: QueueLong
        expr: {} > 1000{}
        for: 10m
"""

CHECK = Check(
    code="topk-fragile",
    about="queries",
    level="warning",
    find=find,
    bad=Example("rules.yml", _FILE.format("topk(3, shop_queue_depth)", "  # <-")),
    good=Example("rules.yml", _FILE.format("shop_queue_depth", "")),
)
