"""The value of a counter is used as it stands, though it only says how much has happened since the process began.

A counter rises for as long as its process lives and begins at zero with the next one. A limit on it is crossed once
and stays crossed until the next restart, however healthy all is by then; a share of two counters is one since the
beginning, in which the errors of the last minutes hardly show.

Ask how fast it rises, `rate(x_total[5m])`, or how much it rose, `increase(x_total[5m])`. To see whether a series is
there at all (`absent`, `count`, `== 0`), to see when it changed, or to take one counter from another (started less
finished is what runs) the value as it stands is right, and is not reported. Nor is a guard, `… and x_total > 100`,
unless its number is a fraction of what can only be counted whole: that was meant for a rate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.reading import SELECTING, constant, nodes, shown, whence
from vedette.promql.ast import Aggregate, Binary, Call, MatrixSelector, Paren, Unary, VectorSelector
from vedette.promql.flow import COUNT
from vedette.promql.flow.operators import COMPARISONS
from vedette.promql.flow.selectors import metric_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding
    from vedette.promql.ast import Expr

__all__ = ["CHECK", "find"]

_THROUGH: Final = frozenset(
    ("abs", "ceil", "floor", "round", "clamp", "clamp_min", "clamp_max", "sort", "sort_desc", "sort_by_label",
     "sort_by_label_desc", "label_replace", "label_join")
)  # fmt: skip
"""Functions out of which comes what went in."""

_SUMMING: Final = frozenset({"sum", "avg", "max", "min", "quantile", "stddev", "stdvar"}) | SELECTING
_RATES: Final = frozenset({"rate", "increase", "irate"})


def find(facts: Facts) -> Iterator[Finding]:
    """Every counter that is compared with a number or shown."""
    rated = _rated(facts)
    panels = {one.query for dashboard in facts.dashboards for panel in dashboard.panels for one in panel.queries}
    for query in facts.queries:
        for node, around in nodes(query):
            if not isinstance(node, VectorSelector):
                continue
            branch = query.flow.of(node)[0]
            if branch.type not in ("counter", "bucket") or not (branch.certain or metric_name(node) in rated):
                continue
            use = _use(query, node, around, shown_alone=query in panels)
            if use:
                yield CHECK.finding(
                    query.at(node),
                    query.owner,
                    f"{shown(query, node)} is a counter{whence(branch)}, and {use}; its value is how much there was "
                    "since the process began",
                    "ask for increase(…[5m]), how much it rose, or rate(…[5m]), how fast",
                    certain=branch.certain,
                )


def _rated(facts: Facts) -> frozenset[str]:
    """Names whose rate somebody takes: who wrote that holds them for counters."""
    return frozenset(
        metric_name(node.args[0].selector)
        for query in facts.queries
        for node, _ in nodes(query)
        if isinstance(node, Call) and node.func in _RATES and isinstance(node.args[0], MatrixSelector)
    )


def _use(query: Query, node: Expr, around: tuple[Expr, ...], *, shown_alone: bool) -> str:
    """What is done with the value of a counter that is wrong; ``""`` where nothing is."""
    child: Expr = node
    divided = False
    for outer in reversed(around):
        match outer:
            case Paren() | Unary():
                pass
            case Aggregate():
                if outer.op not in _SUMMING:
                    return ""
            case Call():
                if outer.func not in _THROUGH:
                    return ""
            case Binary() if outer.op in COMPARISONS:
                meant = _is_guard(outer, around) and not _is_fraction(query, outer, child)
                return "" if meant else _compared(query, outer, child)
            case Binary() if outer.op in ("and", "unless"):
                if outer.rhs is child:
                    return ""
            case Binary() if outer.op in ("+", "-"):
                if not _with_number(query, outer):
                    return ""  # what was taken in less what was given out, or what both have
            case Binary() if outer.op == "/" and outer.lhs is child and _is_rate(query, outer.rhs):
                return "divided by a rate"
            case Binary() if outer.op == "/":
                if divided or not _with_number(query, outer):
                    if not _ratio(query, outer):
                        return ""
                    divided = True
            case Binary() if outer.op in ("*", "or"):
                pass
            case _:
                return ""
        child = outer
    if not shown_alone:
        return ""
    return "shown as a share since the beginning" if divided else "shown as it stands"


def _with_number(query: Query, node: Binary) -> bool:
    return constant(query, node.lhs) is not None or constant(query, node.rhs) is not None


def _is_rate(query: Query, node: Expr) -> bool:
    """Whether it is so much a second."""
    units = [branch.unit for branch in query.flow.of(node) if branch.empty is None]
    return bool(units) and all(unit is not None and ("seconds", -1) in unit.powers for unit in units)


def _is_guard(node: Expr, around: tuple[Expr, ...]) -> bool:
    """Whether it only says which other series count, as in ``… and x_total > 100``."""
    child = node
    for outer in reversed(around[: around.index(node)]):
        if isinstance(outer, Binary) and outer.op in ("and", "unless") and outer.rhs is child:
            return True
        child = outer
    return False


def _is_fraction(query: Query, node: Binary, child: Expr) -> bool:
    """Whether a count of whole things is held against a part of one."""
    limit = constant(query, node.rhs if node.lhs is child else node.lhs)
    counts = all(branch.unit == COUNT for branch in query.flow.of(child))
    return limit is not None and counts and not limit.is_integer()


def _ratio(query: Query, node: Binary) -> bool:
    """Whether both sides are counters as they stand: their quotient is one since the beginning."""
    sides = [query.flow.of(side) for side in (node.lhs, node.rhs)]
    return all(branch.type in ("counter", "bucket") for side in sides for branch in side)


def _compared(query: Query, node: Binary, child: Expr) -> str:
    other = node.rhs if node.lhs is child else node.lhs
    limit = constant(query, other)
    if limit is None:
        return ""
    if node.op in ("==", "!=") or (limit == 0 and node.bool_) or (limit == 0 and node.op in ("<", "<=", ">=")):
        return ""
    written = f"{limit:g} {node.op}" if other is node.lhs else f"{node.op} {limit:g}"
    return f"compared as it stands with a number (`{written}`)"


_FILE: Final = """from vedette import Counter, Pack, Panel, Service, Stack

errors = Counter("shop_errors_total", help="Orders that failed.")
shop = Pack(
    "shop",
    metrics=[errors],
    panels=[
        Panel("Errors", "{}", unit="count", description="Orders that failed."),{}
    ],
)
stack = Stack(services=[Service("shop", ["localhost:8000"], [shop])])
"""

CHECK = Check(
    code="counter-direct",
    about="queries",
    level="warning",
    find=find,
    bad=Example("observability.py", _FILE.format("sum by (job) (shop_errors_total)", "  # <-")),
    good=Example("observability.py", _FILE.format("sum by (job) (increase(shop_errors_total[5m]))", "")),
)
