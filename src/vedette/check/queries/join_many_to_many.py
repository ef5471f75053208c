"""Both sides of an operator can have several series that pair by the same labels; Prometheus refuses that.

`a * on (job) b` with several instances on both sides has no answer to which goes with which. Prometheus fails with
"many-to-many matching not allowed" as soon as there are two, and the rule has no result at all. `group_left` does not
help: the other side still has to have one series for each group.

Pair by the label that tells them apart, `on (job, instance)`, or aggregate one side.
https://prometheus.io/docs/prometheus/latest/querying/operators/#vector-matching
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.pairing import apart, several
from vedette.check.reading import nodes, shown
from vedette.promql.ast import Binary
from vedette.promql.parser import SET_OPERATORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding
    from vedette.check.pairing import Extra

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Every operation that pairs many with many."""
    recorded = frozenset(recording.name for recording in facts.recordings)
    for query in facts.queries:
        for node, _ in nodes(query):
            if not isinstance(node, Binary) or node.op in SET_OPERATORS or node.matching is None:
                continue
            if apart(recorded, query, node) is None:
                yield from _findings(query, node)


def _findings(query: Query, node: Binary) -> Iterator[Finding]:
    matching = node.matching
    assert matching is not None
    left, right = several(query, node, "left"), several(query, node, "right")
    pairs = f"{'on' if matching.on else 'ignoring'} ({', '.join(matching.labels)})"
    if matching.card == "one-to-one" and left and right:
        yield _finding(
            query,
            node,
            f"both sides of `{node.op} {pairs}` can have several series for each pair: they differ in {left.label} on "
            f"the left and in {right.label} on the right",
            (left, right),
        )
    one = right if matching.card == "many-to-one" else left if matching.card == "one-to-many" else None
    if one is not None:
        side = node.rhs if matching.card == "many-to-one" else node.lhs
        group = "group_left" if matching.card == "many-to-one" else "group_right"
        yield _finding(
            query,
            node,
            f"`{group}` wants one series for each pair of `{pairs}` from {shown(query, side)}, which can have several "
            f"that differ in {one.label}",
            (one,),
        )


def _finding(query: Query, node: Binary, what: str, extras: tuple[Extra, ...]) -> Finding:
    names = " and ".join(dict.fromkeys(extra.label for extra in extras))
    return CHECK.finding(
        query.at(node),
        query.owner,
        f"{what}; then the whole query fails",
        f"pair by {names} too, or aggregate it away on one side",
        certain=all(extra.certain for extra in extras),
    )


_FILE: Final = """groups:
  - name: shop
    rules:
      - record: job:shop_errors:ratio_rate5m
        expr: sum by (job, route) (rate(shop_errors_total[5m])) / on (job) {} (rate(shop_orders_total[5m])){}
"""

CHECK = Check(
    code="join-many-to-many",
    about="queries",
    level="warning",
    find=find,
    bad=Example("rules.yml", _FILE.format("sum by (job, route)", "  # <-")),
    good=Example("rules.yml", _FILE.format("group_left () sum by (job)", "")),
)
