"""A site of Django with every kind of route, two databases and three caches.

Django is set up once for a process, when this is imported.
"""

from __future__ import annotations

import asyncio
import atexit
import io
import shutil
import tempfile
from pathlib import Path

import django
from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.urls import include, path, re_path

__all__ = ["urlpatterns"]


def _configure() -> None:
    folder = tempfile.mkdtemp(prefix="vedette-django-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    settings.configure(
        ALLOWED_HOSTS=["*"],
        CACHES={
            "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "default"},
            "rows": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cached_rows"},
            "own": {"BACKEND": "tests.integrations.django_site_cache.OwnCache", "LOCATION": "own"},
        },
        DATABASES={
            name: {"ENGINE": "django.db.backends.sqlite3", "NAME": str(Path(folder) / f"{name}.sqlite3")}
            for name in ("default", "other")
        },
        LANGUAGES=[("en", "English"), ("de", "Deutsch")],
        LANGUAGE_CODE="en",
        LOGGING_CONFIG=None,
        MIDDLEWARE=["django.middleware.locale.LocaleMiddleware", "django.middleware.common.CommonMiddleware"],
        ROOT_URLCONF="tests.integrations.django_site",
        SECRET_KEY="for tests alone",
        USE_TZ=True,
    )
    django.setup()


_configure()


def item(request, item: int = 0, **more) -> HttpResponse:
    return HttpResponse(str(item))


async def item_async(request, item: int) -> HttpResponse:
    await asyncio.sleep(0)
    return HttpResponse(str(item))


def fails(request) -> HttpResponse:
    raise LookupError("no such thing")


async def fails_async(request) -> HttpResponse:
    raise LookupError("no such thing")


def denied(request) -> HttpResponse:
    raise PermissionDenied


def suspicious(request) -> HttpResponse:
    raise SuspiciousOperation("who are you")


def echo(request) -> HttpResponse:
    return HttpResponse(request.body)


def stream(request) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter([b"one", b"two"]))


async def stream_async(request) -> StreamingHttpResponse:
    async def chunks():
        yield b"one"
        yield b"two"

    return StreamingHttpResponse(chunks())


def file(request) -> FileResponse:
    return FileResponse(io.BytesIO(b"x" * 5000), filename="x.bin")


_inner = [path("leaf/<slug:z>/", item), re_path(r"^old/(?P<item>[0-9]+)/$", item)]

urlpatterns = [
    path("", item),
    path("items/<int:item>/", item),
    path("async/items/<int:item>/", item_async),
    path("broken/", fails),
    path("async/broken/", fails_async),
    path("denied/", denied),
    path("suspicious/", suspicious),
    path("echo/", echo),
    path("stream/", stream),
    path("async/stream/", stream_async),
    path("file/", file),
    path("api/<str:v>/", include(_inner)),
    re_path(r"^old/(?P<item>[0-9]+)/$", item),
    *i18n_patterns(path("shop/<slug:product>/", item)),
]
