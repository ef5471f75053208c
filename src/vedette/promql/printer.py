"""The tree to text, in the one line Prometheus itself prints."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Final

from vedette.duration import format_duration
from vedette.promql.ast import (
    Aggregate,
    At,
    Binary,
    Call,
    Expr,
    MatrixSelector,
    Number,
    Paren,
    String,
    Subquery,
    Unary,
    VectorSelector,
)
from vedette.promql.labels import NAME, Matcher
from vedette.promql.parser import NOT_METRICS, PRECEDENCE

__all__ = ["format", "quote"]

_METRIC: Final = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")
_LABEL: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPES: Final = {
    "\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r",
    "\a": "\\a", "\b": "\\b", "\f": "\\f", "\v": "\\v",
}  # fmt: skip
_TIGHTEST: Final = 9  # a selector, number, call, aggregation or parenthesis
_UNARY: Final = PRECEDENCE["*"]  # -a ^ b is -(a ^ b), and -a * b is (-a) * b


def format(expr: Expr) -> str:  # noqa: A001 - `promql.format(expr)` reads as what it does
    """One line that parses to the same tree; parentheses are added only where the tree would be read otherwise."""
    match expr:
        case Number():
            return _number(expr.value)
        case String():
            return quote(expr.value)
        case VectorSelector():
            return _selector(expr) + _modifiers(expr.at, expr.offset)
        case MatrixSelector():
            of = expr.selector
            return f"{_selector(of)}[{format_duration(expr.range)}]{_modifiers(of.at, of.offset)}"
        case Subquery():
            step = format_duration(expr.step) if expr.step else ""
            operand = _operand(expr.expr, _TIGHTEST)
            return f"{operand}[{format_duration(expr.range)}:{step}]{_modifiers(expr.at, expr.offset)}"
        case Paren():
            return f"({format(expr.expr)})"
        case Unary():
            inner = expr.expr
            return expr.op + (format(inner) if isinstance(inner, Unary) else _operand(inner, PRECEDENCE["^"]))
        case Binary():
            return _binary(expr)
        case Call():
            return f"{expr.func}({', '.join(map(format, expr.args))})"
        case Aggregate():
            clause = ""
            if expr.grouping or expr.without:
                clause = f" {'without' if expr.without else 'by'} ({_names(expr.grouping)}) "
            param = "" if expr.param is None else f"{format(expr.param)}, "
            return f"{expr.op}{clause}({param}{format(expr.expr)})"


def quote(text: str) -> str:
    r"""The text as a double-quoted PromQL string; what cannot be printed is escaped as Go does."""
    return '"' + "".join(_ESCAPES.get(char) or (char if char.isprintable() else _escape(char)) for char in text) + '"'


def _escape(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if math.isnan(value):
        return "NaN"
    text = f"{Decimal(repr(value)):f}"
    return text.removesuffix(".0")


def _selector(selector: VectorSelector) -> str:
    matchers = list(selector.matchers)
    name = selector.name
    items: list[str] = []
    if name:
        matchers.remove(Matcher(NAME, "=", name))
        if not _METRIC.fullmatch(name) or name.lower() in NOT_METRICS:
            items.append(quote(name))
            name = ""
    # sorted as text, as Prometheus does; their order means nothing
    items.extend(sorted(f"{_name(matcher.name)}{matcher.op}{quote(matcher.value)}" for matcher in matchers))
    return f"{name}{{{','.join(items)}}}" if items or not name else name


def _name(label: str) -> str:
    return label if _LABEL.fullmatch(label) else quote(label)


def _names(labels: tuple[str, ...]) -> str:
    # Prometheus takes every keyword but these as a label name here
    reserved = ("without", "inf", "nan")
    return ", ".join(quote(label) if label.lower() in reserved else _name(label) for label in labels)


def _modifiers(at: At, offset: int) -> str:
    text = ""
    if at is not None:
        text = f" @ {at}()" if isinstance(at, str) else f" @ {_seconds(at)}"
    if offset:
        text += f" offset {'-' if offset < 0 else ''}{format_duration(abs(offset))}"
    return text


def _seconds(ms: int) -> str:
    whole, rest = divmod(abs(ms), 1000)
    return f"{'-' if ms < 0 else ''}{whole}.{rest:03d}"


def _tightness(expr: Expr) -> int:
    if isinstance(expr, Binary):
        return PRECEDENCE[expr.op]
    if isinstance(expr, Unary) or (isinstance(expr, Number) and math.copysign(1.0, expr.value) < 0):
        return _UNARY
    return _TIGHTEST


def _operand(expr: Expr, minimum: int) -> str:
    text = format(expr)
    return f"({text})" if _tightness(expr) < minimum else text


def _binary(expr: Binary) -> str:
    own = PRECEDENCE[expr.op]
    left = _operand(expr.lhs, own + 1 if expr.op == "^" else own)
    if expr.op == "^" and left == "+Inf":
        left = "Inf"  # the sign would be read as one of the whole power
    signed = isinstance(expr.rhs, Unary | Number)  # a sign directly after an operator needs no parentheses
    right = format(expr.rhs) if signed else _operand(expr.rhs, own if expr.op == "^" else own + 1)
    modifiers = " bool" if expr.bool_ else ""
    matching = expr.matching
    if matching is not None:
        grouped = matching.card in ("many-to-one", "one-to-many")
        if matching.on or matching.labels or grouped:
            modifiers += f" {'on' if matching.on else 'ignoring'} ({_names(matching.labels)})"
        if grouped:
            side = "left" if matching.card == "many-to-one" else "right"
            modifiers += f" group_{side} ({_names(matching.include)})"
    return f"{left} {expr.op}{modifiers} {right}"
