"""Operations of SQL databases as the database pack tells them: each once, by the outermost library it goes through.

SQLAlchemy over asyncpg or psycopg is told by SQLAlchemy: it covers the connections it makes, and the libraries below
leave alone what goes over one that is covered. BEGIN, ROLLBACK and savepoints are no operations: transactions are told
in a metric of their own. COMMIT is one, since that is where a write waits for the disk.
"""

from __future__ import annotations

import contextlib
import weakref
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from vedette.instruments import clock
from vedette.instruments.metrics.measure import error_type
from vedette.integrations.sql import FINGERPRINTED, describe, fingerprint
from vedette.packs.database import operation_duration, operation_errors, statement_duration, transactions

if TYPE_CHECKING:
    from vedette.instruments.metrics.core import HistogramSeries, SummarySeries

__all__ = [
    "Operation",
    "connecting",
    "count_error",
    "cover",
    "fail",
    "fail_to_connect",
    "is_covered",
    "observe",
    "operation",
    "transaction",
    "uncover",
]

# Nothing is read beyond, so that a statement of megabytes is not kept for it.
_READ = 8192
_SILENT = frozenset({"BEGIN", "END", "RELEASE", "ROLLBACK", "SAVEPOINT", "START"})

connecting: ContextVar[bool] = ContextVar("vedette_connecting", default=False)
"""Whether a library that tells its own operations is making or checking a connection."""

_covered: dict[int, tuple[weakref.ref[Any], str]] = {}


class Operation(NamedTuple):
    """What is known of a statement from its text."""

    name: str
    duration: HistogramSeries | None
    """None for one that is no operation."""
    statement: SummarySeries | None
    """None for one that has no fingerprint."""


def operation(system: str, statement: str | bytes, part: str = "") -> Operation:
    """What a statement is, and the series it is told in.

    Args:
        system: as ``db_system_name`` has it.
        statement: its text.
        part: the name of what is done for it, such as FETCH, if that is not the whole.
    """
    return _operation(system, statement if len(statement) <= _READ else statement[: _READ + 1], part)


@lru_cache(maxsize=1000)
def _operation(system: str, statement: str | bytes, part: str) -> Operation:
    text = statement if isinstance(statement, str) else statement.decode("utf-8", "replace")
    name, table = describe(text)
    if part:
        return Operation(part, operation_duration.family.later((system, part, table)), None)
    if name in _SILENT and ";" not in text.rstrip("; \n"):
        return Operation(name, None, None)
    duration = operation_duration.family.later((system, name, table))
    if name not in FINGERPRINTED:
        return Operation(name, duration, None)
    return Operation(name, duration, statement_duration.family.later((system, fingerprint(text, system))))


def observe(system: str, statement: str | bytes, began: float, part: str = "") -> None:
    """Tell how long an operation took that began at ``began`` by `clock.perf`."""
    known = operation(system, statement, part)
    if known.duration is not None:
        seconds = clock.perf() - began
        if seconds < 0:
            seconds = 0.0
        known.duration.observe(seconds)
        if known.statement is not None:
            known.statement.observe(seconds)


def fail(system: str, statement: str | bytes, began: float, error: BaseException, part: str = "") -> None:
    """Count a failure. The operation was as long as it took to fail."""
    observe(system, statement, began, part)
    count_error(system, statement, error, part)


def count_error(system: str, statement: str | bytes, error: BaseException, part: str = "") -> None:
    """Count a failure of an operation that has been timed."""
    operation_errors.inc(system, operation(system, statement, part).name, error_type(error))


def fail_to_connect(system: str, error: BaseException) -> None:
    """Count a connection that could not be made."""
    operation_errors.inc(system, "CONNECT", error_type(error))


def transaction(system: str, *, committed: bool) -> None:
    """Count the end of a transaction."""
    transactions.inc(system, "committed" if committed else "rolled_back")


def cover(connection: Any, library: str) -> None:
    """Leave what goes over a connection to ``library``, which tells it itself."""
    key = id(connection)
    # one that cannot be referred to weakly is none that a library below measures
    with contextlib.suppress(TypeError):
        _covered[key] = weakref.ref(connection, lambda _: _covered.pop(key, None)), library


def uncover(library: str) -> None:
    """Leave nothing to ``library`` any more."""
    for key, (_, by) in list(_covered.items()):
        if by == library:
            _covered.pop(key, None)


def is_covered(connection: Any) -> bool:
    """Whether what goes over a connection is told elsewhere."""
    return id(connection) in _covered or connecting.get()
