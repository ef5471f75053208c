"""Which series of two vectors belong together, and the labels of what they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vedette.promql.labels import NAME, Labels, get
from vedette.promql.memo import MEMO, LabelList

if TYPE_CHECKING:
    from vedette.promql.ast import Matching
    from vedette.promql.grid import Rows

__all__ = ["Pairs", "Sides", "pairs", "sides"]


@dataclass(frozen=True, slots=True)
class Sides:
    """The match group of every series on both sides, by number."""

    left: Rows
    right: Rows
    keys: tuple[Labels, ...]
    """The matching labels of each group."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Series of the many side (left for one-to-one) with those of the one side in their group."""

    many: Rows
    one: Rows
    labels: LabelList
    """Of each pair's result."""
    ambiguous: tuple[tuple[int, ...], ...]
    """Series of the one side that share a group: at most one of them may be there at a step."""
    crowded: tuple[tuple[int, ...], ...]
    """Pairs that share a group (one-to-one), or a group and their result's labels: at most one may be at a step."""


def sides(left: LabelList, right: LabelList, matching: Matching) -> Sides:
    """The match groups of two vectors, remembered for the two lists."""
    return MEMO.get((left, right), ("sides", matching.on, matching.labels), lambda: _sides(left, right, matching))


def _sides(left: LabelList, right: LabelList, matching: Matching) -> Sides:
    numbers: dict[Labels, int] = {}

    def number(labels: LabelList) -> Rows:
        if matching.on:
            kept = set(matching.labels)
            keys = [tuple(pair for pair in of if pair[0] in kept) for of in labels]
        else:
            dropped = {*matching.labels, NAME}
            keys = [tuple(pair for pair in of if pair[0] not in dropped) for of in labels]
        return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.intp)

    return Sides(number(left), number(right), tuple(numbers))


def pairs(left: LabelList, right: LabelList, matching: Matching, *, arithmetic: bool, nameless: bool) -> Pairs:
    """The pairs of two vectors, remembered for the two lists.

    ``arithmetic`` takes the name away from the result, ``nameless`` too (the ``bool`` modifier).
    """
    return MEMO.get(
        (left, right),
        (matching, arithmetic, nameless),
        lambda: _pairs(left, right, matching, arithmetic=arithmetic, nameless=nameless),
    )


def _pairs(left: LabelList, right: LabelList, matching: Matching, *, arithmetic: bool, nameless: bool) -> Pairs:
    found = sides(left, right, matching)
    swapped = matching.card == "one-to-many"
    many_labels, one_labels = (right, left) if swapped else (left, right)
    many_of, one_of = (found.right, found.left) if swapped else (found.left, found.right)
    candidates: dict[int, list[int]] = {}
    for row, number in enumerate(one_of.tolist()):
        candidates.setdefault(number, []).append(row)
    many: list[int] = []
    one: list[int] = []
    labels: list[Labels] = []
    together: dict[object, list[int]] = {}
    one_to_one = matching.card == "one-to-one"
    for row, number in enumerate(many_of.tolist()):
        for other in candidates.get(number, ()):
            result = _result(many_labels[row], one_labels[other], matching, arithmetic=arithmetic, nameless=nameless)
            together.setdefault(number if one_to_one else (number, result), []).append(len(many))
            many.append(row)
            one.append(other)
            labels.append(result)
    return Pairs(
        np.array(many, np.intp),
        np.array(one, np.intp),
        tuple(labels),
        tuple(tuple(rows) for rows in candidates.values() if len(rows) > 1),
        tuple(tuple(rows) for rows in together.values() if len(rows) > 1),
    )


def _result(many: Labels, one: Labels, matching: Matching, *, arithmetic: bool, nameless: bool) -> Labels:
    # https://github.com/prometheus/prometheus/blob/v3.5.0/promql/engine.go, resultMetric
    pairs = dict(many)
    if arithmetic:
        pairs.pop(NAME, None)
    if matching.card == "one-to-one":
        if matching.on:
            pairs = {name: value for name, value in pairs.items() if name in matching.labels}
        else:
            for name in matching.labels:
                pairs.pop(name, None)
    for name in matching.include:
        value = get(one, name)
        if value:
            pairs[name] = value
        else:
            pairs.pop(name, None)
    if nameless:
        pairs.pop(NAME, None)
    return tuple(sorted(pairs.items()))
