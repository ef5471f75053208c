"""Samples in a file: what ``promtool tsdb dump`` or ``dump-openmetrics`` prints, or OpenMetrics with timestamps.

All samples stand in memory, 16 bytes each, those of series that nobody asks for included.
"""

from __future__ import annotations

import gzip
import math
from array import array
from typing import TYPE_CHECKING, Literal

import numpy as np

from vedette.errors import ConfigError
from vedette.promql.ast import VectorSelector
from vedette.promql.labels import Labels, get
from vedette.promql.labels import labels as label_set
from vedette.promql.parser import ParseError, parse
from vedette.promql.source import STALE_NAN, is_stale

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from vedette.promql.labels import Matcher
    from vedette.testing.backtest.samples import Batch

__all__ = ["Dump"]

Form = Literal["dump", "openmetrics"]


class Dump:
    """Samples of a file.

    Args:
        lines: the file's lines.
        name: of the file, for messages.

    In a dump of a Prometheus' store the end of a series is printed as NaN. So a NaN that stands alone is taken for an
    end, and NaN after NaN for values.

    Raises:
        ConfigError: a line is no sample; the message has its number.
    """

    def __init__(self, lines: Iterable[str], name: str) -> None:
        self.name = name
        raw, form = _read(lines, name)
        self._series = {label_set(of): _sorted(times, values, form) for of, (times, values) in raw.items()}
        self._found: dict[tuple[Matcher, ...], list[Labels]] = {}

    @classmethod
    def open(cls, path: Path) -> Dump:
        """Read a file, also one that gzip has packed.

        Raises:
            ConfigError: it cannot be read, or a line is no sample.
        """
        try:
            with (
                gzip.open(path, "rt", encoding="utf-8")
                if path.suffix == ".gz"
                else path.open("rt", encoding="utf-8") as file
            ):
                return cls(file, str(path))
        except (OSError, UnicodeDecodeError, EOFError) as problem:
            raise ConfigError(f"{path}: cannot be read: {getattr(problem, 'strerror', None) or problem}") from problem

    @property
    def span(self) -> tuple[int, int]:
        """The times of the oldest and the newest sample, in milliseconds since the epoch.

        Raises:
            ConfigError: there is no sample.
        """
        if not self._series:
            raise ConfigError(f"{self.name}: there is no sample in it")
        ends = [(int(times[0]), int(times[-1])) for times, _ in self._series.values()]
        return min(first for first, _ in ends), max(last for _, last in ends)

    def load(self, matchers: Sequence[Matcher], after: int, until: int) -> Batch:
        """The series that satisfy every matcher, with their samples in ``(after, until]`` (milliseconds)."""
        key = tuple(matchers)
        if key not in self._found:
            self._found[key] = [
                of for of in self._series if all(matcher.matches(get(of, matcher.name)) for matcher in key)
            ]
        found = {}
        for of in self._found[key]:
            times, values = self._series[of]
            low, high = (int(at) for at in times.searchsorted([after, until], "right"))
            if low < high:
                found[of] = (times[low:high], values[low:high])
        return found


Raw = dict[Labels, tuple["array[int]", "array[float]"]]


def _read(lines: Iterable[str], name: str) -> tuple[Raw, Form]:
    series: dict[str, tuple[array[int], array[float]]] = {}
    form: Form | None = None
    for number, line in enumerate(lines, 1):
        if line.startswith("#") or line.isspace():
            continue
        if form is None:
            form = "dump" if line.startswith("{__name__=") else "openmetrics"
        head, rest = _split(line, name, number)
        try:
            fields = rest.split()
            value = float(fields[0])
            time = round(float(fields[1]) * 1000) if form == "openmetrics" else int(fields[1])
        except (ValueError, IndexError, OverflowError):
            raise ConfigError(
                f'{name}:{number}: {line.strip()!r} is no sample with a time; expected \'name{{label="value"}} 1.5 '
                "1700000000', as `promtool tsdb dump-openmetrics` prints it"
            ) from None
        known = series.get(head)
        if known is None:
            known = series[head] = (array("q"), array("d"))
        known[0].append(time)
        known[1].append(value)
    found: Raw = {}
    for head, (times, values) in series.items():
        of = _labels(head, name)
        if of in found:
            found[of][0].extend(times)
            found[of][1].extend(values)
        else:
            found[of] = (times, values)
    return found, form or "openmetrics"


def _split(line: str, name: str, number: int) -> tuple[str, str]:
    """The series and what follows it. A brace in a label's value is not the last one of the labels."""
    if "{" in line:
        end = line.rfind("}", 0, line.find(" # {") if " # {" in line else None)
        if end > 0:
            return line[: end + 1], line[end + 1 :]
    elif " " in line:
        head, _, rest = line.partition(" ")
        return head, rest
    raise ConfigError(f"{name}:{number}: {line.strip()!r} is no sample")


def _labels(head: str, name: str) -> Labels:
    try:
        selector = parse(head)
    except ParseError as problem:
        raise ConfigError(f"{name}: {head!r} is no series: {problem}") from None
    assert isinstance(selector, VectorSelector)
    return label_set((matcher.name, matcher.value) for matcher in selector.matchers)


def _sorted(times: array[int], values: array[float], form: Form) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    at, held = np.frombuffer(times, np.int64), np.frombuffer(values, np.float64)
    if (np.diff(at) <= 0).any():
        at, first = np.unique(at, return_index=True)
        held = held[first]
    if form == "dump" and math.isnan(held.sum()):
        missing = np.isnan(held) & ~is_stale(held)
        around = np.zeros(len(held), np.bool_)
        around[1:] |= missing[:-1]
        around[:-1] |= missing[1:]
        held = np.where(missing & ~around, STALE_NAN, held)
    return at, held
