"""Ways over the tree: visit every node, rewrite from the leaves up, and tell what a node yields."""

from __future__ import annotations

from dataclasses import replace
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
    ValueType,
    VectorSelector,
)
from vedette.promql.functions import SIGNATURES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["children", "rewrite", "value_type", "walk"]


def children(expr: Expr) -> tuple[Expr, ...]:
    """The direct parts of a node, from left to right."""
    match expr:
        case Paren() | Unary() | Subquery():
            return (expr.expr,)
        case Binary():
            return (expr.lhs, expr.rhs)
        case Call():
            return expr.args
        case Aggregate():
            return (expr.expr,) if expr.param is None else (expr.param, expr.expr)
        case MatrixSelector():
            return (expr.selector,)
        case _:
            return ()


def walk(expr: Expr) -> Iterator[Expr]:
    """The node and everything below it; parents first, left before right."""
    waiting = [expr]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(children(node)))


def rewrite(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """The tree with ``change`` applied to every node, leaves first; what does not change is shared, not copied.

    Raises:
        TypeError: ``change`` made something else of the selector within ``selector[5m]``.
    """
    match expr:
        case Paren() | Unary() | Subquery():
            inner = rewrite(expr.expr, change)
            return change(expr if inner is expr.expr else replace(expr, expr=inner))
        case Binary():
            lhs, rhs = rewrite(expr.lhs, change), rewrite(expr.rhs, change)
            same = lhs is expr.lhs and rhs is expr.rhs
            return change(expr if same else Binary(expr.op, lhs, rhs, expr.bool_, expr.matching, expr.span))
        case Call():
            args = tuple([rewrite(arg, change) for arg in expr.args])
            same = all(new is old for new, old in zip(args, expr.args, strict=True))
            return change(expr if same else Call(expr.func, args, expr.span))
        case Aggregate():
            inner = rewrite(expr.expr, change)
            param = None if expr.param is None else rewrite(expr.param, change)
            same = inner is expr.expr and param is expr.param
            new = expr if same else Aggregate(expr.op, inner, param, expr.grouping, expr.without, expr.span)
            return change(new)
        case MatrixSelector():
            selector = rewrite(expr.selector, change)
            if not isinstance(selector, VectorSelector):
                raise TypeError(f"a range is only possible on a selector, not on {type(selector).__name__}")
            return change(expr if selector is expr.selector else MatrixSelector(selector, expr.range, expr.span))
        case _:
            return change(expr)


_LEAF_TYPES: dict[type, ValueType] = {
    Number: "scalar",
    String: "string",
    VectorSelector: "instant vector",
    MatrixSelector: "range vector",
    Subquery: "range vector",
    Aggregate: "instant vector",
}


def value_type(expr: Expr) -> ValueType:
    """What an expression yields."""
    while True:
        if (known := _LEAF_TYPES.get(type(expr))) is not None:
            return known
        if isinstance(expr, Call):
            return SIGNATURES[expr.func].result
        if isinstance(expr, Binary):
            if expr.matching is not None or value_type(expr.rhs) != "scalar":
                return "instant vector"
            expr = expr.lhs  # scalar op x yields what x yields
        else:
            assert isinstance(expr, Paren | Unary)
            expr = expr.expr
