"""Asks a server that speaks Prometheus' HTTP API, with few questions.

https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from vedette.check.live.answers import UnansweredError, mappings, plain, text, texts
from vedette.check.live.server import Live, without_name
from vedette.check.live.told import (
    config_in,
    largest,
    metadata_in,
    retention_in,
    rules_in,
    targets_in,
    usual_interval,
    vector,
)
from vedette.check.live.types import announced
from vedette.promql.labels import NAME, Matcher

if TYPE_CHECKING:
    from collections.abc import Awaitable, Collection, Iterable, Iterator, Mapping, Sequence

    from vedette.check.live.server import SeriesLabels

__all__ = ["NAMES", "Answering", "Questions", "read_server"]

NAMES: Final = f"label/{NAME}/values"
_WINDOW: Final = 2 * 3600
"""Seconds for labels: back as far as a server keeps series at hand, and ahead, for clocks that differ."""
_PATIENCE: Final = "8s"
"""How long a server may work on one query."""
_PER_QUERY: Final = 200
"""Names in one question for counts."""
_PER_ANSWER: Final = 10_000
"""Series in one answer, and of one name that is listed."""
_SERIES: Final = 50_000
"""Series that are listed at all."""
_LARGE: Final = 20
"""Metrics with too many series to list, whose labels are asked for one by one."""


class Answering(Protocol):
    """Who is asked: a server, or for an example what it would answer."""

    @property
    def shown(self) -> str:
        """Its address, for messages."""
        ...

    def data(self, path: str, form: Sequence[tuple[str, str]] = (), *, post: bool = False) -> Awaitable[Any]:
        """What it answers below ``/api/v1/``; raises UnansweredError."""
        ...


@dataclass(frozen=True, slots=True)
class Questions:
    """What the checks want to know beside what is always asked."""

    names: frozenset[str] = frozenset()
    """Metrics whose series count."""
    jobs: frozenset[str] = frozenset()
    """Jobs whose metrics count."""
    now: float = 0.0
    """Seconds since the epoch."""


async def read_server(server: Answering, names: Any, questions: Questions) -> Live:
    """Everything that a server tells; ``names`` is what it has answered to `NAMES`. What it does not tell is named."""
    asked = _Asked(server, questions)
    there = frozenset(texts(names))
    wanted = sorted(questions.names & there)
    metadata, rules, targets, config, runtime, built, jobs, tsdb, counts, *exposed = await asyncio.gather(
        asked.optional("metadata", "types"),
        asked.optional("rules", "rules"),
        asked.optional("targets", "targets", [("state", "active")]),
        asked.optional("status/config"),
        asked.optional("status/runtimeinfo", "retention"),
        asked.optional("status/buildinfo"),
        asked.optional("label/job/values"),
        asked.optional("status/tsdb"),
        asked.counts(wanted),
        *(asked.names_of(job) for job in sorted(questions.jobs)),
    )
    counts = {**largest(tsdb), **counts}
    small, large = _parted(wanted, counts)
    series = await asked.series(small, counts)
    labels = dict(await asyncio.gather(*(asked.labels_of(name) for name in large[:_LARGE])))
    values = dict(await asyncio.gather(*(asked.values_of(name, found) for name, found in labels.items())))
    settings = config_in(config, server.shown)
    scraped = targets_in(targets)
    told = metadata_in(metadata)
    coming = announced(told, there)
    return Live(
        url=server.shown,
        page=False,
        version=plain(text(built, "version")),
        names=there | coming,
        announced=coming,
        metadata=told,
        series=series,
        labels={name: found for name, found in labels.items() if found},
        counts=counts,
        values={name: found for name, found in values.items() if found},
        exposed={job: found for job, found in zip(sorted(questions.jobs), exposed, strict=True) if found is not None},
        jobs=frozenset(texts(jobs)) | {one.job for one in scraped or ()},
        targets=scraped,
        rules=rules_in(rules),
        retention=retention_in(runtime, settings),
        scrape_interval=usual_interval(scraped, settings),
        evaluation_interval=settings.global_.evaluation_interval if settings else None,
        external_labels=frozenset(settings.global_.external_labels if settings else ()),
        unanswered=tuple(sorted(asked.unanswered)),
    )


def _parted(names: Iterable[str], counts: Mapping[str, int]) -> tuple[list[str], list[str]]:
    """The names whose series can be listed, the fewest first, and the others, the most first."""
    ordered = sorted(names, key=lambda name: (counts.get(name, 0), name))
    total = 0
    for index, name in enumerate(ordered):
        total += counts.get(name, 0)
        if total > _SERIES or counts.get(name, 0) > _PER_ANSWER:
            return ordered[:index], ordered[index:][::-1]
    return ordered, []


@dataclass(frozen=True, slots=True)
class _Asked:
    """The questions, and what was not answered."""

    server: Answering
    questions: Questions
    unanswered: set[str] = field(default_factory=set)

    async def optional(
        self, path: str, what: str = "", form: Sequence[tuple[str, str]] = (), *, post: bool = False
    ) -> Any:
        """An answer, None where there is none; ``what`` is missing then."""
        try:
            return await self.server.data(path, form, post=post)
        except UnansweredError:
            self.unanswered.update({what} if what else ())
            return None

    async def query(self, expr: str) -> list[tuple[Mapping[str, Any], int]]:
        """What an instant query yields: labels, and a whole number."""
        found = await self.optional("query", "counts", [("query", expr), ("timeout", _PATIENCE)], post=True)
        return list(vector(found))

    async def counts(self, names: Sequence[str]) -> dict[str, int]:
        """How many series each name has now."""
        asked = (
            self.query(f"count by ({NAME}) ({_selector('=~', '|'.join(map(_escaped, names[at : at + _PER_QUERY])))})")
            for at in range(0, len(names), _PER_QUERY)
        )
        found = await asyncio.gather(*asked)
        return {text(labels, NAME): count for one in found for labels, count in one}

    async def series(self, names: Sequence[str], counts: Mapping[str, int]) -> dict[str, tuple[SeriesLabels, ...]]:
        """The label sets of the names, several names in one question."""
        asked = [
            self.optional(
                "series", "series", [*(("match[]", _selector("=", name)) for name in batch), *self._window()], post=True
            )
            for batch in _batches(names, counts)
        ]
        found: dict[str, list[SeriesLabels]] = {}
        for answer in await asyncio.gather(*asked):
            for one in mappings(answer):
                found.setdefault(text(one, NAME), []).append(without_name(one))
        return {name: tuple(listed) for name, listed in found.items()}

    async def labels_of(self, name: str) -> tuple[str, frozenset[str]]:
        """The names of the labels of a metric."""
        form = [("match[]", _selector("=", name)), *self._window()]
        found = await self.optional("labels", "labels", form, post=True)
        return name, frozenset(texts(found)) - {NAME}

    async def values_of(self, name: str, labels: Collection[str]) -> tuple[str, dict[str, int]]:
        """How many values each label of a metric has, in one question."""
        asked = sorted(label for label in labels if label.isidentifier() and label.isascii())
        parts = (
            f'label_replace(count(count by ({label}) ({_selector("=", name)})), "label", "{label}", "", "")'
            for label in asked
        )
        found = await self.query(" or ".join(parts)) if asked else []
        return name, {text(labels, "label"): count for labels, count in found if text(labels, "label") in asked}

    async def names_of(self, job: str) -> frozenset[str] | None:
        """The names of everything in a job."""
        form = [("match[]", "{" + str(Matcher("job", "=", job)) + "}"), *self._window()]
        found = await self.optional(NAMES, "", form)
        return None if found is None else frozenset(texts(found))

    def _window(self) -> list[tuple[str, str]]:
        now = self.questions.now
        return [("start", f"{now - _WINDOW:.0f}"), ("end", f"{now + _WINDOW:.0f}")]


def _batches(names: Iterable[str], counts: Mapping[str, int]) -> Iterator[list[str]]:
    """Names whose series fit into one answer."""
    batch: list[str] = []
    total = 0
    for name in names:
        if batch and (total + counts.get(name, 0) > _PER_ANSWER or len(batch) == _PER_QUERY):
            yield batch
            batch, total = [], 0
        batch.append(name)
        total += counts.get(name, 0)
    if batch:
        yield batch


def _selector(op: Any, value: str) -> str:
    return "{" + str(Matcher(NAME, op, value)) + "}"


def _escaped(name: str) -> str:
    return re.sub(r"([^\w:])", r"\\\1", name, flags=re.ASCII)
