"""What can be asked of alerting: alerts and groups as they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vedette.alerting.delivery import AlertRecord
    from vedette.promql.labels import Labels

__all__ = ["AlertStatus", "GroupStatus"]


@dataclass(frozen=True, slots=True)
class AlertStatus:
    """An alert, and what becomes of it."""

    alert: AlertRecord
    receivers: tuple[str, ...]
    inhibited_by: str
    """Fingerprint of the alert that mutes it, or empty."""
    muted_by: tuple[str, ...] = ()
    """Names of the time intervals that keep its group silent; known for the alerts of a group only."""


@dataclass(frozen=True, slots=True)
class GroupStatus:
    """A group and its alerts."""

    key: str
    receiver: str
    labels: Labels
    alerts: tuple[AlertStatus, ...]
