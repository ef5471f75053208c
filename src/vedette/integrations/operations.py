"""Operations of SQL databases as the database pack tells them: each once, by the outermost library it goes through.

SQLAlchemy over asyncpg or psycopg is told by SQLAlchemy: it covers the connections it makes, and the libraries below
leave alone what goes over one that is covered. BEGIN, ROLLBACK and savepoints are no operations: transactions are told
in a metric of their own. COMMIT is one, since that is where a write waits for the disk.
"""

from __future__ import annotations

import contextlib
import weakref
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from vedette.instruments import clock
from vedette.instruments.metrics.measure import error_type
from vedette.integrations.sql import FINGERPRINTED, describe, fingerprint
from vedette.packs.database import operation_duration, operation_errors, statement_duration, transactions

if TYPE_CHECKING:
    from vedette.instruments.metrics.core import HistogramSeries, SummarySeries

__all__ = [
    "Operation",
    "Operations",
    "connecting",
    "cover",
    "covered",
    "fail",
    "fail_to_connect",
    "is_covered",
    "observe",
    "operations_of",
    "transaction",
    "uncover",
]

# Nothing is read beyond, so that a statement of megabytes is not kept for it.
_READ = 8192
_KEPT = 1000
_SILENT = frozenset({"BEGIN", "END", "RELEASE", "ROLLBACK", "SAVEPOINT", "START"})
_ENDING = frozenset({"ABORT", "COMMIT", "END", "ROLLBACK"})

connecting: ContextVar[bool] = ContextVar("vedette_connecting", default=False)
"""Whether a library that tells its own operations is making or checking a connection."""

covered: dict[int, tuple[weakref.ref[Any], str]] = {}
"""By its identity a connection that is told by another library than the one that made it, and by which."""


class Operation:
    """What is known of a statement from its text, and the series that it is told in."""

    __slots__ = ("_duration", "_statement", "ends", "name", "system")

    def __init__(
        self, system: str, name: str, duration: HistogramSeries | None, statement: SummarySeries | None, *, ends: bool
    ) -> None:
        self.system = system
        self.name = name
        self.ends = ends
        """Whether it may end a transaction."""
        self._duration = duration
        self._statement = statement

    @property
    def is_told(self) -> bool:
        """Whether it is an operation at all."""
        return self._duration is not None

    @property
    def has_fingerprint(self) -> bool:
        """Whether it is told by its text, too."""
        return self._statement is not None

    def done(self, began: float) -> None:
        """Tell how long it took since ``began`` by `clock.perf`."""
        duration = self._duration
        if duration is not None:
            seconds = clock.perf() - began
            if seconds < 0:
                seconds = 0.0
            duration.observe(seconds)
            statement = self._statement
            if statement is not None:
                statement.observe(seconds)

    def failed(self, began: float | None, error: BaseException) -> None:
        """Count a failure. It took as long as it took to fail, or has been timed before."""
        if began is not None:
            self.done(began)
        operation_errors.inc(self.system, self.name, error_type(error))


class Operations(dict[str | bytes, Operation]):
    """Statement → what is known of it; a thousand are kept.

    Args:
        system: as ``db_system_name`` has it.
        part: the name of what is done for the statements, such as FETCH, if that is not the whole.
    """

    __slots__ = ("_committed", "_part", "_rolled_back", "_system")

    def __init__(self, system: str, part: str = "") -> None:
        super().__init__()
        self._system = system
        self._part = part
        self._committed = transactions.family.later((system, "committed"))
        self._rolled_back = transactions.family.later((system, "rolled_back"))

    def ended(self, *, committed: bool) -> None:
        """Count a transaction that has ended."""
        (self._committed if committed else self._rolled_back).inc()

    def __missing__(self, statement: str | bytes) -> Operation:
        """Read a statement that is new."""
        read = statement if len(statement) <= _READ else statement[: _READ + 1]
        made = self._read(read if isinstance(read, str) else read.decode("utf-8", "replace"))
        if read is statement:
            if len(self) >= _KEPT:
                self.clear()
            self[statement] = made
        return made

    def _read(self, text: str) -> Operation:
        name, table = describe(text)
        if self._part:
            series = operation_duration.family.later((self._system, self._part, table))
            return Operation(self._system, self._part, series, None, ends=False)
        script = ";" in text.rstrip("; \n")
        ends = script or name in _ENDING
        if name in _SILENT and not script:
            return Operation(self._system, name, None, None, ends=ends)
        duration = operation_duration.family.later((self._system, name, table))
        if name not in FINGERPRINTED:
            return Operation(self._system, name, duration, None, ends=ends)
        series_of_text = statement_duration.family.later((self._system, fingerprint(text, self._system)))
        return Operation(self._system, name, duration, series_of_text, ends=ends)


_known: dict[tuple[str, str], Operations] = {}


def operations_of(system: str, part: str = "") -> Operations:
    """Those of one system, to keep where it is asked often; see `Operations`."""
    found = _known.get((system, part))
    return _known.setdefault((system, part), Operations(system, part)) if found is None else found


def observe(system: str, statement: str | bytes, began: float) -> None:
    """Tell how long an operation took that began at ``began`` by `clock.perf`."""
    operations_of(system)[statement].done(began)


def fail(system: str, statement: str | bytes, began: float | None, error: BaseException) -> None:
    """Count a failure of an operation, which took as long as it took to fail, or has been timed before."""
    operations_of(system)[statement].failed(began, error)


def fail_to_connect(system: str, error: BaseException) -> None:
    """Count a connection that could not be made."""
    operation_errors.inc(system, "CONNECT", error_type(error))


def transaction(system: str, *, committed: bool) -> None:
    """Count the end of a transaction."""
    operations_of(system).ended(committed=committed)


def cover(connection: Any, library: str) -> None:
    """Leave what goes over a connection to ``library``, which tells it itself."""
    key = id(connection)
    # one that cannot be referred to weakly is none that a library below measures
    with contextlib.suppress(TypeError):
        covered[key] = weakref.ref(connection, lambda _: covered.pop(key, None)), library


def uncover(library: str) -> None:
    """Leave nothing to ``library`` any more."""
    for key, (_, by) in list(covered.items()):
        if by == library:
            covered.pop(key, None)


def is_covered(connection: Any) -> bool:
    """Whether what goes over a connection is told elsewhere."""
    return id(connection) in covered or connecting.get()
