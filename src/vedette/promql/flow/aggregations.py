"""What aggregating leaves: labels that are grouped by, units and bounds by operator."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from vedette.promql.ast import String
from vedette.promql.flow.labels import Label, Labels, Reason
from vedette.promql.flow.units import COUNT
from vedette.promql.labels import NAME

if TYPE_CHECKING:
    from vedette.promql.ast import Aggregate
    from vedette.promql.flow.branch import Branch

__all__ = ["aggregate", "grouping_text"]

_SELECTING = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})


def grouping_text(node: Aggregate) -> str:
    """How it is written: ``sum by (job)``."""
    if not node.grouping and not node.without:
        return f"{node.op}()"
    return f"{node.op} {'without' if node.without else 'by'} ({', '.join(node.grouping)})"


def aggregate(node: Aggregate, inner: Branch) -> Branch:
    """The groups of one branch."""
    if node.op in _SELECTING:
        return inner
    labels = _grouped(node, inner.labels)
    if node.op == "count_values" and isinstance(node.param, String):
        why = Reason("count_values sets it", node.span)
        labels = labels.with_(node.param.value, Label("always", why=why))
    has_le = labels.get("le").state != "never"
    keeps = node.op == "sum" and (inner.type != "bucket" or has_le)
    low, high = _bounds(node, inner)
    unit = inner.unit
    if node.op in ("count", "count_values"):
        unit = COUNT
    elif node.op == "group":
        unit = None
    elif node.op == "stdvar" and unit is not None:
        unit = unit * unit
    return replace(
        inner,
        labels=labels,
        type=inner.type if keeps else "gauge",
        unit=unit,
        low=low,
        high=high,
        bounds=inner.bounds if has_le else (),
    )


def _grouped(node: Aggregate, labels: Labels) -> Labels:
    text = grouping_text(node)
    if node.without:
        why = Reason(f"`{text}` drops it", node.span)
        return labels.without([*node.grouping, NAME], why)
    keeps = f"keeps only {_listed(node.grouping)}" if node.grouping else "keeps no label"
    return labels.only(node.grouping, Reason(f"`{text}` {keeps}", node.span))


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _bounds(node: Aggregate, inner: Branch) -> tuple[float, float]:
    low, high = inner.low, inner.high
    match node.op:
        case "sum":
            return (low if low >= 0 else -math.inf), (high if high <= 0 else math.inf)
        case "count" | "count_values":
            return 1.0, math.inf
        case "group":
            return 1.0, 1.0
        case "stddev" | "stdvar":
            return 0.0, math.inf
        case "quantile":
            return -math.inf, math.inf
        case _:
            return low, high
