"""What a query asks for and nothing has: metrics that nobody declares, labels that no series there can carry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from vedette.promql.ast import Aggregate, Binary, Call, VectorSelector
from vedette.promql.flow.outcome import possible
from vedette.promql.flow.selectors import metric_name
from vedette.promql.labels import NAME
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vedette.promql.ast import Expr, Span
    from vedette.promql.flow.analyse import Analysis
    from vedette.promql.flow.branch import Flow
    from vedette.promql.flow.series import Known

__all__ = ["Missing", "missing_labels", "missing_metrics"]

SCRAPED = frozenset({"job", "instance"})
"""Every scrape sets them: who drops them is careful, not wrong."""


class Missing(NamedTuple):
    """A name that stands in a query for nothing."""

    what: Literal["metric", "matcher", "by", "without", "on", "ignoring", "group"]
    name: str
    offset: int
    """Where it stands in the text."""
    of: str = ""
    """The metric that lacks the label of a matcher."""
    there: frozenset[str] = frozenset()
    """The labels that there are."""
    why: str = ""
    """Why the label is not there, where a part of the query dropped it."""
    certain: bool = True


def missing_metrics(tree: Expr, known: Known) -> Iterator[Missing]:
    """The metrics that are not known."""
    for node in walk(tree):
        if isinstance(node, VectorSelector) and (name := metric_name(node)) and known(name) is None:
            yield Missing("metric", name, node.span.start)


def missing_labels(analysis: Analysis, text: str) -> Iterator[Missing]:
    """The labels that no series can have where they are asked for; ``text`` is what the spans are offsets in."""
    for node in walk(analysis.tree):
        match node:
            case VectorSelector():
                yield from _of_matchers(node, analysis.of(node), text)
            case Aggregate():
                yield from _of_grouping(node, analysis.of(node.expr), text)
            case Binary() if node.matching is not None:
                yield from _of_matching(node, analysis.of(node.lhs), analysis.of(node.rhs), text)
            case _:
                pass


def _of_matchers(node: VectorSelector, flow: Flow, text: str) -> Iterator[Missing]:
    for series in flow[0].series:
        labels = series.labels
        for matcher in node.matchers:
            if matcher.name != NAME and labels.get(matcher.name).state == "never":
                at = _word(text, matcher.name, node.span.start + len(node.name), node.span.end)
                there = (labels.possible() or frozenset()) - {NAME}
                yield Missing("matcher", matcher.name, at, series.name, there, certain=series.certain)


def _of_grouping(node: Aggregate, flow: Flow, text: str) -> Iterator[Missing]:
    if node.without and any(isinstance(part, Call) and part.func.startswith("absent") for part in walk(node.expr)):
        return  # of what has no labels at all, to drop some is no mistake
    for label in node.grouping:
        if not (node.without and label in SCRAPED) and _never(label, flow):
            at = _listed(text, ("by", "without"), label, node.span)
            yield _missing("without" if node.without else "by", label, at, flow)


def _of_matching(node: Binary, left: Flow, right: Flow, text: str) -> Iterator[Missing]:
    matching = node.matching
    assert matching is not None
    for label in matching.labels:
        if not (label in SCRAPED and not matching.on) and _never(label, left) and _never(label, right):
            at = _listed(text, ("on", "ignoring"), label, node.span)
            yield _missing("on" if matching.on else "ignoring", label, at, (*left, *right))
    one = right if matching.card == "many-to-one" else left
    for label in matching.include:
        if _never(label, one):
            at = _listed(text, ("group_left", "group_right"), label, node.span)
            yield _missing("group", label, at, one)


def _never(label: str, flow: Flow) -> bool:
    return label != NAME and all(branch.labels.get(label).state == "never" for branch in flow)


def _missing(what: Literal["by", "without", "on", "ignoring", "group"], label: str, at: int, flow: Flow) -> Missing:
    reasons = [branch.labels.get(label).why for branch in flow]
    why = next((reason.text for reason in reasons if reason is not None), "")
    certain = all(branch.certain for branch in flow)
    return Missing(what, label, at, there=possible(flow) or frozenset(), why=why, certain=certain)


def _word(text: str, word: str, start: int, end: int) -> int:
    found = re.compile(rf"\b{re.escape(word)}\b").search(text, start, end)
    return found.start() if found else start


def _listed(text: str, before: Iterable[str], label: str, span: Span) -> int:
    """Where a label stands in a list behind one of these words."""
    for found in re.compile(rf"\b(?:{'|'.join(before)})\s*\(([^()]*)\)").finditer(text, span.start, span.end):
        inner = re.compile(rf"\b{re.escape(label)}\b").search(text, found.start(1), found.end(1))
        if inner:
            return inner.start()
    return _word(text, label, span.start, span.end)
