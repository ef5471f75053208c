"""E-mail by SMTP: text and HTML, one thread per group, retried while the server says "later"."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses, parseaddr
from typing import TYPE_CHECKING, Any

import aiosmtplib

from vedette.alerting.channels.secrets import SettingError, read_secret, tls_context
from vedette.alerting.delivery import Delivered, Failed, Payload, RenderError, Retry
from vedette.alerting.template_data import template_data

if TYPE_CHECKING:
    from vedette.alerting.delivery import Delivery, Notification, Outcome
    from vedette.alerting.templates import Templates
    from vedette.formats.alertmanager import EmailConfig

__all__ = ["render", "send"]

SUBJECT = '{{ template "email.default.subject" . }}'
TEXT = '{{ template "email.default.text" . }}'
IMPLICIT_TLS = 465
"""The port on which TLS comes first (RFC 8314)."""
_LOCAL = frozenset(("localhost", "127.0.0.1", "::1"))


def render(notification: Notification, config: EmailConfig, templates: Templates) -> Payload:
    """Headers, text and HTML.

    Raises:
        RenderError: a template fails, or sender or recipient are missing.
    """
    data = template_data(notification)
    now = notification.now

    def line(source: str) -> str:
        return " ".join(templates.text(source, data, now).split())

    own = {name.title(): value for name, value in config.headers.items()}
    sender, recipients = line(config.from_), line(config.to)
    if not _address(sender):
        raise RenderError(f"e-mail needs a sender: {sender!r}; set smtp_from in the global section or from")
    if not _addresses(recipients):
        raise RenderError(f"e-mail needs a recipient: {recipients!r}; set to")
    subject = line(own.pop("Subject", SUBJECT))
    domain = _address(sender).rpartition("@")[2] or "localhost"
    thread = f"<{notification.thread}@{domain}>"
    headers = {
        "From": sender,
        "To": recipients,
        "Subject": subject,
        "Date": format_datetime(datetime.fromtimestamp(now / 1000, UTC)),
        "Message-ID": f"<{notification.id}@{domain}>",
        **({} if notification.thread == notification.id else {"In-Reply-To": thread, "References": thread}),
        "Auto-Submitted": "auto-generated",
        **{name: line(value) for name, value in own.items()},
    }
    html = templates.text(config.html, data, now, html=True) if config.html else ""
    text = templates.text(config.text or TEXT, data, now)
    return Payload(headers=headers, text=text, html=html, subject=subject)


def _addresses(text: str) -> list[str]:
    return [address for _, address in getaddresses([text]) if "@" in address]


def _address(text: str) -> str:
    address = parseaddr(text)[1]
    return address if "@" in address else ""


def message(payload: Payload) -> EmailMessage:
    """The message as it goes over the wire."""
    out = EmailMessage()
    for name, value in payload.headers.items():
        out[name] = value
    out.set_content(payload.text)
    if payload.html:
        out.add_alternative(payload.html, subtype="html")
    return out


async def send(delivery: Delivery, config: EmailConfig) -> Outcome:
    """Hand it to the mail server. Waits as long as the server does: the caller sets the limit."""
    host, _, port = config.smarthost.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdigit():
        return Failed(
            f"smarthost {config.smarthost!r} is not host:port; set smtp_smarthost, e.g. 'mail.example.com:587'"
        )
    implicit = bool(config.other.get("force_implicit_tls", int(port) == IMPLICIT_TLS))
    upgrade = bool(config.require_tls) and not implicit
    try:
        password = _password(config)
        tls = tls_context(config.other.get("tls_config") or {}, config.place) if implicit or upgrade else None
    except SettingError as error:
        return Retry(str(error))
    if config.auth_username and tls is None and host not in _LOCAL:
        return Failed(f"the password is not sent to {host} without encryption; set require_tls: true")
    client = aiosmtplib.SMTP(
        hostname=host,
        port=int(port),
        local_hostname=config.hello or "localhost",
        use_tls=implicit,
        start_tls=upgrade,
        tls_context=tls,
        timeout=delivery.timeout / 1000,
    )
    try:
        await client.connect()
        if config.auth_username:
            await client.login(config.auth_username, password)
        refused, _ = await client.send_message(
            message(delivery.payload),
            sender=_address(delivery.payload.headers["From"]),
            recipients=_addresses(delivery.payload.headers["To"]),
        )
        await _leave(client)
    except aiosmtplib.SMTPRecipientsRefused as error:
        return _refused({one.recipient: (one.code, one.message) for one in error.recipients})
    except aiosmtplib.SMTPResponseException as error:
        told = f"SMTP {error.code}: {_plain(error.message)}"
        return Failed(told) if error.code >= 500 else Retry(told)
    except aiosmtplib.SMTPException as error:
        return Retry(f"{host}:{port}: {_plain(str(error)) or type(error).__name__}")
    except OSError as error:
        return Retry(f"{host}:{port}: {error.strerror or error}")
    finally:
        client.close()
    return Delivered() if len(refused) < len(_addresses(delivery.payload.headers["To"])) else _refused(refused)


async def _leave(client: aiosmtplib.SMTP) -> None:
    """Say goodbye; the message is taken already, so nothing that happens here matters."""
    try:
        await client.quit()
    except (aiosmtplib.SMTPException, OSError):
        return


def _password(config: EmailConfig) -> str:
    other: dict[str, Any] = dict(config.other)
    for file in (config.auth_password_file, other.get("auth_secret_file")):
        if file:
            return read_secret(file, config.place)
    return str(other.get("auth_password") or other.get("auth_secret") or "")


def _refused(refused: dict[str, Any]) -> Outcome:
    """Every recipient was refused: for good only if no refusal is passing."""
    told = "; ".join(f"{name}: SMTP {code}: {_plain(text)}" for name, (code, text) in sorted(refused.items()))
    return Failed(told) if all(code >= 500 for code, _ in refused.values()) else Retry(told)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()[:300]
