"""A part of the query has an answer whatever is stored, so that what waits for it to be missing never happens.

`absent(sum(x) or vector(0))` never fires: the zero is always there. In `vector(0) or sum(x)` the sum never shows,
since `or` takes from its right side only what the left does not have, and the left always has it.

The other way round is meant: `absent(x)`, and `sum(x) or vector(0)`.
https://prometheus.io/docs/prometheus/latest/querying/operators/#logical-set-binary-operators
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.reading import nodes, shown
from vedette.promql.ast import Binary, Call
from vedette.promql.labels import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding
    from vedette.promql.flow import Branch

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Every `absent` of what never is, and every right side of `or` that never shows."""
    for query in facts.queries:
        for node, _ in nodes(query):
            if isinstance(node, Call) and node.func in ("absent", "absent_over_time"):
                yield from _absent(query, node)
            elif isinstance(node, Binary) and node.op == "or":
                yield from _or(query, node)


def _absent(query: Query, node: Call) -> Iterator[Finding]:
    always = next((one.always for one in query.flow.of(node.args[0]) if one.always is not None), None)
    if always is not None:
        yield CHECK.finding(
            query.at(node),
            query.owner,
            f"{shown(query, node)} never yields anything, since what it waits for is always there: {always.text}",
            f"write {node.func}(…) of the series themselves",
        )


def _or(query: Query, node: Binary) -> Iterator[Finding]:
    left = [one for one in query.flow.of(node.lhs) if one.always is not None and one.empty is None]
    right = [one for one in query.flow.of(node.rhs) if one.empty is None]
    if not left or not right:
        return
    matching = node.matching
    everything = matching is not None and matching.on and not matching.labels
    if everything or (any(map(_no_labels, left)) and all(map(_no_labels, right))):
        always = left[0].always
        assert always is not None
        yield CHECK.finding(
            query.at(node.rhs),
            query.owner,
            f"{shown(query, node.rhs)} never shows: `or` takes from its right side what the left does not have, and "
            f"{shown(query, node.lhs)} is always there ({always.text})",
            "swap the two sides",
        )


def _no_labels(branch: Branch) -> bool:
    possible = branch.labels.possible()
    return possible is not None and not possible - {NAME}


_FILE: Final = """groups:
  - name: shop
    rules:
      - alert: NoOrders
        expr: absent({}){}
"""

CHECK = Check(
    code="always-there",
    about="queries",
    level="error",
    find=find,
    bad=Example("rules.yml", _FILE.format("sum(shop_orders_total) or vector(0)", "  # <-")),
    good=Example("rules.yml", _FILE.format("shop_orders_total", "")),
)
