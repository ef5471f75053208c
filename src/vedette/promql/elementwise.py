"""Functions that take one number to another: the mathematical and trigonometric ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vedette.promql.grid import Floats

__all__ = ["ELEMENTWISE", "nearest"]


def _sign(values: Floats) -> Any:
    return np.where(values < 0, -1.0, np.where(values > 0, 1.0, values))


def nearest(values: Floats, to: float | Floats = 1.0) -> Floats:
    """Rounded to a multiple of ``to``, halves up; by way of the inverse, as Prometheus does, for its last digits."""
    inverse = np.divide(1.0, to)
    rounded: Floats = np.floor(values * inverse + 0.5) / inverse
    return rounded


ELEMENTWISE: Final[Mapping[str, Callable[[Floats], Any]]] = {
    "abs": np.abs,
    "acos": np.arccos,
    "acosh": np.arccosh,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atanh": np.arctanh,
    "ceil": np.ceil,
    "cos": np.cos,
    "cosh": np.cosh,
    "deg": lambda values: values * 180.0 / np.pi,
    "exp": np.exp,
    "floor": np.floor,
    "ln": np.log,
    "log10": np.log10,
    "log2": np.log2,
    "rad": lambda values: values * np.pi / 180.0,
    "sgn": _sign,
    "sin": np.sin,
    "sinh": np.sinh,
    "sqrt": np.sqrt,
    "tan": np.tan,
    "tanh": np.tanh,
}
"""By the function's name."""
