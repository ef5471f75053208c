"""``label_replace``, ``label_join``, ``absent`` and the sorts: what is about labels and order, not values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from vedette.promql.ast import Expr, MatrixSelector, VectorSelector
from vedette.promql.grid import Flags, Grid, Rows, unify
from vedette.promql.labels import NAME, Labels, get
from vedette.promql.labels import labels as label_set
from vedette.promql.memo import MEMO, LabelList
from vedette.promql.regex import compile_anchored
from vedette.promql.results import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.promql.context import Context
    from vedette.promql.labels import Matcher

__all__ = ["absent", "join", "replace", "sort", "sort_by_label"]

_REFERENCE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})", re.ASCII)
_NATURAL = re.compile(r"(\d+)|(\D+)", re.ASCII)


def replace(grid: Grid, destination: str, replacement: str, source: str, pattern: str) -> Grid:
    """``label_replace``: where the source label matches in full, the destination becomes the expanded replacement.

    Raises:
        EvaluationError: the pattern is invalid, or series become equal.
    """
    try:
        regex = compile_anchored(pattern)
    except ValueError as error:
        raise EvaluationError(f"invalid regular expression in label_replace(): {pattern}: {error}") from None
    _check_name(destination, "label_replace")

    def changed(of: Labels) -> Labels:
        match = regex.fullmatch(get(of, source))
        return of if match is None else _with(of, destination, _expand(match, replacement))

    return _relabelled(grid, ("replace", destination, replacement, source, pattern), changed, destination)


def join(grid: Grid, destination: str, separator: str, sources: Sequence[str]) -> Grid:
    """``label_join``: the destination becomes the values of the sources with a separator between them.

    Raises:
        EvaluationError: series become equal.
    """
    _check_name(destination, "label_join")

    def changed(of: Labels) -> Labels:
        return _with(of, destination, separator.join(get(of, name) for name in sources))

    return _relabelled(grid, ("join", destination, separator, tuple(sources)), changed, destination)


def absent(context: Context, expr: Expr, present: Flags) -> Grid:
    """1 at the steps where there is nothing, with the labels that the selector asked to be equal to a value."""
    matchers: tuple[Matcher, ...] = ()
    if isinstance(expr, VectorSelector):
        matchers = expr.matchers
    elif isinstance(expr, MatrixSelector):
        matchers = expr.selector.matchers
    found: dict[str, str] = {}
    seen: set[str] = set()
    for matcher in matchers:
        if matcher.name == NAME:
            continue
        if matcher.op == "=" and matcher.name not in seen:
            found[matcher.name] = matcher.value
            seen.add(matcher.name)
        else:
            found.pop(matcher.name, None)
    nothing = np.broadcast_to(~present.any(axis=0), (1, context.steps))
    return Grid((label_set(found),), np.ones((1, context.steps)), nothing)


def sort(grid: Grid, *, descending: bool) -> Grid:
    """By value, NaN last; of an instant query."""
    present = grid.mask()[:, 0]
    rows = np.flatnonzero(present)
    values = grid.values[rows, 0]
    rows = rows[(-values if descending else values).argsort(kind="stable")]
    return _ordered(grid, rows)


def sort_by_label(grid: Grid, names: Sequence[str], *, descending: bool) -> Grid:
    """By the values of these labels, numbers within them as numbers, then by all labels; of an instant query."""
    order = sorted(
        range(len(grid.labels)),
        key=lambda row: ([_natural(get(grid.labels[row], name)) for name in names], grid.labels[row]),
        reverse=descending,
    )
    return _ordered(grid, np.array(order, np.intp))


def _ordered(grid: Grid, rows: Rows) -> Grid:
    return grid.take(rows, tuple(grid.labels[row] for row in rows))


def _natural(text: str) -> list[tuple[int, int, str]]:
    return [(0, int(digits), "") if digits else (1, 0, rest) for digits, rest in _NATURAL.findall(text)]


def _relabelled(grid: Grid, about: tuple[object, ...], changed: object, destination: str) -> Grid:
    labels = grid.labels
    if not len(labels):
        return grid

    def make() -> LabelList:
        found = tuple(changed(of) for of in labels)  # type: ignore[operator]
        return labels if found == tuple(labels) else found

    doomed = grid.doomed
    if doomed is not None and destination == NAME:
        doomed = np.zeros(len(labels), np.bool_)
    return unify(Grid(MEMO.get((labels,), about, make), grid.values, grid.present, doomed))


def _with(of: Labels, name: str, value: str) -> Labels:
    return label_set({**dict(of), name: value})


def _check_name(name: str, function: str) -> None:
    # any UTF-8 text may be a label name since Prometheus 3; bytes that are not UTF-8 arrive as lone surrogates
    if not name or (not name.isprintable() and any("\ud800" <= char <= "\udfff" for char in name)):
        raise EvaluationError(f"invalid destination label name in {function}(): {name}")


def _expand(match: re.Match[str], replacement: str) -> str:
    """Go's ``Regexp.Expand``: ``$1``, ``${1}``, ``$name``; the longest name, and nothing for an unknown one."""

    def value(reference: re.Match[str]) -> str:
        if reference[1]:
            return "$"
        name = reference[2] or reference[3]
        try:
            return match[int(name) if name.isdigit() else name] or ""
        except IndexError:
            return ""

    return _REFERENCE.sub(value, replacement)
