"""Quantiles and fractions of classic histograms, on cumulative counts of buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from vedette.promql.grid import Flags, Floats, Scalars

__all__ = ["fractions", "quantiles_of_buckets"]

# https://github.com/prometheus/prometheus/blob/v3.5.0/promql/quantile.go, smallDeltaTolerance
_TOLERANCE = 1e-12


def quantiles_of_buckets(at: Scalars, bounds: Floats, counts: Floats, present: Flags | None) -> tuple[Floats, Flags]:
    """The quantile ``at`` of G histograms: ``bounds`` G x B ascending, ``counts`` and ``present`` G x B x W.

    Returns:
        G x W quantiles, and which of the G had counts that fell noticeably and were raised.
    """
    # https://github.com/prometheus/prometheus/blob/v3.5.0/promql/quantile.go, BucketQuantile
    groups, size, width = counts.shape
    forced = np.zeros(groups, np.bool_)
    before, after = counts[:, :-1], counts[:, 1:]
    rise = after - before
    if present is not None or ((rise < _TOLERANCE * (np.abs(before) + np.abs(after))) & (rise != 0)).any():
        counts, forced = _monotonic(counts, present)
    total = counts[:, -1]
    rank = at * total
    place = (counts[:, :-1] < rank[:, np.newaxis]).sum(axis=1)
    if present is None:
        previous = place - 1
        enough: Flags = np.full((groups, width), size > 1)
    else:
        newest = np.maximum.accumulate(np.where(present, np.arange(size)[:, np.newaxis], -1), axis=1)
        newest = np.concatenate([np.full((groups, 1, width), -1), newest], axis=1)
        previous = np.take_along_axis(newest, place[:, np.newaxis], axis=1)[:, 0]
        enough = (present.sum(axis=1) > 1) & present[:, -1]
    enough = enough & np.isinf(bounds[:, -1:])
    rows = np.arange(groups)[:, np.newaxis]
    upper = bounds[rows, place]
    lowest: Flags = previous < 0
    start = np.where(lowest, 0.0, bounds[rows, previous])
    count_before = np.where(
        lowest, 0.0, np.take_along_axis(counts, np.maximum(previous, 0)[:, np.newaxis], axis=1)[:, 0]
    )
    inside = np.take_along_axis(counts, place[:, np.newaxis], axis=1)[:, 0] - count_before
    result: Floats = start + (upper - start) * ((rank - count_before) / inside)
    result = np.where(lowest & (upper <= 0), upper, result)
    result = np.where(place == size - 1, bounds[rows, previous], result)
    result = np.where(enough & (total != 0), result, np.nan)
    # these come first in Prometheus, so that they hold for histograms without observations too
    result = np.where(np.less(at, 0), -np.inf, np.where(np.greater(at, 1), np.inf, result))
    return np.where(np.isnan(at), np.nan, result), forced


def _monotonic(counts: Floats, present: Flags | None) -> tuple[Floats, Flags]:
    """Counts that never fall; where a bucket is absent, the count of the one before it (-Inf before the first)."""
    fixed = np.empty(counts.shape)
    forced = np.zeros(len(counts), np.bool_)
    kept = np.full((counts.shape[0], counts.shape[2]), -np.inf)
    for i in range(counts.shape[1]):
        count = counts[:, i]
        started = kept != -np.inf
        gap = np.abs(count - kept)
        near = started & (gap / (np.abs(count) + np.abs(kept)) < _TOLERANCE) & (count != 0) & (kept != 0)
        lower = started & (count < kept) & ~near
        here = True if present is None else present[:, i]
        forced |= (lower & here).any(axis=1)
        kept = np.where(here & ~near & ~lower, count, kept)
        fixed[:, i] = kept
    return fixed, forced


def fractions(lower: Scalars, upper: Scalars, bounds: Floats, counts: Floats, present: Flags | None) -> Floats:
    """The share of observations between two values, arrays as for ``quantiles_of_buckets``."""
    # https://github.com/prometheus/prometheus/blob/v3.5.0/promql/quantile.go, BucketFraction
    shape = (counts.shape[0], counts.shape[2])
    lower, upper = np.broadcast_to(lower, shape), np.broadcast_to(upper, shape)
    ranks = [np.zeros(shape), np.zeros(shape)]
    done = [np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)]
    rank = np.zeros(shape)
    begin = np.full(shape, np.nan)
    for i in range(counts.shape[1]):
        here: Flags = np.ones(shape, np.bool_) if present is None else present[:, i]
        count, end = counts[:, i], np.broadcast_to(bounds[:, i, np.newaxis], shape)
        begin = np.where(np.isnan(begin), np.where(end > 0, 0.0, -np.inf), begin)
        for side, value in enumerate((lower, upper)):
            reached = here & ~done[side] & (begin >= value)
            inside = here & ~done[side] & (begin < value) & (end > value)
            share = rank + (count - rank) * (value - begin) / (end - begin)
            ranks[side] = np.where(reached, rank, ranks[side])
            ranks[side] = np.where(inside, np.where(np.isneginf(begin), count, share), ranks[side])
            done[side] |= reached | inside
        rank = np.where(here, count, rank)
        begin = np.where(here, end, begin if i else np.nan)
    total = counts[:, -1]
    low, high = (np.where(set_ & (found <= total), found, total) for found, set_ in zip(ranks, done, strict=True))
    complete = np.isinf(bounds[:, -1:]) & (True if present is None else present[:, -1])
    result = np.where(lower >= upper, 0.0, (high - low) / total)
    return np.where(complete & (total != 0) & ~np.isnan(lower) & ~np.isnan(upper), result, np.nan)
