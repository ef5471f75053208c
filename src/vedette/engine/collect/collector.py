"""The scrape schedule and what becomes of each page: a step machine with no clock, task or network in it.

https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from vedette.engine.collect.series import Ingest, LimitError
from vedette.engine.collect.targets import DEFAULT_BODY_LIMIT, Discovery, Target, discover
from vedette.formats.exposition import ExpositionError, Metadata, format_of
from vedette.promql.labels import Labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.engine.tsdb.head import Head
    from vedette.formats.prometheus import PrometheusConfig

__all__ = ["ACCEPT", "Collector", "Scrape", "TargetStatus"]

ACCEPT: Final = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
    "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)
"""OpenMetrics where the target has it, then text; the order Prometheus 3 asks in without protobuf."""

# Milliseconds that a scrape may be late and still carry the time of its tick: the smaller of these and 1 % of the
# interval, as in Prometheus, whose blocks compress better for it.
_TOLERANCE: Final = 2
# The first scrapes come within this many milliseconds, not within an interval, so that a new start shows data at once;
# the fewer targets there are, the sooner.
_FIRST_WITHIN: Final = 1000
_FIRST_EACH: Final = 20

Health = Literal["up", "down", "unknown"]


@dataclass(frozen=True, slots=True)
class Scrape:
    """One scrape to make now."""

    target: Target
    url: str
    headers: Mapping[str, str]
    timeout: float
    """Seconds, from connecting to the last byte."""
    timestamp: int
    """Milliseconds; what the samples will carry."""
    body_limit: int
    """Bytes of the uncompressed page."""
    token_file: Path | None
    """File with the bearer token to send."""
    follow_redirects: bool


@dataclass(frozen=True, slots=True)
class TargetStatus:
    """How a target does."""

    job: str
    """The job of the configuration (Prometheus' scrape pool)."""
    url: str
    labels: Labels
    discovered_labels: Labels
    health: Health
    last_error: str
    last_scrape: int
    """Milliseconds, 0 before the first."""
    last_duration: float
    """Seconds."""
    interval: int
    """Milliseconds."""
    timeout: int
    """Milliseconds."""
    samples: int
    """Of the last scrape that worked, before relabelling."""
    duplicates: int
    """Samples of the last scrape that stood on the page twice; the first counted."""


class _Loop:
    """One target on schedule."""

    __slots__ = ("due", "duration", "error", "flying", "health", "ingest", "last", "samples", "target")

    def __init__(self, target: Target, ingest: Ingest, due: int) -> None:
        self.target = target
        self.ingest = ingest
        self.due = due
        self.flying: int | None = None
        self.health: Health = "unknown"
        self.error = ""
        self.last = 0
        self.duration = 0.0
        self.samples = 0


_Key = tuple[str, Labels, str]


class Collector:
    """Says which scrapes are due and stores what they bring.

    The driver calls ``step(now)`` when ``next_due()`` has come, fetches each scrape it returns, and answers each with
    ``ingest``, ``fail`` or ``postpone``. All of it from one thread, but a page may be ingested in another: its target
    is not due again before that has ended.
    """

    def __init__(self, config: PrometheusConfig, head: Head, *, start: int, folder: Path = Path()) -> None:
        """Begin the schedule.

        Args:
            config: the read ``prometheus.yml``.
            head: where samples go.
            start: now, milliseconds.
            folder: the configuration's folder, to which file paths in it are relative.

        Raises:
            ConfigError: a relabelling step or a job's timeout cannot work.
        """
        self._head = head
        self._folder = folder
        self._loops: dict[_Key, _Loop] = {}
        self._leaving: dict[_Key, tuple[int, int, _Loop]] = {}
        self._queue: list[tuple[int, int]] = []
        self._serial = 0
        self._queued: dict[int, _Loop] = {}
        self._discovery = Discovery()
        self.reload(config, start)

    @property
    def problems(self) -> tuple[str, ...]:
        """What of the configuration has no effect here, one message each."""
        return self._discovery.problems

    @property
    def dropped(self) -> tuple[tuple[str, Labels], ...]:
        """Job and discovered labels of the targets that relabelling dropped."""
        return self._discovery.dropped

    def reload(self, config: PrometheusConfig, now: int) -> None:
        """Take a changed configuration, or read ``file_sd_configs`` again. Targets that stay keep their schedule.

        A target that is gone gets its staleness markers two intervals and a tenth later, unless it has come back.

        Raises:
            ConfigError: the configuration cannot work; the old one stays.
        """
        self._discovery = discover(config, self._folder)
        wanted = {target.key: target for target in self._discovery.targets}
        for key, loop in list(self._loops.items()):
            if key not in wanted:
                del self._loops[key]
                if loop.last:
                    interval = loop.target.interval
                    stale = _tick_after(loop.target, now)
                    self._leaving[key] = (stale + interval + interval // 10, stale, loop)
                else:
                    loop.ingest.close()
        spread = min(_FIRST_WITHIN, _FIRST_EACH * len(wanted))
        for key, target in wanted.items():
            known = self._loops.get(key) or self._returning(key)
            if known is None:
                first = now + target.offset % min(target.interval, spread)
                loop = _Loop(target, Ingest(self._head, target), first)
                self._enqueue(loop)
            else:
                loop = known
            if known is not None and (loop.target != target or key not in self._loops):
                loop.ingest.reconfigure(target)
                loop.target = target
                loop.due = _tick_after(target, now)
                self._enqueue(loop)
            self._loops[key] = loop

    def next_due(self) -> int | None:
        """When ``step`` has something to do, in milliseconds; None with no target."""
        while self._queue and self._stale_entry(self._queue[0]):
            self._queued.pop(heapq.heappop(self._queue)[1], None)
        scrape = self._queue[0][0] if self._queue else None
        leave = min((due for due, _, _ in self._leaving.values()), default=None)
        return min((due for due in (scrape, leave) if due is not None), default=None)

    def step(self, now: int) -> list[Scrape]:
        """The scrapes that are due. A target whose scrape is still under way misses its tick, as in Prometheus."""
        for key, (due, stale, loop) in list(self._leaving.items()):
            if due <= now:
                del self._leaving[key]
                loop.ingest.end(stale)
                loop.ingest.close()
        scrapes: list[Scrape] = []
        while self._queue and self._queue[0][0] <= now:
            entry = heapq.heappop(self._queue)
            loop = self._queued.pop(entry[1])
            if self._loops.get(loop.target.key) is not loop or loop.due != entry[0]:
                continue
            tick = loop.due
            loop.due = _tick_after(loop.target, now)
            self._enqueue(loop)
            if loop.flying is None:
                scrapes.append(self._scrape(loop, tick, now))
        return scrapes

    def ingest(self, scrape: Scrape, body: bytes, content_type: str, duration: float) -> None:
        """Store a page; a page that cannot be read or breaks a limit fails the scrape as a whole.

        Args:
            scrape: what ``step`` gave.
            body: the uncompressed page.
            content_type: its ``Content-Type``, ``""`` for none.
            duration: seconds the fetch took.
        """
        loop = self._landed(scrape)
        if loop is None:
            return
        fallback = str(scrape.target.job.other.get("fallback_scrape_protocol", ""))
        try:
            page = loop.ingest.read(body, format_of(content_type, fallback))
        except ExpositionError as error:
            self._failed(loop, scrape, f"{scrape.url} does not expose metrics: {error}", duration)
        except LimitError as error:
            self._failed(loop, scrape, str(error), duration)
        except ValueError as error:
            self._failed(loop, scrape, f"{scrape.url}: {error}", duration)
        else:
            loop.ingest.store(page, scrape.timestamp, duration)
            self._done(loop, scrape, duration, "")
            loop.samples = page.scraped
        finally:
            loop.flying = None

    def fail(self, scrape: Scrape, error: str, duration: float) -> None:
        """Note that a scrape brought nothing: ``up`` is 0 and all series of the target end here.

        Args:
            scrape: what ``step`` gave.
            error: shown as the target's last error.
            duration: seconds until it failed.
        """
        loop = self._landed(scrape)
        if loop is not None:
            self._failed(loop, scrape, error, duration)
            loop.flying = None

    def postpone(self, scrape: Scrape, until: int) -> None:
        """Make a scrape at ``until`` (milliseconds) instead, as if it had not been tried: nothing of it is stored."""
        loop = self._landed(scrape)
        if loop is not None:
            loop.flying = None
            loop.due = until
            self._enqueue(loop)

    def targets(self) -> list[TargetStatus]:
        """Every target, in the order of the configuration."""
        return [
            TargetStatus(
                job=target.job.job_name,
                url=target.url,
                labels=target.labels,
                discovered_labels=target.discovered,
                health=loop.health,
                last_error=loop.error,
                last_scrape=loop.last,
                last_duration=loop.duration,
                interval=target.interval,
                timeout=target.timeout,
                samples=loop.samples,
                duplicates=loop.ingest.duplicates,
            )
            for target in self._discovery.targets
            for loop in (self._loops[target.key],)
        ]

    def metadata(self) -> dict[str, tuple[Metadata, ...]]:
        """What targets say about their metrics, by family name; several where they disagree."""
        found: dict[str, dict[Metadata, None]] = {}
        for target in self._discovery.targets:
            for name, said in list(self._loops[target.key].ingest.metadata.items()):
                found.setdefault(name, {})[said] = None
        return {name: tuple(found[name]) for name in sorted(found)}

    def _returning(self, key: _Key) -> _Loop | None:
        entry = self._leaving.pop(key, None)
        if entry is None:
            return None
        entry[2].flying = None
        return entry[2]

    def _enqueue(self, loop: _Loop) -> None:
        self._serial += 1
        self._queued[self._serial] = loop
        heapq.heappush(self._queue, (loop.due, self._serial))

    def _stale_entry(self, entry: tuple[int, int]) -> bool:
        loop = self._queued[entry[1]]
        return self._loops.get(loop.target.key) is not loop or loop.due != entry[0]

    def _scrape(self, loop: _Loop, tick: int, now: int) -> Scrape:
        target = loop.target
        job = target.job
        late = now - tick
        loop.flying = tick if late <= min(_TOLERANCE, target.interval // 100) else now
        return Scrape(
            target=target,
            url=target.url,
            headers={
                "Accept": ACCEPT,
                "Accept-Encoding": "gzip",
                "X-Prometheus-Scrape-Timeout-Seconds": f"{target.timeout / 1000:g}",
            },
            timeout=target.timeout / 1000,
            timestamp=loop.flying,
            body_limit=job.body_size_limit or DEFAULT_BODY_LIMIT,
            token_file=self._folder / job.authorization_file if job.authorization_file else None,
            follow_redirects=job.other.get("follow_redirects", True) is not False,
        )

    def _landed(self, scrape: Scrape) -> _Loop | None:
        """The loop that waits for this scrape; None where its target has gone meanwhile."""
        loop = self._loops.get(scrape.target.key)
        if loop is None or loop.flying != scrape.timestamp:
            return None
        return loop

    def _failed(self, loop: _Loop, scrape: Scrape, error: str, duration: float) -> None:
        loop.ingest.store_failure(scrape.timestamp, duration)
        self._done(loop, scrape, duration, error)

    def _done(self, loop: _Loop, scrape: Scrape, duration: float, error: str) -> None:
        loop.health = "down" if error else "up"
        loop.error = error
        loop.last = scrape.timestamp
        loop.duration = duration


def _tick_after(target: Target, now: int) -> int:
    """The first tick of a target after ``now``."""
    return now + target.interval - (now - target.offset) % target.interval
