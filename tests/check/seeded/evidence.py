"""Evidence for a finding about a query: series made up for it, and what the engine answers over them.

What is said never to be there must not appear, however the series are; so they are made generously: every label that
the query or the texts around it speak of, with values that satisfy the matchers and are shared, so that sides can pair.
"""

from __future__ import annotations

import itertools
import random
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from tests.promql.test_differential import START, Blocks

from vedette.errors import VedetteError
from vedette.promql.ast import Aggregate, Binary, Call, Number, Paren, VectorSelector
from vedette.promql.evaluate import query_range
from vedette.promql.flow.selectors import alternatives
from vedette.promql.labels import NAME, labels
from vedette.promql.source import Block
from vedette.promql.walk import rewrite, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vedette.promql.ast import Expr
    from vedette.promql.labels import Labels, Matcher

STEP = 15_000
COUNT = 480  # two hours
COMPARISONS = {"==", "!=", ">", "<", ">=", "<="}


def answers(tree: Expr, also: Iterable[str] = (), seeds: int = 3) -> Iterator[Labels]:
    """Every series that the query yields over made-up samples, and over none at all."""
    for seed in range(seeds):
        source = Blocks([_block(tree, also, random.Random(seed))])
        yield from _asked(tree, source)
    yield from _asked(tree, Blocks([]))


def _asked(tree: Expr, source: Blocks) -> list[Labels]:
    start = START + 400 * STEP
    try:
        found = query_range(tree, source, start, start + 60 * STEP, 4 * STEP)
    except VedetteError:
        return []  # several partners for one series: Prometheus would refuse it as well
    return [of for of, there in zip(found.labels, found.present, strict=True) if there.any()]


def without_conditions(tree: Expr) -> Expr:
    """The query without what keeps some series and drops others: all the labels that it could ever yield."""

    def change(node: Expr) -> Expr:
        if isinstance(node, Binary) and node.op in COMPARISONS and not node.bool_:
            if node.matching is None:
                return node.rhs if isinstance(node.lhs, Number) else node.lhs
            return replace(node, op="+")
        if isinstance(node, Binary) and node.op == "unless":
            return node.lhs
        return node

    return rewrite(tree, change)


def _block(tree: Expr, also: Iterable[str], chance: random.Random) -> Block:
    names = sorted({*_labels(tree), *also, "job", "instance"} - {NAME, "le"})
    rows: dict[Labels, np.ndarray] = {}
    for node in walk(tree):
        if not isinstance(node, VectorSelector):
            continue
        for copy in range(3):
            of = _satisfying(node, names, copy, chance)
            if of is None:
                continue
            buckets = (
                ["0.1", "1", "10", "+Inf"] if of[NAME].endswith("_bucket") and not of.get("le") else [of.get("le")]
            )
            base = _values(chance, rising=of[NAME].endswith(("_total", "_count", "_sum", "_bucket")))
            for at, le in enumerate(buckets):
                rows[labels({**of, **({"le": le} if le else {})})] = base * (at + 1)
    if not rows:
        return Block([], np.zeros(0, np.int64), np.zeros((0, 0)), np.zeros((0, 0), np.bool_))
    values = np.array(list(rows.values()))
    times = START + np.arange(COUNT, dtype=np.int64) * STEP
    return Block(list(rows), times, values, np.ones(values.shape, np.bool_))


def _labels(tree: Expr) -> Iterator[str]:
    for node in walk(tree):
        if isinstance(node, Aggregate):
            yield from node.grouping
        if isinstance(node, Binary) and node.matching is not None:
            yield from (*node.matching.labels, *node.matching.include)
        if isinstance(node, VectorSelector):
            yield from (one.name for one in node.matchers)


def _satisfying(node: VectorSelector, names: list[str], copy: int, chance: random.Random) -> dict[str, str] | None:
    """Labels of a series that the selector finds."""
    of = {name: f"{name}-{copy % 2}" for name in names if name != "instance"} | {"instance": f"instance-{copy}"}
    by_name = itertools.groupby(sorted(node.matchers, key=lambda one: one.name), key=lambda one: one.name)
    for name, matchers in by_name:
        value = _value(list(matchers), of.get(name, ""), chance)
        if value is None:
            return None
        of[name] = value
    of.setdefault(NAME, "some_metric")
    return of


def _value(matchers: list[Matcher], usual: str, chance: random.Random) -> str | None:
    """A value that satisfies all matchers of a label; None where none is found."""
    tried = [usual, "", "x"]
    for matcher in matchers:
        if matcher.op == "=":
            tried.append(matcher.value)
        elif matcher.op == "=~":
            tried += sorted(alternatives(matcher.value) or ())
            plain = re.sub(r"\.[*+]|\[\^?[^\]]*\][*+]?|\\[dwS][*+]?", "7", re.sub(r"[()^$?]", "", matcher.value))
            tried += plain.replace("\\", "").split("|")
    chance.shuffle(tried)
    fitting = [value for value in tried if all(one.matches(value) for one in matchers)]
    return next((value for value in fitting if value), fitting[0] if fitting else None)


def _values(chance: random.Random, *, rising: bool) -> np.ndarray:
    scale = chance.choice([0.001, 1.0, 100.0, 1e7])
    generator = np.random.default_rng(chance.randrange(1 << 30))
    if rising:
        return np.cumsum(generator.integers(0, 4, COUNT) * scale)
    return generator.choice([0.0, 1.0, 2.0, 50.0, 1e3], COUNT) * chance.choice([scale, 1.0, 1.0])


def is_plain(tree: Expr) -> bool:
    """Whether the engine has everything that the query asks for."""
    return not any(isinstance(node, Call) and node.func.startswith("histogram_") and node.func != "histogram_quantile"
                   for node in walk(tree) if not isinstance(node, Paren))  # fmt: skip
