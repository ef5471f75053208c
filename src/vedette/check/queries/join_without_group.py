"""Several series of one side can pair with one of the other, and the query does not say that this is meant.

`a / on (job) b` wants one series of `a` and one of `b` for each job. Where one side keeps a further label, say
`instance`, the query works for as long as there is one instance, and fails with "multiple matches for labels" as
soon as a second one is started: the whole query, for all jobs, and with it the alert.

Aggregate the extra label away, or write `group_left` (many on the left) or `group_right` (many on the right).
https://prometheus.io/docs/prometheus/latest/querying/operators/#many-to-one-and-one-to-many-vector-matches
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

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Every one-to-one operation one side of which keeps a label it does not pair by."""
    recorded = frozenset(recording.name for recording in facts.recordings)
    for query in facts.queries:
        for node, _ in nodes(query):
            if not isinstance(node, Binary) or node.op in SET_OPERATORS or node.matching is None:
                continue
            if node.matching.card != "one-to-one" or apart(recorded, query, node):
                continue
            left, right = several(query, node, "left"), several(query, node, "right")
            if (left is None) == (right is None):
                continue
            extra = left or right
            assert extra is not None
            many, group = (node.lhs, "group_left") if left else (node.rhs, "group_right")
            by = "on" if node.matching.on else "ignoring"
            yield CHECK.finding(
                query.at(node),
                query.owner,
                f"{shown(query, many)} can have several series that differ in {extra.label} for each one that "
                f"`{node.op} {by} ({', '.join(node.matching.labels)})` pairs it with; then the whole query fails",
                f"aggregate {extra.label} away, or write `{by} ({', '.join(node.matching.labels)}) {group} ()`",
                certain=extra.certain,
            )


_FILE: Final = """groups:
  - name: shop
    rules:
      - record: job_route:shop_errors:ratio_rate5m
        expr: sum by (job, route) (rate(shop_errors_total[5m])) / {} sum by (job) (rate(shop_orders_total[5m])){}
"""

CHECK = Check(
    code="join-without-group",
    about="queries",
    level="warning",
    find=find,
    bad=Example("rules.yml", _FILE.format("on (job)", "  # <-")),
    good=Example("rules.yml", _FILE.format("on (job) group_left ()", "")),
)
