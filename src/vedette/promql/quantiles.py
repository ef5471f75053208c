"""Quantiles of samples, interpolated as Prometheus does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from vedette.promql.grid import Floats, Rows, Scalars

__all__ = ["quantiles"]


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
    at = np.broadcast_to(at, cube.shape[:-1])
    rank = np.where(np.isfinite(at), at, 0.0).clip(0.0, 1.0) * (count - 1)
    lower = np.maximum(np.floor(rank), 0.0).astype(np.intp)
    upper = np.minimum(lower + 1, np.maximum(count - 1, 0))
    weight = rank - np.floor(rank)
    # numpy sorts NaN to the end, Prometheus to the front
    undefined = count - (size - np.isnan(ordered).sum(axis=-1))
    result: Floats = _ranked(ordered, lower, undefined) * (1 - weight) + _ranked(ordered, upper, undefined) * weight
    result[at < 0] = -np.inf
    result[at > 1] = np.inf
    result[np.isnan(at) | (count == 0)] = np.nan
    return result


def _ranked(ordered: Floats, rank: Rows, undefined: Rows) -> Floats:
    place = rank - undefined
    found = np.take_along_axis(ordered, np.maximum(place, 0)[..., np.newaxis], axis=-1)[..., 0]
    ranked: Floats = np.where(place < 0, np.nan, found)
    return ranked
