"""The panels of the runtime pack: does the event loop keep up, what stops it, what breaks, which version runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette import catalog  # lazy: loaded when the pack is made

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["panels"]

_NAMED = "{{job}} {{instance}}"
_LAG = "job_instance:asyncio_event_loop_lag_seconds:p99_5m"
_BUSY = "job_instance:asyncio_event_loop_busy:ratio_rate5m"
_RUNNING = "job_instance:asyncio_event_loop_time_seconds:rate5m"
_UNHANDLED = "job_source_type:python_unhandled_exceptions:increase15m"


def panels(
    *,
    lag: Mapping[float, catalog.Severity],
    blocked_high: float,
    busy_high: float,
    running_low: float,
    gc_pause_high: float,
) -> list[catalog.Panel | catalog.Row | catalog.Text]:
    return [
        catalog.Panel(
            "Latest event loop",
            f"max by (job) ({_LAG})",
            kind="stat",
            unit="seconds",
            legend="{{job}}",
            description="1 % of what is due runs later than this, on the instance that is worst. A few milliseconds.",
            thresholds=lag,
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Busiest event loop",
            f"max by (job) ({_BUSY})",
            kind="stat",
            unit="ratio",
            legend="{{job}}",
            description="Share of its time in which it runs callbacks. Below two thirds there is room for a burst.",
            thresholds={busy_high: "medium"},
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Caught by nobody",
            "sum by (job) (increase(python_unhandled_exceptions_total[1d]))",
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="Exceptions of 24 hours that nothing handled. None; empty where there has never been one.",
            thresholds={1: "medium"},
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Versions at once",
            "count by (job) (count by (job, version, revision) (service_build_info))",
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="One, but for a deployment that goes on.",
            thresholds={2: "medium"},
            width=6,
            height=4,
        ),
        catalog.Row("Does the event loop keep up?"),
        catalog.Panel(
            "Event loop late",
            _LAG,
            unit="seconds",
            legend=_NAMED,
            description="1 % of what is due runs later than this. A flat line of milliseconds is good; each request "
            "waits so long at each of its steps.",
            thresholds=lag,
            minimum=0,
        ),
        catalog.Panel(
            "How late, all of it",
            "sum by (le) (rate(asyncio_event_loop_lag_seconds_bucket[5m]))",
            kind="heatmap",
            unit="seconds",
            description="All instances. A dark band at the bottom is good. Specks high above it are rare blocks; a "
            "band that rises as a whole is too much to do.",
        ),
        catalog.Panel(
            "Event loop blocked",
            "job_instance:asyncio_event_loop_blocked:increase15m",
            unit="count",
            legend=_NAMED,
            description="Times within 15 minutes that the loop stood still for over half a second. One may be a "
            "start; steps that come again are a call that blocks.",
            thresholds={blocked_high: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Event loop running",
            _RUNNING,
            unit="ratio",
            legend=_NAMED,
            description="About 100 % for each loop of the instance. At the bottom a loop that ran before runs no more.",
            thresholds={running_low: "critical"},
            below=True,
            minimum=0,
        ),
        catalog.Row("What makes it stand still?"),
        catalog.Panel(
            "Event loop busy",
            _BUSY,
            unit="ratio",
            legend=_NAMED,
            description="Share of its time in which the loop runs callbacks. Near the top every request waits.",
            thresholds={busy_high: "medium"},
            minimum=0,
            maximum=1,
            compare="1w",
        ),
        catalog.Panel(
            "Pauses of the garbage collector",
            "job_instance:python_gc_pause_seconds:p99_15m",
            unit="seconds",
            legend=_NAMED,
            description="99 % of its full runs stop the process for less. It grows with the objects that live: a slope "
            "is a leak.",
            thresholds={gc_pause_high: "medium"},
            minimum=0,
        ),
        catalog.Panel(
            "Time in the garbage collector",
            "sum by (job, instance, generation) (rate(python_gc_pause_seconds_sum[5m]))",
            unit="ratio",
            legend="{{instance}} generation {{generation}}",
            description="Seconds per second, of all processes of the instance. Above a few percent of each, many "
            "objects are made and thrown away.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Runs of the garbage collector",
            "sum by (job, instance, generation) (rate(python_gc_pause_seconds_count[5m]))",
            unit="operations/s",
            legend="{{instance}} generation {{generation}}",
            description="Youngest objects often, all of them (generation 2) seldom. More full runs than before: more "
            "objects stay.",
            minimum=0,
        ),
        catalog.Row("What breaks, and which version is it?"),
        catalog.Panel(
            "Unhandled exceptions",
            _UNHANDLED,
            unit="count",
            legend="{{job}} {{source}} {{exception_type}}",
            description="Of 15 minutes, in a thread, a task or a finalizer. None is good; each is a bug.",
            thresholds={0: "medium"},
            minimum=0,
        ),
        catalog.Panel(
            "Versions",
            catalog.Query("count by (job, version, revision) (service_build_info)", "instances"),
            kind="table",
            unit="count",
            description="Instances by what they run. Two rows of a service are a deployment that goes on, or stopped.",
        ),
    ]
