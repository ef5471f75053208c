"""The answers of Prometheus' API as values; what is not of the form that is expected is left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from vedette.check.live.answers import mappings, plain, text
from vedette.check.live.server import Rule, Target, Told, without_name
from vedette.duration import milliseconds
from vedette.formats import prometheus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vedette.check.live.server import SeriesLabels
    from vedette.formats.prometheus import PrometheusConfig

__all__ = [
    "config_in", "largest", "metadata_in", "retention_in", "rules_in", "targets_in", "usual_interval", "vector",
]  # fmt: skip

_DURATION: Final = re.compile(r"(?:\d+(?:ms|[smhdwy]))+", re.ASCII)
_LONGEST: Final = 20
"""Characters of a duration that can be meant."""


def vector(found: Any) -> Iterator[tuple[Mapping[str, Any], int]]:
    """What an instant query yields: labels, and a whole number."""
    for one in mappings(found, "result"):
        value, labels = one.get("value"), one.get("metric")
        if isinstance(value, list) and len(value) == 2 and isinstance(labels, dict):
            number = value[1]
            if isinstance(number, str) and number.isascii() and number.isdecimal() and len(number) < 16:
                yield labels, int(number)


def largest(found: Any) -> dict[str, int]:
    """Those with the most series, which a server knows by heart."""
    counts = {text(one, "name"): one.get("value") for one in mappings(found, "seriesCountByMetricName")}
    return {name: count for name, count in counts.items() if name and isinstance(count, int)}


def metadata_in(found: Any) -> dict[str, tuple[Told, ...]]:
    """What the targets say of their metrics, by family."""
    entries = found.items() if isinstance(found, dict) else ()
    return {name: tuple(map(_told, mappings(listed))) for name, listed in entries if isinstance(listed, list)}


def _told(one: Mapping[str, Any]) -> Told:
    return Told(text(one, "type") or "unknown", text(one, "help"), text(one, "unit"))


def rules_in(found: Any) -> tuple[Rule, ...] | None:
    """The rules that run; None where that was not told."""
    if found is None:
        return None
    return tuple(
        Rule(
            kind="alerting" if text(one, "type") == "alerting" else "recording",
            name=plain(text(one, "name")),
            query=text(one, "query"),
            labels=_labels(one),
            for_=_milliseconds(one.get("duration")),
            group=text(group, "name"),
            file=text(group, "file"),
        )
        for group in mappings(found, "groups")
        for one in mappings(group, "rules")
    )


def _milliseconds(seconds: Any) -> int:
    return round(seconds * 1000) if isinstance(seconds, int | float) and abs(seconds) < 1e12 else 0


def targets_in(found: Any) -> tuple[Target, ...] | None:
    """What is scraped; None where that was not told, or nothing is, as where all is sent to the server."""
    targets = tuple(
        Target(
            job=plain(labels.get("job") or text(one, "scrapePool")),
            labels=labels,
            url=plain(text(one, "scrapeUrl").partition("?")[0]),
            health=text(one, "health"),
            error=plain(text(one, "lastError")),
            interval=_duration(text(one, "scrapeInterval")),
        )
        for one in mappings(found, "activeTargets")
        for labels in [_labels(one)]
    )
    return targets or None


def _duration(written: str) -> int | None:
    """The milliseconds of a duration; None where it is none, or no time at all."""
    try:
        return milliseconds(written) or None if len(written) <= _LONGEST and _DURATION.fullmatch(written) else None
    except ValueError:
        return None


def config_in(found: Any, url: str) -> PrometheusConfig | None:
    """The configuration that the server runs with."""
    written = text(found, "yaml")
    return prometheus.read_all(written, url)[0] if written.strip() else None


def retention_in(runtime: Any, settings: PrometheusConfig | None) -> int | None:
    """How long samples are kept, ``15d or 10GiB``; None where older ones are read from elsewhere."""
    if settings is not None and settings.other.get("remote_read"):
        return None
    return _duration(text(runtime, "storageRetention").partition(" ")[0])


def usual_interval(targets: tuple[Target, ...] | None, settings: PrometheusConfig | None) -> int | None:
    """The interval of most targets: a few slow ones say nothing about the others."""
    intervals = [one.interval for one in targets or () if one.interval]
    if intervals:
        return max(sorted(set(intervals)), key=intervals.count)
    return settings.global_.scrape_interval if settings else None


def _labels(one: Mapping[str, Any]) -> SeriesLabels:
    """The labels of something, none where it has none."""
    labels = one.get("labels")
    return without_name(labels) if isinstance(labels, dict) else {}
