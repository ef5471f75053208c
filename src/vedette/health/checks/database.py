"""A SQL database: ``SELECT 1`` through the application's own pool, so that a pool that is used up is seen, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vedette.errors import DeclarationError
from vedette.health.check import Check

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Unpack

    from vedette.health.checks.settings import Settings

__all__ = ["database"]

_ASK = "SELECT 1"


def database(source: Any, *, name: str = "database", **settings: Unpack[Settings]) -> Check:
    """Whether the database answers ``SELECT 1``.

    Args:
        source: an engine of SQLAlchemy, sync or async; a pool of asyncpg or psycopg_pool, sync or async; the alias of a
            database of Django, as ``"default"``; or a function that gives a new connection of a DB-API driver, which
            is closed afterwards.
        name: of the check.
        **settings: see `Check`.

    Raises:
        DeclarationError: it is none of these.

    Example:
        >>> import sqlite3
        >>> database(lambda: sqlite3.connect(":memory:"))
        Check('database')
    """
    return Check(name, _asking(source), **settings)


def _asking(source: Any) -> Callable[[], Any]:
    if isinstance(source, str):
        return _django(source)
    room = type(source).__module__.partition(".")[0]
    is_async = "async" in type(source).__name__.lower() or room == "asyncpg"
    if room == "sqlalchemy":
        return _sqlalchemy_async(source) if is_async else _sqlalchemy(source)
    if room == "asyncpg":
        return _asyncpg(source)
    if room == "psycopg_pool":
        return _psycopg_async(source) if is_async else _psycopg(source)
    if callable(source):
        return _dbapi(source)
    raise DeclarationError(
        f"database({source!r}): give an engine of SQLAlchemy, a pool of asyncpg or psycopg_pool, the alias of a "
        "database of Django, or a function that opens a connection"
    )


def _sqlalchemy(engine: Any) -> Callable[[], None]:
    def ask() -> None:
        with engine.connect() as connection:
            connection.exec_driver_sql(_ASK).fetchone()

    return ask


def _sqlalchemy_async(engine: Any) -> Callable[[], Any]:
    async def ask() -> None:
        async with engine.connect() as connection:
            (await connection.exec_driver_sql(_ASK)).fetchone()

    return ask


def _asyncpg(pool: Any) -> Callable[[], Any]:
    async def ask() -> None:
        async with pool.acquire() as connection:
            await connection.fetchval(_ASK)

    return ask


def _psycopg(pool: Any) -> Callable[[], None]:
    def ask() -> None:
        with pool.connection() as connection:
            connection.execute(_ASK).fetchone()

    return ask


def _psycopg_async(pool: Any) -> Callable[[], Any]:
    async def ask() -> None:
        async with pool.connection() as connection:
            await (await connection.execute(_ASK)).fetchone()

    return ask


def _dbapi(connect: Callable[[], Any]) -> Callable[[], None]:
    def ask() -> None:
        connection = connect()
        try:
            cursor = connection.cursor()
            cursor.execute(_ASK)
            cursor.fetchone()
        finally:
            connection.close()

    return ask


def _django(alias: str) -> Callable[[], None]:
    def ask() -> None:
        from django.db import connections  # noqa: PLC0415 - loaded by who has it

        connection = connections[alias]
        try:
            with connection.cursor() as cursor:
                cursor.execute(_ASK)
                cursor.fetchone()
        finally:
            connection.close()  # of this thread alone

    return ask
