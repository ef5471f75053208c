"""Django: the routes of requests, the exceptions that Django answers itself, its databases, caches and migrations.

Requests are measured where ``vedette.instrument`` is given what ``get_wsgi_application()`` or
``get_asgi_application()`` gives. ``http_route`` is the route as the URLconf has it, with the prefixes of ``include()``:
``/shop/<slug:product>/``; the language that `i18n_patterns` puts in front is ``<language>``, so that a view is one
route in all of them. An expression of ``re_path`` stands as it is, without its ends.

Databases, caches and migrations: see the files ``django_database``, ``django_cache`` and ``django_migrations``.
"""

from __future__ import annotations

import sys
from functools import cache, lru_cache, wraps
from typing import TYPE_CHECKING, Any, NamedTuple

from vedette.instruments import guard
from vedette.integrations import django_cache, django_database, django_migrations
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
    patches.when_imported("django.db.migrations.executor", lambda: django_migrations.patch(patches))
    patches.when_imported("django.core.handlers.base", lambda: django_migrations.watch_pending(patches))


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
                    try:
                        _leave_route(request, match)
                    except Exception as error:  # noqa: BLE001 - the application goes on
                        _broken(error)
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
    """Leave the route of a request where its door looks for it."""
    carrier = request.META
    if MEASURED not in carrier:
        carrier = getattr(request, "scope", None) or carrier_of(carrier)
        if carrier is None or MEASURED not in carrier:
            return
    if match is None:
        carrier[ROUTE] = UNMATCHED
        return
    django = _django()
    urlconf = getattr(request, "urlconf", None) or django.settings.ROOT_URLCONF
    has_languages = django.is_language_prefix_patterns_used(urlconf)[0]
    carrier[ROUTE] = _template(match.route, f"{django.get_language()}/" if has_languages else "")


class _Django(NamedTuple):
    """What a request needs of it."""

    settings: Any
    is_language_prefix_patterns_used: Any
    get_language: Any


@cache
def _django() -> _Django:
    from django.conf import settings  # noqa: PLC0415 - once there is a request
    from django.conf.urls.i18n import is_language_prefix_patterns_used  # noqa: PLC0415
    from django.utils.translation import get_language  # noqa: PLC0415

    return _Django(settings, is_language_prefix_patterns_used, get_language)


@lru_cache(maxsize=1000)
def _template(route: str, language: str) -> str:
    """As ``http_route`` has it; ``language`` is what `i18n_patterns` puts in front of its routes in this request."""
    if language and route.startswith(language):
        route = _LANGUAGE + route.removeprefix(language)
    return "/" + route.removeprefix("^").removesuffix("$")


def _broken(error: BaseException) -> None:
    with _measuring:
        raise error
