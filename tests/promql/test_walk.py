"""Visiting, rewriting and typing the tree."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vedette.promql.ast import Expr, Number, VectorSelector
from vedette.promql.parser import parse
from vedette.promql.printer import format as text_of
from vedette.promql.walk import rewrite, value_type, walk

ALL_KINDS = 'topk(3, -(sum by (a) (rate(x{b="c"}[5m])))) + on (a) group_left () max_over_time((y > bool 1)[1h:5m])'


def test_walk_visits_parents_first_and_from_left_to_right() -> None:
    kinds = [type(node).__name__ for node in walk(parse(ALL_KINDS))]
    assert kinds == [
        "Binary", "Aggregate", "Number", "Unary", "Paren", "Aggregate", "Call", "MatrixSelector", "VectorSelector",
        "Call", "Subquery", "Paren", "Binary", "VectorSelector", "Number",
    ]  # fmt: skip


def test_rewrite_reaches_every_selector() -> None:
    def rename(node: Expr) -> Expr:
        return replace(node, offset=60_000) if isinstance(node, VectorSelector) else node

    changed = rewrite(parse(ALL_KINDS), rename)
    assert text_of(changed) == (
        'topk(3, -(sum by (a) (rate(x{b="c"}[5m] offset 1m)))) + on (a) group_left () '
        "max_over_time((y offset 1m > bool 1)[1h:5m])"
    )


def test_rewrite_changes_arguments_and_parameters_too() -> None:
    def double(node: Expr) -> Expr:
        return Number(node.value * 2) if isinstance(node, Number) else node

    assert text_of(rewrite(parse("topk(2, clamp(x, 1, 3))"), double)) == "topk(4, clamp(x, 2, 6))"


def test_rewrite_shares_what_does_not_change() -> None:
    tree = parse(ALL_KINDS)
    assert rewrite(tree, lambda node: node) is tree


def test_a_range_on_something_else_than_a_selector_is_refused() -> None:
    with pytest.raises(TypeError, match="only possible on a selector"):
        rewrite(parse("rate(x[5m])"), lambda node: Number(1.0) if isinstance(node, VectorSelector) else node)


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("1", "scalar"),
        ("'a'", "string"),
        ("x", "instant vector"),
        ("x[5m]", "range vector"),
        ("x[5m:]", "range vector"),
        ("1 + 2", "scalar"),
        ("1 + 2 + x", "instant vector"),
        ("x + 1", "instant vector"),
        ("-(1)", "scalar"),
        ("-x", "instant vector"),
        ("time()", "scalar"),
        ("sum(x)", "instant vector"),
        ("scalar(x) > bool 1", "scalar"),
    ],
)
def test_each_expression_has_its_type(text: str, type_: str) -> None:
    assert value_type(parse(text)) == type_
