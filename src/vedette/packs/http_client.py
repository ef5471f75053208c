"""HTTP clients: rate, errors and duration of requests to other services, as OpenTelemetry's conventions name them.

With them what other services say of their rate limits, and how often a request was refused for one.
"""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero, check_ratio
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

_BY_SERVER = "job, server_address"
_RATE = "job_server:http_client_requests:rate5m"
_ERRORS = "job_server:http_client_request_errors:ratio_rate5m"
_UNANSWERED = "job_server:http_client_unanswered_requests:ratio_rate5m"
_DENIED = "job_server:http_client_denied_requests:ratio_rate5m"
_RETRIES = "job_server:http_client_request_retries:ratio_rate5m"
_P95 = "job_server:http_client_request_duration_seconds:p95_5m"
_LEFT = "job_server_resource:http_client_rate_limit:left_ratio"


@catalog.parametric
def http_client(
    *,
    unanswered_ratio_high: float = 0.1,
    unanswered_for: str = "3m",
    error_ratio_high: float = 0.05,
    error_for: str = "5m",
    denied_ratio_high: float = 0.5,
    denied_for: str = "5m",
    slow: float = 2.5,
    slow_for: str = "5m",
    retries_ratio_high: float = 0.2,
    retries_for: str = "10m",
    stuck_for: str = "15m",
    min_rate: float = 0.05,
    limit_left: float = 0.1,
    limit_for: str = "1m",
) -> catalog.Pack:
    """HTTP clients: how fast and how well other services answer, and what they still allow.

    Args:
        unanswered_ratio_high: share of the requests to another service without any answer which is high.
        unanswered_for: how long it must hold.
        error_ratio_high: share of the requests that it answers with 5xx which is high.
        error_for: how long it must hold.
        denied_ratio_high: share of the requests that it answers with 401 or 403 which is high.
        denied_for: how long it must hold.
        slow: 95th percentile of the time until an answer, in seconds, that is slow.
        slow_for: how long it must hold.
        retries_ratio_high: share of the requests that clients send again by themselves which is high.
        retries_for: how long it must hold.
        stuck_for: how long requests may wait while none is answered, after ten minutes without any.
        min_rate: requests per second to a service below which a share or percentile says nothing.
        limit_left: share of a rate limit that is left under which it is near.
        limit_for: how long it must hold.
    """
    check_ratio(
        unanswered_ratio_high=unanswered_ratio_high,
        error_ratio_high=error_ratio_high,
        denied_ratio_high=denied_ratio_high,
        limit_left=limit_left,
    )
    check_above_zero(slow=slow, retries_ratio_high=retries_ratio_high, min_rate=min_rate)
    enough = f"{_RATE} > {min_rate:g}"
    server, share = "{{ $labels.server_address }}", "{{ $value | humanizePercentage }}"
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
        recordings=_recordings(),
        alerts=[
            catalog.Alert(
                "HttpClientUnanswered",
                f"{_UNANSWERED} > {unanswered_ratio_high:g} and {enough}",
                for_=unanswered_for,
                severity="high",
                summary=f"{server} leaves {share} of the requests unanswered",
                description="{{ $labels.job }} reaches nobody there, or waits until its time is over.",
                runbook="runbooks/http-client-unanswered.md",
                panel="Without an answer",
            ),
            catalog.Alert(
                "HttpClientErrorRateHigh",
                f"{_ERRORS} > {error_ratio_high:g} and {enough}",
                for_=error_for,
                severity="high",
                summary=f"{server} fails at {share} of the requests",
                description="It answers {{ $labels.job }} with 5xx.",
                runbook="runbooks/http-client-errors.md",
                panel="Answered with 5xx",
            ),
            catalog.Alert(
                "HttpClientDenied",
                f"{_DENIED} > {denied_ratio_high:g} and {enough}",
                for_=denied_for,
                severity="high",
                summary=f"{server} denies {share} of the requests",
                description="It answers {{ $labels.job }} with 401 or 403: a key has expired, or lost a right.",
                runbook="runbooks/http-client-denied.md",
                panel="Denied",
            ),
            catalog.Alert(
                "HttpClientStuck",
                f"sum by ({_BY_SERVER}) (http_client_active_requests) > 0"
                f" unless sum by ({_BY_SERVER}) (rate(http_client_request_duration_seconds_count[10m])) > 0",
                for_=stuck_for,
                severity="medium",
                summary=f"{{{{ $value }}}} requests to {server} wait without end",
                description="None of {{ $labels.job }} was answered or given up meanwhile: they have no timeout.",
                runbook="runbooks/http-client-stuck.md",
                panel="Waiting by service",
            ),
            catalog.Alert(
                "HttpClientSlow",
                f"{_P95} > {slow:g} and {enough}",
                for_=slow_for,
                severity="medium",
                summary=f"{server} is slow: p95 is {{{{ $value | humanizeDuration }}}}",
                description="Whatever of {{ $labels.job }} asks it takes as long.",
                runbook="runbooks/http-client-slow.md",
                panel="Time until an answer",
            ),
            catalog.Alert(
                "HttpClientRetriesHigh",
                f"{_RETRIES} > {retries_ratio_high:g} and {enough}",
                for_=retries_for,
                severity="medium",
                summary=f"{share} of the requests to {server} are made again",
                description="Users of {{ $labels.job }} see no error yet, and wait longer.",
                runbook="runbooks/http-client-retries.md",
                panel="Second attempts",
            ),
            catalog.Alert(
                "HttpClientRateLimited",
                f"sum by ({_BY_SERVER}) (increase(http_client_rate_limited_total[15m])) > 0",
                severity="low",
                summary=f"{server} refuses requests: there are too many",
                description="{{ $value | humanize }} of {{ $labels.job }} within a quarter of an hour.",
                runbook="runbooks/http-client-rate-limit.md",
                panel="Refused for a limit",
            ),
            catalog.Alert(
                "HttpClientRateLimitNear",
                f"{_LEFT} < {limit_left:g}",
                for_=limit_for,
                severity="low",
                summary=f"{share} of the limit of {server} are left",
                description="{{ $labels.job }} will be refused soon ({{ $labels.resource }}).",
                runbook="runbooks/http-client-rate-limit.md",
                panel="Share of a limit that is left",
            ),
        ],
        panels=panels(
            unanswered_ratio_high=unanswered_ratio_high,
            error_ratio_high=error_ratio_high,
            denied_ratio_high=denied_ratio_high,
            slow=slow,
            retries_ratio_high=retries_ratio_high,
            limit_left=limit_left,
        ),
        dashboard=catalog.Dashboard(
            description="Which other service is slow, fails, or is about to refuse?",
            variables=[
                catalog.Variable("server", "http_client_request_duration_seconds_count", "server_address", "Server")
            ],
            tags=["http_client"],
        ),
    )


def _recordings() -> list[catalog.Recording]:
    count = "http_client_request_duration_seconds_count"
    shares = (
        (_UNANSWERED, 'http_response_status_code=""', "had no answer"),
        (_ERRORS, 'http_response_status_code=~"5.."', "were answered with 5xx"),
        (_DENIED, 'http_response_status_code=~"401|403"', "were answered with 401 or 403"),
    )
    limited = "job, server_address, resource"
    return [
        catalog.Recording(_RATE, f"sum by ({_BY_SERVER}) (rate({count}[5m]))", description="Requests per second."),
        *(
            catalog.Recording(
                name,
                # none such yet is none, and no request is no share
                f"(sum by ({_BY_SERVER}) (rate({count}{{{matcher}}}[5m])) or 0 * {_RATE}) / ({_RATE} > 0)",
                description=f"Share of the requests that {what}; absent without requests.",
            )
            for name, matcher, what in shares
        ),
        catalog.Recording(
            _RETRIES,
            f"sum by ({_BY_SERVER}) (rate(http_client_request_retries_total[5m])) / ({_RATE} > 0)",
            description="Second attempts for each request; absent without either.",
        ),
        catalog.Recording(
            _P95,
            f"histogram_quantile(0.95, sum by ({_BY_SERVER}, le)"
            " (rate(http_client_request_duration_seconds_bucket[5m]))) >= 0",
            description="95th percentile of the time until an answer; absent without requests.",
        ),
        catalog.Recording(
            _LEFT,
            f"min by ({limited}) (http_client_rate_limit_remaining)"
            f" / (max by ({limited}) (http_client_rate_limit_limit) > 0)",
            description="Share of a rate limit that is left, as the other service last said.",
        ),
    ]
