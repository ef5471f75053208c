"""The panels of the websocket pack: from how many are connected down to why connections end."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_OF = '{side=~"$side"}'
_OPEN = "job_side:websocket_connections:sum"
_LEFT = "job_side:websocket_connections:left_ratio"
_MESSAGES = "job_side_direction:websocket_messages:rate5m"
_LIFETIME = "job_side:websocket_connection_duration_seconds:p50_5m"

_Items = list[catalog.Panel | catalog.Row | catalog.Text]
_Lines = dict[float, catalog.Severity]


def panels(
    *,
    fall_to: float,
    handshakes_failed_high: float,
    error_ratio_high: float,
    broken_ratio_high: float,
    lifetime_low: float,
    connections_high: float,
) -> _Items:
    many: _Lines = {connections_high: "medium"}
    fallen: _Lines = {fall_to: "high"}
    failing: _Lines = {handshakes_failed_high: "high"}
    return [
        *_now(many, fallen, failing),
        *_connections(many, fallen, failing),
        *_ends({error_ratio_high: "high"}, {broken_ratio_high: "medium"}, {lifetime_low: "medium"}),
        *_messages(),
    ]


def _now(many: _Lines, fallen: _Lines, failing: _Lines) -> _Items:
    return [
        catalog.Panel(
            "Connected now",
            _OPEN,
            kind="stat",
            unit="count",
            legend="{{job}} {{side}}",
            description="WebSocket connections that are open now. It follows the hour of the day.",
            thresholds=many,
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Left of a quarter of an hour ago",
            f"{_LEFT}{_OF}",
            kind="gauge",
            unit="ratio",
            legend="{{job}} {{side}}",
            description="Near 100 % where all is well. Empty where there are few connections.",
            thresholds=fallen,
            below=True,
            minimum=0,
            maximum=1,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Handshakes that fail now",
            "job_side:websocket_failed_handshakes:ratio_rate5m",
            kind="stat",
            unit="ratio",
            legend="{{job}} {{side}}",
            description="Share of the attempts to connect. A little is scanners and old clients.",
            thresholds=failing,
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Messages now",
            f"sum by (job, side) ({_MESSAGES}{_OF})",
            kind="stat",
            unit="messages/s",
            legend="{{job}} {{side}}",
            description="Messages per second in both directions together. Zero with open connections is wrong.",
            width=6,
            height=4,
        ),
    ]


def _connections(many: _Lines, fallen: _Lines, failing: _Lines) -> _Items:
    return [
        catalog.Row("Connections"),
        catalog.Panel(
            "Open connections",
            f"{_OPEN}{_OF}",
            unit="count",
            legend="{{job}} {{side}}",
            description="WebSocket connections that are open. A fall to zero: everybody was disconnected at once.",
            thresholds=many,
            minimum=0,
        ),
        catalog.Panel(
            "Connections that are left",
            f"{_LEFT}{_OF}",
            unit="ratio",
            legend="{{job}} {{side}}",
            description="As a share of the most of the last quarter of an hour. A notch is a restart that clients came"
            " back from; one that stays low means that they cannot.",
            thresholds=fallen,
            below=True,
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Opened and ended",
            [
                catalog.Query(
                    f"sum by (job, side) (rate(websocket_connections_opened_total{_OF}[5m]))", "{{job}} {{side}} opened"
                ),
                catalog.Query(f"job_side:websocket_closes:rate5m{_OF}", "{{job}} {{side}} ended"),
            ],
            unit="events/s",
            description="Connections per second. Both high: clients connect again and again.",
            minimum=0,
        ),
        catalog.Panel(
            "Failed handshakes",
            f"job_side:websocket_failed_handshakes:ratio_rate5m{_OF}",
            unit="ratio",
            legend="{{job}} {{side}}",
            description="Share of the attempts that failed. All of them: a proxy or the login is in the way.",
            thresholds=failing,
            minimum=0,
        ),
        catalog.Panel(
            "Handshakes that failed",
            f"sum by (job, side, error_type) (60 * rate(websocket_handshake_errors_total{_OF}[5m]))",
            unit="events/min",
            legend="{{job}} {{side}} {{error_type}}",
            description="Connections per minute that never came to be, by class of error. Few of an InvalidUpgrade are"
            " somebody who is no WebSocket client.",
            minimum=0,
        ),
        catalog.Panel(
            "Attempts to connect",
            f"job_side:websocket_handshakes:rate5m{_OF}",
            unit="events/s",
            legend="{{job}} {{side}}",
            description="Per second, failed ones too. A wave after a restart is normal, if it ebbs away.",
            minimum=0,
        ),
    ]


def _ends(wrong: _Lines, broken: _Lines, short: _Lines) -> _Items:
    return [
        catalog.Row("Ends"),
        catalog.Panel(
            "Ends in error",
            f"job_side:websocket_error_closes:ratio_rate5m{_OF}",
            unit="ratio",
            legend="{{job}} {{side}}",
            description="Share of the ends with the code of an error: 1002 to 1014, but for 1006 and 1012.",
            thresholds=wrong,
            minimum=0,
        ),
        catalog.Panel(
            "Ends without a word",
            f"job_side:websocket_broken_closes:ratio_rate5m{_OF}",
            unit="ratio",
            legend="{{job}} {{side}}",
            description="Share of the ends with 1006. Telephones make a steady share; a step upwards is the network or"
            " a proxy.",
            thresholds=broken,
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Ends by code",
            f"sum by (job, side, code) (rate(websocket_connections_closed_total{_OF}[5m]))",
            unit="events/s",
            legend="{{job}} {{side}} {{code}}",
            description="1000 and 1001 are a normal end; 1006: the connection broke; 1011: one side failed.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Median lifetime",
            f"{_LIFETIME}{_OF}",
            unit="seconds",
            legend="{{job}} {{side}}",
            description="Half of the connections that ended were open for longer. Seconds, where it was hours, is a"
            " loop of connecting and being refused.",
            thresholds=short,
            below=True,
            minimum=0,
        ),
    ]


def _messages() -> _Items:
    return [
        catalog.Row("Messages"),
        catalog.Panel(
            "Messages by direction",
            f"{_MESSAGES}{_OF}",
            unit="messages/s",
            legend="{{job}} {{side}} {{direction}}",
            description="Messages per second. One direction at zero: who should speak has nothing to say, or hangs.",
            minimum=0,
        ),
        catalog.Panel(
            "Bytes by direction",
            f"sum by (job, side, direction) (rate(websocket_message_bytes_total{_OF}[5m]))",
            unit="bytes/s",
            legend="{{job}} {{side}} {{direction}}",
            description="Bytes of messages per second, before compression. A rise without more messages: larger ones.",
            minimum=0,
        ),
    ]
