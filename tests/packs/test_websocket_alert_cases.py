"""When each alert of the websocket pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import SHOP, buckets, stack_of

from vedette.packs import websocket
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(websocket)

SERVER = {**SHOP, "side": "server"}
OF = 'side="server"'
NOT_ASKED = "websockets.exceptions.InvalidUpgrade"


def connected(values: str, side: str = "server", instance: str = "a:1") -> dict[str, str]:
    """Connections that are open."""
    return {f'websocket_connections{{instance="{instance}",side="{side}"}}': values}


def handshakes(good: str, failed: str, side: str = "server") -> dict[str, str]:
    """Connections that came to be, and that did not."""
    return {
        f'websocket_connections_opened_total{{side="{side}"}}': good,
        f'websocket_handshake_errors_total{{side="{side}",error_type="{NOT_ASKED}"}}': failed,
    }


def ends(normal: str, other: str, code: str) -> dict[str, str]:
    """Connections that have ended as they should, and otherwise."""
    return {
        f'websocket_connections_closed_total{{{OF},code="1000"}}': normal,
        f'websocket_connections_closed_total{{{OF},code="{code}"}}': other,
    }


def lasted(under: dict[str, str], ended: str) -> dict[str, str]:
    """How long connections were open that ended."""
    found = buckets("websocket_connection_duration_seconds", OF, under, under["+Inf"])
    return {**found, f'websocket_connections_closed_total{{{OF},code="1000"}}': ended}


def messages(values: str, direction: str = "sent", side: str = "server") -> dict[str, str]:
    """Messages that were carried."""
    return {f'websocket_messages_total{{side="{side}",direction="{direction}"}}': values}


BRIEF = {"1": "0x160", "10": "0+60x160", "60": "0+100x160", "+Inf": "0+100x160"}

CASES = [
    alert_case(
        "WebSocketConnectionsFell",
        "of 100 are 45 left, and then more",
        connected("100x20 45x20 90x40"),
        at("7m", "pending"),
        at("7m15s", "fires", {**SERVER, "severity": "high"}, count=1),
        at("11m", "resolved"),
    ),
    alert_case("WebSocketConnectionsFell", "exactly half are left", connected("100x20 50x40"), at("14m", "silent")),
    alert_case(
        "WebSocketConnectionsFell",
        "all are back within two minutes",
        connected("100x20 0x6 100x40"),
        at("10m", "silent"),
    ),
    alert_case(
        "WebSocketConnectionsFell",
        "a small half is left, of twenty",
        connected("20x20 9x40"),
        at("8m", "fires"),
    ),
    alert_case("WebSocketConnectionsFell", "there were only 19", connected("19x20 2x40"), at("8m", "silent")),
    alert_case(
        "WebSocketConnectionsFell",
        "they moved to another instance",
        {**connected("100x20 0x40"), **connected("0x20 100x40", instance="b:1")},
        at("8m", "silent"),
    ),
    alert_case(
        "WebSocketConnectionsFell",
        "they go bit by bit, as in the evening",
        connected("1000-5x120"),
        at("25m", "silent"),
    ),
    alert_case(
        "WebSocketConnectionsFell",
        "those that the service opens itself, where it has many clients",
        {**connected("1000x60"), **connected("40x20 4x40", "client")},
        at("8m", "fires", {**SHOP, "side": "client"}, count=1),
    ),
    alert_case(
        "WebSocketHandshakesFailing",
        "11 % fail, and then none",
        handshakes("0+89x120", "0+11x40 440x80"),
        at("5m", "pending"),
        at("5m15s", "fires", {**SERVER, "severity": "high"}, count=1),
        at("20m", "resolved"),
    ),
    alert_case(
        "WebSocketHandshakesFailing", "exactly 10 % fail", handshakes("0+90x80", "0+10x80"), at("15m", "silent")
    ),
    alert_case("WebSocketHandshakesFailing", "none has failed yet", handshakes("0+90x80", "_x80"), at("15m", "silent")),
    alert_case("WebSocketHandshakesFailing", "none ever succeeds", handshakes("_x80", "0+1x80"), at("15m", "fires")),
    alert_case("WebSocketHandshakesFailing", "half of few", handshakes("0+0.5x80", "0+0.5x80"), at("15m", "fires")),
    alert_case(
        "WebSocketHandshakesFailing",
        "of three a minute",
        handshakes("0+2x30", "0+1x30"),
        at("15m", "silent"),
        interval="1m",
    ),
    alert_case(
        "WebSocketErrorClosesHigh",
        "6 % end because the other side failed, and then none",
        ends("0+94x120", "0+6x40 240x80", "1011"),
        at("5m", "pending"),
        at("5m15s", "fires", {**SERVER, "severity": "high"}, count=1),
        at("20m", "resolved"),
    ),
    alert_case("WebSocketErrorClosesHigh", "exactly 5 %", ends("0+95x80", "0+5x80", "1011"), at("15m", "silent")),
    alert_case(
        "WebSocketErrorClosesHigh", "too large a message, always", ends("0x80", "0+1x80", "1009"), at("15m", "fires")
    ),
    alert_case("WebSocketErrorClosesHigh", "none has ended so", ends("0+95x80", "_x80", "1011"), at("15m", "silent")),
    alert_case(
        "WebSocketErrorClosesHigh", "codes of the application", ends("0+5x80", "0+95x80", "4001"), at("15m", "silent")
    ),
    alert_case(
        "WebSocketErrorClosesHigh",
        "they break: that is another alert",
        ends("0+5x80", "0+95x80", "1006"),
        at("15m", "silent"),
    ),
    alert_case(
        "WebSocketErrorClosesHigh",
        "of three a minute",
        ends("0+2x30", "0+1x30", "1011"),
        at("15m", "silent"),
        interval="1m",
    ),
    alert_case(
        "WebSocketConnectionsBreak",
        "six of ten break, and then none",
        ends("0+40x120", "0+60x60 3600x60", "1006"),
        at("10m", "pending"),
        at("10m15s", "fires", {**SERVER, "severity": "medium"}, count=1),
        at("25m", "resolved"),
    ),
    alert_case("WebSocketConnectionsBreak", "exactly half", ends("0+50x80", "0+50x80", "1006"), at("19m", "silent")),
    alert_case("WebSocketConnectionsBreak", "none breaks", ends("0+50x80", "_x80", "1006"), at("19m", "silent")),
    alert_case("WebSocketConnectionsBreak", "all of few", ends("0x80", "0+1x80", "1006"), at("19m", "fires")),
    alert_case(
        "WebSocketConnectionsBreak",
        "all end in an error: that is another alert",
        ends("0+5x80", "0+95x80", "1011"),
        at("19m", "silent"),
    ),
    alert_case(
        "WebSocketConnectionsBreak",
        "of three a minute",
        ends("0x30", "0+3x30", "1006"),
        at("19m", "silent"),
        interval="1m",
    ),
    alert_case(
        "WebSocketConnectionsShort",
        "half last less than nine seconds, and then they last",
        lasted({**BRIEF, "10": "0+60x60 3600x100"}, "0+100x160"),
        at("10m", "pending"),
        at("10m15s", "fires", {**SERVER, "severity": "medium"}, count=1),
        at("25m", "resolved"),
    ),
    alert_case(
        "WebSocketConnectionsShort",
        "half last ten seconds",
        lasted({"1": "0x100", "10": "0+50x100", "60": "0+100x100", "+Inf": "0+100x100"}, "0+100x100"),
        at("20m", "silent"),
    ),
    alert_case(
        "WebSocketConnectionsShort",
        "half last a quarter of a minute",
        lasted({"1": "0x100", "10": "0+45x100", "60": "0+100x100", "+Inf": "0+100x100"}, "0+100x100"),
        at("20m", "silent"),
    ),
    alert_case("WebSocketConnectionsShort", "brief, and few", lasted(BRIEF, "0+1x160"), at("20m", "fires")),
    alert_case(
        "WebSocketConnectionsShort", "three a minute", lasted(BRIEF, "0+3x60"), at("20m", "silent"), interval="1m"
    ),
    alert_case(
        "WebSocketConnectionsHigh",
        "10,001 of two instances, and then fewer",
        {**connected("5001x40 100x80"), **connected("5000x120", instance="b:1")},
        at("4m45s", "pending"),
        at("5m", "fires", {**SERVER, "severity": "medium"}, count=1),
        at("12m", "resolved"),
    ),
    alert_case("WebSocketConnectionsHigh", "exactly 10,000", connected("10000x80"), at("15m", "silent")),
    alert_case(
        "WebSocketConnectionsHigh",
        "as many as server and as client together",
        {**connected("6000x80"), **connected("6000x80", "client")},
        at("15m", "silent"),
    ),
    alert_case("WebSocketConnectionsHigh", "for four minutes", connected("20000x16 10x60"), at("10m", "silent")),
    alert_case(
        "WebSocketMessagesStopped",
        "nothing is sent for a quarter of an hour, and then again",
        {**messages("0+60x90 5400x80 5460+60x80"), **messages("0+60x250", "received"), **connected("50x250")},
        at("27m", "silent"),
        at("37m", "pending"),
        at("38m", "fires", {**SERVER, "direction": "sent", "severity": "high"}, count=1),
        at("46m", "resolved"),
    ),
    alert_case(
        "WebSocketMessagesStopped",
        "nobody is connected",
        {**messages("0+60x90 5400x160"), **connected("50x90 0x160")},
        at("40m", "silent"),
    ),
    alert_case(
        "WebSocketMessagesStopped",
        "the service itself is connected to another one, and still hears of it",
        {
            **messages("0+60x90 5400x160"),
            **connected("50x90 0x160"),
            **messages("0+60x250", "received", "client"),
            **connected("1x250", "client"),
        },
        at("40m", "silent"),
    ),
    alert_case(
        "WebSocketMessagesStopped",
        "there never were any",
        {**messages("7x250"), **connected("50x250")},
        at("40m", "silent"),
    ),
    alert_case(
        "WebSocketMessagesStopped",
        "there were few",
        {**messages("0+3x90 270x160"), **connected("50x250")},
        at("40m", "fires"),
    ),
    alert_case(
        "WebSocketMessagesStopped",
        "there were hardly any",
        {**messages("0+1.5x90 135x160"), **connected("50x250")},
        at("40m", "silent"),
    ),
    alert_case(
        "WebSocketMessagesStopped",
        "less and less, but some",
        {**messages("0+60x90 5460+1x160"), **connected("50x250")},
        at("40m", "silent"),
    ),
]
