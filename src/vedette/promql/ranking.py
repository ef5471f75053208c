"""Aggregations that choose series or make labels of values: topk, bottomk, limitk, limit_ratio, count_values."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from vedette.promql.grid import Flags, Floats, Grid, Ints, Rows, Scalars, empty
from vedette.promql.groups import Groups, group
from vedette.promql.hashing import share
from vedette.promql.labels import labels as label_set
from vedette.promql.memo import MEMO
from vedette.promql.results import EvaluationError

if TYPE_CHECKING:
    from vedette.promql.ast import Aggregate
    from vedette.promql.context import Context

__all__ = ["choose", "count_values", "number"]

_INT64 = 2.0**63


def choose(context: Context, node: Aggregate, grid: Grid, parameter: Scalars) -> Grid:
    """``topk``, ``bottomk``, ``limitk``, ``limit_ratio``: some of each group's series, as they are."""
    wanted = np.atleast_1d(np.asarray(parameter, np.float64))
    if np.isnan(wanted).any():
        raise EvaluationError(f"{'Ratio' if node.op == 'limit_ratio' else 'Parameter'} value is NaN")
    if node.op == "limit_ratio":
        return _limit_ratio(context, node, grid, wanted)
    if wanted.max() < 1:
        return empty()
    if wanted.min() <= -_INT64:
        raise EvaluationError(f"Scalar value {wanted.min():g} underflows int64")
    if wanted.max() >= _INT64:
        raise EvaluationError(f"Scalar value {wanted.max():g} overflows int64")
    if not len(grid.labels):
        return grid
    groups = group(grid.labels, node.grouping, without=node.without)
    most: Ints = np.minimum(wanted, float(len(grid.labels))).astype(np.int64)
    if context.step == 0 and context.steps == 1 and node.op != "limitk":
        return _ranked(node, grid, groups, int(most[0]))
    shape = (len(grid.labels), max(grid.values.shape[1], len(most)))
    values = np.broadcast_to(grid.values, shape)
    present = None if grid.present is None else np.broadcast_to(grid.present, shape)
    keep = np.zeros(shape, np.bool_)
    order = groups.of.argsort(kind="stable")
    for begin, end in groups.bounds:
        rows = slice(None) if len(groups.bounds) == 1 else order[begin:end]
        there = None if present is None else present[rows]
        if node.op == "limitk":
            there = np.ones((end - begin, shape[1]), np.bool_) if there is None else there
            keep[rows] = there & (there.cumsum(axis=0) <= most)
        else:
            keep[rows] = _least(-values[rows] if node.op == "topk" else values[rows], there, most)
    return Grid(grid.labels, values, keep, grid.doomed)


def _ranked(node: Aggregate, grid: Grid, groups: Groups, most: int) -> Grid:
    """For one step: the chosen series of each group, in their order."""
    present = grid.mask()[:, 0]
    values = grid.values[:, 0]
    keys = -values if node.op == "topk" else values
    chosen: list[Rows] = []
    order = groups.of.argsort(kind="stable")
    for begin, end in groups.bounds:
        rows = order[begin:end]
        rows = rows[present[rows]]
        chosen.append(rows[keys[rows].argsort(kind="stable")][:most])
    rows = np.concatenate(chosen)
    picked = tuple(grid.labels[row] for row in rows)
    return Grid(picked, grid.values[rows], None, None if grid.doomed is None else grid.doomed[rows])


def _least(keys: Floats, present: Flags | None, most: Ints) -> Flags:
    """The ``most`` least keys of each column, NaN after all numbers, equal ones in the order of rows."""
    if present is None and len(most) == 1 and 0 < most[0] < len(keys) and not np.isnan(keys).any():
        return _least_numbers(keys, int(most[0]))
    there = np.ones(keys.shape, np.bool_) if present is None else present
    order = np.lexsort((keys, np.where(there, np.isnan(keys), 2)), axis=0)
    place = np.empty(keys.shape, np.intp)
    np.put_along_axis(place, order, np.arange(len(keys))[:, np.newaxis], axis=0)
    return there & (place < most)


def _least_numbers(keys: Floats, most: int) -> Flags:
    """The same where every cell holds a number, and all columns want as many."""
    keep = keys <= _bound(keys, most)
    crowded = np.flatnonzero(np.count_nonzero(keep, axis=0) > most)
    if len(crowded):
        some = keys[:, crowded]
        edge = np.partition(np.ascontiguousarray(some.T), most - 1, axis=1)[:, most - 1]
        below, ties = some < edge, some == edge
        room = most - np.count_nonzero(below, axis=0)
        keep[:, crowded] = below | (ties & (ties.cumsum(axis=0) <= room))
    return keep


def _bound(keys: Floats, most: int) -> Floats:
    """For each column a number that its ``most`` least keys do not pass, found among the least of every eight rows."""
    count = len(keys) // 8
    if count <= most:
        return keys.max(axis=0)  # type: ignore[no-any-return]
    least = keys[: count * 8].reshape(count, 8, -1).min(axis=1)
    return np.partition(least, most - 1, axis=0)[most - 1]  # type: ignore[no-any-return]


def _limit_ratio(context: Context, node: Aggregate, grid: Grid, ratio: Floats) -> Grid:
    assert node.param is not None
    for limit, beyond in ((1, ratio.max()), (-1, ratio.min())):
        if beyond * limit > 1:
            message = f"ratio value should be between -1 and 1, got {number(float(beyond))}, capping to {limit}"
            context.note("warning", message, node.param.span)
    if not len(grid.labels) or not ratio.any():
        return empty()
    ratio = ratio.clip(-1.0, 1.0)
    labels = grid.labels
    offset = MEMO.get((labels,), "share", lambda: np.array([share(of) for of in labels]))[:, np.newaxis]
    # https://github.com/prometheus/prometheus/blob/v3.5.0/promql/engine.go, AddRatioSample
    return grid.masked(((ratio >= 0) & (offset < ratio)) | ((ratio < 0) & (offset >= 1.0 + ratio)))


def count_values(node: Aggregate, grid: Grid, label: str) -> Grid:
    """How many series of a group have each value, with the value as a label."""
    present = grid.mask()
    rows: dict[object, Floats] = {}
    kept = {*node.grouping, label}
    dropped = {*node.grouping, "__name__"}
    for row, of in enumerate(grid.labels):
        there = present[row]
        series = grid.values[row]
        for value in {_key(item) for item in series[there].tolist()}:
            text = number(value)
            pairs = {**dict(of), label: text}
            if node.without:
                key = label_set((name, item) for name, item in pairs.items() if name not in dropped)
            else:
                key = label_set((name, item) for name, item in pairs.items() if name in kept)
            same = there & (np.isnan(series) if value != value else series == value)  # noqa: PLR0124 - NaN
            if value == 0:
                same &= np.signbit(series) == np.signbit(value)
            count = rows.get(key)
            if count is None:
                count = rows[key] = np.zeros(len(series))
            count += same
    if not rows:
        return empty()
    values = np.stack(list(rows.values()))
    return Grid(tuple(rows), values, values > 0)  # type: ignore[arg-type]


_NAN = float("nan")


def _key(value: float) -> float:
    """One NaN for all, so that a set holds it once; -0.0 stays apart by ``number``, which prints it."""
    return _NAN if value != value else value  # noqa: PLR0124 - NaN


def number(value: float) -> str:
    """A float as Go's ``strconv.FormatFloat(v, 'f', -1, 64)`` writes it."""
    if value != value:  # noqa: PLR0124 - NaN
        return "NaN"
    if value in (np.inf, -np.inf):
        return "+Inf" if value > 0 else "-Inf"
    text = format(Decimal(repr(value)), "f")
    return text.removesuffix(".0")
