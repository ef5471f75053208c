"""The panels of the health pack: from whether everything works down to which check is slow or fails with what."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_CHECK = '{check=~"$check"}'
_NAMED = "{{job}} {{instance}} {{check}}"


def panels() -> list[catalog.Panel | catalog.Row | catalog.Text]:
    return [
        catalog.Panel(
            "Ready",
            "min by (job) (health_ready)",
            kind="stat",
            unit="boolean",
            legend="{{job}}",
            description="0 where a process of the service takes no requests: it starts, drains, or a critical check "
            "fails.",
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
            description="Critical checks that fail now, over all processes.",
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Results",
            f"min by (job, instance, check, level) (health_check_status{_CHECK})",
            kind="table",
            unit="count",
            description="1 works, 0.5 degraded, 0 fails.",
        ),
        catalog.Panel(
            "Results over time",
            f"min by (job, instance, check) (health_check_status{_CHECK})",
            unit="count",
            legend=_NAMED,
            description="A check that goes up and down has a limit that is too tight, or watches something that does.",
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Duration p95",
            "histogram_quantile(0.95, sum by (job, check, le) "
            f"(rate(health_check_duration_seconds_bucket{_CHECK}[5m])))",
            unit="seconds",
            legend="{{job}} {{check}}",
            description="95 % of the calls of a check took less. It rises before the check fails.",
            minimum=0,
        ),
        catalog.Panel(
            "Failures by class",
            f"sum by (job, check, error_type) (rate(health_check_failures_total{_CHECK}[5m]))",
            unit="operations/s",
            legend="{{check}} {{error_type}}",
            description="Failed calls per second by class of error.",
            minimum=0,
        ),
        catalog.Panel(
            "Time since the last success",
            f"time() - min by (job, instance, check) (health_check_last_success_timestamp_seconds{_CHECK})",
            unit="seconds",
            legend=_NAMED,
            description="Of a check that passes, less than its interval.",
            minimum=0,
        ),
        catalog.Panel(
            "Circuit breakers",
            f"max by (job, instance, check) (health_check_breaker_state{_CHECK})",
            unit="count",
            legend=_NAMED,
            description="0 closed, 0.5 half open, 1 open: the check failed too often and is left alone for a while.",
            minimum=0,
            maximum=1,
        ),
    ]
