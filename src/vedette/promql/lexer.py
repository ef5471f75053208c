"""Text to tokens. What they mean together is the parser's business."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

__all__ = ["KEYWORDS", "OPERATORS", "ParseError", "Tokens", "tokenize", "unquote"]

from vedette.errors import VedetteError
from vedette.promql.functions import AGGREGATORS


class ParseError(VedetteError):
    """The text is not PromQL, or its types do not fit.

    ``str()`` shows ``line:column: message`` and the line with a caret under the character.
    """

    def __init__(self, message: str, text: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        """What is wrong, without the place."""
        self.text = text
        self.position = position
        """0-based offset of the character."""
        self.line = text.count("\n", 0, position) + 1
        """1-based."""
        self.column = position - (text.rfind("\n", 0, position) + 1) + 1
        """1-based, in characters."""

    def __str__(self) -> str:
        row = self.text.split("\n")[self.line - 1]
        margin = "".join("\t" if char == "\t" else " " for char in row[: self.column - 1])
        return f"{self.line}:{self.column}: {self.message}\n  {row}\n  {margin}^"


OPERATORS: Final = frozenset({"and", "or", "unless", "atan2"})
"""Binary operators that are words."""

KEYWORDS: Final = OPERATORS | AGGREGATORS | {
    "bool", "by", "group_left", "group_right", "ignoring", "offset", "on", "without",
}  # fmt: skip
"""Words that have a meaning of their own somewhere; in any case (``SUM``, ``By``)."""


class Tokens(NamedTuple):
    """Parallel lists, closed by one token of kind ``end``.

    A kind is ``name``, ``number``, ``duration``, ``string``, ``end``, the lower-case keyword, or the sign itself.
    """

    kinds: list[str]
    texts: list[str]
    starts: list[int]


_BLANK = r"[ \t\r\n]*(?:\#[^\n]*[ \t\r\n]*)*"
_NUMBER = (
    r"(0[xX][0-9a-fA-F_]+|(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?)(?![0-9A-Za-z_.])"
)
_DURATION = r"((?:[0-9]+(?:ms|[smhdwy]))+)(?![0-9A-Za-z_.])"
_SIGN = r"(=~|!~|==|!=|<=|>=|[-+*/%^(){},=<>\[\]@])"
_STRING = r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)"""
_OUTSIDE = re.compile(rf"{_BLANK}(?:([A-Za-z_:][A-Za-z0-9_:]*)|{_SIGN}|{_NUMBER}|{_DURATION}|{_STRING}|(\Z))").match
# within brackets a colon parts range and step of a subquery
_INSIDE = re.compile(
    rf"{_BLANK}(?:([A-Za-z_][A-Za-z0-9_]*)|({_SIGN[1:-1]}|:)|{_NUMBER}|{_DURATION}|{_STRING}|(\Z))"
).match
_MODES = {"[": _INSIDE, "]": _OUTSIDE}
_KINDS = ("", "name", "", "number", "duration", "string", "end")
_WORDS = {word: word for word in KEYWORDS} | {"inf": "number", "nan": "number"}
_SKIP = re.compile(_BLANK).match


def tokenize(text: str) -> Tokens:
    """The tokens of an expression; blanks and comments (``#`` to the end of the line) are left out.

    Raises:
        ParseError: a character, string or number that cannot be.
    """
    kinds: list[str] = []
    texts: list[str] = []
    starts: list[int] = []
    match_at = _OUTSIDE
    position = 0
    while True:
        match = match_at(text, position)
        if match is None:
            raise _lexical_error(text, position)
        group = match.lastindex
        assert group is not None
        token = match[group]
        texts.append(token)
        position = match.end()
        starts.append(position - len(token))
        if group == 1:
            kinds.append(_WORDS.get(token.lower(), "name"))
        elif group == 2:
            kinds.append(token)
            if token in _MODES:
                match_at = _MODES[token]
        else:
            kind = _KINDS[group]
            kinds.append(kind)
            if kind == "end":
                return Tokens(kinds, texts, starts)


def _lexical_error(text: str, position: int) -> ParseError:
    skipped = _SKIP(text, position)
    assert skipped is not None
    at = skipped.end()
    char = text[at]
    if char in "\"'`":
        return ParseError(f"unterminated string: no closing {char}", text, at)
    if char.isdigit() or char == ".":
        word = re.compile(r"[0-9A-Za-z_.]*").match(text, at)
        assert word is not None
        return ParseError(
            f'bad number or duration "{word[0]}"; write for example 0.5, 1e6, 0x1f, 30s or 1h30m', text, at
        )
    if char == "!":
        return ParseError('unexpected character "!"; expected "!=" or "!~"', text, at)
    hint = {"&": "; write and", "|": "; write or"}.get(char, "")
    return ParseError(f"unexpected character {char!r}{hint}", text, at)


_ESCAPE = re.compile(
    r"\\(?:([abfnrtv\\'\"])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.?))", re.DOTALL
)
_SIMPLE = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", "'": "'", '"': '"',
}  # fmt: skip


def unquote(token: str, text: str, position: int) -> str:
    r"""The value of a string token, with Go's escapes; between back quotes there are none.

    Bytes written as ``\xff`` or ``\377`` that are not UTF-8 together become surrogate escapes.

    Raises:
        ParseError: an escape that Go does not know; ``text`` and ``position`` (of the token) say where.
    """
    body = token[1:-1]
    if "\\" not in body or token[0] == "`":
        return body
    quote = token[0]
    raw = False

    def value(match: re.Match[str]) -> str:
        nonlocal raw
        simple, octal, byte, short, long, _ = match.groups()
        if simple and (simple not in "\"'" or simple == quote):
            return _SIMPLE[simple]
        code = int(octal, 8) if octal else int(byte or short or long or "ffffffff", 16)
        if (octal or byte) and code <= 0xFF:
            raw = raw or code > 0x7F
            return chr(code) if code <= 0x7F else chr(0xDC00 + code)
        if (short or long) and code <= 0x10FFFF and not 0xD800 <= code < 0xE000:
            return chr(code)
        raise ParseError(f"unknown escape sequence {match[0]} in a string", text, position + 1 + match.start())

    plain = _ESCAPE.sub(value, body)
    return plain.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape") if raw else plain
