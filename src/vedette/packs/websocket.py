"""WebSocket connections of the library websockets, server and client.

Those of an ASGI application are told by the http pack, by route; where its server uses this library, here, too.
"""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero, check_ratio
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

_BY_SIDE = "job, side"
# https://www.iana.org/assignments/websocket/websocket.xhtml: one side says that something is wrong. Those from 3000 on
# are the application's own, and nobody but it knows what they mean.
_WRONG = 'code=~"1002|1003|1007|1008|1009|1010|1011|1013|1014"'
_BROKEN = 'code="1006"'

_OPEN = "job_side:websocket_connections:sum"
_LEFT = "job_side:websocket_connections:left_ratio"
_ENDS = "job_side:websocket_closes:rate5m"
_ENDS_WRONG = "job_side:websocket_error_closes:ratio_rate5m"
_ENDS_BROKEN = "job_side:websocket_broken_closes:ratio_rate5m"
_TRIES = "job_side:websocket_handshakes:rate5m"
_FAILED = "job_side:websocket_failed_handshakes:ratio_rate5m"
_LIFETIME = "job_side:websocket_connection_duration_seconds:p50_5m"
_MESSAGES = "job_side_direction:websocket_messages:rate5m"


@catalog.parametric
def websocket(
    *,
    fall_to: float = 0.5,
    fall_for: str = "2m",
    min_connections: float = 20,
    handshakes_failed_high: float = 0.1,
    handshakes_for: str = "5m",
    error_ratio_high: float = 0.05,
    error_for: str = "5m",
    broken_ratio_high: float = 0.5,
    broken_for: str = "10m",
    lifetime_low: float = 10,
    lifetime_for: str = "10m",
    min_rate: float = 0.05,
    connections_high: float = 10000,
    connections_for: str = "5m",
    silent_for: str = "10m",
    min_messages: float = 0.1,
) -> catalog.Pack:
    """WebSocket connections: how many, how long, what they carry and why they end.

    Args:
        fall_to: share of the connections of a quarter of an hour ago that are left after a sudden fall.
        fall_for: how long it must hold; clients that connect again at once are back before.
        min_connections: connections below which a fall says nothing.
        handshakes_failed_high: share of the attempts to connect that fail which is high.
        handshakes_for: how long it must hold.
        error_ratio_high: share of the connections that end with the code of an error, such as 1011, which is high.
        error_for: how long it must hold.
        broken_ratio_high: share of the connections that end without a word (1006) which is high; telephones do so.
        broken_for: how long it must hold.
        lifetime_low: seconds that half of the connections must last; below, clients connect again and again.
        lifetime_for: how long it must hold.
        min_rate: attempts or ends per second below which a share or a lifetime says nothing.
        connections_high: open connections that are more than the service was made for.
        connections_for: how long it must hold.
        silent_for: how long open connections may carry nothing after they did.
        min_messages: messages per second, on average of an hour, below which silence says nothing.
    """
    check_ratio(
        fall_to=fall_to,
        handshakes_failed_high=handshakes_failed_high,
        error_ratio_high=error_ratio_high,
        broken_ratio_high=broken_ratio_high,
    )
    check_above_zero(
        min_connections=min_connections,
        lifetime_low=lifetime_low,
        min_rate=min_rate,
        connections_high=connections_high,
        min_messages=min_messages,
    )
    enough = f"{_ENDS} > {min_rate:g}"
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
        recordings=_recordings(min_connections),
        alerts=[
            catalog.Alert(
                "WebSocketConnectionsFell",
                f"{_LEFT} < {fall_to:g}",
                for_=fall_for,
                severity="high",
                summary="{{ $value | humanizePercentage }} of the WebSocket connections of {{ $labels.job }} are left",
                description="The others were lost within minutes ({{ $labels.side }} side) and do not come back.",
                runbook="runbooks/websocket-connections-fell.md",
                panel="Connections that are left",
            ),
            catalog.Alert(
                "WebSocketHandshakesFailing",
                f"{_FAILED} > {handshakes_failed_high:g} and {_TRIES} > {min_rate:g}",
                for_=handshakes_for,
                severity="high",
                summary="{{ $value | humanizePercentage }} of the WebSocket handshakes of {{ $labels.job }} fail",
                description="Whoever tries ({{ $labels.side }} side) gets no connection.",
                runbook="runbooks/websocket-handshakes.md",
                panel="Failed handshakes",
            ),
            catalog.Alert(
                "WebSocketErrorClosesHigh",
                f"{_ENDS_WRONG} > {error_ratio_high:g} and {enough}",
                for_=error_for,
                severity="high",
                summary="{{ $value | humanizePercentage }} of the WebSockets of {{ $labels.job }} end in error",
                description="One of the two sides said that something was wrong ({{ $labels.side }} side).",
                runbook="runbooks/websocket-errors.md",
                panel="Ends in error",
            ),
            catalog.Alert(
                "WebSocketConnectionsBreak",
                f"{_ENDS_BROKEN} > {broken_ratio_high:g} and {enough}",
                for_=broken_for,
                severity="medium",
                summary="{{ $value | humanizePercentage }} of the WebSocket connections of {{ $labels.job }} break",
                description="They end without a word, code 1006 ({{ $labels.side }} side).",
                runbook="runbooks/websocket-broken.md",
                panel="Ends without a word",
            ),
            catalog.Alert(
                "WebSocketConnectionsShort",
                f"{_LIFETIME} < {lifetime_low:g} and {enough}",
                for_=lifetime_for,
                severity="medium",
                summary="WebSocket connections of {{ $labels.job }} last {{ $value | humanizeDuration }}",
                description="Half of them end sooner ({{ $labels.side }} side): clients connect again and again.",
                runbook="runbooks/websocket-short.md",
                panel="Median lifetime",
            ),
            catalog.Alert(
                "WebSocketConnectionsHigh",
                f"{_OPEN} > {connections_high:g}",
                for_=connections_for,
                severity="medium",
                summary="{{ $labels.job }} has {{ $value }} WebSocket connections",
                description=f"It was made for {connections_high:g} ({{{{ $labels.side }}}} side).",
                runbook="runbooks/websocket-connections-high.md",
                panel="Open connections",
            ),
            catalog.Alert(
                "WebSocketMessagesStopped",
                f"{_MESSAGES} == 0 and avg_over_time({_MESSAGES}[1h]) > {min_messages:g}"
                f" and on ({_BY_SIDE}) {_OPEN} > 0",
                for_=silent_for,
                severity="high",
                summary="No message is {{ $labels.direction }} any more by {{ $labels.job }}",
                description="The WebSocket connections are open ({{ $labels.side }} side), and nothing goes over them.",
                runbook="runbooks/websocket-silent.md",
                panel="Messages by direction",
            ),
        ],
        panels=panels(
            fall_to=fall_to,
            handshakes_failed_high=handshakes_failed_high,
            error_ratio_high=error_ratio_high,
            broken_ratio_high=broken_ratio_high,
            lifetime_low=lifetime_low,
            connections_high=connections_high,
        ),
        dashboard=catalog.Dashboard(
            description="Are the clients connected, do messages flow, and why do connections end?",
            variables=[catalog.Variable("side", "websocket_connections", "side", "Side")],
            tags=["websocket"],
        ),
    )


def _recordings(min_connections: float) -> list[catalog.Recording]:
    closes = "websocket_connections_closed_total"
    lifetime = f"sum by ({_BY_SIDE}, le) (rate(websocket_connection_duration_seconds_bucket[5m]))"
    failed = f"sum by ({_BY_SIDE}) (rate(websocket_handshake_errors_total[5m]))"
    # both are attempts; where none has failed yet, or none has succeeded, there is one of them alone
    tries = "rate(websocket_connections_opened_total[5m]) or rate(websocket_handshake_errors_total[5m])"
    return [
        catalog.Recording(
            _OPEN, f"sum by ({_BY_SIDE}) (websocket_connections)", description="Connections that are open."
        ),
        catalog.Recording(
            _LEFT,
            f"{_OPEN} / (max_over_time({_OPEN}[15m]) >= {min_connections:g})",
            description="Connections as a share of the most of a quarter of an hour; absent where those were few.",
        ),
        catalog.Recording(_ENDS, f"sum by ({_BY_SIDE}) (rate({closes}[5m]))", description="Ends per second."),
        *(
            catalog.Recording(
                name,
                f"(sum by ({_BY_SIDE}) (rate({closes}{{{code}}}[5m])) or 0 * {_ENDS}) / ({_ENDS} > 0)",
                description=f"Share of the ends {what}; absent without ends.",
            )
            for name, code, what in (
                (_ENDS_WRONG, _WRONG, "with the code of an error"),
                (_ENDS_BROKEN, _BROKEN, "without a word"),
            )
        ),
        catalog.Recording(
            _TRIES, f"sum by ({_BY_SIDE}) ({tries})", description="Attempts to connect per second, failed ones too."
        ),
        catalog.Recording(
            _FAILED,
            f"({failed} or 0 * {_TRIES}) / ({_TRIES} > 0)",
            description="Share of the attempts to connect that failed; absent without attempts.",
        ),
        catalog.Recording(
            _LIFETIME,
            f"histogram_quantile(0.5, {lifetime}) >= 0",
            description="Half of the connections that ended were open for longer; absent without ends.",
        ),
        catalog.Recording(
            _MESSAGES,
            f"sum by ({_BY_SIDE}, direction) (rate(websocket_messages_total[5m]))",
            description="Messages per second.",
        ),
    ]
