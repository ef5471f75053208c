"""Selectors: blocks of a source made disjoint, and the newest sample within the lookback at each step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vedette.promql.grid import Flags, Floats, Grid, Ints, Rows, columns, concatenate, empty
from vedette.promql.labels import Labels
from vedette.promql.memo import MEMO, LabelList
from vedette.promql.source import Block, is_stale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.promql.ast import VectorSelector
    from vedette.promql.context import Context

__all__ = ["blocks", "instant_vector", "sample_times"]


def instant_vector(context: Context, selector: VectorSelector) -> Grid:
    """The newest sample of each series in ``(t - lookback, t]``; a staleness marker there means none."""
    return _newest(context, selector, times=False)


def sample_times(context: Context, selector: VectorSelector) -> Grid:
    """The times, in seconds, of the samples that ``instant_vector`` gives."""
    return _newest(context, selector, times=True)


def blocks(context: Context, selector: VectorSelector, start: int, end: int) -> Sequence[Block]:
    """What the source has in ``[start, end]``, each series in one block only."""
    found = context.source.select(selector.matchers, start, end)
    if len(found) < 2:
        return found
    lists = tuple(block.labels for block in found)
    shared = MEMO.get(lists, "shared", lambda: _shared(lists))
    return found if shared is None else _merged(found, shared, start, end)


Shared = tuple[list[Rows], dict[tuple[int, ...], list[tuple[Labels, tuple[int, ...]]]]]
"""Rows of each block that stand nowhere else; and by blocks, the others with their row in each of these blocks."""


def _shared(lists: Sequence[LabelList]) -> Shared | None:
    places: dict[Labels, list[tuple[int, int]]] = {}
    for number, labels in enumerate(lists):
        for row, of in enumerate(labels):
            places.setdefault(of, []).append((number, row))
    if len(places) == sum(map(len, lists)):
        return None
    own: list[list[int]] = [[] for _ in lists]
    several: dict[tuple[int, ...], list[tuple[Labels, tuple[int, ...]]]] = {}
    for of, where in places.items():
        if len(where) == 1:
            own[where[0][0]].append(where[0][1])
        else:
            numbers, rows = zip(*where, strict=True)
            several.setdefault(numbers, []).append((of, rows))
    return [np.array(rows, np.intp) for rows in own], several


def _merged(found: Sequence[Block], shared: Shared, start: int, end: int) -> list[Block]:
    own, several = shared
    merged = [
        Block(tuple(block.labels[row] for row in rows), block.timestamps, block.values[rows], block.present[rows])
        for block, rows in zip(found, own, strict=True)
        if len(rows)
    ]
    for numbers, series in several.items():
        parts = []
        for number in numbers:
            block = found[number]
            low, high = block.timestamps.searchsorted(start), block.timestamps.searchsorted(end, "right")
            parts.append((block, slice(int(low), int(high))))
        times = np.unique(np.concatenate([block.timestamps[cut] for block, cut in parts]))
        values = np.zeros((len(series), len(times)))
        present = np.zeros(values.shape, np.bool_)
        for place, (block, cut) in enumerate(parts):
            rows = np.array([where[place] for _, where in series], np.intp)
            columns = times.searchsorted(block.timestamps[cut])
            here = block.present[rows, cut]
            values[:, columns] = np.where(here, block.values[rows, cut], values[:, columns])
            present[:, columns] |= here
        merged.append(Block(tuple(of for of, _ in series), times, values, present))
    return merged


def _newest(context: Context, selector: VectorSelector, *, times: bool) -> Grid:
    at = context.reference(selector.at, selector.offset)
    if not len(at):
        return empty()
    found = blocks(context, selector, int(at[0]) - context.lookback + 1, int(at[-1]))
    context.admit(sum(len(block.labels) for block in found), len(at))
    grids = [_pick(block, at, context.lookback, times=times) for block in found if len(block.timestamps)]
    return concatenate(grids, context.steps)


def _pick(block: Block, at: Ints, lookback: int, *, times: bool) -> Grid:
    """The newest sample in ``(t - lookback, t]`` for each ``t``; ``at`` is ascending."""
    timestamps = block.timestamps
    last = timestamps.searchsorted(at, "right") - 1
    column = np.maximum(last, 0) if last[0] < 0 else last
    fresh: Flags = timestamps[column] > at - lookback
    if last[0] < 0:
        fresh &= last >= 0
    every = bool(fresh.all())
    pick = columns(column)
    here: Flags = pick(block.present)  # type: ignore[arg-type, assignment]
    if here.all() if every else here[:, fresh].all():
        values = pick(block.values)
        stale = is_stale(values)
        present: Flags | None = None
        if stale.any():
            present = fresh & ~stale
        elif not every:
            present = np.broadcast_to(fresh, values.shape)
        if times:
            values = np.broadcast_to(timestamps[column] / 1000.0, values.shape)
        return Grid(block.labels, values, present)
    return _pick_gaps(block, at, last, lookback, times=times)


def _pick_gaps(block: Block, at: Ints, last: Rows, lookback: int, *, times: bool) -> Grid:
    """As ``_pick``, where series lack samples that others of their block have."""
    timestamps = block.timestamps
    first = timestamps.searchsorted(at - lookback, "right")
    low, high = int(first[0]), max(int(last[-1]) + 1, int(first[0]) + 1)
    window: Flags = block.present[:, low:high]
    newest = np.where(window, np.arange(low, low + window.shape[1]), -1)
    np.maximum.accumulate(newest, axis=1, out=newest)
    column = newest.take(np.maximum(last - low, 0), axis=1)
    present: Flags = (column >= first) & (last >= first)
    column[~present] = low
    values: Floats = np.take_along_axis(block.values, column, axis=1)
    present &= ~is_stale(values)
    if times:
        values = timestamps[column] / 1000.0
    return Grid(block.labels, values, present)
