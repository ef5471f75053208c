"""Where the matchers of a selector stand in the text, which the tree does not say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vedette.check.reading import nodes, source, written
from vedette.promql.ast import VectorSelector
from vedette.promql.labels import NAME
from vedette.promql.lexer import ParseError, tokenize, unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.place import Place
    from vedette.promql.labels import Matcher

__all__ = ["Literal", "regexes"]

_OPERATORS = ("=", "!=", "=~", "!~")


@dataclass(frozen=True, slots=True)
class Literal:
    """A matcher as it is written: from its operator to the end of its quoted value."""

    query: Query
    selector: VectorSelector
    matcher: Matcher
    place: Place
    """Of the operator."""
    text: str
    """``=~"a.*"``"""
    token: str
    """The value with its quotes."""

    @property
    def value_place(self) -> Place:
        """Of the opening quote, where it stands on the line of the operator."""
        return self.place._replace(column=self.place.column + len(self.text) - len(self.token))


def regexes(facts: Facts) -> Iterator[Literal]:
    """Every matcher with a regular expression, where its author wrote it and no variable is in it."""
    for one in written(facts):
        for node, _ in nodes(one.query):
            if isinstance(node, VectorSelector):
                for literal in _literals(one.query, node):
                    if literal.matcher.op in ("=~", "!~") and one.has(literal.token):
                        yield literal


def _literals(query: Query, node: VectorSelector) -> Iterator[Literal]:
    text = source(query, node)
    try:
        tokens = tokenize(text)
    except ParseError:
        return
    matchers = [matcher for matcher in node.matchers if not (matcher.name == NAME and matcher.value == node.name)]
    at = [index for index, kind in enumerate(tokens.kinds[:-1]) if kind in _OPERATORS]
    if len(at) != len(matchers):
        return  # the tree has been changed since it was read: a build adds matchers of its own
    for index, matcher in zip(at, matchers, strict=True):
        token = tokens.texts[index + 1]
        if tokens.kinds[index + 1] != "string" or unquote(token, text, 0) != matcher.value:
            return
        start, end = tokens.starts[index], tokens.starts[index + 1] + len(token)
        yield Literal(query, node, matcher, query.text.locate(node.span.start + start), text[start:end], token)
