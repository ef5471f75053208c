"""Raw samples from a server of Prometheus' HTTP API: ``vedette up``, Prometheus, VictoriaMetrics, Thanos, Mimir.

Source: https://prometheus.io/docs/prometheus/latest/querying/api/. A range selector answers with samples as they were
stored, only without the markers that end a series. So where samples are missing, it is asked when the series was gone.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import warnings
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit, urlunsplit
from weakref import finalize

import numpy as np
import orjson

from vedette.errors import ConfigError
from vedette.promql.ast import MatrixSelector, VectorSelector
from vedette.promql.evaluate import LOOKBACK
from vedette.promql.labels import Labels
from vedette.promql.labels import labels as label_set
from vedette.promql.printer import format as show
from vedette.promql.source import STALE_NAN
from vedette.testing.backtest.apart import Apart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from vedette.promql.labels import Matcher
    from vedette.testing.backtest.samples import Batch

    Series = tuple[NDArray[np.int64], NDArray[np.float64]]

__all__ = ["NoAnswerError", "Server", "ServerError", "read_matrix"]

_POINTS: Final = 11_000
_SECONDS: Final = 120.0
_MANY: Final = 1_000_000
"""Samples after which a process of its own pays."""
_UNEVEN: Final = 1.5
"""A gap so many times as long as the usual one may hide the end of a series."""


class ServerError(ConfigError):
    """The server does not answer, or not with samples."""


class NoAnswerError(ServerError):
    """There is no server where one was looked for."""


class Server:
    """One server.

    Args:
        url: its address, ``/api/v1`` excluded.
        token: for ``Authorization: Bearer``, where it wants one.
        seconds: that one answer may take.
        apart: read long answers in a process of its own, beside the rules.

    Raises:
        ServerError: the address is none.
    """

    def __init__(self, url: str, token: str = "", *, seconds: float = _SECONDS, apart: bool = True) -> None:
        text = url if "://" in url else f"http://{url}"
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ServerError(f"{url!r} is no address of a server; write for example http://localhost:9090")
        self._base = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))
        self._token = token
        self._seconds = seconds
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._apart: Apart | None = None
        self._long = apart
        self._read = 0

    def close(self) -> None:
        """End the process beside, where there is one."""
        if self._apart is not None:
            self._apart.close()
            self._apart = None

    def load(self, matchers: Sequence[Matcher], after: int, until: int) -> Batch:
        """The series that satisfy every matcher, with their samples in ``(after, until]`` (milliseconds).

        Raises:
            NoAnswerError: it does not answer.
            ServerError: it answers, and not with samples.
        """
        if self._apart is not None:
            return self._apart.load(matchers, after, until)
        selector = VectorSelector("", tuple(matchers))
        # what still counted at `after` may end after it
        query = show(MatrixSelector(selector, until - after + LOOKBACK))
        body = self._ask("query", {"query": query, "time": _seconds(until)})
        found: dict[Labels, Series] = {of: (times, values) for of, times, values in read_matrix(body, self._base)}
        for start, end, step in _doubts(found, until):
            self._end(found, show(selector), start, end, step)
        self._read += sum(len(times) for times, _ in found.values())
        if self._long and self._read > _MANY:
            self._apart = Apart(self._base, self._token, self._seconds)
            finalize(self, self._apart.close)
        cut: dict[Labels, Series] = {}
        for of, (times, values) in found.items():
            first = int(times.searchsorted(after, "right"))
            if first < len(times):
                cut[of] = (times[first:], values[first:])
        return cut

    def _end(self, found: dict[Labels, Series], selector: str, start: int, end: int, step: int) -> None:
        """Add the markers of series that end in ``[start, end]`` while their last sample would still count."""
        form = {"query": selector, "start": _seconds(start), "end": _seconds(end), "step": _seconds(step)}
        seen = {of: times for of, times, _ in read_matrix(self._ask("query_range", form), self._base)}
        steps = np.arange(start, end + 1, step, dtype=np.int64)
        for of, (times, values) in list(found.items()):
            last = times[np.maximum(times.searchsorted(steps, "right") - 1, 0)]
            counts = (last <= steps) & (last > steps - LOOKBACK)
            gone = steps[counts & ~np.isin(steps, seen.get(of, ()))]
            if len(gone):
                # one marker for each sample that was the last one
                of_last = times.searchsorted(gone, "right")
                firsts = gone[np.unique(of_last, return_index=True)[1]]
                firsts = firsts[~np.isin(firsts, times)]
                at = times.searchsorted(firsts)
                found[of] = (np.insert(times, at, firsts), np.insert(values, at, STALE_NAN))

    def _ask(self, path: str, form: dict[str, str]) -> bytes:
        url = f"{self._base}/api/v1/{path}"
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        request = urllib.request.Request(url, urlencode(form).encode(), headers)  # noqa: S310 - http and https only
        try:
            with self._opener.open(request, timeout=self._seconds) as answer:
                body: bytes = answer.read()
        except urllib.error.HTTPError as error:
            raise ServerError(f"{url}: {_reason(error)}") from None
        except OSError as error:
            why = getattr(error, "reason", error)
            raise NoAnswerError(f"{url}: no answer: {why}") from None
        return body


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        said = json.loads(error.read())["error"]
    except (ValueError, KeyError, TypeError, OSError):
        said = error.reason
    return f"it answers {error.code}: {said}"


def _seconds(ms: int) -> str:
    return f"{ms // 1000}.{ms % 1000:03d}"


def _doubts(found: Batch, until: int) -> Iterator[tuple[int, int, int]]:
    """The stretches in which a series may have ended before its last sample was too old, with a step to ask at.

    Milliseconds. To the second where that is not too much to ask, else to the usual interval of the samples.
    """
    gaps: list[tuple[int, int]] = []
    usual: list[float] = []
    for times, _ in found.values():
        between = np.diff(times)
        normal = float(np.median(between)) if len(between) else 0.0
        usual.append(normal)
        wide = np.flatnonzero(between > _UNEVEN * normal) if normal else ()
        gaps += [(int(times[at]) + 1, min(int(times[at]) + LOOKBACK, int(times[at + 1]))) for at in wide]
        if int(times[-1]) + _UNEVEN * normal < until or not normal:
            gaps.append((int(times[-1]) + 1, min(int(times[-1]) + LOOKBACK, until)))
    merged: list[list[int]] = []
    for start, end in sorted(set(gaps)):
        if merged and start <= merged[-1][1] + 1000:
            merged[-1][1] = max(end, merged[-1][1])
        elif start <= end:
            merged.append([start, end])
    length = sum(end - start for start, end in merged)
    fine = 1000 if length <= _POINTS * 1000 else max(1000, int(np.median(usual)) if usual else 1000)
    for start, end in merged:
        first = -(-start // fine) * fine
        while first <= end:
            last = min(end, first + (_POINTS - 1) * fine)
            yield first, last, fine
            first = last + fine


def read_matrix(body: bytes, where: str) -> Iterator[tuple[Labels, NDArray[np.int64], NDArray[np.float64]]]:
    """The series of an answer of type ``matrix``; histograms are left out.

    Raises:
        ServerError: it is none.
    """
    if not body.startswith(b'{"status":"success"') or b'"resultType":"matrix"' not in body[:200]:
        yield from _read_slowly(body, where)
        return
    at = body.find(b'"result":[')
    while (at := body.find(b'{"metric":', at)) >= 0:
        middle = body.find(b',"values":[[', at)
        end = body.find(b"]]", middle)
        try:
            if min(middle, end) < 0:
                raise ValueError("it is spelled otherwise")  # noqa: TRY301 - as the two others are
            metric: dict[str, str] = orjson.loads(body[at + 10 : middle])
            pairs = _pairs(body[middle + 11 : end])
        except ValueError:  # or a series with histograms alone stands before it
            yield from _read_slowly(b'{"data":{"result":[' + body[at:], where, whole=False)
            return
        yield label_set(metric), np.rint(pairs[:, 0] * 1000).astype(np.int64), pairs[:, 1].copy()
        at = end


def _pairs(text: bytes) -> NDArray[np.float64]:
    """Times and values of ``[1,"2"],[3,"4"``.

    Raises:
        ValueError: it is not made of those.
    """
    count = text.count(b"[")
    bare = text.translate(None, b'[]"').decode("ascii")
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        try:
            return np.fromstring(bare, sep=",", count=2 * count).reshape(count, 2)
        except DeprecationWarning as problem:  # what numpy says of a text with something else in it
            raise ValueError(str(problem)) from None


def _read_slowly(body: bytes, where: str, *, whole: bool = True) -> Iterator[tuple[Labels, Any, Any]]:
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
