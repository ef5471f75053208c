"""One file per channel: how a notification is rendered, once, and sent, as often as it takes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from vedette.alerting.channels import email, webhook
from vedette.alerting.delivery import Retry
from vedette.formats.alertmanager import EmailConfig

if TYPE_CHECKING:
    import aiohttp

    from vedette.alerting.delivery import Delivery, Integration, Notification, Outcome, Payload
    from vedette.alerting.templates import Templates

__all__ = ["email", "render", "send", "timeout", "webhook"]

LIMIT = 30_000
"""Milliseconds for one attempt, unless the configuration says otherwise."""


def render(notification: Notification, integration: Integration, templates: Templates) -> Payload:
    """What will be sent, whenever it is sent.

    Raises:
        RenderError: a template fails, or a needed setting is missing.
    """
    config = integration.config
    if isinstance(config, EmailConfig):
        return email.render(notification, config, templates)
    return webhook.render(notification, config)


def timeout(integration: Integration) -> int:
    """Milliseconds that one attempt may take."""
    config = integration.config
    return LIMIT if isinstance(config, EmailConfig) else config.timeout or LIMIT


async def send(session: aiohttp.ClientSession, delivery: Delivery) -> Outcome:
    """Attempt a delivery; never longer than its timeout, and never raising."""
    config = delivery.integration.config
    try:
        async with asyncio.timeout(delivery.timeout / 1000):
            if isinstance(config, EmailConfig):
                return await email.send(delivery, config)
            return await webhook.send(session, delivery, config)
    except TimeoutError:
        return Retry(f"no answer within {delivery.timeout / 1000:g} s")
