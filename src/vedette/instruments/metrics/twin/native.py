"""Native histograms: exponential buckets of a series, as many as there are observations to tell apart.

A block has room for `BUCKETS` buckets of one schema (2^schema of them between a power of two and the next). When it is
full, a block of a coarser schema takes what comes from then on; what is in the old one stays, and is counted together
with the new one by whoever reads. https://prometheus.io/docs/specs/native_histograms/
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from vedette.instruments.metrics.protobuf import NATIVE_ZERO

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vedette.instruments.metrics.twin.slab import Entry

__all__ = ["WORDS", "Native", "merge", "read", "write"]

BUCKETS = 160
WORDS = 2 + 2 * BUCKETS  # of a block
FIRST_SCHEMA = 3  # growth by 9 % from bucket to bucket: any quantile is right within 4.3 %
LAST_SCHEMA = -4
_HEAD = 2  # schema and zeros, before the pairs of key and count
_MIDDLE = 1 << 30
_GREATEST = 1.7976931348623157e308


def index_of(value: float, schema: int) -> int:
    """The bucket of a value above zero: index i has the values up to 2^(i / 2^schema)."""
    beyond = int(math.isinf(value))
    fraction, exponent = math.frexp(_GREATEST if beyond else value)  # 0.5 <= fraction < 1
    if schema > 0:
        parts = 1 << schema
        low, high = 0, parts
        while low < high:  # the first i with 2^(i / parts - 1) >= fraction
            middle = (low + high) // 2
            if 2.0 ** (middle / parts - 1) < fraction:
                low = middle + 1
            else:
                high = middle
        return low + (exponent - 1) * parts + beyond
    return -(-(exponent - (fraction == 0.5) + beyond) >> -schema)


def _key(index: int, *, negative: bool) -> int:
    return (index + _MIDDLE) << 2 | negative << 1 | 1


class Native:
    """The native buckets of one series in this process."""

    def __init__(self, series: Any) -> None:
        self._series = series
        self._block: Entry | None = None
        self._places: dict[int, int] = {}

    def observe(self, value: float) -> None:
        """Count an observation."""
        block = self._block
        if block is None:
            block = self._begin(FIRST_SCHEMA)
        if abs(value) <= NATIVE_ZERO:
            block.integers[block.at + 1] += 1
            return
        while True:
            schema = int(block.doubles[block.at])
            key = _key(index_of(abs(value), schema), negative=value < 0)
            place = self._places.get(key)
            if place is None and len(self._places) >= BUCKETS * 3 // 4 and schema > LAST_SCHEMA:
                block = self._begin(self._coarser(schema))
                continue
            if place is None:
                if len(self._places) == BUCKETS:
                    return  # the coarsest there is, and full: cannot be, they span all doubles
                place = self._places[key] = block.at + _HEAD + 2 * len(self._places)
                block.integers[place] = key
            block.integers[place + 1] += 1
            return

    def _begin(self, schema: int) -> Entry:
        block: Entry = self._series.family.store.add_native(self._series, WORDS)
        self._block = block
        self._places = {}
        block.doubles[block.at] = schema
        return block

    def _coarser(self, schema: int) -> int:
        """The next schema that leaves half the block free."""
        for coarser in range(schema - 1, LAST_SCHEMA, -1):
            wider = {(key >> 1 & 1, _wider((key >> 2) - _MIDDLE, schema - coarser)) for key in self._places}
            if len(wider) <= BUCKETS / 2:
                return coarser
        return LAST_SCHEMA


def _wider(index: int, steps: int) -> int:
    """The index of the wider bucket that a bucket is in."""
    return -(-index >> steps)


def read(block: Entry) -> tuple[int, int, dict[tuple[bool, int], int]]:
    """Schema, zeros, and (negative, index) → observations of a block."""
    found: dict[tuple[bool, int], int] = {}
    for place in range(BUCKETS):
        key, count = block.integers[block.at + _HEAD + 2 * place], block.integers[block.at + _HEAD + 2 * place + 1]
        if key and count:
            found[bool(key >> 1 & 1), (key >> 2) - _MIDDLE] = count
    return int(block.doubles[block.at]), block.integers[block.at + 1], found


def write(block: Entry, buckets: tuple[int, int, dict[tuple[bool, int], int]]) -> None:
    """Fill a block with what `read` has read of another."""
    block.doubles[block.at], block.integers[block.at + 1] = buckets[0], buckets[1]
    for place, ((negative, index), count) in enumerate(buckets[2].items()):
        at = block.at + _HEAD + 2 * place
        block.integers[at], block.integers[at + 1] = _key(index, negative=negative), count


def merge(
    blocks: Iterable[tuple[int, int, dict[tuple[bool, int], int]]],
) -> tuple[int, int, list[tuple[int, int]], list[tuple[int, int]]]:
    """Blocks of one series, of any processes, as one: schema, zeros, negative and positive buckets in order."""
    known = list(blocks)
    schema = min((block[0] for block in known), default=FIRST_SCHEMA)
    zeros = 0
    sides: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for own, own_zeros, buckets in known:
        zeros += own_zeros
        for (negative, index), count in buckets.items():
            side = sides[0 if negative else 1]
            wider = _wider(index, own - schema)
            side[wider] = side.get(wider, 0) + count
    return schema, zeros, sorted(sides[0].items()), sorted(sides[1].items())
