"""What a selector can find: the labels of its series, narrowed by its matchers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vedette.promql.flow.branch import Branch
from vedette.promql.flow.labels import ANY, Label, Labels, Reason
from vedette.promql.flow.units import COUNT
from vedette.promql.labels import NAME, Matcher

if TYPE_CHECKING:
    from vedette.promql.ast import VectorSelector
    from vedette.promql.flow.series import Known

__all__ = ["alternatives", "metric_name", "select"]

_LITERAL = re.compile(r"[\w/:@ -]*", re.ASCII)


def alternatives(pattern: str) -> frozenset[str] | None:
    """The texts that a regular expression of plain alternatives matches; None where it is more than that."""
    if pattern.startswith("(") and pattern.endswith(")") and pattern.count("(") == 1:
        pattern = pattern[1:-1].removeprefix("?:")
    parts = pattern.split("|")
    return frozenset(parts) if all(_LITERAL.fullmatch(part) for part in parts) else None


def metric_name(node: VectorSelector) -> str:
    """The name that a selector asks for, ``""`` where it asks for several or none."""
    if node.name:
        return node.name
    return next((matcher.value for matcher in node.matchers if matcher.name == NAME and matcher.op == "="), "")


def select(node: VectorSelector, known: Known) -> Branch:
    """The series that a selector finds, at most."""
    name = metric_name(node)
    series = known(name) if name else None
    before = series.labels if series is not None else ANY
    named = dict(before.named)
    if name:
        named[NAME] = Label("always", frozenset({name}), Reason("it is the metric's name", node.span))
    matchers: dict[str, list[Matcher]] = {}
    for matcher in node.matchers:
        if matcher.name != NAME:
            matchers.setdefault(matcher.name, []).append(matcher)
    empty: Reason | None = None
    for label, own in matchers.items():
        found = narrowed(before.get(label), own, node)
        if isinstance(found, Reason):
            empty = empty or found
        else:
            named[label] = found
    labels = Labels(named, before.other)
    if series is None:
        return Branch(labels=labels, empty=empty, selectors=(node,))
    return Branch(
        labels=labels,
        type=series.type,
        unit=COUNT if series.type == "bucket" else series.unit,
        low=series.low,
        high=series.high,
        empty=empty,
        certain=series.certain,
        selectors=(node,),
        series=(series,),
        bounds=series.bounds,
    )


def narrowed(label: Label, matchers: list[Matcher], node: VectorSelector) -> Label | Reason:
    """What matchers leave of a label; the reason, where they leave no series."""
    if label.state == "never":
        if all(matcher.matches("") for matcher in matchers):
            return label
        name = matchers[0].name
        return Reason(f"no series here has the label {name!r}, so {{{_shown(matchers)}}} finds none", node.span)
    values = label.values
    for matcher in matchers:
        said = _values_of(matcher)
        if said is not None:
            values = said if values is None else values & said
    if values is not None:
        values = frozenset(value for value in values if value and all(one.matches(value) for one in matchers))
    absent = label.state == "maybe" and all(matcher.matches("") for matcher in matchers)
    if values is not None and not values:
        if absent:
            return Label("never", why=Reason(f"{{{_shown(matchers)}}} finds only series without it", node.span))
        offered = "" if label.values is None else f"; it is one of {', '.join(sorted(label.values))}"
        return Reason(f"no value satisfies {{{_shown(matchers)}}}{offered}", node.span)
    if label.state == "maybe" and not absent:
        return Label("always", values, Reason(f"{{{_shown(matchers)}}} asks for it", node.span))
    return Label("maybe" if absent else label.state, values, label.why)


def _shown(matchers: list[Matcher]) -> str:
    return ", ".join(map(str, matchers))


def _values_of(matcher: Matcher) -> frozenset[str] | None:
    """All values that a matcher accepts, where they can be listed."""
    if matcher.op == "=":
        return frozenset({matcher.value})
    return alternatives(matcher.value) if matcher.op == "=~" else None
