"""Where a backtest's samples come from: the one Protocol that a server and a file of samples implement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from vedette.promql.labels import Labels, Matcher

__all__ = ["AT_ONCE", "Batch", "Samples"]

AT_ONCE: Final = 2
"""Selectors that are loaded at the same time: a server answers one while the answer to the other is read."""

Batch = Mapping[Labels, tuple[NDArray[np.int64], NDArray[np.float64]]]
"""Series → milliseconds (increasing) and values. The end of a series is the value ``STALE_NAN``."""


class Samples(Protocol):
    """Anything that has raw samples of the past."""

    def load(self, matchers: Sequence[Matcher], after: int, until: int) -> Batch:
        """The series that satisfy every matcher, with their samples in ``(after, until]`` (milliseconds).

        Asked by ``AT_ONCE`` threads.
        """
        ...
