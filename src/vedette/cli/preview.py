"""``vedette preview``: the dashboards of a stack over made-up data, with nothing running."""

from __future__ import annotations

import asyncio
import signal
import tempfile
import time
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.build.project import find
from vedette.cli.build import choose
from vedette.cli.page_server import page_server
from vedette.cli.port import listen
from vedette.cli.terminal import Terminal
from vedette.server.app import application
from vedette.testing.preview import NOTICE, Preview

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable

__all__ = ["preview"]


def preview(stack: str | None, environment: str | None, *, port: int, pictures: Path | None, open_page: bool) -> None:
    """Show until Ctrl-C, or until the pictures are made.

    Raises:
        ConfigError: the stack cannot be found, the port is taken, or there is no browser for the pictures.
        DeclarationError: something declared cannot be built.
    """
    began = time.perf_counter()
    terminal = Terminal()
    work = None
    if pictures is not None:
        from vedette.cli.pictures import browser, take  # noqa: PLC0415 - only pictures need a browser

        path = browser()
        pictures.mkdir(parents=True, exist_ok=True)

        async def work(shown: Preview, url: str) -> None:
            async for made in take(path, url, list(shown.watch.built.dashboards), pictures):
                terminal.done(str(made))

    choice = choose(find(Path.cwd()), stack, environment)
    with listen(port, "preview") as listener, tempfile.TemporaryDirectory() as folder:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        terminal.doing("making data up …")
        shown = Preview(choice.stack, choice.environment, Path(folder), moment=_now(), url=url)
        try:
            boards, series = len(shown.watch.built.dashboards), shown.watch.head.stats().series
            terminal.done(f"{boards} dashboards over {series:,} series in {time.perf_counter() - began:.1f} s")
            terminal.warn(NOTICE)
            if work is None:
                terminal.heading(url, "Ctrl-C stops it")
                if open_page:
                    webbrowser.open(url)
            asyncio.run(_show(shown, listener, url, work))
        finally:
            shown.close()
    terminal.doing("stopped")


async def _show(
    shown: Preview, listener: socket.socket, url: str, work: Callable[[Preview, str], Awaitable[None]] | None
) -> None:
    """Serve the page until the work is done, or a signal comes where there is none."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = page_server(application(shown.watch, _now, lambda: None, notice=NOTICE))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    moving = asyncio.create_task(_move(shown))
    stopping = asyncio.create_task(stop.wait())
    waiting = {serving, moving, stopping}
    if work is not None:
        waiting.add(asyncio.ensure_future(work(shown, url)))
    done, left = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    for task in left - {serving}:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    for task in done:
        task.result()


async def _move(shown: Preview) -> None:
    """Time goes on while somebody looks."""
    while True:
        await asyncio.sleep(1)
        shown.step(_now())


def _now() -> int:
    return time.time_ns() // 1_000_000
