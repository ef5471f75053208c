"""Drives a watch by the real clock: fetches its scrapes and sends its deliveries, each in a task of its own."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from vedette.alerting.channels import send
from vedette.engine.collect.http import FetchError, fetch, open_session

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    import aiohttp

    from vedette.alerting.delivery import Delivery
    from vedette.engine.collect.collector import Scrape
    from vedette.server.watch import Watch

__all__ = ["Driver"]

log = logging.getLogger("vedette")


class Driver:
    """Steps a watch whenever something of it is due, until stopped."""

    def __init__(self, watch: Watch, clock: Callable[[], int]) -> None:
        self._watch = watch
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._stopped = False

    def wake(self) -> None:
        """Something new may be due, such as an alert that came in over the API."""
        self._wake.set()

    def stop(self) -> None:
        """End ``run`` at its next turn."""
        self._stopped = True
        self._wake.set()

    async def run(self) -> None:
        """Step, work, wait for the next due moment. What is under way at the end is cancelled; the outbox keeps it."""
        async with open_session() as session:
            while not self._stopped:
                self._wake.clear()
                work = self._watch.step(self._clock())
                for scrape in work.scrapes:
                    self._spawn(self._scrape(session, scrape))
                for delivery in work.deliveries:
                    self._spawn(self._deliver(session, delivery))
                wait = max(0.0, (self._watch.next_due() - self._clock()) / 1000)
                try:
                    await asyncio.wait_for(self._wake.wait(), wait)
                except TimeoutError:
                    continue
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("unexpected failure while watching", exc_info=error)

    async def _scrape(self, session: aiohttp.ClientSession, scrape: Scrape) -> None:
        began = time.perf_counter()
        try:
            page = await fetch(session, scrape)
        except FetchError as error:
            self._watch.unreachable(scrape, str(error), time.perf_counter() - began)
        else:
            self._watch.scraped(scrape, page.body, page.content_type, time.perf_counter() - began)

    async def _deliver(self, session: aiohttp.ClientSession, delivery: Delivery) -> None:
        outcome = await send(session, delivery)
        self._watch.settle(delivery, outcome, self._clock())
        self._wake.set()
