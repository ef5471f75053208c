"""The Python that runs the application: event loop, garbage collector, what nobody handles, and which version it is."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero, check_ratio, check_rising
from vedette.instruments.metrics import Counter, Histogram, Info
from vedette.packs._runtime_panels import panels

__all__ = ["build_info", "gc_pause", "loop_lag", "loop_time", "runtime", "unhandled_exceptions"]

# From what nobody notices to what every client does.
_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_PAUSES = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)

loop_lag = Histogram(
    "asyncio_event_loop_lag_seconds",
    help="How late the event loop runs what is due: each request that waits for it waits as long.",
    buckets=_SECONDS,
)
# As nodejs.eventloop.time of OpenTelemetry's conventions.
loop_time = Counter(
    "asyncio_event_loop_time_seconds_total",
    help="Time that event loops have run callbacks (active) and waited for something to do (idle).",
    labels={"state": ["active", "idle"]},
)
gc_pause = Histogram(
    "python_gc_pause_seconds",
    help="Time that a run of the cyclic garbage collector stopped the process.",
    labels={"generation": ["0", "1", "2"]},
    buckets=_PAUSES,
)
unhandled_exceptions = Counter(
    "python_unhandled_exceptions_total",
    help="Exceptions that nothing caught, by where they ended: of the main program, of a thread, of a task or callback "
    "of asyncio, or where none can be raised, as in a finalizer.",
    labels={"source": ["main", "thread", "asyncio", "unraisable"], "exception_type": None},
    max_series=200,
)
build_info = Info(
    "service_build_info",
    help="The version of the service that runs, and the revision of its source.",
    labels=["version", "revision"],
)


_LAG = "job_instance:asyncio_event_loop_lag_seconds:p99_5m"
_BLOCKED = "job_instance:asyncio_event_loop_blocked:increase15m"
_RUNNING = "job_instance:asyncio_event_loop_time_seconds:rate5m"
_BUSY = "job_instance:asyncio_event_loop_busy:ratio_rate5m"
_PAUSE = "job_instance:python_gc_pause_seconds:p99_15m"
_UNHANDLED = "job_source_type:python_unhandled_exceptions:increase15m"


@catalog.parametric
def runtime(
    *,
    lag_high: float = 0.1,
    lag_critical: float = 1.0,
    lag_for_high: str = "5m",
    lag_for_critical: str = "2m",
    blocked_high: float = 3,
    busy_high: float = 0.9,
    busy_for: str = "10m",
    running_low: float = 0.05,
    hung_for: str = "1m",
    gc_pause_high: float = 0.25,
    gc_min_runs: float = 3,
    gc_for: str = "10m",
    versions_for: str = "1h",
) -> catalog.Pack:
    """The runtime of a Python service: event loop, garbage collection, unhandled exceptions, version.

    Args:
        lag_high: seconds by which 1 % of what is due on the event loop is late that are high.
        lag_critical: seconds that page.
        lag_for_high: how long the first must hold.
        lag_for_critical: how long the second must hold.
        blocked_high: times within 15 minutes that the loop may be late by more than half a second.
        busy_high: share of its time in which the loop may run callbacks.
        busy_for: how long it must hold.
        running_low: seconds per second that a loop is seen to run below which it has hung.
        hung_for: how long it must hold, after five minutes.
        gc_pause_high: 99th percentile of a full run of the garbage collector, in seconds, that is long.
        gc_min_runs: full runs within 15 minutes up to which their length says nothing.
        gc_for: how long it must hold.
        versions_for: how long a deployment may take in which two versions run.
    """
    check_above_zero(
        lag_high=lag_high,
        lag_critical=lag_critical,
        blocked_high=blocked_high,
        gc_pause_high=gc_pause_high,
        gc_min_runs=gc_min_runs,
    )
    check_ratio(busy_high=busy_high, running_low=running_low)
    check_rising(lag_high=lag_high, lag_critical=lag_critical)
    name = "{{ $labels.instance }} of {{ $labels.job }}"
    return catalog.Pack(
        "runtime",
        title="Runtime",
        metrics=[loop_lag, loop_time, gc_pause, unhandled_exceptions, build_info],
        recordings=_recordings(),
        alerts=[
            catalog.Alert(
                "EventLoopLagHigh",
                f"{_LAG} > {lag_high:g}",
                for_=lag_for_high,
                severity="high",
                summary=f"The event loop of {name} is late by {{{{ $value | humanizeDuration }}}}",
                description="Every request waits that long at each of its steps, however fast its own code is.",
                runbook="runbooks/runtime-loop-lag.md",
                panel="Event loop late",
            ),
            catalog.Alert(
                "EventLoopLagCritical",
                f"{_LAG} > {lag_critical:g}",
                for_=lag_for_critical,
                severity="critical",
                summary=f"The event loop of {name} is late by {{{{ $value | humanizeDuration }}}}",
                description="Clients time out, connections are dropped, and probes fail soon.",
                runbook="runbooks/runtime-loop-lag.md",
                panel="Event loop late",
            ),
            catalog.Alert(
                "EventLoopBlocked",
                f"{_BLOCKED} > {blocked_high:g}",
                severity="high",
                summary=f"The event loop of {name} stood still {{{{ $value | humanize }}}} times in 15 minutes",
                description="Each time for over half a second: something in a coroutine does not give way.",
                runbook="runbooks/runtime-loop-blocked.md",
                panel="Event loop blocked",
            ),
            catalog.Alert(
                "EventLoopHung",
                f"{_RUNNING} < {running_low:g} and max_over_time({_RUNNING}[6h]) > 0.5",
                for_=hung_for,
                severity="critical",
                summary=f"The event loop of {name} does not run any more",
                description="The process lives and tells its metrics, and nothing that is asynchronous goes on.",
                runbook="runbooks/runtime-loop-hung.md",
                panel="Event loop running",
            ),
            catalog.Alert(
                "EventLoopBusy",
                f"{_BUSY} > {busy_high:g}",
                for_=busy_for,
                severity="medium",
                summary=f"The event loop of {name} is busy {{{{ $value | humanizePercentage }}}} of its time",
                description="It has no room left: a little more load, and everything waits.",
                runbook="runbooks/runtime-loop-busy.md",
                panel="Event loop busy",
            ),
            catalog.Alert(
                "GcPausesLong",
                f"{_PAUSE} > {gc_pause_high:g} and sum by (job, instance)"
                f' (increase(python_gc_pause_seconds_count{{generation="2"}}[15m])) > {gc_min_runs:g}',
                for_=gc_for,
                severity="medium",
                summary=f"The garbage collector stops {name} for {{{{ $value | humanizeDuration }}}}",
                description="The whole process stands still in a full run of it; the more objects live, the longer.",
                runbook="runbooks/runtime-gc.md",
                panel="Pauses of the garbage collector",
            ),
            catalog.Alert(
                "UnhandledExceptions",
                f"{_UNHANDLED} > 0",
                severity="medium",
                summary="{{ $labels.exception_type }} in {{ $labels.job }} was caught by nobody ({{ $labels.source }})",
                description="{{ $value | humanize }} within 15 minutes. The thread or task is gone, with what it did.",
                runbook="runbooks/runtime-unhandled.md",
                panel="Unhandled exceptions",
            ),
            catalog.Alert(
                "VersionsMixed",
                "count by (job) (count by (job, version, revision) (service_build_info)) >= 2",
                for_=versions_for,
                severity="medium",
                summary="{{ $labels.job }} runs in {{ $value }} versions at once",
                description="A deployment has stopped half way, or an instance was left behind.",
                runbook="runbooks/runtime-versions.md",
                panel="Versions at once",
            ),
        ],
        panels=panels(
            lag={lag_high: "high", lag_critical: "critical"},
            blocked_high=blocked_high,
            busy_high=busy_high,
            running_low=running_low,
            gc_pause_high=gc_pause_high,
        ),
        dashboard=catalog.Dashboard(description="Does the runtime keep up, and which version is it?", tags=["runtime"]),
    )


def _recordings() -> list[catalog.Recording]:
    of = "sum by (job, instance)"
    kind = "sum by (job, source, exception_type)"
    return [
        catalog.Recording(
            _LAG,
            "histogram_quantile(0.99, sum by (job, instance, le) (rate(asyncio_event_loop_lag_seconds_bucket[5m])))"
            " >= 0",
            description="How late 1 % of what is due on the event loop runs; absent where none runs.",
        ),
        catalog.Recording(
            _BLOCKED,
            f"{of} (increase(asyncio_event_loop_lag_seconds_count[15m]))"
            f' - {of} (increase(asyncio_event_loop_lag_seconds_bucket{{le="0.5"}}[15m]))',
            description="Times within 15 minutes that the event loop was late by more than half a second.",
        ),
        catalog.Recording(
            _RUNNING,
            f"{of} (rate(asyncio_event_loop_time_seconds_total[5m]))",
            description="Seconds per second that event loops were seen to run or wait: about 1 for each.",
        ),
        catalog.Recording(
            _BUSY,
            f'{of} (rate(asyncio_event_loop_time_seconds_total{{state="active"}}[5m])) / ({_RUNNING} > 0)',
            description="Share of its time in which the event loop runs callbacks.",
        ),
        catalog.Recording(
            _PAUSE,
            "histogram_quantile(0.99, sum by (job, instance, le)"
            ' (rate(python_gc_pause_seconds_bucket{generation="2"}[15m]))) >= 0',
            description="99th percentile of a full run of the garbage collector; absent without any.",
        ),
        catalog.Recording(
            _UNHANDLED,
            # the first of a kind begins a series, in which nothing has increased yet; what has been there when the
            # service was first scraped is old
            f"({kind} (python_unhandled_exceptions_total unless python_unhandled_exceptions_total offset 15m)"
            f" and on (job) up offset 15m) or {kind} (increase(python_unhandled_exceptions_total[15m]))",
            description="Exceptions within 15 minutes that nothing caught, the first of a kind included.",
        ),
    ]
