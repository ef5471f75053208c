"""Django: the routes of requests, the exceptions that Django answers itself, its databases and its caches.

Requests are measured where ``vedette.instrument`` is given what ``get_wsgi_application()`` or
``get_asgi_application()`` gives. ``http_route`` is the route as the URLconf has it, with the prefixes of ``include()``:
``/shop/<slug:product>/``; the language that `i18n_patterns` puts in front is ``<language>``, so that a view is one
route in all of them. An expression of ``re_path`` stands as it is, without its ends.

Databases and caches: see the files ``django_database`` and ``django_cache``.
"""

from __future__ import annotations

import sys
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any

from vedette.instruments import guard
from vedette.integrations import django_cache, django_database
from vedette.integrations.answered import carrier_of, tell, tell_of
from vedette.integrations.routes import MEASURED, ROUTE, UNMATCHED

if TYPE_CHECKING:
    from vedette.integrations.patch import Patches

__all__ = ["patch"]

_LANGUAGE = "<language>/"
_measuring = guard.shield("finding the route of a request of Django")


def patch(patches: Patches) -> None:
    """Measure each part of Django as it is imported."""
    patches.when_imported("django.core.handlers.base", lambda: _patch_handlers(patches))
    patches.when_imported("django.core.signals", lambda: _listen(patches))
    patches.when_imported("django.db.backends.base.base", lambda: django_database.patch(patches))
    patches.when_imported("django.core.cache", lambda: django_cache.patch(patches))


def _patch_handlers(patches: Patches) -> None:
    from django.core.handlers.base import BaseHandler  # noqa: PLC0415 - the application has imported it

    def resolving(original: Any) -> Any:
        @wraps(original)
        def resolve_request(self: Any, request: Any) -> Any:
            match = None
            try:
                match = original(self, request)
            finally:
                if patches.active:
                    with _measuring:
                        _leave_route(request, match)
            return match

        return resolve_request

    patches.replace(BaseHandler, "resolve_request", resolving)


def _listen(patches: Patches) -> None:
    from django.core.signals import got_request_exception  # noqa: PLC0415 - the application has imported it

    def told(request: Any = None, **_more: Any) -> None:
        error = sys.exception()
        if error is not None and request is not None:
            scope = getattr(request, "scope", None)
            if scope is None:
                tell_of(request.META, error)
            else:
                tell(scope, error)

    got_request_exception.connect(told, weak=False)
    patches.also_undo(lambda: got_request_exception.disconnect(told))


def _leave_route(request: Any, match: Any) -> None:
    scope = getattr(request, "scope", None)
    carrier = carrier_of(request.META) if scope is None else scope
    if carrier is not None and MEASURED in carrier:
        carrier[ROUTE] = UNMATCHED if match is None else _template(match.route, _language_prefix(request))


def _language_prefix(request: Any) -> str:
    """What `i18n_patterns` puts in front of its routes in this request; empty where the URLconf has none."""
    from django.conf.urls.i18n import is_language_prefix_patterns_used  # noqa: PLC0415
    from django.urls import get_urlconf  # noqa: PLC0415

    if not is_language_prefix_patterns_used(getattr(request, "urlconf", None) or get_urlconf())[0]:
        return ""
    from django.utils.translation import get_language  # noqa: PLC0415

    return f"{get_language()}/"


@lru_cache(maxsize=1000)
def _template(route: str, language: str) -> str:
    if language and route.startswith(language):
        route = _LANGUAGE + route.removeprefix(language)
    return "/" + route.removeprefix("^").removesuffix("$")
