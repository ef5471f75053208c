"""A rate is taken of a sum of counters: when one process restarts, the rate of all jumps.

`rate` knows a restart by the fall of a counter. In a sum of many counters the fall of one is small or not seen at
all, and where it is seen, everything the sum still holds is counted as if it had just happened: a spike of millions
out of nothing, at every deployment.

Take the rate first and sum afterwards: `sum(rate(x_total[5m]))`. A recording rule that sums counters has the same
fault for everyone who takes a rate of it.
https://www.robustperception.io/rate-then-sum-never-sum-then-rate/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.reading import COUNTER_FUNCTIONS, bare, nodes, raw_counter, shown
from vedette.promql.ast import Aggregate, Binary, Call, Expr, MatrixSelector, Subquery, Unary
from vedette.promql.flow.selectors import metric_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_SUMS: Final = frozenset({"sum", "avg"})


def find(facts: Facts) -> Iterator[Finding]:
    """Every rate of a sum of counters, and of a recording that is one."""
    sums = {
        recording.name: (recording.query, found)
        for recording in facts.recordings
        if (found := _sum_of_counters(recording.query, recording.query.tree)) is not None
    }
    for query in facts.queries:
        for node, _ in nodes(query):
            if not isinstance(node, Call) or node.func not in COUNTER_FUNCTIONS:
                continue
            arg = node.args[0]
            if isinstance(arg, Subquery) and (inner := _sum_of_counters(query, arg.expr)) is not None:
                yield _finding(query, node, shown(query, inner))
            elif isinstance(arg, MatrixSelector) and (made := sums.get(metric_name(arg.selector))) is not None:
                name = metric_name(arg.selector)
                yield _finding(query, node, f"`{name}`, which is {shown(*made)},")


def _finding(query: Query, node: Call, what: str) -> Finding:
    return CHECK.finding(
        query.at(node),
        query.owner,
        f"{node.func} is taken of {what} a sum of counters: when one of them begins anew at zero, the sum falls, and "
        f"{node.func} counts all the rest of it once more",
        f"take the {node.func} of each counter and sum afterwards: sum({node.func}(…[5m]))",
        certain=all(branch.certain for branch in query.flow.of(node)),
    )


def _sum_of_counters(query: Query, tree: Expr) -> Aggregate | None:
    """The sum in a part whose value is one of counters as they stand."""
    tree = bare(tree)
    if isinstance(tree, Aggregate):
        return tree if tree.op in _SUMS and raw_counter(query, tree.expr) is not None else None
    if isinstance(tree, Unary):
        return _sum_of_counters(query, tree.expr)
    if isinstance(tree, Binary) and tree.op in ("+", "*", "/", "or"):
        return _sum_of_counters(query, tree.lhs)
    if isinstance(tree, Call) and tree.func in ("label_replace", "label_join"):
        return _sum_of_counters(query, tree.args[0])
    return None


_FILE: Final = """groups:
  - name: shop
    rules:
      - alert: NoOrders
        expr: {} == 0{}
"""

CHECK = Check(
    code="rate-of-aggregation",
    about="queries",
    level="warning",
    find=find,
    bad=Example("rules.yml", _FILE.format("rate(sum by (job) (shop_orders_total)[10m:])", "  # <-")),
    good=Example("rules.yml", _FILE.format("sum by (job) (rate(shop_orders_total[10m]))", "")),
)
