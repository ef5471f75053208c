"""A backtest: the past is loaded chunk by chunk, and the rules of each candidate are evaluated over it.

The rules are the engine's own, so that what fired here is what would have fired.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from vedette.engine.rules.machine import Rules
from vedette.errors import ConfigError
from vedette.formats.rules import AlertingRule, RecordingRule
from vedette.promql.labels import NAME, get
from vedette.testing.backtest.episodes import Episodes
from vedette.testing.backtest.needs import Need, needs, reads, tree, warmup
from vedette.testing.backtest.samples import AT_ONCE
from vedette.testing.backtest.store import Layer, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

    from vedette.formats.rules import RuleGroup
    from vedette.testing.backtest.episodes import Episode
    from vedette.testing.backtest.samples import Batch, Samples

__all__ = ["Candidate", "History", "backtest"]

_NEVER: Final = 2**62
_CHUNK: Final = 6 * 3_600_000
"""Milliseconds of the first chunk; those after it are as long as memory allows."""
_LONGEST: Final = 2 * 86_400_000
_SAMPLES: Final = 4_000_000
"""Samples of a chunk: 36 MB as they are stored."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A set of rules to try."""

    name: str
    groups: tuple[RuleGroup, ...]
    recorded: bool = False
    """Take what recording rules record from the samples, instead of evaluating them."""

    def evaluated(self) -> tuple[RuleGroup, ...]:
        """The groups as they are run: annotations, which nobody reads, are left out."""
        return tuple(
            replace(group, rules=tuple(_bare(rule) for rule in group.rules if not self._is_taken(rule)))
            for group in self.groups
        )

    def _is_taken(self, rule: RecordingRule | AlertingRule) -> bool:
        return self.recorded and isinstance(rule, RecordingRule)


def _bare(rule: RecordingRule | AlertingRule) -> RecordingRule | AlertingRule:
    return replace(rule, annotations={}) if isinstance(rule, AlertingRule) else rule


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What one candidate's alerts did. Times are milliseconds since the epoch."""

    candidate: Candidate
    start: int
    end: int
    episodes: tuple[Episode, ...]
    problems: tuple[str, ...]
    """Rules that could not be evaluated at the end, and why."""
    samples: int
    """Raw samples that were read."""
    series: int


def backtest(
    samples: Samples,
    candidates: Sequence[Candidate],
    *,
    start: int,
    end: int,
    interval: int = 60_000,
    step: int | None = None,
    external_labels: Mapping[str, str] | None = None,
    warm: int | None = None,
    chunk: int | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> list[History]:
    """What the alerts of each candidate would have done from ``start`` to ``end``.

    Args:
        samples: the past.
        candidates: the rules to try, all on the same samples.
        start: milliseconds since the epoch.
        end: milliseconds since the epoch, included.
        interval: milliseconds between evaluations of groups that set none.
        step: evaluate all groups every so many milliseconds, from ``start`` on, instead of on their own schedules.
        external_labels: known to templates in labels.
        warm: milliseconds before ``start`` to begin at; as far back as the rules look where it is not given.
        chunk: milliseconds that are loaded at once; as many as fit into little memory where it is not given.
        progress: told the share that is done, between 0 and 1.

    Raises:
        ConfigError: ``end`` is not after ``start``.
    """
    if end <= start:
        raise ConfigError(f"a backtest from {start} to {end} ms has no length; --until must be after --since")
    if step is None:
        step = _common(candidates, interval)
    runs = [_Run(candidate) for candidate in candidates]
    wanted = needs([group for run in runs for group in run.groups])
    early = max((warmup(run.groups) for run in runs), default=0) if warm is None else warm
    begin = start - (math.ceil(early / step) * step if step else early)
    store = Store()
    for run in runs:
        run.begin(store, begin, interval, external_labels)
    seen: set[object] = set()
    total = 0
    with ThreadPoolExecutor(1) as pool, ThreadPoolExecutor(AT_ONCE) as threads:
        loader = _Loader(samples, wanted, threads, begin=begin, end=end, step=step or interval, chunk=chunk)
        waiting = pool.submit(loader.next)
        while True:
            loaded = waiting.result()
            if loaded is None:
                break
            for need, batch in loaded.batches:
                total += store.add(_foreign(batch, runs), need.back if need.fixed is None else _NEVER)
                seen.update(batch)
            del batch
            loader.weigh(total)
            waiting = pool.submit(loader.next)  # the next chunk comes while this one is judged
            for run in runs:
                run.evaluate(loaded.start, loaded.end, step)
            store.forget(loaded.end)
            progress(min(1.0, (loaded.end - begin) / (end - begin)))
    return [
        History(
            candidate=run.candidate,
            start=start,
            end=end,
            episodes=run.episodes.all(start),
            problems=run.problems(),
            samples=total,
            series=len(seen),
        )
        for run in runs
    ]


def _common(candidates: Sequence[Candidate], interval: int) -> int | None:
    """The interval of all groups, None where they differ."""
    every = {group.interval or interval for one in candidates for group in one.groups}
    return every.pop() if len(every) == 1 else None


def _foreign(batch: Batch, runs: Sequence[_Run]) -> Batch:
    """Without the series that the rules write themselves."""
    own = {name for run in runs for name in run.names}
    return {of: held for of, held in batch.items() if get(of, NAME) not in own}


@dataclass(frozen=True, slots=True)
class _Loaded:
    start: int
    end: int
    batches: list[tuple[Need, Batch]]


class _Loader:
    """Loads chunk after chunk: for each selector what no earlier chunk had."""

    def __init__(
        self,
        samples: Samples,
        wanted: Sequence[Need],
        threads: ThreadPoolExecutor,
        *,
        begin: int,
        end: int,
        step: int,
        chunk: int | None,
    ) -> None:
        self._threads = threads
        self._samples = samples
        self._wanted = wanted
        self._at = begin
        self._begin = begin
        self._end = end
        self._step = step
        self._width = chunk or _CHUNK
        self._fixed_width = chunk is not None
        self._loaded: dict[Need, int] = {}

    def next(self) -> _Loaded | None:
        """The next chunk, a whole number of steps; None after the last one."""
        if self._at > self._end:
            return None
        steps = max(1, self._width // self._step)
        start, end = self._at, min(self._end, self._at + steps * self._step - 1)
        found = self._threads.map(lambda need: self._load(need, start, end), self._wanted)
        batches = list(zip(self._wanted, found, strict=True))
        self._at = start + steps * self._step
        return _Loaded(start, end, batches)

    def _load(self, need: Need, start: int, end: int) -> Batch:
        if need.fixed is not None:
            if need in self._loaded:
                return {}
            self._loaded[need] = need.fixed
            return self._samples.load(need.matchers, need.fixed - need.back - 1, need.fixed + need.ahead)
        after = self._loaded.get(need, start - need.back - 1)
        until = end + need.ahead
        self._loaded[need] = until
        return self._samples.load(need.matchers, after, until)

    def weigh(self, total: int) -> None:
        """Make chunks as long as memory allows, by how many samples have come so far."""
        if not self._fixed_width and self._at > self._begin:
            density = max(1, total) / (self._at - self._begin)
            self._width = int(min(_LONGEST, max(self._step, _SAMPLES / density)))


class _Run:
    """One candidate at work."""

    def __init__(self, candidate: Candidate) -> None:
        self.candidate = candidate
        self.groups = candidate.evaluated()
        self.episodes = Episodes()
        recorded = {rule.record for group in self.groups for rule in group.rules if isinstance(rule, RecordingRule)}
        self.names = recorded | {"ALERTS", "ALERTS_FOR_STATE"}
        self._reach = dict(self._reaches())
        self._late = max((group.query_offset or 0 for group in self.groups), default=0)

    def begin(self, store: Store, at: int, interval: int, external_labels: Mapping[str, str] | None) -> None:
        self._layer = Layer(store.head, self.names)
        self._rules = Rules(
            self.groups,
            self._layer,
            start=at - 1,
            interval=interval,
            external_labels=external_labels,
            resend_delay=_NEVER // 8,
        )

    def _reaches(self) -> Iterator[tuple[Hashable, int]]:
        """How far back anybody reads what each rule writes, by the key of its matrix."""
        read: dict[str | None, list[Need]] = {}
        for group in self.groups:
            for rule in group.rules:
                expr = tree(rule)
                for need in reads(expr, back=group.query_offset or 0) if expr is not None else ():
                    read.setdefault(need.name, []).append(need)
        for group in self.groups:
            file = group.place.file if group.place else ""
            for at, rule in enumerate(group.rules):
                names = ("ALERTS", "ALERTS_FOR_STATE") if isinstance(rule, AlertingRule) else (rule.record,)
                backs = [
                    need.back if need.fixed is None else _NEVER // 2
                    for name in names
                    for need in (*read.get(name, ()), *read.get(None, ()))
                    if need.matches_name(name)
                ]
                yield ("rules", file, group.name, at), max(backs, default=0)

    def evaluate(self, start: int, end: int, step: int | None) -> None:
        self._rules.evaluate_range(start, end, step)
        self.episodes.take(self._layer, start - self._late, end)
        self._layer.forget(end, self._reach)

    def problems(self) -> tuple[str, ...]:
        return tuple(
            f"{rule.name}: {rule.last_error}"
            for group in self._rules.groups()
            for rule in group.rules
            if rule.health == "err"
        )
