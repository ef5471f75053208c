"""What the series of a name are, by what is told of their family."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from vedette.promql.flow import COUNT, SECONDS, unit_of_name

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from vedette.check.live.server import Told
    from vedette.formats.exposition import Format
    from vedette.promql.flow import SampleType, Unit

__all__ = ["Kind", "announced", "family_of", "kind_of"]

_DISTRIBUTIONS: Final = ("histogram", "summary")

# The end of a series' name → the types of families that have such series, and what these are.
# https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md#metric-types
_SUFFIXES: Final[tuple[tuple[str, tuple[str, ...], SampleType], ...]] = (
    ("_total", ("counter",), "counter"),
    ("_info", ("info",), "info"),
    ("_bucket", ("histogram",), "bucket"),
    ("_bucket", ("gaugehistogram",), "unknown"),
    ("_sum", _DISTRIBUTIONS, "counter"),
    ("_count", _DISTRIBUTIONS, "counter"),
    ("_gsum", ("gaugehistogram",), "gauge"),
    ("_gcount", ("gaugehistogram",), "gauge"),
    ("_created", ("counter", *_DISTRIBUTIONS), "gauge"),
)
_WHOLE: Final[Mapping[str, SampleType]] = {
    "counter": "counter",
    "gauge": "gauge",
    "histogram": "histogram",
    "gaugehistogram": "histogram",
    "summary": "quantile",
    "info": "info",
    "stateset": "stateset",
}
_NOT_NEGATIVE: Final = frozenset({"counter", "bucket", "info", "stateset"})
_AT_MOST_ONE: Final = frozenset({"info", "stateset"})


_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "histogram": ("_bucket", "_sum", "_count"),
    "gaugehistogram": ("_bucket", "_gsum", "_gcount"),
    "summary": ("", "_sum", "_count"),
}
_OWN_END: Final = {"counter": "_total", "info": "_info"}


class Kind(NamedTuple):
    """What is known of the samples of a name."""

    type: SampleType
    unit: Unit | None
    metric: str
    low: float
    high: float


def kind_of(name: str, metadata: Mapping[str, tuple[Told, ...]]) -> Kind | None:
    """What the targets say of the series of a name; None where they say nothing, or different things."""
    if (whole := metadata.get(name)) is not None:
        told = _agreed(whole)
        return None if told not in _WHOLE else _kind(name, name, _WHOLE[told], whole)
    for suffix, types, kind in _SUFFIXES:
        family = name.removesuffix(suffix)
        if family != name and (found := metadata.get(family)) is not None and _agreed(found) in types:
            return None if kind == "unknown" else _kind(name, family, kind, found)
    return None


def announced(
    metadata: Mapping[str, tuple[Told, ...]],
    there: Collection[str],
    format: Format | None = None,  # noqa: A002 - the field's word
) -> frozenset[str]:
    """The names of series that families have once something happens: a labelled counter exposes nothing before.

    Where the format is not known, what is ``there`` tells how its family names its series.
    https://prometheus.io/docs/specs/om/open_metrics_spec/
    """
    return frozenset(
        name for family, told in metadata.items() for one in told for name in _names(family, one.type, there, format)
    )


def _names(
    family: str,
    kind: str,
    there: Collection[str],
    format: Format | None,  # noqa: A002 - the field's word
) -> tuple[str, ...]:
    end = _OWN_END.get(kind, "")
    if not end or format == "text" or (format is None and family.endswith(end)):
        return tuple(family + part for part in _PARTS.get(kind, ("",)))
    if format == "openmetrics":
        return (family + end,)
    both = (family, family + end)
    return tuple(name for name in both if name in there) or both


def family_of(name: str, metadata: Mapping[str, tuple[Told, ...]]) -> str:
    """The family that a series belongs to; its own name where nobody says."""
    kind = None if name in metadata else kind_of(name, metadata)
    return name if kind is None else kind.metric


def _agreed(told: tuple[Told, ...]) -> str:
    types = {one.type for one in told}
    return types.pop() if len(types) == 1 else ""


def _kind(name: str, family: str, kind: SampleType, told: tuple[Told, ...]) -> Kind:
    low = 0.0 if kind in _NOT_NEGATIVE else -math.inf
    return Kind(kind, _unit(name, family, kind, told), family, low, 1.0 if kind in _AT_MOST_ONE else math.inf)


def _unit(name: str, family: str, kind: SampleType, told: tuple[Told, ...]) -> Unit | None:
    if name.endswith("_created") and name != family:
        return SECONDS
    if name.endswith("_count") and name != family:
        return COUNT
    if kind in _AT_MOST_ONE:
        return None
    words = {one.unit for one in told if one.unit}
    unit = (unit_of_name(words.pop()) if len(words) == 1 else None) or unit_of_name(family)
    return COUNT if unit is None and kind == "counter" and name.endswith("_total") else unit
