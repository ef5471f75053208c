"""What the OpenMetrics 1.0 standard forbids beyond what cannot be read: spacing, grouping, values, names that clash.

https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vedette.formats.exposition import (
    Exposition,
    ExpositionError,
    Sample,
    lines_of,
    parse,
    parse_number,
    parse_sample,
)
from vedette.promql.labels import NAME, Labels, get, without

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["parse_strictly"]

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABELS = r"\{(?:L(?:,L)*)?\}".replace("L", r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\.)*"')
_LINE = re.compile(rf"{_NAME}(?:{_LABELS})? N(?: N)?(?: # {_LABELS} N(?: N)?)?".replace("N", r"[^\s{#]+"), re.ASCII)
_METADATA = re.compile(rf"# (HELP|TYPE|UNIT) ({_NAME}) (.*)", re.ASCII)

# Sample names of a family, by type: the suffixes its samples may have.
_SUFFIXES: Final = {
    "counter": ("_total", "_created"),
    "gauge": ("",),
    "histogram": ("_bucket", "_count", "_sum", "_created"),
    "gaugehistogram": ("_bucket", "_gcount", "_gsum"),
    "info": ("_info",),
    "stateset": ("",),
    "summary": ("", "_count", "_sum", "_created"),
    "unknown": ("",),
}
_UNITLESS: Final = frozenset({"info", "stateset"})
_EXEMPLARS: Final = {"counter": "_total", "histogram": "_bucket", "gaugehistogram": "_bucket"}
# Values that only grow, or count things, so neither NaN nor negative
_COUNTS: Final = frozenset(
    {("counter", "_total"), ("histogram", "_bucket"), ("histogram", "_count"), ("gaugehistogram", "_bucket")}
    | {("gaugehistogram", "_gcount"), ("summary", "_count"), ("summary", "_sum"), ("histogram", "_sum")}
)
_EXEMPLAR_LENGTH: Final = 128


def parse_strictly(body: bytes) -> Exposition:
    """Read a page and refuse whatever OpenMetrics 1.0 forbids, not only what cannot be read.

    Raises:
        ExpositionError: the first line that breaks the standard, or what is missing.
    """
    _validate(lines_of(body))
    return parse(body, "openmetrics")


def _validate(lines: Sequence[str]) -> None:
    """Hold a page against the standard.

    Raises:
        ExpositionError: the first line that breaks it, or what is missing.
    """
    names: set[str] = set()
    family = _Family("", 0)
    end = next((number for number, line in enumerate(lines) if line == "# EOF"), None)
    if end is None:
        raise ExpositionError(len(lines), "the page does not end with '# EOF'")
    if any(lines[end + 1 :]) or len(lines) > end + 2:
        raise ExpositionError(end + 2, "text after '# EOF'")
    for number, line in enumerate(lines[:end], 1):
        if line.startswith("#"):
            key, name, text = _metadata(line, number)
            if name != family.name:
                family = _next(family, name, number, names)
            family.describe(key, text, number)
            continue
        if not _LINE.fullmatch(line):
            raise ExpositionError(number, f"not 'name{{label=\"value\"}} number', single spaces between: {line!r}")
        sample = parse_sample(line, number, "openmetrics")
        name = get(sample.labels, NAME)
        if not family.owns(name):
            family = _next(family, name, number, names)
        family.add(sample, name, number)
    _next(family, "", end, names)


def _metadata(line: str, number: int) -> tuple[str, str, str]:
    match = _METADATA.fullmatch(line)
    if match is None:
        raise ExpositionError(number, f"a '#' line is HELP, TYPE or UNIT, a name and a text, or EOF: {line!r}")
    return match[1], match[2], match[3]


def _next(done: _Family, name: str, number: int, names: set[str]) -> _Family:
    """Close a family, with all the names that its type claims, and open another."""
    if done.name:
        claimed = {done.name} | {done.name + suffix for suffix in _SUFFIXES[done.type]}
        clash = sorted(names & claimed)
        if clash:
            raise ExpositionError(
                done.line, f"metric family {done.name!r} clashes with an earlier one over {clash[0]!r}"
            )
        names |= claimed
        done.close()
    return _Family(name, number)


class _Family:
    """The metric family being read."""

    def __init__(self, name: str, line: int) -> None:
        self.name = name
        self.line = line
        self._said: dict[str, str] = {}
        self._groups: dict[Labels, _Group] = {}
        self._last: Labels | None = None

    @property
    def type(self) -> str:
        return self._said.get("TYPE", "unknown")

    def describe(self, key: str, text: str, number: int) -> None:
        if key in self._said:
            raise ExpositionError(number, f"{key} of {self.name!r} is given twice")
        if self._groups:
            raise ExpositionError(number, f"{key} of {self.name!r} comes after its samples")
        if key == "TYPE" and text not in _SUFFIXES:
            raise ExpositionError(number, f"type of {self.name!r} is {text!r}; types are {', '.join(_SUFFIXES)}")
        if key == "UNIT" and text and not self.name.endswith("_" + text):
            raise ExpositionError(number, f"the name of {self.name!r} does not end with its unit {text!r}")
        self._said[key] = text
        if self.type in _UNITLESS and self._said.get("UNIT"):
            raise ExpositionError(number, f"{self.name!r} is of type {self.type}, which has no unit")

    def owns(self, sample: str) -> bool:
        return bool(self.name) and any(self.name + suffix == sample for suffix in _SUFFIXES[self.type])

    def add(self, sample: Sample, name: str, number: int) -> None:
        kind, suffix = self.type, name[len(self.name) :]
        if not self.owns(name):
            raise ExpositionError(number, f"{name!r} is no sample of {self.name!r}, which is of type {kind}")
        extra = _extra_label(kind, suffix, self.name)
        if extra and extra not in dict(sample.labels):
            raise ExpositionError(number, f"{name!r} lacks the label {extra!r} that its type {kind} needs")
        _check_value(sample, kind, suffix, number)
        if sample.exemplar is not None:
            if _EXEMPLARS.get(kind) != suffix:
                raise ExpositionError(number, f"{name!r} of type {kind} cannot have an exemplar")
            length = sum(len(key) + len(value) for key, value in sample.exemplar.labels)
            if length > _EXEMPLAR_LENGTH:
                raise ExpositionError(
                    number, f"the exemplar's labels have {length} characters, over {_EXEMPLAR_LENGTH}"
                )
        key = without(sample.labels, NAME, *([extra] if extra else ()))
        if key != self._last and key in self._groups:
            raise ExpositionError(number, f"samples of one metric of {self.name!r} are not together")
        self._last = key
        self._groups.setdefault(key, _Group(kind)).add(sample, suffix, number)

    def close(self) -> None:
        for group in self._groups.values():
            group.close(self.name, self.line)


def _extra_label(kind: str, suffix: str, family: str) -> str:
    """The label that tells the samples of one metric apart."""
    if kind == "stateset":
        return family
    if kind in {"histogram", "gaugehistogram"} and suffix == "_bucket":
        return "le"
    return "quantile" if kind == "summary" and not suffix else ""


def _check_value(sample: Sample, kind: str, suffix: str, number: int) -> None:
    value = sample.value
    if (kind, suffix) in _COUNTS and not value >= 0:
        # a histogram's sum may be negative where it has negative buckets, but then it must not be exposed at all
        raise ExpositionError(number, f"a {kind}'s {suffix} is {value}; it can be neither negative nor NaN")
    if kind == "info" and value != 1:
        raise ExpositionError(number, f"an info metric is always 1, not {value}")
    if kind == "stateset" and value not in {0, 1}:
        raise ExpositionError(number, f"a state is 0 or 1, not {value}")
    if kind == "gaugehistogram" and suffix == "_gsum" and value != value:  # noqa: PLR0124 - NaN
        raise ExpositionError(number, "a gaugehistogram's _gsum is NaN")
    if kind == "summary" and not suffix:
        quantile = parse_number(get(sample.labels, "quantile"))
        if quantile is None or not 0 <= quantile <= 1:
            raise ExpositionError(number, f"quantile {get(sample.labels, 'quantile')!r} is not between 0 and 1")
        if value < 0:
            raise ExpositionError(number, f"a quantile's value is {value}; it cannot be negative")


class _Group:
    """The samples of one metric: one label set of a family."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._timestamp: int | None = None
        self._any = False
        self._seen: set[tuple[str, Labels]] = set()
        self._buckets: list[tuple[float, float]] = []
        self._single: dict[str, float] = {}

    def add(self, sample: Sample, suffix: str, number: int) -> None:
        if self._any and (sample.timestamp is None) != (self._timestamp is None):
            raise ExpositionError(number, "some samples of this metric have a timestamp and some have none")
        if self._timestamp is not None and sample.timestamp is not None and sample.timestamp < self._timestamp:
            raise ExpositionError(number, "timestamps of this metric run backwards")
        fresh = self._any and sample.timestamp is not None and sample.timestamp != self._timestamp
        self._any, self._timestamp = True, sample.timestamp
        if fresh:
            self._buckets.clear()
            self._single.clear()
        if sample.timestamp is None:
            key = (suffix, sample.labels)
            if key in self._seen:
                raise ExpositionError(number, "the same series stands here twice")
            self._seen.add(key)
        if suffix == "_bucket":
            self._bucket(sample, number)
        elif suffix:
            self._single[suffix] = sample.value

    def close(self, name: str, line: int) -> None:
        if self._kind not in {"histogram", "gaugehistogram"}:
            return
        count, total = ("_gcount", "_gsum") if self._kind == "gaugehistogram" else ("_count", "_sum")
        if not self._buckets or self._buckets[-1][0] != float("inf"):
            raise ExpositionError(line, f'{name!r} has no bucket le="+Inf"')
        if (count in self._single) != (total in self._single):
            raise ExpositionError(line, f"{name!r} has only one of {count} and {total}")
        if count in self._single and self._single[count] != self._buckets[-1][1]:
            raise ExpositionError(line, f'{name!r}: {count} is not the value of bucket le="+Inf"')
        negative = self._buckets[0][0] < 0
        if self._kind == "histogram" and negative and total in self._single:
            raise ExpositionError(line, f"{name!r} has negative buckets and so can have no _sum")
        if self._kind == "gaugehistogram" and not negative and self._single.get(total, 0) < 0:
            raise ExpositionError(line, f"{name!r} has a negative _gsum but no negative bucket")

    def _bucket(self, sample: Sample, number: int) -> None:
        text = get(sample.labels, "le")
        bound = parse_number(text)
        if bound is None or bound != bound or (bound == float("inf") and text != "+Inf"):  # noqa: PLR0124 - NaN
            raise ExpositionError(number, f"bucket bound {text!r} is neither a number nor '+Inf'")
        if self._buckets and bound <= self._buckets[-1][0]:
            raise ExpositionError(number, f"bucket le={text!r} is not above the one before it")
        if self._buckets and sample.value < self._buckets[-1][1]:
            raise ExpositionError(number, f"bucket le={text!r} counts fewer than the one before it")
        self._buckets.append((bound, sample.value))
