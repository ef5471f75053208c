"""The panels of the memory pack: does it answer, how fast, does it find anything, how much is there."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made

__all__ = ["panels"]

_OF = '{store=~"$store"}'


def panels(
    failed_ratio_high: float, slow: float, empty_ratio_high: float
) -> list[catalog.Panel | catalog.Row | catalog.Text]:
    return [
        catalog.Panel(
            "Operations",
            f"job_store:memory_operations:rate5m{_OF}",
            kind="stat",
            unit="operations/s",
            legend="{{store}}",
            description="Operations per second.",
            overview=True,
            width=8,
            height=4,
        ),
        catalog.Panel(
            "Failing now",
            f"job_store:memory_operations_failed:ratio_rate5m{_OF}",
            kind="stat",
            unit="ratio",
            legend="{{store}}",
            description="Share of operations that fail. Empty without operations.",
            thresholds={failed_ratio_high: "high"},
            width=8,
            height=4,
        ),
        catalog.Panel(
            "What it holds",
            f"max by (job, store, kind) (memory_items{_OF})",
            kind="stat",
            unit="count",
            legend="{{store}} {{kind}}",
            description="Things in the store, by kind.",
            width=8,
            height=4,
        ),
        catalog.Row("Does it answer"),
        catalog.Panel(
            "Operations by kind",
            f"sum by (job, store, operation) (rate(memory_operations_total{_OF}[5m]))",
            unit="operations/s",
            legend="{{store}} {{operation}}",
            description="Reads follow the questions of users; writes follow what is learned.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Failed operations",
            f"job_store:memory_operations_failed:ratio_rate5m{_OF}",
            unit="ratio",
            legend="{{job}} {{store}}",
            description="Near zero when well. All at once is the store; a few are bad entries.",
            thresholds={failed_ratio_high: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Time by operation",
            f"job_store_operation:memory_operation_duration_seconds:p95_5m{_OF}",
            unit="seconds",
            legend="{{store}} {{operation}}",
            description="95 % take less. A slow rise is a store that grows without an index.",
            thresholds={slow: "medium"},
            minimum=0,
        ),
        catalog.Panel(
            "Errors by class",
            f"sum by (job, store, operation, error_type) (increase(memory_operation_errors_total{_OF}[15m]))",
            unit="count",
            legend="{{store}} {{operation}} {{error_type}}",
            description="Why operations failed, within a quarter of an hour.",
            minimum=0,
            stack=True,
        ),
        catalog.Row("Does it find anything"),
        catalog.Panel(
            "Searches that find nothing",
            f"job_store:memory_searches_empty:ratio_rate1h{_OF}",
            unit="ratio",
            legend="{{job}} {{store}}",
            description="Share of an hour's searches without a result. Some are right: nobody has told it yet.",
            thresholds={empty_ratio_high: "medium"},
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Results of a search",
            f"sum by (job, store) (rate(memory_search_results_sum{_OF}[15m]))"
            f" / (sum by (job, store) (rate(memory_search_results_count{_OF}[15m])) > 0)",
            unit="count",
            legend="{{job}} {{store}}",
            description="How much a search finds in the mean.",
            minimum=0,
        ),
        catalog.Panel(
            "Growth",
            f"max by (job, store, kind) (memory_items{_OF})",
            unit="count",
            legend="{{store}} {{kind}}",
            description="A fall is a clean-up, or a loss.",
            minimum=0,
            width=24,
        ),
    ]
