"""Prometheus' text format 0.0.4 and OpenMetrics 1.0, from values.

A line is the same in both but for its exemplar, so a series keeps its name and labels whichever is asked for. Times of
creation (``_created``) are left out: they would add a series to every counter.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from vedette.instruments.metrics.numbers import format_bound, format_timestamp, format_value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vedette.instruments.metrics.snapshot import Exposed, Series

__all__ = ["write_openmetrics", "write_text"]

# The text format has fewer types; an info and a state set are gauges there.
_TEXT_TYPES = {"info": "gauge", "stateset": "gauge", "unknown": "untyped"}
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
_TEXT_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n"})


def write_text(families: Iterable[Exposed]) -> bytes:
    """All of them in the text format 0.0.4."""
    lines: list[str] = []
    for family in families:
        lines.append(f"# HELP {family.name} {family.help.translate(_TEXT_ESCAPES)}")
        lines.append(f"# TYPE {family.name} {_TEXT_TYPES.get(family.type, family.type)}")
        lines += _samples(family, sums=True, exemplars=False)
    return _joined(lines)


def write_openmetrics(families: Iterable[Exposed]) -> bytes:
    """All of them in OpenMetrics 1.0, without the end of the page."""
    lines: list[str] = []
    for family in families:
        bare = family.bare
        lines.append(f"# TYPE {bare} {family.type}")
        if family.unit:
            lines.append(f"# UNIT {bare} {family.unit}")
        lines.append(f"# HELP {bare} {family.help.translate(_ESCAPES)}")
        # A sum that can fall is not allowed there, nor a count without its sum.
        lines += _samples(family, sums=not family.buckets or family.buckets[0] >= 0, exemplars=True)
    return _joined(lines)


def _joined(lines: list[str]) -> bytes:
    lines.append("")
    return "\n".join(lines).encode()


def _samples(family: Exposed, *, sums: bool, exemplars: bool) -> list[str]:
    if family.type == "histogram":
        return _histogram(family, sums=sums, exemplars=exemplars)
    if family.type == "summary":
        return [line for one in family.series for line in _summary(family.name, one)]
    if family.type == "stateset":
        return _stateset(family)
    lines = []
    for one in family.series:
        braces = f"{{{one.labels}}}" if one.labels else ""
        lines.append(f"{family.name}{braces} {format_value(one.reading)}{_exemplar(one, 0) if exemplars else ''}")
    return lines


def _summary(name: str, one: Series) -> list[str]:
    start = f"{name}{{{one.labels}," if one.labels else f"{name}{{"
    lines = [f'{start}quantile="{format_bound(which)}"}} {format_value(value)}' for which, value in one.quantiles]
    return [*lines, *_totals(name, one, *one.reading)]


def _totals(name: str, one: Series, count: int, total: float) -> tuple[str, str]:
    braces = f"{{{one.labels}}}" if one.labels else ""
    return f"{name}_sum{braces} {format_value(total)}", f"{name}_count{braces} {count}"


def _histogram(family: Exposed, *, sums: bool, exemplars: bool) -> list[str]:
    name = family.name
    ends = [f'le="{format_bound(bound)}"}} ' for bound in (*family.buckets, math.inf)]
    lines = []
    for one in family.series:
        counts, total = one.reading
        start = f"{name}_bucket{{{one.labels}," if one.labels else f"{name}_bucket{{"
        so_far = 0
        for place, (end, count) in enumerate(zip(ends, counts, strict=True)):
            so_far += int(count)
            lines.append(f"{start}{end}{so_far}{_exemplar(one, place) if exemplars else ''}")
        if sums:
            lines += _totals(name, one, so_far, total)
    return lines


def _stateset(family: Exposed) -> list[str]:
    name = family.name
    states = [f'{name}="{state.translate(_ESCAPES)}"' for state in family.states]
    lines = []
    for one in family.series:
        start = f"{name}{{{one.labels}," if one.labels else f"{name}{{"
        lines += [f"{start}{label}}} {int(one.reading) >> place & 1}" for place, label in enumerate(states)]
    return lines


def _exemplar(one: Series, bucket: int) -> str:
    for found in one.exemplars:
        if found.bucket == bucket:
            return f" # {{{found.labels}}} {format_value(found.value)} {format_timestamp(found.timestamp)}"
    return ""
