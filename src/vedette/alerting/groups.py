"""Aggregation groups, and whether an integration has to be told: Alertmanager's rules, as pure functions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vedette.alerting.outbox import GroupRow
from vedette.formats.alerts import group_order

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vedette.alerting.delivery import AlertRecord
    from vedette.alerting.outbox import LogRow
    from vedette.formats.alertmanager import ResolvedRoute
    from vedette.promql.labels import Labels

__all__ = ["EMPTY_FOR", "REPEAT", "Group", "group_id", "in_order", "needs_update"]

EMPTY_FOR = 30_000
"""Milliseconds an empty group is kept with its timer; Alertmanager sweeps as often."""


# Why a notification is sent, in the words of Alertmanager's webhook body
FIRST = "first notification"
NEW = "new alerts added"
SOME_RESOLVED = "some alerts resolved"
ALL_RESOLVED = "all alerts resolved"
REPEAT = "repeat interval elapsed"


@dataclass(slots=True, kw_only=True)
class Group:
    """Alerts that are told together. Times are milliseconds since the epoch, 0 for never."""

    id: str
    """The route's id and the group key: unique, where two routes may share a key."""
    key: str
    """Alertmanager's ``groupKey``."""
    route: ResolvedRoute
    labels: Labels
    next_flush_at: int
    members: set[str] = field(default_factory=set)
    """Fingerprints."""
    last_flush_at: int = 0
    failed: bool = False
    """A notification of the last flush failed for good, so that what it told is still to be told."""
    empty_at: int = 0

    def row(self) -> GroupRow:
        """What is stored of it."""
        return GroupRow(
            key=self.id,
            next_flush_at=self.next_flush_at,
            last_flush_at=self.last_flush_at,
            failed=self.failed,
            empty_at=self.empty_at,
        )


def group_id(route: ResolvedRoute, key: str) -> str:
    """The identity of a group."""
    return f"{route.id}\n{key}"


def in_order(alerts: Iterable[AlertRecord]) -> tuple[AlertRecord, ...]:
    """The order in which alerts are told."""
    known = {alert.labels: alert for alert in alerts}
    return tuple(known[alert.labels] for alert in group_order(one.alert for one in known.values()))


def needs_update(
    told: LogRow | None,
    firing: frozenset[str],
    resolved: frozenset[str],
    *,
    send_resolved: bool,
    repeat: int,
    now: int,
) -> str:
    """Why an integration has to be told, or the empty string.

    Args:
        told: what it was told last, None for nothing.
        firing: fingerprints of the group's firing alerts.
        resolved: those of its resolved ones.
        send_resolved: whether it wants to hear of resolved alerts.
        repeat: milliseconds after which unchanged news is told again.
        now: the instant.
    """
    if told is None:
        return FIRST if firing else ""
    if not firing <= told.firing:
        return NEW if told.firing else FIRST
    if not firing:
        # told whatever send_resolved says, so that the log forgets them
        return ALL_RESOLVED if told.firing else ""
    if send_resolved and not resolved <= told.resolved:
        return SOME_RESOLVED
    return REPEAT if told.at < now - repeat else ""
