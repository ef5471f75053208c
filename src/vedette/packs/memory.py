"""Memory and knowledge graphs: what is stored, searched and found."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.instruments.metrics import Counter, Gauge, Histogram

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


@catalog.parametric
def memory() -> catalog.Pack:
    """Memory and knowledge graphs."""
    return catalog.Pack(
        "memory", title="Memory and knowledge graph", metrics=[operations, errors, duration, results, items]
    )
