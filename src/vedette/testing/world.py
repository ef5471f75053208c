"""What surrounds an application under test: its built rules and routes over the metrics that it really exposes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from vedette.alerting.delivery import Delivered
from vedette.build import build, write
from vedette.build.plan import plan
from vedette.errors import ConfigError
from vedette.formats.rules import AlertingRule
from vedette.instruments.metrics import DEFAULT
from vedette.instruments.metrics.exposition import CONTENT_TYPES, text
from vedette.promql.labels import get
from vedette.server.watch import Built, Watch
from vedette.testing.captured import Capture, Notification
from vedette.testing.clock import SimulatedClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vedette.alerting.delivery import Delivery, Outcome
    from vedette.build.plan import Plan
    from vedette.catalog import Service, Stack
    from vedette.formats.prometheus import PrometheusConfig, ScrapeConfig

__all__ = ["START", "Declared", "World", "declared"]

START = 1_700_000_000_000
"""Milliseconds since the epoch at which simulated time begins: a Tuesday in November, late in the evening (UTC)."""

_OF_THE_PROCESS = ("process_", "python_", "vedette_", "asyncio_", "health_")
"""Metrics that change or stand still whatever a test does."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A stack in an environment, built, and which of its services the application is."""

    plan: Plan = field(repr=False)
    built: Built = field(repr=False)
    service: Service

    @property
    def rules(self) -> list[AlertingRule]:
        """Every alert that is built."""
        return [
            rule
            for file in self.built.rules
            for group in file.groups
            for rule in group.rules
            if isinstance(rule, AlertingRule)
        ]

    @property
    def intervals(self) -> dict[str, int]:
        """Alert → milliseconds between its evaluations."""
        default = self.built.prometheus.global_.evaluation_interval
        groups = [group for file in self.built.rules for group in file.groups]
        return {
            rule.alert: group.interval or default
            for group in groups
            for rule in group.rules
            if isinstance(rule, AlertingRule)
        }


def declared(stack: Stack, environment: str, service: str, folder: Path) -> Declared:
    """Build a stack as it ships, time scale 1.

    Args:
        stack: the stack.
        environment: the name of one of its environments.
        service: which of its services the application is; may be empty where there is one only.
        folder: where built files go, a new folder for each build.

    Raises:
        ConfigError: there is no such service, or there are several and none is named.
        DeclarationError: it cannot be built.
    """
    place = replace(stack.environment(environment), time_scale=1.0)
    found = plan(stack, place)
    names = [one.name for one in found.services]
    if not service and len(names) != 1:
        raise ConfigError(
            f"the stack {stack.name!r} has the services {', '.join(names)}; say which one is tested: "
            f'@pytest.mark.vedette(service="{names[0] if names else "…"}")'
        )
    chosen = next((one for one in found.services if one.name == (service or names[0])), None)
    if chosen is None:
        raise ConfigError(f"the stack {stack.name!r} has no service {service!r}; it has {', '.join(names)}")
    write(build(stack, place), folder)
    return Declared(found, Built.read(folder), chosen)


class World:
    """The watch over one application, under a clock of its own.

    Scrapes are made as time passes. They are judged when somebody asks for a verdict, the whole stretch at once, which
    says the same as judging them one after the other: what is judged does not change the application.
    """

    def __init__(
        self, declared: Declared, *, start: int = START, seed: int = 1, progress: Callable[[int], None] = lambda _: None
    ) -> None:
        self.declared = declared
        self._progress = progress
        self.capture = Capture(declared.built.alertmanager)
        built = replace(
            declared.built,
            prometheus=_one_instance(declared.built.prometheus, declared.service.name),
            alertmanager=self.capture.config,
        )
        self.watch = Watch(built, None, start=start, rng=random.Random(seed))  # noqa: S311 - jitter
        self.clock = SimulatedClock(start, self.watch.collector.next_due, self._scrape)
        self.start = start
        self.notifications: list[Notification] = []
        self.page = b""
        """The last page of the application."""
        self.has_moved = False
        """Whether anything that the application itself counts or tells has changed since the beginning."""
        self.is_down = False
        self._first: bytes | None = None
        self._judged_until = start

    def judge(self) -> None:
        """Judge what has been scraped since the last time."""
        now = self.clock.now
        if now > self._judged_until:
            self.watch.judge(self._judged_until, now, self._deliver)
            self._judged_until = now

    def _scrape(self, due: int) -> None:
        self._progress(due - self.start)
        for scrape in self.watch.collector.step(due):
            if scrape.target.job.job_name != self.declared.service.name:
                self.watch.scraped(scrape, b"", CONTENT_TYPES["text"], 0.0)  # another service, which tells nothing
            elif self.is_down:
                self.watch.unreachable(scrape, "connection refused", 0.0)
            else:
                self.page = text(DEFAULT)
                self.watch.scraped(scrape, self.page, CONTENT_TYPES["text"], 0.0)
                if not self.has_moved:
                    self._look_for_change()

    def _deliver(self, delivery: Delivery, at: int) -> Outcome:
        entry = self.watch.alerting.delivery(delivery.id)
        assert entry is not None
        self.notifications.append(self.capture.take(delivery, entry, at))
        return Delivered()

    def inhibited(self, alert: str) -> str:
        """Which alerts keep this one from being told now: the end of a sentence, or empty."""
        there = self.watch.alerting.alerts(self.clock.now)
        names = {one.alert.fingerprint: get(one.alert.labels, "alertname") for one in there}
        by = {names[one.inhibited_by] for one in there if one.inhibited_by and names[one.alert.fingerprint] == alert}
        return f": it is inhibited by {', '.join(sorted(by))}" if by else ""

    def _look_for_change(self) -> None:
        own = _own(self.page)
        if self._first is None:
            self._first = own
        self.has_moved = own != self._first

    def close(self) -> None:
        """Give back what it holds."""
        self.watch.close()


def _own(page: bytes) -> bytes:
    lines = page.split(b"\n")
    return b"\n".join(line for line in lines if not line.startswith(_PREFIXES))


_PREFIXES = (b"#", *(name.encode() for name in _OF_THE_PROCESS))


def _one_instance(config: PrometheusConfig, service: str) -> PrometheusConfig:
    """The same with one target of the service: there is one process, and it must not be counted twice."""

    def narrowed(job: ScrapeConfig) -> ScrapeConfig:
        first = job.static_configs[0]
        return replace(job, static_configs=(replace(first, targets=first.targets[:1]),))

    jobs = tuple(narrowed(job) if job.job_name == service else job for job in config.scrape_configs)
    return replace(config, scrape_configs=jobs)
