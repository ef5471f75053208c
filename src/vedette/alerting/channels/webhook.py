"""Webhooks: Alertmanager's version 4 body by HTTP POST, retried until the other side takes it."""

from __future__ import annotations

import asyncio
import base64
import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
import orjson

from vedette.alerting.channels.secrets import SettingError, read_secret, tls_context
from vedette.alerting.delivery import Delivered, Failed, Payload, Retry
from vedette.formats.alerts import webhook_body

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.alerting.delivery import Delivery, Notification, Outcome
    from vedette.formats.alertmanager import WebhookConfig
    from vedette.place import Place

__all__ = ["render", "send"]

RETRIED = frozenset((408, 425, 429))
"""Client errors that pass: request timeout, too early, too many requests. Every 5xx passes too."""

_SHOWN = 200
"""Characters of an error's body that are kept."""


def render(notification: Notification, config: WebhookConfig) -> Payload:
    """Body and headers, without credentials."""
    body = webhook_body(
        (alert.alert for alert in notification.alerts),
        now=notification.now,
        receiver=notification.receiver,
        group_labels=notification.group_labels,
        group_key=notification.group_key,
        external_url=notification.external_url,
        max_alerts=config.max_alerts,
        reason=notification.reason,
    )
    names = ", ".join(dict.fromkeys(dict(alert.labels).get("alertname", "") for alert in notification.alerts))
    return Payload(
        headers={
            "Content-Type": "application/json",
            "User-Agent": "Vedette",
            "Idempotency-Key": notification.id,
        },
        body=orjson.dumps(body).decode(),
        subject=f"[{notification.status.upper()}] {names}",
    )


async def send(session: aiohttp.ClientSession, delivery: Delivery, config: WebhookConfig) -> Outcome:
    """POST it. Waits as long as the other side does: the caller sets the limit."""
    try:
        url = _url(config)
        headers = {**delivery.payload.headers, **_credentials(config.http_config, config.place)}
        options = _options(config.http_config, config.place)
    except SettingError as error:
        return Retry(str(error))
    try:
        async with session.post(
            url,
            data=delivery.payload.body.encode(),
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=None),
            **options,
        ) as reply:
            if 200 <= reply.status < 300:
                return Delivered()
            return _refused(reply, await _beginning(reply))
    except aiohttp.InvalidURL:
        return Failed("the webhook's url is not an address; write for example 'https://host/path'")
    except (aiohttp.ClientError, OSError) as error:
        return Retry(_told(error))


def _url(config: WebhookConfig) -> str:
    return config.url or read_secret(config.url_file, config.place)


def _credentials(http: Mapping[str, Any], place: Place | None) -> dict[str, str]:
    """Headers that say who we are."""
    headers = _own_headers(http, place)
    basic = http.get("basic_auth")
    if basic:
        user, password = (
            read_secret(basic[f"{part}_file"], place) if basic.get(f"{part}_file") else str(basic.get(part, ""))
            for part in ("username", "password")
        )
        headers["Authorization"] = f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"
    authorization = http.get("authorization") or {}
    file = authorization.get("credentials_file") or http.get("bearer_token_file")
    token = (
        read_secret(file, place) if file else str(authorization.get("credentials") or http.get("bearer_token") or "")
    )
    if token:
        headers["Authorization"] = f"{authorization.get('type', 'Bearer')} {token}"
    return headers


def _own_headers(http: Mapping[str, Any], place: Place | None) -> dict[str, str]:
    """``http_headers``: name → ``values``, ``secrets`` or ``files``; the last of them counts."""
    out: dict[str, str] = {}
    for name, given in (http.get("http_headers") or {}).items():
        values = [*given.get("values", ()), *given.get("secrets", ())]
        values += [read_secret(file, place) for file in given.get("files", ())]
        if values:
            out[str(name)] = str(values[-1])
    return out


def _options(http: Mapping[str, Any], place: Place | None) -> dict[str, Any]:
    options: dict[str, Any] = {"allow_redirects": bool(http.get("follow_redirects", True))}
    if http.get("proxy_url"):
        options["proxy"] = str(http["proxy_url"])
    tls = http.get("tls_config")
    if tls:
        options["ssl"] = tls_context(tls, place)
        if tls.get("server_name"):
            options["server_hostname"] = str(tls["server_name"])
    return options


async def _beginning(reply: aiohttp.ClientResponse) -> str:
    try:
        raw = await reply.content.read(4 * _SHOWN)
    except (aiohttp.ClientError, asyncio.IncompleteReadError):
        return ""
    return " ".join(raw.decode("utf-8", "replace").split())[:_SHOWN]


def _refused(reply: aiohttp.ClientResponse, said: str) -> Outcome:
    error = f"HTTP {reply.status}" + (f": {said}" if said else "")
    if reply.status in RETRIED or reply.status >= 500:
        return Retry(error, _wish(reply))
    return Failed(error)


def _wish(reply: aiohttp.ClientResponse) -> int | None:
    """Milliseconds of a Retry-After, which is seconds or a date (RFC 9110 section 10.2.3)."""
    text = reply.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}", text, re.ASCII):
        return int(text) * 1000
    try:
        until = parsedate_to_datetime(text)
        sent = parsedate_to_datetime(reply.headers["Date"])
    except (KeyError, TypeError, ValueError):
        return None
    return max(0, int((until - sent).total_seconds() * 1000))


def _told(error: Exception) -> str:
    """The error without the address, which may hold a token."""
    if isinstance(error, aiohttp.ClientConnectorError):
        reason = error.os_error.strerror or str(error.os_error)
        return f"cannot connect: {reason}"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the connection was closed before an answer came"
    return (
        re.sub(r"https?://\S+", lambda found: urlsplit(found.group()).hostname or "", str(error))
        or type(error).__name__
    )
