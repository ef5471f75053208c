"""Reading JSON into typed values: every error names the file and the path of keys (``panels[3].targets[0].expr``)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from vedette.errors import ConfigError
from vedette.formats._yaml_text import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vedette.place import Place

__all__ = ["JsonObject", "Problem", "Where", "parse", "render", "whole_characters"]

Problem = Callable[[str, str], None]
"""Told the path of a key and what is wrong there: then reading goes on, as if the key were not written."""

_KINDS: dict[type, str] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "an object",
}


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class JsonObject:
    """One object of a document, which remembers where it stands and which of its keys were asked for."""

    values: Mapping[str, Any]
    file: str
    path: str = ""
    asked: set[str] = field(default_factory=set, compare=False, repr=False)
    problem: Problem | None = field(default=None, compare=False, repr=False)
    """Told of what has a wrong type or is missing; None raises it."""

    def error(self, key: str, problem: str) -> ConfigError:
        """An error about one key."""
        return ConfigError(f"{self.file}: {self._at(key)}: {problem}")

    def text(self, key: str, default: str = "") -> str:
        """A string; null is the default."""
        return self._typed(key, str, default)

    def whole(self, key: str, default: int = 0) -> int:
        """An integer."""
        return self._typed(key, int, default)

    def flag(self, key: str, default: bool = False) -> bool:
        """A boolean."""
        return self._typed(key, bool, default)

    def number(self, key: str) -> float | None:
        """A number, None where there is none."""
        value = self._get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._wrong(key, float, value)
            return None
        return value

    def inner(self, key: str) -> JsonObject:
        """An object, empty where there is none."""
        return JsonObject(self._typed(key, dict, {}), self.file, self._at(key), problem=self.problem)

    def mapping(self, key: str) -> dict[str, Any]:
        """An object as it stands."""
        return dict(self._typed(key, dict, {}))

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings."""
        found = self._typed(key, list, [])
        for index, item in enumerate(found):
            if not isinstance(item, str):
                self._wrong(f"{key}[{index}]", str, item)
        return tuple(item for item in found if isinstance(item, str))

    def objects(self, key: str) -> Iterator[JsonObject]:
        """A list of objects."""
        for index, item in enumerate(self._typed(key, list, [])):
            where = f"{key}[{index}]"
            if isinstance(item, dict):
                yield JsonObject(item, self.file, self._at(where), problem=self.problem)
            else:
                self._wrong(where, dict, item)

    def items(self) -> Iterator[tuple[str, JsonObject]]:
        """Every key with its object."""
        for key in self.values:
            yield key, self.inner(key)

    def needed(self, *keys: str) -> None:
        """Refuse the object where one of the keys is missing."""
        for key in keys:
            if self.values.get(key) is None:
                self._report(key, "is missing")

    def rest(self) -> dict[str, Any]:
        """The keys nobody has asked for, as they stand."""
        return {key: value for key, value in self.values.items() if key not in self.asked}

    def refuse_rest(self) -> None:
        """Refuse the object where it has keys nobody has asked for."""
        for key in self.rest():
            raise self.error(key, f"unknown key; known here: {', '.join(sorted(self.asked))}")

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def _get(self, key: str) -> Any:
        self.asked.add(key)
        return self.values.get(key)

    def _typed(self, key: str, kind: type[T], default: T) -> T:
        value = self._get(key)
        if value is None:
            return default
        if not isinstance(value, kind) or isinstance(value, bool) is not (kind is bool):
            self._wrong(key, kind, value)
            return default
        return value

    def _wrong(self, key: str, kind: type, value: object) -> None:
        self._report(key, f"is {_shown(value)}; expected {_KINDS[kind]}")

    def _report(self, key: str, what: str) -> None:
        if self.problem is None:
            raise self.error(key, what)
        self.problem(self._at(key), what)


_TOKEN: Final = re.compile(r'[ \t\r\n]*(?:"((?:[^"\\]++|\\.)*+)"|([{}\[\],:])|([^\s{}\[\],:"]++))')
_ESCAPE: Final = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)")


@dataclass(frozen=True, slots=True, eq=False)
class Where:
    """Where the values of a document stand. Its text is gone through once, when the first of them is asked for."""

    source: Source
    _offsets: dict[str, int] = field(default_factory=dict, repr=False)
    _twice: list[tuple[str, int]] = field(default_factory=list, repr=False)

    def offset(self, path: str) -> int | None:
        """Where the value under ``panels[3].targets[0].expr`` begins; None where there is none."""
        if not self._offsets:
            self._offsets.update(_offsets(self.source.text, self._twice))
        return self._offsets.get(path)

    def twice(self) -> Iterator[tuple[str, Place]]:
        """The keys that stand twice in their object, and where the second is, which is the one that is read."""
        self.offset("")
        told: set[str] = set()
        for path, at in self._twice:
            if not any(path.startswith((f"{other}.", f"{other}[")) for other in told):
                told.add(path)
                yield path, self.source.place(at)

    def place(self, path: str, index: int = 0) -> Place:
        """Where the character at ``index`` of a text stands, through its escapes; of other values, where they begin.

        What is not written stands where the nearest thing around it that is written begins.
        """
        at = self.offset(path)
        while at is None:
            index = 0
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
            at = self.offset(path)
        if self.source.text.startswith('"', at):
            return self.source.place(_within(self.source.text, at + 1, index))
        return self.source.place(at)


def _offsets(text: str, twice: list[tuple[str, int]]) -> dict[str, int]:
    """Path of every value → where it begins, the last of those with one path; ``twice`` gets each but the first."""
    found: dict[str, int] = {}
    opened: list[tuple[str, int]] = []  # the path of what is around, and the index of its item, -1 in an object
    path, key, index, at = "", "", -1, 0
    expect_key = False
    while token := _TOKEN.match(text, at):
        at = token.end()
        kind = token.lastindex
        char = token[2]
        if kind == 1 and expect_key:
            key, expect_key = str(token[1] if "\\" not in token[1] else json.loads(f'"{token[1]}"')), False
            continue
        if char in ("}", "]"):
            path, index = opened.pop() if opened else ("", -1)
            expect_key = False
        elif char == ",":
            expect_key = index < 0
            index += index >= 0
        elif char != ":":
            here = f"{path}[{index}]" if index >= 0 else f"{path}.{key}" if path else key
            begin = token.start(kind or 0) - (kind == 1)
            if not opened:
                here = ""
            elif here in found:
                twice.append((here, begin))
            found[here] = begin
            if kind == 2:
                opened.append((path, index))
                path, index = here, 0 if char == "[" else -1
                expect_key = char == "{"
    return found or {"": 0}


def _within(text: str, start: int, index: int) -> int:
    """Where the character at ``index`` of a JSON text stands, whose first is at ``start``."""
    at = start
    for _ in range(index):
        if text.startswith('"', at):
            break
        escape = _ESCAPE.match(text, at)
        at = escape.end() if escape else at + 1
    return at


def _shown(value: object) -> str:
    if isinstance(value, dict | list) and value:
        return _KINDS[type(value)]
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


def parse(text: str, file: str, problem: Problem | None = None) -> JsonObject:
    """The object a document consists of; ``problem`` is told of wrong types in it, of which None raises the first.

    Raises:
        ConfigError: the text is no JSON (``file:line:column``), or not an object.
    """
    try:
        value = json.loads(text.removeprefix("\ufeff"), parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{file}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from None
    except RecursionError:
        place = Source(file, text).place(_deepest(text))
        raise ConfigError(f"{place}: nested too deep to be read; make it less deep") from None
    except ValueError as error:
        at = next((found.start(1) for found in _STRANGE.finditer(text) if found[1]), 0)
        place = Source(file, text).place(at)
        raise ConfigError(f"{place}: not JSON: {str(error).partition(';')[0]}") from None
    if not isinstance(value, dict):
        raise ConfigError(f"{file}: expected an object, found {_shown(value)}")
    return JsonObject(value, file, problem=problem)


_STRANGE: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"|(NaN|-?Infinity|[0-9]{4000,})')


def _deepest(text: str) -> int:
    """Where the deepest of nested lists and objects begins."""
    depth = most = at = 0
    for token in _TOKEN.finditer(text):
        if token[2] in ("{", "["):
            depth += 1
            if depth > most:
                most, at = depth, token.start(2)
        elif token[2] in ("}", "]"):
            depth -= 1
    return at


_HALF: Final = re.compile(
    r"(?<!\\)((?:\\\\)*+)(?:(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


def whole_characters(text: str) -> str:
    """The document, as long, with a replacement character for every escape that is half of a pair and no character."""
    return _HALF.sub(lambda found: found[1] + (found[2] or r"\ufffd"), text)


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is not a JSON number")


def render(value: Mapping[str, Any]) -> str:
    """The document, indented by two, keys in the given order, with a final newline."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
