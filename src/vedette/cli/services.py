"""The commands of ``[tool.vedette] run``: started beside the watch, their output shown, stopped with it."""

from __future__ import annotations

import asyncio
import ctypes
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

__all__ = ["Command", "read", "running"]

Command = tuple[str, tuple[str, ...]]
"""A short name, and the program with its arguments."""

PATIENCE = 3
"""Seconds between asking a command to end and ending it."""

LONGEST_LINE = 1 << 20
"""Bytes; a longer line is left out."""

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def read(lines: Sequence[str]) -> tuple[Command, ...]:
    """The commands of some command lines; shell syntax beyond quotes is not known.

    Raises:
        ConfigError: a line is empty or has an open quote.
    """
    return tuple((_name(words), words) for words in map(_words, lines))


def _words(line: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(line))
    except ValueError as error:
        raise ConfigError(f"[tool.vedette] run: {line!r} is no command line: {error}") from None
    if not words:
        raise ConfigError("[tool.vedette] run: an entry is empty; every entry is one command line")
    return words


def _name(words: Sequence[str]) -> str:
    """``python -m examples.shop.inbox`` → ``inbox``; ``uvicorn shop.main:app`` → ``uvicorn``."""
    return words[words.index("-m") + 1].rsplit(".", 1)[-1] if "-m" in words[:-1] else Path(words[0]).name


@asynccontextmanager
async def running(
    commands: Sequence[Command], folder: Path, say: Callable[[str, str], None], ended: Callable[[str, int], None]
) -> AsyncIterator[None]:
    """Run the commands in ``folder`` until the block ends; ``say(name, line)`` is given what they print.

    Programs beside our own interpreter are found first, so that a virtual environment need not be active. A command
    that ends by itself is told to ``ended(name, code)``; the watch goes on, because a service that is down is what it
    is there to see. On Linux they also end when this process is killed.

    Raises:
        ConfigError: a command's program does not exist or cannot be run.
    """
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"}
    environment.setdefault("PYTHONUNBUFFERED", "1")
    end_with_us = _end_with_parent()
    processes: list[asyncio.subprocess.Process] = []
    readers: list[asyncio.Task[None]] = []
    stopping = asyncio.Event()
    try:
        for name, words in commands:
            try:
                process = await asyncio.create_subprocess_exec(
                    *words,
                    cwd=folder,
                    env=environment,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=end_with_us,
                    limit=LONGEST_LINE,
                )
            except FileNotFoundError as error:
                raise ConfigError(
                    f"[tool.vedette] run: no such program: {words[0]!r} (of {shlex.join(words)!r})"
                ) from error
            except OSError as error:
                raise ConfigError(f"[tool.vedette] run: {words[0]!r} cannot be run: {error.strerror}") from error
            processes.append(process)
            readers.append(asyncio.create_task(_report(process, name, say, ended, stopping)))
        yield
    finally:
        stopping.set()
        await asyncio.gather(*(_stop(process) for process in processes))
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)


def _end_with_parent() -> Callable[[], None] | None:
    """What a child does before it becomes its program, so that not even SIGKILL leaves it behind."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl  # found before the fork: only the call itself is safe after it
    return lambda: prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))


async def _report(
    process: asyncio.subprocess.Process,
    name: str,
    say: Callable[[str, str], None],
    ended: Callable[[str, int], None],
    stopping: asyncio.Event,
) -> None:
    assert process.stdout is not None
    while True:
        try:
            line = await process.stdout.readline()
        except ValueError:
            say(name, f"(a line of more than {LONGEST_LINE >> 20} MiB was left out)")
            continue
        if not line:
            break
        say(name, line.decode(errors="replace").rstrip())
    code = await process.wait()
    if not stopping.is_set():
        _signal(process, signal.SIGKILL)  # whoever of its group it left behind
        ended(name, code)


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Ask the whole process group to end, and end it when it takes too long."""
    if process.returncode is None:
        _signal(process, signal.SIGTERM)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), PATIENCE)
        _signal(process, signal.SIGKILL)  # whoever of the group is still there
        await process.wait()


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
