"""websockets: connections, their messages and how they end, server and client, asyncio, trio and threads alike.

All of them share one protocol without input and output of its own, `websockets.protocol.Protocol`; that is what is
measured. ``websocket_connections`` and its kin tell ``side``, which is ``server`` or ``client``, and never an address
or a path. Fragments of a message are counted as one. The old `websockets.legacy` is not measured.
"""

from __future__ import annotations

import os
import weakref
from functools import wraps
from typing import TYPE_CHECKING, Any

from vedette.instruments import clock, guard
from vedette.instruments.metrics.measure import error_type
from vedette.packs.websocket import (
    closed,
    connection_duration,
    connections,
    handshake_errors,
    message_bytes,
    messages,
    opened,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.integrations.patch import Patches

    Make = Callable[[Callable[..., Any]], Callable[..., Any]]

__all__ = ["patch"]

# https://datatracker.ietf.org/doc/html/rfc6455#section-7.4.1: nothing was heard of the other side
_ABNORMAL = "1006"
_measuring = guard.shield("measuring a WebSocket connection")


class _Open:
    """One open connection."""

    __slots__ = ("began", "protocol", "side")

    def __init__(self, protocol: Any, side: str) -> None:
        number = id(protocol)
        self.began = clock.perf()
        self.side = side
        # one may be dropped without having been closed, such as with its event loop
        self.protocol = weakref.ref(protocol, lambda _: _ended(number, _ABNORMAL))


_open: dict[int, _Open] = {}

if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_open.clear)  # they are told by the parent


def patch(patches: Patches) -> None:
    """Measure every connection of the library."""
    patches.also_undo(_forget_all)

    def patch_protocol() -> None:
        from websockets import frames, protocol  # noqa: PLC0415 - it has just been imported by the application

        kinds = (frames.Opcode.TEXT, frames.Opcode.BINARY, frames.Opcode.CONT)
        patches.replace(protocol.Protocol, "state", _state(patches, protocol))
        patches.replace(protocol.Protocol, "recv_frame", _frame(patches, kinds, protocol.Side.SERVER, "received"))
        patches.replace(protocol.Protocol, "send_frame", _frame(patches, kinds, protocol.Side.SERVER, "sent"))

    patches.when_imported("websockets.protocol", patch_protocol)


def _state(patches: Patches, module: Any) -> Callable[[Any], Any]:
    def make(original: Any) -> Any:
        def become(self: Any, state: Any) -> None:
            original.fset(self, state)
            with _measuring:
                if patches.active and (state is module.State.OPEN or state is module.State.CLOSED):
                    side = "server" if self.side is module.Side.SERVER else "client"
                    if state is module.State.OPEN:
                        _begun(self, side)
                    elif id(self) in _open:
                        _ended(id(self), str(int(self.close_code)))
                    elif getattr(self, "handshake_exc", None) is not None:
                        handshake_errors.inc(side, error_type(self.handshake_exc))

        return property(original.fget, wraps(original.fset)(become), original.fdel, original.__doc__)

    return make


def _begun(protocol: Any, side: str) -> None:
    _open[id(protocol)] = _Open(protocol, side)
    opened.inc(side)
    connections.inc(side)


def _ended(number: int, code: str) -> None:
    with _measuring:
        connection = _open.pop(number, None)
        if connection is not None:
            connections.dec(connection.side)
            closed.inc(connection.side, code)
            connection_duration.observe(max(0.0, clock.perf() - connection.began), connection.side)


def _forget_all() -> None:
    """Nobody tells any more how those end that are open now."""
    while _open:
        connections.dec(_open.popitem()[1].side)


def _frame(patches: Patches, kinds: tuple[Any, Any, Any], server: Any, direction: str) -> Make:
    text, binary, continued = kinds

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def frame(self: Any, frame: Any) -> Any:
            answer = original(self, frame)
            kind = frame.opcode
            if (kind is text or kind is binary or kind is continued) and patches.active:
                with _measuring:
                    side = "server" if self.side is server else "client"
                    if frame.fin:
                        messages.inc(side, direction)
                    message_bytes.inc(side, direction, amount=len(frame.data))
            return answer

        return frame

    return make
