"""Checks for the thresholds of a pack function. They raise ValueError; `parametric` adds the caller's place."""

from __future__ import annotations

import math
from itertools import pairwise

__all__ = ["check_above_zero", "check_objective", "check_ratio", "check_rising"]


def check_above_zero(**values: float) -> None:
    """Each is a finite number above zero.

    Raises:
        ValueError: one is not; the message names it.
    """
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
            raise ValueError(f"{name}={value!r}; write a number above 0")


def check_ratio(**values: float) -> None:
    """Each is a share: above 0, at most 1.

    Raises:
        ValueError: one is not; the message names it.
    """
    check_above_zero(**values)
    for name, value in values.items():
        if value > 1:
            raise ValueError(f"{name}={value!r}; it is a share from 0 to 1: write {value / 100:g} for {value:g} %")


def check_objective(**values: float) -> None:
    """Each is percent of an objective, from 1 to below 100, or 0 for none.

    Raises:
        ValueError: one is not; the message names it.
    """
    for name, value in values.items():
        number = not isinstance(value, bool) and isinstance(value, int | float)
        if not number or not (value == 0 or 1 <= value < 100):
            share = f": write {100 * value:g} for {100 * value:g} %" if number and 0 < value < 1 else ""
            raise ValueError(f"{name}={value!r}; an objective is in percent, below 100, and 0 is none{share}")


def check_rising(**values: float) -> None:
    """The values rise in the given order, so that a severer level is not reached first.

    Raises:
        ValueError: one is below the one before.
    """
    pairs = list(values.items())
    for (low_name, low), (high_name, high) in pairwise(pairs):
        if high < low:
            raise ValueError(
                f"{high_name}={high!r} is below {low_name}={low!r}; the severer level must be the higher one"
            )
