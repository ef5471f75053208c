"""Values of different units are added, compared, or shown as one.

Seconds are compared with milliseconds, bytes with a ratio, a number of requests per second with one of seconds.
Prometheus computes it without a word, and the result is wrong by a factor, or means nothing: a limit that is always
or never crossed.

Convert one side, or compare with the metric that was meant. That the sides of `or` differ is right between two
conditions of an alert, and is not reported there. https://prometheus.io/docs/practices/naming/#base-units
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.reading import known, nodes, shown
from vedette.promql.ast import Binary
from vedette.promql.flow.calls import number
from vedette.promql.flow.operators import COMPARISONS
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding
    from vedette.promql.ast import Expr
    from vedette.promql.flow import Branch, Unit

__all__ = ["CHECK", "find"]

_SAME_KIND: Final = COMPARISONS | {"+", "-", "or"}
_DOES: Final = {"+": "adds", "-": "subtracts", "or": "mixes"}


def find(facts: Facts) -> Iterator[Finding]:
    """Every operation that wants one unit on both sides and has two."""
    for query in facts.queries:
        for node, _ in nodes(query):
            if isinstance(node, Binary) and node.op in _SAME_KIND and (found := _finding(query, node)) is not None:
                yield found


def _finding(query: Query, node: Binary) -> Finding | None:
    left, right = known(query, node.lhs), known(query, node.rhs)
    if node.op == "or" and any(branch.conditions for branch in (*left, *right)):
        return None
    mine, theirs = _unit(left), _unit(right)
    if mine is None or theirs is None or mine.fits(theirs):
        return None
    if _converted(node.lhs) or _converted(node.rhs):
        return None
    return CHECK.finding(
        query.at(node),
        query.owner,
        f"`{node.op}` {_DOES.get(node.op, 'compares')} {shown(query, node.lhs)}, which is in {mine}, and "
        f"{shown(query, node.rhs)}, which is in {theirs}",
        f"convert one side, so that both are in {mine}, or take the metric that was meant",
        certain=all(branch.certain for branch in (*left, *right)),
    )


def _unit(branches: tuple[Branch, ...]) -> Unit | None:
    """The unit of a side, None where nobody says or its parts differ."""
    units = {branch.unit for branch in branches}
    return units.pop() if len(units) == 1 else None


def _converted(side: Expr) -> bool:
    """Whether a number in it may have a unit of its own, as 1000 has in ``x * 1000``."""
    factors = (
        value
        for node in walk(side)
        if isinstance(node, Binary) and node.op in ("*", "/")
        for value in (number(node.lhs), number(node.rhs))
        if value is not None
    )
    return any(not 0 <= value < 10 and value != 100 for value in factors)


_FILE: Final = """from vedette import Alert, Gauge, Pack, Service, Stack

age = Gauge("shop_queue_age_seconds", help="Age of the oldest order that waits.", unit="seconds")
limit = Gauge("shop_queue_{0}", help="What is allowed.", unit="{1}")
shop = Pack(
    "shop",
    metrics=[age, limit],
    alerts=[
        Alert(
            "OrdersWait",
            "shop_queue_age_seconds > shop_queue_{0}",{2}
            severity="high",
            summary="Orders of {{{{ $labels.job }}}} wait",
        ),
    ],
)
stack = Stack(services=[Service("shop", ["localhost:8000"], [shop])])
"""

CHECK = Check(
    code="unit-mismatch",
    about="queries",
    level="warning",
    find=find,
    bad=Example("observability.py", _FILE.format("limit_bytes", "bytes", "  # <-")),
    good=Example("observability.py", _FILE.format("limit_seconds", "seconds", "")),
)
