"""Calls a check: in a thread of its own, and what it awaits on the application's loop."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

from vedette.health.outcome import Outcome, raised, returned

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Task
    from collections.abc import Awaitable, Callable

    from vedette.health.check import Run

__all__ = ["Call", "running_loop"]


class Call:
    """One call of a check; ``done`` is given how it ends, by whatever thread it ends in.

    Args:
        name: of the check.
        run: what is called.
        loop: the application's; where it has none, what is awaited is awaited in the thread.
        timeout: seconds after which awaiting is given up there.
        done: what is told the outcome; None where there is none, because the application's loop has ended.
    """

    __slots__ = ("_cancelled", "_done", "_loop", "_name", "_run", "_task", "_timeout")

    def __init__(
        self,
        name: str,
        run: Run,
        *,
        loop: AbstractEventLoop | None,
        timeout: float,
        done: Callable[[Outcome | None], None],
    ) -> None:
        self._name = name
        self._run = run
        self._loop = loop
        self._timeout = timeout
        self._done = done
        self._task: Task[Any] | None = None
        self._cancelled = False

    def begin(self) -> None:
        """Call it; this returns at once."""
        # A daemon: one that hangs must not keep the process from ending.
        try:
            threading.Thread(target=self._in_thread, name=f"vedette-health-{self._name}", daemon=True).start()
        except RuntimeError as error:  # the system gives no more threads
            self._done(raised(error))

    def cancel(self) -> None:
        """Cancel what the loop awaits. A thread cannot be: it goes on until it ends."""
        self._cancelled = True
        task, loop = self._task, self._loop
        if task is not None and loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(task.cancel)

    def _in_thread(self) -> None:
        try:
            found: Any = self._run()
            if hasattr(type(found), "__await__"):
                if self._loop is not None:
                    self._hand_over(self._loop, found)
                    return
                found = _await_here(found, self._timeout)
            outcome = returned(found)
        except BaseException as error:  # noqa: BLE001 - whatever it raises, it has failed
            outcome = raised(error)
        self._done(outcome)

    def _hand_over(self, loop: AbstractEventLoop, awaitable: Awaitable[Any]) -> None:
        # What a loop that has ended has opened must not be touched on another.
        if loop.is_running():
            loop.call_soon_threadsafe(self._on_loop, awaitable)
            return
        if hasattr(awaitable, "close"):  # else it is told that nobody has awaited it
            awaitable.close()
        self._done(None)

    def _on_loop(self, awaitable: Awaitable[Any]) -> None:
        import asyncio  # noqa: PLC0415 - whose loop runs has loaded it

        self._task = asyncio.ensure_future(_coroutine(awaitable))
        self._task.add_done_callback(self._ended)
        if self._cancelled:  # before the loop came to it
            self._task.cancel()

    def _ended(self, task: Task[Any]) -> None:
        error = TimeoutError("cancelled") if task.cancelled() else task.exception()
        self._done(returned(task.result()) if error is None else raised(error))


def running_loop() -> AbstractEventLoop | None:
    """The loop of asyncio that runs in this thread."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return None
    try:
        found: AbstractEventLoop = asyncio.get_running_loop()
    except RuntimeError:
        return None
    return found


async def _coroutine(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


def _await_here(awaitable: Awaitable[Any], timeout: float) -> Any:
    import asyncio  # noqa: PLC0415 - for an application that has no loop and a check that wants one

    async def limited() -> Any:
        return await asyncio.wait_for(awaitable, timeout)

    return asyncio.run(limited())
