"""The panels of the health pack: does everything work, which check does not and since when, what does it say."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_CHECK = '{check=~"$check"}'
_NAMED = "{{job}} {{instance}} {{check}}"


def panels(slow: float, changes_high: float) -> list[catalog.Panel | catalog.Row | catalog.Text]:
    return [
        catalog.Panel(
            "Ready",
            "max by (job) (health_ready)",
            kind="stat",
            unit="boolean",
            legend="{{job}}",
            description="Yes where an instance of the service takes requests. No: they all start, drain or fail.",
            thresholds={1: "critical"},
            below=True,
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Failing checks",
            'count by (job) (health_check_status{level="critical"} == 0) or 0 * min by (job) (health_check_status)',
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="Critical checks that fail now, over all instances. None.",
            thresholds={1: "critical"},
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Checks not well",
            "count by (job) (health_check_status < 1) or 0 * min by (job) (health_check_status)",
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="Checks that fail or are degraded, those too that the service works without.",
            thresholds={1: "high"},
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Slowest check",
            "max by (job) (job_check:health_check_duration_seconds:p95_10m)",
            kind="stat",
            unit="seconds",
            legend="{{job}}",
            description="95 % of the calls of the slowest check take less. Milliseconds where what it asks is near.",
            thresholds={slow: "medium"},
            width=6,
            height=4,
        ),
        catalog.Row("Which check, where, since when?"),
        catalog.Panel(
            "Results",
            f"min by (job, check) (job_check:health_check_status:min{_CHECK})",
            unit="count",
            legend="{{job}} {{check}}",
            description="1 works, 0.5 is degraded, 0 fails; of all instances the worst. A line at the top is good.",
            thresholds={0.5: "critical", 1: "high"},
            below=True,
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Ready by instance",
            "min by (job, instance) (health_ready)",
            unit="count",
            legend="{{job}} {{instance}}",
            description="1 where it takes requests. A short gap for each instance is a deployment; one that stays down "
            "is stuck in its start.",
            thresholds={1: "high"},
            below=True,
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Results by instance",
            [
                catalog.Query(f"min by (job, instance, check) (health_check_status{_CHECK})", "Result"),
                catalog.Query(
                    f"time() - min by (job, instance, check) (health_check_last_success_timestamp_seconds{_CHECK})",
                    "Since it passed",
                    unit="seconds",
                ),
            ],
            kind="table",
            unit="count",
            description="1 works, 0.5 is degraded, 0 fails. One instance that differs has a fault of its own.",
            width=24,
        ),
        catalog.Row("Are the checks themselves in order?"),
        catalog.Panel(
            "Time of a check",
            f"job_check:health_check_duration_seconds:p95_10m{_CHECK}",
            unit="seconds",
            legend="{{job}} {{check}}",
            description="95 % of the calls take less. It rises before the check fails; at its timeout it does.",
            thresholds={slow: "medium"},
            minimum=0,
        ),
        catalog.Panel(
            "Calls",
            f"sum by (job, instance, check) (increase(health_check_duration_seconds_count{_CHECK}[5m]))",
            unit="count",
            legend=_NAMED,
            description="Within five minutes: 30 of a check that is called every ten seconds. None: its result is old.",
            thresholds={1: "high"},
            below=True,
            minimum=0,
        ),
        catalog.Panel(
            "Changes of the result",
            f"max by (job, check) (changes(health_check_status{_CHECK}[30m]))",
            unit="count",
            legend="{{job}} {{check}}",
            description="Within half an hour. Two are one failure that has passed; a plateau above the line is a limit "
            "that is too tight, or something that comes and goes.",
            thresholds={changes_high: "medium"},
            minimum=0,
        ),
        catalog.Panel(
            "Circuit breakers",
            f"max by (job, check) (health_check_breaker_state{_CHECK})",
            unit="count",
            legend="{{job}} {{check}}",
            description="0 closed, 0.5 half open, 1 open: the check failed too often and is left alone for a while.",
            thresholds={0: "medium"},
            minimum=0,
            maximum=1,
        ),
        catalog.Row("What do they say?"),
        catalog.Panel(
            "Failures by class",
            f"sum by (job, check, error_type) (60 * rate(health_check_failures_total{_CHECK}[5m]))",
            unit="operations/min",
            legend="{{job}} {{check}} {{error_type}}",
            description="Failed calls per minute. A timeout is something slow, a refused connection something down.",
            minimum=0,
        ),
        catalog.Panel(
            "Time since the last success",
            f"time() - min by (job, instance, check) (health_check_last_success_timestamp_seconds{_CHECK})",
            unit="seconds",
            legend=_NAMED,
            description="Less than its interval where it passes. A ramp began when the check last worked.",
            minimum=0,
        ),
    ]
