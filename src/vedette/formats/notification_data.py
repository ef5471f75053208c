"""What the templates of a notification are given, as Alertmanager's own know it: names, methods and types.

https://prometheus.io/docs/alerting/latest/notifications/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from vedette.formats.gotemplate import StringMap, Time

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Alerts", "KeyValues", "Pair", "Pairs", "TemplateAlert", "TemplateData"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A name and its value."""

    name: str
    value: str

    go_type: ClassVar[str] = "template.Pair"
    go_names: ClassVar[Mapping[str, str]] = {"Name": "name", "Value": "value"}


class Pairs(list[Pair]):
    """Pairs in the order in which they are shown."""

    go_type: ClassVar[str] = "template.Pairs"
    go_names: ClassVar[Mapping[str, str]] = {"Names": "names", "Values": "values", "String": "__str__"}

    def names(self) -> list[str]:
        """The names."""
        return [pair.name for pair in self]

    def values(self) -> list[str]:
        """The values."""
        return [pair.value for pair in self]

    def __str__(self) -> str:
        return ", ".join(f"{pair.name}={pair.value}" for pair in self)


class KeyValues(StringMap):
    """Labels or annotations."""

    go_type: ClassVar[str] = "template.KV"
    go_names: ClassVar[Mapping[str, str]] = {
        "Names": "shown_names",
        "Remove": "less",
        "SortedPairs": "sorted_pairs",
        "String": "__str__",
        "Values": "shown_values",
    }

    def sorted_pairs(self) -> Pairs:
        """By name, the alert's name first."""
        return Pairs(Pair(name, self[name]) for name in sorted(self, key=lambda name: (name != "alertname", name)))

    def less(self, names: list[str]) -> KeyValues:
        """Without these names."""
        return KeyValues({name: value for name, value in self.items() if name not in names})

    def shown_names(self) -> list[str]:
        """The names in order."""
        return self.sorted_pairs().names()

    def shown_values(self) -> list[str]:
        """The values in the order of their names."""
        return self.sorted_pairs().values()

    def __str__(self) -> str:
        return str(self.sorted_pairs())


@dataclass(frozen=True, slots=True)
class TemplateAlert:
    """One alert; the fields stand in the order in which Go prints them."""

    status: str
    labels: KeyValues
    annotations: KeyValues
    starts_at: Time
    ends_at: Time
    generator_url: str
    fingerprint: str

    go_type: ClassVar[str] = "template.Alert"
    go_names: ClassVar[Mapping[str, str]] = {
        "Annotations": "annotations",
        "EndsAt": "ends_at",
        "Fingerprint": "fingerprint",
        "GeneratorURL": "generator_url",
        "Labels": "labels",
        "StartsAt": "starts_at",
        "Status": "status",
    }
    json_names: ClassVar[Mapping[str, str]] = {
        "starts_at": "startsAt",
        "ends_at": "endsAt",
        "generator_url": "generatorURL",
    }


class Alerts(list[TemplateAlert]):
    """The alerts of a notification."""

    go_type: ClassVar[str] = "template.Alerts"
    go_names: ClassVar[Mapping[str, str]] = {"Firing": "firing", "Resolved": "resolved"}

    def firing(self) -> list[TemplateAlert]:
        """Those that fire."""
        return [alert for alert in self if alert.status == "firing"]

    def resolved(self) -> list[TemplateAlert]:
        """Those that have ended."""
        return [alert for alert in self if alert.status == "resolved"]


@dataclass(frozen=True, slots=True)
class TemplateData:
    """The first dot of a notification template."""

    receiver: str
    status: str
    alerts: Alerts
    notification_reason: str
    group_labels: KeyValues
    common_labels: KeyValues
    common_annotations: KeyValues
    external_url: str

    go_type: ClassVar[str] = "template.Data"
    go_names: ClassVar[Mapping[str, str]] = {
        "Alerts": "alerts",
        "CommonAnnotations": "common_annotations",
        "CommonLabels": "common_labels",
        "ExternalURL": "external_url",
        "GroupLabels": "group_labels",
        "NotificationReason": "notification_reason",
        "Receiver": "receiver",
        "Status": "status",
    }
    json_names: ClassVar[Mapping[str, str]] = {
        "group_labels": "groupLabels",
        "common_labels": "commonLabels",
        "common_annotations": "commonAnnotations",
        "external_url": "externalURL",
    }
