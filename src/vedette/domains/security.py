"""Security and authentication, as the security pack declares them. Say why, never who: no name, address or token.

Example:
    >>> from vedette.domains import security
    >>> security.logged_in("password")
    >>> security.login_failed("password", reason="wrong_password")
    >>> security.denied("invoice", reason="not_owner")
    >>> security.limited("login")
    >>> security.suspicious("path_traversal")
"""

from __future__ import annotations

from vedette.packs.security import attempts, denials, signals
from vedette.packs.security import limited as limited_total
from vedette.packs.security import suspicious as suspicious_total

__all__ = ["denied", "intrusion_signal", "limited", "logged_in", "login_failed", "suspicious"]


def logged_in(method: str) -> None:
    """Somebody has logged in by ``method``, such as ``"password"`` or ``"oidc"``."""
    attempts.inc(method, "success", "")


def login_failed(method: str, *, reason: str) -> None:
    """An attempt to log in has failed, by a reason such as ``"unknown_user"`` or ``"expired_token"``."""
    attempts.inc(method, "failure", reason)


def denied(resource: str, *, reason: str = "forbidden") -> None:
    """Somebody known asked for what he may not have; ``resource`` is a kind of thing, never its identity."""
    denials.inc(resource, reason)


def limited(limiter: str) -> None:
    """A request was refused by the limit named ``limiter``."""
    limited_total.inc(limiter)


def suspicious(reason: str) -> None:
    """A request looks like an attack, such as ``"sql_injection"`` or ``"path_traversal"``."""
    suspicious_total.inc(reason)


def intrusion_signal(signal: str) -> None:
    """A sign of an intrusion, such as ``"new_admin"`` or ``"impossible_travel"``."""
    signals.inc(signal)
