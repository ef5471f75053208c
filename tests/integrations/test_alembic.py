"""Migrations of Alembic are measured as they run, and those that are pending are counted."""

from __future__ import annotations

import threading

import pytest
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine
from tests.integrations.broken import broken
from tests.integrations.client import values

from vedette.domains import migration as domain
from vedette.instruments import guard
from vedette.instruments.metrics.exposition import text
from vedette.integrations import alembic, attached
from vedette.packs.migration import pending, running, runs

ENVIRONMENT = """
from alembic import context
from sqlalchemy import create_engine

engine = create_engine(context.config.get_main_option("sqlalchemy.url"))
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
MIGRATION = """
revision = "{number}"
down_revision = {before!r}

from alembic import op
import sqlalchemy as sa


def upgrade():
    {what}


def downgrade():
    pass
"""


@pytest.fixture
def config(tmp_path):
    """Two migrations that work, and a third that a test may write."""
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").write_text(ENVIRONMENT)
    for number, before in ((1, None), (2, "1")):
        what = f'op.create_table("t{number}", sa.Column("id", sa.Integer))'
        (folder / "versions" / f"{number}.py").write_text(MIGRATION.format(number=number, before=before, what=what))
    made = Config()
    made.set_main_option("script_location", str(folder))
    made.set_main_option("sqlalchemy.url", f"sqlite:///{tmp_path / 'shop.db'}")
    attached.attach("alembic")
    yield made
    attached.detach("alembic")


def _read(expected):
    """Scrape until the thread that reads has told."""
    for _ in range(200):
        text()
        for thread in threading.enumerate():
            if thread.name.startswith("vedette: what migrations"):
                thread.join(20)
        if values(pending) == expected:
            return
    assert values(pending) == expected


def test_an_upgrade_is_measured(config):
    command.upgrade(config, "head")
    assert values(runs)["shop.db", "success"] == 1
    assert values(running) == {("shop.db",): 0}


def test_an_upgrade_that_fails_is_a_failure_and_raises(config, tmp_path):
    broken_one = MIGRATION.format(number=3, before="2", what="raise RuntimeError('no room')")
    (tmp_path / "migrations" / "versions" / "3.py").write_text(broken_one)
    with pytest.raises(RuntimeError, match="no room"):
        command.upgrade(config, "head")
    assert values(runs)["shop.db", "failure"] == 1
    assert values(running) == {("shop.db",): 0}


def test_what_is_pending_is_counted_beside_the_scrape(config, tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    alembic.watch_pending(engine, config, database="shop", every="0")
    _read({("shop",): 2})
    command.upgrade(config, "1")
    _read({("shop",): 1})
    command.upgrade(config, "head")
    _read({("shop",): 0})


def test_a_failure_to_tell_does_not_stop_the_migration(config):
    with broken(domain):
        command.upgrade(config, "head")
    assert guard.failures()["telling of a run"] >= 2


def test_detaching_restores_alembic_exactly():
    before = dict(vars(MigrationContext))
    attached.attach("alembic")
    attached.attach("alembic")
    assert dict(vars(MigrationContext)) != before
    attached.detach("alembic")
    assert dict(vars(MigrationContext)) == before
