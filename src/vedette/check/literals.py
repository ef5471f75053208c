"""Where the matchers of a selector stand in the text, which the tree does not say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vedette.check.reading import selectors, source
from vedette.promql.lexer import ParseError, tokenize, unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.place import Place
    from vedette.promql.ast import VectorSelector
    from vedette.promql.labels import Matcher

__all__ = ["Literal", "regexes"]

_OPERATORS = ("=", "!=", "=~", "!~")


@dataclass(frozen=True, slots=True)
class Literal:
    """A matcher as it is written: from its operator to the end of its quoted value."""

    query: Query
    selector: VectorSelector
    matcher: Matcher
    start: int
    """Where its operator stands in the query."""
    text: str
    """``=~"a.*"``"""
    token: str
    """The value with its quotes."""

    @property
    def place(self) -> Place:
        """Of the operator."""
        return self.query.text.locate(self.start)


def regexes(facts: Facts) -> Iterator[Literal]:
    """Every matcher with a regular expression, where its author wrote it and no variable is in it."""
    for query in facts.queries:
        for selector in selectors(query):
            for literal in _literals(query, selector):
                if literal.matcher.op in ("=~", "!~"):
                    yield literal


def _literals(query: Query, node: VectorSelector) -> Iterator[Literal]:
    text = source(query, node)
    if "~" not in text:
        return  # what the build adds stands nowhere
    try:
        tokens = tokenize(text)
    except ParseError:
        return
    for index, op in enumerate(tokens.kinds[:-1]):
        token = tokens.texts[index + 1]
        if op not in _OPERATORS or tokens.kinds[index + 1] != "string":
            continue
        name, value = _unquoted(tokens.texts[index - 1], text), _unquoted(token, text)
        found = (one for one in node.matchers if (one.name, one.op, one.value) == (name, op, value))
        matcher = next(found, None)
        if matcher is None:
            continue  # a variable: the tree has what it may stand for
        start, end = tokens.starts[index], tokens.starts[index + 1] + len(token)
        yield Literal(query, node, matcher, node.span.start + start, text[start:end], token)


def _unquoted(token: str, text: str) -> str:
    return unquote(token, text, 0) if token[0] in "\"'`" else token
