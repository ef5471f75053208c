"""Alertmanager's matchers as text: the classic syntax, the UTF-8 one, and how a matcher is printed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, cast

from vedette.formats.gotemplate.printf import quote
from vedette.promql.labels import Matcher
from vedette.promql.lexer import ParseError, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vedette.promql.labels import MatchOp

__all__ = ["ordered", "parse_matchers", "render_matcher", "render_matchers"]

# https://prometheus.io/docs/alerting/latest/configuration/#label-matchers
_RESERVED = r"\s{}!=~,\\\"'`"
_TOKEN = re.compile(
    r"\s*(?:(?P<op>=~|!~|!=|=)|(?P<mark>[{},])"
    rf'|(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<word>[^{_RESERVED}]+))'
)
_CLASSIC = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|=|!=|!~)\s*(.*?)\s*", re.DOTALL | re.ASCII)
_CLASSIC_ESCAPE = re.compile(r'\\([n"\\])')
_CLASSIC_PART = re.compile(r'(?:[^,"\\]|\\.|\\$|"(?:[^"\\]|\\.|\\$)*(?:"|$))*', re.DOTALL)
_CLASSIC_VALUE = re.compile(r'"((?:[^"\\]|\\.)*)"|((?:[^"\\]|\\.|\\$)*)', re.DOTALL)
_OPERATORS: dict[str, int] = {"=": 0, "!=": 1, "=~": 2, "!~": 3}


def parse_matchers(text: str) -> tuple[Matcher, ...]:
    """The matchers of ``a="b"``, ``a="b",c=~"d"`` or ``{a="b"}``, read as Alertmanager's default mode reads them.

    Where the classic syntax fits (values need no quotes and may be empty) it holds, else the UTF-8 one (names may be
    quoted, quoted texts have Go's escapes).

    Raises:
        ValueError: neither syntax fits, or a regular expression is invalid.
    """
    try:
        return _classic(text)
    except ValueError:
        return _modern(text)


class _Token(NamedTuple):
    kind: str
    text: str


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            char = text[at:].strip()[:1]
            if char == '"':
                raise ValueError(f"matcher {text.strip()!r} opens a quote and does not close it")
            raise ValueError(f'{char!r} cannot stand unquoted in a matcher; write name="value"')
        kind = cast("str", match.lastgroup)
        found.append(_Token(match[kind] if kind == "mark" else kind, match[kind]))
        at = match.end()
    return found


def _modern(text: str) -> tuple[Matcher, ...]:
    tokens = _tokens(text)
    if tokens and tokens[0].kind == "{":
        if len(tokens) < 2 or tokens[-1].kind != "}":
            raise ValueError(f"matchers {text.strip()!r} open with '{{' and do not close; end them with '}}'")
        tokens = tokens[1:-1]
    elif tokens and tokens[-1].kind == "}":
        raise ValueError(f"matchers {text.strip()!r} close with '}}' and do not open; begin them with '{{'")
    result: list[Matcher] = []
    while tokens:
        if [token.kind in ("quoted", "word") for token in tokens[:3]] != [True, False, True] or tokens[1].kind != "op":
            raise ValueError(f'{text.strip()!r} is not a matcher; write name="value", with one of = != =~ !~')
        name, op, value = tokens[:3]
        result.append(Matcher(_text(name), cast("MatchOp", op.text), _text(value)))
        if len(tokens) > 3 and tokens[3].kind != ",":
            raise ValueError(f"matchers {text.strip()!r} need a ',' between them")
        tokens = tokens[4:]
    return tuple(result)


def _text(token: _Token) -> str:
    if token.kind == "word":
        return token.text
    try:
        value = unquote(token.text, token.text, 0)
        value.encode()
    except (ParseError, UnicodeEncodeError):
        raise ValueError(f"{token.text} is not a quoted text; escape as Go does, '\\\\' for a backslash") from None
    if "\n" in token.text:
        raise ValueError(f"{token.text} has a line break within its quotes; write \\n")
    return value


def _classic(text: str) -> tuple[Matcher, ...]:
    inner = text.removeprefix("{").removesuffix("}")
    parts: list[str] = []
    at = 0
    while at <= len(inner):
        parts.append(_CLASSIC_PART.match(inner, at)[0])  # type: ignore[index]  # it matches the empty text too
        at += len(parts[-1]) + 1
    if not parts[-1].strip():
        parts.pop()
    return tuple(map(_classic_one, parts))


def _classic_one(text: str) -> Matcher:
    match = _CLASSIC.fullmatch(text)
    value = _CLASSIC_VALUE.fullmatch(match[3]) if match else None
    if match is None or value is None:
        raise ValueError(f'{text.strip()!r} is not a matcher; write name="value", with one of = != =~ !~')
    raw = value[2] if value[1] is None else value[1]
    plain = _CLASSIC_ESCAPE.sub(lambda found: "\n" if found[1] == "n" else found[1], raw)
    return Matcher(match[1], cast("MatchOp", match[2]), plain)


def render_matcher(matcher: Matcher) -> str:
    """A matcher as Alertmanager prints it; read again it is the same."""
    if re.search(f"[{_RESERVED}]", matcher.name) or not matcher.name:
        return f"{quote(matcher.name)}{matcher.op}{quote(matcher.value)}"
    escaped = matcher.value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return f'{matcher.name}{matcher.op}"{escaped}"'


def ordered(matchers: Iterable[Matcher]) -> tuple[Matcher, ...]:
    """By name, value and operator, as Alertmanager sorts the matchers of a route."""
    return tuple(sorted(matchers, key=lambda one: (one.name, one.value, _OPERATORS[one.op])))


def render_matchers(matchers: Iterable[Matcher]) -> str:
    """``{a="b",c=~"d"}``, sorted: a route's part of the group key."""
    return "{" + ",".join(map(render_matcher, ordered(matchers))) + "}"
