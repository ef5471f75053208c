"""The panels of the http pack: what one looks at from the whole service down to a route."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]


def panels(
    error_ratio_high: float, error_ratio_critical: float, latency_high: float, latency_critical: float
) -> list[catalog.Panel | catalog.Row | catalog.Text]:
    by_route = "max by (job, http_route)"
    route = '{http_route=~"$route"}'
    count = f"http_server_request_duration_seconds_count{route}"
    errors: dict[float, catalog.Severity] = {error_ratio_high: "high", error_ratio_critical: "critical"}
    latency: dict[float, catalog.Severity] = {latency_high: "high", latency_critical: "critical"}
    return [
        catalog.Panel(
            "Requests",
            "job:http_server_requests:rate5m",
            kind="stat",
            unit="requests/s",
            legend="{{job}}",
            description="Requests per second, all routes, mean of 5 minutes.",
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Errors",
            "job:http_server_request_errors:ratio_rate5m",
            kind="stat",
            unit="ratio",
            legend="{{job}}",
            description="Share of requests answered with 5xx. Empty means no traffic, not no errors.",
            thresholds=errors,
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Latency p95",
            "job:http_server_request_duration_seconds:p95_5m",
            kind="stat",
            unit="seconds",
            legend="{{job}}",
            description="95 % of the requests are faster than this.",
            thresholds=latency,
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "In progress",
            "sum by (job) (http_server_active_requests)",
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="Requests being answered now. Rises first when something behind the service hangs.",
            width=6,
            height=4,
        ),
        catalog.Row("Rate and errors"),
        catalog.Panel(
            "Requests by status",
            f"sum by (job, http_response_status_code) (rate({count}[5m]))",
            unit="requests/s",
            legend="{{job}} {{http_response_status_code}}",
            description="Requests per second by status code. A fall to zero is as bad as a rise of 5xx.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Error ratio",
            "job:http_server_request_errors:ratio_rate5m",
            unit="ratio",
            legend="{{job}}",
            description="Share of requests answered with 5xx, with the lines at which the alerts fire.",
            thresholds=errors,
            minimum=0,
        ),
        catalog.Panel(
            "Requests by route",
            'job_http_route:http_server_requests:rate5m{http_route=~"$route"}',
            unit="requests/s",
            legend="{{job}} {{http_route}}",
            description="Which routes the traffic goes to.",
            minimum=0,
        ),
        catalog.Panel(
            "Error ratio by route",
            'job_http_route:http_server_request_errors:ratio_rate5m{http_route=~"$route"} > 0',
            unit="ratio",
            legend="{{job}} {{http_route}}",
            description="Only routes with errors appear. One route points at its code, all at once at what they share.",
            minimum=0,
        ),
        catalog.Panel(
            "Exceptions",
            'sum by (job, error_type, http_route) (60 * rate(http_server_exceptions_total{http_route=~"$route"}[5m]))',
            unit="events/min",
            legend="{{error_type}} in {{http_route}}",
            description="Exceptions that no handler caught, per minute and by class.",
            minimum=0,
        ),
        catalog.Panel(
            "Instances up",
            "sum by (job) (up)",
            unit="count",
            legend="{{job}}",
            description="Instances that answered the last scrape.",
            minimum=0,
        ),
        catalog.Row("Latency"),
        catalog.Panel(
            "Latency",
            [
                catalog.Query("job:http_server_request_duration_seconds:p50_5m", "{{job}} p50"),
                catalog.Query("job:http_server_request_duration_seconds:p95_5m", "{{job}} p95"),
                catalog.Query("job:http_server_request_duration_seconds:p99_5m", "{{job}} p99"),
            ],
            unit="seconds",
            description="Half, 95 % and 99 % of the requests are faster; the lines are for p95.",
            thresholds=latency,
            minimum=0,
        ),
        catalog.Panel(
            "Durations",
            f"sum by (le) (rate(http_server_request_duration_seconds_bucket{route}[5m]))",
            kind="heatmap",
            unit="seconds",
            description="How many requests took how long. Two bands are two kinds of answers, such as with and without"
            " a cache; a percentile between them is the time of neither.",
        ),
        catalog.Panel(
            "Latency p95 by route",
            'job_http_route:http_server_request_duration_seconds:p95_5m{http_route=~"$route"}',
            unit="seconds",
            legend="{{job}} {{http_route}}",
            description="Which route is slow.",
            minimum=0,
            width=24,
        ),
        catalog.Row("Load"),
        catalog.Panel(
            "Requests against last week",
            "job:http_server_requests:rate5m",
            unit="requests/s",
            legend="{{job}}",
            description="Both lines should have one shape: people have habits. The grey one is a week older.",
            minimum=0,
            compare="1w",
        ),
        catalog.Panel(
            "Requests in progress",
            "sum by (job, instance) (http_server_active_requests)",
            unit="count",
            legend="{{job}} {{instance}}",
            description="A steady climb means that requests come in faster than they are answered.",
            minimum=0,
        ),
        catalog.Panel(
            "Bytes in and out",
            [
                catalog.Query("sum by (job) (rate(http_server_request_body_size_bytes_sum[5m]))", "{{job}} in"),
                catalog.Query("sum by (job) (rate(http_server_response_body_size_bytes_sum[5m]))", "{{job}} out"),
            ],
            unit="bytes/s",
            description="Bodies of requests and responses.",
            minimum=0,
        ),
        catalog.Panel(
            "WebSockets",
            "sum by (job, http_route) (http_server_websocket_connections)",
            unit="count",
            legend="{{job}} {{http_route}}",
            description="Open connections. A sudden fall is a restart or a proxy that cut them all.",
            minimum=0,
            empty="No route has had a WebSocket",
        ),
        catalog.Panel(
            "Routes",
            [  # aggregated, because rows of different queries merge only where no metric name is left
                catalog.Query(
                    f"{by_route} (job_http_route:http_server_requests:rate5m{route})", "Requests", unit="requests/s"
                ),
                catalog.Query(
                    f"{by_route} (job_http_route:http_server_request_errors:ratio_rate5m{route})",
                    "Errors",
                    unit="ratio",
                ),
                catalog.Query(
                    f"{by_route} (job_http_route:http_server_request_duration_seconds:p95_5m{route})",
                    "p95",
                    unit="seconds",
                ),
            ],
            kind="table",
            width=24,
            description="Every route now: requests per second, share of errors, 95th percentile.",
            height=6,
        ),
    ]
