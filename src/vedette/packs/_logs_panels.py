"""The panels of the logs pack: how much is logged of which level and by whom, and which exceptions."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_BAD = 'level=~"error|critical"'


def panels() -> list[catalog.Panel | catalog.Row | catalog.Text]:
    return [
        catalog.Panel(
            "Records by level",
            "sum by (job, level) (rate(log_records_total[5m]))",
            unit="operations/s",
            legend="{{job}} {{level}}",
            description="Records per second. A jump of one level is a change of the application, or around it.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Errors by logger",
            f"topk by (job) (10, sum by (job, logger) (rate(log_records_total{{{_BAD}}}[5m])))",
            unit="operations/s",
            legend="{{job}} {{logger}}",
            description="The ten loggers with most records of level error and above.",
            minimum=0,
        ),
        catalog.Panel(
            "Exceptions by class",
            "sum by (job, exception_type) (rate(log_exceptions_total[5m]))",
            unit="operations/s",
            legend="{{job}} {{exception_type}}",
            description="Exceptions that were logged with their traceback.",
            minimum=0,
        ),
        catalog.Panel(
            "Exceptions that are new today",
            "sum by (job, exception_type, fingerprint) (increase(log_exceptions_total[1h])) > 0"
            " unless sum by (job, exception_type, fingerprint) (increase(log_exceptions_total[1d] offset 1h)) > 0",
            kind="table",
            unit="count",
            description="Of the last hour, and not of the day before it. A fingerprint stands for class and place.",
        ),
    ]
