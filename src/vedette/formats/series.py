"""The notation of Prometheus' tests for series: ``name{a="b"}`` and ``0+10x60 _x5 stale``.

The notation: https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/#series
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final, TypeVar

from vedette.errors import VedetteError
from vedette.promql.labels import NAME, Labels, labels
from vedette.promql.lexer import ParseError, tokenize, unquote
from vedette.promql.source import STALE_NAN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = [
    "MAX_SAMPLES",
    "NUMBER",
    "NotationError",
    "label_set",
    "number",
    "read_labels",
    "read_samples",
    "write_labels",
]

MAX_SAMPLES: Final = 10_000_000
"""Of one series: the guard against a repetition that would fill the memory. A year at 15 s is 2 million."""

NUMBER: Final = r"(?:(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:[eE][-+]?\d+)?|[iI][nN][fF]|[nN][aA][nN])"
"""A number without its sign, as a pattern."""
_ITEM = re.compile(
    rf"_(?:x(?P<blank>\d+))?|(?P<stale>stale)"
    rf"|(?P<start>[-+]?{NUMBER})(?:(?P<by>[-+]{NUMBER})(?=x))?(?:x(?P<times>\d+))?"
    r"|(?P<native>\{\{.*?\}\}(?:[-+]\{\{.*?\}\})?)(?:x(?P<repeat>\d+))?"
)
_BLANK = re.compile(r"[ \t\r\n]*")
_WORD = re.compile(r"[^ \t\r\n]*")
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)
_NO_NAMES: Final = frozenset({"inf", "nan", "bool"})
"""Words that Prometheus does not read as a metric's name here."""

_Native = TypeVar("_Native")


class NotationError(VedetteError, ValueError):
    """A text is no series or no samples; ``position`` is the offset of the character."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


def read_samples(
    text: str, histogram: Callable[[str], _Native] | None = None
) -> list[float | None] | list[float | _Native | None]:
    """``1+2x3 _ stale`` expanded; None where there is no sample, ``STALE_NAN`` where the series ends.

    Args:
        text: items with blanks between them. ``a+bxn`` are n + 1 samples, ``axn`` as well, ``_xn`` are n gaps.
        histogram: makes something of ``{{…}}``; without it native histograms are refused.

    Raises:
        NotationError: an item that is none of these, or too many.
    """
    found: list[float | _Native | None] = []
    for at, match in _items(text):
        count = int(match["times"] or match["repeat"] or 0) + 1
        if match["blank"] is not None:
            count = int(match["blank"])
        if len(found) + count > MAX_SAMPLES:
            raise NotationError(f"more than {MAX_SAMPLES:,} samples of one series; make the repetition smaller", at)
        if match["native"]:
            if histogram is None:
                raise NotationError(
                    "{{…}} is a native histogram, which the tests of rules here do not know; test with the classic "
                    "series _bucket, _sum and _count, or run this file with promtool", at
                )  # fmt: skip
            found += [histogram(match["native"])] * count
        elif match["start"]:
            value, by = _finite(match["start"], at), _finite(match["by"] or "0", at)
            for _ in range(count):
                found.append(value)
                value += by
        elif match["stale"]:
            found.append(STALE_NAN)
        else:
            found += [None] * count
    return found


def _items(text: str) -> Iterator[tuple[int, re.Match[str]]]:
    at = _end(_BLANK, text, 0)
    while at < len(text):
        match = _ITEM.match(text, at)
        end = match.end() if match else at
        if match is None or (end < len(text) and text[end] not in " \t\r\n"):
            word = text[at : _end(_WORD, text, at)]
            raise NotationError(
                f"{word!r} is no sample; write a number, 'a+bxn', 'axn', '_', '_xn' or 'stale'{_meant(word)}", at
            )
        yield at, match
        at = _end(_BLANK, text, end)


def _meant(word: str) -> str:
    if re.fullmatch(rf"[-+]?{NUMBER}[-+]{NUMBER}", word):
        return f": a step needs its repetition, '{word}x10'"
    if re.fullmatch(r"stalex\d+", word):
        return ": 'stale' stands alone, a series ends once"
    return ""


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _finite(text: str, at: int) -> float:
    value = number(text)
    if math.isinf(value) and "f" not in text.lower():
        raise NotationError(f"{text} is too large for a number of 64 bits", at)
    return value


def number(text: str) -> float:
    """A float as PromQL writes it: ``-1_000``, ``1e3``, ``+Inf``, ``NaN``."""
    sign = -1.0 if text.startswith("-") else 1.0
    return sign * float(text.lstrip("+-"))


def read_labels(text: str) -> Labels:
    """``name{a="b"}`` as a label set; ``{}`` and ``""`` are the empty one, and a label without value is none.

    Raises:
        NotationError: it is not of that form, a label stands twice, or a matcher is not ``=``.
    """
    try:
        return labels(dict(label_set(text)))
    except ParseError as error:
        raise NotationError(error.message, error.position) from None


def label_set(text: str) -> Iterator[tuple[str, str]]:
    """The pairs of ``name{a="b"}`` in their order, the name first, as ``read_labels`` reads them."""
    kinds, texts, starts = tokenize(text)
    at = 0
    seen: set[str] = set()
    if _NAME.fullmatch(texts[0]) and texts[0].lower() not in _NO_NAMES:
        seen.add(NAME)
        yield NAME, texts[0]
        at = 1
        if kinds[1] == "{" and starts[1] != starts[0] + len(texts[0]):
            raise NotationError("a blank before '{'; write the labels right behind the name", starts[1])
    if kinds[at] == "{":
        at += 1
        while kinds[at] != "}":
            name, value, after = _pair(text, kinds, texts, starts, at)
            if name in seen:
                raise NotationError(f"the label {name!r} stands twice; keep one", starts[at])
            seen.add(name)
            yield name, value
            at = after
            if kinds[at] == ",":
                at += 1
            elif kinds[at] != "}":
                raise _unexpected("',' or '}'", texts[at], starts[at])
        at += 1
    if kinds[at] != "end":
        raise _unexpected('a series such as up{job="shop"}' if not at else "nothing more", texts[at], starts[at])


def _pair(text: str, kinds: list[str], texts: list[str], starts: list[int], at: int) -> tuple[str, str, int]:
    """A label and its value, or the name of the metric in quotes; with the position behind it."""
    quoted = kinds[at] == "string"
    name = unquote(texts[at], text, starts[at]) if quoted else texts[at]
    if not quoted and not _LABEL.fullmatch(name):
        raise _unexpected("the name of a label, or '}'", texts[at], starts[at])
    if quoted and kinds[at + 1] in (",", "}"):
        return NAME, name, at + 1
    if kinds[at + 1] != "=":
        raise _unexpected(
            f"'=' behind {name!r}, for a series has one value of each label", texts[at + 1], starts[at + 1]
        )
    if kinds[at + 2] != "string":
        raise _unexpected(f"the value of {name!r} in quotes", texts[at + 2], starts[at + 2])
    return name, unquote(texts[at + 2], text, starts[at + 2]), at + 3


def _unexpected(expected: str, found: str, at: int) -> NotationError:
    return NotationError(f"expected {expected}, found {repr(found) if found else 'the end'}", at)


def write_labels(of: Mapping[str, str] | Labels) -> str:
    """``name{a="b"}``, which ``read_labels`` reads back."""
    pairs = dict(of)
    name = pairs.pop(NAME, "")
    inner = ",".join(f"{key}={_quoted(value)}" for key, value in pairs.items())
    return f"{name}{{{inner}}}" if inner or not name else name


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
