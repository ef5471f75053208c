"""redis-py: commands, pipelines, pub/sub and connection pools, sync and async, of one server, sentinels or a cluster.

Commands are timed in ``db_client_operation_duration_seconds`` and their errors counted in
``db_client_operation_errors_total``, both with ``db_system_name="redis"`` and the command's name; see `resp`. Pools
are told in ``db_client_connections`` and its kin, by ``host:port/database`` or the name given to `name_pool`. Hits
and misses are counted in ``cache_requests_total`` for clients that `name_cache` has named:

    >>> sessions = redis.Redis()
    >>> name_cache(sessions, "sessions")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.integrations.resp import patch_library
from vedette.integrations.resp_pool import name_cache, name_pool

if TYPE_CHECKING:
    from vedette.integrations.patch import Patches

__all__ = ["name_cache", "name_pool", "patch"]


def patch(patches: Patches) -> None:
    """Measure every client of the library."""
    patch_library(patches, "redis", "Redis")
