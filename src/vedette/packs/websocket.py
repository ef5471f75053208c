"""WebSocket connections of the library websockets, server and client.

Those of an ASGI application are told by the http pack, by route; where its server uses this library, here, too.
"""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.instruments.metrics import Counter, Gauge, Histogram
from vedette.packs._websocket_panels import panels

__all__ = [
    "closed",
    "connection_duration",
    "connections",
    "handshake_errors",
    "message_bytes",
    "messages",
    "opened",
    "websocket",
]

_SIDE = ["client", "server"]
_DIRECTION = ["received", "sent"]
# From a moment to a day.
_SECONDS = (0.1, 1.0, 10.0, 60.0, 300.0, 1800.0, 3600.0, 21600.0, 86400.0)

connections = Gauge("websocket_connections", help="WebSocket connections that are open now.", labels={"side": _SIDE})
opened = Counter(
    "websocket_connections_opened_total", help="WebSocket connections that were opened.", labels={"side": _SIDE}
)
closed = Counter(
    "websocket_connections_closed_total",
    help="WebSocket connections that have ended, by the code the other side gave; 1006: it gave none.",
    labels={"side": _SIDE, "code": None},
    max_series=200,  # the other side may give any of two thousand
)
connection_duration = Histogram(
    "websocket_connection_duration_seconds",
    help="Time that a WebSocket connection was open.",
    labels={"side": _SIDE},
    buckets=_SECONDS,
)
handshake_errors = Counter(
    "websocket_handshake_errors_total",
    help="WebSocket connections that never came to be, by class of error.",
    labels={"side": _SIDE, "error_type": None},
)
messages = Counter(
    "websocket_messages_total",
    help="Messages that WebSocket connections have carried.",
    labels={"side": _SIDE, "direction": _DIRECTION},
)
message_bytes = Counter(
    "websocket_message_bytes_total",
    help="Bytes of the messages that WebSocket connections have carried, before compression.",
    labels={"side": _SIDE, "direction": _DIRECTION},
)


@catalog.parametric
def websocket() -> catalog.Pack:
    """WebSocket connections: how many, how long, what they carry and why they end."""
    return catalog.Pack(
        "websocket",
        title="WebSockets",
        metrics=[
            connections,
            opened,
            closed,
            connection_duration,
            handshake_errors,
            messages,
            message_bytes,
        ],
        panels=panels(),
        dashboard=catalog.Dashboard(
            description="Are the clients connected, do messages flow, and why do connections end?", tags=["websocket"]
        ),
    )
