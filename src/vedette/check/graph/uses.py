"""What a query uses: each selector, with the labels that are named on the way from it to the result."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vedette.check.graph.model import LabelUse, Use
from vedette.check.reading import nodes
from vedette.formats.gotemplate import TemplateError
from vedette.formats.template_uses import template_uses
from vedette.promql.ast import Aggregate, Binary, Call, MatrixSelector, Paren, String, VectorSelector
from vedette.promql.flow.aggregations import grouping_text
from vedette.promql.labels import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vedette.check.facts import Alert, PanelQuery, Query
    from vedette.check.graph.model import How
    from vedette.place import Place
    from vedette.promql.ast import Expr
    from vedette.promql.flow import Labels

__all__ = ["PrintedLabel", "printed_by_alert", "printed_by_legend", "uses_of"]

_LEGEND: Final = re.compile(r"\{\{\s*([^{}\s]+?)\s*\}\}")
_LONGEST: Final = 80


@dataclass(frozen=True, slots=True)
class PrintedLabel:
    """A label that a text shows."""

    name: str
    text: str
    """Which text: ``summary``, ``legend``."""
    place: Place


def printed_by_alert(alert: Alert) -> Iterator[PrintedLabel]:
    """The labels of the query that its labels and annotations show; of what cannot be read, none."""
    for name, text in (*alert.labels.items(), *alert.annotations.items()):
        try:
            uses = template_uses(text.value)
        except TemplateError:
            continue
        for use in uses.labels:
            yield PrintedLabel(use.name, name, text.locate(use.offset))


def printed_by_legend(query: PanelQuery) -> Iterator[PrintedLabel]:
    """The labels in the name of a panel's series."""
    for found in _LEGEND.finditer(query.legend.value):
        yield PrintedLabel(found[1], "legend", query.legend.locate(found.start(1)))


def uses_of(query: Query, printed: Sequence[PrintedLabel] = ()) -> Iterator[tuple[VectorSelector, Use]]:
    """Every selector of a query, and what becomes of its labels; what is shown at the end is ``printed``."""
    for node, around in nodes(query):
        if isinstance(node, VectorSelector):
            labels = query.flow.of(node)[0].labels
            found = [*_matched(query, node), *_Way(query, labels).up(node, around, printed)]
            part = _part(node, around)
            yield node, Use(node.name, _shown(query, part), query.at(node), tuple(dict.fromkeys(found)))


def _part(node: Expr, around: Sequence[Expr]) -> Expr:
    """The selector with its range and the function that is applied to it."""
    found = node
    for parent in reversed(around):
        if not isinstance(parent, MatrixSelector | Call | Paren) or (isinstance(parent, Call) and len(parent.args) > 2):
            break
        found = parent
        if isinstance(parent, Call):
            break
    return found


def _shown(query: Query, node: Expr) -> str:
    text = " ".join(query.text.value[node.span.start : node.span.end].split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _word(query: Query, word: str, start: int, end: int) -> Place | None:
    """Where a word stands in a part of a query, None where it does not: then nobody has written it."""
    found = re.compile(rf"(?<![\w:]){re.escape(word)}(?![\w:])").search(query.text.value, start, end)
    return query.text.locate(found.start()) if found else None


def _matched(query: Query, node: VectorSelector) -> Iterator[LabelUse]:
    for matcher in node.matchers:
        place = _word(query, matcher.name, node.span.start + len(node.name), node.span.end)
        if matcher.name != NAME and place is not None:
            yield LabelUse(matcher.name, "matches", f"{{{matcher}}}", place)


class _Way:
    """From a selector up to the result: which of its labels are still there."""

    def __init__(self, query: Query, labels: Labels) -> None:
        self._query = query
        self._labels = labels
        self._only: frozenset[str] | None = None
        self._gone: frozenset[str] = frozenset()

    def _alive(self, name: str) -> bool:
        kept = self._only is None or name in self._only
        return kept and name not in self._gone and self._labels.get(name).state != "never"

    def _keep(self, names: Sequence[str]) -> None:
        self._only = frozenset(name for name in names if self._alive(name))

    def _drop(self, names: Sequence[str]) -> None:
        self._gone |= set(names)

    def up(self, node: Expr, around: Sequence[Expr], printed: Sequence[PrintedLabel]) -> Iterator[LabelUse]:
        """The labels that are named on the way."""
        child = node
        for parent in reversed(around):
            match parent:
                case Aggregate():
                    if child is parent.param:
                        return
                    yield from self._aggregated(parent)
                case Binary():
                    yield from self._paired(parent, child)
                    if parent.op in ("and", "unless") and child is parent.rhs:
                        return
                case Call(func="absent" | "absent_over_time" | "scalar"):
                    return
                case Call():
                    yield from self._called(parent)
                case _:
                    pass
            child = parent
        for one in printed:
            if self._alive(one.name):
                yield LabelUse(one.name, "prints", one.text, one.place)

    def _named(
        self, node: Expr, names: Sequence[str], how: How, part: str, within: tuple[int, int]
    ) -> Iterator[LabelUse]:
        for name in names:
            if name != NAME and self._alive(name):
                place = _word(self._query, name, *within) or self._query.at(node)
                yield LabelUse(name, how, part, place)

    def _aggregated(self, node: Aggregate) -> Iterator[LabelUse]:
        how: How = "drops" if node.without else "groups by"
        inner = node.expr.span
        behind = self._query.text.value.find("by", inner.end, node.span.end)
        start, end = (inner.end, node.span.end) if behind >= 0 else (node.span.start, inner.start)
        yield from self._named(node, node.grouping, how, grouping_text(node), (start, end))
        if node.op in ("topk", "bottomk", "limitk", "limit_ratio"):
            return
        if node.without:
            self._drop(node.grouping)
        else:
            self._keep(node.grouping)

    def _paired(self, node: Binary, child: Expr) -> Iterator[LabelUse]:
        matching = node.matching
        if matching is None:
            return
        between = node.lhs.span.end, node.rhs.span.start
        word = "on" if matching.on else "ignoring"
        if matching.labels:
            how: How = "pairs by" if matching.on else "ignores"
            part = f"{node.op} {word} ({', '.join(matching.labels)})"
            yield from self._named(node, matching.labels, how, part, between)
        if node.op in ("and", "or", "unless"):
            return
        one = {"many-to-one": node.rhs, "one-to-many": node.lhs}.get(matching.card)
        if child is one:
            side = "group_left" if matching.card == "many-to-one" else "group_right"
            part = f"{side} ({', '.join(matching.include)})"
            yield from self._named(node, matching.include, "takes over", part, between)
            self._keep([*matching.include, *(matching.labels if matching.on else ())])
        elif one is None and matching.on:
            self._keep(matching.labels)
        elif one is None:
            self._drop(matching.labels)

    def _called(self, node: Call) -> Iterator[LabelUse]:
        texts = [arg.value if isinstance(arg, String) else "" for arg in node.args]
        read: list[str] = []
        match node.func:
            case "histogram_quantile" | "histogram_fraction":
                if self._alive("le"):
                    yield LabelUse("le", "reads", f"{node.func}(…)", self._query.at(node))
                self._drop(["le"])
            case "label_replace":
                read = texts[3:4]
            case "label_join":
                read = texts[3:]
            case "sort_by_label" | "sort_by_label_desc":
                read = texts[1:]
            case _:
                pass
        yield from self._named(
            node, [name for name in read if name], "reads", f"{node.func}(…)", (node.span.start, node.span.end)
        )
