"""The one guard: instrumentation never breaks the application. Mistakes are logged once, and raised in strict mode."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable
    from types import TracebackType

__all__ = ["LOGGER", "Shield", "failures", "forget", "is_strict", "mistake", "set_strict", "shield", "warn"]

LOGGER = "vedette"
"""The name of the logger that mistakes are written to."""

# A program that makes a new mistake at every update must not fill memory with the keys of those already told.
_REMEMBERED = 1000

_strict = os.environ.get("VEDETTE_STRICT", "").lower() in ("1", "true", "yes", "on")
_told: set[Hashable] = set()
_failures: dict[str, int] = {}
_lock = threading.Lock()


def _forked() -> None:
    """In the child of a fork nobody holds the lock."""
    global _lock
    _lock = threading.Lock()
    _failures.clear()  # they are told by the parent


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_forked)


def set_strict(on: bool) -> bool:
    """Raise mistakes instead of logging them, as tests want it; returns what it was before.

    The environment variable ``VEDETTE_STRICT=1`` does the same from the start.
    """
    global _strict
    before, _strict = _strict, on
    return before


def is_strict() -> bool:
    """Whether mistakes are raised."""
    return _strict


def forget() -> None:
    """Forget which mistakes have been told, so that they are told again."""
    with _lock:
        _told.clear()


def failures() -> dict[str, int]:
    """How many blocks have failed in this process, by what they were about."""
    with _lock:
        return dict(_failures)


def mistake(key: Hashable, error: Exception) -> None:
    """Say, once for each ``key``, that an update was not what the declaration allows.

    Raises:
        Exception: ``error`` itself, in strict mode.
    """
    if _strict:
        raise error
    _tell(key, f"{error} (told once)", None)


def warn(key: Hashable, message: str) -> None:
    """Say, once for each ``key``, what the user should know but has not done wrong."""
    _tell(key, f"{message} (told once)", None)


def _tell(key: Hashable, message: str, error: BaseException | None) -> None:
    with _lock:
        if key in _told or len(_told) >= _REMEMBERED:
            return
        _told.add(key)
    # The application pays for these only once something is wrong.
    import logging  # noqa: PLC0415
    import traceback  # noqa: PLC0415

    from vedette.instruments.redaction import redact  # noqa: PLC0415

    if error is not None:
        trace = "".join(traceback.format_exception(error))
        clean = redact(trace)
        if clean != trace:  # the error itself would tell what it should not
            message, error = f"{message}\n{clean}", None
    logging.getLogger(LOGGER).warning("%s", redact(message), exc_info=error)


class Shield:
    """A block of instrumentation whose own failure must not reach the application: counted, and logged once.

    Stateless, so that one shield serves many threads and tasks at a time.
    """

    __slots__ = ("_what",)

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        with _lock:
            _failures[self._what] = _failures.get(self._what, 0) + 1
        if _strict:
            return False
        _tell((self._what, kind), f"{self._what} failed and was skipped: {error!r} (told once)", error)
        return True


def shield(what: str) -> Shield:
    """Guard a block; ``what`` says in the log what failed. In strict mode the failure is raised.

    Example:
        >>> with shield("reading the size of the pool"):
        ...     pass
    """
    return Shield(what)
