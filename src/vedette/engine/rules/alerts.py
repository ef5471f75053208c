"""The life of a rule's alerts: pending, firing, kept firing, resolved. Pure: what held goes in, who changed comes out.

Follows Prometheus' rules/alerting.go, whose behaviour is documented in
https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from vedette.errors import VedetteError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vedette.promql.labels import Labels

__all__ = ["NEVER", "RESOLVED_RETENTION", "RuleError", "Tracked", "advance", "next_event"]

RESOLVED_RETENTION: Final = 15 * 60_000
"""Milliseconds a resolved alert is kept, and sent again, in case its receiver was away."""


NEVER: Final = 2**62
"""A time that no clock reaches."""


class RuleError(VedetteError):
    """One evaluation of a rule failed; the rule is tried again at the next one."""


@dataclass(slots=True)
class Tracked:
    """One alert of a rule. Times are milliseconds."""

    labels: Labels
    """With ``alertname`` and the rule's labels, templates expanded."""
    metric: Labels
    """Labels of the element of the expression that holds: what templates see."""
    value: float
    """Of that element when it was last there."""
    seen: int
    """The evaluation when it was last there."""
    active_at: int
    state: Literal["pending", "firing", "inactive"] = "pending"
    fired_at: int | None = None
    resolved_at: int | None = None
    keep_firing_since: int | None = None
    last_sent_at: int | None = None

    def needs_sending(self, now: int, resend_delay: int) -> bool:
        """Whether it is to be handed on: newly firing, just resolved, or not sent for longer than the delay."""
        if self.state == "pending":
            return False
        if self.last_sent_at is None or (self.resolved_at is not None and self.resolved_at > self.last_sent_at):
            return True
        return self.last_sent_at + resend_delay < now


def next_event(active: Iterable[Tracked], *, for_: int, keep_firing_for: int, resend_delay: int) -> int:
    """The first time, in milliseconds, at which one of these alerts changes or is to be sent while the same hold."""
    found = NEVER
    for alert in active:
        if alert.state == "pending":
            found = min(found, alert.active_at + for_)
        if alert.keep_firing_since is not None and alert.state == "firing":
            found = min(found, alert.keep_firing_since + keep_firing_for)
        if alert.state == "inactive" and alert.resolved_at is not None:
            found = min(found, alert.resolved_at + RESOLVED_RETENTION + 1)
        if alert.state != "pending":
            found = min(found, NEVER if alert.last_sent_at is None else alert.last_sent_at + resend_delay + 1)
    return found


def advance(
    active: dict[Labels, Tracked],
    found: Mapping[Labels, tuple[Labels, float]],
    now: int,
    *,
    for_: int,
    keep_firing_for: int,
    limit: int = 0,
) -> list[Tracked]:
    """Bring the alerts of a rule to this evaluation.

    Args:
        active: the rule's alerts by their labels; changed in place.
        found: what holds now: labels of the alert → labels of the element and its value.
        now: the evaluation, in milliseconds since the epoch.
        for_: milliseconds an alert is pending.
        keep_firing_for: milliseconds a firing alert is held after it stopped to hold.
        limit: most alerts allowed, 0 for no limit.

    Returns:
        The alerts that are pending or firing now.

    Raises:
        RuleError: there are more than ``limit``; the rule then has no alerts any more.
    """
    for labels, (metric, value) in found.items():
        alert = active.get(labels)
        if alert is not None and alert.state != "inactive":
            alert.metric, alert.value, alert.seen = metric, value, now
        else:
            active[labels] = Tracked(labels, metric, value, now, now)
    alive: list[Tracked] = []
    for labels, alert in list(active.items()):
        if labels in found:
            alert.keep_firing_since = None
        elif alert.state == "firing" and keep_firing_for > 0:
            if alert.keep_firing_since is None:
                alert.keep_firing_since = now
            if now - alert.keep_firing_since >= keep_firing_for:
                alert.state, alert.resolved_at = "inactive", now
                continue
        else:
            if alert.state == "firing":
                alert.state, alert.resolved_at = "inactive", now
            elif alert.state == "pending" or (
                alert.resolved_at is not None and now - alert.resolved_at > RESOLVED_RETENTION
            ):
                del active[labels]
            continue
        if alert.state == "pending" and now - alert.active_at >= for_:
            alert.state, alert.fired_at = "firing", now
        alive.append(alert)
    if 0 < limit < len(alive):
        active.clear()
        raise RuleError(f"exceeded limit of {limit} with {len(alive)} alerts")
    return alive
