"""``vedette up``: build the stack, then watch it and serve the page until Ctrl-C."""

from __future__ import annotations

import asyncio
import random
import signal
import time
import webbrowser
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from rich.console import Console

from vedette.build import write
from vedette.cli.build import choose, summary
from vedette.cli.lock import held
from vedette.cli.port import listen
from vedette.cli.project import Project, find
from vedette.cli.secrets import fill
from vedette.cli.services import running
from vedette.server.app import application
from vedette.server.drive import Driver
from vedette.server.watch import Built, Watch

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

__all__ = ["up"]

console = Console(highlight=False)


def up(
    stack: str | None, environment: str | None, *, port: int, services: bool, built: Path | None, open_page: bool
) -> None:
    """Run until Ctrl-C.

    Raises:
        ConfigError: the stack, a built file, the port or the lock is in the way; the message says what to do.
    """
    project = find(Path.cwd())
    url = f"http://127.0.0.1:{port}"
    with held(project.state, url):
        listener = listen(port)
        began = time.perf_counter()
        if built is None:
            folder = project.state / "build"
            files = choose(project, stack, environment).here(url, project.state / "secrets").files()
            write(files, folder)
            console.print(f"[green]✓[/] built {summary(files)} in {time.perf_counter() - began:.1f} s")
        else:
            folder = built
        found = Built.read(folder)
        for name in fill(found.description.secrets, project.state / "secrets"):
            console.print(f"[yellow]![/] {name} is not set in the environment; what needs it cannot be delivered")
        watch = Watch(found, project.state / "data", start=_now(), rng=random.SystemRandom())
        for problem in watch.problems:
            console.print(f"[yellow]![/] {problem}")
        commands = project.run if services and built is None else ()
        asyncio.run(_serve(watch, listener, project, commands, url, open_page=open_page))
    console.print("\n[dim]stopped[/]")


async def _serve(
    watch: Watch, listener: socket.socket, project: Project, commands: tuple[str, ...], url: str, *, open_page: bool
) -> None:
    driver = Driver(watch, _now)
    config = uvicorn.Config(
        application(watch, _now, driver.wake),
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(commands, project.root, _say))
        driving = asyncio.create_task(driver.run())
        targets = len(watch.collector.targets())
        rules = sum(len(group.rules) for group in watch.rules.groups())
        console.print(f"[green]✓[/] watching {targets} targets with {rules} rules")
        console.print(f"\n  [bold]{url}[/]   [dim]Ctrl-C stops everything[/]\n")
        if open_page:
            webbrowser.open(url)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, setattr, server, "should_exit", True)
        await server.serve(sockets=[listener])
        driver.stop()
        await driving
    watch.close()


class _Server(uvicorn.Server):
    """uvicorn, leaving the signals to us: it would raise them again before the services are stopped."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def _say(name: str, line: str) -> None:
    console.print(f"[dim]{name:>8} │[/] {line}", markup=True)


def _now() -> int:
    return time.time_ns() // 1_000_000
