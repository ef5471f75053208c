"""Notifications that would have left: written as they would be sent, and kept instead.

The embedded engine delivers mail and webhooks. What a file has of Slack and PagerDuty is routed here as a webhook in
its place, and its message is written from the templates of the file.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from vedette.alerting.templates import Templates
from vedette.formats.alertmanager import WebhookConfig
from vedette.formats.gotemplate import Time
from vedette.formats.notification_data import Alerts, KeyValues, TemplateAlert, TemplateData

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.alerting.delivery import Delivery, Entry
    from vedette.formats.alertmanager import AlertmanagerConfig, Receiver

__all__ = ["Capture", "Notification"]

_STAND_INS = {"slack_configs": "slack", "pagerduty_configs": "pagerduty"}
_URL = re.compile(r"https?://[^\s\"'<>|)]+")


@dataclass(frozen=True, slots=True)
class Notification:
    """What somebody was told.

    ``at`` is in milliseconds since the epoch. ``to`` are the addresses it goes to: of a mail each address, of Slack the
    channel, of a webhook its URL, ``"pagerduty"``.
    """

    at: int
    channel: str
    to: tuple[str, ...]
    subject: str
    body: str
    html: str
    alerts: tuple[str, ...]
    """Names of the alerts that it tells of."""
    resolved: bool
    """Whether all of them have ended."""

    @property
    def links(self) -> tuple[str, ...]:
        """Every URL in it, each once."""
        return tuple(dict.fromkeys(_URL.findall(self.body) + [html.unescape(one) for one in _URL.findall(self.html)]))


class Capture:
    """Knows every receiver of a configuration, and turns deliveries into notifications."""

    def __init__(self, config: AlertmanagerConfig) -> None:
        self._templates = Templates.load(config)
        self._stand_ins: dict[tuple[str, str], tuple[str, Mapping[str, Any]]] = {}
        self.config = replace(config, receivers=tuple(self._receiver(receiver) for receiver in config.receivers))
        """The configuration to route by."""
        self.addresses = sorted(
            {
                address
                for receiver in self.config.receivers
                for index, webhook in enumerate(receiver.webhook_configs)
                for address in self._webhook(receiver.name, f"webhook/{index}", webhook)
            }
            | {address for one in config.receivers for mail in one.email_configs for address in _mails(mail.to)}
        )
        """Everybody who can be told."""

    def _receiver(self, receiver: Receiver) -> Receiver:
        webhooks = list(receiver.webhook_configs)
        for key, channel in _STAND_INS.items():
            for item in receiver.other.get(key, ()):
                self._stand_ins[receiver.name, f"webhook/{len(webhooks)}"] = channel, item
                webhooks.append(
                    WebhookConfig(url=f"http://{channel}.invalid/", send_resolved=item.get("send_resolved", True))
                )
        return replace(receiver, webhook_configs=tuple(webhooks))

    def _webhook(self, receiver: str, name: str, webhook: WebhookConfig) -> tuple[str, ...]:
        channel, item = self._stand_ins.get((receiver, name), ("webhook", {}))
        if channel == "webhook":
            return (webhook.url or webhook.url_file,)
        return (str(item.get("channel", channel)),)

    def take(self, delivery: Delivery, entry: Entry, at: int) -> Notification:
        """What this delivery, whose line in the outbox is ``entry``, says to whom."""
        integration, payload = delivery.integration, delivery.payload
        channel, item = self._stand_ins.get((integration.receiver, integration.name), (integration.channel, {}))
        if channel == "email":
            to, subject, body = _mails(integration.target), payload.subject, payload.text
        else:
            assert isinstance(integration.config, WebhookConfig)
            to = self._webhook(integration.receiver, integration.name, integration.config)
            subject, body = payload.subject, payload.body
            if channel != "webhook":
                data = _data(orjson.loads(payload.body))
                subject = self._templates.text(str(item.get("title") or item.get("description") or ""), data, at)
                details = "\n".join(f"{name}: {text}" for name, text in item.get("details", {}).items())
                body = self._templates.text(str(item.get("text") or details), data, at)
        return Notification(at, channel, to, subject, body, payload.html, entry.alerts, not entry.firing)


def _mails(text: str) -> tuple[str, ...]:
    return tuple(address.strip() for address in text.split(","))


def _data(said: Mapping[str, Any]) -> TemplateData:
    """What the templates get, from the body of a webhook, which tells the same."""
    return TemplateData(
        receiver=said["receiver"],
        status=said["status"],
        alerts=Alerts(
            TemplateAlert(
                status=alert["status"],
                labels=KeyValues(alert["labels"]),
                annotations=KeyValues(alert["annotations"]),
                starts_at=_time(alert["startsAt"]),
                ends_at=_time(alert["endsAt"]),
                generator_url=alert["generatorURL"],
                fingerprint=alert["fingerprint"],
            )
            for alert in said["alerts"]
        ),
        notification_reason=str(said["notification_reason"]),
        group_labels=KeyValues(said["groupLabels"]),
        common_labels=KeyValues(said["commonLabels"]),
        common_annotations=KeyValues(said["commonAnnotations"]),
        external_url=said["externalURL"],
    )


def _time(text: str) -> Time:
    if text.startswith("0001-"):
        return Time.zero()
    return Time.at(round(datetime.fromisoformat(text).timestamp() * 1000))
