"""What psycopg is asked, and how the server says that a transaction has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vedette.integrations.operations import operations_of, transaction

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["OPERATIONS", "SYSTEM", "count_ends", "is_to_savepoint", "text"]

SYSTEM = "postgresql"
OPERATIONS = operations_of(SYSTEM)
# Those of two phases say so: https://www.postgresql.org/docs/current/sql-commit-prepared.html
_ENDS = {b"COMMIT": True, b"COMMIT PREPARED": True, b"ROLLBACK": False, b"ROLLBACK PREPARED": False}


def text(cursor: Any, given: Any, *, sent: bool = True) -> str | bytes:
    """A statement that a cursor is given; one that is composed as the cursor has ``sent`` it."""
    if isinstance(given, str | bytes):
        return given
    converted = getattr(cursor, "_query", None) if sent else None
    if converted is not None:
        return bytes(converted.query)
    compose = getattr(given, "as_string", None)
    return str(compose(cursor)) if compose is not None else ""


def count_ends(results: Iterable[Any], statement: str | bytes) -> None:
    """Count the transactions that these results end; returning to a savepoint ends none."""
    for result in results:
        committed = _ENDS.get(result.command_status)
        if committed is not None and (committed or not is_to_savepoint(statement)):
            transaction(SYSTEM, committed=committed)


def is_to_savepoint(statement: str | bytes) -> bool:
    """Whether a ROLLBACK goes back to a savepoint only."""
    shouted = statement.upper()
    return b"TO" in shouted.split() if isinstance(shouted, bytes) else "TO" in shouted.split()
