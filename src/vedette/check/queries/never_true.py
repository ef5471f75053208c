"""A part of the query can never yield anything, so that what depends on it never happens.

`x > 90 and x < 80`, `{state="on", state="off"}`, an `and` with something that never has the same labels: nothing
stored can make it true. An alert on it looks like one that watches and has never had a reason.

Most come from an aggregation that drops the labels which `and` pairs by (`a > 1 and sum by (job) (b) > 0`), or from a
copy of a rule in which one half was changed. That a comparison with a number is never true has a check of its own,
impossible-threshold.
https://prometheus.io/docs/prometheus/latest/querying/operators/#logical-set-binary-operators
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.pairing import gaps
from vedette.check.reading import bare, constant, nodes, shown
from vedette.promql.ast import Binary, Expr, VectorSelector
from vedette.promql.flow.interval import EVERYTHING, constrained
from vedette.promql.flow.operators import COMPARISONS
from vedette.promql.labels import NAME
from vedette.promql.walk import children

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding
    from vedette.check.pairing import Apart
    from vedette.promql.flow.interval import Interval

__all__ = ["CHECK", "find"]

_FLIPPED: Final = {">": "<", "<": ">", ">=": "<=", "<=": ">="}


def find(facts: Facts) -> Iterator[Finding]:
    """Every smallest part that never yields anything, but for what other checks tell better."""
    apart: dict[int, Apart] = {id(node): gap for _, node, gap in gaps(facts)}
    for query in facts.queries:
        for node, around in nodes(query):
            match node:
                case VectorSelector():
                    yield from _contradiction(query, node)
                case Binary() if node.op in ("and", "unless"):
                    yield from _set_operation(query, node, around, apart.get(id(node)))
                case Binary() if node.op in COMPARISONS and id(node) not in apart:
                    yield from _comparison(query, node)


def _empty(query: Query, node: Expr) -> bool:
    return all(branch.empty is not None for branch in query.flow.of(node))


def _finding(query: Query, node: Expr, message: str, fix: str, *, certain: bool) -> Finding:
    return CHECK.finding(
        query.at(node), query.owner, message, fix, certain=certain, level="error" if certain else "warning"
    )


# --- matchers --------------------------------------------------------------------------------------------------------


def _contradiction(query: Query, node: VectorSelector) -> Iterator[Finding]:
    """Matchers of one label that no value satisfies. That a label has no such value is another check's."""
    for name in dict.fromkeys(matcher.name for matcher in node.matchers):
        own = [matcher for matcher in node.matchers if matcher.name == name and matcher.name != NAME]
        wanted = next((matcher.value for matcher in own if matcher.op == "="), None)
        impossible = [one for one in own if one.op in ("!~", "!=") and _matches_nothing(one.op, one.value)]
        if impossible:
            yield _finding(
                query,
                node,
                f"{{{impossible[0]}}} finds nothing: every value, and even no value, matches what it excludes",
                f"take {impossible[0]} out",
                certain=True,
            )
        elif wanted is not None and any(not matcher.matches(wanted) for matcher in own):
            both = ", ".join(str(matcher) for matcher in own)
            yield _finding(
                query,
                node,
                f"no value of {name} satisfies all of {{{both}}}, so that {shown(query, node)} finds nothing",
                f'keep one of them, or write {name}=~"…|…" for either',
                certain=True,
            )


def _matches_nothing(op: str, value: str) -> bool:
    return op == "!~" and value in (".*", "(.*)", "^.*$")


# --- comparisons -----------------------------------------------------------------------------------------------------


def _comparison(query: Query, node: Binary) -> Iterator[Finding]:
    if node.matching is None:
        return  # with a number: impossible-threshold tells
    if not _empty(query, node) or any(_empty(query, side) for side in children(node)):
        return
    branches = query.flow.of(node)
    why = next(branch.empty.text for branch in branches if branch.empty is not None)
    yield _finding(
        query,
        node,
        f"{shown(query, node)} is never true: {why}",
        "compare with something that can be that large or small",
        certain=all(branch.certain for branch in branches),
    )


# --- and, unless -----------------------------------------------------------------------------------------------------


def _set_operation(query: Query, node: Binary, around: tuple[Expr, ...], gap: Apart | None) -> Iterator[Finding]:
    if any(_empty(query, side) for side in children(node)):
        return
    if gap is not None:
        yield _never_paired(query, node, gap)
    elif node.op == "unless" and _empty(query, node):
        why = next(branch.empty.text for branch in query.flow.of(node) if branch.empty is not None)
        yield _finding(query, node, why, "write the labels to pair by, on (…)", certain=True)
    elif node.op == "and" and not (around and _is_and(around[-1])):
        yield from _conjunction(query, node)


def _never_paired(query: Query, node: Binary, gap: Apart) -> Finding:
    left, right = shown(query, node.lhs), shown(query, node.rhs)
    has, lacks = (left, right) if gap.side == "left" else (right, left)
    why = f"{has} has the label {gap.label} and {lacks} has not: {gap.why}"
    if not gap.why:
        why = f"{left} and {right} never have the same {gap.label}"
    effect = "it yields nothing" if node.op == "and" else "it excludes nothing"
    return _finding(
        query,
        node,
        f"the two sides of `{node.op}` never pair, so that {effect}: {why}",
        f"write the labels that both have, `{node.op} on (…)`, or keep {gap.label} on both sides",
        certain=gap.certain,
    )


def _is_and(node: Expr) -> bool:
    return isinstance(node, Binary) and node.op == "and"


def _conjunction(query: Query, node: Binary) -> Iterator[Finding]:
    """Limits on one and the same expression that exclude each other: ``x > 90 and x < 80``."""
    limits: list[tuple[Expr, Interval]] = []
    for part in _conjuncts(node):
        limit = _limit(query, part)
        if limit is None:
            continue
        subject, (low, high) = limit
        for other, (least, most) in limits:
            if other == subject and (low > most or high < least):
                yield _finding(
                    query,
                    node,
                    f"no value of {shown(query, subject)} is within both of its limits in {shown(query, node)}",
                    "correct one of the limits, or write `or` for either",
                    certain=True,
                )
                return
        limits.append((subject, (low, high)))


def _conjuncts(node: Expr) -> Iterator[Expr]:
    node = bare(node)
    if isinstance(node, Binary) and node.op == "and" and node.matching is not None and not node.matching.on:
        yield from _conjuncts(node.lhs)
        yield from _conjuncts(node.rhs)
    else:
        yield node


def _limit(query: Query, part: Expr) -> tuple[Expr, Interval] | None:
    if not isinstance(part, Binary) or part.op not in COMPARISONS - {"!="} or part.bool_:
        return None
    right, left = constant(query, part.rhs), constant(query, part.lhs)
    if right is not None:
        return bare(part.lhs), constrained(part.op, EVERYTHING, (right, right))
    if left is not None:
        return bare(part.rhs), constrained(_FLIPPED.get(part.op, part.op), EVERYTHING, (left, left))
    return None


_FILE: Final = """groups:
  - name: shop
    rules:
      - alert: OrdersWait
        expr: shop_queue_depth > 100 and {} > 10{}
"""

CHECK = Check(
    code="never-true",
    about="queries",
    level="error",
    find=find,
    bad=Example("rules.yml", _FILE.format("sum(rate(shop_orders_total[5m]))", "  # <-")),
    good=Example("rules.yml", _FILE.format("on (job) sum by (job) (rate(shop_orders_total[5m]))", "")),
)
