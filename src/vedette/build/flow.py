"""Which labels the series of an expression can have, as far as the declarations tell; None where they do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.promql.ast import (
    Aggregate,
    Binary,
    Call,
    Expr,
    MatrixSelector,
    Number,
    Paren,
    String,
    Subquery,
    Unary,
    VectorSelector,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Known", "labels_of"]

Known = dict[str, frozenset[str] | None]
"""Series → its labels; None where any label is possible."""


def labels_of(expr: Expr, known: Mapping[str, frozenset[str] | None]) -> frozenset[str] | None:
    """The labels that a series of the result can have at most, or None where that is not known."""
    match expr:
        case Number() | String():
            return frozenset()
        case VectorSelector():
            return known.get(expr.name)
        case MatrixSelector():
            return labels_of(expr.selector, known)
        case Paren() | Unary() | Subquery():
            return labels_of(expr.expr, known)
        case Aggregate():
            return _aggregate(expr, known)
        case Binary():
            return _binary(expr, known)
        case Call():
            return _call(expr, known)


def _aggregate(expr: Aggregate, known: Mapping[str, frozenset[str] | None]) -> frozenset[str] | None:
    inner = labels_of(expr.expr, known)
    if expr.op in ("topk", "bottomk", "limitk", "limit_ratio"):
        return inner
    named = (
        frozenset({expr.param.value}) if expr.op == "count_values" and isinstance(expr.param, String) else frozenset()
    )
    grouping = frozenset(expr.grouping)
    if expr.without:
        return None if inner is None else (inner - grouping) | named
    return (grouping if inner is None else grouping & inner) | named


def _binary(expr: Binary, known: Mapping[str, frozenset[str] | None]) -> frozenset[str] | None:
    left, right = labels_of(expr.lhs, known), labels_of(expr.rhs, known)
    matching = expr.matching
    if matching is None:  # one side is a number
        if isinstance(left, frozenset) and isinstance(right, frozenset):
            return left | right
        return None
    if expr.op in ("and", "unless"):
        return left
    if left is None or right is None:
        return None
    if expr.op == "or":
        return left | right
    if matching.card == "many-to-one":
        return left | frozenset(matching.include)
    if matching.card == "one-to-many":
        return right | frozenset(matching.include)
    return left & frozenset(matching.labels) if matching.on else left - frozenset(matching.labels)


def _call(expr: Call, known: Mapping[str, frozenset[str] | None]) -> frozenset[str] | None:
    if expr.func in ("absent", "absent_over_time", "info"):
        return None
    found: frozenset[str] = frozenset()
    for arg in expr.args:
        inner = labels_of(arg, known)
        if inner is None:
            return None
        found |= inner
    if expr.func in ("label_replace", "label_join") and len(expr.args) > 1 and isinstance(expr.args[1], String):
        return found | {expr.args[1].value}
    if expr.func in ("histogram_quantile", "histogram_fraction"):
        return found - {"le"}
    return found
