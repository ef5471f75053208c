"""A mail server: whether it greets and would take a mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.health.check import Check, seconds
from vedette.health.outcome import Failed

if TYPE_CHECKING:
    from typing import Unpack

    from vedette.health.checks.settings import Settings

__all__ = ["smtp"]


def smtp(
    host: str, port: int = 25, *, starttls: bool = False, name: str = "smtp", **settings: Unpack[Settings]
) -> Check:
    """Whether a mail server answers ``EHLO`` and ``NOOP``. A warning if not said otherwise.

    Args:
        host: of the server.
        port: 465 is spoken to in TLS from the start.
        starttls: whether it must offer TLS.
        name: of the check.
        **settings: see `Check`.
    """
    settings.setdefault("level", "warning")
    settings.setdefault("every", "30s")
    limit = seconds(settings.get("timeout", 1))

    def ask() -> None:
        import smtplib  # noqa: PLC0415 - loaded by who checks

        kind = smtplib.SMTP_SSL if port == 465 else smtplib.SMTP
        with kind(host, port, timeout=limit) as server:
            server.ehlo_or_helo_if_needed()
            if starttls:
                server.starttls()
                server.ehlo()
            code, _ = server.noop()
            if code != 250:
                raise Failed(f"NOOP is answered with {code}")

    return Check(name, ask, **settings)
