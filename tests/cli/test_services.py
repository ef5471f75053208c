"""The commands that run beside the watch."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import pytest

from vedette.cli.services import running
from vedette.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


async def test_what_a_command_prints_is_shown_under_its_name_and_it_is_stopped_with_the_block(tmp_path: Path) -> None:
    said: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    program = tmp_path / "beacon.py"
    program.write_text("import os, time; print('up', os.getpid()); time.sleep(600)")
    async with running(["python -m beacon"], tmp_path, lambda *line: said.put_nowait(line)):
        name, line = await asyncio.wait_for(said.get(), 20)
        assert (name, line.split()[0]) == ("beacon", "up")
    with pytest.raises(ProcessLookupError):
        __import__("os").kill(int(line.split()[1]), 0)


async def test_a_command_that_ends_is_reported_and_nothing_else_stops(tmp_path: Path) -> None:
    said: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    async with running([f"{sys.executable} -c 'raise SystemExit(3)'"], tmp_path, lambda *line: said.put_nowait(line)):
        assert (await asyncio.wait_for(said.get(), 20))[1] == "ended with exit code 3"


async def test_a_program_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no such program: 'nowhere-to-be-found'"):
        async with running(["nowhere-to-be-found --now"], tmp_path, lambda *_: None):
            pass
