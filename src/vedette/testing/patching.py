"""Puts a simulated clock in the place of the machine's: in ``time``, in event loops, in what they hand to threads.

What follows it: `time.time`, `time.monotonic`, `time.perf_counter`, their ``_ns`` forms and `time.sleep`, also where a
module of the project has imported them by name; everything an asyncio loop waits for, such as `asyncio.sleep` and
timeouts; the instruments. What does not: `datetime.datetime.now`, and waiting for a lock, a socket or a process.
What the process uses stands still.
"""

from __future__ import annotations

import asyncio
import contextvars
import selectors
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

from vedette.instruments import clock as instruments_clock
from vedette.integrations import process
from vedette.integrations.event_loop import WATCH
from vedette.testing.loop_watch import LoopWatch

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path
    from types import ModuleType

    from vedette.testing.clock import SimulatedClock

__all__ = ["InlineLoop", "patched"]

AT_REST = process.Readings(cpu=0.0, threads=1, resident=64 << 20, virtual=256 << 20, files=16)
"""What the application's process uses: the tests' own, which is large and as busy as the machine, is not it."""

_POOLS = ("ThreadPoolExecutor", "AnyIO worker", "asyncio_")


class InlineLoop(asyncio.SelectorEventLoop):
    """An event loop that does at once what others hand to a thread, so that nothing depends on how threads race."""

    def __init__(self, clock: SimulatedClock) -> None:
        super().__init__()
        self.watch = LoopWatch(clock)
        setattr(self, WATCH, self.watch)

    def run_in_executor(self, _executor: Any, func: Callable[..., Any], *args: Any) -> Any:  # type: ignore[override]
        """Call it now; what it returns or raises is the result of the future."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - whoever awaits the future gets it
            future.set_exception(error)
        return future


@contextmanager
def patched(clock: SimulatedClock, project: Path) -> Iterator[None]:
    """Within the block this process goes by ``clock``, and so do modules of ``project`` that import names of `time`."""
    with ExitStack() as open_:
        functions = _functions(clock, frozenset(threading.enumerate()))
        stand_ins = {getattr(time, name): function for name, function in functions.items()}
        for module, key, real in _holding(stand_ins, project):
            open_.enter_context(mock.patch.object(module, key, stand_ins[real]))
        for name, function in functions.items():
            open_.enter_context(mock.patch.object(time, name, function))
        selector = selectors.DefaultSelector
        select = _select(clock, selector.select)
        open_.enter_context(mock.patch.object(selector, "select", select))
        to_thread = sys.modules.get("anyio.to_thread")
        if to_thread is not None:
            open_.enter_context(mock.patch.object(to_thread, "run_sync", _run_inline))
        open_.enter_context(mock.patch.object(process, "readings", return_value=AT_REST))
        open_.enter_context(instruments_clock.replaced(clock.seconds, perf=clock.passed))
        yield


def _functions(clock: SimulatedClock, before: frozenset[threading.Thread]) -> dict[str, Callable[..., Any]]:
    """What stands in for the functions of `time`."""
    really_sleep, here = time.sleep, threading.current_thread()

    def sleep(seconds: float, /) -> None:
        if _is_of_the_test(threading.current_thread(), here, before):
            clock.sleep(seconds)
        else:
            really_sleep(seconds)

    return {
        "time": clock.seconds,
        "time_ns": lambda: clock.ns,
        "monotonic": clock.steady,
        "monotonic_ns": lambda: clock.steady_ns,
        "perf_counter": clock.passed,
        "perf_counter_ns": lambda: clock.passed_ns,
        "sleep": sleep,
    }


def _is_of_the_test(thread: threading.Thread, here: threading.Thread, before: frozenset[threading.Thread]) -> bool:
    """Whether what a thread does belongs to the test.

    A thread of the background that was there before goes its own way: one that sleeps in a loop would let hours pass.
    """
    if thread is here or thread.name.startswith(_POOLS):
        return True
    return thread not in before or asyncio._get_running_loop() is not None  # noqa: SLF001 - get_running_loop() raises


def _select(clock: SimulatedClock, real: Callable[..., Any]) -> Callable[..., Any]:
    """A selector's ``select`` that lets simulated time pass where a loop would wait for a timer."""

    def select(self: selectors.BaseSelector, timeout: float | None = None) -> Any:
        loop = asyncio._get_running_loop()  # noqa: SLF001 - as above
        watch = loop.watch if isinstance(loop, InlineLoop) else None
        if watch is not None:
            watch.turn()
        if timeout is None or timeout <= 0 or loop is None:
            return real(self, timeout)
        ready = real(self, 0)
        if not ready:
            clock.advance_to(clock.ns + max(1, round(timeout * 1e9)), waited=None if watch is None else watch.waited)
        return ready

    return select


async def _run_inline(func: Callable[..., Any], *args: Any, **_: Any) -> Any:
    """What `anyio.to_thread.run_sync` does, in the thread that asks for it."""
    return contextvars.copy_context().run(func, *args)


def _holding(functions: Collection[object], project: Path) -> Iterator[tuple[ModuleType, str, object]]:
    """Where modules of the project have one of these very functions under a name of their own."""
    root, wanted = str(project), {id(function) for function in functions}
    for name, module in list(sys.modules.items()):
        file = str(getattr(module, "__file__", None))
        if file.startswith(root) and "site-packages" not in file and not name.startswith(("vedette.", "_pytest.")):
            for key, value in list(vars(module).items()):
                if id(value) in wanted:
                    yield module, key, value
