"""Exceptions that a framework answers itself, so that none reaches the door: they are counted all the same, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vedette.instruments import guard
from vedette.instruments.metrics.measure import error_type
from vedette.integrations.routes import ERROR, MEASURED, ROUTE
from vedette.integrations.wsgi_routes import note
from vedette.packs.http import exceptions

if TYPE_CHECKING:
    from collections.abc import MutableMapping

__all__ = ["carrier_of", "tell", "tell_of"]

_measuring = guard.shield("counting an exception")


def tell(scope: MutableMapping[str, Any], error: BaseException) -> None:
    """Count an exception in a request of ASGI that is measured; once, though it may still reach the door."""
    with _measuring:
        routes = scope.get(MEASURED)
        if routes is not None and ERROR not in scope:
            scope[ERROR] = True
            exceptions.inc(routes.template(scope), error_type(error))


def tell_of(environ: MutableMapping[str, Any], error: BaseException) -> None:
    """The same for one of WSGI, which the door counts when the request ends."""
    with _measuring:
        carrier = carrier_of(environ)
        if carrier is None:
            return
        note(environ)
        if carrier is environ:
            environ.setdefault(ERROR, error_type(error))
        else:
            if ROUTE in environ:
                carrier[ROUTE] = environ[ROUTE]
            tell(carrier, error)


def carrier_of(environ: MutableMapping[str, Any]) -> MutableMapping[str, Any] | None:
    """Where the door of a request of WSGI looks: its environ, or the scope of the ASGI application it is mounted in."""
    if MEASURED in environ:
        return environ
    scope: MutableMapping[str, Any] | None = environ.get("asgi.scope")
    return scope if scope is not None and MEASURED in scope else None
