"""Tokens to the tree: recursive descent with operator precedence, and the type checks of Prometheus' own parser."""

from __future__ import annotations

import difflib
from functools import lru_cache
from typing import Final, Literal

from vedette.promql.ast import (
    Aggregate,
    Binary,
    Call,
    Expr,
    Matching,
    Number,
    Paren,
    Span,
    String,
    Unary,
    ValueType,
    VectorSelector,
)
from vedette.promql.cursor import EXPERIMENTAL_WORDS, NOT_METRICS, NUMBERS, SIGNS, WORDS, Cursor
from vedette.promql.functions import AGGREGATORS, PARAMETER_TYPES, SIGNATURES
from vedette.promql.lexer import ParseError
from vedette.promql.selectors import MODIFIERS, modify, selector
from vedette.promql.walk import value_type

__all__ = ["COMPARISONS", "NOT_METRICS", "PRECEDENCE", "SET_OPERATORS", "ParseError", "parse"]

# https://prometheus.io/docs/prometheus/latest/querying/operators/#binary-operator-precedence
PRECEDENCE: Final = {
    "or": 1,
    "and": 2, "unless": 2,
    "==": 3, "!=": 3, "<=": 3, "<": 3, ">=": 3, ">": 3,
    "+": 4, "-": 4,
    "*": 5, "/": 5, "%": 5, "atan2": 5,
    "^": 6,
}  # fmt: skip
"""How tightly a binary operator binds; all are left-associative but ``^``."""

_POWER: Final = PRECEDENCE["^"]
COMPARISONS: Final = frozenset({"==", "!=", "<=", "<", ">=", ">"})
SET_OPERATORS: Final = frozenset({"and", "or", "unless"})

_METRIC_WORDS: Final = WORDS - NOT_METRICS
_OPERANDS: Final = frozenset({"scalar", "instant vector"})
_PLAIN: Final = Matching("one-to-one")
_MAX_DEPTH: Final = 100  # keeps this parser, the printer and the evaluator well within Python's own stack
_MAX_CHAIN: Final = 250  # the same for a + b + c + …, whose tree is as deep as it is long


@lru_cache(maxsize=4096)
def parse(text: str) -> Expr:
    """The tree of an expression; equal texts share one tree.

    Raises:
        ParseError: the text is not stable PromQL of Prometheus 3, or its types do not fit.
    """
    return _whole(Cursor(text))


def _whole(c: Cursor) -> Expr:
    if c.kinds[0] == "end":
        c.fail("no expression found in input", 0)
    expr = _expression(c, 0)
    if c.kinds[c.at] != "end":
        c.unexpected()
    return expr


def _typed(c: Cursor, expr: Expr, wanted: ValueType, context: str) -> None:
    found = value_type(expr)
    if found != wanted:
        c.fail(f"expected type {wanted} in {context}, got {found}", expr.span.start)


def _expression(c: Cursor, minimum: int) -> Expr:
    """Operands joined by operators that bind at least as tightly as ``minimum``."""
    c.depth += 1
    if c.depth > _MAX_DEPTH:
        c.fail(f"expression nested more than {_MAX_DEPTH} deep", c.starts[c.at])
    lhs = _unary(c) if c.kinds[c.at] in SIGNS else _postfix(c)
    chain = 0
    while (precedence := PRECEDENCE.get(c.kinds[c.at], -1)) >= minimum:
        chain += 1
        if chain > _MAX_CHAIN:
            c.fail(f"more than {_MAX_CHAIN} operators in one chain", c.starts[c.at])
        lhs = _binary(c, lhs, c.kinds[c.at], precedence)
    c.depth -= 1
    return lhs


def _unary(c: Cursor) -> Expr:
    start = c.starts[c.at]
    op: Literal["-", "+"] = "-" if c.kinds[c.at] == "-" else "+"
    c.at += 1
    expr = _expression(c, _POWER)
    span = Span(start, expr.span.end)
    if isinstance(expr, Number):
        return Number(-expr.value if op == "-" else expr.value, span)
    if (found := value_type(expr)) not in _OPERANDS:
        c.fail(f'unary expression only allowed on expressions of type scalar or instant vector, got "{found}"', start)
    return Unary(op, expr, span)


def _binary(c: Cursor, lhs: Expr, op: str, precedence: int) -> Expr:
    position = c.starts[c.at]
    c.at += 1
    bool_ = c.kinds[c.at] == "bool"
    if bool_:
        c.at += 1
    modifier = c.kinds[c.at]
    card: Literal["one-to-one", "many-to-one", "one-to-many", "many-to-many"] = "one-to-one"
    names: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    if modifier in ("on", "ignoring"):
        c.at += 1
        names = c.grouping()
        side = c.kinds[c.at]
        if side in ("group_left", "group_right"):
            card = "many-to-one" if side == "group_left" else "one-to-many"
            c.at += 1
            if c.kinds[c.at] == "(":
                include = c.grouping()
    elif modifier in ("group_left", "group_right"):
        c.unexpected("binary expression", '"on" or "ignoring" before it')
    rhs = _expression(c, precedence if op == "^" else precedence + 1)
    left, right = value_type(lhs), value_type(rhs)
    if bool_ and op not in COMPARISONS:
        c.fail("bool modifier can only be used on comparison operators", position)
    if op in COMPARISONS and not bool_ and left == right == "scalar":
        c.fail("comparisons between scalars must use BOOL modifier", position)
    if modifier == "on" and (both := [name for name in names if name in include]):
        c.fail(f'label "{both[0]}" must not occur in ON and GROUP clause at once', position)
    if left not in _OPERANDS or right not in _OPERANDS:
        wrong = rhs if left in _OPERANDS else lhs
        c.fail("binary expression must contain only scalar and instant vector types", wrong.span.start)
    matching = None
    if left == "scalar" or right == "scalar":
        if op in SET_OPERATORS:
            c.fail(f'set operator "{op}" not allowed in binary scalar expression', position)
        if names:
            c.fail("vector matching only allowed between instant vectors", position)
    elif op in SET_OPERATORS:
        if card != "one-to-one":
            c.fail(f'no grouping allowed for "{op}" operation', position)
        matching = Matching("many-to-many", modifier == "on", names, include)
    elif modifier not in ("on", "ignoring"):
        matching = _PLAIN
    else:
        matching = Matching(card, modifier == "on", names, include)
    return Binary(op, lhs, rhs, bool_, matching, Span(lhs.span.start, rhs.span.end))


def _postfix(c: Cursor) -> Expr:
    """One operand with its ranges, offset and ``@``."""
    expr = _operand(c)
    while c.kinds[c.at] in MODIFIERS:
        expr = modify(c, expr)
    return expr


def _operand(c: Cursor) -> Expr:
    at = c.at
    kind, text, start = c.kinds[at], c.texts[at], c.starts[at]
    following = c.kinds[at + 1] if kind != "end" else "end"
    if kind == "name" and following == "(":
        return _call(c)
    if kind in AGGREGATORS and following in ("(", "by", "without"):
        return _aggregate(c)
    if kind in _METRIC_WORDS:
        if following == "(" and kind != "name":
            c.at += 1
            c.unexpected()
        c.at += 1
        return selector(c, text, start)
    if kind == "{":
        return selector(c, "", start)
    if kind in NUMBERS:
        return Number(c.number(), Span(start, start + len(text)))
    if kind == "string":
        return String(c.string(), Span(start, start + len(text)))
    if kind == "(":
        c.at += 1
        expr = _expression(c, 0)
        c.expect(")", "paren expression")
        return Paren(expr, Span(start, c.starts[c.at - 1] + 1))
    return c.unexpected()


def _arguments(c: Cursor, func: str) -> list[Expr]:
    c.expect("(", f"call to {func}")
    args: list[Expr] = []
    if c.kinds[c.at] == ")":
        c.at += 1
        return args
    outer = c.bare_selector
    while True:
        c.bare_selector = func == "info" and len(args) == 1
        args.append(_expression(c, 0))
        c.bare_selector = outer
        kind = c.kinds[c.at]
        c.at += kind != "end"
        if kind == ")":
            return args
        if kind != ",":
            c.at -= kind != "end"
            c.unexpected(f"call to {func}", '"," or ")"')
        if c.kinds[c.at] == ")":
            c.fail("trailing commas not allowed in function call args", c.starts[c.at - 1])


def _call(c: Cursor) -> Call:
    func, start = c.texts[c.at], c.starts[c.at]
    signature = SIGNATURES.get(func)
    if signature is None:
        near = difflib.get_close_matches(func.lower(), [*SIGNATURES, *AGGREGATORS], 1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        if func.lower() in EXPERIMENTAL_WORDS:
            hint = f"; {func} is experimental syntax of Prometheus that is not supported"
        c.fail(f'unknown function with name "{func}"{hint}', start)
    c.at += 1
    args = _arguments(c, func)
    count = len(args)
    if count < signature.minimum or (signature.maximum is not None and count > signature.maximum):
        if signature.optional == 0:
            c.fail(f'expected {signature.minimum} argument(s) in call to "{func}", got {count}', start)
        few = count < signature.minimum
        bound = f"at least {signature.minimum}" if few else f"at most {signature.maximum}"
        c.fail(f'expected {bound} argument(s) in call to "{func}", got {count}', start)
    for index, arg in enumerate(args):
        _typed(c, arg, signature.argument(index), f'call to function "{func}"')
    if func == "info" and count == 2 and not (isinstance(args[1], VectorSelector) and not args[1].name):
        c.fail("expected label selectors only as second argument of info", args[1].span.start)
    return Call(func, tuple(args), Span(start, c.starts[c.at - 1] + 1))


def _aggregate(c: Cursor) -> Aggregate:
    op, start = c.kinds[c.at], c.starts[c.at]
    c.at += 1
    grouping: tuple[str, ...] = ()
    clause = c.kinds[c.at]
    before = clause in ("by", "without")
    if before:
        c.at += 1
        grouping = c.grouping()
        if c.kinds[c.at] != "(":
            c.unexpected("aggregation", '"("')
    args = _arguments(c, op)
    end = c.starts[c.at - 1] + 1
    if not before:
        clause = c.kinds[c.at]
        if clause in ("by", "without"):
            c.at += 1
            grouping = c.grouping()
            end = c.starts[c.at - 1] + 1
    if not args:
        c.fail("no arguments for aggregate expression provided", start)
    wanted = 2 if op in PARAMETER_TYPES else 1
    if len(args) != wanted:
        c.fail(
            f"wrong number of arguments for aggregate expression provided, expected {wanted}, got {len(args)}",
            start,
        )
    _typed(c, args[-1], "instant vector", "aggregation expression")
    if wanted == 2:
        _typed(c, args[0], PARAMETER_TYPES[op], "aggregation parameter")
    param = args[0] if wanted == 2 else None
    return Aggregate(op, args[-1], param, grouping, clause == "without", Span(start, end))
