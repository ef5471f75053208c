"""How the answers of Prometheus' API are read: whatever stands in them, nothing fails but by a clear message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vedette.check.live.client import Answer

__all__ = ["NoApiError", "RefusedError", "UnansweredError", "mappings", "plain", "success", "text", "texts"]

_SHOWN: Final = 200
_LOGIN: Final = frozenset({401, 403, 407})


class UnansweredError(ConfigError):
    """The server does not answer, or not this; the message says which address, and why."""


class RefusedError(UnansweredError):
    """It wants to know who asks."""


class NoApiError(UnansweredError):
    """It answers, and not as a server of Prometheus' API does."""


def success(answer: Answer, name: str) -> Any:
    """The data in an answer of Prometheus' API.

    Raises:
        RefusedError: it wants a login.
        NoApiError: it is no such answer.
        UnansweredError: it says why it does not answer.
    """
    if answer.status in _LOGIN:
        raise RefusedError(f"{name}: it wants to know who asks (status {answer.status}); give --token-file")
    if answer.is_page:
        raise NoApiError(f"{name}: it answers with a web page (status {answer.status})")
    try:
        found = orjson.loads(answer.body)
    except ValueError:
        raise NoApiError(f"{name}: its answer is no JSON (status {answer.status})") from None
    if not isinstance(found, dict) or found.get("status") not in ("success", "error"):
        raise NoApiError(f"{name}: its answer is not one of Prometheus' API (status {answer.status})")
    if found["status"] == "error" or "data" not in found:
        why = plain(text(found, "error"))[:_SHOWN] or "it does not say why"
        raise UnansweredError(f"{name}: {why}")
    return found["data"]


def texts(value: Any) -> Iterator[str]:
    """The texts in what should be a list of names, without those that nobody could read."""
    return (one for one in value if isinstance(one, str) and one.isprintable()) if isinstance(value, list) else iter(())


def mappings(value: Any, key: str = "") -> Iterator[Mapping[str, Any]]:
    """The objects in what should be a list of them; with a key, in the list under it."""
    if key:
        value = value.get(key) if isinstance(value, dict) else None
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())


def text(value: Any, key: str) -> str:
    """The text under a key, empty where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def plain(told: str) -> str:
    """What a server says, on one line, without what would steer a terminal."""
    return " ".join("".join(one if one.isprintable() else " " for one in told).split())
