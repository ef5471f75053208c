"""Range vectors: which samples each step sees, blocks split where series have gaps, and kernels applied to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from vedette.promql.grid import Flags, Floats, Grid, Ints, Rows, concatenate
from vedette.promql.select import blocks
from vedette.promql.source import is_stale

if TYPE_CHECKING:
    from vedette.promql.ast import MatrixSelector
    from vedette.promql.context import Context
    from vedette.promql.memo import LabelList

__all__ = ["Kernel", "Ranges", "Run", "Windows", "apply", "range_vector", "runs"]

# Rows are worked on in chunks of about this many cells, 512 KB of float64, so that the passes of a kernel find them in
# the second-level cache.
_CHUNK_CELLS = 65_536


@dataclass(frozen=True, slots=True)
class Run:
    """Series that share their timestamps. Staleness markers may still be among the samples."""

    labels: LabelList
    timestamps: Ints
    values: Floats
    present: Flags | None


@dataclass(frozen=True, slots=True)
class Ranges:
    """A range vector at every step: the samples in ``(starts, ends]``; one window where ``@`` fixes it."""

    runs: Sequence[Run]
    starts: Ints
    ends: Ints
    range: int
    doomed: Flags | None = None
    """Rows of the one run of a subquery whose name goes at the end; only with delayed name removal."""

    def widened(self, steps: int) -> Ranges:
        """The same windows, once for each step."""
        if len(self.ends) == steps:
            return self
        return replace(self, starts=np.repeat(self.starts, steps), ends=np.repeat(self.ends, steps))


@dataclass(frozen=True)
class Windows:
    """The windows of a run without gaps: samples ``low[i]`` up to ``high[i]``, at least one, for each window."""

    timestamps: Ints
    low: Rows
    high: Rows
    starts: Ints
    ends: Ints
    range: int
    steps: Rows | None
    """Which steps of the query these are, None for all of them."""

    @cached_property
    def count(self) -> Rows:
        """How many samples each window has."""
        return self.high - self.low

    @cached_property
    def single(self) -> tuple[int, int] | None:
        """``low`` and ``high`` of the only window, which is what an instant query has."""
        return (int(self.low[0]), int(self.high[0])) if len(self.low) == 1 else None


Kernel = Callable[[Windows], Callable[[Floats], Floats]]
"""Prepares what all series of a run share, and gives a function from their samples R x N to R x windows."""


def range_vector(context: Context, selector: MatrixSelector) -> Ranges:
    """The samples of ``selector[range]``."""
    vector = selector.selector
    ends = context.reference(vector.at, vector.offset)
    starts = ends - selector.range
    runs: list[Run] = []
    if len(ends):
        runs = [
            Run(block.labels, block.timestamps, block.values, block.present)
            for block in blocks(context, vector, int(starts[0]) + 1, int(ends[-1]))
        ]
    context.admit(sum(len(run.labels) for run in runs), len(ends))
    return Ranges(runs, starts, ends, selector.range)


def apply(ranges: Ranges, kernel: Kernel, steps: int, minimum: int = 1) -> Grid:
    """The kernel over every series; cells whose window has fewer than ``minimum`` samples stay absent."""
    grid = concatenate([_run(ranges, run, kernel, minimum) for run in ranges.runs if len(run.timestamps)], steps)
    grid.doomed = ranges.doomed if len(grid.labels) else None
    return grid


def runs(run: Run, start: int, end: int) -> Iterator[tuple[Rows | slice, Run]]:
    """The run cut to ``(start, end]`` and split into runs without gaps or staleness markers, each with its rows."""
    times = run.timestamps
    low, high = int(times.searchsorted(start, "right")), int(times.searchsorted(end, "right"))
    if low >= high:
        return
    times = times[low:high]
    total = len(run.labels)
    size = max(1, _CHUNK_CELLS // (high - low))
    for begin in range(0, total, size):
        rows = slice(begin, min(begin + size, total))
        values = run.values[rows, low:high]
        sound = ~is_stale(values)
        if run.present is not None:
            sound &= run.present[rows, low:high]
        if sound.all():
            yield rows, Run((), times, values, None)
        else:
            for part in _alike(sound):
                seen = sound[part[0]]
                if seen.any():
                    yield part + begin, Run((), times[seen], values[part][:, seen], None)


def _alike(sound: Flags) -> list[Rows]:
    """Rows grouped by the samples they have."""
    packed = np.packbits(sound, axis=1)
    groups: dict[bytes, list[int]] = {}
    for row, key in enumerate(packed):
        groups.setdefault(key.tobytes(), []).append(row)
    return [np.array(rows, np.intp) for rows in groups.values()]


def _run(ranges: Ranges, run: Run, kernel: Kernel, minimum: int) -> Grid:
    width = len(ranges.ends)
    total = len(run.labels)
    result: Floats | None = None
    present: Flags | None = None
    ready: tuple[Windows, Callable[[Floats], Floats]] | None = None
    prepared: Ints | None = None
    covered = 0
    for rows, part in runs(run, int(ranges.starts[0]), int(ranges.ends[-1])):
        # chunks without gaps share their timestamps, and so what is prepared
        if part.timestamps is not prepared:
            prepared = part.timestamps
            there = _windows(prepared, ranges, minimum)
            ready = None if there is None else (there, kernel(there))
        if ready is None:
            continue
        windows, compute = ready
        found = compute(part.values)
        if windows.steps is None and found.shape[0] == total:
            return Grid(run.labels, found)
        if result is None or present is None:
            result, present = np.zeros((total, width)), np.zeros((total, width), np.bool_)
        if windows.steps is None:
            result[rows], present[rows] = found, True
            covered += found.shape[0]
        else:
            at = (rows, windows.steps) if isinstance(rows, slice) else np.ix_(rows, windows.steps)
            result[at], present[at] = found, True
    if result is None:
        return Grid((), np.empty((0, 1)))
    return Grid(run.labels, result, None if covered == total else present)


def _windows(timestamps: Ints, ranges: Ranges, minimum: int) -> Windows | None:
    low = timestamps.searchsorted(ranges.starts, "right")
    high = timestamps.searchsorted(ranges.ends, "right")
    enough = high - low >= minimum
    if enough.all():
        return Windows(timestamps, low, high, ranges.starts, ranges.ends, ranges.range, None)
    steps = np.flatnonzero(enough)
    if not len(steps):
        return None
    return Windows(timestamps, low[steps], high[steps], ranges.starts[steps], ranges.ends[steps], ranges.range, steps)
