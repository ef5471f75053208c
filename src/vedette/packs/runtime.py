"""The Python that runs the application: event loop, garbage collector, what nobody handles, and which version it is."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
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


@catalog.parametric
def runtime() -> catalog.Pack:
    """The runtime of a Python service: event loop, garbage collection, unhandled exceptions, version."""
    return catalog.Pack(
        "runtime",
        title="Runtime",
        metrics=[loop_lag, loop_time, gc_pause, unhandled_exceptions, build_info],
        panels=panels(),
        dashboard=catalog.Dashboard(description="Does the runtime keep up, and which version is it?", tags=["runtime"]),
    )
