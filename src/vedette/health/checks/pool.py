"""A pool of connections: whether there are any left, and whether some are never given back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vedette.errors import DeclarationError
from vedette.health.check import Check
from vedette.health.checks.settings import above, in_order

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Unpack

    from vedette.health.checks.settings import Settings
    from vedette.health.outcome import Reading

__all__ = ["pool"]


def pool(
    source: Any, *, degraded: float = 0.9, failed: float = 1.0, name: str = "pool", **settings: Unpack[Settings]
) -> Check:
    """The share of a pool's connections that is in use.

    Only what stays at ``failed`` through a whole interval has failed: a pool that is used up for a moment is degraded,
    one that is at two calls in a row leaks, or is too small.

    Args:
        source: an engine of SQLAlchemy, a pool of asyncpg or psycopg_pool, or a function that gives how many
            connections are in use and how many there may be.
        degraded: share at which it is degraded.
        failed: share at which it has failed.
        name: of the check.
        **settings: see `Check`.

    Raises:
        DeclarationError: it is none of these, or the limits are the wrong way round.
    """
    in_order(name, degraded, failed)
    figures = _figures(source)
    full_before = False

    def ask() -> Reading:
        nonlocal full_before
        used, most = figures()
        share = used / most if most else 0.0
        full, was = share >= failed, full_before
        full_before = full
        never = float("inf")
        return above(
            "what is in use",
            round(share, 4),
            "of the connections",
            degraded=degraded,
            failed=failed if full and was else never,
        )

    return Check(name, ask, **settings)


def _figures(source: Any) -> Callable[[], tuple[float, float]]:
    room = type(source).__module__.partition(".")[0]
    if room == "sqlalchemy":
        return lambda: _sqlalchemy(getattr(source, "sync_engine", source).pool)
    if room == "asyncpg":
        return lambda: (source.get_size() - source.get_idle_size(), source.get_max_size())
    if room == "psycopg_pool":
        return lambda: _psycopg(source.get_stats())
    if callable(source):
        return source  # type: ignore[no-any-return] # as it is documented
    raise DeclarationError(
        f"pool({source!r}): give an engine of SQLAlchemy, a pool of asyncpg or psycopg_pool, or a function that gives "
        "(in use, at most)"
    )


def _sqlalchemy(of: Any) -> tuple[float, float]:
    overflow = getattr(of, "_max_overflow", 0)  # there is no public way to ask
    most = float("inf") if overflow < 0 else of.size() + overflow
    return of.checkedout(), most


def _psycopg(stats: Any) -> tuple[float, float]:
    return stats.get("pool_size", 0) - stats.get("pool_available", 0), stats.get("pool_max", 0)
