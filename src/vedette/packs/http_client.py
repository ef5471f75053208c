"""HTTP clients: rate, errors and duration of requests to other services, as OpenTelemetry's conventions name them.

With them what other services say of their rate limits, and how often a request was refused for one.
"""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.instruments.metrics import Counter, Gauge, Histogram
from vedette.packs._http_client_panels import panels

__all__ = [
    "active_requests",
    "http_client",
    "rate_limit_limit",
    "rate_limit_remaining",
    "rate_limit_reset",
    "rate_limited",
    "request_body_size",
    "request_duration",
    "response_body_size",
    "retries",
]

# https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpclientrequestduration
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
# Powers of eight from 256 bytes to 64 MiB.
_BYTES = (256.0, 2048.0, 16384.0, 131072.0, 1048576.0, 8388608.0, 67108864.0)

_SERVER = ("server_address", "server_port")

request_duration = Histogram(
    "http_client_request_duration_seconds",
    help="Time from the request until the headers of the answer, or until it failed.",
    labels=["http_request_method", *_SERVER, "http_response_status_code", "error_type"],
    buckets=_SECONDS,
    max_series=2000,
)
active_requests = Gauge(
    "http_client_active_requests",
    help="Requests that wait for the headers of their answer now.",
    labels=["http_request_method", *_SERVER],
)
request_body_size = Histogram(
    "http_client_request_body_size_bytes",
    help="Size of the bodies of requests, where it is announced.",
    labels=["http_request_method", *_SERVER],
    buckets=_BYTES,
)
response_body_size = Histogram(
    "http_client_response_body_size_bytes",
    help="Size of the bodies of answers as sent, where it is announced.",
    labels=["http_request_method", *_SERVER],
    buckets=_BYTES,
)
retries = Counter(
    "http_client_request_retries_total",
    help="Times that the client sent a request again by itself, by what had gone wrong: a class of error or a status.",
    labels=["server_address", "error_type"],
)
# What one account may do is the same for all processes of a service: the last answer counts, whoever had it.
_LIMITED = ("server_address", "resource")
rate_limit_limit = Gauge(
    "http_client_rate_limit_limit",
    help="Requests that the other service allows in its window.",
    labels=list(_LIMITED),
    multiprocess_mode="livemostrecent",
    expires="1h",
)
rate_limit_remaining = Gauge(
    "http_client_rate_limit_remaining",
    help="Requests that the other service still allowed when it last answered; absent once its window has ended.",
    labels=list(_LIMITED),
    multiprocess_mode="livemostrecent",
    expires="1h",
)
rate_limit_reset = Gauge(
    "http_client_rate_limit_reset_seconds",
    help="Time until the other service counts anew; absent once it has.",
    labels=list(_LIMITED),
    multiprocess_mode="livemin",
    expires="1h",
)
rate_limited = Counter(
    "http_client_rate_limited_total",
    help="Requests that the other service refused because there were too many.",
    labels=["server_address"],
)


@catalog.parametric
def http_client() -> catalog.Pack:
    """HTTP clients: how fast and how well other services answer, and what they still allow."""
    return catalog.Pack(
        "http_client",
        title="HTTP clients",
        metrics=[
            request_duration,
            active_requests,
            request_body_size,
            response_body_size,
            retries,
            rate_limit_limit,
            rate_limit_remaining,
            rate_limit_reset,
            rate_limited,
        ],
        panels=panels(),
        dashboard=catalog.Dashboard(
            description="Which other service is slow, fails, or is about to refuse?",
            variables=[
                catalog.Variable("server", "http_client_request_duration_seconds_count", "server_address", "Server")
            ],
            tags=["http_client"],
        ),
    )
