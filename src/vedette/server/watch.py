"""The watch: engine and alerting composed over one folder of built files, as one step machine.

Nothing here sleeps, reads a clock or opens a connection. Whoever drives it fetches the scrapes and sends the
deliveries it hands out: ``server.drive`` by the real clock, ``testing.simulation`` by a simulated one.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from vedette.alerting.machine import Alerting
from vedette.alerting.outbox import Outbox, StorageError
from vedette.engine.collect.collector import Collector
from vedette.engine.rules.machine import Rules
from vedette.engine.tsdb.head import Head
from vedette.errors import ConfigError
from vedette.formats import alertmanager, prometheus
from vedette.formats import vedette as description
from vedette.formats.vedette import VedetteFile

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from vedette.alerting.delivery import Delivery, Outcome
    from vedette.engine.collect.collector import Scrape
    from vedette.formats.alertmanager import AlertmanagerConfig
    from vedette.formats.alerts import Alert
    from vedette.formats.prometheus import PrometheusConfig
    from vedette.formats.rules import RuleFile
    from vedette.promql.labels import Labels

__all__ = ["Built", "Watch", "Work"]

log = logging.getLogger("vedette")

TRIM_EVERY = 600_000
"""Milliseconds between looks for samples past their retention."""

TRIM_AGAIN = 1000
"""Milliseconds until it is tried again when it could not be done."""

RETENTION = 12 * 3_600_000
"""Milliseconds of samples kept in memory: what the page's longest usual range needs; disk comes with its own store."""


@dataclass(frozen=True, slots=True)
class Built:
    """What a folder of built files says. Foreign files have no ``vedette.json`` and may have no dashboards."""

    folder: Path
    prometheus: PrometheusConfig
    rules: tuple[RuleFile, ...]
    alertmanager: AlertmanagerConfig
    description: VedetteFile
    dashboards: Mapping[str, bytes]
    """uid → Grafana JSON as it stands in the file."""

    @classmethod
    def read(cls, folder: Path) -> Built:
        """Read everything once.

        Raises:
            ConfigError: a file is missing or wrong; the message names it, and the line where one is known.
        """
        prometheus_yml = folder / "prometheus" / "prometheus.yml"
        alertmanager_yml = folder / "alertmanager" / "alertmanager.yml"
        for path in (prometheus_yml, alertmanager_yml):
            if not path.is_file():
                raise ConfigError(f"{path}: no such file; `vedette build {folder}` writes it")
        config, rules = prometheus.load(prometheus_yml)
        return cls(
            folder=folder,
            prometheus=config,
            rules=tuple(rules),
            alertmanager=alertmanager.load(alertmanager_yml),
            description=_description(folder / "vedette.json"),
            dashboards=_dashboards(folder / "grafana" / "dashboards"),
        )


def _description(path: Path) -> VedetteFile:
    if path.is_file():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError as error:
            raise ConfigError(f"{path}: not UTF-8 text: {error}; `vedette build` writes it anew") from error
        return description.read(text, str(path))
    return VedetteFile(stack=path.parent.name, title=path.parent.name, environment="", external_url="")


def _dashboards(folder: Path) -> dict[str, bytes]:
    found = {}
    for path in sorted(folder.glob("*.json")):
        raw = path.read_bytes()
        try:
            uid = orjson.loads(raw)["uid"]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise ConfigError(f"{path}: not a dashboard: {error!r}; expected classic JSON with a uid") from error
        found[str(uid)] = raw
    return found


@dataclass(frozen=True, slots=True)
class Work:
    """What a step asks its driver to do; each is answered: ``scraped``, ``unreachable`` or ``postpone``; ``settle``."""

    scrapes: Sequence[Scrape]
    deliveries: Sequence[Delivery]


class Watch:
    """Everything that watches, in one process and on one clock that is passed in.

    Args:
        built: the files.
        data: the folder of what must survive a restart; None keeps it in memory, for simulations.
        start: now, in milliseconds since the epoch.
        rng: source of the jitter between retries.
    """

    def __init__(self, built: Built, data: Path | None, *, start: int, rng: random.Random) -> None:
        if data is not None:
            data.mkdir(parents=True, exist_ok=True, mode=0o700)  # what alerts say is nobody else's business
        self.built = built
        self.head = Head()
        self.collector = Collector(built.prometheus, self.head, start=start, folder=built.folder / "prometheus")
        url = built.description.external_url
        self.rules = Rules(
            [group for file in built.rules for group in file.groups],
            self.head,
            start=start,
            interval=built.prometheus.global_.evaluation_interval,
            external_labels=built.prometheus.global_.external_labels,
            external_url=url,
            query_offset=built.prometheus.global_.rule_query_offset,
        )
        outbox = Outbox(":memory:" if data is None else data / "alerting.db")
        self.alerting = Alerting(built.alertmanager, outbox, start=start, external_url=url, rng=rng)
        self._unheard: list[Alert] = []
        self._trim_due = start + TRIM_EVERY
        self._active: frozenset[tuple[Labels, str]] = frozenset()
        self.versions = {"data": 0, "alerts": 0, "targets": 0, "deliveries": 0}
        """How often each topic changed; the page's event stream compares them."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What of the files this watch does not honour, one message each; everything else goes on."""
        return (*self.collector.problems, *self.alerting.warnings)

    def next_due(self) -> int:
        """When ``step`` next has something to do, in milliseconds since the epoch."""
        dues = (self.collector.next_due(), self.rules.next_due(), self.alerting.next_due(), self._trim_due)
        return min(due for due in dues if due is not None)

    def step(self, now: int, *, reading: bool = False) -> Work:
        """Judge the rules that are due, hand their alerts on, and say what to fetch and to send.

        While another thread is ``reading`` a page, no samples are forgotten.
        """
        self._unheard += self.rules.step(now)
        if self._unheard:
            try:
                self.alerting.receive(self._unheard, now)
                self._unheard = []
            except StorageError as error:
                # kept for the next step: an alert is given up only once it is stored
                log.error("alerts cannot be stored: %s", error)  # noqa: TRY400 - the message says all
        self._note_alerts()
        scrapes = self.collector.step(now)
        deliveries = self.alerting.step(now)
        if deliveries:
            self.versions["deliveries"] += 1
        if now >= self._trim_due:
            if not reading:
                self.head.truncate(now - RETENTION)
            self._trim_due = now + (TRIM_AGAIN if reading else TRIM_EVERY)
        return Work(scrapes, deliveries)

    def judge(self, start: int, end: int, deliver: Callable[[Delivery, int], Outcome]) -> None:
        """Judge ``[start, end]`` at once, its samples being in already: the same verdicts as step by step, much faster.

        Each rule is one range query; what it fires is routed at the times it fired. ``deliver`` is asked for the
        outcome of each delivery and told its time.
        """
        verdicts = self.rules.evaluate_range(start, end)
        at = 0
        while True:
            news = verdicts[at].time if at < len(verdicts) else end + 1
            due = self.alerting.next_due()
            now = max(start, min(news, end + 1 if due is None else due))
            if now > end:
                break
            while at < len(verdicts) and verdicts[at].time <= now:
                self.alerting.receive(verdicts[at].alerts, now)
                at += 1
            for delivery in self.alerting.step(now):
                self.settle(delivery, deliver(delivery, now), now)
        self._note_alerts()

    def _note_alerts(self) -> None:
        active = self.rules.states()
        if active != self._active:
            self._active = active
            self.versions["alerts"] += 1

    def scraped(self, scrape: Scrape, body: bytes, content_type: str, duration: float) -> None:
        """A page came; ``duration`` is in seconds."""
        self.collector.ingest(scrape, body, content_type, duration)
        self.versions["data"] += 1
        self.versions["targets"] += 1

    def unreachable(self, scrape: Scrape, error: str, duration: float) -> None:
        """No page came, and why."""
        self.collector.fail(scrape, error, duration)
        self.versions["targets"] += 1

    def postpone(self, scrape: Scrape, until: int) -> None:
        """It is too early for this scrape: its service only starts. Nothing is stored; it is due again at ``until``."""
        self.collector.postpone(scrape, until)

    def settle(self, delivery: Delivery, outcome: Outcome, now: int) -> None:
        """A delivery was tried."""
        self.alerting.settle(delivery, outcome, now)
        self.versions["deliveries"] += 1

    def close(self) -> None:
        """Close what holds files."""
        self.alerting.close()
