"""The shop and the watch over it under one simulated clock: real handlers, real rules, no sockets, no waiting."""

from __future__ import annotations

import asyncio
import random
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from examples.shop.faults import Faults
from examples.shop.load import Load
from examples.shop.main import Settings, create
from examples.shop.observability import stack
from examples.shop.pace import SimulatedPace

from vedette.alerting.delivery import Delivered
from vedette.build import build, write
from vedette.catalog import Smtp
from vedette.engine.collect.http import FetchedPage
from vedette.instruments import clock
from vedette.instruments.metrics import registry
from vedette.packs.process import start_time
from vedette.server.watch import Built, Watch
from vedette.testing.simulation import Simulation, Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from examples.shop.faults import Fault

    from vedette.alerting.delivery import Delivery, Outcome
    from vedette.engine.collect.collector import Scrape

__all__ = ["Sent", "SimulatedShop"]

START = 1_700_000_000_000
_PLENTY = 4 * 1024**3
"""Milliseconds since the epoch at which a simulation begins."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A notification: when it left, in milliseconds since the start, and what it said."""

    at: int
    channel: str
    subject: str
    body: str


class SimulatedShop:
    """A shop with visitors, watched; use it in a ``with`` block.

    Args:
        folder: where the build and the alerting state go.
        environment: which environment of the stack; ``local`` has the intervals and windows of production.
        peak: visits per second at the height of the evening.
        day: how many seconds a day lasts.
        seed: of the visitors' behaviour and of the jitter between retries.
        external_url: where the links in messages lead, when not where the environment says.
    """

    def __init__(
        self,
        folder: Path,
        *,
        environment: str = "local",
        peak: float = 0.1,
        day: float = 3600.0,
        seed: int = 1,
        external_url: str | None = None,
    ) -> None:
        self.faults = Faults()
        self.sent: list[Sent] = []
        pace = SimulatedPace()
        registry.DEFAULT.clear()  # a process that has just started
        self._shop = create(Settings(database="sqlite://", pool_timeout=0, faults=self.faults, pace=pace, seed=seed))
        self._started = START / 1000
        registry.DEFAULT.before_scrape(lambda: start_time.set(self._started))  # not that of the process that simulates
        self._load = Load(self._shop, seed=seed, day=day, peak=peak)
        self._time = START
        self._loop = asyncio.new_event_loop()
        self._open = ExitStack()
        self._open.callback(self._loop.close)
        self._open.enter_context(clock.replaced(lambda: self._time / 1000, perf=pace.perf))
        place = stack.environment(environment)
        # the memory is that of the process that simulates, whatever else that does
        thresholds = {"process.memory_high": _PLENTY, "process.memory_critical": 2 * _PLENTY}
        place = replace(place, thresholds={**place.thresholds, **thresholds})
        if place.smtp is None:
            place = replace(place, smtp=Smtp("127.0.0.1", 8025, from_="vedette@shop.example", tls=False))
        place = replace(place, external_url=external_url or place.external_url)
        write(build(stack, place), folder / "build")
        self.watch = Watch(Built.read(folder / "build"), folder / "data", start=START, rng=random.Random(seed))
        self._open.callback(self.watch.close)
        self._clock = Simulation(self.watch, start=START, page=self._page, deliver=self._deliver, advance=self._advance)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def now(self) -> int:
        """The simulated time, milliseconds since the epoch."""
        return self._clock.now

    @property
    def answers(self) -> Mapping[int, int]:
        """How many answers of each status visitors got."""
        return self._load.answers

    def run(self, minutes: float, fault: Fault | None = None) -> None:
        """Let time pass, with a fault switched on or with none."""
        self.faults.switch(fault)
        self._clock.leap(self._clock.now + round(minutes * 60_000))

    def restart(self) -> None:
        """Deploy: what is exposed is of a process that starts now. Its counters go on, as after a quick hand-over."""
        self._started = self._clock.now / 1000

    def _advance(self, now: int) -> None:
        if now > self._time:
            seconds, self._time = (now - self._time) / 1000, now
            if self.faults.active != "down":
                self._loop.run_until_complete(self._load.tick(seconds))

    def _page(self, scrape: Scrape) -> FetchedPage:
        status, kind, body = self._loop.run_until_complete(self._metrics(scrape.headers["Accept"]))
        if status != 200:
            raise Unreachable(f"server returned HTTP status {status}")
        return FetchedPage(body, kind)

    async def _metrics(self, accept: str) -> tuple[int, str, bytes]:
        status, kind, body = 0, "", b""

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status, kind, body
            status = message.get("status", status)
            kind = dict(message.get("headers", ())).get(b"content-type", kind.encode()).decode()
            body += message.get("body", b"")

        headers = [(b"accept", accept.encode())]
        scope = {"type": "http", "method": "GET", "path": "/metrics", "headers": headers, "query_string": b""}
        await self._shop(scope, receive, send)
        return status, kind, body

    def _deliver(self, delivery: Delivery, now: int) -> Outcome:
        self.sent.append(Sent(now - START, delivery.channel, delivery.payload.subject, delivery.payload.body))
        return Delivered()
