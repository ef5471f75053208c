"""PromQL over a ``Source``, a whole query range at a time: every node of the tree becomes arrays of series by steps.

Semantics are those of Prometheus 3.5: windows open on the left, staleness markers, extrapolated rates. Samples are
floats; native histograms are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from vedette.promql.aggregate import aggregate
from vedette.promql.ast import (
    Aggregate,
    Binary,
    Call,
    Expr,
    MatrixSelector,
    Number,
    Paren,
    String,
    Subquery,
    Unary,
    VectorSelector,
)
from vedette.promql.binary import scalars, vector_and_scalar, vectors
from vedette.promql.calls import FUNCTIONS, Value
from vedette.promql.context import Context
from vedette.promql.grid import Flags, Grid, unify
from vedette.promql.labels import NAME
from vedette.promql.memo import MEMO
from vedette.promql.parser import parse
from vedette.promql.ranking import choose, count_values
from vedette.promql.results import EvaluationError, Matrix, RangeMatrix, Result, Scalar, StringResult, Vector
from vedette.promql.select import instant_vector, sample_times
from vedette.promql.windows import Ranges, Run, range_vector, runs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vedette.promql.source import Source

__all__ = ["LOOKBACK", "MAX_POINTS", "SUBQUERY_STEP", "instant", "query_range"]

LOOKBACK: Final = 300_000
"""Milliseconds after which a series without new samples is gone; Prometheus' default."""

SUBQUERY_STEP: Final = 60_000
"""Milliseconds between the steps of ``[5m:]``; Prometheus' default evaluation interval."""

MAX_POINTS: Final = 11_000
"""Steps of a range query; Prometheus' limit, 60 s resolution for a week."""


def instant(
    expr: str | Expr,
    source: Source,
    at: int,
    *,
    lookback: int = LOOKBACK,
    subquery_step: int = SUBQUERY_STEP,
    delayed_names: bool = False,
) -> Result:
    """The value of an expression at one time.

    Args:
        expr: text, or a tree; annotations carry line and column only where it is text.
        source: where samples come from.
        at: milliseconds since the epoch.
        lookback: milliseconds a sample stays the newest one.
        subquery_step: milliseconds between steps of subqueries that name none.
        delayed_names: drop metric names at the end of the query (Prometheus'
            ``promql-delayed-name-removal``) instead of in each function.

    Raises:
        ParseError: ``expr`` is not PromQL.
        EvaluationError: the query has no answer, e.g. an ambiguous match.
    """
    text = expr if isinstance(expr, str) else None
    node = parse(expr) if isinstance(expr, str) else expr
    times = np.array([at], np.int64)
    context = Context(source, times, 0, at, at, lookback, subquery_step, delayed_names, text)
    with np.errstate(all="ignore"):
        value = _evaluate(node, context)
    notes = tuple(context.notes)
    if isinstance(value, Grid):
        grid = _named_in_the_end(value)
        if grid.present is None:
            return Vector(at, list(grid.labels), grid.values[:, 0], notes)
        rows = np.flatnonzero(grid.present[:, 0]).tolist()
        return Vector(at, [grid.labels[row] for row in rows], grid.values[rows, 0], notes)
    if isinstance(value, Ranges):
        return _matrix(value, notes)
    if isinstance(value, str):
        return StringResult(at, value, notes)
    return Scalar(at, float(value if isinstance(value, float) else np.asarray(value).flat[0]), notes)


def query_range(
    expr: str | Expr,
    source: Source,
    start: int,
    end: int,
    step: int,
    *,
    lookback: int = LOOKBACK,
    subquery_step: int = SUBQUERY_STEP,
    delayed_names: bool = False,
    max_points: int | None = MAX_POINTS,
) -> RangeMatrix:
    """The value of an expression at ``start``, ``start + step``… up to ``end`` (milliseconds).

    The other arguments are those of ``instant``; ``max_points`` None lifts the limit on steps.

    Raises:
        ParseError: ``expr`` is not PromQL.
        EvaluationError: the query has no answer, is of a type that has none over a range, or has too many steps.
    """
    if step <= 0:
        raise EvaluationError(f"the step of a range query is {step} ms; it must be positive")
    if end < start:
        raise EvaluationError(f"a range query ends ({end} ms) before it starts ({start} ms)")
    if max_points is not None and (end - start) // step > max_points:
        raise EvaluationError(
            f"exceeded maximum resolution of {max_points:,} points per timeseries: "
            f"{(end - start) // step + 1:,} steps; use a larger step or a shorter range"
        )
    text = expr if isinstance(expr, str) else None
    node = parse(expr) if isinstance(expr, str) else expr
    times = np.arange(start, end + 1, step, dtype=np.int64)
    context = Context(source, times, step, start, end, lookback, subquery_step, delayed_names, text)
    with np.errstate(all="ignore"):
        value = _evaluate(node, context)
    if isinstance(value, Ranges | str):
        kind = "string" if isinstance(value, str) else "range vector"
        raise EvaluationError(f'invalid expression type "{kind}" for range query, must be Scalar or instant Vector')
    if not isinstance(value, Grid):
        value = Grid(((),), np.broadcast_to(np.asarray(value, np.float64), (1, len(times))))
    return _range_matrix(_named_in_the_end(value), context)


def _range_matrix(grid: Grid, context: Context) -> RangeMatrix:
    shape = (len(grid.labels), context.steps)
    values, present = np.broadcast_to(grid.values, shape), np.broadcast_to(grid.mask(), shape)
    labels = grid.labels
    order = MEMO.get((labels,), "order", lambda: np.array(sorted(range(len(labels)), key=labels.__getitem__), np.intp))
    if grid.present is not None:
        some: Flags = np.logical_or.reduce(present, axis=1)
        order = order[some[order]]
    notes = tuple(context.notes)
    return RangeMatrix([labels[row] for row in order], context.times, values[order], present[order], notes)


def _matrix(ranges: Ranges, notes: tuple[str, ...]) -> Matrix:
    series = []
    for run in ranges.runs:
        for rows, part in runs(run, int(ranges.starts[0]), int(ranges.ends[-1])):
            numbers = range(len(run.labels))[rows] if isinstance(rows, slice) else rows
            for number, values in zip(numbers, part.values, strict=True):
                labels = run.labels[number]
                if ranges.doomed is not None and ranges.doomed[number]:
                    labels = tuple(pair for pair in labels if pair[0] != NAME)
                series.append((labels, part.timestamps, values))
    series.sort(key=lambda item: item[0])
    return Matrix(series, notes)


def _named_in_the_end(grid: Grid) -> Grid:
    """The vector without the names that were to go: the end of delayed name removal."""
    doomed = grid.doomed
    if doomed is None or not doomed.any():
        return grid
    labels = tuple(
        tuple(pair for pair in of if pair[0] != NAME) if gone else of
        for of, gone in zip(grid.labels, doomed, strict=True)
    )
    return unify(Grid(labels, grid.values, grid.present))


def _evaluate(node: Expr, context: Context) -> Value:
    return _NODES[type(node)](node, context)


def _unwrapped(node: Expr) -> Expr:
    while isinstance(node, Paren):
        node = node.expr
    return node


def _call(node: Call, context: Context) -> Value:
    if node.func == "timestamp":
        argument = _unwrapped(node.args[0])
        if isinstance(argument, VectorSelector):
            return context.unnamed(sample_times(context, argument))
    return FUNCTIONS[node.func](context, node, [_evaluate(arg, context) for arg in node.args])


def _aggregate(node: Aggregate, context: Context) -> Value:
    parameter: Any = None if node.param is None else _evaluate(node.param, context)
    grid = _evaluate(node.expr, context)
    assert isinstance(grid, Grid)
    if node.op == "count_values":
        return count_values(node, grid, parameter)
    if node.op in ("topk", "bottomk", "limitk", "limit_ratio"):
        return choose(context, node, grid, parameter)
    return aggregate(context, node, grid, parameter)


def _binary(node: Binary, context: Context) -> Value:
    left, right = _evaluate(node.lhs, context), _evaluate(node.rhs, context)
    if isinstance(left, Grid):
        if isinstance(right, Grid):
            return vectors(context, node, left, right)
        return vector_and_scalar(context, node, left, right, swapped=False)  # type: ignore[arg-type]
    if isinstance(right, Grid):
        return vector_and_scalar(context, node, right, left, swapped=True)  # type: ignore[arg-type]
    return scalars(node.op, left, right)  # type: ignore[arg-type]


def _unary(node: Unary, context: Context) -> Value:
    value = _evaluate(node.expr, context)
    if node.op == "+":
        return value
    if isinstance(value, Grid):
        return context.unnamed(value.mapped(-value.values))
    return -value  # type: ignore[operator]


def _subquery(node: Subquery, context: Context) -> Ranges:
    step = node.step or context.subquery_step
    ends = context.reference(node.at, node.offset)
    starts = ends - node.range
    if not len(ends):
        return Ranges((), starts, ends, node.range)
    # the steps are whole multiples of the step, whatever the query's own times are
    first = (int(starts[0]) // step + 1) * step
    times = np.arange(first, int(ends[-1]) + 1, step, dtype=np.int64)
    if not len(times):
        return Ranges((), starts, ends, node.range)
    grid = _evaluate(node.expr, context.at_times(times, step))
    assert isinstance(grid, Grid)
    shape = (len(grid.labels), len(times))
    present = None if grid.present is None else np.broadcast_to(grid.present, shape)
    run = Run(grid.labels, times, np.broadcast_to(grid.values, shape), present)
    return Ranges((run,) if len(grid.labels) else (), starts, ends, node.range, grid.doomed)


_NODES: Final[Mapping[type, Callable[[Any, Context], Value]]] = {
    Number: lambda node, _: node.value,
    String: lambda node, _: node.value,
    Paren: lambda node, context: _evaluate(node.expr, context),
    VectorSelector: lambda node, context: instant_vector(context, node),
    MatrixSelector: lambda node, context: range_vector(context, node),
    Subquery: _subquery,
    Unary: _unary,
    Binary: _binary,
    Call: _call,
    Aggregate: _aggregate,
}
