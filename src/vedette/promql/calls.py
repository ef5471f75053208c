"""The functions of PromQL on evaluated arguments, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np

from vedette.promql import histogram, over_time, rate, regression, relabel
from vedette.promql.ast import Call
from vedette.promql.context import Context
from vedette.promql.dates import DATES
from vedette.promql.elementwise import ELEMENTWISE, nearest
from vedette.promql.grid import Flags, Grid, Scalars, empty
from vedette.promql.labels import NAME, get
from vedette.promql.memo import MEMO
from vedette.promql.results import EvaluationError
from vedette.promql.windows import Kernel, Ranges, apply

__all__ = ["FUNCTIONS", "Value"]

Value = Scalars | str | Grid | Ranges
"""What any expression is while it is evaluated."""

Function = Callable[[Context, Call, Sequence[Any]], Value]


def _elementwise(compute: Callable[[Any], Any]) -> Function:
    def function(context: Context, _: Call, args: Sequence[Any]) -> Value:
        grid: Grid = args[0]
        return context.unnamed(grid.mapped(compute(grid.values)))

    return function


def _date(compute: Callable[[Any], Any]) -> Function:
    def function(context: Context, _: Call, args: Sequence[Any]) -> Value:
        grid: Grid = args[0] if args else Grid(((),), context.times[np.newaxis] / 1000.0)
        return context.unnamed(grid.mapped(compute(grid.values)))

    return function


def _windowed(kernel: Kernel, minimum: int = 1, *, named: bool = False) -> Function:
    def function(context: Context, _: Call, args: Sequence[Any]) -> Value:
        found = apply(args[0], kernel, context.steps, minimum)
        return found if named else context.unnamed(found)

    return function


def _counter(kernel: Kernel) -> Function:
    """``rate`` and ``increase``, which remark on names that are not a counter's."""
    plain = _windowed(kernel, 2)

    def function(context: Context, node: Call, args: Sequence[Any]) -> Value:
        ranges: Ranges = args[0]
        for run in ranges.runs:
            labels = run.labels
            for name in MEMO.get((labels,), "gauges", partial(_gauges, labels)):
                alone = Ranges([run], ranges.starts, ranges.ends, ranges.range)
                found = apply(alone, over_time.one, context.steps, 2)
                there: Flags = np.logical_or.reduce(found.mask(), axis=1)
                if any(there[row] and get(of, NAME) == name for row, of in enumerate(found.labels)):
                    message = (
                        f'metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "{name}"'
                    )
                    context.note("info", message, node.args[0].span)
        return plain(context, node, args)

    return function


def _gauges(labels: Sequence[Any]) -> tuple[str, ...]:
    names = dict.fromkeys(get(of, NAME) for of in labels)
    return tuple(name for name in names if name and not name.endswith(("_total", "_sum", "_count", "_bucket")))


def _quantile_over_time(context: Context, node: Call, args: Sequence[Any]) -> Value:
    at, ranges = args
    histogram.check_quantile(context, at, node.args[0].span)
    if np.size(at) > 1:
        ranges = ranges.widened(context.steps)
    return context.unnamed(apply(ranges, over_time.quantile(at), context.steps))


def _predict_linear(context: Context, _: Call, args: Sequence[Any]) -> Value:
    ranges, seconds = args
    kernel = regression.predict_linear(seconds, context.times)
    return context.unnamed(apply(ranges.widened(context.steps), kernel, context.steps, 2))


def _smoothing(context: Context, _: Call, args: Sequence[Any]) -> Value:
    ranges, data, trend = args
    for name, factor in (("smoothing", data), ("trend", trend)):
        for value in np.atleast_1d(factor):
            if not 0 < value < 1:
                raise EvaluationError(f"invalid {name} factor. Expected: 0 < {name[0]}f < 1, got: {value:f}")
    if max(np.size(data), np.size(trend)) > 1:
        ranges = ranges.widened(context.steps)
    return context.unnamed(apply(ranges, regression.smoothing(data, trend), context.steps, 2))


def _absent(context: Context, node: Call, args: Sequence[Any]) -> Value:
    return relabel.absent(context, node.args[0], args[0].mask())


def _absent_over_time(context: Context, node: Call, args: Sequence[Any]) -> Value:
    return relabel.absent(context, node.args[0], apply(args[0], over_time.one, context.steps).mask())


def _clamp(context: Context, _: Call, args: Sequence[Any]) -> Value:
    grid, least, most = args
    found = grid.mapped(np.maximum(least, np.minimum(most, grid.values)))
    if np.greater(least, most).any():
        found = found.masked(~np.greater(least, most)[np.newaxis])
    return context.unnamed(found)


def _clamp_min(context: Context, _: Call, args: Sequence[Any]) -> Value:
    return context.unnamed(args[0].mapped(np.maximum(args[0].values, args[1])))


def _clamp_max(context: Context, _: Call, args: Sequence[Any]) -> Value:
    return context.unnamed(args[0].mapped(np.minimum(args[0].values, args[1])))


def _round(context: Context, _: Call, args: Sequence[Any]) -> Value:
    return context.unnamed(args[0].mapped(nearest(args[0].values, *args[1:])))


def _vector(_: Context, __: Call, args: Sequence[Any]) -> Value:
    values = np.atleast_1d(np.asarray(args[0], np.float64))
    return Grid(((),), values[np.newaxis])


def _scalar(context: Context, _: Call, args: Sequence[Any]) -> Value:
    grid: Grid = args[0]
    present = grid.mask()
    alone = present.sum(axis=0) == 1
    values = np.where(present, grid.values, 0.0).sum(axis=0)
    return np.broadcast_to(np.where(alone, values, np.nan), (context.steps,))


def _timestamp(context: Context, _: Call, args: Sequence[Any]) -> Value:
    grid: Grid = args[0]
    shape = (len(grid.labels), context.steps)
    return context.unnamed(grid.mapped(np.broadcast_to(context.times / 1000.0, shape)))


def _sort(context: Context, node: Call, args: Sequence[Any]) -> Value:
    if context.step:
        message = "sort is ineffective for range queries since results are always ordered by labels"
        context.note("warning", message, node.span)
    if context.step or not len(args[0].labels):
        return args[0]  # type: ignore[no-any-return]
    descending = node.func.endswith("_desc")
    if node.func.startswith("sort_by_label"):
        return relabel.sort_by_label(args[0], args[1:], descending=descending)
    return relabel.sort(args[0], descending=descending)


def _histogram_quantile(context: Context, node: Call, args: Sequence[Any]) -> Value:
    return histogram.quantile(context, args[0], args[1], (node.args[0].span, node.args[1].span))


def _histogram_quantiles(context: Context, node: Call, args: Sequence[Any]) -> Value:
    wanted = [(at, arg.span) for at, arg in zip(args[2:], node.args[2:], strict=True)]
    return histogram.quantiles(context, args[0], args[1], wanted, node.args[0].span)


def _histogram_fraction(context: Context, node: Call, args: Sequence[Any]) -> Value:
    return histogram.fraction(context, (args[0], args[1]), args[2], node.args[2].span)


def _nothing(_: Context, __: Call, ___: Sequence[Any]) -> Value:
    """Functions of native histograms, which ignore floats."""
    return empty()


def _unsupported(_: Context, node: Call, __: Sequence[Any]) -> Value:
    raise EvaluationError(f"function {node.func}() is not supported by this engine")


FUNCTIONS: Final[Mapping[str, Function]] = {
    **{name: _elementwise(compute) for name, compute in ELEMENTWISE.items()},
    **{name: _date(compute) for name, compute in DATES.items()},
    "absent": _absent,
    "absent_over_time": _absent_over_time,
    "avg_over_time": _windowed(over_time.average),
    "changes": _windowed(rate.changes),
    "clamp": _clamp,
    "clamp_max": _clamp_max,
    "clamp_min": _clamp_min,
    "count_over_time": _windowed(over_time.count),
    "delta": _windowed(rate.delta, 2),
    "deriv": _windowed(regression.deriv, 2),
    "double_exponential_smoothing": _smoothing,
    "end": lambda context, _, __: context.end / 1000.0,
    "first_over_time": _windowed(over_time.first, named=True),
    "histogram_avg": _nothing,
    "histogram_count": _nothing,
    "histogram_fraction": _histogram_fraction,
    "histogram_quantile": _histogram_quantile,
    "histogram_quantiles": _histogram_quantiles,
    "histogram_stddev": _nothing,
    "histogram_stdvar": _nothing,
    "histogram_sum": _nothing,
    "idelta": _windowed(rate.idelta, 2),
    "increase": _counter(rate.increase),
    "info": _unsupported,
    "irate": _windowed(rate.irate, 2),
    "label_join": lambda _, __, args: relabel.join(args[0], args[1], args[2], args[3:]),
    "label_replace": lambda _, __, args: relabel.replace(*args),
    "last_over_time": _windowed(over_time.last, named=True),
    "mad_over_time": _windowed(over_time.mad),
    "max_of": lambda _, __, args: np.maximum(args[0], args[1]),
    "max_over_time": _windowed(over_time.extreme(np.fmax)),
    "min_of": lambda _, __, args: np.minimum(args[0], args[1]),
    "min_over_time": _windowed(over_time.extreme(np.fmin)),
    "pi": lambda _, __, ___: np.pi,
    "predict_linear": _predict_linear,
    "present_over_time": _windowed(over_time.one),
    "quantile_over_time": _quantile_over_time,
    "range": lambda context, _, __: (context.end - context.start) / 1000.0,
    "rate": _counter(rate.rate),
    "resets": _windowed(rate.resets),
    "round": _round,
    "scalar": _scalar,
    "sort": _sort,
    "sort_by_label": _sort,
    "sort_by_label_desc": _sort,
    "sort_desc": _sort,
    "start": lambda context, _, __: context.start / 1000.0,
    "start_timestamp": _unsupported,
    "stddev_over_time": _windowed(over_time.deviation),
    "stdvar_over_time": _windowed(over_time.variance),
    "step": lambda context, _, __: context.step / 1000.0,
    "sum_over_time": _windowed(over_time.total),
    "time": lambda context, _, __: context.times / 1000.0,
    "timestamp": _timestamp,
    "ts_of_first_over_time": _windowed(partial(over_time.time_of_edge, newest=False)),
    "ts_of_last_over_time": _windowed(partial(over_time.time_of_edge, newest=True)),
    "ts_of_max_over_time": _windowed(over_time.time_of_extreme(1.0)),
    "ts_of_min_over_time": _windowed(over_time.time_of_extreme(-1.0)),
    "vector": _vector,
}
"""Every function of ``functions.SIGNATURES``."""
