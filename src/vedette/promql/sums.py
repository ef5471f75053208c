"""Sums as precise as Prometheus': compensated where terms may cancel, and plain where they cannot.

Terms of one sign lose at most a few units in the last place in any order of adding. With both signs the result is
whatever the order and the compensation leave of it, so there the same steps are taken as Prometheus takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vedette.promql.grid import Flags, Floats, Rows

__all__ = ["Neumaier", "mend_means", "one_sign"]


def one_sign(values: Floats) -> bool:
    """Whether no two terms can cancel; NaN does not count."""
    if not values.size:
        return True
    return bool(np.fmin.reduce(values, axis=None) >= 0 or np.fmax.reduce(values, axis=None) <= 0)


class Neumaier:
    """A running sum per cell with the part that rounding took (Kahan's method in Neumaier's form)."""

    __slots__ = ("lost", "sum")

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.sum = np.zeros(shape)
        self.lost = np.zeros(shape)

    def add(self, term: Floats) -> None:
        """Add one term to each cell."""
        before = self.sum
        self.sum = after = before + term
        # Knuth's two-sum: the exact error of the addition, without asking which term is the larger
        part = after - before
        term = term - part
        after = after - part
        term += before - after
        self.lost += term

    def add_some(self, term: Floats, columns: Rows) -> None:
        """Add one term to each cell of these columns."""
        before = self.sum[:, columns]
        after = before + term
        part = after - before
        self.lost[:, columns] += (before - (after - part)) + (term - part)
        self.sum[:, columns] = after

    def total(self) -> Floats:
        """The sums; an infinite one has no part to add."""
        return np.where(np.isfinite(self.sum), self.sum + self.lost, self.sum)


def mend_means(mean: Floats, undefined: Flags, terms: Callable[[int, int], Iterable[float]]) -> None:
    """Replace means that are infinite or NaN because the sum of their ``terms(row, column)`` overflowed.

    Cells that are ``undefined`` have NaN among their terms and stay. The mean itself cannot overflow: Prometheus then
    goes on with a running mean, and so do we.
    """
    for row, column in np.argwhere(~np.isfinite(mean) & ~undefined):
        mean[row, column] = _running_mean(terms(int(row), int(column)))


def _running_mean(terms: Iterable[float]) -> float:
    # https://github.com/prometheus/prometheus/blob/v3.5.0/promql/functions.go, funcAvgOverTime
    total = lost = mean = 0.0
    incremental = False
    for count, term in enumerate(terms, 1):
        if count == 1:
            total = term
            continue
        if not incremental:
            after, kept = _step(term, total, lost)
            if not np.isinf(after):
                total, lost = after, kept
                continue
            incremental = True
            mean = total / (count - 1)
            lost /= count - 1
        share = (count - 1) / count
        mean, lost = _step(term / count, share * mean, share * lost)
    return mean + lost if incremental else total / count + lost / count


def _step(term: float, total: float, lost: float) -> tuple[float, float]:
    after = total + term
    if np.isinf(after):
        return after, 0.0
    if abs(total) >= abs(term):
        return after, lost + ((total - after) + term)
    return after, lost + ((term - after) + total)
