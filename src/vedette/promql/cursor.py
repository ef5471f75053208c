"""A place in the tokens of one text: what stands there, the error that points at it, literals and label lists."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Final, NoReturn

from vedette.duration import milliseconds
from vedette.promql.lexer import KEYWORDS, ParseError, tokenize, unquote

__all__ = ["EXPERIMENTAL_WORDS", "NOT_METRICS", "NUMBERS", "SIGNS", "WORDS", "Cursor"]

NOT_METRICS: Final = frozenset({"atan2", "bool", "group_left", "group_right", "ignoring", "inf", "nan", "on"})
"""Words that cannot stand as a bare metric name; ``{"bool"}`` can."""

WORDS: Final = KEYWORDS | {"name"}
"""Kinds of tokens that are words."""

NUMBERS: Final = frozenset({"number", "duration"})
SIGNS: Final = frozenset({"-", "+"})
EXPERIMENTAL_WORDS: Final = frozenset({"anchored", "smoothed", "fill", "fill_left", "fill_right"})
"""Modifiers of Prometheus behind feature flags."""

_LABEL_WORDS: Final = WORDS - {"without"}
_MAX_SECONDS: Final = 2**63 / 1e9  # Prometheus holds durations in 64-bit nanoseconds
_MAX_MILLISECONDS: Final = 2**63 // 1_000_000

_duration = lru_cache(maxsize=1024)(milliseconds)


class Cursor:
    """Parallel lists of tokens, and where in them the parser is. The last token is of kind ``end``."""

    __slots__ = ("at", "bare_selector", "depth", "kinds", "starts", "text", "texts")

    def __init__(self, text: str) -> None:
        self.text = text
        self.kinds, self.texts, self.starts = tokenize(text)
        self.at = 0
        self.depth = 0
        self.bare_selector = False
        """Whether a selector may be empty here, as the second argument of ``info`` may."""

    def fail(self, message: str, position: int) -> NoReturn:
        """Raise a ParseError at this offset."""
        raise ParseError(message, self.text, position)

    def unexpected(self, context: str = "", expected: str = "") -> NoReturn:
        """Raise a ParseError about the token here."""
        kind, text, start = self.kinds[self.at], self.texts[self.at], self.starts[self.at]
        where = f" in {context}" if context else ""
        wanted = f", expected {expected}" if expected else ""
        if kind == "end":
            self.fail(f"unexpected end of input{where}{wanted}", start)
        what = {"name": "identifier ", "number": "number ", "duration": "duration "}.get(kind, "")
        shown = f"string {text}" if kind == "string" else f'{what}"{text}"'
        hint = ""
        if text.lower() in EXPERIMENTAL_WORDS:
            hint = f"; {text} is experimental syntax of Prometheus that is not supported"
        elif text == "/" and self.at and self.texts[self.at - 1] in "<>":
            hint = "; histogram trimming (</ and >/) is experimental syntax of Prometheus that is not supported"
        elif text == "=" and not where:
            hint = '; write "==" to compare'
        elif text.lower() in NOT_METRICS and not expected:
            hint = f'; {text} is a keyword: write {{"{text}"}} for a metric of that name'
        self.fail(f"unexpected {shown}{where}{wanted}{hint}", start)

    def expect(self, kind: str, context: str, expected: str = "") -> None:
        """Go past a token of this kind, or raise a ParseError."""
        if self.kinds[self.at] != kind:
            self.unexpected(context, expected or f'"{kind}"')
        self.at += 1

    def string(self) -> str:
        """The value of the string here."""
        token, start = self.texts[self.at], self.starts[self.at]
        self.at += 1
        return unquote(token, self.text, start)

    def number(self) -> float:
        """A number, or the seconds of a duration."""
        kind, text, start = self.kinds[self.at], self.texts[self.at], self.starts[self.at]
        self.at += 1
        if kind == "duration":
            ms = self.duration(text, start)
            if ms >= _MAX_MILLISECONDS:
                self.fail("duration out of range", start)
            return ms / 1000
        value = _number(text)
        if value is None:
            self.fail(f'bad number "{text}"', start)
        return value

    def duration(self, text: str, start: int) -> int:
        """The milliseconds of a duration's text."""
        try:
            return _duration(text)
        except ValueError:
            self.fail(f'not a valid duration string: "{text}"; units go from large to small, each once: 1h30m', start)

    def milliseconds(self, context: str, *, signed: bool) -> int:
        """A duration, or a number of seconds, in milliseconds."""
        sign = 1
        if signed and self.kinds[self.at] in SIGNS:
            sign = -1 if self.kinds[self.at] == "-" else 1
            self.at += 1
        kind, text, start = self.kinds[self.at], self.texts[self.at], self.starts[self.at]
        if kind not in NUMBERS:
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
