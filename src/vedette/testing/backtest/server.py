"""Raw samples from a server of Prometheus' HTTP API: ``vedette up``, Prometheus, VictoriaMetrics, Thanos, Mimir.

Source: https://prometheus.io/docs/prometheus/latest/querying/api/. A range selector answers with samples as they were
stored, only without the markers that end a series. So where samples are missing, it is asked when the series was gone.
"""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections import Counter
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit, urlunsplit
from weakref import finalize

import numpy as np

from vedette.promql.ast import MatrixSelector, VectorSelector
from vedette.promql.evaluate import LOOKBACK
from vedette.promql.printer import format as show
from vedette.promql.source import STALE_NAN
from vedette.testing.backtest.answer import ServerError, read_matrix
from vedette.testing.backtest.apart import Apart
from vedette.testing.backtest.samples import AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from vedette.promql.labels import Labels, Matcher
    from vedette.testing.backtest.samples import Batch

    Series = tuple[NDArray[np.int64], NDArray[np.float64]]

__all__ = ["NoAnswerError", "Server", "ServerError"]

_POINTS: Final = 11_000
_SECONDS: Final = 120.0
_MANY: Final = 300_000
"""Samples after which processes of their own pay."""
_UNEVEN: Final = 1.5
"""A gap so many times as long as the usual one may hide the end of a series."""


class NoAnswerError(ServerError):
    """There is no server where one was looked for."""


class Server:
    """One server.

    Args:
        url: its address, ``/api/v1`` excluded.
        token: for ``Authorization: Bearer``, where it wants one.
        seconds: that one answer may take.
        apart: read long answers in processes of their own, beside the rules.

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
        self._readers: tuple[Apart, ...] = ()
        self._free: SimpleQueue[Apart] = SimpleQueue()
        self._long = apart
        self._lock = threading.Lock()
        self._read = 0

    def close(self) -> None:
        """End the processes beside, where there are any."""
        for reader in self._readers:
            reader.close()
        self._readers, self._free, self._read = (), SimpleQueue(), 0

    def load(self, matchers: Sequence[Matcher], after: int, until: int) -> Batch:
        """The series that satisfy every matcher, with their samples in ``(after, until]`` (milliseconds).

        Raises:
            NoAnswerError: it does not answer.
            ServerError: it answers, and not with samples.
        """
        if self._beside():
            reader = self._free.get()
            try:
                return reader.load(matchers, after, until)
            finally:
                self._free.put(reader)
        selector = VectorSelector("", tuple(matchers))
        # what still counted at `after` may end after it
        query = show(MatrixSelector(selector, until - after + LOOKBACK))
        body = self._ask("query", {"query": query, "time": _seconds(until)})
        found: dict[Labels, Series] = {of: (times, values) for of, times, values in read_matrix(body, self._base)}
        for start, end, step in _doubts(found, until):
            self._end(found, show(selector), start, end, step)
        with self._lock:
            self._read += sum(len(times) for times, _ in found.values())
        shared = _shared(found)
        first = {id(times): int(times.searchsorted(after, "right")) for times, _ in shared}
        rest = {id(times): times[first[id(times)] :] for times, _ in shared}
        return {
            of: (rest[id(times)], values[first[id(times)] :])
            for of, (times, values) in found.items()
            if len(rest[id(times)])
        }

    def _beside(self) -> bool:
        """Whether other processes read, which begin once it is worth it."""
        with self._lock:
            if self._long and self._read > _MANY and not self._readers:
                self._readers = tuple(Apart(self._base, self._token, self._seconds) for _ in range(AT_ONCE))
                for reader in self._readers:
                    finalize(self, reader.close)
                    self._free.put(reader)
            return bool(self._readers)

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


def _shared(found: Batch) -> list[tuple[NDArray[np.int64], int]]:
    """The times that there are, of which most series have the same, and how many have them."""
    counts = Counter(id(times) for times, _ in found.values())
    by_id = {id(times): times for times, _ in found.values()}
    return [(times, counts[key]) for key, times in by_id.items()]


def _doubts(found: Batch, until: int) -> Iterator[tuple[int, int, int]]:
    """The stretches in which a series may have ended before its last sample was too old, with a step to ask at.

    Milliseconds. To the second where that is not too much to ask, else to the usual interval of the samples.
    """
    gaps: list[tuple[int, int]] = []
    usual: list[float] = []
    for times, count in _shared(found):
        between = np.diff(times)
        normal = float(np.median(between)) if len(between) else 0.0
        usual += [normal] * count
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
