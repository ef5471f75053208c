"""The commands that run beside the watch."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from vedette.cli.services import read, running
from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Said = asyncio.Queue[tuple[str, str]]


def into(said: Said) -> tuple[Callable[[str, str], None], Callable[[str, int], None]]:
    """What is called with a line, and with the exit code of a command that has ended."""
    return (
        lambda name, line: said.put_nowait((name, line)),
        lambda name, code: said.put_nowait((name, f"ended with exit code {code}")),
    )


async def gone(pid: int) -> bool:
    """Whether a process ends within some seconds."""
    for _ in range(100):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        await asyncio.sleep(0.05)
    return False


async def test_what_a_command_prints_is_shown_under_its_name_and_it_is_stopped_with_the_block(tmp_path: Path) -> None:
    said: Said = asyncio.Queue()
    program = tmp_path / "beacon.py"
    program.write_text("import os, time; print('up', os.getpid()); time.sleep(600)")
    async with running(read(["python -m beacon"]), tmp_path, *into(said)):
        name, line = await asyncio.wait_for(said.get(), 20)
        assert (name, line.split()[0]) == ("beacon", "up")
    with pytest.raises(ProcessLookupError):
        os.kill(int(line.split()[1]), 0)
    assert said.empty()


async def test_a_command_that_ends_is_reported_and_nothing_else_stops(tmp_path: Path) -> None:
    said: Said = asyncio.Queue()
    commands = read([f"{sys.executable} -c 'raise SystemExit(3)'"])
    async with running(commands, tmp_path, *into(said)):
        assert (await asyncio.wait_for(said.get(), 20))[1] == "ended with exit code 3"


async def test_a_command_that_will_not_end_and_its_children_are_killed(tmp_path: Path) -> None:
    said: Said = asyncio.Queue()
    (tmp_path / "stubborn.py").write_text(
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = os.fork()\n"
        "if child: print(os.getpid(), child, flush=True)\n"
        "time.sleep(600)\n"
    )
    async with running(read(["python -m stubborn"]), tmp_path, *into(said)):
        _, line = await asyncio.wait_for(said.get(), 20)
    for pid in line.split():
        assert await gone(int(pid))


async def test_a_line_too_long_is_left_out_and_the_next_is_shown(tmp_path: Path) -> None:
    said: Said = asyncio.Queue()
    (tmp_path / "chatter.py").write_text("print('x' * 3_000_000); print('after')")
    async with running(read(["python -m chatter"]), tmp_path, *into(said)):
        lines = []
        while not lines or not lines[-1].startswith("ended"):
            lines.append((await asyncio.wait_for(said.get(), 20))[1])
    assert lines[0] == "(a line of more than 1 MiB was left out)"
    assert "after" in lines


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends a child with its parent")
async def test_a_service_ends_when_the_watch_is_killed(tmp_path: Path) -> None:
    (tmp_path / "watch.py").write_text(
        "import asyncio, pathlib, sys\n"
        "from vedette.cli.services import read, running\n"
        "async def main():\n"
        "    say = lambda *line: print(*line, flush=True)\n"
        "    async with running(read(['python -m beacon']), pathlib.Path('.'), say, say):\n"
        "        await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    (tmp_path / "beacon.py").write_text("import os, time; print(os.getpid(), flush=True); time.sleep(600)")
    watch = await asyncio.create_subprocess_exec(
        sys.executable, "watch.py", cwd=tmp_path, stdout=asyncio.subprocess.PIPE
    )
    assert watch.stdout is not None
    line = await asyncio.wait_for(watch.stdout.readline(), 20)
    watch.send_signal(signal.SIGKILL)
    await watch.wait()
    assert await gone(int(line.split()[1]))


async def test_a_program_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no such program: 'nowhere-to-be-found'"):
        async with running(read(["nowhere-to-be-found --now"]), tmp_path, *into(asyncio.Queue())):
            pass


async def test_a_program_that_cannot_be_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be run: Permission denied"):
        async with running(read([str(tmp_path)]), tmp_path, *into(asyncio.Queue())):
            pass


@pytest.mark.parametrize(
    ("line", "says"),
    [("uvicorn 'main", "No closing quotation"), ("  ", "an entry is empty"), ("", "an entry is empty")],
)
def test_a_line_that_is_no_command_is_refused(line: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        read([line])
