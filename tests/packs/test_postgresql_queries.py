"""Every query of the postgresql pack has data on what the real exporters tell of a real server and its replica."""

from __future__ import annotations

import contextlib
import itertools
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.data_servers import postgres, postgres_replica
from tests.docs.page import blocks
from tests.packs.exporter_page import Seen, by_target, fetched, looked_at
from tests.real import exporter

from vedette import packs
from vedette.catalog import Service, Stack
from vedette.packs import postgresql
from vedette.testing.simulation import Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.data_servers import Server

    from vedette.catalog import Pack

pytestmark = pytest.mark.real

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "watch-postgresql-and-redis.md"
OPTIONS = {
    "shared_preload_libraries": "pg_stat_statements",
    "autovacuum_naptime": "1",
    "deadlock_timeout": "50ms",
    "wal_keep_size": "64MB",
    "archive_mode": "on",
    "archive_command": "false",
}
# A session tells of what it has done once in a second, or when it is asked to.
TELL = "SELECT pg_stat_force_next_flush()"
# What only one of the exporters tells, of what two of them tell under different names.
OF_OTHERS = {"0.11": {"pg_replication_lag_seconds"}, "0.19": set()}


@contextlib.contextmanager
def server_with_account(*options: str) -> Iterator[Server]:
    """A server on which the exporter has the account that the how-to makes."""
    (made,) = [block.text for block in blocks(PAGE.read_text()) if block.language == "sql"]
    with postgres(*options) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(made)
        yield server


@pytest.fixture(scope="module")
def primary() -> Iterator[Server]:
    with server_with_account(*(f"--{name}={value}" for name, value in OPTIONS.items())) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION pg_stat_statements")
            connection.execute("CREATE TABLE orders (id int PRIMARY KEY, what text)")
            connection.execute("CREATE TABLE lines (id int PRIMARY KEY, what text) WITH (autovacuum_enabled = off)")
            for table in ("orders", "lines"):
                connection.execute(f"INSERT INTO {table} SELECT n, md5(n::text) FROM generate_series(1, 20000) n")
                connection.execute(f"DELETE FROM {table} WHERE id > 8000")
        yield server


@pytest.fixture(scope="module")
def replica(primary: Server) -> Iterator[Server]:
    with postgres_replica(primary, "--shared_preload_libraries=pg_stat_statements") as server:
        yield server


def until(connection: psycopg.Connection, question: str) -> None:
    """Wait until the server says yes."""
    for _ in range(1200):
        if connection.execute(question).fetchone() == (True,):
            return
        connection.execute("SELECT pg_sleep(0.05)")
    raise AssertionError(f"{question} stayed false for a minute")


async def watched(
    folder: Path, pack: Pack, pages: Mapping[str, Callable[[], bytes]], *, scrapes: int = 5, interval: int = 15
) -> Seen:
    """What the pack finds after so many scrapes of pages by their target."""
    stack = Stack(services=[Service("server", list(pages), [pack], scrape_interval=f"{interval}s")])
    return await looked_at(stack, folder, by_target(pages), minutes=scrapes * interval / 60)


@contextlib.contextmanager
def exporters(folder: Path, version: str, **servers: Server) -> Iterator[dict[str, str]]:
    """An exporter for each server, as the how-to starts it; yields where each tells."""
    asked, of_tables = [block.text for block in blocks(PAGE.read_text()) if block.language == "yaml"]
    file = folder / "queries.yml"
    file.write_text(asked + (of_tables if version == "0.11" else ""))
    with contextlib.ExitStack() as stack:
        yield {
            f"{name}:9187": stack.enter_context(
                exporter(
                    folder / name,
                    "postgres-exporter",
                    version,
                    f"--extend.query-path={file}",
                    "--auto-discover-databases",
                    environment={"DATA_SOURCE_NAME": f"{server.url.replace('postgres@', 'watch@')}?sslmode=disable"},
                )
            )
            for name, server in servers.items()
        }


def work(connection: psycopg.Connection) -> None:
    """A bit of everything: transactions that end well and that do not, and a sort that does not fit into memory."""
    connection.execute("SET work_mem = '64kB'")
    connection.execute("SELECT * FROM orders ORDER BY what").fetchall()
    connection.execute("SELECT * FROM orders WHERE id = 7").fetchall()
    connection.execute("INSERT INTO lines SELECT max(id) + 1, 'another' FROM lines")
    connection.execute("UPDATE orders SET what = 'x' WHERE id < 10")
    with connection.transaction(force_rollback=True):
        connection.execute("DELETE FROM orders WHERE id < 5")
    connection.execute(TELL)


@pytest.mark.parametrize("version", ["0.11", "0.19"])
async def test_every_recording_and_panel_has_data_on_the_pages_of_the_real_exporter(
    tmp_path: Path, version: str, primary: Server, replica: Server
) -> None:
    with (
        exporters(tmp_path, version, primary=primary, replica=replica) as urls,
        psycopg.connect(primary.url, autocommit=True) as connection,
        psycopg.connect(replica.url, autocommit=True) as reader,
    ):
        until(connection, "SELECT last_autovacuum IS NOT NULL FROM pg_stat_user_tables WHERE relname = 'orders'")
        until(reader, "SELECT count(*) = 1 FROM pg_extension WHERE extname = 'pg_stat_statements'")

        def busy(url: str) -> bytes:
            work(connection)
            return fetched(url)

        pages: dict[str, Callable[[], bytes]] = {name: lambda url=url: busy(url) for name, url in urls.items()}
        found = await watched(tmp_path, postgresql(), pages)
    assert found.missing == OF_OTHERS[version]
    assert found.labelled == set() or version != "0.11"  # later ones leave some out and add others
    assert found.silent == set()


def wrong(first: Server, second: Server, faults: contextlib.ExitStack) -> Callable[[], None]:
    """Make everything wrong that can be; what is returned makes it worse at every call."""
    held = faults.enter_context(psycopg.connect(first.url))
    held.execute("LOCK TABLE orders")
    blocked = faults.enter_context(psycopg.connect(first.url, autocommit=True))
    waiting = threading.Thread(target=blocked.execute, args=("SELECT count(*) FROM orders",))
    waiting.start()
    faults.callback(waiting.join)
    faults.callback(held.rollback)
    for _ in range(48):
        faults.enter_context(psycopg.connect(first.url))
    reader = faults.enter_context(psycopg.connect(second.url, autocommit=True))
    reader.execute("SELECT pg_wal_replay_pause()")
    faults.callback(reader.execute, "SELECT pg_wal_replay_resume()")
    worker = faults.enter_context(psycopg.connect(first.url, autocommit=True))
    other = faults.enter_context(psycopg.connect(first.url, autocommit=True))

    def deadlock() -> None:
        worker.execute("BEGIN; UPDATE lines SET what = 'a' WHERE id = 1")
        other.execute("BEGIN; UPDATE lines SET what = 'b' WHERE id = 2")

        def cross() -> None:
            with contextlib.suppress(psycopg.errors.DeadlockDetected):
                other.execute("UPDATE lines SET what = 'b' WHERE id = 1")

        crossing = threading.Thread(target=cross)
        crossing.start()
        with contextlib.suppress(psycopg.errors.DeadlockDetected):
            worker.execute("UPDATE lines SET what = 'a' WHERE id = 2")
        worker.execute("ROLLBACK")
        crossing.join()
        other.execute("ROLLBACK")

    calls = itertools.count()

    def worse() -> None:
        if next(calls) % 3 == 0:
            deadlock()
        worker.execute("INSERT INTO lines SELECT n, repeat('x', 500) FROM generate_series(10000, 10999) n")
        worker.execute("DELETE FROM lines WHERE id >= 10000")
        worker.execute("SELECT pg_switch_wal()")
        worker.execute(TELL)
        other.execute(TELL)
        until(worker, "SELECT failed_count > 0 FROM pg_stat_archiver")

    return worse


@pytest.mark.proof
async def test_every_alert_of_a_running_server_fires_by_a_real_fault_that_its_runbook_finds(
    tmp_path: Path, primary: Server, replica: Server
) -> None:
    pack = postgresql(
        connections_critical=0.82,
        connections_many=50,
        lock_wait_seconds=0.01,
        idle_transaction_seconds=0.01,
        transaction_seconds=0.01,
        deadlocks_high=0.5,
        rollback_ratio_high=0.0001,
        min_rate=0.001,
        cache_hit_low=1,
        min_reads=0.0001,
        growth_high=0.0001,
        growth_above_bytes=1,
        dead_rows_above=1000,
        xid_age_high=1,
        lag_seconds=0.001,
    )
    with contextlib.ExitStack() as faults, exporters(tmp_path, "0.11", primary=primary, replica=replica) as urls:
        fetched(urls["primary:9187"])  # it keeps a connection from now on
        worse = wrong(primary, replica, faults)
        told = {name: fetched(url) for name, url in urls.items()}

        def worsening() -> bytes:
            worse()
            return fetched(urls["primary:9187"])

        assert set(told) == {"primary:9187", "replica:9187"}
        found = await watched(
            tmp_path,
            pack,
            {"primary:9187": worsening, "replica:9187": lambda: fetched(urls["replica:9187"])},
            scrapes=36,
            interval=60,
        )
    elsewhere = {"PostgresqlDown", "PostgresqlUnwatched", "PostgresqlExporterFailing", "PostgresqlReplicaDisconnected"}
    assert found.unanswered == set()
    assert {alert.name for alert in pack.alerts} - {name for name, _ in found.firing} == elsewhere


def test_the_statements_of_the_runbooks_run(primary: Server, replica: Server) -> None:
    runbooks = sorted((Path(packs.__file__).parent / "runbooks").glob("postgresql-*.md"))
    with (
        psycopg.connect(primary.url, autocommit=True) as first,
        psycopg.connect(replica.url, autocommit=True) as second,
    ):
        run = 0
        for runbook in runbooks:
            of = second if "replication" in runbook.name else first
            for block in blocks(runbook.read_text("utf-8")):
                if block.language == "sql":
                    for statement in re.sub(r"\bTABLE\b", "orders", block.text).split(";"):
                        if statement.strip():
                            of.execute(statement)
                            run += 1
    assert run >= 10


@pytest.mark.proof
async def test_a_server_that_is_killed_a_replica_that_is_left_and_exporters_that_fail_are_told_apart(
    tmp_path: Path,
) -> None:
    with (
        server_with_account() as first,  # without the extension, so that one of the questions fails
        postgres_replica(first) as second,
        exporters(tmp_path, "0.11", primary=first, replica=second) as urls,
    ):
        well = {name: fetched(url) for name, url in urls.items()}
        first.kill()
        # what each tells from now on; asking a dead server takes the exporter a second
        dead = {name: fetched(url) for name, url in urls.items()}
    told = {name: itertools.chain([well[name]] * 2, itertools.repeat(dead[name])) for name in urls}
    left = itertools.chain([well["primary:9187"]] * 2, itertools.repeat(None))

    def leaving() -> bytes:
        if (there := next(left)) is None:
            raise Unreachable("connection refused")
        return there

    pages: dict[str, Callable[[], bytes]] = {name: lambda name=name: next(told[name]) for name in told}
    found = await watched(tmp_path, postgresql(), {**pages, "other:9187": leaving}, scrapes=16, interval=60)
    assert {name for name, _ in found.firing} == {
        "PostgresqlDown",
        "PostgresqlReplicaDisconnected",
        "PostgresqlExporterFailing",
        "PostgresqlUnwatched",
    }
    # a primary that is dead cannot say how far its replicas are
    (unanswered,) = found.unanswered
    assert "pg_stat_replication_pg_wal_lsn_diff" in unanswered
