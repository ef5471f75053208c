"""A query takes the rate of a gauge, which goes down as well as up.

`rate`, `increase`, `irate` and `resets` are for counters: they take every fall of the value for a restart of the
process, and count on from zero. Of a queue that shrinks from 100 to 90 they make a growth of 90. The result is a
number, looks like one, and means nothing.

Use `delta` or `deriv` for the change of a gauge, or a counter where events are to be counted.
https://prometheus.io/docs/prometheus/latest/querying/functions/#rate
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.reading import COUNTER_FUNCTIONS, bare, nodes, shown, whence
from vedette.promql.ast import Aggregate, Call, MatrixSelector, Subquery
from vedette.promql.flow.selectors import metric_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding
    from vedette.promql.ast import Expr

__all__ = ["CHECK", "find"]

_GAUGES: Final = frozenset({"gauge", "info", "stateset", "quantile"})
_CHANGES: Final = frozenset({"rate", "increase", "irate", "delta", "idelta", "deriv"})
_INSTEAD: Final = {"rate": "deriv", "increase": "delta", "irate": "idelta", "resets": "changes"}


def find(facts: Facts) -> Iterator[Finding]:
    """Every rate of what is a gauge beyond doubt."""
    for query in facts.queries:
        for node, _ in nodes(query):
            if (
                isinstance(node, Call)
                and node.func in COUNTER_FUNCTIONS
                and (what := _gauge(facts, query, node.args[0]))
            ):
                yield CHECK.finding(
                    query.at(node),
                    query.owner,
                    f"{node.func} is for counters, and {what}; every fall of it is taken for a restart",
                    f"use {_INSTEAD[node.func]}() for the change of a gauge, or count the events in a Counter",
                    level="error" if facts.kind == "declared" else "warning",
                )


def _gauge(facts: Facts, query: Query, arg: Expr) -> str:
    """What there is to say of a range of gauges, ``""`` where it may be one of counters."""
    if isinstance(arg, MatrixSelector):
        branch = query.flow.of(arg)[0]
        if branch.certain and branch.type in _GAUGES and not _perhaps_counter(facts, arg):
            return f"{shown(query, arg.selector)} is a gauge{whence(branch)}"
        return ""
    if not isinstance(arg, Subquery):
        return ""
    inner = _innermost(arg.expr)
    if isinstance(inner, Call) and inner.func in _CHANGES:
        return f"{shown(query, inner)} is a gauge already: it goes up and down"
    branches = query.flow.of(arg)
    known = [series for branch in branches for series in branch.series]
    asked = [selector for branch in branches for selector in branch.selectors]
    certain = all(series.certain and series.type in _GAUGES for series in known)
    if known and len(known) == len(asked) and certain:
        return f"{shown(query, arg.expr)} is made of gauges"
    return ""


def _innermost(node: Expr) -> Expr:
    node = bare(node)
    while isinstance(node, Aggregate):
        node = bare(node.expr)
    return node


def _perhaps_counter(facts: Facts, arg: MatrixSelector) -> bool:
    """Whether it is recorded from what nobody declares, and may be counters that were added up or converted."""
    name = metric_name(arg.selector)
    trees = [one.query.tree for one in facts.recordings if one.name == name]
    if facts.complete or not trees:
        return False
    made = [_innermost(tree) for tree in trees]
    return not all(isinstance(inner, Call) and inner.func in _CHANGES for inner in made)


_FILE: Final = """from vedette import Gauge, Pack, Recording, Service, Stack

waiting = Gauge("shop_queue_depth", help="Orders that wait.")
shop = Pack(
    "shop",
    metrics=[waiting],
    recordings=[
        Recording("job:shop_queue_depth:change", "{}"),{}
    ],
)
stack = Stack(services=[Service("shop", ["localhost:8000"], [shop])])
"""

CHECK = Check(
    code="rate-of-gauge",
    about="queries",
    level="error",
    find=find,
    bad=Example("observability.py", _FILE.format("sum by (job) (rate(shop_queue_depth[10m]))", "  # <-")),
    good=Example("observability.py", _FILE.format("sum by (job) (deriv(shop_queue_depth[10m]))", "")),
)
