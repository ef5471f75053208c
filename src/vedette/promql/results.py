"""What a query gives back, and the error of one that cannot be evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vedette.errors import VedetteError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vedette.promql.labels import Labels

__all__ = ["EvaluationError", "Matrix", "RangeMatrix", "Result", "Scalar", "StringResult", "Vector"]


class EvaluationError(VedetteError):
    """A query that parses but has no answer, for example because a match is ambiguous."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """One number at one time."""

    time: int
    """Milliseconds since the epoch."""
    value: float
    warnings: tuple[str, ...] = ()
    """``PromQL warning: …`` and ``PromQL info: …`` with line and column, as Prometheus words them."""


@dataclass(frozen=True, slots=True)
class StringResult:
    """The value of a string literal."""

    time: int
    value: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vector:
    """One value per series at one time, in no order but that of ``sort``, ``topk`` and their kin."""

    time: int
    labels: list[Labels]
    values: NDArray[np.float64]
    """One for each of ``labels``."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Matrix:
    """The raw samples of a range selector or subquery: labels, milliseconds and values of each series."""

    series: list[tuple[Labels, NDArray[np.int64], NDArray[np.float64]]]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RangeMatrix:
    """A range query's answer, series sorted by labels; ``present`` says which cells hold a value (NaN is one)."""

    labels: list[Labels]
    steps: NDArray[np.int64]
    """T evaluation times in milliseconds."""
    values: NDArray[np.float64]
    """S x T."""
    present: NDArray[np.bool_]
    """S x T; every row has at least one."""
    warnings: tuple[str, ...] = ()


Result = Scalar | StringResult | Vector | Matrix
"""What an instant query gives."""
