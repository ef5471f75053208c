"""The demo shop watched under a simulated clock, and a real server over it that a browser can visit."""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

import uvicorn
from examples.shop.simulated import SimulatedShop

from vedette.server.app import application

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from examples.shop.faults import Fault

__all__ = ["Stage"]

PEAK = 0.5
"""Visits per second at the height of the evening: enough for smooth lines, few enough to be simulated in seconds."""


class Stage:
    """A watched shop behind a server; use it in a ``with`` block. Its time stands still but for `run`.

    Args:
        folder: where the build and the alerting state go.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Open the shop, not yet to browsers."""
        self._socket = self._open.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        # the shop has a thread of its own, and an event loop in it
        self._worker = self._open.enter_context(ThreadPoolExecutor(1, "shop"))
        self.shop = self._worker.submit(self._shop).result()
        self._open.callback(lambda: self._worker.submit(self.shop.__exit__).result())
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _shop(self) -> SimulatedShop:
        return SimulatedShop(self._folder, peak=PEAK, external_url=self.url)

    def run(self, minutes: float, fault: Fault | None = None) -> None:
        """Let time pass in the shop."""
        self._worker.submit(self.shop.run, minutes, fault).result()

    def within(self, action: Callable[[], object]) -> None:
        """Do something in the shop's own thread, at its time."""
        self._worker.submit(action).result()

    def serve(self) -> None:
        """Start the server; it answers when this returns, until the block ends."""
        app = application(self.shop.watch, lambda: self.shop.now, lambda: None)
        self._server = _Server(uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=asyncio.run, args=[self._server.serve(sockets=[self._socket])])
        thread.start()
        self._open.callback(self._close, thread)
        if not self._server.ready.wait(20):
            raise AssertionError("the server did not start within 20 seconds")

    def go_on(self, minutes: float, fault: Fault | None = None) -> None:
        """As `run` while the server runs, which waits meanwhile and so never sees half of it."""
        done = threading.Event()

        def hold() -> None:
            try:
                self.run(minutes, fault)
            finally:
                done.set()

        self._server.loop.call_soon_threadsafe(hold)
        done.wait()

    def _close(self, thread: threading.Thread) -> None:
        self._server.should_exit = True
        thread.join()


class _Server(uvicorn.Server):
    """Says when it is ready, and in which loop it runs."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.loop = asyncio.get_running_loop()
        self.ready.set()
