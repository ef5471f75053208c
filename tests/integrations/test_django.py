"""Requests of Django are counted by route under WSGI and ASGI alike, and the exceptions it answers itself are told."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.integrations import django_site  # noqa: F401 - it sets Django up
from tests.integrations.broken import broken
from tests.integrations.client import call, values
from tests.integrations.wsgi_client import ask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from vedette.instruments import guard
from vedette.instruments.metrics import OVERFLOW
from vedette.integrations import answered, asgi, attached, wsgi
from vedette.integrations.instrument import instrument
from vedette.integrations.routes import UNMATCHED
from vedette.packs.http import active_requests, exceptions, request_body_size, request_duration, response_body_size

ROOT = Path(__file__).parents[2]


class Sync:
    """The site as a WSGI application."""

    def __init__(self) -> None:
        from django.core.wsgi import get_wsgi_application

        self.app = instrument(get_wsgi_application())

    async def ask(self, path: str, method: str = "GET", body: bytes = b""):
        answer = await asyncio.to_thread(ask, self.app, path, method, body=body)
        return answer.code, answer.body


class Async:
    """The site as an ASGI application."""

    def __init__(self) -> None:
        from django.core.asgi import get_asgi_application

        self.app = instrument(get_asgi_application())

    async def ask(self, path: str, method: str = "GET", body: bytes = b""):
        answer = await call(self.app, path, method, body=body)
        return answer.status, answer.body


@pytest.fixture(params=[Sync, Async])
def site(request):
    yield request.param()
    attached.detach("django")


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"),
        ("/items/5/", "/items/<int:item>/"),
        ("/async/items/5/", "/async/items/<int:item>/"),
        ("/api/v1/leaf/x/", "/api/<str:v>/leaf/<slug:z>/"),
        ("/api/v1/old/5/", "/api/<str:v>/old/(?P<item>[0-9]+)/"),
        ("/old/5/", "/old/(?P<item>[0-9]+)/"),
        ("/en/shop/lamp/", "/<language>/shop/<slug:product>/"),
        ("/de/shop/lamp/", "/<language>/shop/<slug:product>/"),
        ("/stream/", "/stream/"),
        ("/async/stream/", "/async/stream/"),
        ("/file/", "/file/"),
    ],
)
@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
async def test_each_kind_of_route_is_counted_with_its_prefixes(site, path, route):
    for _ in range(2):
        assert (await site.ask(path))[0] == 200
    assert values(request_duration) == {("GET", route, "200"): 2}


@pytest.mark.parametrize(("path", "status"), [("/nothing/", 404), ("/items/x/", 404), ("/items/5", 301)])
async def test_what_no_route_answers_is_one_series_whatever_its_path(site, path, status):
    assert (await site.ask(path))[0] == status
    assert values(request_duration) == {("GET", UNMATCHED, str(status)): 1}


async def test_random_paths_are_one_series_and_made_up_methods_one_more(site):
    count = 3000 if isinstance(site, Sync) else 300
    for number in range(count):
        await site.ask(f"/wp-admin/{number}")
    for number in range(30):
        await site.ask("/items/5/", f"BREW{number}")
    assert values(request_duration) == {("GET", UNMATCHED, "404"): count, (OVERFLOW, "/items/<int:item>/", "200"): 30}


@pytest.mark.parametrize("path", ["/broken/", "/async/broken/"])
async def test_an_exception_that_django_answers_is_a_500_and_counted_by_class(site, path):
    assert (await site.ask(path))[0] == 500
    assert values(request_duration) == {("GET", path, "500"): 1}
    assert values(exceptions) == {(path, "LookupError"): 1}
    assert values(active_requests) == {("GET",): 0}


@pytest.mark.parametrize(("path", "status"), [("/denied/", 403), ("/suspicious/", 400)])
async def test_an_exception_that_stands_for_a_status_is_that_status_and_no_exception(site, path, status):
    assert (await site.ask(path))[0] == status
    assert values(request_duration) == {("GET", path, str(status)): 1}
    assert values(exceptions) == {}


async def test_an_exception_that_django_lets_through_is_counted_once(site):
    from django.test import override_settings

    with override_settings(DEBUG_PROPAGATE_EXCEPTIONS=True):
        answer = ask(site.app, "/broken/") if isinstance(site, Sync) else await call(site.app, "/broken/")
    assert isinstance(answer.error, LookupError)
    assert values(request_duration) == {("GET", "/broken/", "500"): 1}
    assert values(exceptions) == {("/broken/", "LookupError"): 1}


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
async def test_sizes_are_those_of_the_bodies(site):
    assert (await site.ask("/echo/", "POST", b"four"))[1] == b"four"
    assert (await site.ask("/file/"))[1] == b"x" * 5000
    assert request_body_size.labels("POST", "/echo/").read()[1] == 4
    assert response_body_size.labels("POST", "/echo/").read()[1] == 4
    assert response_body_size.labels("GET", "/file/").read()[1] == 5000


async def test_the_pages_are_served_beside_the_routes_and_not_counted(site):
    await site.ask("/items/5/")
    assert b'http_route="/items/<int:item>/",http_response_status_code="200"} 1' in (await site.ask("/metrics"))[1]
    assert await site.ask("/health/live") == (200, b'{"status":"pass"}')
    assert values(request_duration) == {("GET", "/items/<int:item>/", "200"): 1}


async def test_requests_at_once_have_their_own_routes(site):
    paths = [f"/items/{number}/" for number in range(40)] + ["/broken/"] * 40
    answers = await asyncio.gather(*(site.ask(path) for path in paths))
    assert [code for code, _ in answers] == [200] * 40 + [500] * 40
    assert values(request_duration) == {("GET", "/items/<int:item>/", "200"): 40, ("GET", "/broken/", "500"): 40}
    assert values(exceptions) == {("/broken/", "LookupError"): 40}


async def test_an_application_around_django_is_measured_by_its_routes_too():
    from django.core.wsgi import get_wsgi_application

    site = get_wsgi_application()

    def around(environ, start_response):
        return site(environ, start_response)

    mounted = instrument(DispatcherMiddleware(around, {"/sub": site}))
    assert ask(mounted, "/items/5/").code == 200
    assert ask(mounted, "/sub/items/5/").code == 200
    assert ask(mounted, "/sub/nothing/").code == 404
    assert values(request_duration) == {
        ("GET", "/items/<int:item>/", "200"): 1,
        ("GET", "/sub/items/<int:item>/", "200"): 1,
        ("GET", UNMATCHED, "404"): 1,
    }
    attached.detach("django")


async def test_a_site_that_starlette_mounts_is_counted_with_its_prefix():
    from django.core.asgi import get_asgi_application
    from starlette.applications import Starlette
    from starlette.routing import Mount

    app = instrument(Starlette(routes=[Mount("/sub/{tenant}", app=get_asgi_application())]))
    assert (await call(app, "/sub/t1/items/5/")).status == 200
    assert (await call(app, "/sub/t1/broken/")).status == 500
    assert (await call(app, "/sub/t1/nothing/")).status == 404
    assert values(request_duration) == {
        ("GET", "/sub/{tenant}/items/<int:item>/", "200"): 1,
        ("GET", "/sub/{tenant}/broken/", "500"): 1,
        ("GET", UNMATCHED, "404"): 1,
    }
    assert values(exceptions) == {("/sub/{tenant}/broken/", "LookupError"): 1}
    attached.detach("django")


def test_djangos_own_test_client_is_answered_as_before(site):
    from django.test import Client

    client = Client(raise_request_exception=False)
    assert client.get("/items/5/").content == b"5"
    assert client.get("/broken/").status_code == 500
    assert values(request_duration) == {}  # it does not go through the application


async def test_instruments_that_fail_leave_every_answer_as_it_was(site):
    failed = guard.failures().get("measuring a request", 0)
    with broken(answered), broken(wsgi), broken(asgi):
        assert await site.ask("/items/5/") == (200, b"5")
        assert (await site.ask("/broken/"))[0] == 500
    assert guard.failures()["measuring a request"] > failed


def test_threads_have_their_own_routes():
    site = Sync()

    def client():
        for number in range(25):
            assert ask(site.app, f"/items/{number}/").code == 200
            assert ask(site.app, "/broken/").code == 500

    threads = [threading.Thread(target=client) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values(request_duration) == {("GET", "/items/<int:item>/", "200"): 150, ("GET", "/broken/", "500"): 150}
    assert values(exceptions) == {("/broken/", "LookupError"): 150}
    attached.detach("django")


def test_detaching_restores_the_library_exactly_and_attaching_twice_measures_once():
    from django.core.cache import CacheHandler
    from django.core.handlers.base import BaseHandler
    from django.core.signals import got_request_exception
    from django.db.backends.base.base import BaseDatabaseWrapper

    attached.detach("django")
    owners = (BaseHandler, BaseDatabaseWrapper, CacheHandler)
    before = [dict(vars(owner)) for owner in owners], len(got_request_exception.receivers)
    attached.attach("django")
    patched = [dict(vars(owner)) for owner in owners], len(got_request_exception.receivers)
    assert all(one != other for one, other in zip(before[0], patched[0], strict=True))
    attached.attach("django")
    assert ([dict(vars(owner)) for owner in owners], len(got_request_exception.receivers)) == patched
    attached.detach("django")
    assert ([dict(vars(owner)) for owner in owners], len(got_request_exception.receivers)) == before


def test_opentelemetrys_instrumentation_measures_the_same_requests_in_either_order():
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    before = list(settings.MIDDLEWARE)
    for ours_first in (True, False):
        spans, provider = InMemorySpanExporter(), TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(spans))
        if ours_first:
            attached.attach("django")
        DjangoInstrumentor().instrument(tracer_provider=provider)
        app = instrument(get_wsgi_application())
        assert ask(app, "/items/5/").body == b"5"
        assert [span.name for span in spans.get_finished_spans()] == ["GET items/<int:item>/"]
        if ours_first:
            DjangoInstrumentor().uninstrument()
            attached.detach("django")
        else:
            attached.detach("django")
            DjangoInstrumentor().uninstrument()
        settings.MIDDLEWARE = before
    assert values(request_duration) == {("GET", "/items/<int:item>/", "200"): 2}


def test_a_call_before_django_is_imported_measures_it_all_the_same():
    code = (
        "import vedette; vedette.instrument()\n"
        "from tests.integrations import django_site\n"
        "from tests.integrations.wsgi_client import ask\n"
        "from django.core.wsgi import get_wsgi_application\n"
        "from vedette.integrations.attached import states\n"
        "from vedette.instruments import guard\n"
        "app = vedette.instrument(get_wsgi_application())\n"
        "assert ask(app, '/items/5/').code == 200\n"
        "print(b'http_route=\"/items/<int:item>/\"' in ask(app, '/metrics').body, states()['django'].attached)\n"
        "print(guard.failures())"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("True True\n{}\n", "")
