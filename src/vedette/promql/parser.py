"""Tokens to the tree: recursive descent with operator precedence, and the type checks of Prometheus' own parser."""

from __future__ import annotations

import difflib
import math
import re
from functools import lru_cache
from typing import Final, Literal, NoReturn

from vedette.duration import milliseconds
from vedette.promql.ast import (
    Aggregate,
    At,
    Binary,
    Call,
    Expr,
    Matching,
    MatrixSelector,
    Number,
    Paren,
    Span,
    String,
    Subquery,
    Unary,
    ValueType,
    VectorSelector,
)
from vedette.promql.functions import AGGREGATORS, PARAMETER_TYPES, SIGNATURES
from vedette.promql.labels import NAME, Matcher, MatchOp
from vedette.promql.lexer import KEYWORDS, ParseError, tokenize, unquote
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
NOT_METRICS: Final = frozenset({"atan2", "bool", "group_left", "group_right", "ignoring", "inf", "nan", "on"})
"""Words that cannot stand as a bare metric name; ``{"bool"}`` can."""

_MATCH_OPS: Final = frozenset({"=", "!=", "=~", "!~"})
_METRIC_WORDS: Final = (KEYWORDS | {"name"}) - NOT_METRICS
_LABEL_WORDS: Final = (KEYWORDS | {"name"}) - {"without"}
_OPERANDS: Final = frozenset({"scalar", "instant vector"})
_PLAIN: Final = Matching("one-to-one")
_MODIFIERS: Final = frozenset({"[", "offset", "@"})
_SIGNS: Final = frozenset({"-", "+"})
_NUMBERS: Final = frozenset({"number", "duration"})
_MAX_DEPTH: Final = 100  # keeps this parser, the printer and the evaluator well within Python's own stack
_MAX_CHAIN: Final = 250  # the same for a + b + c + …, whose tree is as deep as it is long
_MAX_SECONDS: Final = 2**63 / 1e9  # Prometheus holds durations in 64-bit nanoseconds
_MAX_MILLISECONDS: Final = 2**63 // 1_000_000
_EXPERIMENTAL_WORDS: Final = frozenset({"anchored", "smoothed", "fill", "fill_left", "fill_right"})

_matcher = lru_cache(maxsize=16_384)(Matcher)
_duration = lru_cache(maxsize=1024)(milliseconds)


@lru_cache(maxsize=4096)
def parse(text: str) -> Expr:
    """The tree of an expression; equal texts share one tree.

    Raises:
        ParseError: the text is not stable PromQL of Prometheus 3, or its types do not fit.
    """
    return _Parser(text).whole()


class _Parser:
    """One pass over the tokens of one text."""

    __slots__ = ("at", "bare_selector", "depth", "kinds", "starts", "text", "texts")

    def __init__(self, text: str) -> None:
        self.text = text
        self.kinds, self.texts, self.starts = tokenize(text)
        self.at = 0
        self.depth = 0
        self.bare_selector = False
        """Whether a selector may be empty here, as the second argument of ``info`` may."""

    def whole(self) -> Expr:
        if self.kinds[0] == "end":
            self.fail("no expression found in input", 0)
        expr = self.expression(0)
        if self.kinds[self.at] != "end":
            self.unexpected()
        return expr

    # Errors

    def fail(self, message: str, position: int) -> NoReturn:
        raise ParseError(message, self.text, position)

    def unexpected(self, context: str = "", expected: str = "") -> NoReturn:
        kind, text, start = self.kinds[self.at], self.texts[self.at], self.starts[self.at]
        where = f" in {context}" if context else ""
        wanted = f", expected {expected}" if expected else ""
        if kind == "end":
            self.fail(f"unexpected end of input{where}{wanted}", start)
        what = {"name": "identifier ", "number": "number ", "duration": "duration "}.get(kind, "")
        shown = f"string {text}" if kind == "string" else f'{what}"{text}"'
        hint = ""
        if text.lower() in _EXPERIMENTAL_WORDS:
            hint = f"; {text} is experimental syntax of Prometheus that is not supported"
        elif text == "/" and self.at and self.texts[self.at - 1] in "<>":
            hint = "; histogram trimming (</ and >/) is experimental syntax of Prometheus that is not supported"
        elif text.lower() in NOT_METRICS and not expected:
            hint = f'; {text} is a keyword: write {{"{text}"}} for a metric of that name'
        self.fail(f"unexpected {shown}{where}{wanted}{hint}", start)

    def expect(self, kind: str, context: str, expected: str = "") -> None:
        if self.kinds[self.at] != kind:
            self.unexpected(context, expected or f'"{kind}"')
        self.at += 1

    def typed(self, expr: Expr, wanted: ValueType, context: str) -> None:
        found = value_type(expr)
        if found != wanted:
            self.fail(f"expected type {wanted} in {context}, got {found}", expr.span.start)

    # Expressions

    def expression(self, minimum: int) -> Expr:
        """Operands joined by operators that bind at least as tightly as ``minimum``."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            self.fail(f"expression nested more than {_MAX_DEPTH} deep", self.starts[self.at])
        lhs = self.unary() if self.kinds[self.at] in _SIGNS else self.postfix()
        chain = 0
        while (precedence := PRECEDENCE.get(self.kinds[self.at], -1)) >= minimum:
            chain += 1
            if chain > _MAX_CHAIN:
                self.fail(f"more than {_MAX_CHAIN} operators in one chain", self.starts[self.at])
            lhs = self.binary(lhs, self.kinds[self.at], precedence)
        self.depth -= 1
        return lhs

    def unary(self) -> Expr:
        start = self.starts[self.at]
        op: Literal["-", "+"] = "-" if self.kinds[self.at] == "-" else "+"
        self.at += 1
        expr = self.expression(_POWER)
        span = Span(start, expr.span.end)
        if isinstance(expr, Number):
            return Number(-expr.value if op == "-" else expr.value, span)
        if (found := value_type(expr)) not in _OPERANDS:
            self.fail(
                f'unary expression only allowed on expressions of type scalar or instant vector, got "{found}"', start
            )
        return Unary(op, expr, span)

    def binary(self, lhs: Expr, op: str, precedence: int) -> Expr:
        position = self.starts[self.at]
        self.at += 1
        bool_ = self.kinds[self.at] == "bool"
        if bool_:
            self.at += 1
        modifier = self.kinds[self.at]
        card: Literal["one-to-one", "many-to-one", "one-to-many", "many-to-many"] = "one-to-one"
        names: tuple[str, ...] = ()
        include: tuple[str, ...] = ()
        if modifier in ("on", "ignoring"):
            self.at += 1
            names = self.grouping()
            side = self.kinds[self.at]
            if side in ("group_left", "group_right"):
                card = "many-to-one" if side == "group_left" else "one-to-many"
                self.at += 1
                if self.kinds[self.at] == "(":
                    include = self.grouping()
        elif modifier in ("group_left", "group_right"):
            self.unexpected("binary expression", '"on" or "ignoring" before it')
        rhs = self.expression(precedence if op == "^" else precedence + 1)
        left, right = value_type(lhs), value_type(rhs)
        if bool_ and op not in COMPARISONS:
            self.fail("bool modifier can only be used on comparison operators", position)
        if op in COMPARISONS and not bool_ and left == right == "scalar":
            self.fail("comparisons between scalars must use BOOL modifier", position)
        if modifier == "on" and (both := [name for name in names if name in include]):
            self.fail(f'label "{both[0]}" must not occur in ON and GROUP clause at once', position)
        if left not in _OPERANDS or right not in _OPERANDS:
            wrong = rhs if left in _OPERANDS else lhs
            self.fail("binary expression must contain only scalar and instant vector types", wrong.span.start)
        matching = None
        if left == "scalar" or right == "scalar":
            if op in SET_OPERATORS:
                self.fail(f'set operator "{op}" not allowed in binary scalar expression', position)
            if names:
                self.fail("vector matching only allowed between instant vectors", position)
        elif op in SET_OPERATORS:
            if card != "one-to-one":
                self.fail(f'no grouping allowed for "{op}" operation', position)
            matching = Matching("many-to-many", modifier == "on", names, include)
        elif modifier not in ("on", "ignoring"):
            matching = _PLAIN
        else:
            matching = Matching(card, modifier == "on", names, include)
        return Binary(op, lhs, rhs, bool_, matching, Span(lhs.span.start, rhs.span.end))

    def grouping(self) -> tuple[str, ...]:
        """``(a, "b.c",)``."""
        self.expect("(", "grouping opts")
        names: list[str] = []
        while self.kinds[self.at] != ")":
            kind, text = self.kinds[self.at], self.texts[self.at]
            if kind == "string":
                text = self.string()
                if not text:
                    self.fail("a label name must not be empty", self.starts[self.at - 1])
            elif kind in _LABEL_WORDS:
                self.at += 1
            else:
                self.unexpected("grouping opts", "label")
            names.append(text)
            if self.kinds[self.at] == ",":
                self.at += 1
            elif self.kinds[self.at] != ")":
                self.unexpected("grouping opts", '"," or ")"')
        self.at += 1
        return tuple(names)

    # Operands

    def postfix(self) -> Expr:
        """One operand with its ranges, offset and ``@``."""
        expr = self.operand()
        while (kind := self.kinds[self.at]) in _MODIFIERS:
            if kind == "[":
                expr = self.bracket(expr)
            elif kind == "offset":
                expr = self.offset(expr)
            else:
                expr = self.timestamp(expr)
        return expr

    def operand(self) -> Expr:
        at = self.at
        kind, text, start = self.kinds[at], self.texts[at], self.starts[at]
        following = self.kinds[at + 1] if kind != "end" else "end"
        if kind == "name" and following == "(":
            return self.call()
        if kind in AGGREGATORS and following in ("(", "by", "without"):
            return self.aggregate()
        if kind in _METRIC_WORDS:
            if following == "(" and kind != "name":
                self.at += 1
                self.unexpected()
            self.at += 1
            return self.selector(text, start)
        if kind == "{":
            return self.selector("", start)
        if kind in _NUMBERS:
            return Number(self.number(), Span(start, start + len(text)))
        if kind == "string":
            return String(self.string(), Span(start, start + len(text)))
        if kind == "(":
            self.at += 1
            expr = self.expression(0)
            self.expect(")", "paren expression")
            return Paren(expr, Span(start, self.starts[self.at - 1] + 1))
        return self.unexpected()

    def string(self) -> str:
        token, start = self.texts[self.at], self.starts[self.at]
        self.at += 1
        return unquote(token, self.text, start)

    def number(self) -> float:
        """A number, or the seconds of a duration."""
        kind, text, start = self.kinds[self.at], self.texts[self.at], self.starts[self.at]
        self.at += 1
        if kind == "duration":
            return self.duration(text, start) / 1000
        value = _number(text)
        if value is None:
            self.fail(f'bad number "{text}"', start)
        return value

    def duration(self, text: str, start: int) -> int:
        try:
            return _duration(text)
        except ValueError:
            self.fail(f'not a valid duration string: "{text}"; units go from large to small, each once: 1h30m', start)

    def milliseconds(self, context: str, *, signed: bool) -> int:
        """A duration, or a number of seconds, in milliseconds."""
        sign = 1
        if signed and self.kinds[self.at] in ("-", "+"):
            sign = -1 if self.kinds[self.at] == "-" else 1
            self.at += 1
        kind, text, start = self.kinds[self.at], self.texts[self.at], self.starts[self.at]
        if kind not in _NUMBERS:
            hint = "duration"
            if kind in ("(", "-", "+") or self.kinds[min(self.at + 1, len(self.kinds) - 1)] == "(":
                hint += "; calculated durations are experimental syntax of Prometheus that is not supported"
            self.unexpected(context, hint)
        if kind == "duration":
            ms = self.duration(text, start)
            self.at += 1
        else:
            seconds = self.number()
            ms = round(seconds * 1000) if abs(seconds) < _MAX_SECONDS else _MAX_MILLISECONDS
        if ms >= _MAX_MILLISECONDS:
            self.fail("duration out of range", start)
        if not signed and ms <= 0:
            self.fail("duration must be greater than 0", start)
        if self.kinds[self.at] in ("+", "-", "*", "/", "%", "^") and not signed:
            self.unexpected(
                context, '"]"; calculated durations are experimental syntax of Prometheus that is not supported'
            )
        return sign * ms

    def selector(self, name: str, start: int) -> VectorSelector:
        """What may follow a metric name, or stand without one: matchers in braces."""
        found: list[Matcher] = []
        end = start + len(name)
        kinds, texts, starts = self.kinds, self.texts, self.starts
        quoted = ""
        if kinds[self.at] == "{":
            self.at += 1
            while kinds[self.at] != "}":
                at = self.at
                kind, label = kinds[at], texts[at]
                if kind == "string":
                    label = self.string()
                    if kinds[self.at] not in _MATCH_OPS:
                        if name or quoted:
                            self.fail(f'metric name must not be set twice: "{name or quoted}" or "{label}"', starts[at])
                        if not label:
                            self.fail("a metric name must not be empty", starts[at])
                        quoted = label
                        self.separator()
                        continue
                elif kind in KEYWORDS or kind == "name" or (kind == "number" and label.isalpha()):
                    self.at = at + 1
                    if ":" in label:
                        self.fail(f'label name "{label}" has a colon; write it in quotes', starts[at])
                else:
                    self.unexpected("label matching", 'identifier or "}"')
                op = kinds[self.at]
                if op not in _MATCH_OPS:
                    self.unexpected("label matching", "label matching operator (=, !=, =~ or !~)")
                self.at += 1
                if kinds[self.at] != "string":
                    self.unexpected("label matching", "string")
                found.append(self.matcher(label, op))
                self.separator()
            end = starts[self.at] + 1
            self.at += 1
            self.check_names(name or quoted, found, start)
        name = name or quoted
        if name:
            found.insert(0, _matcher(NAME, "=", name))
        elif not self.bare_selector and all(matcher.matches("") for matcher in found):
            self.fail("vector selector must contain at least one non-empty matcher", start)
        return VectorSelector(name, tuple(found), 0, None, Span(start, end))

    def separator(self) -> None:
        kind = self.kinds[self.at]
        if kind == ",":
            self.at += 1
        elif kind != "}":
            self.unexpected("label matching", '"," or "}"')

    def matcher(self, label: str, op: str) -> Matcher:
        start = self.starts[self.at]
        value = self.string()
        if not label:
            self.fail("a label name must not be empty", start)
        operator: MatchOp = "=" if op == "=" else "!=" if op == "!=" else "=~" if op == "=~" else "!~"
        try:
            return _matcher(label, operator, value)
        except ValueError as error:
            self.fail(str(error), start)

    def check_names(self, name: str, found: list[Matcher], start: int) -> None:
        names = [matcher.value for matcher in found if matcher.name == NAME and matcher.op == "="]
        if name and any(matcher.name == NAME for matcher in found):
            value = next(matcher.value for matcher in found if matcher.name == NAME)
            self.fail(f'metric name must not be set twice: "{name}" or "{value}"', start)
        if len(names) > 1:
            self.fail(f'metric name must not be set twice: "{names[0]}" or "{names[1]}"', start)

    # Modifiers

    def bracket(self, expr: Expr) -> Expr:
        """``[5m]`` or ``[5m:1m]``."""
        opening = self.starts[self.at]
        self.at += 1
        range_ms = self.milliseconds("subquery or range", signed=False)
        if self.kinds[self.at] == ":":
            self.at += 1
            step = 0 if self.kinds[self.at] == "]" else self.milliseconds("subquery selector", signed=False)
            self.expect("]", "subquery selector")
            if (found := value_type(expr)) != "instant vector":
                self.fail(f"subquery is only allowed on instant vector, got {found} instead", expr.span.start)
            return Subquery(expr, range_ms, step, 0, None, Span(expr.span.start, self.starts[self.at - 1] + 1))
        self.expect("]", "subquery or range", '":" or "]"')
        if not isinstance(expr, VectorSelector):
            self.fail("ranges only allowed for vector selectors", opening)
        if expr.offset:
            self.fail("no offset modifiers allowed before range", opening)
        if expr.at is not None:
            self.fail("no @ modifiers allowed before range", opening)
        return MatrixSelector(expr, range_ms, Span(expr.span.start, self.starts[self.at - 1] + 1))

    def offset(self, expr: Expr) -> Expr:
        position = self.starts[self.at]
        self.at += 1
        shift = self.milliseconds("offset", signed=True)
        target = self.modified(expr, "offset modifier", position)
        if target.offset:
            self.fail("offset may not be set multiple times", position)
        return self.rebuilt(expr, shift, target.at)

    def timestamp(self, expr: Expr) -> Expr:
        position = self.starts[self.at]
        self.at += 1
        word = self.texts[self.at].lower()
        at: At
        if self.kinds[self.at] == "name" and word in ("start", "end"):
            self.at += 1
            self.expect("(", "@")
            self.expect(")", "@")
            at = "start" if word == "start" else "end"
        else:
            sign = -1.0 if self.kinds[self.at] == "-" else 1.0
            if self.kinds[self.at] in ("-", "+"):
                self.at += 1
            if self.kinds[self.at] not in ("number", "duration"):
                self.unexpected("@", "timestamp, start() or end()")
            seconds = sign * self.number()
            if not abs(seconds * 1000) < 2**63:
                self.fail(f"timestamp out of bounds for @ modifier: {seconds:f}", position)
            at = round(seconds * 1000)
        target = self.modified(expr, "@ modifier", position)
        if target.at is not None:
            self.fail("@ <timestamp> may not be set multiple times", position)
        return self.rebuilt(expr, target.offset, at)

    def modified(self, expr: Expr, what: str, position: int) -> VectorSelector | Subquery:
        if isinstance(expr, MatrixSelector):
            return expr.selector
        if isinstance(expr, VectorSelector | Subquery):
            return expr
        return self.fail(
            f"{what} must be preceded by an instant vector selector or range vector selector or a subquery", position
        )

    def rebuilt(self, expr: Expr, offset: int, at: At) -> Expr:
        """The selector or subquery with this offset and ``@``."""
        last = self.at - 1
        span = Span(expr.span.start, self.starts[last] + len(self.texts[last]))
        if isinstance(expr, MatrixSelector):
            inner = expr.selector
            selector = VectorSelector(inner.name, inner.matchers, offset, at, inner.span)
            return MatrixSelector(selector, expr.range, span)
        if isinstance(expr, Subquery):
            return Subquery(expr.expr, expr.range, expr.step, offset, at, span)
        assert isinstance(expr, VectorSelector)
        return VectorSelector(expr.name, expr.matchers, offset, at, span)

    # Functions and aggregations

    def arguments(self, func: str) -> list[Expr]:
        self.expect("(", f"call to {func}")
        args: list[Expr] = []
        if self.kinds[self.at] == ")":
            self.at += 1
            return args
        outer = self.bare_selector
        while True:
            self.bare_selector = func == "info" and len(args) == 1
            args.append(self.expression(0))
            self.bare_selector = outer
            kind = self.kinds[self.at]
            self.at += kind != "end"
            if kind == ")":
                return args
            if kind != ",":
                self.at -= kind != "end"
                self.unexpected(f"call to {func}", '"," or ")"')
            if self.kinds[self.at] == ")":
                self.fail("trailing commas not allowed in function call args", self.starts[self.at - 1])

    def call(self) -> Call:
        func, start = self.texts[self.at], self.starts[self.at]
        signature = SIGNATURES.get(func)
        if signature is None:
            near = difflib.get_close_matches(func.lower(), [*SIGNATURES, *AGGREGATORS], 1)
            hint = f'; did you mean "{near[0]}"?' if near else ""
            if func.lower() in _EXPERIMENTAL_WORDS:
                hint = f"; {func} is experimental syntax of Prometheus that is not supported"
            self.fail(f'unknown function with name "{func}"{hint}', start)
        self.at += 1
        args = self.arguments(func)
        count = len(args)
        if count < signature.minimum or (signature.maximum is not None and count > signature.maximum):
            if signature.optional == 0:
                self.fail(f'expected {signature.minimum} argument(s) in call to "{func}", got {count}', start)
            few = count < signature.minimum
            bound = f"at least {signature.minimum}" if few else f"at most {signature.maximum}"
            self.fail(f'expected {bound} argument(s) in call to "{func}", got {count}', start)
        for index, arg in enumerate(args):
            self.typed(arg, signature.argument(index), f'call to function "{func}"')
        if func == "info" and count == 2 and not (isinstance(args[1], VectorSelector) and not args[1].name):
            self.fail("expected label selectors only as second argument of info", args[1].span.start)
        return Call(func, tuple(args), Span(start, self.starts[self.at - 1] + 1))

    def aggregate(self) -> Aggregate:
        op, start = self.kinds[self.at], self.starts[self.at]
        self.at += 1
        grouping: tuple[str, ...] = ()
        clause = self.kinds[self.at]
        before = clause in ("by", "without")
        if before:
            self.at += 1
            grouping = self.grouping()
            if self.kinds[self.at] != "(":
                self.unexpected("aggregation", '"("')
        args = self.arguments(op)
        end = self.starts[self.at - 1] + 1
        if not before:
            clause = self.kinds[self.at]
            if clause in ("by", "without"):
                self.at += 1
                grouping = self.grouping()
                end = self.starts[self.at - 1] + 1
        if not args:
            self.fail("no arguments for aggregate expression provided", start)
        wanted = 2 if op in PARAMETER_TYPES else 1
        if len(args) != wanted:
            self.fail(
                f"wrong number of arguments for aggregate expression provided, expected {wanted}, got {len(args)}",
                start,
            )
        self.typed(args[-1], "instant vector", "aggregation expression")
        if wanted == 2:
            self.typed(args[0], PARAMETER_TYPES[op], "aggregation parameter")
        param = args[0] if wanted == 2 else None
        return Aggregate(op, args[-1], param, grouping, clause == "without", Span(start, end))


_OCTAL = re.compile(r"0[0-7_]+")


def _number(text: str) -> float | None:
    """As Go reads it: underscores between digits, a leading 0 is octal where all digits are."""
    try:
        if text[0] in "iInN":
            return math.inf if text[0] in "iI" else math.nan
        if text[:2] in ("0x", "0X"):
            return float(int(text, 16))
        if _OCTAL.fullmatch(text):
            return float(int(text, 8))
        return float(text)
    except (ValueError, OverflowError):
        return None
