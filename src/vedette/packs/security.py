"""Security and authentication: logins, denials, limits and what looks like an attack. Reasons, never identities."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.instruments.metrics import Counter

__all__ = ["attempts", "denials", "limited", "security", "signals", "suspicious"]

attempts = Counter(
    "authentication_attempts_total",
    help="Attempts to log in, by method and how they ended; the reason is empty for a success.",
    labels={"method": None, "outcome": ["success", "failure"], "reason": None},
)
denials = Counter(
    "authorization_denials_total",
    help="Requests by somebody who may not do this, by what was asked for.",
    labels=["resource", "reason"],
)
limited = Counter(
    "rate_limited_requests_total", help="Requests that a limit of our own has refused.", labels=["limiter"]
)
suspicious = Counter("suspicious_requests_total", help="Requests that look like an attack, by why.", labels=["reason"])
signals = Counter(
    "intrusion_signals_total", help="Signs that somebody is in who should not be, by kind.", labels=["signal"]
)


@catalog.parametric
def security() -> catalog.Pack:
    """Who is let in, who is not, and what looks like an attack."""
    return catalog.Pack(
        "security",
        title="Security and authentication",
        metrics=[attempts, denials, limited, suspicious, signals],
    )
