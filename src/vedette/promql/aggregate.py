"""Aggregation operators over groups of series."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from vedette.promql.grid import Flags, Floats, Grid, Scalars, empty
from vedette.promql.groups import Groups, group
from vedette.promql.histogram import check_quantile
from vedette.promql.quantiles import quantiles
from vedette.promql.sums import Neumaier, mend_means, one_sign

if TYPE_CHECKING:
    from vedette.promql.ast import Aggregate
    from vedette.promql.context import Context

__all__ = ["aggregate"]

Reduce = Callable[[Floats, Flags | None, Groups], Floats]


def aggregate(context: Context, node: Aggregate, grid: Grid, parameter: Scalars | None) -> Grid:
    """The operators that give one series a group: all but ``topk`` and its kin and ``count_values``."""
    if node.op == "quantile" and node.param is not None and parameter is not None:
        check_quantile(context, parameter, node.param.span)
    if not len(grid.labels):
        return empty()
    groups = group(grid.labels, node.grouping, without=node.without)
    values = groups.sort(grid.values)
    present = None if grid.present is None else groups.sort_flags(grid.present)
    if node.op == "quantile":
        assert parameter is not None
        wide = max(values.shape[1], np.size(parameter))
        values = np.broadcast_to(values, (len(values), wide))
        present = None if present is None else np.broadcast_to(present, values.shape)
        found = _quantile(values, present, groups, parameter)
    else:
        found = _REDUCE[node.op](values, present, groups)
    some: Flags | None = None
    if present is not None:
        some = groups.reduce(np.logical_or, present)  # type: ignore[arg-type, assignment]
        if some is not None and some.all():
            some = None
    return Grid(groups.labels, found, some, _doomed(grid, groups))


def _doomed(grid: Grid, groups: Groups) -> Flags | None:
    """A group loses its name at the end where any series in it does."""
    if grid.doomed is None:
        return None
    doomed = np.zeros(len(groups.labels), np.bool_)
    there = grid.doomed if grid.present is None else grid.doomed & grid.present.any(axis=1)
    np.logical_or.at(doomed, groups.of, there)
    return doomed


def _filled(values: Floats, present: Flags | None, with_: float) -> Floats:
    return values if present is None else np.where(present, values, with_)


def _count(values: Floats, present: Flags | None, groups: Groups) -> Floats:
    if present is None:
        return np.broadcast_to(groups.sizes[:, np.newaxis].astype(np.float64), (len(groups.sizes), values.shape[1]))
    return groups.reduce(np.add, present.astype(np.float64))


def _group(values: Floats, _: Flags | None, groups: Groups) -> Floats:
    return np.ones((len(groups.sizes), values.shape[1]))


def _sum(values: Floats, present: Flags | None, groups: Groups) -> Floats:
    values = _filled(values, present, 0.0)
    return groups.reduce(np.add, values) if one_sign(values) else _compensated(values, groups).total()


def _avg(values: Floats, present: Flags | None, groups: Groups) -> Floats:
    count = _count(values, present, groups)
    terms = _filled(values, present, 0.0)
    if one_sign(terms):
        mean = groups.reduce(np.add, terms) / count
    else:
        sums = _compensated(terms, groups)
        mean = np.where(np.isfinite(sums.sum), sums.sum / count + sums.lost / count, sums.sum)
    if not np.isfinite(mean).all():
        undefined: Flags = groups.reduce(np.logical_or, np.isnan(terms)) | (count == 0)

        def members(row: int, column: int) -> list[float]:
            begin, end = groups.bounds[row]
            there = values[begin:end, column]
            return (there if present is None else there[present[begin:end, column]]).tolist()  # type: ignore[no-any-return]

        mean = np.array(mean)
        mend_means(mean, undefined, members)
    return mean


def _min(values: Floats, present: Flags | None, groups: Groups) -> Floats:
    return groups.reduce(np.fmin, _filled(values, present, np.nan))


def _max(values: Floats, present: Flags | None, groups: Groups) -> Floats:
    return groups.reduce(np.fmax, _filled(values, present, np.nan))


def _stdvar(values: Floats, present: Flags | None, groups: Groups) -> Floats:
    # two passes about the mean, from one of the values so that equal ones give exactly zero
    count = _count(values, present, groups)
    expand = np.repeat(np.arange(len(groups.sizes)), groups.sizes)
    origin = groups.reduce(np.fmax, _filled(values, present, np.nan))
    away = _filled(values - origin[expand], present, 0.0)
    mean = groups.reduce(np.add, away) / count
    away = _filled(away - mean[expand], present, 0.0)
    rest = groups.reduce(np.add, away)
    return np.maximum((groups.reduce(np.add, away * away) - rest * rest / count) / count, 0.0)


def _stddev(values: Floats, present: Flags | None, groups: Groups) -> Floats:
    return np.sqrt(_stdvar(values, present, groups))


def _compensated(values: Floats, groups: Groups) -> Neumaier:
    """Each group's rows added one by one, in order."""
    sums = Neumaier((values.shape[1], len(groups.sizes)))
    shortest = int(groups.sizes.min())
    for i in range(int(groups.sizes.max())):
        if i < shortest:
            sums.add(values[groups.starts + i].T)
        else:
            longer = np.flatnonzero(groups.sizes > i)
            sums.add_some(values[groups.starts[longer] + i].T, longer)
    sums.sum, sums.lost = sums.sum.T, sums.lost.T
    return sums


def _quantile(values: Floats, present: Flags | None, groups: Groups, at: Scalars) -> Floats:
    found = np.empty((len(groups.sizes), values.shape[1]))
    values = _filled(values, present, np.nan)
    for i, (begin, end) in enumerate(groups.bounds):
        cube = np.ascontiguousarray(values[begin:end].T)[np.newaxis]
        count = None if present is None else present[begin:end].sum(axis=0, dtype=np.intp)[np.newaxis]
        found[i] = quantiles(cube, at, count)[0]
    return found


_REDUCE: Final[Mapping[str, Reduce]] = {
    "sum": _sum,
    "avg": _avg,
    "min": _min,
    "max": _max,
    "count": _count,
    "group": _group,
    "stddev": _stddev,
    "stdvar": _stdvar,
}
