"""Every query of the redis pack has data on what the real exporters tell of a real, busy server and its replica."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import redis as client
from tests.data_servers import redis as real_redis
from tests.docs.page import blocks
from tests.packs.exporter_page import Seen, by_target, fetched, looked_at
from tests.real import exporter

from vedette.catalog import Service, Stack
from vedette.packs import redis
from vedette.testing.simulation import Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.data_servers import Server

    from vedette.catalog import Pack

pytestmark = pytest.mark.real

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "watch-postgresql-and-redis.md"
KEYS = 100


async def watched(
    folder: Path, pack: Pack, pages: Mapping[str, Callable[[], bytes]], *, scrapes: int = 5, interval: int = 15
) -> Seen:
    """What the pack finds after so many scrapes of pages by their target."""
    stack = Stack(services=[Service("server", list(pages), [pack], scrape_interval=f"{interval}s")])
    return await looked_at(stack, folder, by_target(pages), minutes=scrapes * interval / 60)


@contextlib.contextmanager
def exporters(folder: Path, version: str, **servers: Server) -> Iterator[dict[str, str]]:
    """An exporter for each server with the account of the how-to; yields where each tells."""
    (made,) = [block.text for block in blocks(PAGE.read_text()) if block.text.startswith("ACL SETUSER")]
    with contextlib.ExitStack() as stack:
        for server in servers.values():
            with client.Redis(port=server.port) as asked:
                asked.execute_command(*made.replace("…", "secret").split())
        yield {
            f"{name}:9121": stack.enter_context(
                exporter(
                    folder / name,
                    "redis-exporter",
                    version,
                    environment={
                        "REDIS_ADDR": f"redis://127.0.0.1:{server.port}",
                        "REDIS_USER": "watch",
                        "REDIS_PASSWORD": "secret",
                    },
                )
            )
            for name, server in servers.items()
        }


def until(answer: Callable[[], bool]) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + 60
    while not answer():
        assert time.monotonic() < deadline, "it never came to be so"
        time.sleep(0.02)


def work(asked: client.Redis, beginning: int) -> None:
    """Keys that end and keys that do not, found and not, thrown out; refusals and errors."""
    for number in range(beginning, beginning + KEYS):
        asked.set(f"short:{number}", "x" * 10_000, ex=1000)
        asked.set(f"for ever:{number}", "x")
        asked.get(f"short:{number}")
        asked.get(f"nothing:{number}")
    asked.set("gone", "soon", px=1)
    asked.set("word", "x")
    with contextlib.suppress(client.ResponseError):
        asked.incr("word")
    with contextlib.suppress(client.ResponseError):
        asked.execute_command("SETEX", "too few")


def following(replica: client.Redis) -> bool:
    """Whether a replica is connected."""
    return replica.info("replication")["master_link_status"] == "up"


@pytest.mark.parametrize("version", ["1.45", "1.86"])
async def test_every_recording_and_panel_has_data_on_the_pages_of_the_real_exporter(
    tmp_path: Path, version: str
) -> None:
    with (
        real_redis(
            "--maxmemory", "3mb", "--maxmemory-policy", "allkeys-lru", "--repl-diskless-sync-delay", "0"
        ) as first,
        real_redis("--replicaof", "127.0.0.1", str(first.port)) as second,
        exporters(tmp_path, version, primary=first, replica=second) as urls,
        client.Redis(port=first.port) as asked,
        client.Redis(port=second.port) as replica,
    ):
        until(lambda: following(replica))
        beginnings = itertools.count(0, KEYS)

        def busy(url: str) -> bytes:
            work(asked, next(beginnings))
            return fetched(url)

        pages: dict[str, Callable[[], bytes]] = {name: lambda url=url: busy(url) for name, url in urls.items()}
        found = await watched(tmp_path, redis(), pages)
    assert found.missing == set()
    assert found.labelled == set() or version != "1.45"  # later ones add some
    assert found.silent == set()


def breaking(server: client.Redis) -> None:
    """Let every way in which it keeps its data fail: the disk is full, and then its folder is gone."""
    folder = Path(server.config_get("dir")["dir"])
    (folder / "appendonlydir").mkdir()
    # the name under which Redis opens it first
    (folder / "appendonlydir" / "temp-appendonly.aof.incr").symlink_to("/dev/full")
    server.config_set("appendonly", "yes")
    until(lambda: not server.info("persistence")["aof_rewrite_in_progress"])
    server.set("a change", "that does not fit")
    until(lambda: server.info("persistence")["aof_last_write_status"] == "err")
    shutil.rmtree(folder)
    with contextlib.suppress(client.ResponseError):  # it says so at once
        server.bgrewriteaof()
    until(lambda: server.info("persistence")["aof_last_bgrewrite_status"] == "err")
    server.bgsave()
    until(lambda: server.info("persistence")["rdb_last_bgsave_status"] == "err")


@pytest.mark.proof
async def test_every_alert_of_a_running_server_fires_by_a_real_fault_that_its_runbook_finds(tmp_path: Path) -> None:
    pack = redis(
        memory_high=0.2,
        evicted_high=0.001,
        clients_high=0.1,
        min_lookups=0.001,
        hit_ratio_low=0.9,
        busy_high=1e-6,
        lag_seconds=0.5,
    )
    options = ("--maxmemory", "3mb", "--maxmemory-policy", "volatile-lru", "--maxclients", "10")
    with (
        real_redis(*options, "--repl-diskless-sync-delay", "0") as first,
        real_redis("--replicaof", "127.0.0.1", str(first.port)) as second,
        real_redis("--replicaof", "127.0.0.1", "1") as third,  # nobody is there
        real_redis() as fourth,
        exporters(tmp_path, "1.45", primary=first, alone=third, broken=fourth) as urls,
        client.Redis(port=first.port) as asked,
        client.Redis(port=second.port) as replica,
        client.Redis(port=fourth.port) as failing,
    ):
        breaking(failing)
        until(lambda: following(replica))
        second.pause()
        until(lambda: asked.info("replication")["slave0"]["lag"] > 1)
        beginnings = itertools.count(0, KEYS)

        def worsening() -> bytes:
            with contextlib.suppress(client.ConnectionError), contextlib.ExitStack() as crowd:
                for _ in range(12):
                    crowd.enter_context(client.Redis(port=first.port)).ping()
            with contextlib.suppress(client.ResponseError):
                work(asked, next(beginnings))
            return fetched(urls["primary:9121"])

        pages: dict[str, Callable[[], bytes]] = {name: lambda url=url: fetched(url) for name, url in urls.items()}
        found = await watched(tmp_path, pack, {**pages, "primary:9121": worsening}, scrapes=20, interval=60)
        second.resume()
    assert found.unanswered == set()
    assert {alert.name for alert in pack.alerts} - {name for name, _ in found.firing} == {"RedisDown", "RedisUnwatched"}


async def test_a_server_that_is_killed_and_an_exporter_that_is_gone_are_told_apart(tmp_path: Path) -> None:
    with real_redis("--maxmemory", "100mb") as server, exporters(tmp_path, "1.45", server=server) as urls:
        well = fetched(urls["server:9121"])
        server.kill()
        dead = fetched(urls["server:9121"])
    told = itertools.chain([well, well], itertools.repeat(dead))
    left = itertools.chain([well, well], itertools.repeat(None))

    def leaving() -> bytes:
        if (there := next(left)) is None:
            raise Unreachable("connection refused")
        return there

    pages: dict[str, Callable[[], bytes]] = {"server:9121": lambda: next(told), "other:9121": leaving}
    found = await watched(tmp_path, redis(), pages, scrapes=10, interval=60)
    assert found.unanswered == set()
    assert {name for name, _ in found.firing} == {"RedisDown", "RedisUnwatched"}
