"""The characters of YAML: where each character of a scalar stands, what a syntax error means, and writing."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vedette.place import Place

if TYPE_CHECKING:
    import yaml

__all__ = ["Inner", "Source", "Verbatim", "is_plain", "reason", "trace", "write"]


class Verbatim(str):
    """A scalar that is written without quotes exactly as it is, because its type depends on who reads it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A file's path and text."""

    path: str
    text: str
    _starts: list[int] = field(default_factory=list)

    def place(self, index: int) -> Place:
        """Line and column of the character at ``index``."""
        if not self._starts:
            self._starts.extend([0, *(found.end() for found in re.finditer(r"\r\n|\n|\r", self.text))])
        line = bisect_right(self._starts, index)
        return Place(self.path, line, index - self._starts[line - 1] + 1)

    @property
    def end(self) -> Place:
        """The place after the last character."""
        return self.place(len(self.text))


@dataclass(frozen=True, slots=True, eq=False)
class Inner(Source):
    """A text that is a scalar of another file: its places are those of that file."""

    outer: Source = field(kw_only=True)
    start: int = field(kw_only=True)
    """Of the scalar in the other file; where it ends, and its quote or block indicator."""
    until: int = field(kw_only=True)
    style: str = field(kw_only=True)
    _offsets: list[int] = field(default_factory=list)

    def place(self, index: int) -> Place:
        """Where the character at ``index`` stands in the other file."""
        if not self._offsets:
            self._offsets.extend(trace(self.outer.text, self.start, self.until, self.text, self.style))
        return self.outer.place(self._offsets[min(index, len(self.text))])


_ESCAPE_LENGTH = {"x": 4, "u": 6, "U": 10}
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")


def trace(text: str, start: int, end: int, value: str, style: str) -> list[int]:
    """For each character of a scalar's ``value``, and for its end, the offset in ``text`` where it was written.

    Exact for all that is not white space; white space folded away or implied is placed where the fold is. The end,
    and white space at the end, is placed after the last visible character.
    """
    at = start + len(_PROPERTIES.match(text, start)[0])  # type: ignore[index]  # it matches the empty text too
    if style in ("|", ">"):
        newline = text.find("\n", at, end)
        at = end if newline < 0 else newline + 1
    elif style:
        at += 1
    offsets: list[int] = []
    for char in value.rstrip():
        if not char.isspace():
            while at < end and (text[at].isspace() or (style == '"' and text[at : at + 2] in ("\\\n", "\\\r"))):
                at += 1 if text[at].isspace() else 2
        offsets.append(at)
        if style == '"' and text[at : at + 1] == "\\":
            at += _ESCAPE_LENGTH.get(text[at + 1], 2)
        elif style == "'" and char == "'":
            at += 2
        elif not char.isspace() or text[at : at + 1] == char:
            at += 1
    return offsets + [at] * (len(value) + 1 - len(offsets))


_TEMPLATE = re.compile(r"[\s-]*[\w.-]+:\s+\{\{")
"""A key whose value begins as a template does, and is a mapping to YAML."""

# libyaml's words for a problem → ours, with the fix
_REASONS = (
    ("mapping values are not allowed", "a ':' where no key can be; check the indentation, or quote the value"),
    ("found unexpected end of stream", "a quote is opened and not closed"),
    ("could not find expected ':'", "the line before is no 'key: value'; check its ':' and its indentation"),
    ("did not find expected '-' indicator", "no item of the list above; begin it with '- ' or indent it less"),
    ("did not find expected key", "this does not fit the lines above; check the indentation and the quotes"),
    ("did not find expected ',' or ']'", "the list opened with '[' is not closed; write ']', or ',' before an item"),
    ("did not find expected ',' or '}'", "the mapping opened with '{' is not closed; write '}', or quote the text"),
    ("exceeded maximum nesting depth", "nested more than 1000 deep"),
    ("found a tab character", "a tab cannot indent YAML; use spaces"),
    ("did not find expected node content", "a value is missing here; write one, or quote a text that begins so"),
    ("found unknown escape character", "no such escape; write '\\\\' for a backslash, or use single quotes"),
)


def reason(error: yaml.MarkedYAMLError, text: str) -> tuple[int, str]:
    """Where a syntax error of libyaml is and what it means for who wrote the file, with the fix."""
    problem = error.problem or "broken YAML"
    mark = error.context_mark if "unexpected end of stream" in problem else error.problem_mark
    at = mark.index if mark else len(text)
    if "cannot start any token" in problem:
        char = text[at : at + 1]
        return (
            at,
            "a tab cannot indent YAML; use spaces" if char == "\t" else f"a value cannot begin with {char!r}; quote it",
        )
    line = text[text.rfind("\n", 0, at) + 1 : at]
    if "did not find expected key" in problem and _TEMPLATE.match(line):
        return at, "a text that begins with '{' must be in quotes; quote it"
    for words, meaning in _REASONS:
        if words in problem:
            return at, meaning
    return at, f"broken YAML: {problem}" + (f" {error.context}" if error.context else "")


# Everything that YAML 1.1 or 1.2, PyYAML or Go's two libraries would read as something else than text.
_NOT_TEXT = re.compile(
    r"""~|null|Null|NULL|y|Y|n|N|<<|=
    |true|True|TRUE|false|False|FALSE|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF
    |[-+]?[0-9.][0-9_.,:xobXOBa-fA-F]*(?:[eE][-+]?[0-9]*)?
    |[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)
    |[0-9]{4}-[0-9].*""",
    re.VERBOSE,
)
_PLAIN = re.compile(r"(?:[^\s\-?:,\[\]{}#&*!|>'\"%@`]|-(?=\w))(?:.*[^\s:])?")
_FLOW = re.compile(r"[A-Za-z_./][\w./-]*", re.ASCII)
_FLOW_WIDTH = 80
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def write(value: Mapping[str, Any]) -> str:
    """YAML of dicts, lists, texts, numbers, booleans and None; keys in the order given, no aliases, a final newline.

    A text is quoted only where it would be read otherwise, and stands as a block where it has several lines.
    """
    return "".join(_mapping(value, 0)) if value else "{}\n"


def is_plain(text: str) -> bool:
    """Whether every reader takes this, unquoted, as the one text it is."""
    return (
        text.isprintable()
        and _PLAIN.fullmatch(text) is not None
        and _NOT_TEXT.fullmatch(text) is None
        and ": " not in text
        and " #" not in text
    )


def _mapping(value: Mapping[str, Any], indent: int) -> list[str]:
    lines: list[str] = []
    for key, below in value.items():
        lines.append(f"{' ' * indent}{_scalar(key, 0, key=True)}:{_below(below, indent)}")
    return lines


def _below(value: Any, indent: int) -> str:
    """What follows a key's colon, up to and with the newline."""
    if isinstance(value, Mapping) and value:
        return "\n" + "".join(_mapping(value, indent + 2))
    if isinstance(value, Sequence) and value and not isinstance(value, str):
        flow = _flow(value)
        return f" {flow}\n" if flow else "\n" + "".join(_sequence(value, indent + 2))
    text = _scalar(value, indent + 2)
    return f" {text}\n" if text else "\n"


def _sequence(value: Sequence[Any], indent: int) -> list[str]:
    lines: list[str] = []
    for item in value:
        if isinstance(item, Mapping) and item:
            text = "".join(_mapping(item, indent + 2))[indent + 2 :]
        elif isinstance(item, Sequence) and item and not isinstance(item, str):
            text = "".join(_sequence(item, indent + 2))[indent + 2 :]
        else:
            text = f"{_scalar(item, indent + 2)}\n"
        lines.append(f"{' ' * indent}- {text}")
    return lines


def _flow(value: Sequence[Any]) -> str:
    """``[a, b]`` for a short list of simple words, else nothing."""
    if not all(isinstance(item, str) and _FLOW.fullmatch(item) and not _NOT_TEXT.fullmatch(item) for item in value):
        return ""
    text = f"[{', '.join(value)}]"
    return text if len(text) <= _FLOW_WIDTH else ""


def _scalar(value: Any, indent: int, *, key: bool = False) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{}"
    if not isinstance(value, str):
        return repr(value) if isinstance(value, (int, float)) else "[]"
    if isinstance(value, Verbatim):
        return str(value)
    if is_plain(value):
        return value
    if value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    lines = value.rstrip("\n").split("\n")
    if key or not all(line.replace("\t", " ").isprintable() and line[:1] != "\t" for line in lines) or not any(lines):
        return _double(value)
    return _block(value, lines, indent)


def _block(value: str, lines: list[str], indent: int) -> str:
    tail = len(value) - len(value.rstrip("\n"))
    # an explicit indentation where the first line would be mistaken for it
    head = "|" + ("2" if lines[0][:1] in ("", " ") else "") + ("-" if tail == 0 else "" if tail == 1 else "+")
    body = "".join(f"\n{' ' * indent}{line}" if line else "\n" for line in lines)
    return head + body + "\n" * (tail - 1)


def _double(value: str) -> str:
    def escaped(char: str) -> str:
        if char in _ESCAPES:
            return _ESCAPES[char]
        if char.isprintable():
            return char
        code = ord(char)
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

    return '"' + "".join(map(escaped, value)) + '"'
