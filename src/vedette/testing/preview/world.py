"""A watch over targets that nobody runs: its samples are made up, its rules and routes are those that are built."""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from vedette.alerting.delivery import Delivered
from vedette.build import build, write
from vedette.duration import milliseconds
from vedette.engine.collect.targets import discover
from vedette.engine.rules.machine import Rules
from vedette.formats.prometheus import TargetGroup
from vedette.formats.rules import RecordingRule
from vedette.instruments.metrics.description import Description
from vedette.place import Place
from vedette.promql.labels import get
from vedette.server.watch import Built, Watch
from vedette.testing.preview.asked import asked
from vedette.testing.preview.labels import told
from vedette.testing.preview.movement import Movement
from vedette.testing.preview.series import Series

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from vedette.catalog import Environment, Stack
    from vedette.engine.collect.targets import Target
    from vedette.engine.tsdb.matrix import TargetMatrix
    from vedette.promql.labels import Matcher
    from vedette.testing.preview.asked import Asked

    Times = NDArray[np.int64]

__all__ = ["NOTICE", "Preview"]

NOTICE: Final = "Made-up data: this is a preview of the dashboards. Nothing runs, nothing is measured, nobody is told."

STEP: Final = 30_000
"""Milliseconds between samples, and between evaluations of rules."""
_HOUR: Final = 3_600_000
_RECENT: Final = 7 * _HOUR
"""What every series has, so that dashboards of six hours are full."""
_PAST: Final = 8 * 24 * _HOUR
"""What those have that are compared with last week, or shown for days."""
_PAST_STEP: Final = 150_000
"""Two samples within the usual five minutes of a rate."""
_PAST_RULES: Final = 240_000
_TOLD: Final = 50 * 60_000
"""Milliseconds of which alerts are routed."""
_AHEAD: Final = 10 * 60_000
"""So far ahead are samples made: what lies in the future no query sees."""
_TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"


class Preview:
    """Every dashboard, rule and route of a stack at one moment, over made-up samples.

    Args:
        stack: what is shown.
        environment: in which of its environments; ranges are those of production, whatever its time scale.
        folder: where built files go, a new folder for each preview.
        moment: the present, milliseconds since the epoch.
        url: where the page will be, for the links in messages.

    Raises:
        DeclarationError: it cannot be built.
    """

    def __init__(self, stack: Stack, environment: Environment, folder: Path, *, moment: int, url: str) -> None:
        place = _unhurried(environment, url, folder)
        write(build(stack, place), folder)
        built = _with_targets(Built.read(folder))
        began = moment - _RECENT
        self.watch = Watch(built, None, start=began, rng=random.Random(1))  # noqa: S311 - jitter
        self._movement = Movement(moment)
        metrics = {
            service.name: list(
                {metric.name: metric.description for pack in service.pack_list() for metric in pack.metrics}.values()
            )
            for service in stack.services_in(place)
        }
        found = asked(built)
        self._targets = [
            self._target(target, metrics.get(get(target.labels, "job"), []), found)
            for target in discover(built.prometheus, folder / "prometheus").targets
        ]
        past = min(_PAST, max((int(one.reach.max(initial=0)) for one in self._targets), default=0))
        if past > _RECENT:
            self._add(_times(moment - past, began, _PAST_STEP), past=True)
            self._record_past(built, moment - past, began)
        self._add(_times(began, moment + _AHEAD, STEP))
        # what was told before the incident is of no interest
        self.watch.rules.evaluate_range(began, moment - _TOLD - 1)
        self.watch.judge(moment - _TOLD, moment, lambda *_: Delivered())
        self.step(moment)

    def step(self, now: int) -> None:
        """Bring everything to a later moment. What is sent counts as delivered, and goes nowhere."""
        if self._until < now + _AHEAD // 2:
            self._add(_times(self._until + STEP, now + _AHEAD, STEP))
        # while somebody reads, nothing is forgotten
        work = self.watch.step(now, reading=True)
        for scrape in work.scrapes:
            one = next(one for one in self._targets if one.target.key == scrape.target.key)
            self.watch.scraped(scrape, one.page(), _TEXT, 0.004)
        for delivery in work.deliveries:
            self.watch.settle(delivery, Delivered(), now)

    def close(self) -> None:
        """Close what holds files."""
        self.watch.close()

    def _target(self, target: Target, metrics: Iterable[Description], found: Asked) -> _Target:
        series = [
            Series(
                metric,
                told(metric, _selectors(metric, found)),
                target.labels,
                self._movement,
                np.random.default_rng(zlib.crc32(f"{target.labels}{metric.name}".encode())),
            )
            for metric in (*metrics, *_SCRAPED)
        ]
        reach = np.array([found.reach.get(name, 0) for one in series for name in one.names], np.int64)
        return _Target(target, self.watch.head.target(target.key), series, reach)

    def _add(self, times: Times, *, past: bool = False) -> None:
        """Samples at those times; of the past only those that somebody looks at."""
        for one in self._targets:
            one.add(times, _RECENT if past else -1)
        self._until = int(times[-1])

    def _record_past(self, built: Built, start: int, end: int) -> None:
        """What rules would have recorded by then; alerts of then are of no interest."""
        groups = [
            replace(group, rules=tuple(rule for rule in group.rules if isinstance(rule, RecordingRule)))
            for file in built.rules
            for group in file.groups
        ]
        rules = Rules(groups, self.watch.head, start=start, interval=STEP)
        rules.evaluate_range(start, end - 1, _PAST_RULES)


@dataclass(slots=True)
class _Target:
    """A target, its series, and where their samples go."""

    target: Target
    matrix: TargetMatrix
    series: list[Series]
    reach: NDArray[np.int64]
    """Of each series, how far into the past somebody looks, in milliseconds."""

    def add(self, times: Times, least: int) -> None:
        """Samples at those times, of the series that reach back further than ``least``."""
        step = int(times[1] - times[0])
        slots: list[int] = []
        values: list[NDArray[np.float64]] = []
        begin = 0
        for series in self.series:
            rows = np.flatnonzero(self.reach[begin : begin + len(series.labels)] > least)
            begin += len(series.labels)
            if len(rows):
                # slots are given in this order, so that those with a past stand first and the rest has no room there
                slots += [self.matrix.slot(series.labels[row]) for row in rows.tolist()]
                values.append(series.values(times, int(times[0]) - step)[rows])
        if slots:
            every = np.concatenate(values)
            self.matrix.append_columns(times, np.array(slots, np.intp), every, np.ones(every.shape, np.bool_))

    def page(self) -> bytes:
        """What it would answer now: the names and what they mean; the values are those of the last call."""
        lines: list[str] = []
        for series in self.series:
            metric = series.metric
            if metric in _SCRAPED:
                continue
            kind = {"info": "gauge", "stateset": "gauge", "unknown": "untyped"}.get(metric.type, metric.type)
            lines += [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {kind}"]
            for name, exposed in zip(series.names, series.exposed, strict=True):
                said = ",".join(f'{key}="{_escaped(value)}"' for key, value in exposed.items() if value)
                lines.append(f"{name}{{{said}}} 0" if said else f"{name} 0")
        return "\n".join([*lines, ""]).encode()


def _with_targets(built: Built) -> Built:
    """What would be discovered elsewhere has two targets here."""
    config = built.prometheus
    found = {target.job.job_name for target in discover(config, built.folder / "prometheus").targets}
    jobs = [
        job
        if job.job_name in found
        else replace(
            job,
            static_configs=(TargetGroup(targets=(f"{job.job_name}-1.example:80", f"{job.job_name}-2.example:80")),),
            relabel_configs=(),
            other={},
        )
        for job in config.scrape_configs
    ]
    return replace(built, prometheus=replace(config, scrape_configs=tuple(jobs)))


def _gauge(name: str, text: str) -> Description:
    return Description("gauge", name, text, Place("", 0))


_SCRAPED: Final = (
    _gauge("up", "1 where the last scrape went well."),
    _gauge("scrape_duration_seconds", "What the last scrape took."),
    _gauge("scrape_samples_scraped", "Samples of the last scrape."),
    _gauge("scrape_samples_post_metric_relabeling", "Those that were kept."),
    _gauge("scrape_series_added", "New series of the last scrape."),
)
"""What every scrape writes."""


def _selectors(metric: Description, found: Asked) -> Iterator[tuple[Matcher, ...]]:
    for name in metric.sample_names:
        yield from sorted(found.selectors.get(name, ()), key=str)


def _times(start: int, end: int, step: int) -> Times:
    """From ``start``, which is included where it is a whole step, to ``end``, which is not."""
    return np.arange(-(-start // step) * step, end, step, dtype=np.int64)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _unhurried(environment: Environment, url: str, folder: Path) -> Environment:
    """The environment with the ranges of production and the pace of made-up samples."""
    interval = max(STEP, milliseconds(environment.scrape_interval))
    return replace(
        environment,
        external_url=url,
        grafana_url="",
        runbook_url="",
        secrets=str(folder / "secrets"),
        scrape_interval=f"{interval}ms",
        evaluation_interval=f"{STEP}ms",
        time_scale=1.0,
    )
