"""The panels of the http_client pack: which other service is slow, fails, or is about to refuse."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_OF = 'server_address=~"$server"'
_BY = "job, server_address"
_COUNT = "http_client_request_duration_seconds_count"
_BUCKET = "http_client_request_duration_seconds_bucket"


def panels() -> list[catalog.Panel | catalog.Row | catalog.Text]:
    return [
        catalog.Panel(
            "Requests to other services",
            f"sum by (job) (rate({_COUNT}[5m]))",
            kind="stat",
            unit="requests/s",
            legend="{{job}}",
            description="Requests per second to all other services together.",
            width=8,
            height=4,
        ),
        catalog.Panel(
            "Failed requests",
            f'sum by (job) (rate({_COUNT}{{error_type!=""}}[5m])) / (sum by (job) (rate({_COUNT}[5m])) > 0)',
            kind="stat",
            unit="ratio",
            legend="{{job}}",
            description="Share of them that had no answer, or one from 400 on.",
            width=8,
            height=4,
        ),
        catalog.Panel(
            "Waiting for an answer",
            "sum by (job) (http_client_active_requests)",
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="Requests whose answer has not begun.",
            width=8,
            height=4,
        ),
        catalog.Row("By service"),
        catalog.Panel(
            "Requests by service",
            f"sum by ({_BY}) (rate({_COUNT}{{{_OF}}}[5m]))",
            unit="requests/s",
            legend="{{job}} → {{server_address}}",
            description="A rise without more requests of users is a loop, or something that is tried again.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Errors by service",
            f'sum by ({_BY}, error_type) (rate({_COUNT}{{error_type!="",{_OF}}}[5m]))',
            unit="requests/s",
            legend="{{server_address}} {{error_type}}",
            description="By the class of the error where there was no answer, else by its status.",
            minimum=0,
        ),
        catalog.Panel(
            "Time until an answer",
            f"histogram_quantile(0.95, sum by ({_BY}, le) (rate({_BUCKET}{{{_OF}}}[5m])))",
            unit="seconds",
            legend="{{job}} → {{server_address}}",
            description="95 % of the requests have the headers of their answer sooner.",
            minimum=0,
        ),
        catalog.Panel(
            "Tried again",
            f"sum by ({_BY}, error_type) (rate(http_client_request_retries_total{{{_OF}}}[5m]))",
            unit="requests/s",
            legend="{{server_address}} {{error_type}}",
            description="What a client sent again by itself; what the application tries again is a request of its own.",
            minimum=0,
        ),
        catalog.Panel(
            "Bodies sent and received",
            [
                catalog.Query(
                    f"sum by ({_BY}) (rate(http_client_request_body_size_bytes_sum{{{_OF}}}[5m]))",
                    "{{server_address}} sent",
                ),
                catalog.Query(
                    f"sum by ({_BY}) (rate(http_client_response_body_size_bytes_sum{{{_OF}}}[5m]))",
                    "{{server_address}} received",
                ),
            ],
            unit="bytes/s",
            description="Where the size of the body is announced.",
            minimum=0,
        ),
        catalog.Row("Rate limits"),
        catalog.Panel(
            "Share of a limit that is left",
            f"min by ({_BY}, resource) (http_client_rate_limit_remaining{{{_OF}}})"
            f" / (max by ({_BY}, resource) (http_client_rate_limit_limit{{{_OF}}}) > 0)",
            unit="ratio",
            legend="{{server_address}} {{resource}}",
            description="As the other service last said. At zero it refuses.",
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Until a limit begins anew",
            f"max by ({_BY}, resource) (http_client_rate_limit_reset_seconds{{{_OF}}})",
            unit="seconds",
            legend="{{server_address}} {{resource}}",
            description="Time until the other service counts from zero.",
            minimum=0,
        ),
        catalog.Panel(
            "Refused for a limit",
            f"sum by ({_BY}) (rate(http_client_rate_limited_total{{{_OF}}}[5m]))",
            unit="requests/s",
            legend="{{job}} → {{server_address}}",
            description="Each is work that was not done, or is done again later.",
            minimum=0,
        ),
    ]
