"""Bounds of values: what is the least and the greatest after an operation. NaN is outside of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["EVERYTHING", "NOT_NEGATIVE", "Interval", "apply", "can_hold", "constrained"]

Interval = tuple[float, float]

EVERYTHING: Final[Interval] = (-math.inf, math.inf)
NOT_NEGATIVE: Final[Interval] = (0.0, math.inf)

_HOLDS: Final[dict[str, Callable[[Interval, Interval], bool]]] = {
    ">": lambda left, right: left[1] > right[0],
    ">=": lambda left, right: left[1] >= right[0],
    "<": lambda left, right: left[0] < right[1],
    "<=": lambda left, right: left[0] <= right[1],
    "==": lambda left, right: left[0] <= right[1] and right[0] <= left[1],
    "!=": lambda left, right: not left[0] == left[1] == right[0] == right[1],
}


def can_hold(op: str, left: Interval, right: Interval) -> bool:
    """Whether a comparison can be true for some values."""
    return _HOLDS[op](left, right)


def constrained(op: str, left: Interval, right: Interval) -> Interval:
    """The left values for which a comparison is true."""
    low, high = left
    if op in (">", ">=", "=="):
        low = max(low, right[0])
    if op in ("<", "<=", "=="):
        high = min(high, right[1])
    return low, high


def apply(op: str, left: Interval, right: Interval) -> Interval:
    """The values of an arithmetic operation."""
    match op:
        case "+":
            return left[0] + right[0], left[1] + right[1]
        case "-":
            return left[0] - right[1], left[1] - right[0]
        case "*":
            return _corners(left, right, _times)
        case "/":
            return _divided(left, right)
        case "%" if left[0] >= 0 and right[0] > 0:
            return 0.0, min(left[1], right[1])
        case "^" if left[0] >= 0:
            return NOT_NEGATIVE
        case _:
            return EVERYTHING


def _corners(left: Interval, right: Interval, compute: Callable[[float, float], float]) -> Interval:
    found = [compute(a, b) for a in left for b in right]
    return min(found), max(found)


def _times(a: float, b: float) -> float:
    return 0.0 if a == 0 or b == 0 else a * b  # zero times a bound that is infinite is zero: no value is infinite


def _over(a: float, b: float) -> float:
    if math.isinf(b):
        return math.copysign(math.inf, a) * math.copysign(1.0, b) if math.isinf(a) else 0.0
    return a / b


def _divided(left: Interval, right: Interval) -> Interval:
    if right[0] > 0 or right[1] < 0:
        low, high = _corners(left, right, _over)
        return (-math.inf if math.isinf(low) else low), (math.inf if math.isinf(high) else high)
    if left[0] >= 0 and right[0] >= 0:  # what is divided by zero is infinite or NaN
        return (0.0 if math.isinf(right[1]) or right[1] == 0 else left[0] / right[1]), math.inf
    return EVERYTHING
