"""Prometheus text (0.0.4, 1.0.0) and OpenMetrics 1.0, read line by line into samples and metadata.

Reading here is as tolerant as Prometheus'; what only the OpenMetrics standard forbids is in ``openmetrics``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

from vedette.errors import VedetteError
from vedette.promql.labels import NAME, Labels
from vedette.promql.labels import labels as _labels

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Exemplar",
    "Exposition",
    "ExpositionError",
    "Format",
    "Metadata",
    "Sample",
    "format_of",
    "lines_of",
    "parse",
    "parse_comment",
    "parse_number",
    "parse_sample",
]

Format = Literal["text", "openmetrics"]

_MEDIA_TYPES: Final[dict[str, Format]] = {"text/plain": "text", "application/openmetrics-text": "openmetrics"}

_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)
_QUOTED = r'"([^"\\]*(?:\\.[^"\\]*)*)"'
_LABEL = re.compile(rf"([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*{_QUOTED}[ \t]*", re.ASCII)
_QUOTED_LABEL = re.compile(rf"{_QUOTED}[ \t]*(?:=[ \t]*{_QUOTED}[ \t]*)?")
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*[ \t]*", re.ASCII)
_WORD = re.compile(r"[ \t]*([^ \t{]+)")
# What strconv.ParseFloat takes less hexadecimal and underscores, which Prometheus refuses too
_NUMBER = re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf|infinity|nan)", re.ASCII | re.IGNORECASE)
_COMMENT = re.compile(
    r"#[ \t]+(HELP|TYPE|UNIT)[ \t]+(?:\"((?:[^\"\\]|\\.)*)\"|([a-zA-Z_:][a-zA-Z0-9_:]*))(?:[ \t](.*)|$)", re.ASCII
)
# What Prometheus' OpenMetrics lexer insists on: single blanks, and none within braces; quoted texts are emptied before
_SPACED = re.compile(r"(?:[^\s{]+(?:\{\S*\})?|\{\S*\}) [^\s{]+(?: [^\s{#]+)?(?: # \{\S*\} [^\s{]+(?: [^\s{]+)?)?")
_SPACED_COMMENT = re.compile(rf"# (?:HELP|TYPE|UNIT) (?:{_QUOTED}|[a-zA-Z_:][a-zA-Z0-9_:]*) ")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "\\": "\\", '"': '"'}
_TYPES: Final = frozenset(
    {"counter", "gauge", "histogram", "summary", "untyped", "unknown", "gaugehistogram", "info", "stateset"}
)
# The label that makes a bucket or a quantile a series of its own, and whose value is written in one way only
_FLOAT_LABELS: Final = {"histogram": "le", "summary": "quantile"}


class ExpositionError(VedetteError, ValueError):
    """A page that is not in the format it claims; says the line, what was found and what was expected."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line
        self.message = message


@dataclass(frozen=True, slots=True)
class Exemplar:
    """One observation behind a sample, often a trace id. ``timestamp`` in milliseconds."""

    labels: Labels
    value: float
    timestamp: int | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One line; ``labels`` hold the metric's name. ``timestamp`` in milliseconds where the page gives one."""

    labels: Labels
    value: float
    timestamp: int | None = None
    exemplar: Exemplar | None = None
    empty: tuple[str, ...] = ()
    """Labels written with an empty value: the same as none, except that they hide the target's under honor_labels."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page says about one metric family."""

    type: str = "unknown"
    help: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Exposition:
    """A whole page."""

    samples: tuple[Sample, ...] = ()
    metadata: dict[str, Metadata] = field(default_factory=dict)


def format_of(content_type: str, fallback: str = "") -> Format:
    """The format a ``Content-Type`` names.

    Args:
        content_type: the response header, ``""`` where there was none.
        fallback: ``fallback_scrape_protocol`` of the job, such as ``PrometheusText0.0.4``.

    Raises:
        ValueError: it names no text format, as a login or error page does (Prometheus 3 refuses these too).
    """
    media = content_type.partition(";")[0].strip().lower()
    found = _MEDIA_TYPES.get(media)
    if found is not None:
        return found
    if fallback.startswith("OpenMetricsText"):
        return "openmetrics"
    if fallback.startswith("PrometheusText"):
        return "text"
    what = f"Content-Type {media!r}" if media else "no Content-Type"
    raise ValueError(
        f"the page has {what}; expected text/plain or application/openmetrics-text: is this the metrics endpoint? "
        "(or set fallback_scrape_protocol: PrometheusText0.0.4)"
    )


def parse(body: bytes, format: Format = "text") -> Exposition:  # noqa: A002 - the field's word
    """Read a page.

    Args:
        body: the page, uncompressed.
        format: which of the two formats, see ``format_of``.

    Raises:
        ExpositionError: a line cannot be read, or ``# EOF`` is missing from an OpenMetrics page.
    """
    return _read(lines_of(body), format)


def lines_of(body: bytes) -> list[str]:
    """The lines of a page.

    Raises:
        ExpositionError: it is not UTF-8.
    """
    try:
        return body.decode().split("\n")
    except UnicodeDecodeError as error:
        raise ExpositionError(body.count(b"\n", 0, error.start) + 1, "not valid UTF-8") from None


def _read(lines: Sequence[str], format: Format) -> Exposition:  # noqa: A002 - the field's word
    samples: list[Sample] = []
    metadata: dict[str, Metadata] = {}
    kind = ""
    number = 0
    ended = False
    for number, line in enumerate(lines, 1):
        if ended:
            if line:
                raise ExpositionError(number, f"text after '# EOF': {_shown(line)}")
        elif line.startswith("#"):
            ended = format == "openmetrics" and line == "# EOF"
            comment = None if ended else parse_comment(line, number, format)
            if comment is not None:
                key, name, text = comment
                metadata[name] = replace(metadata.get(name, Metadata()), **{key: text})
                kind = text if key == "type" else kind
        elif line.strip(" \t") or (format == "openmetrics" and number < len(lines)):
            samples.append(parse_sample(line, number, format, kind))
    if format == "openmetrics" and not ended:
        raise ExpositionError(number, "the page does not end with '# EOF': it may have been cut short")
    return Exposition(tuple(samples), metadata)


def parse_comment(
    line: str,
    number: int,
    format: Format = "text",  # noqa: A002 - the field's word
) -> tuple[Literal["help", "type", "unit"], str, str] | None:
    """What a ``#`` line says: the key, the metric family, the text; None for an ordinary comment.

    Raises:
        ExpositionError: ``TYPE`` names a type that does not exist, or OpenMetrics does not allow the line.
    """
    match = _COMMENT.fullmatch(line)
    if format == "openmetrics" and not _SPACED_COMMENT.match(line):
        raise ExpositionError(number, f"not '# HELP', '# TYPE' or '# UNIT', a name and a text: {_shown(line)}")
    if match is None:
        return None
    name = match[3] if match[2] is None else _unescape(match[2])
    text = match[4] or ""
    if match[1] == "HELP":
        return "help", name, _unescape(text)
    text = text.strip(" \t")
    if match[1] == "UNIT":
        if format == "openmetrics" and text and not name.endswith("_" + text):
            raise ExpositionError(
                number, f"metric {name!r} has unit {text!r}, but its name does not end with '_{text}'"
            )
        return "unit", name, text
    text = text.lower()
    if text not in _TYPES:
        raise ExpositionError(number, f"metric {name!r} has type {text!r}; types are {', '.join(sorted(_TYPES))}")
    return "type", name, "unknown" if text == "untyped" else text


def parse_sample(line: str, number: int, format: Format = "text", type: str = "") -> Sample:  # noqa: A002 - the field's words
    """Read one sample line.

    Args:
        line: without its line break.
        number: 1-based, for messages.
        format: OpenMetrics has timestamps in seconds and exemplars, text has milliseconds.
        type: of the family; bounds in ``le`` and ``quantile`` are written as OpenMetrics does (``1`` as ``1.0``).

    Raises:
        ExpositionError: says the column where reading stopped.
    """
    pairs, at = _series(line, number, metric=True, float_label=_FLOAT_LABELS.get(type, ""))
    value, at = _number(line, at, number, "a value")
    timestamp: int | None = None
    exemplar: Exemplar | None = None
    at = _skip(line, at)
    if at < len(line) and line[at] != "#":
        timestamp, at = _timestamp(line, at, number, format)
        at = _skip(line, at)
    if format == "openmetrics" and line.startswith("#", at):
        at = _skip(line, at + 1)
        if not line.startswith("{", at):
            raise _unexpected(line, at, number, "'{' and the exemplar's labels")
        found, at = _series(line, number, at=at, metric=False)
        worth, at = _number(line, at, number, "the exemplar's value")
        at = _skip(line, at)
        when: int | None = None
        if at < len(line):
            when, at = _timestamp(line, at, number, format)
            at = _skip(line, at)
        exemplar = Exemplar(_labels(found), worth, when)
    if at < len(line):
        raise _unexpected(line, at, number, "the end of the line")
    if format == "openmetrics" and not _SPACED.fullmatch(re.sub(_QUOTED, '""', line)):
        raise ExpositionError(number, f"OpenMetrics has one blank before each number and no others: {_shown(line)}")
    return Sample(_labels(pairs), value, timestamp, exemplar, tuple(name for name, value in pairs.items() if not value))


def parse_number(text: str) -> float | None:
    """The number as Prometheus reads it, None where it is none."""
    return float(text) if _NUMBER.fullmatch(text) else None


def _series(line: str, number: int, *, metric: bool, at: int = 0, float_label: str = "") -> tuple[dict[str, str], int]:
    """The labels that begin at ``at``, and where they end; with ``metric`` a name is wanted."""
    at = _skip(line, at)
    pairs: dict[str, str] = {}
    match = _METRIC.match(line, at) if metric else None
    if match is not None:
        pairs[NAME] = match[0]
        at = _skip(line, match.end())
    elif metric and not line.startswith("{", at):
        raise _unexpected(line, at, number, "a metric name")
    if line.startswith("{", at):
        at = _skip(line, at + 1)
        while not line.startswith("}", at):
            match = _LABEL.match(line, at)
            if match is not None:
                name, value = match[1], match[2]
            else:
                match = _QUOTED_LABEL.match(line, at)
                if match is None or (match[2] is None and (not metric or NAME in pairs)):
                    raise _bad_label(line, at, number)
                name, value = (NAME, match[1]) if match[2] is None else (_unescape(match[1]), match[2])
            if name in pairs:
                raise ExpositionError(number, f"label {name!r} is given twice: {_shown(line)}")
            if "\\" in value:
                value = _unescape(value)
            pairs[name] = _canonical(value) if name == float_label else value
            at = match.end()
            if line.startswith(",", at):
                at = _skip(line, at + 1)
            elif not line.startswith("}", at):
                raise _unexpected(line, at, number, "',' or '}' after the label")
        at += 1
    if metric and not pairs.get(NAME):
        raise ExpositionError(number, f"no metric name: {_shown(line)}")
    return pairs, at


def _bad_label(line: str, at: int, number: int) -> ExpositionError:
    match = _LABEL_NAME.match(line, at)
    if match is None:
        return _unexpected(line, at, number, "a label name or '}'")
    at = match.end()
    if not line.startswith("=", at):
        return _unexpected(line, at, number, f"'=' after label name {match[0].strip()!r}")
    at = _skip(line, at + 1)
    if not line.startswith('"', at):
        return _unexpected(line, at, number, "a label value in double quotes")
    return ExpositionError(number, f"column {at + 1}: the label value has no closing quote: {_shown(line)}")


def _number(line: str, at: int, number: int, wanted: str) -> tuple[float, int]:
    match = _WORD.match(line, at)
    value = None if match is None else parse_number(match[1])
    if match is None or value is None:
        raise _unexpected(line, _skip(line, at), number, wanted)
    return value, match.end()


def _timestamp(line: str, at: int, number: int, format: Format) -> tuple[int, int]:  # noqa: A002 - the field's word
    match = _WORD.match(line, at)
    word = "" if match is None else match[1]
    if match is not None and format == "text" and re.fullmatch(r"-?\d+", word, re.ASCII):
        return int(word), match.end()
    value = parse_number(word) if format == "openmetrics" else None
    if match is None or value is None or value - value != 0:  # NaN and infinities are not times
        unit = "milliseconds" if format == "text" else "seconds"
        raise _unexpected(line, at, number, f"a timestamp in {unit} or the end of the line")
    return int(value * 1000), match.end()


def _skip(line: str, at: int) -> int:
    while line.startswith((" ", "\t"), at):
        at += 1
    return at


def _unescape(text: str) -> str:
    """Backslash escapes of line break, quote and backslash resolved, any other backslash left alone."""
    return _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[0]), text)


def _unexpected(line: str, at: int, number: int, wanted: str) -> ExpositionError:
    match = _WORD.match(line, at)
    found = (
        repr(line[at]) if match is None and at < len(line) else "nothing more" if match is None else _shown(match[1])
    )
    return ExpositionError(number, f"column {at + 1}: expected {wanted}, found {found} in {_shown(line)}")


def _shown(line: str) -> str:
    return repr(line if len(line) <= 100 else line[:97] + "...")


@lru_cache(maxsize=4096)
def _canonical(value: str) -> str:
    """A bound as OpenMetrics writes it, so that one series keeps its name whichever format a target speaks.

    https://prometheus.io/docs/prometheus/latest/migration/#le-and-quantile-label-values
    """
    number = parse_number(value)
    if number is None:
        return value
    if number != number:  # noqa: PLR0124 - NaN
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "+Inf" if number > 0 else "-Inf"
    # Go's %g with the fewest digits: decimal exponents below -4 and from 6 on are written out
    exact = Decimal(repr(number)).normalize()
    exponent = exact.adjusted() if number else 0
    if -4 <= exponent < 6:
        plain = format(abs(exact) if not number else exact, "f")
        return plain if "." in plain else plain + ".0"
    sign, digits, _ = exact.as_tuple()
    tail = "".join(map(str, digits[1:]))
    return f"{'-' * sign}{digits[0]}{'.' + tail if tail else ''}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
