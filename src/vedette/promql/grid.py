"""Values inside the evaluator: vectors over steps, and what is done to their label sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vedette.promql.labels import NAME, Labels, get
from vedette.promql.memo import MEMO, LabelList
from vedette.promql.results import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = [
    "SAME_LABELSET", "Flags", "Floats", "Grid", "Ints", "Rows", "Scalars", "columns", "concatenate", "empty",
    "nameless", "notation", "unify",
]  # fmt: skip

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]
Scalars = float | Floats
"""A scalar: the same at every step, or one value a step."""

SAME_LABELSET = "vector cannot contain metrics with the same labelset"


@dataclass(slots=True)
class Grid:
    """An instant vector at every step of a query.

    ``values`` and ``present`` are S x W, where W is the number of steps, or 1 for what is the same at all of them.
    They may be views of a store's arrays: nothing writes to them.
    """

    labels: LabelList
    values: Floats
    present: Flags | None = None
    """Which cells hold a value; None where all do."""
    doomed: Flags | None = None
    """Rows whose ``__name__`` goes at the end of the query; only with delayed name removal."""

    def mask(self) -> Flags:
        """``present`` in full."""
        return np.ones(self.values.shape, np.bool_) if self.present is None else self.present

    def take(self, rows: Rows, labels: LabelList) -> Grid:
        """These rows, under these labels."""
        return Grid(
            labels,
            self.values[rows],
            None if self.present is None else self.present[rows],
            None if self.doomed is None else self.doomed[rows],
        )

    def masked(self, keep: Flags) -> Grid:
        """The cells that are also in ``keep`` (any shape that broadcasts to S x W)."""
        present = keep if self.present is None else self.present & keep
        shape = np.broadcast_shapes(self.values.shape, present.shape)
        return Grid(self.labels, np.broadcast_to(self.values, shape), np.broadcast_to(present, shape), self.doomed)

    def mapped(self, values: Floats) -> Grid:
        """Other values in the same cells; they may be wider."""
        present = self.present
        if present is not None and present.shape != values.shape:
            present = np.broadcast_to(present, values.shape)
        return Grid(self.labels, values, present, self.doomed)


def empty() -> Grid:
    """No series."""
    return Grid((), np.empty((0, 1)))


def concatenate(grids: Sequence[Grid], steps: int) -> Grid:
    """One under the other, without looking for equal labels."""
    grids = [grid for grid in grids if len(grid.labels)]
    if not grids:
        return empty()
    if len(grids) == 1:
        return grids[0]
    labels = join(grid.labels for grid in grids)
    width = steps if any(grid.values.shape[1] != 1 for grid in grids) else 1
    present: Flags | None = None
    if any(grid.present is not None for grid in grids):
        present = np.concatenate([np.broadcast_to(grid.mask(), (len(grid.labels), width)) for grid in grids])
    doomed: Flags | None = None
    if any(grid.doomed is not None for grid in grids):
        doomed = np.concatenate(
            [np.zeros(len(grid.labels), np.bool_) if grid.doomed is None else grid.doomed for grid in grids]
        )
    values = np.concatenate([np.broadcast_to(grid.values, (len(grid.labels), width)) for grid in grids])
    return Grid(labels, values, present, doomed)


def join(lists: Iterable[LabelList]) -> LabelList:
    """All of the lists in one; the same list for the same lists."""
    parts = tuple(lists)
    if len(parts) == 1:
        return parts[0]
    return MEMO.get(parts, "join", lambda: tuple(of for part in parts for of in part))


def nameless(labels: LabelList) -> LabelList:
    """Every label set without ``__name__``; the list itself where none has one."""

    def make() -> LabelList:
        if not any(get(of, NAME) for of in labels):
            return labels
        return tuple(tuple(pair for pair in of if pair[0] != NAME) for of in labels)

    return MEMO.get((labels,), "nameless", make)


def unify(grid: Grid) -> Grid:
    """Rows with the same labels as one series.

    Raises:
        EvaluationError: two of them have a value at the same step.
    """
    labels = grid.labels
    if len(labels) < 2:
        return grid
    plan = MEMO.get((labels,), "unify", lambda: _same(labels))
    if plan is None:
        return grid
    distinct, of = plan
    present = grid.mask()
    shape = (len(distinct), present.shape[1])
    count = np.zeros(shape, np.intp)
    np.add.at(count, of, present)
    if (count > 1).any():
        raise EvaluationError(SAME_LABELSET)
    values = np.zeros(shape)
    for row, to in enumerate(of):
        np.copyto(values[to], grid.values[row], where=present[row])
    doomed: Flags | None = None
    if grid.doomed is not None:
        doomed = np.zeros(len(distinct), np.bool_)
        np.logical_or.at(doomed, of, grid.doomed)
    return Grid(distinct, values, count > 0, doomed)


def _same(labels: LabelList) -> tuple[LabelList, Rows] | None:
    """The distinct label sets and which of them each row has, None where no two are equal."""
    distinct: dict[Labels, int] = {}
    of = np.array([distinct.setdefault(item, len(distinct)) for item in labels], np.intp)
    return None if len(distinct) == len(labels) else (tuple(distinct), of)


def columns(at: Rows) -> Callable[[Floats], Floats]:
    """Picks these columns of an array: a view where they are evenly spaced, as the samples of regular scrapes are."""
    if len(at) > 1:
        stride = int(at[1]) - int(at[0])
        if stride > 0 and int(at[-1]) - int(at[0]) == stride * (len(at) - 1) and (np.diff(at) == stride).all():
            cut = slice(int(at[0]), int(at[-1]) + 1, stride)
            return lambda values: values[:, cut]
    elif len(at):
        cut = slice(int(at[0]), int(at[0]) + 1)
        return lambda values: values[:, cut]
    return lambda values: values.take(at, axis=1)


def notation(of: Labels) -> str:
    """``{__name__="up", job="a"}``, as Prometheus writes a label set in its errors."""
    inner = ", ".join(f'{name}="{_escaped(value)}"' for name, value in of)
    return f"{{{inner}}}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
