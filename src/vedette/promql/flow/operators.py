"""What binary operators make of two sides: which series pair, which labels are left, units and bounds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from vedette.promql.ast import Aggregate, Binary, Call, Expr, Matching, MatrixSelector, Paren, VectorSelector
from vedette.promql.flow.branch import Branch, Flow
from vedette.promql.flow.calls import number
from vedette.promql.flow.interval import Interval, apply, can_hold, constrained
from vedette.promql.flow.labels import Label, Labels, Reason
from vedette.promql.flow.units import PERCENT, Unit
from vedette.promql.labels import NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["COMPARISONS", "combine", "is_part"]

COMPARISONS: Final = frozenset({"==", "!=", ">", "<", ">=", "<="})
_FLIPPED: Final = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
_MOST: Final = 32
"""Pairs of branches that are told apart."""

# What multiplying by a number makes of a unit. Dividing is the way back.
_SCALED: Final[dict[tuple[str, float], str]] = {
    ("seconds", 1e3): "milliseconds",
    ("seconds", 1e6): "microseconds",
    ("seconds", 1e9): "nanoseconds",
    ("minutes", 60.0): "seconds",
    ("hours", 3600.0): "seconds",
    ("days", 86400.0): "seconds",
}


def combine(node: Binary, left: Flow, right: Flow) -> Flow:
    """All branches of an operation."""
    if node.op == "or":
        return (*left, *right)
    if node.op in ("and", "unless"):
        return tuple(_filtered(node, one, right) for one in left)
    if node.matching is None:
        pairs = [(a, b) for a in left for b in right]
        return tuple(_with_number(node, a, b) for a, b in pairs[:_MOST])
    pairs = [(a, b) for a in left for b in right]
    if len(pairs) > _MOST:
        return (Branch(certain=False),)
    return tuple(_joined(node, a, b) for a, b in pairs)


# --- and, unless -----------------------------------------------------------------------------------------------------


def _filtered(node: Binary, left: Branch, right: Flow) -> Branch:
    matching = node.matching or Matching("many-to-many")
    condition = Reason(f"`{node.op}`", node.span)
    apart = [one.empty or _never_pair(matching, left.labels, one.labels, node) for one in right]
    empty = left.empty
    if node.op == "and" and all(apart):
        empty = empty or _first(apart)
    if node.op == "unless" and matching.on and not matching.labels:
        always = _first(one.always for one in right if one.empty is None)
        if always is not None:
            empty = empty or Reason(f"`unless on ()` drops everything: {always.text}", node.span)
    return replace(left, empty=empty, always=None, conditions=(*left.conditions, condition))


def _first(reasons: Iterable[Reason | None]) -> Reason | None:
    return next((reason for reason in reasons if reason is not None), None)


def _never_pair(matching: Matching, left: Labels, right: Labels, node: Binary) -> Reason | None:
    """Why no series of one side can have a partner on the other; None where one can."""
    if matching.on:
        names: Iterable[str] = matching.labels
    else:
        names = {name for name in (*left.named, *right.named) if name not in matching.labels and name != NAME}
    for name in sorted(names):
        a, b = left.get(name), right.get(name)
        for has, lacks, side in ((a, b, "right"), (b, a, "left")):
            if has.state == "always" and lacks.state == "never":
                why = f": {lacks.why.text}" if lacks.why is not None else ""
                return Reason(
                    f"the two sides of `{node.op}` pair by equal labels, and no series on the {side} has {name!r}{why}",
                    node.span,
                )
        if a.state == b.state == "always" and a.values is not None and b.values is not None and not a.values & b.values:
            return Reason(
                f"the two sides of `{node.op}` never have the same {name!r}: {_some(a.values)} on the left, "
                f"{_some(b.values)} on the right",
                node.span,
            )
    return None


def _some(values: frozenset[str]) -> str:
    listed = sorted(values)
    return ", ".join(listed[:4]) + (" …" if len(listed) > 4 else "")


# --- a number on one side --------------------------------------------------------------------------------------------


def _with_number(node: Binary, left: Branch, right: Branch) -> Branch:
    if node.op in COMPARISONS:
        both = left.type == right.type == "scalar"
        if left.type == "scalar" and not both:
            flipped = _FLIPPED.get(node.op, node.op)
            return _compared(node, flipped, right, left, right.labels)
        return _compared(node, node.op, left, right, left.labels)
    low, high = apply(node.op, (left.low, left.high), (right.low, right.high))
    base = right if left.type == "scalar" else left
    return replace(
        base,
        labels=_nameless(base.labels, node),
        type="scalar" if left.type == right.type == "scalar" else "gauge",
        unit=_unit_with_number(node, left, right),
        low=low,
        high=high,
        always=left.always if right.always else None,
        empty=left.empty or right.empty,
        certain=left.certain and right.certain,
        bounds=(),
    )


def _unit_with_number(node: Binary, left: Branch, right: Branch) -> Unit | None:
    given = right.unit if left.unit is None else left.unit
    if left.unit is not None and right.unit is not None:
        return _unit(node.op, left.unit, right.unit)
    if given is None or node.op in ("+", "-", "%"):
        return given
    factor = number(node.rhs) if left.unit is not None else number(node.lhs)
    if factor is None or (node.op == "/" and left.unit is None):
        return None
    if node.op not in ("*", "/"):
        return None
    return _scaled(given, factor, node.op)


def _scaled(unit: Unit, factor: float, op: str) -> Unit | None:
    if factor == 100:
        return unit * PERCENT if op == "*" else unit / PERCENT
    for (name, by), other in _SCALED.items():
        small, large = Unit(((name, 1),)), Unit(((other, 1),))
        if op == "*" and unit == small and factor == by:
            return large
        if op == "/" and unit == large and factor == by:
            return small
    return unit if 0 <= factor <= 1 and op == "*" else None


def _unit(op: str, left: Unit | None, right: Unit | None) -> Unit | None:
    match op:
        case "*" if left is not None and right is not None:
            return left * right
        case "/" if left is not None and right is not None:
            return left / right
        case "+" | "-" | "%":
            return left if left is not None else right
        case _:
            return None


def _nameless(labels: Labels, node: Binary) -> Labels:
    return labels.without([NAME], Reason(f"`{node.op}` drops the name", node.span))


# --- comparing -------------------------------------------------------------------------------------------------------


def _compared(node: Binary, op: str, kept: Branch, other: Branch, labels: Labels) -> Branch:
    mine, theirs = (kept.low, kept.high), (other.low, other.high)
    if node.bool_:
        always = kept.always if other.always else None
        return replace(
            kept, labels=_nameless(labels, node), type="gauge", unit=None, low=0.0, high=1.0, always=always, bounds=()
        )
    empty = kept.empty or other.empty
    if empty is None and not can_hold(op, mine, theirs):
        what = f"{_shown(mine)} is never {op} {_shown(theirs)}"
        empty = Reason(what, node.span)
    low, high = constrained(op, mine, theirs)
    return replace(
        kept,
        labels=labels,
        low=low,
        high=high,
        empty=empty,
        always=None,
        certain=kept.certain and other.certain,
        conditions=(*kept.conditions, Reason(f"`{op}`", node.span)),
    )


def _shown(values: Interval) -> str:
    low, high = values
    if low == high:
        return f"{low:g}"
    if high == float("inf"):
        return f"a value of {low:g} or more" if low != float("-inf") else "any value"
    if low == float("-inf"):
        return f"a value of at most {high:g}"
    return f"a value from {low:g} to {high:g}"


# --- two vectors -----------------------------------------------------------------------------------------------------


def _joined(node: Binary, left: Branch, right: Branch) -> Branch:
    matching = node.matching
    assert matching is not None
    apart = left.empty or right.empty or _never_pair(matching, left.labels, right.labels, node)
    labels = _join_labels(node, matching, left.labels, right.labels)
    comparison = node.op in COMPARISONS
    if comparison:
        many = right if matching.card == "one-to-many" else left
        flipped = _FLIPPED.get(node.op, node.op) if many is right else node.op
        found = _compared(node, flipped, replace(many, empty=apart), left if many is right else right, labels)
        return replace(found, selectors=(*left.selectors, *right.selectors), series=(*left.series, *right.series))
    low, high = apply(node.op, (left.low, left.high), (right.low, right.high))
    if node.op == "/" and is_part(node.lhs, node.rhs) and left.low >= 0:
        low, high = 0.0, 1.0
    return Branch(
        labels=_nameless(labels, node),
        type="gauge",
        unit=_unit(node.op, left.unit, right.unit),
        low=low,
        high=high,
        empty=apart,
        always=left.always if right.always else None,
        certain=left.certain and right.certain,
        selectors=(*left.selectors, *right.selectors),
        series=(*left.series, *right.series),
        conditions=(*left.conditions, *right.conditions),
    )


def _join_labels(node: Binary, matching: Matching, left: Labels, right: Labels) -> Labels:
    if matching.card in ("many-to-one", "one-to-many"):
        many, one = (left, right) if matching.card == "many-to-one" else (right, left)
        for name in matching.include:
            found = one.get(name)
            side = "right" if matching.card == "many-to-one" else "left"
            why = Reason(f"it is taken from the {side} side of `{node.op}`", node.span)
            many = many.with_(name, found if found.state == "never" else Label(found.state, found.values, why))
        return many
    if matching.on:
        text = f"`{node.op} on ({', '.join(matching.labels)})` keeps only the labels it pairs by"
        kept = left.only(matching.labels, Reason(text, node.span))
        return Labels({name: _both(kept.get(name), right.get(name)) for name in matching.labels}, kept.other)
    names = {*left.named, *right.named} - {NAME}
    named = {name: _both(left.get(name), right.get(name)) for name in sorted(names)}
    if NAME in left.named:
        named[NAME] = left.named[NAME]
    joined = Labels(named, _both(left.other, right.other))
    if matching.labels:
        why = Reason(f"`{node.op} ignoring ({', '.join(matching.labels)})` drops it", node.span)
        return joined.without(matching.labels, why)
    return joined


def _both(a: Label, b: Label) -> Label:
    """A label by which two series are paired: both have it, or neither."""
    for one in (a, b):
        if one.state == "never":
            return one
    values = a.values if b.values is None else b.values if a.values is None else a.values & b.values
    state = "always" if "always" in (a.state, b.state) else "maybe"
    return Label("always" if state == "always" else "maybe", values, a.why or b.why)


# --- a part of a whole -----------------------------------------------------------------------------------------------


def is_part(part: Expr, whole: Expr) -> bool:
    """Whether one expression is the same as another but for more matchers, so that it is never greater.

    ``sum by (job) (rate(x{code="500"}[5m]))`` is a part of ``sum by (job) (rate(x[5m]))``.
    """
    match part, whole:
        case Paren(), _:
            return is_part(part.expr, whole)
        case _, Paren():
            return is_part(part, whole.expr)
        case Aggregate(), Aggregate():
            same = (part.op, part.grouping, part.without) == (whole.op, whole.grouping, whole.without)
            return same and part.op in ("sum", "count") and is_part(part.expr, whole.expr)
        case Call(), Call():
            same = part.func == whole.func and part.func in ("rate", "increase", "count_over_time", "sum_over_time")
            return same and is_part(part.args[0], whole.args[0])
        case MatrixSelector(), MatrixSelector():
            return part.range == whole.range and is_part(part.selector, whole.selector)
        case VectorSelector(), VectorSelector():
            same = (part.name, part.offset, part.at) == (whole.name, whole.offset, whole.at)
            return same and bool(part.name) and set(whole.matchers) <= set(part.matchers)
        case _:
            return False
