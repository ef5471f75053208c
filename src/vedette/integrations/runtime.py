"""The Python runtime: pauses of the garbage collector, and exceptions that end the program or a thread unhandled.

Hooks that others have set are called as before, and those set later can call ours. The event loop is told by
`vedette.integrations.asyncio`, memory, files and threads by `vedette.integrations.process`, the version by
``instrument(version=…)``.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections import deque
from functools import wraps
from typing import TYPE_CHECKING, Any

from vedette.instruments import clock, guard
from vedette.instruments.metrics import DEFAULT
from vedette.integrations.unhandled import count
from vedette.packs.runtime import gc_pause

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.integrations.patch import Patches

__all__ = ["patch"]

_reading = guard.shield("reading what the runtime told")
# What ends in a finalizer may come at any moment, also while a lock of ours is held: it is counted before a scrape.
_unraisable: deque[type[BaseException] | None] = deque(maxlen=1000)
_failed: deque[Exception] = deque(maxlen=1)


def patch(patches: Patches) -> None:
    """Hear of collections and of exceptions that nobody handles."""
    pauses = [gc_pause.labels(str(generation)) for generation in range(3)]
    began = 0.0

    def collected(phase: str, info: dict[str, int]) -> None:
        nonlocal began
        if phase == "start":
            began = clock.perf()
            return
        try:
            pauses[info["generation"]].observe(max(0.0, clock.perf() - began))
        except Exception as problem:  # noqa: BLE001 - told before a scrape; here a lock may be held
            _failed.append(problem)

    gc.callbacks.append(collected)
    patches.also_undo(lambda: gc.callbacks.remove(collected) if collected in gc.callbacks else None)
    patches.replace(sys, "excepthook", lambda original: _program(patches, original))
    patches.replace(sys, "unraisablehook", lambda original: _finalizer(patches, original))
    patches.replace(threading, "excepthook", lambda original: _thread(patches, original))
    DEFAULT.before_scrape(_read)


def _program(patches: Patches, original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def excepthook(kind: type[BaseException], error: BaseException, trace: Any) -> Any:
        if patches.active:
            count("main", kind)
        return original(kind, error, trace)

    return excepthook


def _thread(patches: Patches, original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def excepthook(told: Any) -> Any:
        if patches.active:
            count("thread", told.exc_type)
        return original(told)

    return excepthook


def _finalizer(patches: Patches, original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def unraisablehook(told: Any) -> Any:
        if patches.active:
            _unraisable.append(told.exc_type)
        return original(told)

    return unraisablehook


def _read() -> None:
    """Before a scrape: count what could not be when it happened."""
    while _unraisable:
        count("unraisable", _unraisable.popleft())
    if _failed:
        with _reading:
            raise _failed.popleft()
