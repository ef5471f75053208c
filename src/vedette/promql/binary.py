"""Binary operators between scalars and vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vedette.promql.ast import Binary, Matching
from vedette.promql.grid import Flags, Floats, Grid, Rows, Scalars, concatenate, empty, notation, unify
from vedette.promql.matching import pairs, sides
from vedette.promql.operators import ARITHMETIC, COMPARISON
from vedette.promql.results import EvaluationError

if TYPE_CHECKING:
    from vedette.promql.context import Context
    from vedette.promql.labels import Labels

__all__ = ["scalars", "vector_and_scalar", "vectors"]

_ANY_ONE = Matching("one-to-one")


def scalars(op: str, left: Scalars, right: Scalars) -> Scalars:
    """Two numbers; a comparison gives 0 or 1."""
    if op in ARITHMETIC:
        return ARITHMETIC[op](left, right)  # type: ignore[no-any-return]
    return np.asarray(COMPARISON[op](left, right), np.float64)[()]


def vector_and_scalar(context: Context, node: Binary, grid: Grid, scalar: Scalars, *, swapped: bool) -> Grid:
    """A vector and a number (``swapped``: the number stands on the left). A filter keeps the vector's values."""
    left, right = (scalar, grid.values) if swapped else (grid.values, scalar)
    if node.op in ARITHMETIC:
        return context.unnamed(grid.mapped(ARITHMETIC[node.op](left, right)))
    holds: Flags = COMPARISON[node.op](left, right)
    if node.bool_:
        return context.unnamed(grid.mapped(holds.astype(np.float64)))
    return grid if holds.all() and holds.shape == grid.values.shape else grid.masked(holds)


def vectors(context: Context, node: Binary, left: Grid, right: Grid) -> Grid:
    """Two vectors, matched by labels."""
    matching = node.matching or _ANY_ONE
    if node.op == "and":
        return _both(left, right, matching)
    if node.op == "unless":
        return _unless(left, right, matching)
    if node.op == "or":
        return _either(context, left, right, matching)
    return _matched(context, node, left, right, matching)


def _there(grid: Grid, numbers: Rows, groups: int) -> Flags:
    """At which steps each match group has a series."""
    there = np.zeros((groups, grid.values.shape[1]), np.bool_)
    if grid.present is None:
        there[numbers] = True
    else:
        np.logical_or.at(there, numbers, grid.present)
    return there


def _both(left: Grid, right: Grid, matching: Matching) -> Grid:
    if not len(left.labels) or not len(right.labels):
        return empty()
    found = sides(left.labels, right.labels, matching)
    return left.masked(_there(right, found.right, len(found.keys))[found.left])


def _unless(left: Grid, right: Grid, matching: Matching) -> Grid:
    if not len(left.labels) or not len(right.labels):
        return left
    found = sides(left.labels, right.labels, matching)
    return left.masked(~_there(right, found.right, len(found.keys))[found.left])


def _either(context: Context, left: Grid, right: Grid, matching: Matching) -> Grid:
    if not len(right.labels):
        return left
    if not len(left.labels):
        return right
    found = sides(left.labels, right.labels, matching)
    rest = right.masked(~_there(left, found.left, len(found.keys))[found.right])
    if rest.present is not None and not rest.present.any():
        return left
    return unify(concatenate([left, rest], context.steps))


def _matched(context: Context, node: Binary, left: Grid, right: Grid, matching: Matching) -> Grid:
    if not len(left.labels) or not len(right.labels):
        return empty()
    arithmetic = node.op in ARITHMETIC
    plan = pairs(
        left.labels, right.labels, matching, arithmetic=arithmetic, nameless=node.bool_ and not context.delayed
    )
    swapped = matching.card == "one-to-many"
    many, one = (right, left) if swapped else (left, right)
    if plan.ambiguous:
        _refuse_ambiguous(many, one, plan.ambiguous, matching, side="left" if swapped else "right")
    if not len(plan.many):
        return empty()
    of_many, of_one = _rows(many.values, plan.many), _rows(one.values, plan.one)
    present = _common(many, one, plan.many, plan.one)
    if plan.crowded:
        _refuse_crowded(plan.crowded, present, of_many, of_one, matching)
    first, second = (of_one, of_many) if swapped else (of_many, of_one)
    doomed = None
    if arithmetic:
        values: Floats = ARITHMETIC[node.op](first, second)
    else:
        holds: Flags = COMPARISON[node.op](first, second)
        if node.bool_:
            values = holds.astype(np.float64)
            doomed = np.ones(len(plan.labels), np.bool_) if context.delayed else None
        else:
            values = np.broadcast_to(first, holds.shape)
            present = holds if present is None else present & holds
    if doomed is None and many.doomed is not None:
        doomed = many.doomed[plan.many]
    if present is not None:
        present = np.broadcast_to(present, values.shape)
    return unify(Grid(plan.labels, values, present, doomed))


def _rows(values: Floats, rows: Rows) -> Floats:
    if len(rows) == len(values) and (rows == np.arange(len(rows))).all():
        return values
    return values[rows]


def _common(many: Grid, one: Grid, rows: Rows, others: Rows) -> Flags | None:
    """Where both of a pair have a value."""
    if many.present is None:
        return None if one.present is None else one.present[others]
    if one.present is None:
        return many.present[rows]
    return many.present[rows] & one.present[others]


def _refuse_ambiguous(
    many: Grid, one: Grid, groups: tuple[tuple[int, ...], ...], matching: Matching, *, side: str
) -> None:
    needed = many.mask().any(axis=0)
    mask = one.mask()
    for rows in groups:
        there = mask[list(rows)]
        bad = (there.sum(axis=0) > 1) & needed
        if not bad.any():
            continue
        column = int(np.flatnonzero(bad)[0]) if there.shape[1] > 1 else 0
        clashing = sorted(one.labels[row] for row, here in zip(rows, there[:, column], strict=True) if here)
        raise EvaluationError(
            f"found duplicate series for the match group {notation(_key(clashing[0], matching))} on the {side} "
            f"hand-side of the operation: [{notation(clashing[0])}, {notation(clashing[1])}];"
            "many-to-many matching not allowed: matching labels must be unique on one side"
        )


def _key(of: Labels, matching: Matching) -> Labels:
    if matching.on:
        return tuple(pair for pair in of if pair[0] in matching.labels)
    return tuple(pair for pair in of if pair[0] not in matching.labels and pair[0] != "__name__")


def _refuse_crowded(
    groups: tuple[tuple[int, ...], ...], present: Flags | None, left: Floats, right: Floats, matching: Matching
) -> None:
    for rows in groups:
        if present is None:
            clash = max(left.shape[1], right.shape[1]) > 0
        else:
            clash = bool((present[list(rows)].sum(axis=0) > 1).any())
        if clash and matching.card == "one-to-one":
            raise EvaluationError(
                "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
            )
        if clash:
            raise EvaluationError("multiple matches for labels: grouping labels must ensure unique matches")
