"""Which libraries are instrumented, and from which version on. The file of a library has its name."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["LIBRARIES", "Library"]


class Library(NamedTuple):
    """One library."""

    name: str
    """Of its file in this folder, and how it is named to `attach` and ``instrument(without=…)``."""
    module: str
    """Whose import says that the application uses it."""
    package: str
    """On PyPI; ``Python`` for what comes with it."""
    oldest: tuple[int, ...]
    """The oldest version that can be instrumented."""


_ALL = (
    Library("aiohttp", "aiohttp", "aiohttp", (3, 9)),
    Library("aiokafka", "aiokafka", "aiokafka", (0, 10)),
    Library("alembic", "alembic", "alembic", (1, 10)),
    Library("asyncpg", "asyncpg", "asyncpg", (0, 28)),
    Library("asyncio", "asyncio", "Python", (3, 11)),
    Library("arq", "arq", "arq", (0, 26)),
    Library("celery", "celery", "celery", (5, 4)),
    Library("confluent_kafka", "confluent_kafka", "confluent-kafka", (2, 0)),
    Library("django", "django", "Django", (4, 2)),
    Library("flask", "flask", "Flask", (2, 3)),
    Library("dramatiq", "dramatiq", "dramatiq", (1, 17)),
    Library("httpx", "httpx", "httpx", (0, 24)),
    Library("litestar", "litestar", "litestar", (2, 13)),
    Library("psycopg", "psycopg", "psycopg", (3, 1)),
    Library("logging", "logging", "Python", (3, 11)),
    Library("loguru", "loguru", "loguru", (0, 1)),
    Library("quart", "quart", "Quart", (0, 19)),
    Library("redis", "redis", "redis", (5, 0)),
    Library("rq", "rq", "rq", (2, 0)),
    Library("runtime", "sys", "Python", (3, 11)),
    Library("sqlalchemy", "sqlalchemy", "SQLAlchemy", (2, 0)),
    Library("requests", "requests", "requests", (2, 28)),
    Library("structlog", "structlog", "structlog", (22, 1)),
    Library("uvloop", "uvloop", "uvloop", (0, 17)),
    Library("valkey", "valkey", "valkey", (6, 0)),
    Library("websockets", "websockets", "websockets", (13, 0)),
)  # fmt: skip

LIBRARIES = {library.name: library for library in _ALL}
"""By name."""
