"""Error tracking: what goes wrong in which part of the application, by severity and class."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero
from vedette.instruments.metrics import Counter
from vedette.packs._errors_panels import panels

__all__ = ["SEVERITIES", "errors", "tracked"]

SEVERITIES = ("critical", "error", "warning")
"""How bad an error is for whom it happens to: nothing works, this does not work, it works in another way."""

tracked = Counter(
    "application_errors_total",
    help="Errors that the application tells, by part, severity and class.",
    labels={"part": None, "severity": list(SEVERITIES), "error_type": None},
)


_CRITICAL = "job_part:application_errors_critical:rate5m"
_RATE = "job_part:application_errors:rate5m"


@catalog.parametric
def errors(
    *,
    errors_high: float = 0.5,
    errors_for: str = "10m",
    spike: float = 5,
    min_rate: float = 0.05,
    compared_to: str = "1d",
) -> catalog.Pack:
    """Errors by part of the application, severity and class.

    Args:
        errors_high: errors per second in one part that are many.
        errors_for: how long it must hold.
        spike: errors as a multiple of the same hour before that is a spike.
        min_rate: errors per second below which a spike says nothing.
        compared_to: how far back spikes are compared: the same hour of yesterday (1d) or of last week (1w).
    """
    check_above_zero(errors_high=errors_high, spike=spike, min_rate=min_rate)
    return catalog.Pack(
        "errors",
        title="Errors",
        metrics=[tracked],
        recordings=[
            catalog.Recording(
                _RATE,
                'sum by (job, part) (rate(application_errors_total{severity=~"critical|error"}[5m]))',
                description="Errors per second in a part, without warnings.",
            ),
            catalog.Recording(
                _CRITICAL,
                'sum by (job, part) (rate(application_errors_total{severity="critical"}[5m]))',
                description="Critical errors per second in a part.",
            ),
        ],
        alerts=[
            catalog.Alert(
                "CriticalErrors",
                f"{_CRITICAL} > 0",
                for_="1m",
                severity="critical",
                summary="{{ $labels.part }} of {{ $labels.job }} tells critical errors",
                description="Its code says that nothing works for whoever meets them.",
                runbook="runbooks/errors-critical.md",
                panel="Critical",
            ),
            catalog.Alert(
                "ErrorsHigh",
                f"{_RATE} > {errors_high:g}",
                for_=errors_for,
                severity="high",
                summary="{{ $value | humanize }} errors a second in {{ $labels.part }} of {{ $labels.job }}",
                description="What was asked for is not done, although the answer may look well.",
                runbook="runbooks/errors-high.md",
                panel="Errors by part",
            ),
            catalog.Alert(
                "ErrorSpike",
                f"{_RATE} > {spike:g} * (avg_over_time({_RATE}[1h] offset {compared_to}) > 0)"
                f" and {_RATE} > {min_rate:g}",
                for_="5m",
                severity="medium",
                summary="{{ $labels.part }} of {{ $labels.job }} has {{ $value | humanize }} errors a second",
                description=f"More than {spike:g} times as many as {compared_to} ago.",
                runbook="runbooks/errors-spike.md",
                panel="Against the time before",
            ),
            catalog.Alert(
                "NewKindOfError",
                "sum by (job, part, error_type) (increase(application_errors_total[30m])) > 0"
                " unless sum by (job, part, error_type) (application_errors_total offset 1h)",
                severity="low",
                summary="{{ $labels.error_type }} in {{ $labels.part }} of {{ $labels.job }} for the first time",
                description="An hour ago nobody had met it. A release, a new client, or input that nobody thought of.",
                runbook="runbooks/errors-new.md",
                panel="By class",
            ),
        ],
        panels=panels(errors_high, compared_to),
        dashboard=catalog.Dashboard(
            description="What goes wrong, in which part, and is it new?",
            variables=[catalog.Variable("part", "application_errors_total", "part", "Part")],
            range="6h",
            tags=["errors"],
        ),
    )
