"""Django's migrations: measured as they run, and how many are pending, as the migration pack declares them.

Databases are told by their aliases. What is pending is read every minute while somebody scrapes a process that answers
requests.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from vedette.domains import migration
from vedette.integrations.aside import read_aside
from vedette.packs.migration import pending

if TYPE_CHECKING:
    from vedette.integrations.patch import Patches

__all__ = ["patch", "watch_pending"]

_KEPT = 60.0


def patch(patches: Patches) -> None:
    """Measure every run that has something to do."""
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415 - the application has imported it

    def make(original: Any) -> Any:
        @wraps(original)
        def migrate(self: Any, targets: Any, plan: Any = None, *args: Any, **kwargs: Any) -> Any:
            if not patches.active:
                return original(self, targets, plan, *args, **kwargs)
            if plan is None:
                plan = self.migration_plan(targets)
            if not plan:
                return original(self, targets, plan, *args, **kwargs)
            with migration.run(self.connection.alias):
                return original(self, targets, plan, *args, **kwargs)

        return migrate

    patches.replace(MigrationExecutor, "migrate", make)


def watch_pending(patches: Patches) -> None:
    """Tell how many migrations the code has and each database has not."""

    def read() -> None:
        for alias, count in _counted().items():
            pending.set(count, alias)

    read_aside(read, "what migrations are pending", every=lambda: _KEPT, wanted=lambda: patches.active)


def _counted() -> dict[str, int]:
    from django.apps import apps  # noqa: PLC0415 - loaded by who is watched
    from django.db import DatabaseError, connections  # noqa: PLC0415
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415

    found: dict[str, int] = {}
    if not apps.ready:
        return found
    for alias in connections:
        connection = connections[alias]
        try:
            try:
                executor = MigrationExecutor(connection)
            except DatabaseError:  # it does not answer now, which is told elsewhere
                continue
            if executor.loader.graph.nodes:  # an application without migrations has none to wait for
                found[alias] = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        finally:
            connection.close()  # of this thread alone
    return found
