"""Requests of Litestar are counted by the template that answers them, and the exceptions it answers itself are told."""

from __future__ import annotations

import sys

import pytest
from litestar import Litestar, Router, asgi, get, post, websocket
from litestar.connection import Request, WebSocket  # noqa: TC002 - Litestar reads the annotations
from litestar.exceptions import HTTPException
from litestar.response import Response, Stream
from litestar.static_files import create_static_files_router
from litestar.testing import TestClient
from litestar.types import Receive, Scope, Send  # noqa: TC002 - as above
from starlette.applications import Starlette
from starlette.routing import Mount
from tests.integrations.broken import broken
from tests.integrations.client import call, values

from vedette.instruments import guard
from vedette.instruments.metrics import OVERFLOW
from vedette.integrations import answered, attached
from vedette.integrations.instrument import instrument
from vedette.integrations.routes import UNMATCHED
from vedette.packs.http import (
    active_requests,
    exceptions,
    request_body_size,
    request_duration,
    response_body_size,
    websocket_connections,
)


@get("/items/{item:int}")
async def item(request: Request) -> int:
    return request.path_params["item"]


@get("/broken")
async def fails() -> None:
    raise LookupError("no such thing")


@get("/teapot")
async def teapot() -> None:
    raise HTTPException(status_code=418)


@get("/unavailable")
async def unavailable() -> None:
    raise HTTPException(status_code=503)


@post("/stream", status_code=200)
async def stream(request: Request) -> Stream:
    await request.body()

    async def chunks():
        yield b"one"
        yield b"two"

    return Stream(chunks())


@websocket("/socket/{room:str}")
async def socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.receive_text()
    await socket.close()


@asgi("/mounted", is_mount=True, copy_scope=True)
async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
    await Response("mounted").to_asgi_response(app=None, request=None)(scope, receive, send)


def made(**more) -> Litestar:
    """An application with every kind of route there is."""
    return Litestar(
        [
            Router("/api/{v:str}", route_handlers=[item]),
            Router("/fixed", route_handlers=[mounted]),
            *(item, fails, teapot, unavailable, stream, socket, mounted),
            create_static_files_router(path="/static", directories=["tests/integrations"]),
        ],
        **more,
    )


@pytest.fixture
def app():
    yield instrument(made())
    attached.detach("litestar")


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/items/5", "/items/{item}"),
        ("/api/v1/items/5", "/api/{v}/items/{item}"),
        ("/static/broken.py", "/static/{file_path}"),
        ("/mounted/a/b", "/mounted/{path}"),
        ("/fixed/mounted/a", "/fixed/mounted/{path}"),
    ],
)
async def test_each_kind_of_route_is_counted_by_its_full_template(app, path, template):
    for _ in range(2):
        assert (await call(app, path)).status == 200
    assert values(request_duration) == {("GET", template, "200"): 2}


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/nothing", "GET", 404), ("/items/x", "GET", 404), ("/items/5", "DELETE", 405)]
)
async def test_what_no_route_answers_is_one_series_whatever_its_path(app, path, method, status):
    assert (await call(app, path, method)).status == status
    assert values(request_duration) == {(method, UNMATCHED, str(status)): 1}


async def test_random_paths_and_made_up_methods_are_two_series(app):
    for number in range(1000):
        await call(app, f"/wp-admin/{number}")
        await call(app, "/items/5", f"BREW{number}")
    assert values(request_duration) == {("GET", UNMATCHED, "404"): 1000, (OVERFLOW, UNMATCHED, "405"): 1000}


def test_an_application_is_changed_in_place_once():
    app = made()
    assert instrument(app) is app
    door = app.asgi_handler
    assert instrument(app).asgi_handler is door
    attached.detach("litestar")


async def test_an_exception_that_no_handler_takes_is_a_500_and_counted_by_class(app):
    assert (await call(app, "/broken")).status == 500
    assert values(request_duration) == {("GET", "/broken", "500"): 1}
    assert values(exceptions) == {("/broken", "LookupError"): 1}


async def test_an_exception_that_a_handler_takes_is_the_status_that_it_answers():
    app = instrument(made(exception_handlers={LookupError: lambda request, error: Response("busy", status_code=503)}))
    assert (await call(app, "/broken")).status == 503
    assert values(request_duration) == {("GET", "/broken", "503"): 1}
    assert values(exceptions) == {}
    attached.detach("litestar")


@pytest.mark.parametrize(("path", "status"), [("/teapot", 418), ("/unavailable", 503)])
async def test_an_http_exception_is_its_status_and_no_exception(app, path, status):
    assert (await call(app, path)).status == status
    assert values(request_duration) == {("GET", path, str(status)): 1}
    assert values(exceptions) == {}


def test_the_test_client_is_measured_too_with_sizes_and_websockets(app):
    with TestClient(app) as client:
        assert client.post("/stream", json={"a": 1}).content == b"onetwo"
        with client.websocket_connect("/socket/blue") as connection:
            assert values(websocket_connections) == {("/socket/{room}",): 1}
            connection.send_text("bye")
        assert client.get("/metrics").status_code == 200
        assert client.get("/health/live").status_code == 200
    assert values(request_duration) == {("POST", "/stream", "200"): 1}
    assert request_body_size.labels("POST", "/stream").read()[1] == 7
    assert response_body_size.labels("POST", "/stream").read()[1] == 6
    assert values(websocket_connections) == {("/socket/{room}",): 0}
    assert values(active_requests) == {("POST",): 0}


async def test_an_application_that_starlette_mounts_is_counted_with_its_prefix():
    app = instrument(Starlette(routes=[Mount("/sub/{tenant}", app=made())]))
    assert (await call(app, "/sub/t1/items/5")).status == 200
    assert (await call(app, "/sub/t1/broken")).status == 500
    assert (await call(app, "/sub/t1/nothing")).status == 404
    assert values(request_duration) == {
        ("GET", "/sub/{tenant}/items/{item}", "200"): 1,
        ("GET", "/sub/{tenant}/broken", "500"): 1,
        ("GET", UNMATCHED, "404"): 1,
    }
    assert values(exceptions) == {("/sub/{tenant}/broken", "LookupError"): 1}
    attached.detach("litestar")


async def test_instruments_that_fail_leave_every_answer_as_it_was(app):
    before = guard.failures().get("counting an exception", 0)
    with broken(answered):
        assert (await call(app, "/broken")).status == 500
    assert guard.failures()["counting an exception"] == before + 1


def test_detaching_restores_the_library_exactly_and_attaching_twice_measures_once():
    from litestar.middleware._internal.exceptions.middleware import ExceptionHandlerMiddleware

    attached.detach("litestar")
    before = dict(vars(ExceptionHandlerMiddleware))
    attached.attach("litestar")
    patched = dict(vars(ExceptionHandlerMiddleware))
    assert patched != before
    attached.attach("litestar")
    assert dict(vars(ExceptionHandlerMiddleware)) == patched
    attached.detach("litestar")
    assert dict(vars(ExceptionHandlerMiddleware)) == before
    assert "litestar" in sys.modules
