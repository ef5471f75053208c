"""Readiness that ends before the process does: at SIGTERM."""

from __future__ import annotations

import os
import signal
import threading
import time
from _thread import start_new_thread
from typing import TYPE_CHECKING, Any

from vedette.errors import ConfigError
from vedette.health.process import DEFAULT

if TYPE_CHECKING:
    from types import FrameType

    from vedette.health.check import Time

__all__ = ["draining_on_sigterm"]


def draining_on_sigterm(wait: Time = 0) -> None:
    """Be not ready from SIGTERM on, and let whoever handled it before do so after ``wait``.

    Call it in the main thread, once the server has installed its own handler: where the application is made under
    uvicorn, in ``post_worker_init`` under gunicorn. Calling it again changes nothing.

    Args:
        wait: how long the process goes on as before, so that load balancers see that it is not ready and send no
            more: longer than they take for that, and shorter than Kubernetes' ``terminationGracePeriodSeconds``. A
            second SIGTERM ends the wait. Not for servers that hear signals through asyncio: those do so at once.

    Raises:
        ConfigError: this is not the main thread.
    """
    from vedette.health.check import seconds  # noqa: PLC0415 - see vedette/health/__init__.py

    if threading.current_thread() is not threading.main_thread():
        raise ConfigError("draining_on_sigterm(): signals are handled in the main thread; call it there")
    before = signal.getsignal(signal.SIGTERM)
    if not isinstance(before, _Handler):
        signal.signal(signal.SIGTERM, _Handler(before, seconds(wait)))


class _Handler:
    """Handles SIGTERM, and passes it on."""

    def __init__(self, before: Any, wait: float) -> None:
        self._before = before
        self._wait = wait
        self._pid = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        first = self._pid != os.getpid()  # a child that was forked meanwhile has heard nothing yet
        self._pid = os.getpid()
        DEFAULT.draining()
        if first and self._wait:
            # Not by `threading`, whose locks whoever was interrupted may hold.
            start_new_thread(self._again, (number,))
        elif callable(self._before):
            self._before(number, frame)
        elif self._before == signal.SIG_DFL:
            signal.signal(number, signal.SIG_DFL)
            os.kill(self._pid, number)

    def _again(self, number: int) -> None:
        time.sleep(self._wait)
        os.kill(self._pid, number)
