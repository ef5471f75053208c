"""The two sides of an operator never pair, so that the query finds nothing, whatever is stored.

`a / b` takes each series of `a` with the one of `b` that has the same labels, all of them, unless `on (…)` or
`ignoring (…)` says which count. Where one side has a label that the other has lost, as after `sum by (job)`, or
never had, no two are the same and the result is empty: the alert never fires, the panel shows no data, and nobody is
told why.

Say what to pair by, and with `group_left` or `group_right` which side has several series for each of the other.
https://prometheus.io/docs/prometheus/latest/querying/operators/#vector-matching
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.pairing import common, gaps
from vedette.check.reading import known, shown
from vedette.promql.parser import SET_OPERATORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding
    from vedette.check.pairing import Apart
    from vedette.promql.ast import Binary

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Every arithmetic operation and comparison of two sides that have no equal labels."""
    for query, node, gap in gaps(facts):
        if node.op not in SET_OPERATORS:
            yield CHECK.finding(
                query.at(node),
                query.owner,
                f"the two sides of `{node.op}` never pair, so that it yields nothing: {_why(query, node, gap)}",
                _fix(query, node, gap),
                certain=gap.certain,
                level="error" if gap.certain else "warning",
            )


def _why(query: Query, node: Binary, gap: Apart) -> str:
    left, right = shown(query, node.lhs), shown(query, node.rhs)
    if not gap.why:
        return f"{left} and {right} never have the same {gap.label}"
    has, lacks = (left, right) if gap.side == "left" else (right, left)
    return f"{has} has the label {gap.label} and {lacks} has not: {gap.why}"


def _fix(query: Query, node: Binary, gap: Apart) -> str:
    matching = node.matching
    if not gap.why and matching is not None and not matching.on:
        names = ", ".join((*matching.labels, gap.label))
        return f"write `{node.op} ignoring ({names})`, or correct the matcher on {gap.label}"
    if not gap.why:
        return f"take {gap.label} out of on (…), or correct the matcher on it"
    both = common(known(query, node.lhs), known(query, node.rhs))
    names = ", ".join(name for name in both or () if name != gap.label)
    side = "group_left" if gap.side == "left" else "group_right"
    if names:
        return f"keep {gap.label} on both sides, or write `{node.op} on ({names}) {side} ()`"
    return f"keep {gap.label} on both sides, or write `{node.op} on () {side} ()` to pair with the only series there"


_FILE: Final = """groups:
  - name: shop
    rules:
      - alert: ManyErrors
        expr: sum by (job, route) (rate(shop_errors_total[5m])) / {}sum by (job) (rate(shop_orders_total[5m])) > 0.1{}
"""

CHECK = Check(
    code="join-never-matches",
    about="queries",
    level="error",
    find=find,
    bad=Example("rules.yml", _FILE.format("on (job, route) group_left () ", "  # <-")),
    good=Example("rules.yml", _FILE.format("on (job) group_left () ", "")),
)
