"""The panels of the errors pack: how bad, where, which, and is it more than usual."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_OF = '{part=~"$part"}'


def panels(errors_high: float, compared_to: str) -> list[catalog.Panel | catalog.Row | catalog.Text]:
    return [
        catalog.Panel(
            "Errors now",
            "sum by (job) (job_part:application_errors:rate5m)",
            kind="stat",
            unit="events/s",
            legend="{{job}}",
            description="Errors per second in all parts, without warnings.",
            overview=True,
            width=8,
            height=4,
        ),
        catalog.Panel(
            "Errors today",
            'sum by (job) (increase(application_errors_total{severity=~"critical|error"}[1d]))',
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="Errors of the last 24 hours, without warnings.",
            width=8,
            height=4,
        ),
        catalog.Panel(
            "Critical",
            f"job_part:application_errors_critical:rate5m{_OF}",
            kind="stat",
            unit="events/s",
            legend="{{part}}",
            description="Critical errors per second. Zero on every good day.",
            width=8,
            height=4,
        ),
        catalog.Row("Where"),
        catalog.Panel(
            "Errors by part",
            f"job_part:application_errors:rate5m{_OF}",
            unit="events/s",
            legend="{{job}} {{part}}",
            description="One part alone: look at its code and what it calls. All at once: at what they share.",
            thresholds={errors_high: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "By severity",
            f"sum by (job, severity) (rate(application_errors_total{_OF}[5m]))",
            unit="events/s",
            legend="{{job}} {{severity}}",
            description="Warnings are what was worked around. They often come before errors.",
            minimum=0,
            stack=True,
        ),
        catalog.Row("Which"),
        catalog.Panel(
            "By class",
            f"sum by (job, part, error_type) (increase(application_errors_total{_OF}[30m]))",
            unit="count",
            legend="{{part}} {{error_type}}",
            description="Errors of half an hour by class. A line that begins is a new kind of error.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Against the time before",
            f"job_part:application_errors:rate5m{_OF}",
            unit="events/s",
            legend="{{part}}",
            description="The same hour before beside it. Two lines of one shape are the rhythm of the day.",
            minimum=0,
            compare=compared_to,
        ),
        catalog.Panel(
            "Most frequent today",
            catalog.Query(
                f"topk by (job) (10, sum by (job, part, error_type) (increase(application_errors_total{_OF}[1d])))",
                "errors",
                unit="count",
            ),
            kind="table",
            description="The ten classes that were met most within 24 hours.",
            width=24,
            height=6,
        ),
    ]
