"""The web server of the page: uvicorn, on a socket that listens already, ended by whoever began it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from starlette.applications import Starlette

__all__ = ["PageServer", "page_server"]


def page_server(application: Starlette) -> PageServer:
    """The server of an application; it serves until ``should_exit``."""
    return PageServer(
        uvicorn.Config(
            application,
            lifespan="off",
            ws="none",
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=2,
        )
    )


class PageServer(uvicorn.Server):
    """uvicorn, but the signals are ours, and a page that listens for news does not hold up the end."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none: uvicorn would raise them again before the services are stopped."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Hang up, then end."""
        for connection in list(self.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None:
                transport.close()
        await super().shutdown(sockets)
