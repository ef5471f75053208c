"""Samples that a test made, as a backtest reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vedette.promql.labels import NAME, Labels, get, labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vedette.promql.labels import Matcher
    from vedette.promql.source import Block
    from vedette.testing.backtest import Batch

MINUTE = 60_000
DAY = 86_400_000


class Memory:
    """Series with their milliseconds and values."""

    def __init__(self, series: Batch) -> None:
        self.series = series
        self.asked: list[tuple[int, int]] = []

    @classmethod
    def of_blocks(cls, blocks: Iterable[Block]) -> Memory:
        found: dict[Labels, list[tuple[np.ndarray, np.ndarray]]] = {}
        for block in blocks:
            for of, values, present in zip(block.labels, block.values, block.present, strict=True):
                found.setdefault(of, []).append((block.timestamps[present], values[present]))
        return cls(
            {
                of: (np.concatenate([times for times, _ in parts]), np.concatenate([values for _, values in parts]))
                for of, parts in found.items()
            }
        )

    def load(self, matchers: Sequence[Matcher], after: int, until: int) -> Batch:
        self.asked.append((after, until))
        found = {}
        for of, (times, values) in self.series.items():
            if all(matcher.matches(get(of, matcher.name)) for matcher in matchers):
                low, high = times.searchsorted([after, until], "right")
                if low < high:
                    found[of] = (times[low:high], values[low:high])
        return found


def gauge(name: str, values: Sequence[float], *, start: int = 0, every: int = MINUTE, **of: str) -> Batch:
    """One series with a sample every so often."""
    times = start + every * np.arange(len(values), dtype=np.int64)
    return {labels({NAME: name, **of}): (times, np.array(values, np.float64))}
