"""The panels of the runtime pack: event loop, garbage collector, what nobody handles, and which version runs."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_TIME = "asyncio_event_loop_time_seconds_total"


def panels() -> list[catalog.Panel | catalog.Row | catalog.Text]:
    return [
        catalog.Panel(
            "Versions",
            "count by (job, version, revision) (service_build_info)",
            kind="table",
            unit="count",
            description="Instances by what they run. Two rows of a service are a deployment that goes on, or stopped.",
        ),
        catalog.Panel(
            "Event loop busy",
            f'sum by (job, instance) (rate({_TIME}{{state="active"}}[5m]))'
            f" / (sum by (job, instance) (rate({_TIME}[5m])) > 0)",
            unit="ratio",
            legend="{{job}} {{instance}}",
            description="Share of its time in which the loop runs callbacks. Near 1 every request waits.",
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Event loop late",
            "histogram_quantile(0.99, sum by (job, instance, le) (rate(asyncio_event_loop_lag_seconds_bucket[5m])))",
            unit="seconds",
            legend="{{job}} {{instance}}",
            description="1 % of what is due runs later than this. A callback that blocks makes all others wait.",
            minimum=0,
        ),
        catalog.Panel(
            "Time in the garbage collector",
            "sum by (job, instance, generation) (rate(python_gc_pause_seconds_sum[5m]))",
            unit="ratio",
            legend="{{instance}} generation {{generation}}",
            description="Share of the time in which the process stood still for it.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Unhandled exceptions",
            "sum by (job, source, exception_type) (rate(python_unhandled_exceptions_total[5m]))",
            unit="operations/s",
            legend="{{job}} {{source}} {{exception_type}}",
            description="Exceptions that nothing caught, in a thread, a task or a finalizer. Each is a bug.",
            minimum=0,
        ),
    ]
