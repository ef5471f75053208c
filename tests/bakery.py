"""A small built stack and a watch over it under a simulated clock, for tests of what serves and drives a watch."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vedette.alerting.delivery import Delivered, Outcome
from vedette.build import build, write
from vedette.catalog import Alert, Email, Environment, Pack, Service, Smtp, Stack, Webhook
from vedette.engine.collect.http import FetchedPage
from vedette.instruments.metrics import Metric
from vedette.packs import http
from vedette.server.watch import Built, Watch
from vedette.testing.simulation import Simulation, Unreachable

if TYPE_CHECKING:
    from pathlib import Path

    from vedette.alerting.delivery import Delivery
    from vedette.engine.collect.collector import Scrape

START = 1_700_000_000_000

loaves = Metric.foreign("counter", "bakery_loaves_total", labels=["kind"], help="Loaves baked.", exporter="bakery")
oven = Metric.foreign("gauge", "bakery_oven_celsius", labels=[], help="Heat of the oven.", exporter="bakery")

pack = Pack(
    "bakery",
    title="Bakery",
    metrics=[loaves, oven],
    alerts=[
        Alert(
            "OvenCold",
            "min by (job) (bakery_oven_celsius) < 180",
            for_="1m",
            severity="critical",
            summary="The oven of {{ $labels.job }} has only {{ $value }} °C",
        )
    ],
)

stack = Stack(
    services=[Service("bakery", targets=["bakery:8000"], packs=[http, pack])],
    notify=[Webhook("http://sink.test/hook"), Email("baker@example.com")],
    environments=[Environment("local", smtp=Smtp("mail.test", 25, tls=False))],
)


@dataclass
class Bakery:
    """The service: its figures are what a test sets them to."""

    celsius: float = 220.0
    up: bool = True
    sent: list[tuple[int, Delivery]] = field(default_factory=list)
    answer: Outcome = field(default_factory=Delivered)
    now: int = START

    def page(self, _: Scrape) -> FetchedPage:
        """Its /metrics."""
        if not self.up:
            raise Unreachable("connection refused")
        loaves = (self.now - START) // 1000
        text = (
            "# HELP bakery_loaves_total Loaves baked.\n# TYPE bakery_loaves_total counter\n"
            f'bakery_loaves_total{{kind="rye"}} {loaves}\nbakery_loaves_total{{kind="wheat"}} {2 * loaves}\n'
            f"# TYPE bakery_oven_celsius gauge\nbakery_oven_celsius {self.celsius}\n"
        )
        return FetchedPage(text.encode(), "text/plain; version=0.0.4")

    def deliver(self, delivery: Delivery, now: int) -> Outcome:
        """Take a notification."""
        self.sent.append((now, delivery))
        return self.answer

    def advance(self, now: int) -> None:
        """Bake until ``now``."""
        self.now = now


def built(folder: Path) -> Built:
    """The stack, built and read back."""
    write(build(stack, "local"), folder)
    return Built.read(folder)


def simulation(folder: Path, bakery: Bakery, start: int = START) -> tuple[Watch, Simulation]:
    """A watch over the bakery, and what drives it."""
    watch = Watch(built(folder / "build"), folder / "data", start=start, rng=random.Random(7))
    driven = Simulation(watch, start=start, page=bakery.page, deliver=bakery.deliver, advance=bakery.advance)
    return watch, driven
