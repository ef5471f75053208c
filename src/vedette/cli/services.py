"""The commands of ``[tool.vedette] run``: started beside the watch, their output shown, stopped with it."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

__all__ = ["running"]


@asynccontextmanager
async def running(commands: Sequence[str], folder: Path, say: Callable[[str, str], None]) -> AsyncIterator[None]:
    """Run the commands in ``folder`` until the block ends; ``say(name, line)`` is given what they print.

    Programs beside our own interpreter are found first, so that a virtual environment need not be active. A command
    that ends by itself is reported; the watch goes on, because a service that is down is what it is there to see.

    Raises:
        ConfigError: a command's program does not exist.
    """
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"}
    environment.setdefault("PYTHONUNBUFFERED", "1")
    processes: list[asyncio.subprocess.Process] = []
    readers: list[asyncio.Task[None]] = []
    try:
        for command in commands:
            words = shlex.split(command)
            try:
                process = await asyncio.create_subprocess_exec(
                    *words,
                    cwd=folder,
                    env=environment,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.STDOUT,
                    start_new_session=True,
                )
            except FileNotFoundError as error:
                raise ConfigError(f"[tool.vedette] run: no such program: {words[0]!r} (of {command!r})") from error
            processes.append(process)
            readers.append(asyncio.create_task(_report(process, _name(words), say)))
        yield
    finally:
        await asyncio.gather(*(_stop(process) for process in processes))
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)


def _name(words: Sequence[str]) -> str:
    """``python -m examples.shop.inbox`` → ``inbox``; ``uvicorn shop.main:app`` → ``uvicorn``."""
    return words[words.index("-m") + 1].rsplit(".", 1)[-1] if "-m" in words[:-1] else Path(words[0]).name


async def _report(process: asyncio.subprocess.Process, name: str, say: Callable[[str, str], None]) -> None:
    assert process.stdout is not None
    while line := await process.stdout.readline():
        say(name, line.decode(errors="replace").rstrip())
    code = await process.wait()
    say(name, f"ended with exit code {code}")


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Ask the whole process group to end, and end it after three seconds."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), 3)
    except TimeoutError:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
