"""How rules stand: the values behind Prometheus' ``/api/v1/rules`` and ``/api/v1/alerts``. Times are milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.promql.labels import Labels

__all__ = ["ActiveAlert", "AlertingStatus", "Failure", "GroupStatus", "Health", "RecordingStatus", "RuleStatus"]

Health = Literal["unknown", "ok", "err"]
"""``unknown`` until the first evaluation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveAlert:
    """One pending or firing alert; resolved ones are not shown."""

    labels: Labels
    """With ``alertname``, without external labels."""
    annotations: Mapping[str, str]
    state: Literal["pending", "firing"]
    active_at: int
    """When the expression first held."""
    fired_at: int | None
    keep_firing_since: int | None
    """When the expression stopped to hold, while ``keep_firing_for`` holds the alert up."""
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStatus:
    """A recording rule and its last evaluation."""

    name: str
    query: str
    """As Prometheus prints it."""
    labels: Mapping[str, str]
    """The group's and its own."""
    health: Health
    last_error: str
    """``""`` where the last evaluation went well."""
    evaluation_time: float
    """Seconds the last evaluation took."""
    last_evaluation: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertingStatus:
    """An alerting rule, its last evaluation and its alerts."""

    name: str
    query: str
    """As Prometheus prints it."""
    duration: int
    """``for``."""
    keep_firing_for: int
    labels: Mapping[str, str]
    """The group's and its own, templates as they are written."""
    annotations: Mapping[str, str]
    """Templates as they are written."""
    state: Literal["inactive", "pending", "firing"]
    """The worst of its alerts."""
    alerts: tuple[ActiveAlert, ...]
    """Sorted by labels."""
    health: Health
    last_error: str
    """``""`` where the last evaluation went well."""
    evaluation_time: float
    """Seconds the last evaluation took."""
    last_evaluation: int | None


RuleStatus = RecordingStatus | AlertingStatus


@dataclass(frozen=True, slots=True)
class Failure:
    """One evaluation of one rule that went wrong."""

    time: int
    """Milliseconds since the epoch."""
    rule: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupStatus:
    """A group and its last evaluation."""

    name: str
    file: str
    interval: int
    limit: int
    rules: tuple[RuleStatus, ...]
    evaluation_time: float
    """Seconds the last evaluation of all its rules took."""
    last_evaluation: int | None
    missed: int
    """Evaluations skipped because the one before came too late."""
