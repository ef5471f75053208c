"""Subscribers of redis-py and valkey-py: messages received, never of which channel, and what fails meanwhile."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from vedette.instruments import guard
from vedette.instruments.metrics.measure import error_type
from vedette.packs.cache import operation_errors, pubsub_messages

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.integrations.patch import Patches

    Make = Callable[[Callable[..., Any]], Callable[..., Any]]

__all__ = ["async_message", "async_reading", "message", "reading"]

_MESSAGES = frozenset({"message", "pmessage", "smessage", b"message", b"pmessage", b"smessage"})
_measuring = guard.shield("measuring a redis subscriber")


def reading(patches: Patches, system: str) -> Make:
    """Counts errors of waiting for messages; the wait itself may be as long as it likes."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def parse_response(self: Any, *args: Any, **options: Any) -> Any:
            try:
                return original(self, *args, **options)
            except Exception as error:
                _unread(patches, system, error)
                raise

        return parse_response

    return make


def async_reading(patches: Patches, system: str) -> Make:
    """The same for asyncio."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def parse_response(self: Any, *args: Any, **options: Any) -> Any:
            try:
                return await original(self, *args, **options)
            except Exception as error:
                _unread(patches, system, error)
                raise

        return parse_response

    return make


def _unread(patches: Patches, system: str, error: Exception) -> None:
    with _measuring:
        if patches.active:
            operation_errors.inc(system, "SUBSCRIBE", error_type(error))


def message(patches: Patches, system: str) -> Make:
    """Counts messages as they are received, before a handler has them."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def handle_message(self: Any, response: Any, *args: Any, **options: Any) -> Any:
            _received(patches, system, response)
            return original(self, response, *args, **options)

        return handle_message

    return make


def async_message(patches: Patches, system: str) -> Make:
    """The same for asyncio."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def handle_message(self: Any, response: Any, *args: Any, **options: Any) -> Any:
            _received(patches, system, response)
            return await original(self, response, *args, **options)

        return handle_message

    return make


def _received(patches: Patches, system: str, response: Any) -> None:
    with _measuring:
        if patches.active and isinstance(response, list) and response[0] in _MESSAGES:
            pubsub_messages.inc(system)
