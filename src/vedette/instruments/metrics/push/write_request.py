"""The messages of remote write: prometheus.WriteRequest (1.0) and io.prometheus.write.v2.Request (2.0).

Field numbers are those of https://github.com/prometheus/prometheus/tree/v3.5.0/prompb (remote.proto, types.proto and
io/prometheus/write/v2/types.proto). When a series began is left out, as it is from every format of ours.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from vedette.instruments.metrics.protobuf import (
    NATIVE_ZERO,
    field_buckets,
    field_bytes,
    field_double,
    field_varint,
    varint,
    zigzag,
)
from vedette.instruments.metrics.push.rows import NativeRow
from vedette.instruments.metrics.snapshot import labels_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vedette.instruments.metrics.push.rows import Row
    from vedette.instruments.metrics.snapshot import Exemplar

__all__ = ["write_v1", "write_v2"]

# MetricType of both, which is not that of the exposition format.
_TYPES = {"unknown": 0, "counter": 1, "gauge": 2, "histogram": 3, "summary": 5, "info": 6, "stateset": 7}


def write_v1(rows: Sequence[Row], ms: int) -> bytes:
    """A prometheus.WriteRequest: every series, then what each metric is."""
    families = {row.family.name: row.family for row in rows}
    return b"".join(
        chain(
            (field_bytes(1, part) for row in rows for part in _series_v1(row, ms)),
            (
                field_bytes(
                    3,
                    field_varint(1, _TYPES[family.type])
                    + field_bytes(2, family.name)
                    + field_bytes(4, family.help)
                    + field_bytes(5, family.unit),
                )
                for family in families.values()
            ),
        )
    )


def write_v2(rows: Sequence[Row], ms: int) -> bytes:
    """An io.prometheus.write.v2.Request: every text once, then the series that refer to them."""
    symbols = {"": 0}
    series = [field_bytes(5, _series_v2(row, ms, symbols)) for row in rows]
    return b"".join(chain((field_bytes(4, text) for text in symbols), series))


def _series_v1(row: Row, ms: int) -> list[bytes]:
    """The sample, and after it the exemplars: Prometheus leaves those out whose series it does not know yet."""
    labels = _labels_v1(row.labels)
    value = field_bytes(4, _native(row.value, ms)) if isinstance(row.value, NativeRow) else _sample(row.value, ms)
    exemplars = b"".join(
        field_bytes(3, _labels_v1(labels_of(one.labels).items()) + _event(one)) for one in row.exemplars
    )
    return [labels + value, labels + exemplars] if exemplars else [labels + value]


def _series_v2(row: Row, ms: int, symbols: dict[str, int]) -> bytes:
    value = field_bytes(3, _native(row.value, ms)) if isinstance(row.value, NativeRow) else _sample(row.value, ms)
    exemplars = b"".join(
        field_bytes(4, _refs(labels_of(one.labels).items(), symbols) + _event(one)) for one in row.exemplars
    )
    about = (
        field_varint(1, _TYPES[row.family.type])
        + field_varint(3, symbols.setdefault(row.family.help, len(symbols)))
        + field_varint(4, symbols.setdefault(row.family.unit, len(symbols)))
    )
    return _refs(row.labels, symbols) + value + exemplars + field_bytes(5, about)


def _labels_v1(labels: Iterable[tuple[str, str]]) -> bytes:
    return b"".join(field_bytes(1, field_bytes(1, name) + field_bytes(2, value)) for name, value in sorted(labels))


def _refs(labels: Iterable[tuple[str, str]], symbols: dict[str, int]) -> bytes:
    texts = chain.from_iterable(sorted(labels))
    return field_bytes(1, b"".join(varint(symbols.setdefault(text, len(symbols))) for text in texts))


def _sample(value: float, ms: int) -> bytes:
    return field_bytes(2, field_double(1, value) + field_varint(2, ms))


def _event(exemplar: Exemplar) -> bytes:
    return field_double(2, exemplar.value) + field_varint(3, int(exemplar.timestamp * 1000 + 0.5))


def _native(value: NativeRow, ms: int) -> bytes:
    native = value.native
    return (
        field_varint(1, value.observations)
        + field_double(3, value.total)
        + field_varint(4, zigzag(native.schema))
        + field_double(5, NATIVE_ZERO)
        + field_varint(6, native.zeros)
        + field_buckets(native.negative, 8, 9)
        + field_buckets(native.positive, 11, 12)
        + field_varint(15, ms)
    )
