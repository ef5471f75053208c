"""Parts of dates, in UTC, from seconds since the epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vedette.promql.grid import Floats

__all__ = ["DATES"]

# Far beyond any date, and still whole seconds in int64.
_LIMIT = 1e17


def _seconds(values: Floats) -> Any:
    return np.trunc(np.nan_to_num(values, nan=0.0).clip(-_LIMIT, _LIMIT)).astype(np.int64)


def _days(values: Floats) -> Any:
    return (_seconds(values) // 86_400).astype("datetime64[D]")


def _months(values: Floats) -> Any:
    return _days(values).astype("datetime64[M]")


def _in_year(values: Floats) -> Any:
    days = _days(values)
    return (days - days.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64) + 1


def _part(compute: Callable[[Floats], Any]) -> Callable[[Floats], Floats]:
    return lambda values: np.where(np.isfinite(values), compute(values), np.nan).astype(np.float64)


DATES: Final[Mapping[str, Callable[[Floats], Floats]]] = {
    "minute": _part(lambda values: _seconds(values) // 60 % 60),
    "hour": _part(lambda values: _seconds(values) // 3600 % 24),
    "day_of_week": _part(lambda values: (_seconds(values) // 86_400 + 4) % 7),
    "day_of_month": _part(
        lambda values: (_days(values) - _months(values).astype("datetime64[D]")).astype(np.int64) + 1
    ),
    "day_of_year": _part(_in_year),
    "days_in_month": _part(
        lambda values: ((_months(values) + 1).astype("datetime64[D]") - _months(values).astype("datetime64[D]")).astype(
            np.int64
        )
    ),
    "month": _part(lambda values: _months(values).astype(np.int64) % 12 + 1),
    "year": _part(lambda values: _days(values).astype("datetime64[Y]").astype(np.int64) + 1970),
}
"""What each date function does to values."""
