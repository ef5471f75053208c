"""The message of OTLP: an ExportMetricsServiceRequest of one resource, all of it cumulative.

Field numbers are those of https://github.com/open-telemetry/opentelemetry-proto/tree/v1.7.0/opentelemetry/proto
(metrics/v1/metrics.proto, common/v1/common.proto, resource/v1/resource.proto).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from vedette.instruments.metrics.protobuf import (
    NATIVE_ZERO,
    field_bytes,
    field_double,
    field_fixed,
    field_varint,
    varint,
    zigzag,
)
from vedette.instruments.metrics.push.rows import NativeRow
from vedette.instruments.metrics.snapshot import labels_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vedette.instruments.metrics.snapshot import Exemplar, Exposed, Series

__all__ = ["AttributeValue", "write_request"]

AttributeValue = str | bool | int | float
"""What an attribute may be."""

# https://ucum.org/ucum; what it does not have is a word in braces there.
_UNITS = {
    "seconds": "s",
    "bytes": "By",
    "ratio": "1",
    "celsius": "Cel",
    "meters": "m",
    "volts": "V",
    "amperes": "A",
    "joules": "J",
    "grams": "g",
    "watts": "W",
    "hertz": "Hz",
}
_CUMULATIVE = field_varint(2, 2)
_MONOTONIC = field_varint(3, 1)


def write_request(
    families: Iterable[Exposed], resource: Mapping[str, AttributeValue], ms: int, started: float
) -> bytes:
    """All metrics of a resource, at a time in milliseconds; ``started``: seconds since when they count."""
    time = field_fixed(3, ms * 1_000_000)
    since = field_fixed(2, int(started * 1000) * 1_000_000) + time
    metrics = b"".join(field_bytes(2, message) for family in families for message in _metrics(family, since, time))
    scope = field_bytes(1, field_bytes(1, "vedette"))
    return field_bytes(1, field_bytes(1, _attributes(1, resource)) + field_bytes(2, scope + metrics))


def _metrics(family: Exposed, since: bytes, time: bytes) -> list[bytes]:
    """One message, but two of a histogram that has series of both kinds of buckets."""
    about = field_bytes(1, family.name) + field_bytes(2, family.help)
    if family.unit:
        about += field_bytes(3, _UNITS.get(family.unit, f"{{{family.unit}}}"))
    if family.type == "histogram":
        native = [
            _exponential(one, NativeRow(one.native, one.reading[1]), since) for one in family.series if one.native
        ]
        classic = [_histogram(family, one, since) for one in family.series if not one.native]
        kinds = ((10, native), (9, classic))
        return [about + field_bytes(field, _points(points) + _CUMULATIVE) for field, points in kinds if points]
    if family.type == "summary":
        return [about + field_bytes(11, _points([_summary(one, since) for one in family.series]))]
    if family.type == "counter":
        points = [_number(_labels(7, one), one.reading, since) + _exemplars(5, one) for one in family.series]
        return [about + field_bytes(7, _points(points) + _CUMULATIVE + _MONOTONIC)]
    if family.type == "stateset":
        points = [
            _number(_labels(7, one) + _attributes(7, {family.name: state}), int(one.reading) >> place & 1, time)
            for one in family.series
            for place, state in enumerate(family.states)
        ]
    else:
        points = [_number(_labels(7, one), one.reading, time) for one in family.series]
    return [about + field_bytes(5, _points(points))]


def _points(points: Iterable[bytes]) -> bytes:
    return b"".join(field_bytes(1, point) for point in points)


def _number(attributes: bytes, value: float, when: bytes) -> bytes:
    return attributes + when + field_double(4, value)


def _summary(one: Series, when: bytes) -> bytes:
    count, total = one.reading
    quantiles = b"".join(
        field_bytes(6, field_double(1, which) + field_double(2, value)) for which, value in one.quantiles
    )
    return _labels(7, one) + when + field_fixed(4, count) + field_double(5, total) + quantiles


def _histogram(family: Exposed, one: Series, when: bytes) -> bytes:
    counts, total = one.reading
    out = _labels(9, one) + when + field_fixed(4, sum(counts))
    # A sum that can fall is not allowed there.
    if not family.buckets or family.buckets[0] >= 0:
        out += field_double(5, total)
    out += field_bytes(6, struct.pack(f"<{len(counts)}Q", *counts))
    out += field_bytes(7, struct.pack(f"<{len(family.buckets)}d", *family.buckets))
    return out + _exemplars(8, one)


def _exponential(one: Series, value: NativeRow, when: bytes) -> bytes:
    native = value.native
    out = _labels(1, one) + when + field_fixed(4, value.observations)
    if not native.negative:
        out += field_double(5, value.total)
    out += field_varint(6, zigzag(native.schema)) + field_fixed(7, native.zeros)
    out += _dense(8, native.positive) + _dense(9, native.negative)
    return out + _exemplars(11, one) + field_double(14, NATIVE_ZERO)


def _dense(field: int, buckets: Sequence[tuple[int, int]]) -> bytes:
    """All buckets from the first to the last. The index of one is its lower bound's there, here the upper one's."""
    if not buckets:
        return b""
    first, last = buckets[0][0], buckets[-1][0]
    known = dict(buckets)
    counts = b"".join(varint(known.get(index, 0)) for index in range(first, last + 1))
    return field_bytes(field, field_varint(1, zigzag(first - 1)) + field_bytes(2, counts))


def _exemplars(field: int, one: Series) -> bytes:
    return b"".join(field_bytes(field, _exemplar(found)) for found in one.exemplars)


def _exemplar(found: Exemplar) -> bytes:
    labels = labels_of(found.labels)
    out = field_fixed(2, int(found.timestamp * 1000 + 0.5) * 1_000_000) + field_double(3, found.value)
    for name, field, size in (("span_id", 4, 8), ("trace_id", 5, 16)):
        raw = _from_hex(labels.get(name, ""))
        if len(raw) == size:
            del labels[name]
            out += field_bytes(field, raw)
    return out + _attributes(7, labels)


def _from_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _labels(field: int, one: Series) -> bytes:
    return _attributes(field, {name: value for name, value in labels_of(one.labels).items() if value})


def _attributes(field: int, attributes: Mapping[str, AttributeValue]) -> bytes:
    return b"".join(
        field_bytes(field, field_bytes(1, name) + field_bytes(2, _any(value))) for name, value in attributes.items()
    )


def _any(value: AttributeValue) -> bytes:
    if isinstance(value, str):
        return field_bytes(1, value)
    if isinstance(value, bool):
        return field_varint(2, value)
    return field_varint(3, value) if isinstance(value, int) else field_double(4, value)
