"""The panels of the security pack: logins, denials, limits, attacks."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_OF = '{method=~"$method"}'


def panels(
    failed_ratio_high: float, limited_high: float, suspicious_high: float, compared_to: str
) -> list[catalog.Panel | catalog.Row | catalog.Text]:
    return [
        catalog.Panel(
            "Logins",
            'sum by (job) (rate(authentication_attempts_total{outcome="success"}[5m]))',
            kind="stat",
            unit="operations/s",
            legend="{{job}}",
            description="People who get in, per second. Zero by day means that nobody can.",
            width=5,
            height=4,
        ),
        catalog.Panel(
            "Failed logins now",
            "job:authentication_failures:ratio_rate5m",
            kind="stat",
            unit="ratio",
            legend="{{job}}",
            description="Share of attempts that fail. Some always do: people mistype.",
            thresholds={failed_ratio_high: "high"},
            overview=True,
            width=5,
            height=4,
        ),
        catalog.Panel(
            "Suspicious today",
            "sum by (job) (increase(suspicious_requests_total[1d]))",
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="Requests of 24 hours that look like an attack. Compare with the days before.",
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Signs of an intrusion",
            "sum by (job, signal) (increase(intrusion_signals_total[15m]))",
            kind="stat",
            unit="count",
            legend="{{signal}}",
            description="Within 15 minutes. Anything but zero is for somebody to look at now.",
            thresholds={1: "critical"},
            width=8,
            height=4,
        ),
        catalog.Row("Logins"),
        catalog.Panel(
            "Failed logins",
            "job:authentication_failures:ratio_rate5m",
            unit="ratio",
            legend="{{job}}",
            description="A step after a release is a bug; a hill with many attempts is somebody who tries passwords.",
            thresholds={failed_ratio_high: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Failed logins by reason",
            f'sum by (job, reason) (rate(authentication_attempts_total{{outcome="failure", {_OF[1:-1]}}}[5m]))',
            unit="operations/s",
            legend="{{reason}}",
            description="Unknown users: a list of names is tried. Wrong passwords of known ones: accounts are the aim.",
            minimum=0,
            compare=compared_to,
        ),
        catalog.Panel(
            "Attempts by method",
            f"sum by (job, method, outcome) (rate(authentication_attempts_total{_OF}[5m]))",
            unit="operations/s",
            legend="{{method}} {{outcome}}",
            description="One method that fails alone points at its provider.",
            minimum=0,
            stack=True,
            width=24,
        ),
        catalog.Row("Denied and refused"),
        catalog.Panel(
            "Denied by resource",
            "sum by (job, resource) (rate(authorization_denials_total[5m]))",
            unit="requests/s",
            legend="{{job}} {{resource}}",
            description="Known people who ask for what is not theirs. One kind of thing alone: a missing permission.",
            minimum=0,
            compare=compared_to,
        ),
        catalog.Panel(
            "Denied by reason",
            "sum by (job, reason) (rate(authorization_denials_total[5m]))",
            unit="requests/s",
            legend="{{job}} {{reason}}",
            description="Why requests were denied.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Refused by a limit",
            "sum by (job, limiter) (rate(rate_limited_requests_total[5m]))",
            unit="requests/s",
            legend="{{job}} {{limiter}}",
            description="Requests per second above a limit. Needles are bursts; a plateau is a client in a loop.",
            thresholds={limited_high: "medium"},
            minimum=0,
        ),
        catalog.Panel(
            "Suspicious by reason",
            "sum by (job, reason) (increase(suspicious_requests_total[5m]))",
            unit="count",
            legend="{{job}} {{reason}}",
            description="Within 5 minutes. A low noise of scanners is always there.",
            thresholds={suspicious_high: "high"},
            minimum=0,
        ),
    ]
