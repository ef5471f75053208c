"""A certificate: how long it is still good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.health.check import Check, seconds
from vedette.health.checks.settings import below, in_order
from vedette.instruments import clock

if TYPE_CHECKING:
    from ssl import SSLContext
    from typing import Unpack

    from vedette.health.checks.settings import Settings
    from vedette.health.outcome import Reading

__all__ = ["certificate"]

_DAY = 86400


def certificate(
    host: str,
    port: int = 443,
    *,
    degraded: float = 21,
    failed: float = 3,
    context: SSLContext | None = None,
    name: str = "certificate",
    **settings: Unpack[Settings],
) -> Check:
    """How many days the certificate of a server is good. One that cannot be trusted has failed.

    A warning if not said otherwise.

    Args:
        host: the name that the certificate must be for.
        port: where the server speaks TLS.
        degraded: days that are left when it is degraded.
        failed: days that are left when it has failed.
        context: whom to trust; the system's authorities by default.
        name: of the check.
        **settings: see `Check`.

    Raises:
        DeclarationError: the limits are the wrong way round.
    """
    in_order(name, degraded, failed, falling=True)
    settings.setdefault("level", "warning")
    settings.setdefault("every", "5m")
    limit = seconds(settings.get("timeout", 1))

    def ask() -> Reading:
        import socket  # noqa: PLC0415 - loaded by who checks
        import ssl  # noqa: PLC0415 - the same

        trusted = context or ssl.create_default_context()
        with (
            socket.create_connection((host, port), timeout=limit) as connection,
            trusted.wrap_socket(connection, server_hostname=host) as secured,
        ):
            shown = secured.getpeercert() or {}
        days = (ssl.cert_time_to_seconds(str(shown["notAfter"])) - clock.now()) / _DAY
        return below("what is left", round(days, 1), "days", degraded=degraded, failed=failed)

    return Check(name, ask, **settings)
