"""The protobuf format, from values: io.prometheus.client.MetricFamily messages, each behind its length.

It alone carries native histograms. Field numbers are those of
https://github.com/prometheus/client_model/blob/v0.6.2/io/prometheus/client/metrics.proto
"""

from __future__ import annotations

import math
import struct
from itertools import pairwise
from typing import TYPE_CHECKING

from vedette.instruments.metrics.snapshot import labels_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vedette.instruments.metrics.snapshot import Exemplar, Exposed, Native, Series

__all__ = [
    "NATIVE_ZERO",
    "field_buckets",
    "field_bytes",
    "field_double",
    "field_fixed",
    "field_varint",
    "read_fields",
    "varint",
    "write_protobuf",
    "zigzag",
]

NATIVE_ZERO = 2.0**-128
"""What is nearer to zero counts as zero in a native histogram."""

# MetricType; an info and a state set are gauges there.
_TYPES = {"counter": 0, "gauge": 1, "summary": 2, "unknown": 3, "histogram": 4, "info": 1, "stateset": 1}
_VALUE_FIELDS = {"gauge": 2, "counter": 3, "unknown": 5, "info": 2, "stateset": 2}
# Bytes of the fields that have always as many, by wire type: https://protobuf.dev/programming-guides/encoding/
_SIZES = {1: 8, 5: 4}


def varint(value: int) -> bytes:
    """A number of as many bytes as it needs; a negative one as its two's complement of 64 bits."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(value: int) -> int:
    """A number with a sign as one without."""
    return value << 1 if value >= 0 else (-value << 1) - 1


def field_varint(field: int, value: int) -> bytes:
    """A field that is a whole number."""
    return varint(field << 3) + varint(value)


def field_double(field: int, value: float) -> bytes:
    """A field that is a double."""
    return varint(field << 3 | 1) + struct.pack("<d", value)


def field_fixed(field: int, value: int) -> bytes:
    """A field that is a whole number of eight bytes, whatever it is."""
    return varint(field << 3 | 1) + struct.pack("<Q", value)


def field_bytes(field: int, value: bytes | str) -> bytes:
    """A field that is a text, bytes, or a message."""
    raw = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(raw)) + raw


def field_buckets(buckets: Sequence[tuple[int, int]], spans: int, deltas: int) -> bytes:
    """Two fields: runs of native buckets beside each other, and what each bucket has more than the one before."""
    runs: list[list[int]] = []  # distance to the run before, length
    after = 0
    for index, _ in buckets:
        if runs and index == after:
            runs[-1][1] += 1
        else:
            runs.append([index - after, 1])
        after = index + 1
    out = b"".join(
        field_bytes(spans, field_varint(1, zigzag(distance)) + field_varint(2, length)) for distance, length in runs
    )
    counts = [0, *(count for _, count in buckets)]
    packed = b"".join(varint(zigzag(count - before)) for before, count in pairwise(counts))
    return out + (field_bytes(deltas, packed) if packed else b"")


def read_fields(raw: bytes) -> dict[int, int | bytes]:
    """The fields of a message, of a repeated one the last: a number, or bytes.

    Raises:
        ValueError: it is none.
    """
    found: dict[int, int | bytes] = {}
    at = 0
    while at < len(raw):
        tag, at = _read_varint(raw, at)
        kind = tag & 7
        if kind == 0:
            found[tag >> 3], at = _read_varint(raw, at)
            continue
        size, at = _read_varint(raw, at) if kind == 2 else (_SIZES.get(kind, len(raw) + 1), at)
        if at + size > len(raw):
            raise ValueError("it is no protobuf message")
        found[tag >> 3] = raw[at : at + size]
        at += size
    return found


def _read_varint(raw: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift, byte in enumerate(raw[at : at + 10]):
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return value, at + shift + 1
    raise ValueError("it is no protobuf message")


def write_protobuf(families: Iterable[Exposed]) -> bytes:
    """All of them, one message behind the other."""
    out = bytearray()
    for family in families:
        message = field_bytes(1, family.name) + field_bytes(2, family.help) + field_varint(3, _TYPES[family.type])
        if family.unit:
            message += field_bytes(5, family.unit)
        message += b"".join(field_bytes(4, metric) for one in family.series for metric in _metrics(family, one))
        out += varint(len(message)) + message
    return bytes(out)


def _metrics(family: Exposed, one: Series) -> list[bytes]:
    labels = b"".join(field_bytes(1, _label(name, value)) for name, value in labels_of(one.labels).items())
    if family.type == "histogram":
        return [labels + field_bytes(7, _histogram(family, one))]
    if family.type == "summary":
        count, total = one.reading
        shown = [field_bytes(3, field_double(1, which) + field_double(2, value)) for which, value in one.quantiles]
        return [labels + field_bytes(4, field_varint(1, count) + field_double(2, total) + b"".join(shown))]
    field = _VALUE_FIELDS[family.type]
    if family.type == "stateset":
        return [
            labels
            + field_bytes(1, _label(family.name, state))
            + field_bytes(field, field_double(1, one.reading >> place & 1))
            for place, state in enumerate(family.states)
        ]
    value = field_double(1, one.reading)
    if family.type == "counter" and one.exemplars:
        value += field_bytes(2, _exemplar(one.exemplars[0]))
    return [labels + field_bytes(field, value)]


def _label(name: str, value: str) -> bytes:
    return field_bytes(1, name) + field_bytes(2, value)


def _exemplar(found: Exemplar) -> bytes:
    labels = b"".join(field_bytes(1, _label(name, value)) for name, value in labels_of(found.labels).items())
    ms = int(found.timestamp * 1000 + 0.5)
    time = field_varint(1, ms // 1000) + field_varint(2, ms % 1000 * 1_000_000)
    return labels + field_double(2, found.value) + field_bytes(3, time)


def _histogram(family: Exposed, one: Series) -> bytes:
    counts, total = one.reading
    exemplars = {found.bucket: found for found in one.exemplars}
    out, so_far = b"", 0
    for place, (bound, count) in enumerate(zip((*family.buckets, math.inf), counts, strict=True)):
        so_far += count
        bucket = field_varint(1, so_far) + field_double(2, bound)
        if place in exemplars:
            bucket += field_bytes(3, _exemplar(exemplars[place]))
        out += field_bytes(3, bucket)
    native = one.native
    if native is not None:  # its reader wants the count of its buckets
        so_far = native.zeros + sum(count for _, count in (*native.negative, *native.positive))
    out += field_varint(1, so_far) + field_double(2, total)
    return out if native is None else out + _native(native)


def _native(native: Native) -> bytes:
    out = field_varint(5, zigzag(native.schema)) + field_double(6, NATIVE_ZERO) + field_varint(7, native.zeros)
    out += field_buckets(native.negative, 9, 10) + field_buckets(native.positive, 12, 13)
    if not (native.zeros or native.negative or native.positive):
        out += field_bytes(12, field_varint(1, 0) + field_varint(2, 0))  # a native histogram without buckets
    return out
