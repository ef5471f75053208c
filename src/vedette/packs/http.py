"""HTTP servers: rate, errors and duration of requests, as OpenTelemetry's semantic conventions name them."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero, check_objective, check_ratio, check_rising
from vedette.instruments.metrics import OVERFLOW, Counter, Gauge, Histogram
from vedette.packs._http_panels import panels

__all__ = [
    "METHODS",
    "active_requests",
    "exceptions",
    "http",
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


@catalog.parametric
def http(
    *,
    error_ratio_high: float = 0.05,
    error_ratio_critical: float = 0.10,
    error_for_high: str = "2m",
    error_for_critical: str = "1m",
    latency_high: float = 1.0,
    latency_critical: float = 2.5,
    latency_for: str = "5m",
    min_rate: float = 0.05,
    down_for: str = "2m",
    no_traffic_for: str = "10m",
    availability: float = 0,
    speed: float = 0,
    speed_below: float = 0.5,
) -> catalog.Pack:
    """Requests of an HTTP service: rate, errors, duration, and whether it answers at all.

    Args:
        error_ratio_high: share of requests answered with 5xx that is high.
        error_ratio_critical: share that pages.
        error_for_high: how long it must hold.
        error_for_critical: how long it must hold before it pages.
        latency_high: 95th percentile in seconds that is high.
        latency_critical: 95th percentile in seconds that pages.
        latency_for: how long either must hold.
        min_rate: requests per second below which a ratio or percentile says nothing.
        down_for: how long a service or instance may not answer the scrape.
        no_traffic_for: how long a service that had traffic may have none.
        availability: objective in percent of requests not answered with 5xx, such as 99.9; 0 is none.
        speed: objective in percent of requests answered within speed_below; 0 is none.
        speed_below: seconds within which a request is fast; a bound of the histogram.
    """
    check_ratio(error_ratio_high=error_ratio_high, error_ratio_critical=error_ratio_critical)
    check_above_zero(
        latency_high=latency_high, latency_critical=latency_critical, min_rate=min_rate, speed_below=speed_below
    )
    check_objective(availability=availability, speed=speed)
    if speed and speed_below not in _SECONDS:
        bounds = ", ".join(f"{bound:g}" for bound in _SECONDS)
        raise ValueError(f"speed_below={speed_below!r}; nobody counts what is below it, write one of {bounds}")
    check_rising(error_ratio_high=error_ratio_high, error_ratio_critical=error_ratio_critical)
    check_rising(latency_high=latency_high, latency_critical=latency_critical)
    enough = f"job:http_server_requests:rate5m > {min_rate}"
    return catalog.Pack(
        "http",
        title="HTTP service",
        metrics=[
            request_duration,
            active_requests,
            request_body_size,
            response_body_size,
            websocket_connections,
            exceptions,
        ],
        recordings=_recordings(),
        alerts=[
            catalog.Alert(
                "ServiceDown",
                "max by (job) (up) == 0",
                for_=down_for,
                severity="critical",
                summary="{{ $labels.job }} is down: no instance answers",
                description="Every instance of {{ $labels.job }} fails its scrape, so most likely its users too.",
                runbook="runbooks/service-down.md",
                panel="Instances up",
            ),
            catalog.Alert(
                "InstanceDown",
                "up == 0 and on (job) max by (job) (up) == 1",
                for_=down_for,
                severity="high",
                summary="{{ $labels.instance }} of {{ $labels.job }} is down, others answer",
                description="This instance fails its scrape; the rest carries its load.",
                runbook="runbooks/instance-down.md",
                panel="Instances up",
            ),
            catalog.Alert(
                "HttpErrorRateHigh",
                f"job:http_server_request_errors:ratio_rate5m > {error_ratio_high} and {enough}",
                for_=error_for_high,
                severity="high",
                summary="{{ $value | humanizePercentage }} of the requests to {{ $labels.job }} fail",
                description=f"More than {100 * error_ratio_high:g} % of the requests are answered with 5xx.",
                runbook="runbooks/http-errors.md",
                panel="Error ratio",
            ),
            catalog.Alert(
                "HttpErrorRateCritical",
                f"job:http_server_request_errors:ratio_rate5m > {error_ratio_critical} and {enough}",
                for_=error_for_critical,
                severity="critical",
                summary="{{ $value | humanizePercentage }} of the requests to {{ $labels.job }} fail",
                description=f"More than {100 * error_ratio_critical:g} % of the requests are answered with 5xx.",
                runbook="runbooks/http-errors.md",
                panel="Error ratio",
            ),
            catalog.Alert(
                "HttpLatencyHigh",
                f"job:http_server_request_duration_seconds:p95_5m > {latency_high} and {enough}",
                for_=latency_for,
                severity="high",
                summary="{{ $labels.job }} is slow: p95 is {{ $value | humanizeDuration }}",
                description=f"The 95th percentile of the request duration is above {latency_high:g} s.",
                runbook="runbooks/http-latency.md",
                panel="Latency",
            ),
            catalog.Alert(
                "HttpLatencyCritical",
                f"job:http_server_request_duration_seconds:p95_5m > {latency_critical} and {enough}",
                for_=latency_for,
                severity="critical",
                summary="{{ $labels.job }} is very slow: p95 is {{ $value | humanizeDuration }}",
                description=f"The 95th percentile of the request duration is above {latency_critical:g} s.",
                runbook="runbooks/http-latency.md",
                panel="Latency",
            ),
            catalog.Alert(
                "HttpNoTraffic",
                "job:http_server_requests:rate5m == 0"
                f" and avg_over_time(job:http_server_requests:rate5m[1h]) > {min_rate}",
                for_=no_traffic_for,
                severity="medium",
                summary="{{ $labels.job }} answers its scrape, but nobody asks it anything",
                description="There were requests not long ago and there are none now.",
                runbook="runbooks/no-traffic.md",
                panel="Requests by status",
            ),
        ],
        slos=_objectives(availability, speed, speed_below),
        panels=panels(error_ratio_high, error_ratio_critical, latency_high, latency_critical),
        dashboard=catalog.Dashboard(
            description="Is the service answering, how fast, and which route is to blame?",
            variables=[catalog.Variable("route", "http_server_request_duration_seconds_count", "http_route", "Route")],
            tags=["http"],
        ),
    )


def _objectives(availability: float, speed: float, speed_below: float) -> list[catalog.Slo]:
    found: list[catalog.Slo] = []
    if availability:
        found.append(
            catalog.Slo(
                "availability",
                catalog.Events(
                    "http_server_request_duration_seconds_count", errors='{http_response_status_code=~"5.."}'
                ),
                objective=availability,
                title="Availability",
                description="Requests are answered, and not with 5xx.",
            )
        )
    if speed:
        found.append(
            catalog.Slo(
                "speed",
                catalog.Latency(request_duration, below=speed_below),
                objective=speed,
                title="Speed",
                description=f"Requests are answered within {speed_below:g} s.",
            )
        )
    return found


def _recordings() -> list[catalog.Recording]:
    count = "http_server_request_duration_seconds_count"
    bucket = "http_server_request_duration_seconds_bucket"
    levels = (("job", "job"), ("job_http_route", "job, http_route"))
    recordings: list[catalog.Recording] = []
    for level, labels in levels:
        requests = f"{level}:http_server_requests:rate5m"
        errors = f'sum by ({labels}) (rate({count}{{http_response_status_code=~"5.."}}[5m]))'
        recordings += [
            catalog.Recording(requests, f"sum by ({labels}) (rate({count}[5m]))", description="Requests per second."),
            catalog.Recording(
                f"{level}:http_server_request_errors:ratio_rate5m",
                # no error yet is no error, and no request is no ratio
                f"({errors} or 0 * {requests}) / ({requests} > 0)",
                description="Share of requests answered with 5xx; absent without traffic.",
            ),
            catalog.Recording(
                f"{level}:http_server_request_duration_seconds:p95_5m",
                f"histogram_quantile(0.95, sum by ({labels}, le) (rate({bucket}[5m]))) >= 0",
                description="95th percentile of the request duration in seconds; absent without traffic.",
            ),
        ]
    recordings += [
        catalog.Recording(
            f"job:http_server_request_duration_seconds:p{percent}_5m",
            f"histogram_quantile({percent / 100}, sum by (job, le) (rate({bucket}[5m]))) >= 0",
            description=f"{percent}th percentile of the request duration in seconds; absent without traffic.",
        )
        for percent in (50, 99)
    ]
    return recordings
