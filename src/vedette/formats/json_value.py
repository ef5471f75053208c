"""Reading JSON into typed values: every error names the file and the path of keys (``panels[3].targets[0].expr``)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["JsonObject", "parse", "render"]

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
            raise self._wrong(key, float, value)
        return value

    def inner(self, key: str) -> JsonObject:
        """An object, empty where there is none."""
        return JsonObject(self._typed(key, dict, {}), self.file, self._at(key))

    def mapping(self, key: str) -> dict[str, Any]:
        """An object as it stands."""
        return dict(self._typed(key, dict, {}))

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings."""
        found = self._typed(key, list, [])
        for index, item in enumerate(found):
            if not isinstance(item, str):
                raise self._wrong(f"{key}[{index}]", str, item)
        return tuple(found)

    def objects(self, key: str) -> Iterator[JsonObject]:
        """A list of objects."""
        for index, item in enumerate(self._typed(key, list, [])):
            where = f"{key}[{index}]"
            if not isinstance(item, dict):
                raise self._wrong(where, dict, item)
            yield JsonObject(item, self.file, self._at(where))

    def items(self) -> Iterator[tuple[str, JsonObject]]:
        """Every key with its object."""
        for key in self.values:
            yield key, self.inner(key)

    def needed(self, *keys: str) -> None:
        """Refuse the object where one of the keys is missing."""
        for key in keys:
            if self.values.get(key) is None:
                raise self.error(key, "is missing")

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
            raise self._wrong(key, kind, value)
        return value

    def _wrong(self, key: str, kind: type, value: object) -> ConfigError:
        return self.error(key, f"is {_shown(value)}; expected {_KINDS[kind]}")


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


def parse(text: str, file: str) -> JsonObject:
    """The object a document consists of.

    Raises:
        ConfigError: the text is no JSON (``file:line:column``), or not an object.
    """
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as problem:
        raise ConfigError(f"{file}:{problem.lineno}:{problem.colno}: not JSON: {problem.msg}") from None
    except (ValueError, RecursionError) as problem:
        raise ConfigError(f"{file}: not JSON: {problem}") from None
    if not isinstance(value, dict):
        raise ConfigError(f"{file}: expected an object, found {_shown(value)}")
    return JsonObject(value, file)


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is not a JSON number")


def render(value: Mapping[str, Any]) -> str:
    """The document, indented by two, keys in the given order, with a final newline."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
