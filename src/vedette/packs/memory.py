"""Memory and knowledge graphs: what is stored, searched and found."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero, check_ratio
from vedette.instruments.metrics import Counter, Gauge, Histogram
from vedette.packs._memory_panels import panels

__all__ = ["duration", "errors", "items", "memory", "operations", "results"]

_SECONDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_FOUND = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)

operations = Counter(
    "memory_operations_total",
    help="Operations on a memory or knowledge graph, by how they ended.",
    labels={"store": None, "operation": None, "outcome": ["success", "failure", "cancelled"]},
)
errors = Counter(
    "memory_operation_errors_total",
    help="Operations that failed, by class of error.",
    labels=["store", "operation", "error_type"],
)
duration = Histogram(
    "memory_operation_duration_seconds",
    help="Time that an operation took.",
    labels=["store", "operation"],
    buckets=_SECONDS,
)
results = Histogram("memory_search_results", help="How much a search has found.", labels=["store"], buckets=_FOUND)
items = Gauge(
    "memory_items",
    help="What a store holds, by kind, such as nodes and edges.",
    labels=["store", "kind"],
    multiprocess_mode="max",
)


_FAILED = "job_store:memory_operations_failed:ratio_rate5m"
_RATE = "job_store:memory_operations:rate5m"
_P95 = "job_store_operation:memory_operation_duration_seconds:p95_5m"
_EMPTY = "job_store:memory_searches_empty:ratio_rate1h"


@catalog.parametric
def memory(
    *,
    failed_ratio_high: float = 0.05,
    min_rate: float = 0.05,
    failed_for: str = "5m",
    slow: float = 2.5,
    slow_for: str = "10m",
    empty_ratio_high: float = 0.8,
    empty_for: str = "30m",
) -> catalog.Pack:
    """Memory and knowledge graphs: whether they answer, how fast, and whether anything is found.

    Args:
        failed_ratio_high: share of the operations on a store that fail which is high.
        min_rate: operations per second below which a share or percentile says nothing.
        failed_for: how long it must hold.
        slow: 95th percentile of a kind of operation, in seconds, that is slow.
        slow_for: how long it must hold.
        empty_ratio_high: share of the searches of an hour that find nothing which is high.
        empty_for: how long it must hold.
    """
    check_ratio(failed_ratio_high=failed_ratio_high, empty_ratio_high=empty_ratio_high)
    check_above_zero(min_rate=min_rate, slow=slow)
    return catalog.Pack(
        "memory",
        title="Memory and knowledge graph",
        metrics=[operations, errors, duration, results, items],
        recordings=[
            catalog.Recording(
                _RATE,
                "sum by (job, store) (rate(memory_operations_total[5m]))",
                description="Operations per second.",
            ),
            catalog.Recording(
                _FAILED,
                f'sum by (job, store) (rate(memory_operations_total{{outcome="failure"}}[5m])) / ({_RATE} > 0)',
                description="Share of operations that fail; absent without any.",
            ),
            catalog.Recording(
                _P95,
                "histogram_quantile(0.95, sum by (job, store, operation, le)"
                " (rate(memory_operation_duration_seconds_bucket[5m]))) >= 0",
                description="95th percentile by operation; absent without any.",
            ),
            catalog.Recording(
                _EMPTY,
                # as Prometheus 3 and our own page write it, and as others may
                'sum by (job, store) (rate(memory_search_results_bucket{le=~"0|0[.]0"}[1h]))'
                " / (sum by (job, store) (rate(memory_search_results_count[1h])) > 0)",
                description="Share of the searches of an hour that found nothing; absent without searches.",
            ),
        ],
        alerts=[
            catalog.Alert(
                "MemoryFailing",
                f"{_FAILED} > {failed_ratio_high:g} and {_RATE} > {min_rate:g}",
                for_=failed_for,
                severity="high",
                summary="{{ $value | humanizePercentage }} of the operations on {{ $labels.store }} fail",
                description="{{ $labels.job }} forgets what it should keep, or answers without what it knows.",
                runbook="runbooks/memory-failing.md",
                panel="Failed operations",
            ),
            catalog.Alert(
                "MemorySlow",
                f"{_P95} > {slow:g}",
                for_=slow_for,
                severity="medium",
                summary="{{ $labels.operation }} on {{ $labels.store }} takes {{ $value | humanizeDuration }}",
                description="One of 20 in {{ $labels.job }} takes longer still; every answer waits for it.",
                runbook="runbooks/memory-slow.md",
                panel="Time by operation",
            ),
            catalog.Alert(
                "MemoryFindsNothing",
                f"{_EMPTY} > {empty_ratio_high:g}",
                for_=empty_for,
                severity="medium",
                summary="{{ $value | humanizePercentage }} of the searches of {{ $labels.store }} find nothing",
                description="The index of {{ $labels.job }} is empty or old, or questions are put in another way.",
                runbook="runbooks/memory-finds-nothing.md",
                panel="Searches that find nothing",
            ),
        ],
        panels=panels(failed_ratio_high, slow, empty_ratio_high),
        dashboard=catalog.Dashboard(
            description="Is what was learned kept, and found again?",
            variables=[catalog.Variable("store", "memory_operations_total", "store", "Store")],
            range="6h",
            tags=["memory"],
        ),
    )
