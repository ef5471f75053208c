"""Alembic: migrations measured as they run, and how many are pending, as the migration pack declares them.

Migrations that run in this process are measured without a word. An application that wants to know whether its database
is behind its code says where both are: `watch_pending`.
"""

from __future__ import annotations

import os.path
from typing import TYPE_CHECKING, Any

from vedette.domains import migration
from vedette.duration import milliseconds
from vedette.integrations.aside import read_aside
from vedette.packs.migration import pending

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Engine

    from vedette.duration import Duration
    from vedette.integrations.patch import Patches

__all__ = ["patch", "watch_pending"]


def patch(patches: Patches) -> None:
    """Measure every upgrade and downgrade of this process."""
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415 - loaded by who attaches

    def make(original: Any) -> Any:
        def run_migrations(self: Any, **kwargs: Any) -> None:
            if not patches.active or self.as_sql:
                original(self, **kwargs)
                return
            with migration.run(_name_of(self.connection)):
                original(self, **kwargs)

        return run_migrations

    patches.replace(MigrationContext, "run_migrations", make)


def watch_pending(
    engine: Engine, config: Config | str = "alembic.ini", *, database: str = "", every: Duration = "1m"
) -> None:
    """Tell how many migrations the code has and the database has not.

    Args:
        engine: a SQLAlchemy engine of the database, a synchronous one.
        config: Alembic's configuration, or the path of its file.
        database: the value of the label ``database``; by default the name of the database.
        every: how long what was read is good for.
    """
    name = database or _name_of(engine)
    kept = milliseconds(every) / 1000
    read_aside(
        lambda: pending.set(_count(engine, config), name),
        f"what migrations of {name} are pending",
        every=lambda: kept,
    )


def _count(engine: Engine, config: Config | str) -> int:
    from alembic.config import Config as ConfigFile  # noqa: PLC0415 - loaded by who watches
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    scripts = ScriptDirectory.from_config(ConfigFile(config) if isinstance(config, str) else config)
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_heads()
    return sum(1 for _ in scripts.iterate_revisions("heads", current or "base"))


def _name_of(bind: Any) -> str:
    """The name of the database, of a file without its folder."""
    url = getattr(getattr(bind, "engine", None), "url", None)
    return os.path.basename(getattr(url, "database", None) or "default")  # noqa: PTH119 - pathlib would load urllib
