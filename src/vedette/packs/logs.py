"""What the application logs: how much of which level by whom, and which exceptions."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero
from vedette.instruments.metrics import Counter
from vedette.packs._logs_panels import panels

__all__ = ["LEVELS", "exceptions", "logs", "records"]

LEVELS = ("debug", "info", "warning", "error", "critical")
"""Python's own, by growing number; a level in between is counted as the one below it."""

records = Counter(
    "log_records_total",
    help="Records that were logged, by level and the first two parts of the logger's name.",
    labels={"level": list(LEVELS), "logger": None},
)
exceptions = Counter(
    "log_exceptions_total",
    help="Exceptions that were logged with their traceback, by class and by where they came from.",
    labels=["exception_type", "fingerprint"],
    max_series=500,
)


_RATE = "job:log_records:rate5m"
_ERRORS = "job:log_records_error:rate5m"
_CRITICAL = "job_logger:log_records_critical:increase15m"


@catalog.parametric
def logs(
    *,
    errors_high: float = 0.5,
    errors_for: str = "10m",
    spike: float = 5,
    spike_min_rate: float = 0.05,
    burst: float = 10,
    burst_min_rate: float = 5,
    usual_rate: float = 0.05,
    silent_for: str = "15m",
    compared_to: str = "1d",
) -> catalog.Pack:
    """Logs: records by level and logger, exceptions by class and fingerprint.

    Args:
        errors_high: records of level error and above per second that are many.
        errors_for: how long it must hold.
        spike: errors as a multiple of the same hour before that is a spike.
        spike_min_rate: errors per second below which a spike says nothing.
        burst: records of all levels as a multiple of the same hour before that is a burst.
        burst_min_rate: records per second below which a burst says nothing.
        usual_rate: records per second in the same hour before above which silence is not usual.
        silent_for: how long nothing may be logged where something usually is.
        compared_to: how far back it is compared: the same hour of yesterday (1d) or of last week (1w).
    """
    check_above_zero(
        errors_high=errors_high,
        spike=spike,
        spike_min_rate=spike_min_rate,
        burst=burst,
        burst_min_rate=burst_min_rate,
        usual_rate=usual_rate,
    )
    return catalog.Pack(
        "logs",
        title="Logs",
        metrics=[records, exceptions],
        recordings=[
            catalog.Recording(
                _RATE,
                "sum by (job) (rate(log_records_total[5m]))",
                description="Records per second.",
            ),
            catalog.Recording(
                _ERRORS,
                'sum by (job) (rate(log_records_total{level=~"error|critical"}[5m]))',
                description="Records per second of level error and above.",
            ),
            catalog.Recording(
                _CRITICAL,
                # the first of a logger begins a series, in which nothing has increased yet; what has been there when
                # the service was first scraped is old
                '(sum by (job, logger) (log_records_total{level="critical"} unless log_records_total offset 15m)'
                " and on (job) up offset 15m)"
                ' or sum by (job, logger) (increase(log_records_total{level="critical"}[15m]))',
                description="Critical records of a quarter of an hour, the first of a logger included.",
            ),
        ],
        alerts=[
            catalog.Alert(
                "LogCriticalRecords",
                f"{_CRITICAL} > 0",
                severity="high",
                summary="{{ $labels.logger }} of {{ $labels.job }} has logged something critical",
                description="{{ $value | humanize }} records in 15 minutes. Who logs so says that it cannot go on.",
                runbook="runbooks/logs-critical.md",
                panel="Critical records",
            ),
            catalog.Alert(
                "LogErrorsHigh",
                f"{_ERRORS} > {errors_high:g}",
                for_=errors_for,
                severity="high",
                summary="{{ $labels.job }} logs {{ $value | humanize }} errors a second",
                description=f"More than {errors_high:g} records a second of level error or critical.",
                runbook="runbooks/logs-errors.md",
                panel="Errors logged",
            ),
            catalog.Alert(
                "LogErrorSpike",
                f"{_ERRORS} > {spike:g} * (avg_over_time({_ERRORS}[1h] offset {compared_to}) > 0)"
                f" and {_ERRORS} > {spike_min_rate:g}",
                for_="5m",
                severity="medium",
                summary="{{ $labels.job }} logs {{ $value | humanize }} errors a second, far more than usual",
                description=f"More than {spike:g} times as many as {compared_to} ago.",
                runbook="runbooks/logs-errors.md",
                panel="Errors logged",
            ),
            catalog.Alert(
                "LogBurst",
                f"{_RATE} > {burst:g} * (avg_over_time({_RATE}[1h] offset {compared_to}) > 0)"
                f" and {_RATE} > {burst_min_rate:g}",
                for_="5m",
                severity="medium",
                summary="{{ $labels.job }} logs {{ $value | humanize }} records a second, far more than usual",
                description=f"More than {burst:g} times as many as {compared_to} ago: disks fill up meanwhile.",
                runbook="runbooks/logs-burst.md",
                panel="Records logged",
            ),
            catalog.Alert(
                "LogSilent",
                f"{_RATE} == 0 and avg_over_time({_RATE}[1h] offset {compared_to}) > {usual_rate:g}",
                for_=silent_for,
                severity="medium",
                summary="{{ $labels.job }} logs nothing any more",
                description=f"It is up, and at this hour {compared_to} ago it had something to say: it hangs, has "
                "nothing to do, or its logging is set up wrongly.",
                runbook="runbooks/logs-silent.md",
                panel="Records logged",
            ),
            catalog.Alert(
                "LogNewException",
                "sum by (job, exception_type, fingerprint) (increase(log_exceptions_total[30m])) > 0 unless sum by"
                " (job, exception_type, fingerprint) (max_over_time(log_exceptions_total[1d] offset 1h))",
                severity="low",
                summary="{{ $labels.job }} logs {{ $labels.exception_type }} from where it never came before",
                description="It has come more than once, and not on the day before. The fingerprint "
                "{{ $labels.fingerprint }} stands for the class and the functions that it went through.",
                runbook="runbooks/logs-new-exception.md",
                panel="Exceptions by place",
            ),
        ],
        panels=panels(errors_high, compared_to),
        dashboard=catalog.Dashboard(
            description="What is logged, by whom, and what is new?",
            variables=[catalog.Variable("logger", "log_records_total", "logger", "Logger")],
            range="6h",
            tags=["logs"],
        ),
    )
