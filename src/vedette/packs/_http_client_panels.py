"""The panels of the http_client pack: which other service is slow, fails, or is about to refuse."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_OF = '{server_address=~"$server"}'
_BY = "job, server_address"
_COUNT = "http_client_request_duration_seconds_count"
_RATE = "job_server:http_client_requests:rate5m"
_ERRORS = "job_server:http_client_request_errors:ratio_rate5m"
_UNANSWERED = "job_server:http_client_unanswered_requests:ratio_rate5m"
_P95 = "job_server:http_client_request_duration_seconds:p95_5m"
_LEFT = "job_server_resource:http_client_rate_limit:left_ratio"

_Items = list[catalog.Panel | catalog.Row | catalog.Text]
_Lines = dict[float, catalog.Severity]


def panels(
    *,
    unanswered_ratio_high: float,
    error_ratio_high: float,
    denied_ratio_high: float,
    slow: float,
    retries_ratio_high: float,
    limit_left: float,
) -> _Items:
    unanswered: _Lines = {unanswered_ratio_high: "high"}
    errors: _Lines = {error_ratio_high: "high"}
    late: _Lines = {slow: "medium"}
    near: _Lines = {limit_left: "low"}
    return [
        *_now(unanswered, errors, late, near),
        *_failures(unanswered, errors, {denied_ratio_high: "high"}, {retries_ratio_high: "medium"}),
        *_traffic(late),
        *_limits(near),
    ]


def _now(unanswered: _Lines, errors: _Lines, late: _Lines, near: _Lines) -> _Items:
    return [
        catalog.Panel(
            "Least answered",
            f"1 - max by (job) ({_UNANSWERED})",
            kind="stat",
            unit="ratio",
            legend="{{job}}",
            description="Share of the requests that get an answer, of the service that answers least. 100 % is right.",
            thresholds={round(1 - value, 9): severity for value, severity in unanswered.items()},
            below=True,
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Most errors",
            f"max by (job) ({_ERRORS})",
            kind="stat",
            unit="ratio",
            legend="{{job}}",
            description="Share of the requests answered with 5xx, of the service that fails most.",
            thresholds=errors,
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Slowest",
            f"max by (job) ({_P95})",
            kind="stat",
            unit="seconds",
            legend="{{job}}",
            description="95th percentile of the time until an answer, of the slowest service.",
            thresholds=late,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Least left of a limit",
            f"min by (job) ({_LEFT})",
            kind="stat",
            unit="ratio",
            legend="{{job}}",
            description="Of all rate limits that are told the one that is nearest. At zero requests are refused.",
            thresholds=near,
            below=True,
            width=6,
            height=4,
        ),
    ]


def _failures(unanswered: _Lines, errors: _Lines, denied: _Lines, again: _Lines) -> _Items:
    return [
        catalog.Row("What fails"),
        catalog.Panel(
            "Without an answer",
            f"{_UNANSWERED}{_OF}",
            unit="ratio",
            legend="{{job}} → {{server_address}}",
            description="Share of the requests that reached nobody, or were given up. All services at once: it is our"
            " own network.",
            thresholds=unanswered,
            minimum=0,
        ),
        catalog.Panel(
            "Answered with 5xx",
            f"{_ERRORS}{_OF}",
            unit="ratio",
            legend="{{job}} → {{server_address}}",
            description="Share of the requests that the other service fails at. Its status page may know of it.",
            thresholds=errors,
            minimum=0,
        ),
        catalog.Panel(
            "Denied",
            f"job_server:http_client_denied_requests:ratio_rate5m{_OF}",
            unit="ratio",
            legend="{{job}} → {{server_address}}",
            description="Share of the requests answered with 401 or 403. A step to nearly all: the key is not good"
            " any more.",
            thresholds=denied,
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Errors by service",
            f'sum by ({_BY}, error_type) (rate({_COUNT}{{error_type!="",server_address=~"$server"}}[5m]))',
            unit="requests/s",
            legend="{{server_address}} {{error_type}}",
            description="By the class of the error where there was no answer, else by its status, from 400 on.",
            minimum=0,
        ),
        catalog.Panel(
            "Second attempts",
            f"job_server:http_client_request_retries:ratio_rate5m{_OF}",
            unit="ratio",
            legend="{{job}} → {{server_address}}",
            description="How many requests clients send again by themselves for each that is asked for. It hides"
            " errors, and costs the other side as much.",
            thresholds=again,
            minimum=0,
        ),
        catalog.Panel(
            "Tried again",
            f"sum by ({_BY}, error_type) (rate(http_client_request_retries_total{_OF}[5m]))",
            unit="requests/s",
            legend="{{server_address}} {{error_type}}",
            description="What a client sent again by itself and why; what the application tries again is a request of"
            " its own.",
            minimum=0,
        ),
    ]


def _traffic(late: _Lines) -> _Items:
    return [
        catalog.Row("How much and how fast"),
        catalog.Panel(
            "Time until an answer",
            f"{_P95}{_OF}",
            unit="seconds",
            legend="{{job}} → {{server_address}}",
            description="95 % of the requests have the headers of their answer sooner. A plateau at a round number is"
            " a timeout.",
            thresholds=late,
            minimum=0,
        ),
        catalog.Panel(
            "Requests by service",
            f"{_RATE}{_OF}",
            unit="requests/s",
            legend="{{job}} → {{server_address}}",
            description="A rise without more requests of users is a loop, or something that is tried again.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Waiting by service",
            f"sum by ({_BY}) (http_client_active_requests{_OF})",
            unit="count",
            legend="{{job}} → {{server_address}}",
            description="Requests whose answer has not begun. It follows the traffic; one that only rises leaks.",
            minimum=0,
        ),
        catalog.Panel(
            "Bodies sent and received",
            [
                catalog.Query(
                    f"sum by ({_BY}) (rate(http_client_request_body_size_bytes_sum{_OF}[5m]))",
                    "{{server_address}} sent",
                ),
                catalog.Query(
                    f"sum by ({_BY}) (rate(http_client_response_body_size_bytes_sum{_OF}[5m]))",
                    "{{server_address}} received",
                ),
            ],
            unit="bytes/s",
            description="Where the size of the body is announced. A leap without more requests: larger answers.",
            minimum=0,
        ),
    ]


def _limits(near: _Lines) -> _Items:
    return [
        catalog.Row("Rate limits"),
        catalog.Panel(
            "Share of a limit that is left",
            f"{_LEFT}{_OF}",
            unit="ratio",
            legend="{{server_address}} {{resource}}",
            description="As the other service last said. A saw whose teeth stay off the ground is right; at zero it"
            " refuses.",
            thresholds=near,
            below=True,
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Until a limit begins anew",
            f"max by ({_BY}, resource) (http_client_rate_limit_reset_seconds{_OF})",
            unit="seconds",
            legend="{{server_address}} {{resource}}",
            description="Time until the other service counts from zero. So long an empty limit lasts.",
            minimum=0,
        ),
        catalog.Panel(
            "Refused for a limit",
            f"sum by ({_BY}) (increase(http_client_rate_limited_total{_OF}[15m]))",
            unit="count",
            legend="{{job}} → {{server_address}}",
            description="Requests of 15 minutes. Each is work that was not done, or is done again later.",
            thresholds={0: "low"},
            minimum=0,
            width=24,
        ),
    ]
