"""How the evaluator reads samples: the one Protocol a store implements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vedette.promql.labels import Labels, Matcher

__all__ = ["STALE_BITS", "STALE_NAN", "Block", "Source", "is_stale"]

# https://github.com/prometheus/prometheus/blob/main/model/value/value.go: a quiet NaN with this payload ends a series
STALE_BITS: Final = 0x7FF0000000000002
STALE_NAN: Final = float(np.array([STALE_BITS], dtype=np.uint64).view(np.float64)[0])


def is_stale(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which values are staleness markers (an ordinary NaN is not)."""
    stale: NDArray[np.bool_] = values.view(np.uint64) == STALE_BITS
    return stale


@dataclass(frozen=True, slots=True)
class Block:
    """Series that share their timestamps: normally one scrape target or one rule group.

    A staleness marker is stored as a present sample whose value is ``STALE_NAN``; NaN is an ordinary value, so
    absence is said by ``present`` alone. Arrays are read-only views and may be longer than was asked for.
    """

    labels: Sequence[Labels]
    """S label sets, ``__name__`` included."""
    timestamps: NDArray[np.int64]
    """T milliseconds since the epoch, strictly increasing."""
    values: NDArray[np.float64]
    """S by T."""
    present: NDArray[np.bool_]
    """S by T."""


class Source(Protocol):
    """Anything that can be asked for samples."""

    def select(self, matchers: Sequence[Matcher], start: int, end: int) -> Sequence[Block]:
        """Series matching all ``matchers`` with their samples in ``[start, end]`` (milliseconds, both included).

        A series may stand in several blocks (one target's data after another's); no timestamp of it stands in two.
        """
        ...
