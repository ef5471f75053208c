"""The step machine of rules: which groups are due, their rules one after another, and the alerts to hand on.

No clock and no sleep is in here: the driver asks ``next_due`` and calls ``step``. For a known past, ``evaluate_range``
gives the same verdicts from one range query per rule.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from vedette.engine.rules import schedule
from vedette.engine.rules.alerts import RuleError
from vedette.engine.rules.dependencies import Dated, Reader, column_order, same_in_columns, same_series
from vedette.engine.rules.judge import Alerter, Recorder, Resend
from vedette.engine.rules.output import Output
from vedette.engine.rules.status import ActiveAlert, Failure, GroupStatus
from vedette.engine.rules.templates import Expander
from vedette.errors import VedetteError
from vedette.formats.gotemplate.builtins import query_escape
from vedette.formats.rules import AlertingRule
from vedette.promql.evaluate import LOOKBACK, instant, query_range
from vedette.promql.parser import ParseError, parse
from vedette.promql.printer import format as format_expr
from vedette.promql.results import Scalar, Vector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from vedette.engine.tsdb.head import Head
    from vedette.formats.alerts import Alert
    from vedette.formats.rules import RecordingRule, RuleGroup
    from vedette.formats.template_functions import Query
    from vedette.promql.ast import Expr
    from vedette.promql.labels import Labels
    from vedette.promql.results import Result

__all__ = ["RESEND_DELAY", "Rules", "Verdict"]

RESEND_DELAY: Final = 60_000
"""Milliseconds before a firing alert is handed on again: Prometheus' ``--rules.alert.resend-delay``."""

# Steps of one range query: 6 hours at 30 s. Longer ranges go in windows, so that memory stays flat.
_WINDOW: Final = 720


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one group's evaluation in ``evaluate_range`` hands on."""

    time: int
    """Milliseconds since the epoch."""
    group: str
    alerts: list[Alert]


@dataclass(slots=True)
class _Group:
    """A group at work. Times are milliseconds."""

    group: RuleGroup
    file: str
    interval: int
    query_offset: int
    resend: Resend
    judges: list[Recorder | Alerter]
    due: int
    missed: int = 0
    evaluation_time: float = 0.0
    last_evaluation: int | None = None
    readers: list[Reader] = field(default_factory=list)

    def dated(self, times: range) -> Dated:
        """The group for the question in which order columns can be computed."""
        return Dated(self.readers, times, self.query_offset)


class Rules:
    """All rule groups over one head.

    Args:
        groups: the groups, in the order that those due at one instant are evaluated in.
        head: where expressions read and results go, each rule into a matrix of its own.
        start: now, in milliseconds since the epoch; the first evaluations come after it.
        interval: milliseconds between evaluations of groups that set none, and between steps of ``[5m:]``.
        external_labels: added to alerts handed on where they have no such label, and known to templates.
        external_url: this server's address, in generator URLs and known to templates.
        query_offset: milliseconds that groups which set none look back, for data that comes late.
        resend_delay: milliseconds before a firing alert is handed on again.
        lookback: milliseconds a sample stays current.
        perf: seconds of a steady clock, for evaluation times only.
        failed: told of each evaluation that goes wrong, rule by rule.
    """

    def __init__(
        self,
        groups: Sequence[RuleGroup],
        head: Head,
        *,
        start: int,
        interval: int,
        external_labels: Mapping[str, str] | None = None,
        external_url: str = "",
        query_offset: int = 0,
        resend_delay: int = RESEND_DELAY,
        lookback: int = LOOKBACK,
        perf: Callable[[], float] = time.perf_counter,
        failed: Callable[[Failure], None] = lambda _: None,
    ) -> None:
        self._head = head
        self._lookback = lookback
        self._subquery_step = interval
        self._perf = perf
        self._failed = failed
        self._external_url = external_url.rstrip("/")
        self._expander = Expander(dict(external_labels or {}), external_url, self._query_at)
        self._groups: list[_Group] = []
        for group in groups:
            file = group.place.file if group.place else ""
            every = group.interval or interval
            own_offset = query_offset if group.query_offset is None else group.query_offset
            due = schedule.tick(start, every, schedule.offset(file, group.name, every)) + every
            resend = Resend(resend_delay, 4 * max(every, resend_delay))
            key = ("rules", file, group.name)
            judges = [self._judge(rule, group, (*key, at)) for at, rule in enumerate(group.rules)]
            made = _Group(group, file, every, own_offset, resend, judges, due)
            made.readers = [Reader(judge.rule, judge.labels, judge.expr) for judge in judges]
            self._groups.append(made)
        self._set_rivals()

    def _set_rivals(self) -> None:
        """Tell each rule which ones before it may write what it writes."""
        earlier: list[tuple[Reader, Output]] = []
        for group in self._groups:
            for judge, reader in zip(group.judges, group.readers, strict=True):
                judge.output.rivals = [output for other, output in earlier if same_series(other, reader)]
                earlier.append((reader, judge.output))

    def _judge(
        self, rule: RecordingRule | AlertingRule, group: RuleGroup, key: tuple[str | int, ...]
    ) -> Recorder | Alerter:
        labels = {**group.labels, **rule.labels}
        output = Output(self._head.target(key))
        expr, query, problem = None, rule.expr, ""
        try:
            expr = parse(rule.expr)
            query = format_expr(expr)
        except ParseError as error:
            problem = str(error)
        judge: Recorder | Alerter
        if isinstance(rule, AlertingRule):
            url = f"{self._external_url}/graph?g0.expr={query_escape(query)}&g0.tab=1"
            judge = Alerter(rule, expr, query, labels, group.limit, output, self._expander, url)
        else:
            judge = Recorder(rule, expr, query, labels, group.limit, output)
        judge.progress.last_error = problem
        return judge

    # Step by step

    def next_due(self) -> int | None:
        """When ``step`` next has something to do (milliseconds since the epoch), None where there are no groups."""
        return min((group.due for group in self._groups), default=None)

    def step(self, now: int) -> list[Alert]:
        """Evaluate the groups that are due; a group that is late by whole intervals is evaluated once, at the last one.

        Returns:
            Alerts to hand on: newly firing, firing for another resend delay, or resolved.
        """
        alerts: list[Alert] = []
        for due, _, group in self._due(now):
            group.missed += (due - group.due) // group.interval
            group.due = due + group.interval
            alerts += self._evaluate(group, due)
        return alerts

    def _due(self, now: int) -> list[tuple[int, int, _Group]]:
        """The last tick of each group that is due, in order."""
        return sorted(
            (group.due + (now - group.due) // group.interval * group.interval, at, group)
            for at, group in enumerate(self._groups)
            if group.due <= now
        )

    def _evaluate(self, group: _Group, at: int) -> list[Alert]:
        """All rules of a group, each committed before the next one looks."""
        alerts: list[Alert] = []
        began = before = self._perf()
        for judge in group.judges:
            alerts += self._evaluate_rule(judge, group, at)
            after = self._perf()
            judge.progress.evaluation_time, before = after - before, after
        group.evaluation_time, group.last_evaluation = before - began, at
        return alerts

    def _evaluate_rule(self, judge: Recorder | Alerter, group: _Group, at: int) -> list[Alert]:
        judge.progress.last_evaluation = at
        if judge.expr is None:
            self._went(judge, at, judge.progress.last_error)  # it says since the start why it does not parse
            return []
        try:
            metrics, values = self._ask(judge.expr, at - group.query_offset)
            problem = judge.judge(at, metrics, values, at - group.query_offset)
        except VedetteError as error:
            self._went(judge, at, str(error))
            return []
        except Exception as error:  # noqa: BLE001 - whatever one rule meets, the others are judged
            self._went(judge, at, f"{type(error).__name__}: {error}")
            return []
        self._went(judge, at, problem)
        return judge.due(at, group.resend) if isinstance(judge, Alerter) else []

    def _went(self, judge: Recorder | Alerter, at: int, problem: str) -> None:
        """Note how an evaluation went; ``""`` is well."""
        judge.progress.health, judge.progress.last_error = "err" if problem else "ok", problem
        if problem:
            rule = judge.rule
            self._failed(Failure(at, rule.alert if isinstance(rule, AlertingRule) else rule.record, problem))

    def _ask(self, expr: str | Expr, at: int) -> tuple[Sequence[Labels], NDArray[np.float64]]:
        result: Result = instant(expr, self._head, at, lookback=self._lookback, subquery_step=self._subquery_step)
        if isinstance(result, Vector):
            return result.labels, result.values
        if isinstance(result, Scalar):
            return [()], np.array([result.value])
        raise RuleError("rule result is not a vector or scalar")

    def _query_at(self, at: int) -> Query:
        def query(expression: str) -> list[tuple[dict[str, str], float]]:
            metrics, values = self._ask(expression, at)
            return [(dict(metric), value) for metric, value in zip(metrics, values.tolist(), strict=True)]

        return query

    # A whole range

    def evaluate_range(self, start: int, end: int, step: int | None = None) -> list[Verdict]:
        """Evaluate over samples that are there already, as ``step`` would at every tick in ``[start, end]``.

        One range query per rule and window, where that is right; where `column_order` finds no order, such as where
        rules read their own earlier results, all go step by step.

        Args:
            start: milliseconds since the epoch, not before the rules' own start; ticks before it are passed over.
            end: milliseconds since the epoch, included.
            step: evaluate all groups at ``start``, ``start + step``… instead of on their own schedules.

        Returns:
            What was to be handed on, in order of time.
        """
        if not self._groups:
            return []
        ticks = [self._ticks(group, start, end, step) for group in self._groups]
        order = column_order([group.dated(own) for group, own in zip(self._groups, ticks, strict=True)])
        verdicts: list[tuple[int, int, int, list[Alert]]] = []
        if order is None:
            for at, index in sorted((at, index) for index, own in enumerate(ticks) for at in own):
                verdicts.append((at, index, 0, self._evaluate(self._groups[index], at)))
        else:
            for low, high in self._windows(ticks, end):
                for index in order:
                    own = ticks[index]
                    part = own[_first(own, low) : _first(own, high)]
                    if part:
                        verdicts += [
                            (at, index, rule, alerts) for at, rule, alerts in self._columns(self._groups[index], part)
                        ]
        for group, own in zip(self._groups, ticks, strict=True):
            if own:
                group.due = own[-1] + own.step if step is None else schedule.tick(end, group.interval, group.due)
                group.due += 0 if step is None else group.interval
        return _merged(verdicts, [group.group.name for group in self._groups])

    def _ticks(self, group: _Group, start: int, end: int, step: int | None) -> range:
        if step is not None:
            return range(start, end + 1, step)
        first = group.due + max(0, -(-(start - group.due) // group.interval)) * group.interval
        return range(first, end + 1, group.interval)

    def _windows(self, ticks: Sequence[range], end: int) -> Iterator[tuple[int, int]]:
        """Half-open pieces of time, none with more than ``_WINDOW`` ticks of a group."""
        low = min((own.start for own in ticks if own), default=end + 1)
        width = _WINDOW * min((own.step for own in ticks), default=1)
        while low <= end:
            yield low, low + width
            low += width

    def _columns(self, group: _Group, ticks: range) -> Iterator[tuple[int, int, list[Alert]]]:
        """Each rule over all ticks before the next; gives time, position of the rule, alerts."""
        began = before = self._perf()
        times = np.array(ticks, np.int64)
        for position, judge in enumerate(group.judges):
            for at, alerts in self._rule_columns(judge, group, ticks, times):
                yield at, position, alerts
            judge.progress.last_evaluation = ticks[-1]
            after = self._perf()
            judge.progress.evaluation_time, before = (after - before) / len(ticks), after
        group.evaluation_time, group.last_evaluation = (before - began) / len(ticks), ticks[-1]

    def _rule_columns(
        self, judge: Recorder | Alerter, group: _Group, ticks: range, times: NDArray[np.int64]
    ) -> list[tuple[int, list[Alert]]]:
        expr = judge.expr
        if expr is None or not same_in_columns(expr):
            return self._one_by_one(judge, group, ticks)
        offset = group.query_offset
        try:
            found = query_range(
                expr, self._head, ticks[0] - offset, ticks[-1] - offset, ticks.step,
                lookback=self._lookback, subquery_step=self._subquery_step, max_points=None,
            )  # fmt: skip
        except Exception:  # noqa: BLE001 - it may fail at some steps only, and step by step it is said how
            return self._one_by_one(judge, group, ticks)
        handed: list[tuple[int, list[Alert]]] = []
        if isinstance(judge, Alerter):
            errors, handed = judge.judge_columns(times, found, offset, group.resend)
        else:
            errors = judge.judge_columns(times, found, offset)
        for at, problem in sorted({len(ticks) - 1: "", **errors}.items()):
            self._went(judge, ticks[at], problem)
        return handed

    def _one_by_one(self, judge: Recorder | Alerter, group: _Group, ticks: range) -> list[tuple[int, list[Alert]]]:
        return [(at, self._evaluate_rule(judge, group, at)) for at in ticks]

    # How it stands

    def groups(self) -> list[GroupStatus]:
        """Every group and rule as it stands, in order."""
        return [
            GroupStatus(
                name=group.group.name,
                file=group.file,
                interval=group.interval,
                limit=group.group.limit,
                rules=tuple(judge.status() for judge in group.judges),
                evaluation_time=group.evaluation_time,
                last_evaluation=group.last_evaluation,
                missed=group.missed,
            )
            for group in self._groups
        ]

    def health(self) -> Counter[str]:
        """How many rules are ``ok``, ``err`` and ``unknown``."""
        return Counter(judge.progress.health for group in self._groups for judge in group.judges)

    def states(self) -> frozenset[tuple[Labels, str]]:
        """Labels and state of every pending or firing alert; cheap, because no template is expanded."""
        return frozenset(
            (alert.labels, alert.state)
            for group in self._groups
            for judge in group.judges
            if isinstance(judge, Alerter)
            for alert in judge.active.values()
            if alert.state != "inactive"
        )

    def alerts(self) -> list[ActiveAlert]:
        """Every pending or firing alert, in the order of the rules."""
        return [
            alert
            for group in self._groups
            for judge in group.judges
            if isinstance(judge, Alerter)
            for alert in judge.alerts()
        ]


def _first(ticks: range, at: int) -> int:
    """The position of the first tick at or after ``at``."""
    return min(len(ticks), max(0, -(-(at - ticks.start) // ticks.step)))


def _merged(found: list[tuple[int, int, int, list[Alert]]], names: Sequence[str]) -> list[Verdict]:
    """One verdict for each group and time with something to hand on."""
    verdicts: list[Verdict] = []
    last: tuple[int, int] | None = None
    for at, index, _, alerts in sorted(found, key=lambda item: item[:3]):
        if not alerts:
            continue
        if (at, index) == last:
            verdicts[-1].alerts.extend(alerts)
        else:
            verdicts.append(Verdict(at, names[index], list(alerts)))
            last = (at, index)
    return verdicts
