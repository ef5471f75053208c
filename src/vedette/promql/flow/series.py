"""What is known of the series that a name stands for, before any query looks at them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from vedette.promql.flow.labels import ANY, Labels

if TYPE_CHECKING:
    from vedette.place import Place
    from vedette.promql.flow.units import Unit

__all__ = ["Known", "SampleType", "Series"]

SampleType = Literal["counter", "gauge", "bucket", "quantile", "info", "stateset", "histogram", "scalar", "unknown"]
"""What a sample is. ``bucket``: cumulative counters by ``le``; ``histogram``: a native one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The series of one name."""

    name: str
    type: SampleType = "unknown"
    unit: Unit | None = None
    labels: Labels = ANY
    low: float = -math.inf
    high: float = math.inf
    bounds: tuple[float, ...] = ()
    """Of buckets: the finite upper bounds, rising."""
    metric: str = ""
    """The metric it belongs to: ``x_seconds`` for ``x_seconds_bucket``."""
    certain: bool = True
    """False where it is a guess, by the name."""
    why: str = ""
    """Whence it is known: ``declared in shop.py:7``, ``as its name says``."""
    place: Place | None = field(default=None, compare=False)


Known = Callable[[str], Series | None]
"""What is known of a name; None where nothing is."""
