"""What an expression can yield: one branch for each of the sides of ``or``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vedette.promql.flow.labels import ANY, Labels, Reason

if TYPE_CHECKING:
    from vedette.promql.ast import VectorSelector
    from vedette.promql.flow.series import SampleType, Series
    from vedette.promql.flow.units import Unit

__all__ = ["Branch", "Flow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """Series that come from one side of the ``or`` of a query."""

    labels: Labels = ANY
    type: SampleType = "unknown"
    unit: Unit | None = None
    low: float = -math.inf
    """No value is less."""
    high: float = math.inf
    """No value is greater."""
    empty: Reason | None = None
    """Why it never yields anything; None where it can."""
    always: Reason | None = None
    """Why it yields something whatever is stored (a number, ``vector(1)``, ``absent``); None where it need not."""
    certain: bool = True
    """False where a name was guessed from."""
    selectors: tuple[VectorSelector, ...] = ()
    """What its labels come from."""
    series: tuple[Series, ...] = ()
    """What is known of those."""
    bounds: tuple[float, ...] = ()
    """Finite bucket bounds, of buckets and of what is computed from them by ``histogram_quantile``."""
    conditions: tuple[Reason, ...] = ()
    """The comparisons and set operations that keep some series and drop others."""


Flow = tuple[Branch, ...]
"""All branches of an expression, at least one."""
