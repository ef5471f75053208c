"""A reader of protobuf of its own, with as much of each schema as the tests ask for; unknown fields are an error.

The field numbers are copied from the published .proto files, not from what is tested.
"""

from __future__ import annotations

import struct
from typing import Any

# Message → field → (name, type); a type in brackets is repeated, one with "packed" before it is a list in one field.
SCHEMAS: dict[str, dict[int, tuple[str, str]]] = {
    "WriteRequest": {1: ("timeseries", "[TimeSeries]"), 3: ("metadata", "[MetricMetadata]")},
    "TimeSeries": {
        1: ("labels", "[Label]"),
        2: ("samples", "[Sample]"),
        3: ("exemplars", "[Exemplar]"),
        4: ("histograms", "[Histogram]"),
    },
    "Label": {1: ("name", "string"), 2: ("value", "string")},
    "Sample": {1: ("value", "double"), 2: ("timestamp", "varint")},
    "Exemplar": {1: ("labels", "[Label]"), 2: ("value", "double"), 3: ("timestamp", "varint")},
    "MetricMetadata": {
        1: ("type", "varint"),
        2: ("metric_family_name", "string"),
        4: ("help", "string"),
        5: ("unit", "string"),
    },
    "Histogram": {
        1: ("count_int", "varint"),
        3: ("sum", "double"),
        4: ("schema", "sint"),
        5: ("zero_threshold", "double"),
        6: ("zero_count_int", "varint"),
        8: ("negative_spans", "[BucketSpan]"),
        9: ("negative_deltas", "packed sint"),
        11: ("positive_spans", "[BucketSpan]"),
        12: ("positive_deltas", "packed sint"),
        15: ("timestamp", "varint"),
    },
    "BucketSpan": {1: ("offset", "sint"), 2: ("length", "varint")},
    "Request": {4: ("symbols", "[string]"), 5: ("timeseries", "[TimeSeries2]")},
    "TimeSeries2": {
        1: ("labels_refs", "packed varint"),
        2: ("samples", "[Sample]"),
        3: ("histograms", "[Histogram]"),
        4: ("exemplars", "[Exemplar2]"),
        5: ("metadata", "Metadata"),
        6: ("created_timestamp", "varint"),  # a server's; ours leaves it out
    },
    "Exemplar2": {1: ("labels_refs", "packed varint"), 2: ("value", "double"), 3: ("timestamp", "varint")},
    "Metadata": {1: ("type", "varint"), 3: ("help_ref", "varint"), 4: ("unit_ref", "varint")},
    "ExportMetricsServiceRequest": {1: ("resource_metrics", "[ResourceMetrics]")},
    "ResourceMetrics": {1: ("resource", "Resource"), 2: ("scope_metrics", "[ScopeMetrics]")},
    "Resource": {1: ("attributes", "[KeyValue]")},
    "KeyValue": {1: ("key", "string"), 2: ("value", "AnyValue")},
    "AnyValue": {1: ("string", "string"), 2: ("bool", "varint"), 3: ("int", "varint"), 4: ("double", "double")},
    "ScopeMetrics": {1: ("scope", "InstrumentationScope"), 2: ("metrics", "[Metric]")},
    "InstrumentationScope": {1: ("name", "string")},
    "Metric": {
        1: ("name", "string"),
        2: ("description", "string"),
        3: ("unit", "string"),
        5: ("gauge", "Numbers"),
        7: ("sum", "Numbers"),
        9: ("histogram", "Histograms"),
        10: ("exponential_histogram", "Exponentials"),
        11: ("summary", "Summaries"),
    },
    "Numbers": {
        1: ("data_points", "[NumberDataPoint]"),
        2: ("aggregation_temporality", "varint"),
        3: ("is_monotonic", "varint"),
    },
    "Histograms": {1: ("data_points", "[HistogramDataPoint]"), 2: ("aggregation_temporality", "varint")},
    "Exponentials": {1: ("data_points", "[ExponentialHistogramDataPoint]"), 2: ("aggregation_temporality", "varint")},
    "Summaries": {1: ("data_points", "[SummaryDataPoint]")},
    "NumberDataPoint": {
        2: ("start_time_unix_nano", "fixed64"),
        3: ("time_unix_nano", "fixed64"),
        4: ("as_double", "double"),
        5: ("exemplars", "[OtlpExemplar]"),
        7: ("attributes", "[KeyValue]"),
    },
    "HistogramDataPoint": {
        2: ("start_time_unix_nano", "fixed64"),
        3: ("time_unix_nano", "fixed64"),
        4: ("count", "fixed64"),
        5: ("sum", "double"),
        6: ("bucket_counts", "packed fixed64"),
        7: ("explicit_bounds", "packed double"),
        8: ("exemplars", "[OtlpExemplar]"),
        9: ("attributes", "[KeyValue]"),
    },
    "ExponentialHistogramDataPoint": {
        1: ("attributes", "[KeyValue]"),
        2: ("start_time_unix_nano", "fixed64"),
        3: ("time_unix_nano", "fixed64"),
        4: ("count", "fixed64"),
        5: ("sum", "double"),
        6: ("scale", "sint"),
        7: ("zero_count", "fixed64"),
        8: ("positive", "Buckets"),
        9: ("negative", "Buckets"),
        11: ("exemplars", "[OtlpExemplar]"),
        14: ("zero_threshold", "double"),
    },
    "Buckets": {1: ("offset", "sint"), 2: ("bucket_counts", "packed varint")},
    "SummaryDataPoint": {
        2: ("start_time_unix_nano", "fixed64"),
        3: ("time_unix_nano", "fixed64"),
        4: ("count", "fixed64"),
        5: ("sum", "double"),
        6: ("quantile_values", "[Quantile]"),
        7: ("attributes", "[KeyValue]"),
    },
    "Quantile": {1: ("quantile", "double"), 2: ("value", "double")},
    "OtlpExemplar": {
        2: ("time_unix_nano", "fixed64"),
        3: ("as_double", "double"),
        4: ("span_id", "bytes"),
        5: ("trace_id", "bytes"),
        7: ("filtered_attributes", "[KeyValue]"),
    },
}
_WIRE = {"varint": 0, "sint": 0, "double": 1, "fixed64": 1}


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _number(kind: str, raw: bytes, at: int) -> tuple[Any, int]:
    if kind in ("double", "fixed64"):
        return struct.unpack("<d" if kind == "double" else "<Q", raw[at : at + 8])[0], at + 8
    value, at = _varint(raw, at)
    return (value >> 1 ^ -(value & 1) if kind == "sint" else value), at


def decode(message: str, raw: bytes) -> dict[str, Any]:
    """The fields of a message by name; a repeated one is a list, also where there is none."""
    found: dict[str, Any] = {
        name: [] for name, kind in SCHEMAS[message].values() if kind[0] == "[" or kind.startswith("packed")
    }
    at = 0
    while at < len(raw):
        tag, at = _varint(raw, at)
        name, kind = SCHEMAS[message][tag >> 3]
        bare = kind.strip("[]").removeprefix("packed ")
        assert tag & 7 == (2 if kind.startswith("packed") else _WIRE.get(bare, 2)), (message, name)
        if tag & 7 != 2:
            found[name], at = _number(kind, raw, at)
            continue
        size, at = _varint(raw, at)
        assert at + size <= len(raw)
        part, at = raw[at : at + size], at + size
        if kind.startswith("packed"):
            inside = 0
            while inside < size:
                value, inside = _number(bare, part, inside)
                found[name].append(value)
            continue
        value = part.decode() if bare == "string" else part if bare == "bytes" else decode(bare, part)
        if kind[0] == "[":
            found[name].append(value)
        else:
            found[name] = value
    return found


def expanded(request: dict[str, Any]) -> list[dict[str, Any]]:
    """The series of a Request (2.0) with the texts that they refer to."""
    symbols = request["symbols"]

    def labels(refs: list[int]) -> list[tuple[str, str]]:
        assert len(refs) % 2 == 0
        return [(symbols[refs[at]], symbols[refs[at + 1]]) for at in range(0, len(refs), 2)]

    return [
        {
            **one,
            "labels": labels(one["labels_refs"]),
            "exemplars": [{**event, "labels": labels(event["labels_refs"])} for event in one["exemplars"]],
            "type": one["metadata"]["type"],
            "help": symbols[one["metadata"].get("help_ref", 0)],
            "unit": symbols[one["metadata"].get("unit_ref", 0)],
        }
        for one in request["timeseries"]
    ]


def attributes(pairs: list[dict[str, Any]]) -> dict[str, Any]:
    """Attributes as a mapping."""
    return {pair["key"]: next(iter(pair["value"].values())) for pair in pairs}


def buckets(spans: list[dict[str, int]], deltas: list[int]) -> list[tuple[int, int]]:
    """(index, count) of native buckets, from runs and differences."""
    indexes: list[int] = []
    after = 0
    for span in spans:
        start = after + span["offset"]
        indexes += range(start, start + span["length"])
        after = start + span["length"]
    counts, so_far = [], 0
    for delta in deltas:
        so_far += delta
        counts.append(so_far)
    return list(zip(indexes, counts, strict=True))
