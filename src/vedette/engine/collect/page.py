"""Reads the pages of one target, scrape after scrape: a line seen before costs one look-up and one number.

A line that was read in full once is known by everything before its value. Those bytes alone decide the series, so a
line that begins with them, a blank and a number needs no parsing. A page that differs from the one before in nothing
but values does not even need the look-ups.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from dataclasses import dataclass, field, replace
from itertools import compress
from operator import ne
from typing import TYPE_CHECKING

import numpy as np

from vedette.engine.collect.told import ToldExemplars
from vedette.errors import VedetteError
from vedette.formats.exposition import (
    Exemplar,
    ExpositionError,
    Format,
    Metadata,
    Sample,
    parse_comment,
    parse_number,
    parse_sample,
)
from vedette.promql.labels import Labels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vedette.engine.tsdb.matrix import TargetMatrix

__all__ = ["Page", "PageReader", "Timestamped", "Transform"]

Transform = Callable[[Sample], Labels | None]
"""The series a scraped sample becomes; None where relabelling drops it. May raise to fail the whole scrape."""

Timestamped = tuple[Labels, int, float]
"""A sample with a timestamp of its own: series, milliseconds, value."""

_DROPPED = -1
# Lines of series that vanished stay known until they are this many times those of the page
_KNOWN_PER_LINE = 3
_KNOWN_AT_LEAST = 10_000
# So many words are read in the time that the line of a value takes which has moved
_WORDS_PER_MOVED = 4
_WHOLE = re.compile(rb"-?[0-9]+")


@dataclass(frozen=True, slots=True)
class Page:
    """One scrape's samples."""

    slots: NDArray[np.intp]
    """Slots in the target's matrix, each once; the same object as before where the page has the same series again."""
    values: NDArray[np.float64]
    timestamped: list[Timestamped]
    scraped: int
    """Samples on the page, those that relabelling drops included."""
    duplicates: int
    """Samples left out because the page had their series before."""
    exemplars: list[tuple[Labels, Exemplar]] = field(default_factory=list)
    """Those that the page before did not have."""

    @property
    def kept(self) -> int:
        """Samples that are stored."""
        return len(self.slots) + len(self.timestamped)

    @property
    def relabelled(self) -> int:
        """Samples that relabelling has left, duplicates included."""
        return self.kept + self.duplicates


class PageReader:
    """Reads pages of one target into slots of its matrix."""

    def __init__(self, matrix: TargetMatrix, transform: Transform, *, honor_timestamps: bool = True) -> None:
        self._matrix = matrix
        self._transform = transform
        self._honor = honor_timestamps
        self._generation = matrix.generation
        self._slots: dict[bytes, int] = {}
        self._series: dict[bytes, Labels | None] = {}
        self._told = ToldExemplars()
        self._comments: dict[bytes, str | None] = {}
        self._order: list[int] = []
        self._unique: NDArray[np.intp] = np.empty(0, np.intp)
        self._columns: NDArray[np.intp] | None = None
        self._duplicates = 0
        self._form: _Form | None = None
        self.metadata: dict[str, Metadata] = {}
        """What the target said about its metrics, by family name."""
        self.cut: Page | None = None
        """What the last page held before the line that made it fail, without values; None where it did not fail."""

    def read(self, body: bytes, format: Format) -> Page:  # noqa: A002 - the field's word
        """Read one page.

        Raises:
            ExpositionError: a line cannot be read, or an OpenMetrics page lacks its ``# EOF``.
        """
        self.cut = None
        if self._form is not None and self._generation == self._matrix.generation:
            read = self._form.values(body, format)
            if read is not None:
                return self._page(read, len(self._order), [])
        self._form = None
        lines = body.split(b"\n")
        self._forget(len(lines))
        found = _Found()
        try:
            self._lines(lines, format, found)
            values = self._numbers(found.tails, lines)
        except VedetteError:
            self.cut = found.cut()
            raise
        order = found.order
        if order != self._order:
            self._arrange(order)
        elif found.plain:
            self._form = _Form(body, format, self._slots)
        page = self._page(values, len(order) + len(found.timestamped) + found.dropped, found.timestamped)
        return replace(page, exemplars=found.exemplars) if found.exemplars else page

    def _lines(self, lines: list[bytes], format: Format, found: _Found) -> None:  # noqa: A002 - the field's word
        """Read all lines but the numbers of known ones."""
        order, tails = found.order, found.tails
        known = self._slots.get
        strict = format == "openmetrics"
        kind = ""
        for number, line in enumerate(lines, 1):
            prefix, _, tail = line.rpartition(b" ")
            slot = known(prefix)
            if slot is not None:
                order.append(slot)
                tails.append(tail)
            elif line in self._comments:
                kind = self._comments[line] or kind
            elif strict and line == b"# EOF":
                if any(lines[number:]) or len(lines) > number + 1:
                    raise ExpositionError(number + 1, "there is more after '# EOF'")
                return
            elif line.startswith(b"#"):
                kind = self._comment(line, number, format) or kind
            elif line.strip(b" \t") or (strict and number < len(lines)):
                found.plain = False
                if not self._known(line, format, found):
                    self._new(line, number, format, kind, found)
        if strict:
            raise ExpositionError(len(lines), "the page does not end with '# EOF': it may have been cut short")

    def _page(self, values: NDArray[np.float64], scraped: int, timestamped: list[Timestamped]) -> Page:
        kept = values if self._columns is None else values[self._columns]
        return Page(self._unique, kept, timestamped, scraped, self._duplicates)

    def _forget(self, lines: int) -> None:
        """Start anew when slots have moved, or when most of what is known belongs to series that are gone."""
        if self._generation != self._matrix.generation:
            self._generation = self._matrix.generation
        elif len(self._slots) + len(self._series) + len(self._comments) <= max(
            _KNOWN_AT_LEAST, lines * _KNOWN_PER_LINE
        ):
            return
        self._slots.clear()
        self._series.clear()
        self._told.clear()
        self._comments.clear()
        self.metadata.clear()
        self._arrange([])

    def _arrange(self, order: list[int]) -> None:
        """Work out which columns of the page are stored: not the dropped, and of each series the first."""
        self._order = order
        slots = np.array(order, np.intp)
        kept = np.flatnonzero(slots != _DROPPED)
        unique, first = np.unique(slots[kept], return_index=True)
        self._duplicates = len(kept) - len(unique)
        if self._duplicates or len(kept) != len(slots):
            self._columns = kept[np.sort(first)]
            self._unique = slots[self._columns]
        else:
            self._columns = None
            self._unique = slots

    def _comment(self, line: bytes, number: int, format: Format) -> str | None:  # noqa: A002 - the field's word
        """Take in a metadata line; the type where it tells one."""
        said = parse_comment(_text(line, number), number, format)
        kind: str | None = None
        if said is not None:
            key, name, text = said
            self.metadata[name] = replace(self.metadata.get(name, Metadata()), **{key: text})
            kind = text if key == "type" else None
        if line != b"# EOF":  # a comment in the one format, the end in the other
            self._comments[line] = kind
        return kind

    def _known(self, line: bytes, format: Format, found: _Found) -> bool:  # noqa: A002 - the field's word
        """Take in a known series with an exemplar or a timestamp behind its value; whether it was one."""
        plain, _, event = line.partition(b" # {") if format == "openmetrics" else (line, b"", b"")
        prefix, _, tail = plain.rpartition(b" ")
        slot = self._slots.get(prefix)
        if slot is not None:
            found.add(slot, tail)
            if event and slot != _DROPPED and (exemplar := self._told.new(slot, event, line)):
                found.exemplars.append((self._matrix.series[slot], exemplar))
            return True
        series, _, value = prefix.rpartition(b" ")
        if not _WHOLE.fullmatch(tail):
            return False
        if not self._honor:
            slot = self._slots.get(series)
            if slot is not None:
                found.add(slot, value)
            return slot is not None
        number = parse_number(value.decode("latin-1")) if series in self._series else None
        if number is None:
            return False
        found.stamp(self._series[series], int(tail) * (1000 if format == "openmetrics" else 1), number)
        return True

    def _new(self, line: bytes, number: int, format: Format, kind: str, found: _Found) -> None:  # noqa: A002
        """Read a line in full, and remember its series by the bytes before the value."""
        sample = parse_sample(_text(line, number), number, format, kind)
        found.refused = 1
        of = self._transform(sample)
        found.refused = 0
        plain = line.partition(b" # {")[0] if sample.exemplar else line
        series, _, value = plain.rpartition(b" ")
        if sample.timestamp is not None:
            if not _WHOLE.fullmatch(value):
                value = b""
            else:
                series, _, value = series.rpartition(b" ")
        certain = parse_number(value.decode("latin-1").rstrip("\t")) is not None
        if sample.exemplar and certain:  # the cut may have gone through a label value that holds " # {"
            certain = _is_series(series, sample)
        if sample.timestamp is not None and self._honor:
            if certain:
                self._series[series] = of
            found.stamp(of, sample.timestamp, sample.value)
            return
        slot = _DROPPED if of is None else self._matrix.slot(of)
        if certain:
            self._slots[series] = slot
        found.add(slot, repr(sample.value).encode())
        if sample.exemplar and of is not None and self._told.is_new(slot, line.partition(b" # {")[2]):
            found.exemplars.append((of, sample.exemplar))

    def _numbers(self, tails: list[bytes], lines: list[bytes]) -> NDArray[np.float64]:
        try:
            if b"_" not in b"".join(tails):  # Python reads 1_000 as a number, Prometheus does not
                return np.fromiter(map(float, tails), np.float64, len(tails))
        except ValueError:
            pass
        for number, line in enumerate(lines, 1):
            prefix, _, tail = line.rpartition(b" ")
            if prefix in self._slots and parse_number(tail.decode("latin-1").strip("\t")) is None:
                parse_sample(_text(line, number), number)
        raise ExpositionError(len(lines), "a value is not a number")


class _Found:
    """What has been read of a page so far."""

    __slots__ = ("dropped", "exemplars", "order", "plain", "refused", "tails", "timestamped")

    def __init__(self) -> None:
        self.order: list[int] = []
        self.tails: list[bytes] = []
        self.timestamped: list[Timestamped] = []
        self.exemplars: list[tuple[Labels, Exemplar]] = []
        self.dropped = 0
        self.plain = True
        """Whether every sample was a known series and a number, with nothing behind it."""
        self.refused = 0
        """1 while a sample has been read that relabelling may refuse."""

    def add(self, slot: int, tail: bytes) -> None:
        self.order.append(slot)
        self.tails.append(tail)

    def stamp(self, series: Labels | None, timestamp: int, value: float) -> None:
        if series is None:
            self.dropped += 1
        else:
            self.timestamped.append((series, timestamp, value))

    def cut(self) -> Page:
        """What there is, up to a known line whose value is no number."""
        numbers = (parse_number(tail.decode("latin-1").strip("\t")) for tail in self.tails)
        good = next((at for at, number in enumerate(numbers) if number is None), len(self.order))
        kept = [slot for slot in self.order[:good] if slot != _DROPPED]
        slots = np.array(list(dict.fromkeys(kept)), np.intp)
        scraped = good + len(self.timestamped) + self.dropped + self.refused
        return Page(slots, np.zeros(len(slots)), self.timestamped, scraped, len(kept) - len(slots))


class _Form:
    """A page less its values, which are read by lines, of which most are known, or by words where most values move.

    In words, each line break is glued to the word after it, so that equal words mean equal lines.
    """

    __slots__ = ("_columns", "_format", "_is_text", "_is_value", "_lines", "_starts", "_text", "_values")

    def __init__(self, body: bytes, format: Format, known: Container[bytes]) -> None:  # noqa: A002 - the field's word
        self._format = format
        self._lines: list[bytes] | None = body.split(b"\n")
        """Of the page before; None while pages are read by words."""
        self._starts: list[int] = []
        """Where the value of each line begins, 0 for a line without one."""
        self._columns: list[int] = []
        """And which of the values it is."""
        marks, column = bytearray(), 0
        for line in self._lines:
            prefix, blank, _ = line.rpartition(b" ")
            has = bool(blank) and prefix in known
            marks += bytes(line.count(b" "))
            marks.append(has)
            self._starts.append(len(prefix) + 1 if has else 0)
            self._columns.append(column)
            column += has
        self._is_value = bytes(marks)
        self._is_text = bytes(1 - mark for mark in marks)
        words = _words(body)
        self._text = list(compress(words, self._is_text))
        self._values = np.fromiter(map(float, compress(words, self._is_value)), np.float64, column)

    def values(self, body: bytes, format: Format) -> NDArray[np.float64] | None:  # noqa: A002 - the field's word
        """The values, None where the page differs in more than those or holds one that is no number."""
        if format != self._format:
            return None
        lines = None if self._lines is None else body.split(b"\n")
        found = self._by_words(body) if lines is None else self._by_lines(lines)
        if found is not None:
            moved = int(np.count_nonzero(found != self._values))
            self._values = found
            by_words = moved * _WORDS_PER_MOVED > len(self._is_text)
            self._lines = None if by_words else lines or body.split(b"\n")
        return found

    def _by_words(self, body: bytes) -> NDArray[np.float64] | None:
        words = _words(body)
        if len(words) != len(self._is_text) or list(compress(words, self._is_text)) != self._text:
            return None
        return _floats(list(compress(words, self._is_value)))

    def _by_lines(self, lines: list[bytes]) -> NDArray[np.float64] | None:
        before = self._lines
        if before is None or len(lines) != len(before):
            return None
        moved = list(compress(range(len(lines)), map(ne, lines, before)))
        tails = [
            line[start:]
            for at in moved
            if (start := self._starts[at]) and (line := lines[at])[:start] == before[at][:start]
        ]
        numbers = _floats(tails) if len(tails) == len(moved) else None
        if numbers is None:
            return None
        values = self._values.copy()
        values[[self._columns[at] for at in moved]] = numbers
        return values


def _floats(texts: list[bytes]) -> NDArray[np.float64] | None:
    """Numbers with nothing else beside them; None where one is none."""
    every = b"".join(texts)
    if b"_" in every or b" " in every:  # Python reads 1_000 as a number, Prometheus does not
        return None
    try:
        return np.fromiter(map(float, texts), np.float64, len(texts))
    except ValueError:
        return None


def _words(body: bytes) -> list[bytes]:
    return body.replace(b"\n", b" \n").split(b" ")


def _is_series(text: bytes, sample: Sample) -> bool:
    try:
        return parse_sample(text.decode() + " 0", 0).labels == sample.labels
    except (ExpositionError, UnicodeDecodeError):
        return False


def _text(line: bytes, number: int) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise ExpositionError(number, f"not valid UTF-8: {line[:100]!r}") from None
