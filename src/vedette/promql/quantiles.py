"""Quantiles of samples, interpolated as Prometheus does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vedette.promql.ranks import Ranks

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.promql.grid import Floats, Rows, Scalars

__all__ = ["quantiles", "sliding_quantiles"]


def quantiles(cube: Floats, at: Scalars, present: Rows | None = None) -> Floats:
    """The quantile ``at`` along the last axis of R x W x N: one for all, or one for each of W.

    NaN counts as the least value. Below 0 the quantile is -Inf, above 1 it is +Inf, at NaN and of nothing NaN.
    ``present`` (R x W) says how many of the N values count; the others must be NaN.
    """
    size = cube.shape[-1]
    if not size:
        return np.full(cube.shape[:-1], np.nan)
    ordered = np.sort(cube, axis=-1)
    count = np.full(cube.shape[:-1], size) if present is None else present
    # numpy sorts NaN to the end, Prometheus to the front
    undefined = count - (size - np.isnan(ordered).sum(axis=-1))
    return _interpolated(at, count, lambda rank: _ranked(ordered, rank, undefined))


def sliding_quantiles(values: Floats, low: Rows, high: Rows, at: Scalars) -> Floats:
    """The same of R rows of samples in W windows ``[low, high)``, none of them empty, that overlap."""
    result = np.empty((len(values), len(low)))
    for row, samples in enumerate(values):
        ranks = Ranks(samples)
        result[row] = _interpolated(at, high - low, lambda rank, ranks=ranks: ranks.find(low, high, rank))  # type: ignore[misc]  # a default of its own
    return result


def _interpolated(at: Scalars, count: Rows, find: Callable[[Rows], Floats]) -> Floats:
    """Between the two values whose ranks, counted from 0, are next to the quantile's."""
    at = np.broadcast_to(at, count.shape)
    rank = np.where(np.isfinite(at), at, 0.0).clip(0.0, 1.0) * (count - 1)
    lower = np.maximum(np.floor(rank), 0.0).astype(np.intp)
    upper = np.minimum(lower + 1, np.maximum(count - 1, 0))
    weight = rank - np.floor(rank)
    result: Floats = find(lower) * (1 - weight) + find(upper) * weight
    result[at < 0] = -np.inf
    result[at > 1] = np.inf
    result[np.isnan(at) | (count == 0)] = np.nan
    return result


def _ranked(ordered: Floats, rank: Rows, undefined: Rows) -> Floats:
    place = rank - undefined
    found = np.take_along_axis(ordered, np.maximum(place, 0)[..., np.newaxis], axis=-1)[..., 0]
    ranked: Floats = np.where(place < 0, np.nan, found)
    return ranked
