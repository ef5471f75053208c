"""One rule's evaluation: what its expression found becomes samples and, for an alerting rule, alerts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from vedette.engine.rules.alerts import RuleError, Tracked, advance, next_event
from vedette.engine.rules.status import ActiveAlert, AlertingStatus, Health, RecordingStatus
from vedette.engine.rules.templates import Expander, Text, compile_text
from vedette.formats.alerts import Alert
from vedette.promql.labels import NAME, Labels
from vedette.promql.labels import labels as label_set

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from vedette.engine.rules.output import Output
    from vedette.formats.rules import AlertingRule, RecordingRule
    from vedette.promql.ast import Expr
    from vedette.promql.results import RangeMatrix

__all__ = ["Alerter", "Recorder", "Resend"]

_CACHED_LABELS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Resend:
    """How often a firing alert is handed on again, and how long it is valid without that; milliseconds."""

    delay: int
    validity: int


def _by_labels(alert: Alert) -> Labels:
    return alert.labels


@dataclass(slots=True)
class _Progress:
    """How the last evaluation went."""

    health: Health = "unknown"
    last_error: str = ""
    evaluation_time: float = 0.0
    last_evaluation: int | None = None


@dataclass(slots=True)
class Recorder:
    """A recording rule at work."""

    rule: RecordingRule
    expr: Expr | None
    """None where the text does not parse; ``progress`` says why."""
    query: str
    labels: Mapping[str, str]
    """The group's and its own."""
    limit: int
    output: Output
    progress: _Progress = field(default_factory=_Progress)
    _named: dict[Labels, Labels] = field(default_factory=dict)

    def named(self, metric: Labels) -> Labels:
        """The recorded series of an element."""
        known = self._named.get(metric)
        if known is None:
            if len(self._named) >= _CACHED_LABELS:
                self._named.clear()
            known = label_set({**dict(metric), **self.labels, NAME: self.rule.record})
            self._named[metric] = known
        return known

    def judge(self, at: int, metrics: Sequence[Labels], values: NDArray[np.float64], stamp: int) -> str:  # noqa: ARG002 - as an Alerter
        """Record one evaluation with samples stamped ``stamp`` (milliseconds); says what was not stored.

        Raises:
            RuleError: two elements would be one series, or there are more than the limit.
        """
        named = [self.named(metric) for metric in metrics]
        if len(set(named)) != len(named):
            raise RuleError(_SAME_RECORDED)
        if 0 < self.limit < len(named):
            raise RuleError(_over_limit(self.limit, len(named)))
        return self.output.commit(stamp, named, values)

    def judge_columns(
        self,
        times: NDArray[np.int64],
        found: RangeMatrix,
        offset: int,
    ) -> dict[int, str]:
        """Record evaluations at all ``times``, as ``judge`` would one by one; gives the errors by position."""
        metrics, values, present = found.labels, found.values, found.present
        rows: dict[Labels, int] = {}
        target = np.array([rows.setdefault(self.named(metric), len(rows)) for metric in metrics], np.intp)
        cells, held = values, present
        errors: dict[int, str] = {}
        if len(rows) < len(metrics):
            count = np.zeros((len(rows), len(times)), np.intp)
            np.add.at(count, target, present)
            errors.update(dict.fromkeys(np.flatnonzero((count > 1).any(axis=0)).tolist(), _SAME_RECORDED))
            cells, held = np.zeros(count.shape), count > 0
            for row, to in enumerate(target):
                cells[to, present[row]] = values[row, present[row]]
        if self.limit:
            counts = held.sum(axis=0)
            for at in np.flatnonzero(counts > self.limit).tolist():
                errors.setdefault(at, _over_limit(self.limit, int(counts[at])))
        good = np.ones(len(times), np.bool_)
        good[list(errors)] = False
        stamps = times[good] - offset
        if problem := self.output.commit_columns(stamps, list(rows), cells[:, good], held[:, good]):
            errors[int(np.flatnonzero(good)[-1])] = problem
        return errors

    def status(self) -> RecordingStatus:
        """As it stands now."""
        progress = self.progress
        return RecordingStatus(
            name=self.rule.record,
            query=self.query,
            labels=dict(self.labels),
            health=progress.health,
            last_error=progress.last_error,
            evaluation_time=progress.evaluation_time,
            last_evaluation=progress.last_evaluation,
        )


_SAME_RECORDED: Final = "vector contains metrics with the same labelset after applying rule labels"
_SAME_ALERT: Final = "vector contains metrics with the same labelset after applying alert labels"


def _over_limit(limit: int, count: int) -> str:
    return f"exceeded limit of {limit} with {count} series"


@dataclass(slots=True)
class Alerter:
    """An alerting rule at work."""

    rule: AlertingRule
    expr: Expr | None
    """None where the text does not parse; ``progress`` says why."""
    query: str
    labels: Mapping[str, str]
    """The group's and its own."""
    limit: int
    output: Output
    expander: Expander
    generator_url: str
    progress: _Progress = field(default_factory=_Progress)
    active: dict[Labels, Tracked] = field(default_factory=dict)
    _label_texts: Mapping[str, Text] = field(init=False)
    _annotation_texts: Mapping[str, Text] = field(init=False)
    _fixed: bool = field(init=False)
    _named: dict[Labels, Labels] = field(default_factory=dict)
    _series: dict[tuple[Labels, str], Labels] = field(default_factory=dict)

    def __post_init__(self) -> None:
        name = self.rule.alert
        self._label_texts = {key: compile_text(text, name) for key, text in self.labels.items()}
        self._annotation_texts = {key: compile_text(text, name) for key, text in self.rule.annotations.items()}
        self._fixed = all(isinstance(text, str) for text in self._label_texts.values())

    def named(self, metric: Labels, value: float, at: int) -> Labels:
        """The labels of the alert that an element is."""
        known = self._named.get(metric) if self._fixed else None
        if known is None:
            own = self.expander.expand(self._label_texts, metric, value, at)
            known = label_set({**dict(metric), NAME: "", **own, "alertname": self.rule.alert})
            if self._fixed:
                if len(self._named) >= _CACHED_LABELS:
                    self._named.clear()
                self._named[metric] = known
        return known

    def annotations(self, alert: Tracked) -> dict[str, str]:
        """Annotations as they were when the alert last held; made when somebody reads them."""
        return self.expander.expand(self._annotation_texts, alert.metric, alert.value, alert.seen)

    def series(self, alert: Tracked) -> tuple[Labels, Labels]:
        """The ALERTS and ALERTS_FOR_STATE series of an alert."""
        return self._one_series(alert.labels, alert.state), self._one_series(alert.labels, "")

    def _one_series(self, labels: Labels, state: str) -> Labels:
        known = self._series.get((labels, state))
        if known is None:
            if len(self._series) >= _CACHED_LABELS:
                self._series.clear()
            extra = {NAME: "ALERTS", "alertstate": state} if state else {NAME: "ALERTS_FOR_STATE"}
            # Prometheus begins with the rule's own labels, so a template that expands to nothing stays there as text
            known = label_set({**self.labels, **dict(labels), **extra})
            self._series[labels, state] = known
        return known

    def move(self, at: int, metrics: Sequence[Labels], values: Sequence[float]) -> tuple[list[Labels], list[float]]:
        """Bring the alerts to this evaluation (milliseconds); gives the samples to write.

        Raises:
            RuleError: two elements would be one alert, or there are more alerts than the limit.
        """
        found: dict[Labels, tuple[Labels, float]] = {}
        for metric, value in zip(metrics, values, strict=True):
            labels = self.named(metric, value, at)
            if labels in found:
                raise RuleError(_SAME_ALERT)
            found[labels] = (metric, value)
        if not found and not self.active:
            return [], []
        rule = self.rule
        alive = advance(self.active, found, at, for_=rule.for_, keep_firing_for=rule.keep_firing_for, limit=self.limit)
        written: list[Labels] = []
        cells: list[float] = []
        for alert in alive:
            written += self.series(alert)
            cells += (1.0, float(alert.active_at // 1000))
        return written, cells

    def judge(self, at: int, metrics: Sequence[Labels], values: NDArray[np.float64], stamp: int) -> str:
        """Judge one evaluation with samples stamped ``stamp`` (milliseconds); says what was not stored.

        Raises:
            RuleError: as ``move``.
        """
        written, cells = self.move(at, metrics, values.tolist())
        return self.output.commit(stamp, written, np.array(cells, np.float64))

    def judge_columns(
        self,
        times: NDArray[np.int64],
        found: RangeMatrix,
        offset: int,
        resend: Resend,
    ) -> tuple[dict[int, str], list[tuple[int, list[Alert]]]]:
        """Judge at all ``times``, as ``judge`` and ``due`` would one by one.

        Returns:
            Errors by position, and what is to be handed on with its time.
        """
        rows: dict[Labels, int] = {}
        cells: list[tuple[int, int, int, float]] = []
        errors: dict[int, str] = {}
        handed: list[tuple[int, list[Alert]]] = []
        metrics, values, present = found.labels, found.values, found.present
        changes = np.flatnonzero((present[:, 1:] != present[:, :-1]).any(axis=0)) + 1
        steady = [*changes.tolist(), len(times)]  # where each stretch ends in which the same elements hold
        at = stretch = 0
        while at < len(times):
            time = int(times[at])
            if steady[stretch] == at:
                stretch += 1
            held = np.flatnonzero(present[:, at]).tolist()
            if not held and not self.active:
                at = steady[stretch]
                continue
            try:
                written, samples = self.move(time, [metrics[row] for row in held], values[held, at].tolist())
            except RuleError as error:
                errors[at] = str(error)
                at += 1
                continue
            if due := self.due(time, resend):
                handed.append((time, due))
            until = self._quiet(times, at, steady[stretch], resend)
            if until > at + 1:
                self._see(int(times[until - 1]), [metrics[row] for row in held], values[held, until - 1].tolist())
            cells += [
                (rows.setdefault(labels, len(rows)), at, until, value)
                for labels, value in zip(written, samples, strict=True)
            ]
            at = until
        made = np.zeros((len(rows), len(times)))
        there = np.zeros(made.shape, np.bool_)
        for row, low, high, value in cells:
            made[row, low:high], there[row, low:high] = value, True
        good = np.ones(len(times), np.bool_)
        good[list(errors)] = False
        stamps = times[good] - offset
        if problem := self.output.commit_columns(stamps, list(rows), made[:, good], there[:, good]):
            errors[int(np.flatnonzero(good)[-1])] = problem
        return errors, handed

    def _quiet(self, times: NDArray[np.int64], at: int, end: int, resend: Resend) -> int:
        """The end, at most ``end``, of the evaluations from ``at`` on in which nothing happens to any alert."""
        if not self._fixed:  # labels may follow the value
            return at + 1
        rule = self.rule
        event = next_event(
            self.active.values(),
            for_=rule.for_,
            keep_firing_for=rule.keep_firing_for,
            resend_delay=resend.delay,
        )
        return max(at + 1, min(end, int(times.searchsorted(event))))

    def _see(self, at: int, metrics: Sequence[Labels], values: Sequence[float]) -> None:
        """Note the last evaluation of a quiet stretch."""
        for metric, value in zip(metrics, values, strict=True):
            alert = self.active[self.named(metric, value, at)]
            alert.value, alert.seen = value, at

    def due(self, now: int, resend: Resend) -> list[Alert]:
        """What is to be handed on after the evaluation at ``now``, by labels; it then counts as sent."""
        due: list[Alert] = []
        for alert in self.active.values():
            if not alert.needs_sending(now, resend.delay):
                continue
            assert alert.fired_at is not None
            alert.last_sent_at = now
            due.append(
                Alert(
                    labels=self._sent_labels(alert.labels),
                    annotations=self.annotations(alert),
                    starts_at=alert.fired_at,
                    ends_at=now + resend.validity if alert.resolved_at is None else alert.resolved_at,
                    generator_url=self.generator_url,
                )
            )
        return sorted(due, key=_by_labels)

    def _sent_labels(self, labels: Labels) -> Labels:
        external = self.expander.external_labels
        return label_set({**external, **dict(labels)}) if external else labels

    def status(self) -> AlertingStatus:
        """As it stands now."""
        progress = self.progress
        alerts = self.alerts()
        states = {alert.state for alert in alerts}
        return AlertingStatus(
            name=self.rule.alert,
            query=self.query,
            duration=self.rule.for_,
            keep_firing_for=self.rule.keep_firing_for,
            labels=dict(self.labels),
            annotations=dict(self.rule.annotations),
            state="firing" if "firing" in states else "pending" if "pending" in states else "inactive",
            alerts=alerts,
            health=progress.health,
            last_error=progress.last_error,
            evaluation_time=progress.evaluation_time,
            last_evaluation=progress.last_evaluation,
        )

    def alerts(self) -> tuple[ActiveAlert, ...]:
        """What is pending or firing, sorted by labels."""
        return tuple(
            ActiveAlert(
                labels=alert.labels,
                annotations=self.annotations(alert),
                state=alert.state,
                active_at=alert.active_at,
                fired_at=alert.fired_at,
                keep_firing_since=alert.keep_firing_since,
                value=alert.value,
            )
            for _, alert in sorted(self.active.items())
            if alert.state != "inactive"
        )
