"""Selectors with their matchers, ranges, offsets and ``@``."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from vedette.promql.ast import At, Expr, MatrixSelector, Span, Subquery, VectorSelector
from vedette.promql.cursor import NUMBERS, SIGNS, WORDS, Cursor
from vedette.promql.labels import NAME, Matcher, MatchOp
from vedette.promql.walk import value_type

__all__ = ["MODIFIERS", "modify", "selector"]

MODIFIERS: Final = frozenset({"[", "offset", "@"})
"""What may follow a selector."""

_MATCH_OPS: Final = frozenset({"=", "!=", "=~", "!~"})

_made = lru_cache(maxsize=16_384)(Matcher)


def selector(c: Cursor, name: str, start: int) -> VectorSelector:
    """What may follow a metric name, or stand without one: matchers in braces."""
    found: list[Matcher] = []
    end = start + len(name)
    kinds, texts, starts = c.kinds, c.texts, c.starts
    quoted = ""
    if kinds[c.at] == "{":
        c.at += 1
        while kinds[c.at] != "}":
            at = c.at
            kind, label = kinds[at], texts[at]
            if kind == "string":
                label = c.string()
                if kinds[c.at] not in _MATCH_OPS:
                    if name or quoted:
                        c.fail(f'metric name must not be set twice: "{name or quoted}" or "{label}"', starts[at])
                    if not label:
                        c.fail("a metric name must not be empty", starts[at])
                    quoted = label
                    _separator(c)
                    continue
            elif kind in WORDS or (kind == "number" and label.isalpha()):
                c.at = at + 1
                if ":" in label:
                    c.fail(f'label name "{label}" has a colon; write it in quotes', starts[at])
            else:
                c.unexpected("label matching", 'identifier or "}"')
            op = kinds[c.at]
            if op not in _MATCH_OPS:
                c.unexpected("label matching", "label matching operator (=, !=, =~ or !~)")
            c.at += 1
            if kinds[c.at] != "string":
                c.unexpected("label matching", "string")
            found.append(_matcher(c, label, op))
            _separator(c)
        end = starts[c.at] + 1
        c.at += 1
        _check_names(c, name or quoted, found, start)
    name = name or quoted
    if name:
        found.insert(0, _made(NAME, "=", name))
    elif not c.bare_selector and all(matcher.matches("") for matcher in found):
        c.fail("vector selector must contain at least one non-empty matcher", start)
    return VectorSelector(name, tuple(found), 0, None, Span(start, end))


def _separator(c: Cursor) -> None:
    kind = c.kinds[c.at]
    if kind == ",":
        c.at += 1
    elif kind != "}":
        c.unexpected("label matching", '"," or "}"')


def _matcher(c: Cursor, label: str, op: str) -> Matcher:
    start = c.starts[c.at]
    value = c.string()
    if not label:
        c.fail("a label name must not be empty", start)
    operator: MatchOp = "=" if op == "=" else "!=" if op == "!=" else "=~" if op == "=~" else "!~"
    try:
        return _made(label, operator, value)
    except ValueError as error:
        c.fail(str(error), start)


def _check_names(c: Cursor, name: str, found: list[Matcher], start: int) -> None:
    names = [matcher.value for matcher in found if matcher.name == NAME and matcher.op == "="]
    if name and any(matcher.name == NAME for matcher in found):
        value = next(matcher.value for matcher in found if matcher.name == NAME)
        c.fail(f'metric name must not be set twice: "{name}" or "{value}"', start)
    if len(names) > 1:
        c.fail(f'metric name must not be set twice: "{names[0]}" or "{names[1]}"', start)


def modify(c: Cursor, expr: Expr) -> Expr:
    """The expression with the range, offset or ``@`` that stands here."""
    kind = c.kinds[c.at]
    if kind == "[":
        return _bracket(c, expr)
    return _offset(c, expr) if kind == "offset" else _timestamp(c, expr)


def _bracket(c: Cursor, expr: Expr) -> Expr:
    """``[5m]`` or ``[5m:1m]``."""
    opening = c.starts[c.at]
    c.at += 1
    range_ms = c.milliseconds("subquery or range", signed=False)
    if c.kinds[c.at] == ":":
        c.at += 1
        step = 0 if c.kinds[c.at] == "]" else c.milliseconds("subquery selector", signed=False)
        c.expect("]", "subquery selector")
        if (found := value_type(expr)) != "instant vector":
            c.fail(f"subquery is only allowed on instant vector, got {found} instead", expr.span.start)
        return Subquery(expr, range_ms, step, 0, None, Span(expr.span.start, c.starts[c.at - 1] + 1))
    c.expect("]", "subquery or range", '":" or "]"')
    if not isinstance(expr, VectorSelector):
        c.fail("ranges only allowed for vector selectors", opening)
    if expr.offset:
        c.fail("no offset modifiers allowed before range", opening)
    if expr.at is not None:
        c.fail("no @ modifiers allowed before range", opening)
    return MatrixSelector(expr, range_ms, Span(expr.span.start, c.starts[c.at - 1] + 1))


def _offset(c: Cursor, expr: Expr) -> Expr:
    position = c.starts[c.at]
    c.at += 1
    shift = c.milliseconds("offset", signed=True)
    target = _modified(c, expr, "offset modifier", position)
    if target.offset:
        c.fail("offset may not be set multiple times", position)
    return _rebuilt(c, expr, shift, target.at)


def _timestamp(c: Cursor, expr: Expr) -> Expr:
    position = c.starts[c.at]
    c.at += 1
    word = c.texts[c.at].lower()
    at: At
    if c.kinds[c.at] == "name" and word in ("start", "end"):
        c.at += 1
        c.expect("(", "@")
        c.expect(")", "@")
        at = "start" if word == "start" else "end"
    else:
        sign = -1.0 if c.kinds[c.at] == "-" else 1.0
        if c.kinds[c.at] in SIGNS:
            c.at += 1
        if c.kinds[c.at] not in NUMBERS:
            c.unexpected("@", "timestamp, start() or end()")
        seconds = sign * c.number()
        if not abs(seconds * 1000) < 2**63:
            c.fail(f"timestamp out of bounds for @ modifier: {seconds:f}", position)
        at = round(seconds * 1000)
    target = _modified(c, expr, "@ modifier", position)
    if target.at is not None:
        c.fail("@ <timestamp> may not be set multiple times", position)
    return _rebuilt(c, expr, target.offset, at)


def _modified(c: Cursor, expr: Expr, what: str, position: int) -> VectorSelector | Subquery:
    if isinstance(expr, MatrixSelector):
        return expr.selector
    if isinstance(expr, VectorSelector | Subquery):
        return expr
    return c.fail(
        f"{what} must be preceded by an instant vector selector or range vector selector or a subquery", position
    )


def _rebuilt(c: Cursor, expr: Expr, offset: int, at: At) -> Expr:
    """The selector or subquery with this offset and ``@``."""
    last = c.at - 1
    span = Span(expr.span.start, c.starts[last] + len(c.texts[last]))
    if isinstance(expr, MatrixSelector):
        inner = expr.selector
        selector = VectorSelector(inner.name, inner.matchers, offset, at, inner.span)
        return MatrixSelector(selector, expr.range, span)
    if isinstance(expr, Subquery):
        return Subquery(expr.expr, expr.range, expr.step, offset, at, span)
    assert isinstance(expr, VectorSelector)
    return VectorSelector(expr.name, expr.matchers, offset, at, span)
