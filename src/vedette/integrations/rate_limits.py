"""What the headers of an answer say of a rate limit, in the many ways in which services say it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KINDS", "MARKS", "Limit", "read"]


class Limit(NamedTuple):
    """A limit as it was when the service answered; what it does not say is None."""

    resource: str
    """What is limited, if there are several limits: ``tokens``, ``search``; else empty."""
    limit: float | None
    remaining: float | None
    reset: float | None
    """Seconds until it counts anew."""


# Header → what is limited, and what is said of it.
KINDS: dict[str, tuple[str, str]] = {
    # https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers: to draft 06 one header each (GitLab, Docker
    # Hub), then one for all
    "ratelimit-limit": ("", "limit"),
    "ratelimit-remaining": ("", "remaining"),
    "ratelimit-reset": ("", "reset"),
    "ratelimit": ("", "now"),
    "ratelimit-policy": ("", "policy"),
    # GitHub, Atlassian, Reddit, Discord and most others; GitHub says which of its limits it is
    "x-ratelimit-limit": ("", "limit"),
    "x-ratelimit-remaining": ("", "remaining"),
    "x-ratelimit-reset": ("", "reset"),
    "x-ratelimit-reset-after": ("", "reset after"),
    "x-ratelimit-resource": ("", "resource"),
    # X (Twitter), Okta, Zendesk
    "x-rate-limit": ("", "limit"),
    "x-rate-limit-limit": ("", "limit"),
    "x-rate-limit-remaining": ("", "remaining"),
    "x-rate-limit-reset": ("", "reset"),
    # HubSpot, Shopify, Salesforce
    "x-hubspot-ratelimit-max": ("", "limit"),
    "x-hubspot-ratelimit-remaining": ("", "remaining"),
    "x-shopify-shop-api-call-limit": ("", "used of"),
    "sforce-limit-info": ("", "used of"),
    # OpenAI and its like, Anthropic
    **{
        f"x-ratelimit-{what}-{resource}": (resource, what)
        for resource in ("requests", "tokens")
        for what in ("limit", "remaining", "reset")
    },
    **{
        f"anthropic-ratelimit-{resource}-{what}": (resource, what)
        for resource in ("requests", "tokens", "input-tokens", "output-tokens")
        for what in ("limit", "remaining", "reset")
    },
    # https://www.rfc-editor.org/rfc/rfc9110#name-retry-after: Stripe and Slack say nothing else
    "retry-after": ("", "retry after"),
}

MARKS = (
    "ratelimit",
    "ratelimit-remaining",
    "retry-after",
    "x-ratelimit-remaining",
    "x-rate-limit-remaining",
    "x-ratelimit-remaining-requests",
    "x-hubspot-ratelimit-remaining",
    "x-shopify-shop-api-call-limit",
    "anthropic-ratelimit-requests-remaining",
    "sforce-limit-info",
)
"""Headers of which one is in every answer that tells a limit."""

# As seconds until then it would be 31 years, as seconds or milliseconds since the epoch it is after 2001.
_EPOCH, _EPOCH_MILLISECONDS = 1e9, 1e12
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_NUMBER = r"\s*([0-9]{1,15}(?:\.[0-9]{1,9})?)\s*(?:[,;]|$)"
_DURATION = r"(?:[0-9]{1,9}(?:\.[0-9]{1,9})?(?:ms|[smhd]))+"
_USED_OF = r"(?:api-usage=)?([0-9]{1,12})/([0-9]{1,12})(?:[;, ]|$)"
_ITEM = r'\s*"?([\w .-]{1,64}?)"?\s*((?:;\s*\w{1,10}\s*=\s*[^;,]{1,40})+)'
_PARAMETER = r"(\w{1,10})\s*=\s*([0-9]{1,15})"
_MOST = 4  # of limits that one answer tells


def read(headers: Mapping[str, str], now: float) -> list[Limit]:
    """The limits that the headers tell, a header by its lower-case name; ``now`` in seconds since the epoch."""
    said: dict[str, dict[str, str]] = {}
    for name, value in headers.items():
        resource, what = KINDS[name]
        said.setdefault(resource, {})[what] = value
    whole = said.pop("", {})
    found = [_limit(resource, parts, now) for resource, parts in said.items()]
    found += _structured(whole.get("now", ""), whole.get("policy", ""))
    plain = _limit(whole.get("resource", ""), whole, now)
    if plain.limit is not None or plain.remaining is not None or (plain.reset is not None and not found):
        found.append(plain)
    return found[:_MOST]


def _limit(resource: str, parts: Mapping[str, str], now: float) -> Limit:
    limit, remaining = _number(parts.get("limit")), _number(parts.get("remaining"))
    used = re.match(_USED_OF, parts.get("used of", ""))
    if used:
        limit = float(used[2])
        remaining = max(0.0, limit - float(used[1]))
    reset = _number(parts.get("reset after"))
    if reset is None:
        reset = _seconds(parts.get("reset"), now)
    retry = _seconds(parts.get("retry after"), now)
    if retry is not None and (reset is None or remaining != 0):
        # Who is told to come back later may do nothing until then.
        reset, remaining = retry, 0.0
    return Limit(resource, limit, remaining, reset)


def _structured(now: str, policy: str) -> list[Limit]:
    """``"default";r=50;t=30`` with ``"default";q=100;w=60``; or ``limit=100, remaining=50, reset=5`` of draft 07."""
    if "remaining" in now:
        parts = {name: float(value) for name, value in re.findall(r"(limit|remaining|reset)\s*=\s*([0-9]{1,15})", now)}
        return [Limit("", parts.get("limit"), parts.get("remaining"), parts.get("reset"))]
    quotas = dict(_items(policy))
    found = []
    for name, told in _items(now):
        allowed = quotas.get(name, {}).get("q", told.get("q"))
        found.append(Limit("" if name == "default" else name, allowed, told.get("r"), told.get("t")))
    return found


def _items(text: str) -> list[tuple[str, dict[str, float]]]:
    items = re.findall(_ITEM, text)
    return [(name, {key: float(value) for key, value in re.findall(_PARAMETER, rest)}) for name, rest in items]


def _number(text: str | None) -> float | None:
    """The first number: of ``100, 100;w=60`` a hundred."""
    found = re.match(_NUMBER, text) if text else None
    return float(found[1]) if found else None


def _seconds(text: str | None, now: float) -> float | None:
    """Seconds from now of a number of seconds, a time since the epoch, a duration (``6m0s``) or a date."""
    if not text:
        return None
    text = text.strip()
    if re.fullmatch(_DURATION, text):
        return sum(float(count) * _UNITS[unit] for count, unit in re.findall(r"([0-9.]+)(ms|[smhd])", text))
    number = _number(text)
    if number is None or not text.replace(".", "").isdigit():
        at = _date(text)
        return None if at is None else max(0.0, at - now)
    if number >= _EPOCH_MILLISECONDS:
        number /= 1000
    return max(0.0, number - now) if number >= _EPOCH else number


def _date(text: str) -> float | None:
    """``Wed, 21 Oct 2026 07:28:00 GMT`` or ``2026-10-21T07:28:00Z`` in seconds since the epoch."""
    # An HTTP client has loaded both.
    from datetime import datetime  # noqa: PLC0415
    from email.utils import parsedate_to_datetime  # noqa: PLC0415

    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = parse(text)
        except (ValueError, TypeError):
            continue
        return found.timestamp() if found.tzinfo is not None else None
    return None
