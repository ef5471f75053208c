"""Names of a service's own → names of the packs, as relabelling of what is scraped: rules and panels know only ours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vedette.formats.prometheus import RelabelConfig

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vedette.catalog import Renamed, Service
    from vedette.instruments.metrics.description import MetricType

__all__ = ["called", "labelled", "relabelling"]

# What a metric of each type is exposed as, behind its name
_PARTS: dict[str, str] = {"histogram": "_bucket|_sum|_count", "summary": "_sum|_count|"}


def relabelling(service: Service) -> tuple[RelabelConfig, ...]:
    """The ``metric_relabel_configs`` of a service's scrape; none where it names everything as the packs do."""
    types = {metric.name: metric.type for pack in service.pack_list() for metric in pack.metrics}
    return tuple(step for name, one in service.renames().items() for step in _steps(name, one, types[one.to]))


def called(service: Service, name: str) -> tuple[str, Renamed | None]:
    """What a series of the service is called once it is scraped, and by which of its names; None where it stays."""
    types = {metric.name: metric.type for pack in service.pack_list() for metric in pack.metrics}
    for theirs, one in service.renames().items():
        part = name.removeprefix(theirs)
        if name.startswith(theirs) and part in _PARTS.get(types[one.to], "").split("|"):
            return one.to + part, one
    return name, None


def labelled(labels: Mapping[str, str], one: Renamed) -> dict[str, str]:
    """The labels of such a series once it is scraped."""
    moved = {one.labels.get(label, label): value for label, value in labels.items()}
    return {label: one.values.get(label, {}).get(value, value) for label, value in moved.items()} | dict(one.fixed)


def _steps(name: str, one: Renamed, kind: MetricType) -> Iterator[RelabelConfig]:
    """First the labels, while the name still says whose they are, and the name last."""
    parts = f"({_PARTS.get(kind, '')})"
    exposed = re.escape(name) + parts

    def replace(label: str, value: str, matched: str = "", source: str = "") -> RelabelConfig:
        return RelabelConfig(
            source_labels=("__name__", source) if source else ("__name__",),
            regex=f"{exposed};{matched}" if source else exposed,
            target_label=label,
            replacement=value,
            place=one.place,
        )

    for theirs, ours in one.labels.items():
        if theirs != ours:
            yield replace(ours, "${2}", "(.+)", theirs)
    for ours, values in one.values.items():
        theirs = next((name for name, label in one.labels.items() if label == ours), ours)
        for value, instead in values.items():
            yield replace(ours, _literal(instead), re.escape(value), theirs)
    for label, value in one.fixed.items():
        yield replace(label, _literal(value))
    for theirs, ours in one.labels.items():
        if theirs != ours:
            yield replace(theirs, "")  # a label without a value is none
    if name != one.to:
        yield replace("__name__", f"{one.to}${{1}}")


def _literal(value: str) -> str:
    """The text as a replacement that refers to nothing."""
    return value.replace("$", "$$")
