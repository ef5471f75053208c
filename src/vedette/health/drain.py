"""Readiness that ends before the process does: at SIGTERM."""

from __future__ import annotations

import os
import signal
import threading
import time
from _thread import start_new_thread
from typing import TYPE_CHECKING, Any

from vedette.errors import ConfigError
from vedette.health.check import seconds
from vedette.health.process import DEFAULT

if TYPE_CHECKING:
    from types import FrameType

    from vedette.health.check import Time

__all__ = ["draining_on_sigterm", "renew"]

_wait: float | None = None
"""Seconds; None where nobody has asked for it."""
_heard_by = 0
"""The process that has heard the signal: a child that is forked later has not."""


def draining_on_sigterm(wait: Time = 0) -> None:
    """Be not ready from SIGTERM on, and let whoever handled it before do so after ``wait``.

    Call it in the main thread, where the application is made. A server that installs its own handler after that, as
    uvicorn does, is made room for when it starts the application, or at the first probe that the main thread answers.
    Under gunicorn with ``--preload`` and ``--threads`` no probe is: call it in ``post_worker_init``.

    Args:
        wait: how long the process goes on as before, so that load balancers see that it is not ready and send no
            more: longer than they take for that, and shorter than Kubernetes' ``terminationGracePeriodSeconds``. A
            second SIGTERM ends the wait. Servers that hear signals through asyncio do so at once.

    Raises:
        ConfigError: this is not the main thread.
    """
    global _wait  # noqa: PLW0603 - there is one process and one signal
    if threading.current_thread() is not threading.main_thread():
        raise ConfigError("draining_on_sigterm(): signals are handled in the main thread; call it there")
    _wait = seconds(wait)
    renew()


def renew() -> None:
    """Stand before whoever handles the signal now, where that was asked for and this is the main thread."""
    if _wait is None or threading.current_thread() is not threading.main_thread():
        return
    before = signal.getsignal(signal.SIGTERM)
    if not isinstance(before, _Handler):
        signal.signal(signal.SIGTERM, _Handler(before))


class _Handler:
    """Handles SIGTERM, and passes it on."""

    def __init__(self, before: Any) -> None:
        self._before = before

    def __call__(self, number: int, frame: FrameType | None) -> None:
        global _heard_by
        first, _heard_by = _heard_by != os.getpid(), os.getpid()
        DEFAULT.draining()
        if first and _wait:
            # Not by `threading`, whose locks whoever was interrupted may hold.
            start_new_thread(_again, (_wait, _heard_by, number))
        elif callable(self._before):
            self._before(number, frame)
        elif self._before == signal.SIG_DFL:
            signal.signal(number, signal.SIG_DFL)
            os.kill(_heard_by, number)


def _again(wait: float, pid: int, number: int) -> None:
    time.sleep(wait)
    os.kill(pid, number)
