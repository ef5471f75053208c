"""HTTP servers: rate, errors and duration of requests, as OpenTelemetry's semantic conventions name them."""

from __future__ import annotations

from vedette.instruments.metrics import OVERFLOW, Counter, Gauge, Histogram

__all__ = [
    "METHODS",
    "active_requests",
    "exceptions",
    "request_body_size",
    "request_duration",
    "response_body_size",
    "websocket_connections",
]

# https://opentelemetry.io/docs/specs/semconv/registry/attributes/http/: all others are counted as _OTHER
METHODS = ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE", OVERFLOW)

# https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
# Powers of eight from 256 bytes to 64 MiB.
_BYTES = (256.0, 2048.0, 16384.0, 131072.0, 1048576.0, 8388608.0, 67108864.0)

request_duration = Histogram(
    "http_server_request_duration_seconds",
    help="Time from the first byte of the request to the last byte of the response.",
    labels=["http_request_method", "http_route", "http_response_status_code"],
    buckets=_SECONDS,
    max_series=5000,
)
active_requests = Gauge(
    "http_server_active_requests",
    help="Requests being answered now.",
    labels=["http_request_method"],
)
request_body_size = Histogram(
    "http_server_request_body_size_bytes",
    help="Size of request bodies.",
    labels=["http_request_method", "http_route"],
    buckets=_BYTES,
    max_series=2000,
)
response_body_size = Histogram(
    "http_server_response_body_size_bytes",
    help="Size of response bodies as sent.",
    labels=["http_request_method", "http_route"],
    buckets=_BYTES,
    max_series=2000,
)
websocket_connections = Gauge(
    "http_server_websocket_connections",
    help="WebSocket connections that are open now.",
    labels=["http_route"],
)
exceptions = Counter(
    "http_server_exceptions_total",
    help="Exceptions that reached the server, by class.",
    labels=["http_route", "error_type"],
)
