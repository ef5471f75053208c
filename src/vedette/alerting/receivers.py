"""Receivers as the ways to reach them: settings filled in, what cannot be delivered named."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vedette.alerting.delivery import Integration
from vedette.formats.alertmanager import email_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.formats.alertmanager import AlertmanagerConfig, WebhookConfig

__all__ = ["integrations", "undelivered"]


def integrations(config: AlertmanagerConfig) -> Mapping[str, tuple[Integration, ...]]:
    """Receiver → its integrations in Alertmanager's order: e-mail, then webhooks."""
    out: dict[str, tuple[Integration, ...]] = {}
    for receiver in config.receivers:
        emails = (
            Integration(receiver=receiver.name, name=f"email/{index}", config=filled, target=filled.to)
            for index, item in enumerate(receiver.email_configs)
            for filled in (email_settings(item, config.global_),)
        )
        webhooks = (
            Integration(receiver=receiver.name, name=f"webhook/{index}", config=item, target=_shown(item))
            for index, item in enumerate(receiver.webhook_configs)
        )
        out[receiver.name] = (*emails, *webhooks)
    return out


def _shown(webhook: WebhookConfig) -> str:
    """Scheme and host of the address: its path and query may hold a token."""
    if not webhook.url:
        return webhook.url_file
    parts = urlsplit(webhook.url)
    port = f":{parts.port}" if parts.port else ""
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}{port}"


def undelivered(config: AlertmanagerConfig) -> tuple[str, ...]:
    """One message for every integration of the file that this engine does not deliver."""
    out = []
    for receiver in config.receivers:
        for kind in receiver.other:
            if kind.endswith("_configs"):
                place = f"{receiver.place}: " if receiver.place else ""
                out.append(
                    f"{place}receiver {receiver.name!r}: {kind} is not delivered by the embedded engine yet "
                    "(email_configs and webhook_configs are); run Alertmanager on this file to have it delivered"
                )
    return tuple(out)
