"""Another service, by HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.errors import DeclarationError
from vedette.health.check import Check, seconds
from vedette.health.outcome import Failed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from vedette.health.checks.settings import Settings

__all__ = ["http"]


def http(
    name: str,
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    good: range = range(200, 400),
    **settings: Unpack[Settings],
) -> Check:
    """Whether a service answers, and with a status that means well.

    A warning if not said otherwise: an application can mostly do something without the other.

    Args:
        name: of the check.
        url: what is asked for; its health, if it has one.
        method: of the request.
        headers: such as an authorisation.
        good: the statuses that mean well; redirects are not followed.
        **settings: see `Check`.

    Raises:
        DeclarationError: the URL is none of HTTP.

    Example:
        >>> http("payments", "https://payments.example/health")
        Check('payments')
    """
    if not url.startswith(("http://", "https://")):
        raise DeclarationError(f"http({name!r}, {url!r}): the URL must begin with http:// or https://")
    settings.setdefault("level", "warning")
    limit = seconds(settings.get("timeout", 1))

    def ask() -> None:
        status = _status(url, method, headers or {}, limit)
        if status not in good:
            raise Failed(f"status {status}")

    return Check(name, ask, **settings)


def _status(url: str, method: str, headers: Mapping[str, str], limit: float) -> int:
    import http.client  # noqa: PLC0415 - loaded by who checks
    from urllib.parse import urlsplit  # noqa: PLC0415 - the same

    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=limit)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, headers={"user-agent": "vedette", **headers})
        return connection.getresponse().status
    finally:
        connection.close()
