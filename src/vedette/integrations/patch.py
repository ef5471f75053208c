"""Replaces parts of a library, and puts them back exactly as they were."""

from __future__ import annotations

from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from vedette.integrations.importing import when_imported

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["NotInstrumentedError", "Patches"]

_ABSENT: Any = object()
# What a tracer puts his wrapper around; one of another wrapper only passes for it.
_WRAPPED = (FunctionType, MethodType, staticmethod, classmethod)


class NotInstrumentedError(Exception):
    """A library cannot be instrumented as it is; the message says why."""


class Patches:
    """What one integration has replaced in its library.

    A wrapper looks at ``active`` before it does anything: once undone, one that somebody else has wrapped since cannot
    be taken out from below him, and passes every call through.
    """

    __slots__ = ("_undo", "active")

    def __init__(self) -> None:
        self.active = True
        self._undo: list[Callable[[], None]] = []

    def replace(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Replace an attribute of a class or module by what ``make`` gives for the original.

        Of a static or class method, ``make`` is given the function, and what it gives becomes one again. Where a tracer
        has put its wrapper there already, the function within is replaced, so that he can still take it away.

        Raises:
            AttributeError: the library has no such attribute; so it cannot be instrumented.
        """
        own = vars(owner).get(name, _ABSENT)
        proxy = _proxy_around(own, lambda within: isinstance(within, _WRAPPED))
        if proxy is not None:
            original = proxy.__wrapped__
            replacement = proxy.__wrapped__ = _made(original, make)
            self._undo.append(lambda: _put_back(owner, name, replacement, original))
            return
        replacement = _made(own if isinstance(own, staticmethod | classmethod) else getattr(owner, name), make)
        setattr(owner, name, replacement)
        self._undo.append(lambda: _put_back(owner, name, replacement, own))

    def also_undo(self, action: Callable[[], None]) -> None:
        """Call ``action`` when the patches are undone, such as one that takes away a listener."""
        self._undo.append(action)

    def when_imported(self, module: str, action: Callable[[], None]) -> None:
        """Call ``action`` once the part ``module`` of the library is imported, unless undone before."""
        when_imported(module, lambda: action() if self.active else None)

    def undo(self) -> None:
        """Put everything back, the last replaced first."""
        self.active = False
        while self._undo:
            self._undo.pop()()


def _made(original: Any, make: Callable[[Any], Any]) -> Any:
    if isinstance(original, staticmethod | classmethod):
        return type(original)(make(original.__func__))
    return make(original)


def _put_back(owner: Any, name: str, replacement: Any, own: Any) -> None:
    there = vars(owner).get(name)
    if there is replacement:
        if own is _ABSENT:
            delattr(owner, name)
        else:
            setattr(owner, name, own)
        return
    # somebody has wrapped it since: within a proxy it is put back all the same, in another function it stays
    proxy = _proxy_around(there, lambda within: within is replacement)
    if proxy is not None and own is not _ABSENT:
        proxy.__wrapped__ = own


def _proxy_around(there: Any, is_wanted: Callable[[Any], bool]) -> Any:
    """The proxy of the package wrapt, as OpenTelemetry's instrumentors make them, that holds what is wanted."""
    while hasattr(there, "_self_wrapper"):
        if is_wanted(there.__wrapped__):
            return there
        there = there.__wrapped__
    return None
