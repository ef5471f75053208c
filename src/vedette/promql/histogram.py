"""``histogram_quantile``, ``histogram_quantiles`` and ``histogram_fraction`` over classic ``_bucket`` series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vedette.promql.buckets import fractions, quantiles_of_buckets
from vedette.promql.grid import Flags, Floats, Grid, Rows, Scalars, concatenate, empty, unify
from vedette.promql.labels import NAME, Labels, get, without
from vedette.promql.labels import labels as label_set
from vedette.promql.memo import MEMO, LabelList

if TYPE_CHECKING:
    from vedette.promql.ast import Span
    from vedette.promql.context import Context

__all__ = ["check_quantile", "fraction", "quantile", "quantiles"]

_BUCKET = "le"


@dataclass(frozen=True, slots=True)
class _Alike:
    """Histograms with equally many buckets."""

    labels: LabelList
    """G label sets without ``le``."""
    bounds: Floats
    """G x B, ascending."""
    rows: Rows
    """G x B: the series of each bucket."""
    more: tuple[tuple[int, int, int], ...]
    """Further series of a bucket whose bound is written in several ways: histogram, bucket, series."""


@dataclass(frozen=True, slots=True)
class _Histograms:
    alike: tuple[_Alike, ...]
    wrong: tuple[tuple[int, str, str], ...]
    """Series without a usable ``le``: row, what it says, metric name."""


Compute = Callable[[Floats, Floats, Flags | None], tuple[Floats, Flags | None]]


def quantile(context: Context, at: Scalars, grid: Grid, spans: tuple[Span, Span]) -> Grid:
    """``histogram_quantile(at, grid)``; ``spans`` are those of the two arguments."""
    check_quantile(context, at, spans[0])
    return _each(context, grid, _quantile(at), spans[1])


def quantiles(context: Context, grid: Grid, label: str, wanted: Sequence[tuple[Scalars, Span]], span: Span) -> Grid:
    """``histogram_quantiles(grid, label, …)``: each quantile as a series with its value in a label."""
    found: list[Grid] = []
    for at, where in wanted:
        check_quantile(context, at, where)
        part = _each(context, grid, _quantile(at), span)
        value = float(at if isinstance(at, float) else np.asarray(at).flat[0])
        text = _openmetrics(value)
        named = tuple(label_set({**dict(of), label: text}) for of in part.labels)
        found.append(Grid(named, part.values, part.present, part.doomed))
    return unify(concatenate(found, context.steps))


def fraction(context: Context, bounds: tuple[Scalars, Scalars], grid: Grid, span: Span) -> Grid:
    """``histogram_fraction(lower, upper, grid)``."""
    lower, upper = bounds
    return _each(context, grid, lambda at, counts, there: (fractions(lower, upper, at, counts, there), None), span)


def _quantile(at: Scalars) -> Compute:
    return lambda bounds, counts, present: quantiles_of_buckets(at, bounds, counts, present)


def check_quantile(context: Context, at: Scalars, span: Span) -> None:
    """Remark on quantiles outside 0 to 1."""
    for value in np.unique(np.atleast_1d(at)):
        if not 0 <= value <= 1:
            text = f"{value:g}".replace("inf", "Inf").replace("nan", "NaN")
            text = "+Inf" if value == np.inf else text
            context.note("warning", f"quantile value should be between 0 and 1, got {text}", span)


def _each(context: Context, grid: Grid, compute: Compute, span: Span) -> Grid:
    labels = grid.labels
    if not len(labels):
        return empty()
    plan = MEMO.get((labels,), "histograms", lambda: _plan(labels))
    for row, text, name in plan.wrong:
        if grid.present is None or grid.present[row].any():
            message = f'bucket label "le" is missing or has a malformed value of "{text}" for metric name "{name}"'
            context.note("warning", message, span)
    results: list[Grid] = []
    for alike in plan.alike:
        counts = grid.values[alike.rows]
        present: Flags | None = None if grid.present is None else grid.present[alike.rows]
        if present is not None:
            counts[~present] = 0.0
        for histogram, bucket, row in alike.more:
            if present is None or grid.present is None:
                counts[histogram, bucket] += grid.values[row]
            else:
                there = grid.present[row]
                counts[histogram, bucket] += np.where(there, grid.values[row], 0.0)
                present[histogram, bucket] |= there
        some: Flags | None = None
        if present is not None:
            some = np.logical_or.reduce(present, axis=1)
            present = None if present.all() else present
        values, forced = compute(alike.bounds, counts, present)
        if forced is not None:
            for number in np.flatnonzero(forced):
                context.note("info", _forced(alike.labels[int(number)]), span)
        if some is not None:
            some = np.broadcast_to(some, values.shape)
        results.append(Grid(alike.labels, values, some))
    return context.unnamed(concatenate(results, context.steps))


def _forced(of: Labels) -> str:
    return (
        "input to histogram_quantile needed to be fixed for monotonicity (see "
        "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile) "
        f'for metric name "{get(of, NAME)}"'
    )


def _plan(labels: LabelList) -> _Histograms:
    wrong: list[tuple[int, str, str]] = []
    histograms: dict[Labels, dict[float, list[int]]] = {}
    for row, of in enumerate(labels):
        text = get(of, _BUCKET)
        try:
            bound = float(text)
        except ValueError:
            wrong.append((row, text, get(of, NAME)))
            continue
        histograms.setdefault(without(of, _BUCKET), {}).setdefault(bound, []).append(row)
    by_size: dict[int, list[tuple[Labels, list[tuple[float, list[int]]]]]] = {}
    for of, bounds in histograms.items():
        by_size.setdefault(len(bounds), []).append((of, sorted(bounds.items())))
    alike = tuple(
        _Alike(
            tuple(of for of, _ in members),
            np.array([[bound for bound, _ in buckets] for _, buckets in members]),
            np.array([[rows[0] for _, rows in buckets] for _, buckets in members], np.intp),
            tuple(
                (histogram, bucket, row)
                for histogram, (_, buckets) in enumerate(members)
                for bucket, (_, rows) in enumerate(buckets)
                for row in rows[1:]
            ),
        )
        for members in by_size.values()
    )
    return _Histograms(alike, tuple(wrong))


def _openmetrics(value: float) -> str:
    """A float as OpenMetrics writes label values: with a point or an exponent."""
    text = repr(value).replace("inf", "Inf").replace("nan", "NaN")
    return f"+{text}" if value == np.inf else text
