"""psycopg's pipelines: a statement is timed from when it is sent until its result is read, which may be much later."""

from __future__ import annotations

import sys
from collections import deque
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

from vedette.instruments import clock, guard
from vedette.integrations.operations import is_covered
from vedette.integrations.psycopg_statement import OPERATIONS, count_ends, is_to_savepoint, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vedette.integrations.patch import Patches

    Make = Callable[[Callable[..., Any]], Callable[..., Any]]

__all__ = ["answering", "exiting", "rolling_back", "sending"]

_MARK = "_vedette"
_measuring = guard.shield("measuring a pipeline of psycopg")


class _Sent:
    """A statement that waits for its result; for several if it is executed several times."""

    __slots__ = ("began", "cursor", "left", "statement")

    def __init__(self, cursor: Any, statement: str | bytes, left: int | None) -> None:
        self.cursor = cursor
        self.statement = statement
        self.began = clock.perf()
        self.left = left
        """Results to come; None as long as more is sent."""


class _Waiting:
    """What a pipeline waits for, in the order of the results."""

    __slots__ = ("counted", "sent", "to_savepoints")

    def __init__(self) -> None:
        self.sent: deque[_Sent] = deque()
        self.counted: set[int] = set()
        """The identities of errors that have been counted with their statement: what is sent next raises them."""
        self.to_savepoints = 0
        """How many of the library's own commands go back to a savepoint."""


def _waiting(pipeline: Any) -> _Waiting:
    found: _Waiting | None = getattr(pipeline, _MARK, None)
    if found is None:
        found = _Waiting()
        setattr(pipeline, _MARK, found)
    return found


@contextmanager
def sending(pipeline: Any, cursor: Any, query: Any, *, many: bool) -> Iterator[None]:
    """The block in which a cursor sends a statement, and may read results of this and others."""
    waiting = entry = None
    with _measuring:
        waiting = _waiting(pipeline)
        entry = _Sent(cursor, text(cursor, query, sent=False), None if many else 1)
        waiting.sent.append(entry)
    try:
        yield
    except BaseException as error:
        with _measuring:
            if waiting and entry and entry in waiting.sent and id(error) not in waiting.counted:
                waiting.sent.remove(entry)
                OPERATIONS[entry.statement].failed(entry.began, error)
        raise
    with _measuring:
        if waiting and entry and entry.left is None and entry in waiting.sent:
            entry.left = sum(queued is not None and queued[0] is cursor for queued in pipeline.result_queue)
            entry.left -= sum(
                other.left or 0 for other in waiting.sent if other.cursor is cursor and other is not entry
            )
            if entry.left <= 0:
                waiting.sent.remove(entry)
                OPERATIONS[entry.statement].done(entry.began)


def answering(patches: Patches) -> Make:
    """Tells that a result has been read, whoever has been waiting for it."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def process_results(self: Any, queued: Any, results: Any) -> Any:
            if not patches.active or is_covered(self._conn):
                return original(self, queued, results)
            entry = None
            with _measuring:
                entry = _next(self, queued)
            try:
                answer = original(self, queued, results)
            except BaseException as error:
                with _measuring:
                    if entry is not None:
                        _waiting(self).counted.add(id(error))
                        _waiting(self).sent.remove(entry)
                        OPERATIONS[entry.statement].failed(entry.began, error)
                raise
            with _measuring:
                _read(self, entry, results)
            return answer

        return process_results

    return make


def _next(pipeline: Any, queued: Any) -> _Sent | None:
    """The statement whose result is read; None for a command of the library's own."""
    waiting = getattr(pipeline, _MARK, None)
    if waiting is None or queued is None or not waiting.sent or waiting.sent[0].cursor is not queued[0]:
        return None
    first: _Sent = waiting.sent[0]
    return first


def _read(pipeline: Any, entry: _Sent | None, results: Any) -> None:
    waiting = _waiting(pipeline)
    if entry is None and waiting.to_savepoints and any(one.command_status == b"ROLLBACK" for one in results):
        waiting.to_savepoints -= 1
        return
    count_ends(results, "" if entry is None else entry.statement)
    if entry is not None and entry.left is not None:
        entry.left -= 1
        if entry.left <= 0:
            waiting.sent.remove(entry)
            OPERATIONS[entry.statement].done(entry.began)


def rolling_back(pipeline: Any, command: object) -> None:
    """The library sends a command of its own; the result of a ROLLBACK does not say whether it ends the transaction."""
    if isinstance(command, str | bytes) and is_to_savepoint(command):
        _waiting(pipeline).to_savepoints += 1


def exiting(patches: Patches) -> Make:
    """Counts what the server will never answer, since the connection is gone."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def exit_pipeline(self: Any, error: Any) -> Any:
            with _measuring:
                waiting = vars(self).pop(_MARK, None) if self.level == 1 else None
                lost = error or sys.exc_info()[1]
                if patches.active and waiting is not None and lost is not None:
                    for entry in waiting.sent:
                        OPERATIONS[entry.statement].failed(entry.began, lost)
            return original(self, error)

        return exit_pipeline

    return make
