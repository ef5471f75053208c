"""The background worker: ships the orders that wait in its queue, one after the other."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING

from examples.shop.observability import job_duration, jobs, queue_depth

if TYPE_CHECKING:
    from random import Random

    from examples.shop.pace import Pace
    from examples.shop.store import Store

__all__ = ["Worker"]

# Couriers are not perfect.
_FAILURES = 0.01


class CourierError(Exception):
    """The courier did not come."""


class Worker:
    """A queue of order numbers and who works on it."""

    def __init__(self, store: Store, pace: Pace, random: Random) -> None:
        self._store = store
        self._pace = pace
        self._random = random
        self._queue: deque[int] = deque()
        self._news = asyncio.Event()
        queue_depth.set_function(lambda: len(self._queue))

    def put(self, order: int) -> None:
        """Another order to ship."""
        self._queue.append(order)
        self._news.set()

    async def step(self) -> bool:
        """Ship one order; whether there was one."""
        if not self._queue:
            return False
        order = self._queue.popleft()
        try:
            with job_duration.time():
                await self._ship(order)
        except Exception as problem:  # noqa: BLE001 - one bad order must not stop the worker
            jobs.inc(result="failed")
            logging.getLogger("shop").info("order %d was not shipped: %r", order, problem)
        else:
            jobs.inc(result="processed")
        return True

    async def _ship(self, order: int) -> None:
        await self._pace.pause(0.01 + self._random.expovariate(1 / 0.02))
        if self._random.random() < _FAILURES:
            raise CourierError(order)
        await self._pace.run(lambda: self._store.ship(order))

    async def run(self) -> None:
        """Ship orders until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            while await self.step():
                pass
