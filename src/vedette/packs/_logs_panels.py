"""The panels of the logs pack: does it log errors, more than usual, who logs them, and which exceptions are new."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_LOGGER = 'logger=~"$logger"'
_BAD = f'level=~"error|critical",{_LOGGER}'
_PLACE = "job, exception_type, fingerprint"
_NEW = (
    f"sum by ({_PLACE}) (increase(log_exceptions_total[1h])) > 0"
    f" unless sum by ({_PLACE}) (max_over_time(log_exceptions_total[1d] offset 1h))"
)
_RATE = "job:log_records:rate5m"
_ERRORS = "job:log_records_error:rate5m"


def panels(errors_high: float, compared_to: str) -> list[catalog.Panel | catalog.Row | catalog.Text]:
    return [
        catalog.Panel(
            "Errors now",
            f"{_ERRORS} or 0 * {_RATE}",
            kind="stat",
            unit="events/s",
            legend="{{job}}",
            description="Records per second of level error and above. Near zero on a good day.",
            thresholds={errors_high: "high"},
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Errors of 24 hours",
            'sum by (job) (increase(log_records_total{level=~"error|critical"}[1d]))',
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="Records of level error and above. As many as yesterday is no news, whatever the number.",
            width=6,
            height=4,
        ),
        catalog.Panel(
            "New exceptions",
            f"count by (job) ({_NEW}) or 0 * count by (job) (log_records_total)",
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="Kinds of exceptions of the last hour that the day before did not have.",
            thresholds={1: "low"},
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Records",
            _RATE,
            kind="stat",
            unit="events/s",
            legend="{{job}}",
            description="Records per second, of all levels that are logged.",
            width=6,
            height=4,
        ),
        catalog.Row("More than usual, or nothing at all?"),
        catalog.Panel(
            "Errors logged",
            _ERRORS,
            unit="events/s",
            legend="{{job}}",
            description="Level error and above, with the time before in grey. A step that leaves the grey line began "
            "with a release or with something that broke.",
            thresholds={errors_high: "high"},
            minimum=0,
            compare=compared_to,
            width=8,
        ),
        catalog.Panel(
            "Records logged",
            _RATE,
            unit="events/s",
            legend="{{job}}",
            description="Of all levels, with the time before in grey. Many times as many cost room and hide what "
            "matters; none at all is a service that hangs.",
            minimum=0,
            compare=compared_to,
            width=8,
        ),
        catalog.Panel(
            "Records by level",
            f"sum by (job, level) (rate(log_records_total{{{_LOGGER}}}[5m]))",
            unit="events/s",
            legend="{{job}} {{level}}",
            description="A jump of one level is a change of the application, or around it. Debug in production is a "
            "level that somebody forgot to set back.",
            minimum=0,
            stack=True,
            width=8,
        ),
        catalog.Row("Who logs it?"),
        catalog.Panel(
            "Critical records",
            'sum by (job, logger) (job_logger:log_records_critical:increase15m{logger=~"$logger"})',
            unit="count",
            legend="{{job}} {{logger}}",
            description="Of 15 minutes, by logger. None is good: each one is somebody who says that it cannot go on.",
            thresholds={0: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Errors by logger",
            f"topk by (job) (10, sum by (job, logger) (rate(log_records_total{{{_BAD}}}[5m])))",
            unit="events/s",
            legend="{{job}} {{logger}}",
            description="The ten with most errors. One alone points at its module, all at once at what they share.",
            minimum=0,
        ),
        catalog.Panel(
            "Records by logger",
            f"topk by (job) (10, sum by (job, logger) (rate(log_records_total{{{_LOGGER}}}[5m])))",
            unit="events/s",
            legend="{{job}} {{logger}}",
            description="The ten that log most. One with nearly all of it should say less, or say it at debug.",
            minimum=0,
        ),
        catalog.Panel(
            "Warnings by logger",
            f'topk by (job) (10, sum by (job, logger) (rate(log_records_total{{level="warning",{_LOGGER}}}[5m])))',
            unit="events/s",
            legend="{{job}} {{logger}}",
            description="What was worked around. Warnings often rise before errors do.",
            minimum=0,
        ),
        catalog.Row("Which exceptions?"),
        catalog.Panel(
            "Exceptions by class",
            "sum by (job, exception_type) (60 * rate(log_exceptions_total[5m]))",
            unit="events/min",
            legend="{{job}} {{exception_type}}",
            description="Exceptions a minute that were logged with their traceback. A line that begins is a new kind.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Exceptions by place",
            [
                catalog.Query(
                    f"topk by (job) (20, sum by ({_PLACE}) (increase(log_exceptions_total[1h])) > 0)", "Last hour"
                ),
                catalog.Query(
                    f"topk by (job) (20, sum by ({_PLACE}) (increase(log_exceptions_total[1d] offset 1h)))",
                    "Day before",
                ),
            ],
            kind="table",
            unit="count",
            description="What the day before does not have is new. A fingerprint stands for the class and for the "
            "functions that it went through; log `vedette.integrations.logging.fingerprint(error)` to find the "
            "traceback.",
        ),
    ]
