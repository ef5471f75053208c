"""The pass over a query: from the leaves up, what each part can yield."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
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
from vedette.promql.flow.aggregations import aggregate
from vedette.promql.flow.branch import Branch, Flow
from vedette.promql.flow.calls import call
from vedette.promql.flow.labels import NONE, Reason
from vedette.promql.flow.operators import combine
from vedette.promql.flow.selectors import select
from vedette.promql.labels import NAME

if TYPE_CHECKING:
    from vedette.promql.flow.series import Known, SampleType

__all__ = ["Analysis", "analyse"]

_which = object.__hash__
"""Tells one part from an equal one, as `id` does, of which everybody is told who audits the process."""


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What each part of one query can yield."""

    tree: Expr
    branches: Flow
    """What the whole query can yield."""
    _flows: dict[int, Flow] = field(repr=False)

    def of(self, node: Expr) -> Flow:
        """What a part of the tree can yield. The part is one of this very tree, not an equal one."""
        return self._flows[_which(node)]


def analyse(tree: Expr, known: Known) -> Analysis:
    """What every part of a query can yield, by what is known of the names in it."""
    flows: dict[int, Flow] = {}

    def visit(node: Expr) -> Flow:
        found = flows[_which(node)] = flow(node)
        return found

    def flow(node: Expr) -> Flow:
        match node:
            case Number():
                why = Reason("a number is always there", node.span)
                return (Branch(labels=NONE, type="scalar", low=node.value, high=node.value, always=why),)
            case String():
                return (Branch(labels=NONE),)
            case VectorSelector():
                return (select(node, known),)
            case MatrixSelector():
                return visit(node.selector)
            case Paren() | Subquery():
                return visit(node.expr)
            case Unary():
                return tuple(_signed(node, branch) for branch in visit(node.expr))
            case Aggregate():
                if node.param is not None:
                    visit(node.param)
                return tuple(aggregate(node, branch) for branch in visit(node.expr))
            case Call():
                return call(node, [visit(arg) for arg in node.args])
            case Binary():
                left, right = visit(node.lhs), visit(node.rhs)
                return combine(node, left, right)

    return Analysis(tree, visit(tree), flows)


def _signed(node: Unary, branch: Branch) -> Branch:
    if node.op == "+":
        return branch
    labels = branch.labels.without([NAME], Reason("`-` drops the name", node.span))
    kind: SampleType = "scalar" if branch.type == "scalar" else "gauge"
    return replace(branch, labels=labels, type=kind, low=-branch.high, high=-branch.low, bounds=())
