"""The panels of the websocket pack: from how many are connected down to why connections end."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]


def panels() -> list[catalog.Panel | catalog.Row | catalog.Text]:
    return [
        catalog.Panel(
            "Open connections",
            "sum by (job, side) (websocket_connections)",
            unit="count",
            legend="{{job}} {{side}}",
            description="WebSocket connections that are open now. A fall to zero: everybody was disconnected at once.",
            overview=True,
            minimum=0,
        ),
        catalog.Panel(
            "Opened and ended",
            [
                catalog.Query(
                    "sum by (job, side) (rate(websocket_connections_opened_total[5m]))", "{{job}} {{side}} opened"
                ),
                catalog.Query(
                    "sum by (job, side) (rate(websocket_connections_closed_total[5m]))", "{{job}} {{side}} ended"
                ),
            ],
            unit="events/s",
            description="Connections per second. Both high: clients connect again and again.",
            minimum=0,
        ),
        catalog.Panel(
            "Ends by code",
            "sum by (job, side, code) (rate(websocket_connections_closed_total[5m]))",
            unit="events/s",
            legend="{{job}} {{side}} {{code}}",
            description="1000 and 1001 are a normal end; 1006: the connection broke; 1011: the other side failed.",
            minimum=0,
        ),
        catalog.Panel(
            "Handshakes that failed",
            "sum by (job, side, error_type) (rate(websocket_handshake_errors_total[5m]))",
            unit="events/s",
            legend="{{job}} {{side}} {{error_type}}",
            description="Connections per second that never came to be.",
            minimum=0,
        ),
        catalog.Row("Messages"),
        catalog.Panel(
            "Messages by direction",
            "sum by (job, side, direction) (rate(websocket_messages_total[5m]))",
            unit="messages/s",
            legend="{{job}} {{side}} {{direction}}",
            description="Messages per second.",
            overview=True,
            minimum=0,
        ),
        catalog.Panel(
            "Bytes by direction",
            "sum by (job, side, direction) (rate(websocket_message_bytes_total[5m]))",
            unit="bytes/s",
            legend="{{job}} {{side}} {{direction}}",
            description="Bytes of messages per second, before compression.",
            minimum=0,
        ),
        catalog.Panel(
            "Median lifetime",
            "histogram_quantile(0.5, sum by (job, side, le) (rate(websocket_connection_duration_seconds_bucket[5m])))",
            unit="seconds",
            legend="{{job}} {{side}}",
            description="Half of the connections that ended were open for longer.",
            minimum=0,
        ),
    ]
