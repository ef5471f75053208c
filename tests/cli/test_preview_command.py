"""`vedette preview` as a command: it serves the page, leaves nothing behind, and takes pictures where it can."""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.browser.conftest import chromium
from tests.real import free_port
from tests.started import ROOT, get, until, vedette

if TYPE_CHECKING:
    from collections.abc import Mapping

STACK = "examples.machine.observability:stack"


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_it_serves_the_page_until_ctrl_c_and_leaves_nothing_behind(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "vedette.cli", "preview", "--stack", STACK, "--port", str(port)]
    with subprocess.Popen(command, cwd=tmp_path, env=_environment(), stdout=subprocess.PIPE, text=True) as process:
        try:
            overview = until(lambda: json.loads(get(f"{url}/api/vedette/overview")[1]), 60, "the page")
            assert "Made-up data" in overview["notice"]
            assert overview["services"][0]["state"] == "up"
            query = f"{url}/api/v1/query?query=job_instance:node_cpu_seconds:busy_ratio"
            assert json.loads(get(query)[1])["data"]["result"]
        finally:
            process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Made-up data: this is a preview" in said
    assert _files(tmp_path) == set()


def test_without_a_browser_it_says_so_before_it_does_anything(tmp_path: Path) -> None:
    ran = vedette(tmp_path, "preview", "--stack", STACK, "--pictures", "pictures", PATH=str(tmp_path))
    assert ran.code == 1
    assert "--pictures needs Chromium or Chrome, and there is none on PATH" in ran.error
    assert _files(tmp_path) == set()


def test_a_port_that_is_taken_is_told_with_the_command_to_type(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = vedette(tmp_path, "preview", "--stack", STACK, "--port", str(port))
    assert ran.code == 1
    assert f"vedette preview --port {port + 1}" in ran.error


@pytest.mark.browser
def test_it_takes_a_picture_of_each_dashboard_light_and_dark(tmp_path: Path) -> None:
    where = Path(chromium()).parent
    port = str(free_port())
    ran = vedette(
        tmp_path, "preview", "--stack", STACK, "--port", port, "--pictures", "pictures", seconds=110, PATH=str(where)
    )
    assert ran.code == 0, ran.error
    taken = {path.name: path.read_bytes() for path in (tmp_path / "pictures").iterdir()}
    assert {"machine-host-light.png", "machine-host-dark.png"} <= set(taken)
    sizes = {name: struct.unpack(">II", data[16:24]) for name, data in taken.items()}
    assert {width for width, _ in sizes.values()} == {1440}
    assert sizes["machine-host-light.png"][1] > 3000, "the whole of it, not what fits on a screen"
    assert taken["machine-host-light.png"] != taken["machine-host-dark.png"]


def _environment() -> Mapping[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}
