"""`vedette up` tells of the machine it runs on, where nobody else does."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest
from tests.panels import queries
from tests.real import free_port
from tests.started import until, up

from vedette.build import build, write
from vedette.catalog import Pack, Service, Stack
from vedette.cli.machine import stand_ins
from vedette.packs import host
from vedette.server.watch import Built, Watch

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it is read from /proc")

STACK = """\
from dataclasses import replace

from examples.machine.observability import stack as machines

here = replace(
    machines.environment("local"),
    targets={{"node": ["localhost:{port}"]}},
    scrape_interval="1s",
    scrape_timeout="1s",
    evaluation_interval="1s",
)
stack = replace(machines, environments=[here, machines.environment("production")])
"""


def _use_the_disk(folder: Path) -> None:
    """One write and one read that reach it, so that there is a time of one operation."""
    path = folder / "block"
    path.write_bytes(os.urandom(1 << 20))
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        file.read()


def _pressure_is_told() -> bool:
    return os.path.exists("/proc/pressure/cpu")  # noqa: PTH110 - reading it is what tells


def test_every_panel_and_recording_of_the_host_pack_fills_with_no_exporter_installed(tmp_path: Path) -> None:
    (tmp_path / "machines.py").write_text(STACK.format(port=free_port()))
    (tmp_path / "pyproject.toml").write_text('[tool.vedette]\nstack = "machines:stack"\n')
    with up(tmp_path) as running:
        running.has_data()
        board: dict[str, Any] = running.api("/api/vedette/dashboards/machine-host")
        asked = [*queries(board), *((one.name, one.name) for one in host().recordings)]
        assert len(asked) > 30

        def silent() -> list[str]:
            _use_the_disk(tmp_path)
            found = [f"{title}: {query}" for title, query in asked if not running.query(query)]
            return [one for one in found if _pressure_is_told() or "pressure" not in one]

        until(lambda: not silent(), 60, "every panel has data")
        assert "this machine is told of without an exporter" in until(running.said, 5)
        series = running.query("node_uname_info")[0]["metric"]
        assert series["nodename"] == os.uname().nodename
        assert series["job"] == "node"


def _watch(folder: Path, *services: Service) -> Watch:
    write(build(Stack(name="places", services=services)), folder)
    return Watch(Built.read(folder), None, start=0, rng=None)  # type: ignore[arg-type]  # nothing is delivered


def test_it_stands_in_for_this_machine_and_for_no_other(tmp_path: Path) -> None:
    """Another machine, and a service that does more than be a machine, are down when nobody answers."""
    watch = _watch(
        tmp_path,
        Service("node", ["localhost:9100", "127.0.0.1:9101", "web1.example:9100"], packs=[host]),
        Service("more", ["localhost:8000"], packs=[host, Pack("more")]),
        Service("other", ["localhost:8001"], packs=[Pack("other")]),
    )
    found = stand_ins(watch)
    assert set(found) == {"http://localhost:9100/metrics", "http://127.0.0.1:9101/metrics"}
    page = found["http://localhost:9100/metrics"]()
    assert b"\nnode_load1 " in page
    assert b"process_" not in page
    watch.close()
