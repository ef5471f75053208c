"""Reads answers of Prometheus' API that have samples: two numbers each, as text, forty million of them in a backtest.

Such an answer is read as columns: eight characters are one 64-bit word, and the words of all samples of a series are
turned into digits together. What is spelled in an unusual way, or has more digits than a float holds exactly, is read
one by one. Source of the arithmetic: https://lemire.me/blog/2022/01/21/swar-explained-parsing-eight-digits/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson

from vedette.errors import ConfigError
from vedette.promql.labels import labels as label_set

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from vedette.promql.labels import Labels

    Series = tuple[Labels, NDArray[np.int64], NDArray[np.float64]]
    Words = NDArray[np.uint64]
    Places = NDArray[np.intp]

__all__ = ["ServerError", "read_matrix"]

_TENS: Final = 10 ** np.arange(20, dtype=np.uint64)
_EXACT: Final = np.uint64(2**53)
"""Up to here every whole number is a float, so that dividing it by a power of ten rounds once, as reading should."""
_DIGITS: Final = 16
"""Of a part of a number, before or after the point, that two words hold."""
_ZEROS: Final = np.uint64(0x3030303030303030)
_BETWEEN: Final = int.from_bytes(b'"],[', "little")
_BEFORE: Final = int.from_bytes(b',"', "little")
_NOWHERE: Final = np.empty(0, np.intp)


class ServerError(ConfigError):
    """The server does not answer, or not with samples."""


def read_matrix(body: bytes, where: str) -> Iterator[Series]:
    """The series of an answer of type ``matrix``: milliseconds and values; histograms are left out.

    Series with the same times share their array.

    Raises:
        ServerError: it is none.
    """
    if not body.startswith(b'{"status":"success"') or b'"resultType":"matrix"' not in body[:200]:
        yield from _read_slowly(body, where)
        return
    text = _Text(body)
    at = body.find(b'{"metric":', body.find(b'"result":['))
    while at >= 0:
        middle = body.find(b',"values":[[', at)
        following = body.find(b'{"metric":', at + 1)
        end = body.rfind(b"]]", middle, following if following >= 0 else len(body))
        try:
            if min(middle, end) < 0 or 0 <= following < middle:
                raise ValueError("it is spelled otherwise")  # noqa: TRY301 - as the others are
            metric: dict[str, str] = orjson.loads(body[at + 10 : middle])
            times, values = text.pairs(middle + 12, end)
        except ValueError:  # or a series with histograms alone stands before it
            yield from _read_slowly(b'{"data":{"result":[' + body[at:], where, whole=False)
            return
        yield label_set(metric), times, values
        at = following


class _Text:
    """The text of an answer, and views of it that begin at every character."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._characters = np.frombuffer(body, np.uint8)
        self._words = np.ndarray((len(body) - 7,), "<u8", body, strides=(1,))
        self._fours = np.ndarray((len(body) - 3,), "<u4", body, strides=(1,))
        self._twos = np.ndarray((len(body) - 1,), "<u2", body, strides=(1,))
        self._last_text: tuple[NDArray[Any], ...] = (_NOWHERE,) * 3
        self._last = np.empty(0, np.int64)

    def pairs(self, start: int, end: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Times and values of ``1.5,"2"],[3,"4"``, which stands there.

        Raises:
            ValueError: it is not made of those.
        """
        quotes = np.flatnonzero(self._characters[start:end] == ord('"')) + start
        opened, closed = quotes[0::2], quotes[1::2]
        if (
            len(opened) != len(closed)
            or not len(closed)
            or closed[-1] != end - 1
            or np.any(self._fours[closed[:-1]] != _BETWEEN)
            or np.any(self._twos[opened - 1] != _BEFORE)
        ):
            raise ValueError("it is spelled otherwise")
        points = of = _NOWHERE
        if self._body.find(b".", start, end) >= 0:
            points = np.flatnonzero(self._characters[start:end] == ord(".")) + start
            of = quotes.searchsorted(points)  # the even ones stand before a value, in a time
        of_time = of % 2 == 0
        times = self._times(np.concatenate([[start], closed[:-1] + 4]), opened - 1, points[of_time], of[of_time] // 2)
        return times, self._numbers(opened + 1, closed, points[~of_time], of[~of_time] // 2)

    def _times(self, starts: Places, ends: Places, points: Places, of: Places) -> NDArray[np.int64]:
        """As ``_numbers``, in milliseconds; those of the series before where they are the same."""
        lengths = ends - starts
        # of 8 to 16 characters the first eight and the last eight are all
        text = lengths, self._words[starts], self._words[ends - 8]
        same = len(lengths) == len(self._last) and all(map(np.array_equal, text, self._last_text))
        if not same or lengths.min() < 8 or lengths.max() > 16:
            seconds = self._numbers(starts, ends, points, of)
            self._last_text, self._last = text, np.rint(seconds * 1000).astype(np.int64)
        return self._last

    def _numbers(self, starts: Places, ends: Places, points: Places, of: Places) -> NDArray[np.float64]:
        """The numbers between these places; ``points`` are theirs, each belonging to the number ``of``."""
        negative = self._characters[starts] == ord("-")
        starts = starts + negative
        if len(points):
            values, odd = self._decimals(starts, ends, points, of)
        else:
            found, odd = self._digits(ends, ends - starts)
            odd |= (ends <= starts) | (found > _EXACT)
            values = found.astype(np.float64)
        np.negative(values, out=values, where=negative)
        for at in np.flatnonzero(odd).tolist():
            values[at] = float(self._body[starts[at] - negative[at] : ends[at]])
        return values

    def _decimals(
        self, starts: Places, ends: Places, points: Places, of: Places
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """As ``_numbers`` without signs, and which of them are spelled otherwise or are too long."""
        middles = ends.copy()
        middles[of] = points
        lengths = np.zeros(len(ends), np.intp)  # of what stands behind the point
        lengths[of] = ends[of] - points - 1
        whole, odd = self._digits(middles, middles - starts)
        part, bad = self._digits(ends, lengths)
        odd |= bad | (middles <= starts) | (middles - starts + lengths > _DIGITS)
        odd[of[1:][of[1:] == of[:-1]]] = True  # two points
        tens = _TENS[np.minimum(lengths, _DIGITS)]
        found = whole * tens + part
        return found.astype(np.float64) / tens.astype(np.float64), odd | (found > _EXACT)

    def _digits(self, ends: Places, lengths: Places) -> tuple[Words, NDArray[np.bool_]]:
        """The whole numbers of so many digits that end there, and which of them are none, or too long."""
        found, bad = _of_words(self._words[ends - 8], np.minimum(lengths, 8))
        long = np.flatnonzero(lengths > 8)
        if len(long):
            more, worse = _of_words(self._words[ends[long] - 16], np.minimum(lengths[long] - 8, 8))
            found[long] += more * _TENS[8]
            bad[long] |= worse | (lengths[long] > _DIGITS)
        return found, bad


def _of_words(words: Words, lengths: Places) -> tuple[Words, NDArray[np.bool_]]:
    """The whole numbers that the last so many of eight characters spell, and which of them are none."""
    # the first character is the lowest byte
    others = ((8 - lengths) * 8).astype(np.uint64)
    digits = (words >> others << others) ^ (_ZEROS >> others << others)
    bad = ((digits + np.uint64(0x7676767676767676)) | digits) & np.uint64(0x8080808080808080) != 0
    pairs = (digits * np.uint64(10 * 2**8 + 1)) >> np.uint64(8) & np.uint64(0x00FF00FF00FF00FF)
    fours = (pairs * np.uint64(100 * 2**16 + 1)) >> np.uint64(16) & np.uint64(0x0000FFFF0000FFFF)
    return (fours * np.uint64(10_000 * 2**32 + 1)) >> np.uint64(32), bad


def _read_slowly(body: bytes, where: str, *, whole: bool = True) -> Iterator[Any]:
    """Any spelling of the same JSON."""
    try:
        answer = orjson.loads(body)
        if whole and answer["data"]["resultType"] != "matrix":
            raise ServerError(f"{where}: expected a matrix, found a {answer['data']['resultType']}")
        for series in answer["data"]["result"]:
            values = series.get("values", ())
            if values:
                times = np.array([round(float(time) * 1000) for time, _ in values], np.int64)
                yield label_set(series["metric"]), times, np.array([float(value) for _, value in values])
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        said = body[:80].decode("utf-8", "replace")
        raise ServerError(f"{where}: it does not answer as Prometheus' API does, but with {said!r}") from problem
