"""YAML text as nodes that know where they stand, with typed accessors and uniform errors; and deterministic YAML text.

What the keys of a file mean lives with each format, the tracing of characters in ``_yaml_text``.
"""

from __future__ import annotations

import contextlib
import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from vedette.duration import milliseconds
from vedette.errors import ConfigError
from vedette.formats._yaml_text import Inner, Source, Verbatim, is_plain, reason, trace, write

if TYPE_CHECKING:
    import yaml

    from vedette.place import Place

__all__ = [
    "Node",
    "Report",
    "Section",
    "Shape",
    "Verbatim",
    "documents",
    "parse",
    "quoted_texts",
    "read",
    "read_text",
    "shape",
    "write",
]

Shape: TypeAlias = Mapping[str, "Shape | None"]
"""The keys a mapping may have and the shape of what stands under them; None is not looked into.

The shape of a list is the shape of its items. The key ``"*"`` stands for every key.
"""

_T = TypeVar("_T")

MAX_DEPTH = 100
MAX_NODES = 1_000_000
"""Nodes after every alias is written out: the guard against a few lines that stand for gigabytes."""

_NULL = re.compile(r"~|null|Null|NULL|")
_TRUE = frozenset(["true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"])
_FALSE = frozenset(["false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"])
_SIZE = re.compile(r"(\d+(?:\.\d+)?)(B|[KMGTPE]i?B)|0", re.ASCII)
_INTEGER = re.compile(r"0|-?[1-9]\d*", re.ASCII)
_FLOAT = re.compile(r"-?\d+(?:\.\d+|(?=e))(?:e[-+]\d+)?", re.ASCII)
_WORDS = {"text": "text", "list": "a list", "mapping": "a mapping"}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Node:
    """One value of a file."""

    kind: Literal["text", "list", "mapping"]
    source: Source = field(repr=False)
    start: int
    """Offset of its first character in the file."""
    end: int
    text: str = ""
    """Of a scalar, as it is read by YAML's rules."""
    style: str = ""
    """The quote or block indicator of a scalar, nothing for a plain one."""
    children: tuple[Node, ...] = field(default=(), repr=False)
    """The items of a list; the keys and values of a mapping by turns."""
    what: str = ""
    """How messages call it: the key it stands under, or the file's kind."""
    size: int = 1
    """How many nodes it stands for once aliases are written out."""

    @property
    def place(self) -> Place:
        """Where it begins."""
        return self.source.place(self.start)

    @property
    def null(self) -> bool:
        """Whether nothing is written here (empty, ``~`` or ``null``)."""
        return self.kind == "text" and not self.style and _NULL.fullmatch(self.text) is not None

    def named(self, what: str) -> Node:
        """The same value, called otherwise in messages."""
        return Node(  # by hand: `replace` takes four times as long, and this is done for every key
            kind=self.kind,
            source=self.source,
            start=self.start,
            end=self.end,
            text=self.text,
            style=self.style,
            children=self.children,
            what=what,
            size=self.size,
        )

    def error(self, message: str) -> ConfigError:
        """An error that points at this value."""
        return ConfigError(f"{self.place}: {message}")

    def _wrong(self, expected: str, *, echo: bool = True) -> ConfigError:
        """The error for a value of the wrong kind. Text that may be a secret is not echoed."""
        shown = "empty" if self.null else repr(self.text) if echo and self.kind == "text" else _WORDS[self.kind]
        return self.error(f"{self.what} is {shown}; write {expected}")

    def string(self) -> str:
        """The text of any scalar: ``5``, ``true`` and ``'x'`` alike, as Go reads them into a string."""
        if self.kind != "text":
            bracket = self.source.text[self.start]
            raise self._wrong(f"text, in quotes where it begins with {bracket!r}" if bracket in "[{" else "text")
        return "" if self.null else self.text

    def place_of(self, offset: int) -> Place:
        """Where the character at ``offset`` of :meth:`string` stands in the file, through quotes, folds and escapes."""
        text = self.text[: offset + 1]
        if text[-1:].isspace() or len(text) <= offset:  # its place depends on what comes after
            text = self.text
        return self.source.place(trace(self.source.text, self.start, self.end, text, self.style)[offset])

    def inner(self) -> Inner:
        """The text as a file of its own, whose places are here."""
        return Inner(
            self.source.path, self.string(), outer=self.source, start=self.start, until=self.end, style=self.style
        )

    def boolean(self) -> bool:
        """``true`` or ``false``, unquoted."""
        if self.kind == "text" and not self.style and self.text in _TRUE | _FALSE:
            return self.text in _TRUE
        raise self._wrong("true or false, without quotes")

    def integer(self) -> int:
        """A whole number, not negative."""
        if self.kind == "text" and not self.style and re.fullmatch(r"0|[1-9]\d*", self.text, re.ASCII):
            return int(self.text)
        raise self._wrong("a whole number, 0 or more")

    def duration(self) -> int:
        """Milliseconds of ``5m``, ``1h30m`` or ``0``."""
        try:
            return milliseconds(self.string())
        except ValueError:
            raise self._wrong("a duration such as '30s', '5m' or '1h30m'") from None

    def byte_size(self) -> int:
        """Bytes of ``10MB``, ``512KiB`` or ``0``; K, M… are powers of 1024 with or without the i, as in Prometheus."""
        match = _SIZE.fullmatch(self.string())
        if match is None:
            raise self._wrong("a size with its unit such as '10MB' or '512KB'")
        unit = match[2] or "B"
        return round(float(match[1] or 0) * 1024.0 ** "BKMGTPE".index(unit[0]))

    def one_of(self, choices: Collection[str]) -> str:
        """One of a few words."""
        text = self.string()
        if text in choices:
            return text
        raise self.error(f"{self.what} is {text!r}; {_suggest(text, choices) or f'write one of {_listed(choices)}'}")

    def items(self) -> tuple[Node, ...]:
        """The items of a list; nothing is an empty list. An item is called by the singular of the list's name."""
        if self.null:
            return ()
        if self.kind != "list":
            raise self._wrong("a list, each item after '- '", echo=False)
        return tuple(item.named(self.what.removesuffix("s")) for item in self.children)

    def strings(self) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(item.string() for item in self.items())

    def pairs(self) -> dict[str, str]:
        """A mapping from text to text."""
        return {key.string(): value.string() for key, value in self.entries()}

    def section(self, report: Report | None = None) -> Section:
        """A mapping, to be read key by key."""
        return Section(self, {key.text: (key, value) for key, value in self.entries()}, report or _refuse)

    def plain(self) -> Any:
        """The value as it stands, in lists, dicts, texts, numbers and booleans; written again it reads the same.

        A plain scalar whose type depends on who reads it (``yes``, ``0x1f``, ``3.10``) comes as :class:`Verbatim`.
        """
        if self.kind == "list":
            return [item.plain() for item in self.items()]
        if self.kind == "mapping":
            return {key.string(): value.plain() for key, value in self.entries()}
        if self.style:
            return self.text
        if self.null:
            return None
        if self.text in ("true", "false"):
            return self.text == "true"
        if _INTEGER.fullmatch(self.text):
            return int(self.text)
        if _FLOAT.fullmatch(self.text) and repr(float(self.text)) == self.text:
            return float(self.text)
        return self.text if is_plain(self.text) else Verbatim(self.text)

    def entries(self) -> Iterator[tuple[Node, Node]]:
        """Keys and values, merge keys (``<<``) resolved: what stands here wins over what is merged in."""
        if self.null:
            return
        if self.kind != "mapping":
            raise self._wrong("a mapping, 'key: value' on each line", echo=False)
        seen: dict[str, Node] = {}
        merged: list[Node] = []
        for key, value in zip(self.children[::2], self.children[1::2], strict=True):
            if key.kind != "text":
                template = key.source.text.startswith("{", key.start)
                fix = "quote a text that begins with '{'" if template else "write text before the ':'"
                raise key.error(f"a key of {self.what} is {_WORDS[key.kind]}; {fix}")
            if key.text == "<<" and not key.style:
                merged.extend(value.children if value.kind == "list" else [value])
                continue
            if key.text in seen:
                first = seen[key.text].place.line
                raise key.error(f"key {key.text!r} stands twice in {self.what}, first in line {first}; keep one")
            seen[key.text] = key
            yield key, value.named(key.text)
        for other in merged:
            for key, value in other.named("<<").entries():
                if key.text not in seen:
                    seen[key.text] = key
                    yield key, value

    def check(self, shape: Shape) -> None:
        """Refuse keys that ``shape`` does not know, here and below.

        Raises:
            ConfigError: names the key, its place, and the key that was probably meant.
        """
        for error in self.unknown(shape):
            raise error

    def unknown(self, shape: Shape, top: Shape | None = None) -> Iterator[ConfigError]:
        """The error for each key that ``shape`` does not know, here and below.

        A key that stands twice ends what is said of its mapping.
        """
        top = shape if top is None else top
        if self.kind == "list":
            for item in self.items():
                yield from item.unknown(shape, top)
        if self.kind != "mapping":
            return
        entries = self.entries()
        while True:
            try:
                key, value = next(entries)
            except StopIteration:
                return
            except ConfigError as error:
                yield error
                return
            name = key.text
            if name not in shape and "*" not in shape:
                hint = _suggest(name, shape)
                if not hint and name in top:
                    hint = "it belongs to the top of the file; indent it less"
                yield key.error(f"unknown key {name!r} in {self.what}; {hint or f'known are {_listed(shape)}'}")
            below = shape.get(name, shape.get("*"))
            if below is not None:
                yield from value.unknown(below, top)


Report: TypeAlias = Callable[[ConfigError], None]
"""What becomes of a mistake. Where it returns, the value counts as not written and reading goes on."""


def _refuse(error: ConfigError) -> None:
    raise error


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A mapping read key by key. A key with nothing behind it counts as absent, as Go reads it."""

    node: Node
    entries: Mapping[str, tuple[Node, Node]]
    report: Report = field(default=_refuse, repr=False)
    """Takes each mistake, also in sections below. The first is raised unless the reader of the file wants them all."""

    @property
    def place(self) -> Place:
        """Where it begins."""
        return self.node.place

    def get(self, key: str) -> Node | None:
        """What stands under ``key``, None where nothing does."""
        entry = self.entries.get(key)
        return None if entry is None or entry[1].null else entry[1]

    def _read(self, key: str, read: Callable[[Node], _T], default: _T) -> _T:
        found = self.get(key)
        if found is None:
            return default
        try:
            return read(found)
        except ConfigError as error:
            self.report(error)
            return default

    def string(self, key: str, default: str = "") -> str:
        """A text."""
        return self._read(key, Node.string, default)

    def required(self, key: str, hint: str) -> str:
        """A text that must be there and not be empty; ``hint`` is the fix."""
        value = self._read(key, Node.string, None) if self.get(key) else ""
        if value == "":
            self.report(self.error(f"{self.node.what} has no {key}; {hint}", key))
        return value or ""

    def boolean(self, key: str, default: bool) -> bool:
        """``true`` or ``false``."""
        return self._read(key, Node.boolean, default)

    def integer(self, key: str, default: int = 0) -> int:
        """A whole number, 0 or more."""
        return self._read(key, Node.integer, default)

    def byte_size(self, key: str, default: int = 0) -> int:
        """Bytes."""
        return self._read(key, Node.byte_size, default)

    def duration(self, key: str, default: int = 0) -> int:
        """Milliseconds."""
        return self._read(key, Node.duration, default)

    def optional_duration(self, key: str) -> int | None:
        """Milliseconds, None where nothing is written."""
        return self._read(key, Node.duration, None)

    def one_of(self, key: str, choices: Collection[str], default: str) -> str:
        """One of a few words."""
        return self._read(key, lambda found: found.one_of(choices), default)

    def items(self, key: str) -> tuple[Node, ...]:
        """The items of a list, none where nothing is written."""
        return self._read(key, Node.items, ())

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        return self._read(key, Node.strings, ())

    def pairs(self, key: str) -> dict[str, str]:
        """A mapping from text to text."""
        return self._read(key, Node.pairs, {})

    def section(self, key: str) -> Section:
        """A mapping below this one, empty where nothing is written."""
        return self._read(key, lambda found: found.section(self.report), Section(self.node, {}, self.report))

    def sections(self, key: str) -> Iterator[Section]:
        """The items of a list of mappings."""
        for item in self.items(key):
            try:
                found = item.section(self.report)
            except ConfigError as error:
                self.report(error)
            else:
                yield found

    def rest(self, *read: str) -> dict[str, Any]:
        """Every other key as it stands; those with nothing behind them are left out."""
        found: dict[str, Any] = {}
        for key, (_, value) in self.entries.items():
            if key not in read and not value.null:
                try:
                    found[key] = value.plain()
                except ConfigError as error:
                    self.report(error)
        return found

    def error(self, message: str, key: str = "") -> ConfigError:
        """An error that points at ``key``, or at the section where it has no such key."""
        entry = self.entries.get(key)
        return (entry[0] if entry else self.node).error(message)


def _listed(words: Collection[str]) -> str:
    return ", ".join(sorted(words))


def _suggest(word: str, known: Collection[str]) -> str:
    """``did you mean 'x'?``, or nothing where no known word is near."""
    folded = {re.sub(r"[-_ ]", "", name).lower(): name for name in sorted(known)}
    near = difflib.get_close_matches(re.sub(r"[-_ ]", "", word).lower(), folded, n=1, cutoff=0.7)
    return f"did you mean {folded[near[0]]!r}?" if near else ""


def shape(names: str, **below: Shape) -> dict[str, Shape | None]:
    """The shape of a mapping with these keys; ``below`` gives the shape of what stands under some."""
    return {**dict.fromkeys(names.split()), **below}


def read_text(path: str | Path) -> str:
    """The text of a file.

    Raises:
        ConfigError: it cannot be read, or is not UTF-8.
    """
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        place = Source(str(path), raw[: error.start].decode()).end
        raise ConfigError(f"{place}: byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8") from None


def read(text: str, path: str, shape: Shape, what: str) -> Section:
    """The top mapping of a file whose keys are ``shape``'s; empty for an empty file.

    Raises:
        ConfigError: the YAML is broken, or a key is unknown or stands twice.
    """
    node = parse(text, path, what)
    node.check(shape)
    return node.section()


def parse(text: str, path: str, what: str) -> Node:
    """The one document of a file as nodes, aliases sharing their anchor's node; a null node for an empty file.

    Raises:
        ConfigError: the YAML is broken, has more than one document, or nests or expands without bound.
    """
    source = Source(path, text.removeprefix("\ufeff"))
    found = list(_documents(source, what, many=False))
    return found[0].named(what) if found else Node(kind="text", source=source, start=0, end=0, what=what)


def documents(source: Source, what: str) -> Iterator[Node]:
    """Every document of a file; those before a broken one come before the error.

    Raises:
        ConfigError: the YAML is broken, or nests or expands without bound.
    """
    return (node.named(what) for node in _documents(source, what, many=True))


def _documents(source: Source, what: str, *, many: bool) -> Iterator[Node]:
    import yaml  # noqa: PLC0415 - a stack is checked without reading any

    text = source.text
    anchors: dict[str, Node] = {}
    stack: list[tuple[yaml.CollectionStartEvent, list[Node]]] = []
    count = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            index, end = _span(event)
            if isinstance(event, yaml.CollectionStartEvent):
                if len(stack) == MAX_DEPTH:
                    raise ConfigError(f"{source.place(index)}: nested more than {MAX_DEPTH} deep")
                stack.append((event, []))
                continue
            if isinstance(event, yaml.DocumentStartEvent):
                count += 1
                anchors = {}
                if count > 1 and not many:
                    raise ConfigError(
                        f"{source.place(index)}: a second document begins here; {what} is one document, "
                        "remove the '---'"
                    )
            if isinstance(event, yaml.ScalarEvent):
                style = event.style if event.style in ("'", '"', "|", ">") else ""
                node = Node(kind="text", source=source, start=index, end=end, text=event.value, style=style)
            elif isinstance(event, yaml.AliasEvent):
                if event.anchor not in anchors:
                    raise ConfigError(
                        f"{source.place(index)}: alias *{event.anchor} has no anchor before it; "
                        f"write &{event.anchor} at the value it stands for"
                    )
                node = anchors[event.anchor]
            elif isinstance(event, yaml.CollectionEndEvent):
                opened, children = stack.pop()
                node = _collection(opened, children, source, end)
            else:
                continue
            anchor = opened.anchor if isinstance(event, yaml.CollectionEndEvent) else getattr(event, "anchor", None)
            if anchor:
                anchors[anchor] = node
            if stack:
                stack[-1][1].append(node)
            else:
                yield node
    except yaml.MarkedYAMLError as error:
        at, why = reason(error, text)
        raise ConfigError(f"{source.place(at)}: {why}") from None
    except yaml.reader.ReaderError as error:
        raise ConfigError(f"{source.place(error.position)}: a control character; remove it") from None
    except UnicodeEncodeError as error:
        raise ConfigError(f"{source.place(error.start)}: half of a surrogate pair is not a character") from None


def quoted_texts(text: str) -> list[range]:
    """The offsets of every value in quotes, as far as the text can be read."""
    import yaml  # noqa: PLC0415 - as above

    found: list[range] = []
    with contextlib.suppress(yaml.YAMLError, UnicodeEncodeError):  # whoever reads it as YAML tells of it
        found.extend(
            range(*_span(event))
            for event in yaml.parse(text, Loader=yaml.CSafeLoader)
            if isinstance(event, yaml.ScalarEvent) and event.style in ("'", '"')
        )
    return found


def _span(event: yaml.Event) -> tuple[int, int]:
    """Offsets of an event's first character and of the one after its last."""
    if event.start_mark is None or event.end_mark is None:
        return 0, 0
    return event.start_mark.index, event.end_mark.index


def _collection(opened: yaml.CollectionStartEvent, children: list[Node], source: Source, end: int) -> Node:
    start, _ = _span(opened)
    size = 1 + sum(child.size for child in children)
    if size > max(MAX_NODES, len(source.text)):  # so many only aliases can make of so few characters
        raise ConfigError(f"{source.place(start)}: its aliases expand to more than {MAX_NODES} values")
    kind: Literal["list", "mapping"] = "list" if type(opened).__name__ == "SequenceStartEvent" else "mapping"
    return Node(kind=kind, source=source, start=start, end=end, children=tuple(children), size=size)
