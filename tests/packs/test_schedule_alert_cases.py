"""When each alert of the schedule pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import SHOP, buckets, stack_of

from vedette.packs import schedule
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(schedule(running_for="30m"))


REPORT = {**SHOP, "schedule": "report"}
OF = 'schedule="report"'


def next_run(values: str) -> dict[str, str]:
    """When it is to run; time begins at zero here."""
    return {f"scheduled_job_next_run_timestamp_seconds{{{OF}}}": values}


def failed(values: str) -> dict[str, str]:
    """Runs that have failed, beside those that went well."""
    return {
        f'scheduled_job_runs_total{{{OF},outcome="failure"}}': values,
        f'scheduled_job_runs_total{{{OF},outcome="success"}}': "0+1x120",
    }


def delays(under: dict[str, str]) -> dict[str, str]:
    """How long after their time runs began."""
    return buckets("scheduled_job_delay_seconds", OF, under, under["+Inf"])


CASES = [
    alert_case(
        "ScheduledJobOverdue",
        "it does not run for ten minutes and more, then it does",
        next_run("600x25 3600x20"),
        at("20m", "silent"),
        at("21m", "fires", {**REPORT, "severity": "high"}, count=1),
        at("27m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "ScheduledJobOverdue",
        "it runs as it said",
        next_run("600x9 1200x9 1800x9 2400x9"),
        at("35m", "silent"),
        interval="1m",
    ),
    alert_case(
        "ScheduledJobFailed",
        "a run fails",
        failed("0x5 1x60"),
        at("5m", "silent"),
        at("6m", "fires", {**REPORT, "severity": "medium"}, count=1),
        at("22m", "resolved"),
        interval="1m",
    ),
    alert_case("ScheduledJobFailed", "one failed long ago", failed("3x60"), at("40m", "silent"), interval="1m"),
    alert_case(
        "ScheduledJobMissed",
        "a run is left out",
        {f"scheduled_job_missed_total{{{OF}}}": "0x5 1x120"},
        at("5m", "silent"),
        at("6m", "fires", {**REPORT, "severity": "medium"}, count=1),
        at("1h10m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "ScheduledJobMissed",
        "one was left out long ago",
        {f"scheduled_job_missed_total{{{OF}}}": "2x120"},
        at("1h50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "ScheduledJobLate",
        "6 % begin over a minute late, and then none",
        delays({"15": "0x240", "60": "0+94x60 5740+100x180", "300": "0+100x240", "+Inf": "0+100x240"}),
        at("15m", "pending"),
        at("16m", "fires", {**REPORT, "severity": "low"}, count=1),
        at("3h", "resolved"),
        interval="1m",
    ),
    alert_case(
        "ScheduledJobLate",
        "95 % begin within a minute",
        delays({"15": "0x120", "60": "0+95x120", "300": "0+100x120", "+Inf": "0+100x120"}),
        at("1h40m", "silent"),
        interval="1m",
    ),
    alert_case(
        "ScheduledJobLate",
        "all begin within a minute",
        delays({"15": "0x120", "60": "0+100x120", "300": "0+100x120", "+Inf": "0+100x120"}),
        at("1h40m", "silent"),
        interval="1m",
    ),
    alert_case(
        "ScheduledJobStuck",
        "a run takes longer than half an hour",
        {f"scheduled_job_runs_in_progress{{{OF}}}": "0x4 1x40 0x20"},
        at("34m", "pending"),
        at("35m", "fires", {**REPORT, "severity": "high"}, count=1),
        at("46m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "ScheduledJobStuck",
        "none runs",
        {f"scheduled_job_runs_in_progress{{{OF}}}": "0x60"},
        at("50m", "silent"),
        interval="1m",
    ),
    alert_case(
        "ScheduledJobStuck",
        "one runs for a quarter of an hour",
        {f"scheduled_job_runs_in_progress{{{OF}}}": "1x15 0x45"},
        at("40m", "silent"),
        interval="1m",
    ),
]
