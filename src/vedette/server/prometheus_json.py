"""Query results as the JSON of Prometheus' HTTP API, fast enough for a dashboard of wide panels.

Format: https://prometheus.io/docs/prometheus/latest/querying/api/#expression-query-result-formats
"""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np
import orjson

from vedette.promql.results import Matrix, RangeMatrix, Result, Scalar, StringResult, Vector

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from vedette.formats.exposition import Exemplar
    from vedette.promql.labels import Labels

__all__ = ["exemplars_json", "number", "range_data", "result_data", "seconds"]


def number(value: float) -> str:
    """A sample value as Go prints it with ``FormatFloat(v, 'f', -1, 64)``, exponents from 1e21 and below 1e-6."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    text = repr(float(value))
    if "e" not in text:
        return text.removesuffix(".0")
    size = abs(value)
    if size < 1e-6 or size >= 1e21:
        mantissa, exponent = text.split("e")
        return f"{mantissa.removesuffix('.0')}e{int(exponent):+03d}"
    return f"{Decimal(text):f}".removesuffix(".0")


def seconds(ms: int) -> str:
    """Milliseconds as seconds with at most three decimals, as the API writes timestamps."""
    whole, part = divmod(ms, 1000)
    return f"{whole}.{part:03d}".rstrip("0") if part else str(whole)


def result_data(result: Result) -> bytes:
    """The ``data`` member of an instant query's answer."""
    match result:
        case Scalar():
            return b'{"resultType":"scalar","result":[%b,"%b"]}' % (
                seconds(result.time).encode(),
                number(result.value).encode(),
            )
        case StringResult():
            return b'{"resultType":"string","result":[%b,%b]}' % (
                seconds(result.time).encode(),
                orjson.dumps(result.value),
            )
        case Vector():
            at = seconds(result.time).encode()
            rows = (
                b'{"metric":%b,"value":[%b,"%b"]}' % (_metric(labels), at, number(value).encode())
                for labels, value in zip(result.labels, result.values.tolist(), strict=True)
            )
            return b'{"resultType":"vector","result":[%b]}' % b",".join(rows)
        case Matrix():
            series = (
                b'{"metric":%b,"values":[%b]}' % (_metric(labels), _points(_prefixes(times), values))
                for labels, times, values in result.series
            )
            return b'{"resultType":"matrix","result":[%b]}' % b",".join(series)


def range_data(result: RangeMatrix) -> bytes:
    """The ``data`` member of a range query's answer; series without a single point are left out."""
    prefixes = _prefixes(result.steps)
    rows = []
    for labels, values, present in zip(result.labels, result.values, result.present, strict=True):
        if present.all():
            rows.append((_metric(labels), _points(prefixes, values)))
        elif present.any():
            rows.append((_metric(labels), _points(list(compress(prefixes, present.tolist())), values[present])))
    rows.sort(key=lambda row: row[0])
    inner = b",".join(b'{"metric":%b,"values":[%b]}' % row for row in rows)
    return b'{"resultType":"matrix","result":[%b]}' % inner


def exemplars_json(found: Iterable[tuple[Labels, Sequence[Exemplar]]]) -> list[dict[str, object]]:
    """The ``data`` of a query for exemplars."""
    return [
        {
            "seriesLabels": dict(labels),
            "exemplars": [
                {"labels": dict(one.labels), "value": number(one.value), "timestamp": (one.timestamp or 0) / 1000}
                for one in exemplars
            ],
        }
        for labels, exemplars in found
    ]


def _metric(labels: Labels) -> bytes:
    return orjson.dumps(dict(labels))


def _prefixes(times: NDArray[np.int64]) -> list[bytes]:
    return [f'[{seconds(ms)},"'.encode() for ms in times.tolist()]


def _points(prefixes: Sequence[bytes], values: NDArray[np.float64]) -> bytes:
    texts = _numbers(values)
    return b'"],'.join([prefix + text for prefix, text in zip(prefixes, texts, strict=True)]) + b'"]'


def _numbers(values: NDArray[np.float64]) -> Iterable[bytes]:
    """All values at once through orjson; one by one where a value has no plain decimal form there."""
    dumped = orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY)
    if b"e" in dumped or b"n" in dumped:  # an exponent, or null for NaN and the infinities
        return [number(value).encode() for value in values.tolist()]
    return (dumped[1:-1] + b",").replace(b".0,", b",")[:-1].split(b",")
