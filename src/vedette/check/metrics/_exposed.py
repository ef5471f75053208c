"""Where the services of a stack were looked at, live, and what they expose there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vedette.build.renames import called, labelled
from vedette.check.metrics._uses import is_own, uses

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vedette.catalog import Service
    from vedette.check.facts import Facts
    from vedette.check.live.server import Live, SeriesLabels, Target
    from vedette.check.metrics._uses import Use
    from vedette.place import Place

__all__ = ["Looked", "looked_at", "place_of", "some", "used_there"]

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 - as people write their own machine
_SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """A service, and what was found of it."""

    service: Service
    live: Live
    targets: tuple[Target, ...] | None
    """Those of the service; None where nobody says."""

    @property
    def scraped(self) -> bool:
        """Whether something of the service is scraped there, up or down."""
        return self.targets is None or bool(self.targets)

    @property
    def answers(self) -> bool:
        """Whether something of the service has answered: of what is down nothing can be said."""
        return self.targets is None or any(one.health == "up" for one in self.targets)

    @property
    def names(self) -> frozenset[str]:
        """The names of its series."""
        return self.live.exposed.get(self.service.name, self.live.names)

    def has(self, use: Use) -> bool:
        """Whether a metric is there, or is announced."""
        metric = use.metric
        there = self.names | self.live.announced
        return bool(there & {metric.name, metric.description.family, *metric.description.sample_names})

    def series(self, name: str) -> tuple[SeriesLabels, ...]:
        """Its series of a name."""
        return self.live.having(name, "" if self.live.page else self.service.name)

    @property
    def where(self) -> str:
        """For messages: the addresses that were looked at."""
        if self.live.page or not self.targets:
            return self.live.url
        return f"{some([one.url for one in self.targets])}, as {self.live.url} says"


def looked_at(facts: Facts) -> Iterator[Looked]:
    """The services of which something can be said."""
    if facts.stack is None or facts.server is None:
        return
    live = facts.server
    for service in _of_page(facts, live) if live.page else facts.stack.services:
        found = live.targets
        yield Looked(
            service,
            _scraped(live, service),
            None if found is None else tuple(one for one in found if one.job == service.name),
        )


def _scraped(live: Live, service: Service) -> Live:
    """A page as Prometheus stores it: what the service names itself under the names of its packs."""
    if not live.page or not service.names:
        return live
    series: dict[str, tuple[SeriesLabels, ...]] = {}
    for name, found in live.series.items():
        ours, one = called(service, name)
        theirs = found if one is None else tuple(labelled(labels, one) for labels in found)
        series[ours] = (*series.get(ours, ()), *theirs)
    families = {family: one.to for family, one in service.renames().items()}
    announced = frozenset(called(service, families.get(name, name))[0] for name in live.announced)
    return replace(
        live,
        names=frozenset(called(service, name)[0] for name in live.names),
        announced=announced,
        metadata={families.get(family, family): told for family, told in live.metadata.items()},
        series=series,
        counts={name: len(found) for name, found in series.items()},
    )


def _of_page(facts: Facts, live: Live) -> Sequence[Service]:
    """The services that a page is one of: by its address, else by what stands there."""
    assert facts.stack is not None
    services = facts.stack.services
    address = urlsplit(live.url).netloc
    jobs = {
        job.job_name
        for config in facts.scraping
        for job in config.scrape_configs
        if address and any(_same(target, address) for group in job.static_configs for target in group.targets)
    }
    named = [one for one in services if one.name in jobs]
    if named or len(services) == 1:
        return named or services
    return [
        one
        for one in services
        if live.names & one.names.keys()
        or any(metric.name in live.names for pack in one.pack_list() for metric in pack.metrics if is_own(metric))
    ]


def _same(target: str, address: str) -> bool:
    (host, _, port), (other, _, its) = target.rpartition(":"), address.rpartition(":")
    return port == its and (host == other or {host, other} <= _LOCAL)


def used_there(facts: Facts) -> Iterator[tuple[Use, list[Looked]]]:
    """Every metric of the stack, and where the services that use it have answered."""
    looked = {one.service.name: one for one in looked_at(facts) if one.scraped and one.answers}
    for use in uses(facts.stack):
        there = [looked[service.name] for service in use.services if service.name in looked]
        if there:
            yield use, there


def place_of(use: Use, looked: Looked) -> Place:
    """Where the user can do something: where the metric is declared, or the service that uses somebody's pack."""
    return use.metric.place if is_own(use.metric) else looked.service.place


def some(names: Sequence[str]) -> str:
    """A few of them, and how many more there are."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
