"""``vedette up``: build the stack, start what runs beside it, then watch until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.build import write
from vedette.build.project import find
from vedette.cli.build import choose, summary
from vedette.cli.lock import held
from vedette.cli.port import listen
from vedette.cli.services import read, running
from vedette.cli.terminal import Terminal

if TYPE_CHECKING:
    import socket

    from vedette.cli.services import Command

__all__ = ["Serving", "up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What to watch and where to show it."""

    folder: Path
    """The built files."""
    state: Path
    """Where data and secrets live."""
    listener: socket.socket
    url: str
    commands: tuple[Command, ...]
    """What is started beside the watch."""
    open_page: bool
    checked: tuple[str, ...] | None
    """The arguments of `vedette check` for what is watched; None where that is no stack."""
    began: float
    """When the command began, by ``time.perf_counter``."""


def up(
    stack: str | None, environment: str | None, *, port: int, services: bool, built: Path | None, open_page: bool
) -> None:
    """Run until Ctrl-C.

    Raises:
        ConfigError: the stack, a built file, the port or the lock is in the way; the message says what to do.
        DeclarationError: something declared cannot be built.
    """
    began = time.perf_counter()
    terminal = Terminal()
    project = find(Path.cwd())
    with held(project.state) as tell, listen(port) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        tell(url)
        if built is None:
            terminal.doing("building …")
            choice = choose(project, stack, environment).here(url, project.state / "secrets")
            files = choice.files()
            write(files, project.state / "build")
            for note in choice.notes():
                terminal.warn(str(note))
            terminal.done(f"built {summary(files)} in {time.perf_counter() - began:.1f} s")
        serving = Serving(
            folder=project.state / "build" if built is None else built,
            state=project.state,
            listener=listener,
            url=url,
            commands=read(project.run) if services and built is None else (),
            open_page=open_page,
            checked=_checked(stack, environment) if built is None else None,
            began=began,
        )
        with _runner() as runner:
            runner.run(_watch(serving, project.root, terminal))
    terminal.doing("stopped")


def _checked(stack: str | None, environment: str | None) -> tuple[str, ...]:
    given = {"--stack": stack, "--environment": environment}
    return tuple(f"{name}={value}" for name, value in given.items() if value)


def _runner() -> asyncio.Runner:
    """On uvloop, where that exists."""
    try:
        import uvloop  # noqa: PLC0415 - may be missing
    except ImportError:
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


async def _watch(serving: Serving, root: Path, terminal: Terminal) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    ended: list[str] = []

    def tell(name: str, code: int) -> None:
        ended.append(name)
        another = "; if its target is up all the same, another program answers there: the data is not its own"
        terminal.warn(f"{name} ended with exit code {code}{another if code else ''}")

    async with AsyncExitStack() as stack:
        if serving.commands:
            terminal.doing(f"starting {', '.join(name for name, _ in serving.commands)} …")
            await stack.enter_async_context(running(serving.commands, root, terminal.quote, tell))
        # what takes longest to load is loaded while the services start
        from vedette.cli.serve import serve  # noqa: PLC0415

        await serve(serving, stop, terminal, ended)
        terminal.ending("stopping …")
