"""Brings work to an application while simulated time passes: requests at a rate, calls at an interval, or nothing."""

from __future__ import annotations

import asyncio
import inspect
from collections import Counter
from typing import TYPE_CHECKING, Any

from vedette.testing.patching import InlineLoop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable

    from vedette.testing.clock import SimulatedClock
    from vedette.testing.handlers import Handler, Request

__all__ = ["Driver"]


class Driver:
    """One application, driven. Times are nanoseconds of the clock.

    Args:
        clock: the simulated clock, which the process has to go by meanwhile.
        handler: who answers requests; None where there is no application, only functions.
    """

    def __init__(self, clock: SimulatedClock, handler: Handler | None) -> None:
        self._clock = clock
        self.handler = handler
        self._loop: InlineLoop | None = None
        self._begun = False

    def ask(self, requests: Iterable[tuple[int, Request]], until: int) -> Counter[int]:
        """Make requests at their times, whether or not earlier ones are answered; statuses of the answers.

        A request that would begin after ``until``, because the application was busy, is not made.
        """
        answers: Counter[int] = Counter()

        async def one(handler: Handler, request: Request) -> None:
            answers[await handler.ask(request)] += 1

        async def drive() -> None:
            handler = await self._ready()
            running: set[asyncio.Task[None]] = set()
            for at, request in requests:
                await self._wait(at)
                if self._clock.ns > until:
                    break
                task = asyncio.create_task(one(handler, request))
                running.add(task)
                task.add_done_callback(running.discard)
            await self._wait(until)
            await asyncio.gather(*running)

        self._run(drive())
        return answers

    def call(
        self, function: Callable[[], Any], times: Iterable[int], until: int, raises: tuple[type[Exception], ...]
    ) -> Counter[str]:
        """Call a function at these times, one call after the other; how often it returned, and what it raised.

        Raises:
            Exception: whatever it raises that is not among ``raises``.
        """
        outcomes: Counter[str] = Counter()

        async def drive() -> None:
            await self._ready_if_any()
            for at in times:
                await self._wait(at)
                if self._clock.ns > until:
                    break
                try:
                    result = function()
                    if inspect.isawaitable(result):
                        await result
                except raises as error:
                    outcomes[type(error).__name__] += 1
                else:
                    outcomes["returned"] += 1
            await self._wait(until)

        self._run(drive())
        return outcomes

    def pass_time(self, until: int) -> None:
        """Let time pass; what the application does by itself, it does."""

        async def drive() -> None:
            await self._ready_if_any()
            await self._wait(until)

        self._run(drive())

    def close(self) -> None:
        """Stop the application."""
        if self._loop is None:
            return

        async def end() -> None:
            if self.handler is not None and self._begun:
                await self.handler.stop()
            left = asyncio.all_tasks() - {asyncio.current_task()}
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

        self._loop.run_until_complete(end())
        self._loop.close()
        self._loop = None

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        if asyncio._get_running_loop() is not None:  # noqa: SLF001 - get_running_loop() raises
            work.close()
            raise RuntimeError("an application is driven from a plain test: write 'def test_…', not 'async def test_…'")
        if self._loop is None:
            self._loop = InlineLoop(self._clock)
        self._loop.run_until_complete(work)

    async def _ready(self) -> Handler:
        if self.handler is None:
            raise LookupError(
                "there is no application to ask; name it with @pytest.mark.vedette(app='module:app') or app.serve(app)"
            )
        await self._ready_if_any()
        return self.handler

    async def _ready_if_any(self) -> None:
        if self.handler is not None and not self._begun:
            self._begun = True
            await self.handler.start()

    def _wait(self, until: int) -> Awaitable[None]:
        """Until a time; whatever else is to be done goes first."""
        return asyncio.sleep(max(0, until - self._clock.ns) / 1e9)
