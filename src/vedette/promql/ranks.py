"""The k-th least sample of every window of one series, where windows overlap so much that sorting each is waste."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from vedette.promql.grid import Floats, Rows

__all__ = ["Ranks"]


class Ranks:
    """Ranks of all samples, parted bit by bit (a wavelet matrix).

    Each bit of the rank of the k-th least is found for all windows at once: whether so many samples of a window have
    a 0 there, as in "The Wavelet Matrix", SPIRE 2012. NaN counts as the least value.
    """

    def __init__(self, values: Floats) -> None:
        size = len(values)
        order = np.argsort(values, kind="stable")
        # numpy sorts NaN to the end, Prometheus to the front
        order = np.roll(order, int(np.isnan(values).sum()))
        self._ordered = values[order]
        ranks = np.empty(size, np.intp)
        ranks[order] = np.arange(size)
        self._zeros: list[tuple[int, Rows]] = []
        """The bit, and before each place how many ranks have a 0 there; from the highest bit on."""
        for bit in reversed(range(max(1, (size - 1).bit_length()))):
            ones = (ranks >> bit & 1).astype(np.bool_)
            zeros = np.zeros(size + 1, np.intp)
            np.cumsum(~ones, out=zeros[1:])
            self._zeros.append((bit, zeros))
            ranks = np.concatenate([ranks[~ones], ranks[ones]])

    def find(self, low: Rows, high: Rows, rank: Rows) -> Floats:
        """Of each window ``[low, high)`` the sample that so many others are before; there must be as many."""
        rank = rank.copy()
        found = np.zeros(len(low), np.intp)
        for bit, zeros in self._zeros:
            below, until = zeros[low], zeros[high]
            count = until - below
            right = rank >= count
            rank -= np.where(right, count, 0)
            found += right * (1 << bit)
            low = np.where(right, zeros[-1] + low - below, below)
            high = np.where(right, zeros[-1] + high - until, until)
        return self._ordered[found]
