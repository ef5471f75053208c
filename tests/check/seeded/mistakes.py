"""Mistakes as people make them, put in at every place of a pack where each can be made.

An operator takes an expression (or an alert, a panel) and gives what it would be with one mistake in it. A mistake
that changes nothing is not made: each operator looks first whether what it changes matters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vedette.check.reading import bare
from vedette.promql.ast import (
    Aggregate,
    Binary,
    Call,
    Expr,
    Matching,
    MatrixSelector,
    Number,
    Paren,
    Subquery,
    VectorSelector,
)
from vedette.promql.flow.operators import is_part
from vedette.promql.labels import NAME, Matcher
from vedette.promql.parser import parse
from vedette.promql.walk import rewrite, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vedette.catalog import Pack
    from vedette.instruments.metrics.metric import Metric
    from vedette.place import Place

COMPARISONS = {">", "<", ">=", "<=", "==", "!="}


@dataclass(frozen=True)
class Mistake:
    """A pack with one mistake in it, and where the user made it."""

    operator: str
    pack: Pack
    place: Place
    what: str
    also: tuple[Place, ...] = ()
    """Other places where the mistake may as well be told: a name that is now wrong at its other end."""


@dataclass(frozen=True)
class Known:
    """What the operators need to know of the metrics."""

    metrics: dict[str, Metric]
    """By the names of their series."""

    def of(self, name: str) -> Metric | None:
        return self.metrics.get(name)


def known(packs: list[Pack]) -> Known:
    found = {}
    for pack in packs:
        for metric in pack.metrics:
            for name in metric.description.sample_names:
                found[name] = metric
    return Known(found)


# --- mistakes in an expression ---


def changed(tree: Expr, old: Expr, new: Expr) -> Expr:
    """The tree with one node replaced."""
    return rewrite(tree, lambda node: new if node.span == old.span and type(node) is type(old) else node)


def _selectors(tree: Expr) -> Iterator[VectorSelector]:
    return (node for node in walk(tree) if isinstance(node, VectorSelector) and node.name)


def metric_misspelt(tree: Expr, of: Known) -> Iterator[Expr]:
    """A letter is missing in the name of a metric."""
    for node in _selectors(tree):
        name = node.name[: len(node.name) // 2] + node.name[len(node.name) // 2 + 1 :]
        matchers = tuple(Matcher(NAME, "=", name) if one.name == NAME else one for one in node.matchers)
        yield changed(tree, node, replace(node, name=name, matchers=matchers))


def matcher_label_misspelt(tree: Expr, of: Known) -> Iterator[Expr]:
    """A label that a selector asks for does not exist."""
    for node in _selectors(tree):
        for at, matcher in enumerate(node.matchers):
            if matcher.name == NAME or "$" in matcher.value:
                continue
            wrong = Matcher(matcher.name + "s", matcher.op, matcher.value)
            yield changed(tree, node, replace(node, matchers=(*node.matchers[:at], wrong, *node.matchers[at + 1 :])))


def value_outside_its_set(tree: Expr, of: Known) -> Iterator[Expr]:
    """A value that the label never has."""
    for node in _selectors(tree):
        metric = of.of(node.name)
        for at, matcher in enumerate(node.matchers):
            if metric is None or matcher.op not in ("=", "=~") or not metric.label_values.get(matcher.name):
                continue
            wrong = Matcher(matcher.name, "=", matcher.value.upper() + "X")
            yield changed(tree, node, replace(node, matchers=(*node.matchers[:at], wrong, *node.matchers[at + 1 :])))


def contradicting_matchers(tree: Expr, of: Known) -> Iterator[Expr]:
    """Two matchers that no series satisfies."""
    for node in _selectors(tree):
        for matcher in node.matchers:
            if matcher.name != NAME and matcher.op == "=":
                other = Matcher(matcher.name, "=", matcher.value + "x")
                yield changed(tree, node, replace(node, matchers=(*node.matchers, other)))


def wrong_label_in_by(tree: Expr, of: Known) -> Iterator[Expr]:
    """A label in ``by`` that the series do not have."""
    for node in walk(tree):
        if isinstance(node, Aggregate) and not node.without:
            for at, label in enumerate(node.grouping):
                wrong = (*node.grouping[:at], label + "_name", *node.grouping[at + 1 :])
                yield changed(tree, node, replace(node, grouping=wrong))


def job_dropped_in_by(tree: Expr, of: Known) -> Iterator[Expr]:
    """``job`` is no longer kept, so that nobody knows which service it is."""
    for node in walk(tree):
        if isinstance(node, Aggregate) and not node.without and "job" in node.grouping and _outermost(tree, node):
            yield changed(tree, node, replace(node, grouping=tuple(one for one in node.grouping if one != "job")))


def _outermost(tree: Expr, node: Expr) -> bool:
    """Whether nothing but comparisons and quantiles stands above it."""
    while tree is not node:
        if isinstance(tree, Paren):
            tree = tree.expr
        elif isinstance(tree, Binary) and tree.op in COMPARISONS and isinstance(tree.rhs, Number):
            tree = tree.lhs
        elif isinstance(tree, Call) and tree.func == "histogram_quantile":
            tree = tree.args[1]
        else:
            return False
    return True


def rate_of_a_gauge(tree: Expr, of: Known) -> Iterator[Expr]:
    """``rate`` of what goes up and down."""
    for node in _selectors(tree):
        metric = of.of(node.name)
        if metric is not None and metric.type == "gauge" and not _in_range(tree, node):
            yield changed(tree, node, Call("rate", (MatrixSelector(node, 300_000),)))


def _in_range(tree: Expr, node: VectorSelector) -> bool:
    return any(isinstance(one, MatrixSelector) and one.selector.span == node.span for one in walk(tree))


def rate_left_out(tree: Expr, of: Known) -> Iterator[Expr]:
    """A counter is looked at as it stands; one that is only summed, or asked whether it has begun, may be meant so."""
    whole = tree.lhs if isinstance(tree, Binary) and tree.op == "==" else tree
    if isinstance(whole, Aggregate):
        return
    for node in walk(tree):
        if isinstance(node, Call) and node.func in ("rate", "increase") and isinstance(node.args[0], MatrixSelector):
            yield changed(tree, node, node.args[0].selector)


def range_too_short(tree: Expr, of: Known) -> Iterator[Expr]:
    """The range of a rate holds less than two scrapes."""
    for node in walk(tree):
        if isinstance(node, Call) and node.func in ("rate", "increase") and isinstance(node.args[0], MatrixSelector):
            yield changed(tree, node, replace(node, args=(replace(node.args[0], range=10_000),)))


def rate_of_a_sum(tree: Expr, of: Known) -> Iterator[Expr]:
    """Summed first, then rated: resets are lost."""
    for node in walk(tree):
        if isinstance(node, Aggregate) and node.op == "sum" and isinstance(node.expr, Call):
            inner = node.expr
            if inner.func == "rate" and isinstance(inner.args[0], MatrixSelector):
                summed = replace(node, expr=inner.args[0].selector)
                yield changed(tree, node, Call("rate", (Subquery(Paren(summed), inner.args[0].range),)))


def le_dropped(tree: Expr, of: Known) -> Iterator[Expr]:
    """The buckets are summed away before the quantile is taken."""
    for node in walk(tree):
        if isinstance(node, Aggregate) and "le" in node.grouping:
            yield changed(tree, node, replace(node, grouping=tuple(one for one in node.grouping if one != "le")))


def quantile_as_percent(tree: Expr, of: Known) -> Iterator[Expr]:
    """The 95th percentile is asked for with 95."""
    for node in walk(tree):
        if isinstance(node, Call) and node.func == "histogram_quantile" and isinstance(node.args[0], Number):
            yield changed(tree, node, replace(node, args=(Number(node.args[0].value * 100), node.args[1])))


def average_of_quantiles(tree: Expr, of: Known) -> Iterator[Expr]:
    """Quantiles are averaged."""
    for node in walk(tree):
        if isinstance(node, Call) and node.func == "histogram_quantile":
            yield changed(tree, node, Aggregate("avg", node, grouping=("job",)))


def on_a_label_one_side_lacks(tree: Expr, of: Known) -> Iterator[Expr]:
    """Two sides are joined by a label that one of them does not have."""
    for node in walk(tree):
        if isinstance(node, Binary) and node.matching is not None and node.op != "or":
            wrong = Matching(node.matching.card, on=True, labels=("job", "nonsense"), include=node.matching.include)
            yield changed(tree, node, replace(node, matching=wrong))


def sides_with_other_labels(tree: Expr, of: Known) -> Iterator[Expr]:
    """One side keeps a label more than the other, and nothing says by which to pair."""
    for node in walk(tree):
        if not isinstance(node, Binary) or node.matching is None or node.op == "or":
            continue
        if node.matching.on or node.matching.labels:
            continue
        for inner in walk(node.lhs):
            if isinstance(inner, Aggregate) and not inner.without and _outermost(node.lhs, inner):
                names = [
                    label
                    for selector in _selectors(inner)
                    if (metric := of.of(selector.name)) is not None
                    for label in metric.label_names
                    if label not in inner.grouping
                ]
                if names:
                    yield changed(tree, inner, replace(inner, grouping=(*inner.grouping, names[0])))


def ratio_not_added_up(tree: Expr, of: Known) -> Iterator[Expr]:
    """A share without the sums around its sides: each series is divided by itself."""
    for node in walk(tree):
        if not isinstance(node, Binary) or node.op != "/" or node.matching is None or node.matching.on:
            continue
        part, whole = bare(node.lhs), bare(node.rhs)
        if isinstance(part, Aggregate) and isinstance(whole, Aggregate) and is_part(part, whole):
            yield changed(tree, node, replace(node, lhs=part.expr, rhs=whole.expr))


def seconds_with_bytes(tree: Expr, of: Known) -> Iterator[Expr]:
    """Something of another unit is added."""
    for node in walk(tree):
        if isinstance(node, Aggregate) and node.op == "sum" and "job" in node.grouping:
            names = [metric.unit for one in _selectors(node) if (metric := of.of(one.name)) is not None]
            if names in (["seconds"], ["bytes"]):
                other = "process_start_time_seconds" if names == ["bytes"] else "process_resident_memory_bytes"
                added = Aggregate("sum", parse(other), grouping=node.grouping)
                if node.grouping == ("job",):
                    yield changed(tree, node, Paren(Binary("+", node, added, matching=Matching("one-to-one"))))


# --- mistakes in the expression of an alert ---


def _thresholds(tree: Expr) -> Iterator[Binary]:
    for node in walk(tree):
        if isinstance(node, Binary) and node.op in COMPARISONS and isinstance(node.rhs, Number) and not node.bool_:
            yield node


def comparison_left_out(tree: Expr, of: Known) -> Iterator[Expr]:
    """The alert fires for whatever there is."""
    if isinstance(tree, Binary) and tree.op in COMPARISONS and isinstance(tree.rhs, Number):
        yield tree.lhs


def bool_added(tree: Expr, of: Known) -> Iterator[Expr]:
    """``> bool`` gives 0 and 1, so that the alert always fires."""
    if isinstance(tree, Binary) and tree.op in COMPARISONS and isinstance(tree.rhs, Number) and not tree.bool_:
        yield replace(tree, bool_=True)


def constant_absent(tree: Expr, of: Known) -> Iterator[Expr]:
    """``absent`` of an expression that always yields something."""
    for node in _thresholds(tree):
        yield changed(tree, node, Call("absent", (Call("vector", (Number(1),)),)))


EVERYWHERE: tuple[Callable[[Expr, Known], Iterator[Expr]], ...] = (
    metric_misspelt,
    matcher_label_misspelt,
    value_outside_its_set,
    contradicting_matchers,
    wrong_label_in_by,
    rate_of_a_gauge,
    rate_left_out,
    range_too_short,
    rate_of_a_sum,
    le_dropped,
    quantile_as_percent,
    average_of_quantiles,
    on_a_label_one_side_lacks,
    sides_with_other_labels,
    ratio_not_added_up,
    seconds_with_bytes,
)
IN_RULES = (job_dropped_in_by,)
IN_ALERTS = (comparison_left_out, bool_added, constant_absent)
