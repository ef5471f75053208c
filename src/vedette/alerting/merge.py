"""How an alert that is received joins the one that is known (Alertmanager's rules)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vedette.alerting.delivery import AlertRecord
from vedette.formats.alerts import fingerprint

if TYPE_CHECKING:
    from vedette.formats.alerts import Alert

__all__ = ["merged", "received", "refreshes"]


def received(alert: Alert, now: int, resolve_timeout: int) -> AlertRecord:
    """The alert with the times it left out filled in."""
    return AlertRecord(
        fingerprint=fingerprint(alert.labels),
        labels=alert.labels,
        annotations=dict(alert.annotations),
        starts_at=alert.starts_at or alert.ends_at or now,
        ends_at=alert.ends_at or now + resolve_timeout,
        updated_at=now,
        timeout=not alert.ends_at,
        generator_url=alert.generator_url,
    )


def merged(old: AlertRecord, new: AlertRecord, now: int) -> AlertRecord:
    """The new alert, joined with the old one where their times overlap."""
    overlaps = old.starts_at < new.ends_at < old.ends_at or old.starts_at < new.starts_at < old.ends_at
    if not overlaps:
        return new
    ends_at = new.ends_at
    if old.ends_at > ends_at and (old.resolved(now) if new.resolved(now) else not old.timeout):
        ends_at = old.ends_at
    return replace(new, starts_at=min(old.starts_at, new.starts_at), ends_at=ends_at)


def refreshes(old: AlertRecord, new: AlertRecord, now: int) -> bool:
    """Whether the new one only says that the alert still fires."""
    return (
        not old.resolved(now)
        and not new.resolved(now)
        and old.starts_at == new.starts_at
        and old.annotations == new.annotations
        and old.generator_url == new.generator_url
    )
