"""The metrics of a stack, and how many series the services that use them expose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.catalog import Pack, Service, Stack
    from vedette.instruments.metrics import Metric

__all__ = ["Use", "declared", "is_own", "is_own_file", "uses"]

_OURS: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Use:
    """A metric, a pack that declares it, and the services that use the pack."""

    metric: Metric
    pack: Pack
    services: tuple[Service, ...]

    @property
    def subject(self) -> str:
        """What findings call it."""
        return f"metric {self.metric.name}"

    @property
    def targets(self) -> int:
        """The processes that expose it."""
        return sum(len(service.instances()) for service in self.services)

    @property
    def lines(self) -> int:
        """The series that one combination of label values is exposed as."""
        match self.metric.type:
            case "histogram":
                return len(self.metric.buckets) + 3  # +Inf, _sum, _count
            case "summary":
                return 2
            case "stateset":
                return len(self.metric.states)
            case _:
                return 1


def is_own(metric: Metric) -> bool:
    """Whether a metric is declared in the project, and not in a pack that is shipped or installed."""
    return is_own_file(metric.place.file)


def is_own_file(name: str) -> bool:
    """Whether a file is one of the project, and not of a pack that is shipped or installed."""
    file = Path(name)
    return not file.is_relative_to(_OURS) and "site-packages" not in file.parts


def declared(stack: Stack | None) -> Iterator[tuple[Metric, Pack]]:
    """Every declaration of every service's packs; what several services use is one."""
    seen: set[Metric] = set()
    for pack in (pack for service in (stack.services if stack else ()) for pack in service.pack_list()):
        for metric in pack.metrics:
            if metric not in seen:
                seen.add(metric)
                yield metric, pack


def uses(stack: Stack | None) -> Iterator[Use]:
    """Every metric with the services that use it, by name."""
    using: dict[str, dict[int, Service]] = {}
    for service in stack.services if stack else ():
        for name in (metric.name for pack in service.pack_list() for metric in pack.metrics):
            using.setdefault(name, {})[id(service)] = service
    for metric, pack in declared(stack):
        # the first of a name is told of all
        services = using.pop(metric.name, None)
        if services is not None:
            yield Use(metric, pack, tuple(services.values()))
