"""Writes samples to a real Prometheus by remote write 1.0: the few fields of its protobuf, compressed with snappy."""

from __future__ import annotations

import urllib.request
from itertools import chain
from typing import TYPE_CHECKING

import cramjam
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vedette.promql.source import Block

# Prometheus takes several MB at once; a request of this many samples is about 1 MB.
_SAMPLES = 50_000


def _varint(value: int) -> bytes:
    out = bytearray()
    value &= 2**64 - 1
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _samples(times: np.ndarray, values: np.ndarray) -> bytes:
    """All samples of a series at once: their times, milliseconds of this century, have six bytes as varints each."""
    assert ((times >= 2**35) & (times < 2**42)).all()
    rows = np.empty((len(times), 18), np.uint8)
    rows[:, :3] = (0x12, 16, 0x09)
    rows[:, 3:11] = np.ascontiguousarray(values, "<f8").view(np.uint8).reshape(-1, 8)
    rows[:, 11] = 0x10
    for i in range(6):
        rows[:, 12 + i] = times >> 7 * i & 127 | (128 if i < 5 else 0)
    return rows.tobytes()


def _parts(blocks: Iterable[Block]) -> Iterator[tuple[int, bytes]]:
    for block in blocks:
        for of, values, present in zip(block.labels, block.values, block.present, strict=True):
            pairs = b"".join(_field(1, _field(1, name.encode()) + _field(2, value.encode())) for name, value in of)
            yield int(present.sum()), _field(1, pairs + _samples(block.timestamps[present], values[present]))


def write(base: str, blocks: Iterable[Block]) -> None:
    """Send every sample of the blocks; blocks of the same series must come in the order of time."""
    waiting: list[bytes] = []
    count = 0
    for samples, part in chain(_parts(blocks), [(_SAMPLES, b"")]):
        waiting.append(part)
        count += samples
        if count < _SAMPLES:
            continue
        request = urllib.request.Request(
            f"{base}/api/v1/write",
            data=bytes(cramjam.snappy.compress_raw(b"".join(waiting))),
            headers={
                "Content-Encoding": "snappy",
                "Content-Type": "application/x-protobuf",
                "X-Prometheus-Remote-Write-Version": "0.1.0",
            },
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=60) as reply:
            assert reply.status in (200, 204), reply.read()
        waiting, count = [], 0
