"""``vedette.instrument`` answers probes in every kind of application, and counts none of them."""

from __future__ import annotations

import asyncio
import json

import flask
import litestar
import pytest
import quart
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from tests.health.conftest import check
from tests.instruments.servers import Folder
from tests.integrations import wsgi_client
from tests.integrations.client import call, values

import vedette
from vedette.health import DEFAULT, Failed, Health
from vedette.instruments import guard
from vedette.integrations.own_routes import has_route
from vedette.packs.http import request_duration


@pytest.fixture(autouse=True)
def default(monkeypatch):
    """The process' own checks, for this test alone."""
    fresh = Health()
    monkeypatch.setattr("vedette.integrations.instrument.HEALTH", fresh)
    return fresh


def fails() -> None:
    raise Failed("no free connection")


async def bare_asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        return
    await send({"type": "http.response.start", "status": 201, "headers": []})
    await send({"type": "http.response.body", "body": b"own"})


def bare_wsgi(environ, start_response):
    start_response("201 Created", [])
    return [b"own"]


ASGI = {
    "bare": lambda: bare_asgi,
    "starlette": Starlette,
    "fastapi": FastAPI,
    "quart": lambda: quart.Quart("shop"),
    "litestar": litestar.Litestar,
}
WSGI = {"bare": lambda: bare_wsgi, "flask": lambda: flask.Flask("shop")}


def get(app, path: str, **scope) -> tuple[int, bytes]:
    answer = asyncio.run(call(app, path, **scope))
    assert answer.error is None
    return answer.status, answer.body


@pytest.mark.parametrize("make", ASGI.values(), ids=ASGI)
def test_an_asgi_application_answers_probes_that_are_not_counted(make):
    app = vedette.instrument(make(), health=[check("db", fails)], token="t")
    assert get(app, "/health") == (503, b'{"status":"fail"}')
    assert get(app, "/health/ready")[0] == get(app, "/health/startup")[0] == 503
    assert get(app, "/health/live") == (200, b'{"status":"pass"}')
    _, body = get(app, "/health", headers={"authorization": "Bearer t"})
    assert json.loads(body)["checks"]["db"][0]["output"] == "Failed: no free connection"
    assert values(request_duration) == {}
    assert get(app, "/health/other")[0] in (201, 404)  # the application's own
    assert sum(values(request_duration).values()) == 1


@pytest.mark.parametrize("make", WSGI.values(), ids=WSGI)
def test_a_wsgi_application_answers_probes_that_are_not_counted(make):
    app = vedette.instrument(make(), health=[check("db", fails)], token="t")
    assert wsgi_client.ask(app, "/health").code == 503
    assert wsgi_client.ask(app, "/health/live").body == b'{"status":"pass"}'
    told = json.loads(wsgi_client.ask(app, "/health", HTTP_AUTHORIZATION="Bearer t").body)
    assert told["checks"]["db"][0]["output"] == "Failed: no free connection"
    assert values(request_duration) == {}
    assert wsgi_client.ask(app, "/health/other").code in (201, 404)
    assert sum(values(request_duration).values()) == 1


def test_probes_are_answered_below_the_root_path_of_a_proxy():
    app = vedette.instrument(FastAPI())
    assert get(app, "/shop/health/live", root_path="/shop") == (200, b'{"status":"pass"}')
    assert get(app, "/shop/health", root_path="/shop/") == (200, b'{"status":"pass"}')
    assert get(app, "/other/health", root_path="/shop")[0] == 404


def test_another_path_can_be_given_or_none():
    app = vedette.instrument(Starlette(), health_path="/-/status")
    assert get(app, "/-/status/live")[0] == 200
    assert get(app, "/health")[0] == 404
    app = vedette.instrument(Starlette(), health=None)
    assert get(app, "/health")[0] == 404


def test_checks_of_the_decorator_are_asked_for(default):
    app = vedette.instrument(Starlette())
    default.check("db")(fails)
    assert get(app, "/health")[0] == 503


def test_the_loop_of_the_application_is_known_from_its_start(default):
    loops = []

    async def call() -> None:
        loops.append(asyncio.get_running_loop())

    async def main() -> None:
        app = vedette.instrument(bare_asgi, health=[check("queue", call)])
        await app({"type": "lifespan"}, None, None)
        report = await asyncio.to_thread(default.wait)  # as on a port of its own
        assert report.status == "pass"
        assert loops == [asyncio.get_running_loop()]

    asyncio.run(main())


def own(_request=None):
    return PlainTextResponse("own")


def fastapi_included() -> FastAPI:
    app, router = FastAPI(), APIRouter(prefix="/health")
    router.get("/live")(lambda: "own")
    app.include_router(router)
    return app


def flask_own() -> flask.Flask:
    app = flask.Flask("shop")
    app.add_url_rule("/health/live", "live", lambda: "own")
    return app


@litestar.get("/health/live", media_type="text/plain")
async def litestar_own() -> str:
    return "own"


OWN = {
    "starlette": lambda: Starlette(routes=[Route("/health/live", own)]),
    "mount": lambda: Starlette(routes=[Mount("/health", routes=[Route("/live", own)])]),
    "fastapi": fastapi_included,
    "litestar": lambda: litestar.Litestar([litestar_own]),
}


@pytest.mark.parametrize("make", OWN.values(), ids=OWN)
def test_a_probe_that_the_application_answers_itself_is_left_to_it(make):
    assert b"own" in get(vedette.instrument(make()), "/health/live")[1]


def test_so_it_is_with_flask():
    app = vedette.instrument(flask_own())
    assert wsgi_client.ask(app, "/health/live").body == b"own"
    assert wsgi_client.ask(app, "/health/ready").body == b'{"status":"pass"}'


@pytest.mark.parametrize("make", OWN.values(), ids=OWN)
def test_where_checks_are_given_they_are_answered_for(make):
    app = vedette.instrument(make(), health=[check("db", lambda: None)])
    assert get(app, "/health/live") == (200, b'{"status":"pass"}')


DJANGO = """
import django
from django.conf import settings
from django.http import HttpResponse
from django.urls import path

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], MIDDLEWARE=[])
django.setup()


def own(request, **values):
    return HttpResponse("own")


urlpatterns = [path("health/live", own), path("<path:any>", own)]

from django.core.wsgi import get_wsgi_application
from tests.integrations.wsgi_client import ask

import vedette

app = vedette.instrument(get_wsgi_application())
print(*(ask(app, path).body.decode() for path in ("/health/live", "/health/ready", "/other")))
"""


def test_so_it_is_with_django(tmp_path):
    ran = Folder(tmp_path / "run").run("-c", DJANGO)
    assert ran.stdout == 'own {"status":"pass"} own\n', ran.stderr


def test_a_route_that_takes_every_path_was_not_meant_for_probes():
    app = Starlette(routes=[Route("/{path:path}", own), Mount("/", routes=[Route("/page", own)])])
    assert not has_route(app, "/health")
    assert get(vedette.instrument(app), "/health") == (200, b'{"status":"pass"}')


def test_where_the_routes_cannot_be_seen_the_probe_is_answered_and_the_rest_is_the_applications():
    class Odd:
        @property
        def routes(self):
            raise ZeroDivisionError

        async def __call__(self, scope, receive, send):
            await bare_asgi(scope, receive, send)

    guard.set_strict(False)
    app = vedette.instrument(Odd())
    assert get(app, "/health/live") == (200, b'{"status":"pass"}')
    assert get(app, "/orders") == (201, b"own")


def test_the_front_door_has_what_an_application_needs():
    assert vedette.health.DEFAULT is DEFAULT
    assert callable(vedette.health.check)
    assert vedette.draining is vedette.health.draining
