"""Drives a watch by the real clock: fetches its scrapes and sends its deliveries, each in a task of its own."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from vedette.alerting.channels import send
from vedette.alerting.delivery import Retry
from vedette.engine.collect.http import FetchError, RefusedError, fetch, open_session
from vedette.server import telemetry

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    import aiohttp

    from vedette.alerting.delivery import Delivery, Outcome
    from vedette.engine.collect.collector import Scrape
    from vedette.server.watch import Watch, Work

__all__ = ["Driver"]

log = logging.getLogger("vedette")

T = TypeVar("T")

AGAIN = 100
"""Milliseconds between looks at a service that is starting."""

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Of the page of a stand-in."""

LARGE = 128 * 1024
"""Bytes of a page that is read in a thread: at 30 µs for each new series, more would hold everything else up."""


class Driver:
    """Steps a watch whenever something of it is due, until stopped.

    Args:
        watch: what to drive.
        clock: milliseconds since the epoch.
        patience: seconds from now in which a target that has never answered and refuses the connection counts as
            starting, not as down.
        stand_ins: the address of a target → its page in the text format, for as long as nobody has answered there.
    """

    def __init__(
        self,
        watch: Watch,
        clock: Callable[[], int],
        *,
        patience: float = 0.0,
        stand_ins: Mapping[str, Callable[[], bytes]] | None = None,
    ) -> None:
        self._watch = watch
        self._clock = clock
        self._patient_until = clock() + int(patience * 1000)
        self._answered: set[str] = set()
        self._stand_ins = stand_ins or {}
        self._pages: dict[str, asyncio.Task[bytes]] = {}
        self.stood_in: set[str] = set()
        """Addresses for which somebody stood in."""
        self._reader = asyncio.Lock()
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
        telemetry.attach(self._watch)
        async with open_session() as session:
            while not self._stopped:
                self._wake.clear()
                work = self._step()
                for scrape in work.scrapes:
                    self._spawn(self._scrape(session, scrape))
                for delivery in work.deliveries:
                    self._spawn(self._deliver(session, delivery))
                wait = max(0.0, (self._watch.next_due() - self._clock()) / 1000)
                try:
                    await asyncio.wait_for(self._wake.wait(), wait)
                except TimeoutError:
                    continue
            tasks = [*self._tasks, *self._pages.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _step(self) -> Work:
        now, due = self._clock(), self._watch.rules.next_due()
        began = time.perf_counter()
        work = self._watch.step(now, reading=self._reader.locked())
        if due is not None and due <= now:
            telemetry.judged(time.perf_counter() - began)
        return work

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
        except RefusedError as error:
            now = self._clock()
            stand_in = None if scrape.url in self._answered else self._stand_ins.get(scrape.url)
            if stand_in is not None:
                await self._stand_in(scrape, stand_in, began)
            elif now < self._patient_until and scrape.url not in self._answered:
                self._watch.postpone(scrape, now + AGAIN)
                self._wake.set()
            else:
                self._unreachable(scrape, str(error), began)
        except FetchError as error:
            self._unreachable(scrape, str(error), began)
        except Exception as error:
            self._unreachable(scrape, f"unexpected {error!r}", began)
            raise
        else:
            self._answered.add(scrape.url)
            telemetry.scraped(success=True)
            duration = time.perf_counter() - began
            if len(page.body) < LARGE:
                self._watch.scraped(scrape, page.body, page.content_type, duration)
                return
            async with self._reader:
                await _in_thread(lambda: self._watch.scraped(scrape, page.body, page.content_type, duration))

    async def _stand_in(self, scrape: Scrape, tell: Callable[[], bytes], began: float) -> None:
        """In a thread: a network file system that is gone may hold up whoever asks for its size."""
        page = self._pages.get(scrape.url)
        if page is None or page.done():  # one that hangs is not asked a second time
            page = self._pages[scrape.url] = asyncio.create_task(_in_thread(tell))
        await asyncio.wait({page}, timeout=scrape.timeout)
        if not page.done():
            self._unreachable(scrape, f"this machine did not tell of itself within {scrape.timeout:g} s", began)
            return
        try:
            body = page.result()
        except Exception as error:
            self._unreachable(scrape, f"unexpected {error!r}", began)
            raise
        self.stood_in.add(scrape.url)
        telemetry.scraped(success=True)
        self._watch.scraped(scrape, body, CONTENT_TYPE, time.perf_counter() - began)

    def _unreachable(self, scrape: Scrape, error: str, began: float) -> None:
        telemetry.scraped(success=False)
        self._watch.unreachable(scrape, error, time.perf_counter() - began)

    async def _deliver(self, session: aiohttp.ClientSession, delivery: Delivery) -> None:
        try:
            outcome = await send(session, delivery)
        except Exception as error:
            self._settle(delivery, Retry(f"unexpected {error!r}"))
            raise
        self._settle(delivery, outcome)
        self._wake.set()

    def _settle(self, delivery: Delivery, outcome: Outcome) -> None:
        telemetry.delivered(delivery, outcome)
        self._watch.settle(delivery, outcome, self._clock())


async def _in_thread(work: Callable[[], T]) -> T:
    """Do it in a thread that the end of the process does not wait for, as it does for those of an executor."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(set_outcome: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(lambda: None if done.cancelled() else set_outcome())

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            caught = error
            tell(lambda: done.set_exception(caught))
        else:
            tell(lambda: done.set_result(result))

    threading.Thread(target=run, name="reader", daemon=True).start()
    return await done
