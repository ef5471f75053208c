"""An hour of the demo shop under a simulated clock: two instances, every fault, a restart, and both of them down.

Everything is in the store afterwards that samples can be: counters that begin again, series that end and come back,
and the series of all rules and alerts.
"""

from __future__ import annotations

import asyncio
import random
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from examples.shop.faults import Fault, Faults
from examples.shop.load import Load
from examples.shop.observability import stack
from examples.shop.pace import SimulatedPace
from tests.integrations.client import call

from vedette.alerting.delivery import Delivered
from vedette.build import build, write
from vedette.engine.collect.http import FetchedPage
from vedette.instruments import clock
from vedette.instruments.metrics import DEFAULT
from vedette.server.watch import Built, Watch
from vedette.testing.simulation import Simulation, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from examples.shop.main import Shop

    from vedette.engine.collect.collector import Scrape

START = 1_700_000_000_000
MINUTE = 60_000
END = START + 60 * MINUTE
# Customers come in groups of this many milliseconds.
TICK = 3_000

FIRST, SECOND = "127.0.0.1:8000", "127.0.0.1:8001"
# From which minute on which fault holds.
FAULTS: tuple[tuple[int, Fault | None], ...] = (
    (0, None),
    (10, "errors"),
    (17, None),
    (28, "pool"),
    (33, None),
    (42, "latency"),
    (48, None),
    (50, "down"),
    (55, None),
)
RESTART = 38
# The second instance does not answer in these minutes.
AWAY = range(20, 24)
# The second instance shows what the first has shown so many scrapes ago: another process with a history of its own.
BEHIND = 4


@dataclass
class Hour:
    """The shop while the hour passes."""

    folder: Path
    now: int = START
    began: int = START
    fault: Fault | None = None

    def __post_init__(self) -> None:
        self._runner = asyncio.Runner()
        self._pace = SimulatedPace()
        self._pages: list[FetchedPage | None] = []
        self._starts = 0
        self._start()

    def _start(self) -> None:
        """A process begins: all its counters are zero."""
        from examples.shop.main import Settings, create

        DEFAULT.clear()
        self._starts += 1
        self.began = self.now
        self._faults = Faults()
        database = f"sqlite:///{self.folder}/shop-{self._starts}.db"
        self._shop: Shop = create(Settings(database=database, pool_timeout=0, pace=self._pace, faults=self._faults))
        self._load = Load(self._shop, seed=self._starts, peak=0.25, day=7200)

    def clock(self) -> AbstractContextManager[None]:
        """The simulated clock for all instruments."""
        return clock.replaced(lambda: self.now / 1000, perf=self._pace.perf)

    def advance(self, now: int) -> None:
        """Let the customers come until then."""
        while self.now + TICK <= now:
            self.now += TICK
            minute = (self.now - START) // MINUTE
            self.fault = [fault for since, fault in FAULTS if since <= minute][-1]
            if self.fault != self._faults.active:
                self._faults.switch(self.fault)
            if minute == RESTART and self._starts == 1:
                self._shop.store.close()
                self._start()
            self._runner.run(self._load.tick(TICK / 1000))

    def page(self, scrape: Scrape) -> FetchedPage:
        """What an instance shows."""
        if FIRST in scrape.url:
            self._pages.append(self._first(scrape))
            page = self._pages[-1]
        else:
            away = (self.now - START) // MINUTE in AWAY
            page = None if away or len(self._pages) <= BEHIND else self._pages[-1 - BEHIND]
        if page is None:
            raise Unreachable("connection refused")
        return page

    def _first(self, scrape: Scrape) -> FetchedPage | None:
        headers = {"host": FIRST, "accept": scrape.headers["Accept"]}
        answer = self._runner.run(call(self._shop, "/metrics", headers=headers))
        if answer.status != 200:
            return None
        # the process of the test is older than the shop
        own = b"process_start_time_seconds %.3f" % (self.began / 1000)
        body = re.sub(rb"(?m)^process_start_time_seconds .*", own, answer.body)
        return FetchedPage(body, answer.headers["content-type"])

    def close(self) -> None:
        """End it."""
        self._shop.store.close()
        self._runner.close()
        DEFAULT.clear()


def recorded(folder: Path) -> Iterator[Watch]:
    """The watch that has seen the hour."""
    environment = replace(stack.environment("local"), targets={"shop": [FIRST, SECOND]})
    write(build(stack, environment), folder / "build")
    hour = Hour(folder)
    watch = Watch(Built.read(folder / "build"), folder / "data", start=START, rng=random.Random(1))
    try:
        with hour.clock():
            driven = Simulation(
                watch, start=START, page=hour.page, deliver=lambda *_: Delivered(), advance=hour.advance
            )
            driven.leap(END)
        yield watch
    finally:
        watch.close()
        hour.close()
