"""A notification as Alertmanager's templates see it: ``.Status``, ``.Alerts.Firing``, ``.CommonLabels``…."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vedette.formats.gotemplate import Time
from vedette.formats.notification_data import Alerts, KeyValues, TemplateAlert, TemplateData

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vedette.alerting.delivery import AlertRecord, Notification

__all__ = ["common", "template_data"]

# Alertmanager hands the name on as it stands in a regular expression
_SPECIAL = re.compile(r"([\\.+*?()|\[\]{}^$])")


def common(maps: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The pairs that all of them have."""
    first, *rest = maps or ({},)
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in rest)}


def template_data(notification: Notification) -> TemplateData:
    """What the templates get for this notification."""
    alerts = notification.alerts
    return TemplateData(
        receiver=_SPECIAL.sub(r"\\\1", notification.receiver),
        status=notification.status,
        alerts=Alerts(_alerts(alerts, notification.now)),
        group_labels=KeyValues(notification.group_labels),
        common_labels=KeyValues(common([dict(alert.labels) for alert in alerts])),
        common_annotations=KeyValues(common([alert.annotations for alert in alerts])),
        external_url=notification.external_url,
        notification_reason=notification.reason,
    )


def _alerts(alerts: Iterable[AlertRecord], now: int) -> Iterable[TemplateAlert]:
    for alert in alerts:
        ended = alert.resolved(now)
        yield TemplateAlert(
            status="resolved" if ended else "firing",
            labels=KeyValues(alert.labels),
            annotations=KeyValues(alert.annotations),
            starts_at=Time.at(alert.starts_at),
            ends_at=Time.at(alert.ends_at) if ended else Time.zero(),
            generator_url=alert.generator_url,
            fingerprint=alert.fingerprint,
        )
