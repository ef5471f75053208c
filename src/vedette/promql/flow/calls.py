"""What functions make of what they are given."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from vedette.promql.ast import Call, Expr, MatrixSelector, Number, Paren, String, Unary, VectorSelector
from vedette.promql.flow.branch import Branch, Flow
from vedette.promql.flow.interval import EVERYTHING, NOT_NEGATIVE, Interval
from vedette.promql.flow.labels import NONE, Label, Labels, Reason
from vedette.promql.flow.selectors import metric_name
from vedette.promql.flow.units import COUNT, RATIO, SECONDS
from vedette.promql.functions import SIGNATURES
from vedette.promql.labels import NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.promql.flow.series import SampleType
    from vedette.promql.flow.units import Unit

__all__ = ["call", "number"]

_PER_SECOND: Final = frozenset({"rate", "irate", "deriv"})
_RISING: Final = frozenset({"rate", "irate", "increase"})
_KEEP_NAME: Final = frozenset(
    ("last_over_time", "first_over_time", "sort", "sort_desc", "sort_by_label", "sort_by_label_desc", "label_replace",
     "label_join", "info")
)  # fmt: skip
_KEEP_BOUNDS: Final = _KEEP_NAME | {"avg_over_time", "min_over_time", "max_over_time", "vector"}
_SAME: Final = _KEEP_BOUNDS | {
    "delta", "idelta", "increase", "predict_linear", "double_exponential_smoothing", "holt_winters", "abs", "ceil",
    "floor", "round", "clamp", "clamp_min", "clamp_max", "quantile_over_time", "mad_over_time", "stddev_over_time",
    "sum_over_time", "scalar", "histogram_avg", "histogram_sum", "histogram_quantile", "histogram_stddev",
}  # fmt: skip
"""The unit of what comes out is that of what goes in."""

_OF_OBSERVATIONS: Final = frozenset({"histogram_quantile", "histogram_avg", "histogram_stddev"})
"""What comes out is in the unit of what the histogram observes; its buckets, and their rates, count."""

_KEEP_TYPE: Final = _KEEP_NAME
_UNITS: Final[dict[str, Unit]] = {
    "count_over_time": COUNT, "changes": COUNT, "resets": COUNT, "histogram_count": COUNT, "time": SECONDS,
    "timestamp": SECONDS, "histogram_fraction": RATIO,
}  # fmt: skip
_BOUNDS: Final[dict[str, Interval]] = {
    "count_over_time": (1.0, math.inf), "present_over_time": (1.0, 1.0), "absent": (1.0, 1.0), "changes": NOT_NEGATIVE,
    "absent_over_time": (1.0, 1.0), "resets": NOT_NEGATIVE, "stddev_over_time": NOT_NEGATIVE,
    "stdvar_over_time": NOT_NEGATIVE, "sgn": (-1.0, 1.0), "sqrt": NOT_NEGATIVE, "exp": NOT_NEGATIVE,
    "time": NOT_NEGATIVE, "timestamp": NOT_NEGATIVE, "histogram_count": NOT_NEGATIVE, "histogram_fraction": (0.0, 1.0),
    "sin": (-1.0, 1.0), "cos": (-1.0, 1.0), "tanh": (-1.0, 1.0), "minute": (0.0, 59.0), "hour": (0.0, 23.0),
    "day_of_week": (0.0, 6.0), "day_of_month": (1.0, 31.0), "days_in_month": (28.0, 31.0), "month": (1.0, 12.0),
    "day_of_year": (1.0, 366.0), "pi": (math.pi, math.pi),
}  # fmt: skip


def number(expr: Expr | None) -> float | None:
    """The number that is written there, None where it is none."""
    match expr:
        case Number():
            return expr.value
        case Paren():
            return number(expr.expr)
        case Unary():
            inner = number(expr.expr)
            return None if inner is None else -inner if expr.op == "-" else inner
        case _:
            return None


def call(node: Call, args: Sequence[Flow]) -> Flow:
    """All branches of a call."""
    if node.func in ("absent", "absent_over_time"):
        return (_absent(node, args[0]),)
    main = _main(node)
    if main is None:
        low, high = _BOUNDS.get(node.func, EVERYTHING)
        why = Reason(f"{node.func}() always has a value", node.span)
        kind: SampleType = "scalar" if SIGNATURES[node.func].result == "scalar" else "gauge"
        return (Branch(labels=NONE, type=kind, unit=_UNITS.get(node.func), low=low, high=high, always=why),)
    return tuple(_one(node, branch) for branch in args[main])


def _main(node: Call) -> int | None:
    """The place of the argument whose series come out, None where none is one."""
    takes = ("instant vector", "range vector") if node.func != "vector" else ("scalar",)
    signature = SIGNATURES[node.func]
    return next((index for index in range(len(node.args)) if signature.argument(index) in takes), None)


def _one(node: Call, inner: Branch) -> Branch:
    func = node.func
    unit = _UNITS.get(func)
    if func in _PER_SECOND and inner.unit is not None:
        unit = inner.unit / SECONDS
    elif func in _OF_OBSERVATIONS and inner.series:
        units = {series.unit for series in inner.series}
        unit = units.pop() if len(units) == 1 else None
    elif func in _SAME:
        unit = inner.unit
    low, high = _bounds(node, inner)
    empty = inner.empty
    bounds: tuple[float, ...] = ()
    labels = inner.labels if func in _KEEP_NAME else _nameless(inner.labels, node)
    kind = inner.type if func in _KEEP_TYPE or (inner.type == "bucket" and func in _RISING) else "gauge"
    if func in _KEEP_TYPE or kind == "bucket":
        bounds = inner.bounds
    if func in ("histogram_quantile", "histogram_fraction"):
        if _are_buckets(inner) and inner.labels.get("le").state == "never":
            why = inner.labels.get("le").why
            told = f": {why.text}" if why is not None else ""
            empty = empty or Reason(f"{func} needs the label le, which no series here has{told}", node.span)
        labels = labels.without(["le"], Reason(f"{func} drops it", node.span))
        bounds = inner.bounds
    always = inner.always
    if func in ("scalar", "vector"):
        labels, kind = NONE, "scalar" if func == "scalar" else "gauge"
        always = always or Reason(f"{func}() always has a value", node.span)
        empty = None if func == "scalar" else empty
    return replace(
        inner,
        labels=_relabelled(node, labels),
        type=kind,
        unit=unit,
        low=low,
        high=high,
        empty=empty,
        always=always,
        bounds=bounds,
    )


def _are_buckets(branch: Branch) -> bool:
    """Whether they come from classic buckets for certain; a native histogram needs no ``le``."""
    return bool(branch.selectors) and all(metric_name(one).endswith("_bucket") for one in branch.selectors)


def _nameless(labels: Labels, node: Call) -> Labels:
    return labels.without([NAME], Reason(f"{node.func}() drops the name", node.span))


def _relabelled(node: Call, labels: Labels) -> Labels:
    if node.func == "info":
        return Labels(labels.named)
    if node.func not in ("label_replace", "label_join") or not isinstance(node.args[1], String):
        return labels
    target = node.args[1].value
    before = labels.get(target)
    why = Reason(f"{node.func} sets it", node.span)
    if node.func == "label_join":
        sources = [arg.value for arg in node.args[3:] if isinstance(arg, String)]
        always = any(labels.get(source).state == "always" for source in sources)
        return labels.with_(target, Label("always" if always else "maybe", why=why))
    replacement = node.args[2].value if isinstance(node.args[2], String) else "?"
    kept = before.state == "always" and replacement and "$" not in replacement
    return labels.with_(target, Label("always" if kept else "maybe", why=why))


def _bounds(node: Call, inner: Branch) -> Interval:
    func = node.func
    if func in _BOUNDS:
        return _BOUNDS[func]
    if func in _RISING and (inner.type in ("counter", "bucket") or inner.low >= 0):
        return NOT_NEGATIVE
    if func in _KEEP_BOUNDS or func in ("ceil", "floor", "round"):
        low, high = inner.low, inner.high
        if func in _KEEP_BOUNDS:
            return low, high
        return (math.floor(low) if math.isfinite(low) else low), (math.ceil(high) if math.isfinite(high) else high)
    if func == "sum_over_time":
        return (inner.low if inner.low >= 0 else -math.inf), (inner.high if inner.high <= 0 else math.inf)
    if func == "abs":
        least = 0.0 if inner.low <= 0 <= inner.high else min(abs(inner.low), abs(inner.high))
        return least, max(abs(inner.low), abs(inner.high))
    if func.startswith("clamp"):
        return _clamped(node, inner)
    if func == "histogram_quantile":
        return _quantile(node, inner)
    return EVERYTHING


def _clamped(node: Call, inner: Branch) -> Interval:
    limits = [number(arg) for arg in node.args[1:]]
    low = limits[0] if node.func != "clamp_max" else None
    high = limits[-1] if node.func != "clamp_min" else None
    least = inner.low if low is None else max(inner.low, low)
    most = inner.high if high is None else min(inner.high, high)
    return (least, most) if least <= most else EVERYTHING


def _quantile(node: Call, inner: Branch) -> Interval:
    phi = number(node.args[0])
    if phi is None or not 0 <= phi <= 1 or not inner.bounds or not _are_buckets(inner):
        return EVERYTHING
    return min(0.0, inner.bounds[0]), inner.bounds[-1]


def _absent(node: Call, flow: Flow) -> Branch:
    arg = node.args[0]
    while isinstance(arg, Paren):
        arg = arg.expr
    selector = arg.selector if isinstance(arg, MatrixSelector) else arg
    named: dict[str, Label] = {}
    if isinstance(selector, VectorSelector):
        for matcher in selector.matchers:
            if matcher.name == NAME:
                continue
            same = [one for one in selector.matchers if one.name == matcher.name]
            if matcher.op == "=" and len(same) == 1 and matcher.value:
                why = Reason(f"{node.func}() takes it from {{{matcher}}}", node.span)
                named[matcher.name] = Label("always", frozenset({matcher.value}), why)
    why = Reason(f"{node.func}() has only the labels that its selector asks for with '='", node.span)
    labels = Labels(named, Label("never", why=why))
    always = next((branch.always for branch in flow if branch.always is not None), None)
    return Branch(
        labels=labels,
        type="gauge",
        low=1.0,
        high=1.0,
        empty=None if always is None else Reason(f"{node.func}() of what is always there: {always.text}", node.span),
        certain=all(branch.certain for branch in flow),
        selectors=tuple(one for branch in flow for one in branch.selectors),
        series=tuple(one for branch in flow for one in branch.series),
        conditions=(Reason(f"{node.func}()", node.span),),
    )
