"""Requests of Quart are counted by the rule that answers them, and the exceptions it answers itself are told."""

from __future__ import annotations

import asyncio

import pytest
from quart import Blueprint, Quart, abort, request, websocket
from quart.ctx import RequestContext, WebsocketContext
from tests.integrations.broken import broken
from tests.integrations.client import call, values

from vedette.instruments.metrics import OVERFLOW
from vedette.integrations import answered, asgi, attached
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


def made() -> Quart:
    """An application with every kind of route there is."""
    app = Quart("shop")

    @app.get("/items/<int:item>")
    async def item(item: int) -> str:
        return str(item)

    @app.get("/sync/<item>")
    def sync(item: str) -> str:
        return item

    @app.get("/broken")
    async def broken() -> str:
        raise LookupError("no such thing")

    @app.get("/teapot")
    async def teapot() -> str:
        abort(418)

    @app.post("/stream")
    async def stream():
        await request.get_data()

        async def chunks():
            yield b"one"
            yield b"two"

        return chunks()

    @app.websocket("/socket/<room>")
    async def socket(room: str) -> None:
        await websocket.accept()
        await websocket.receive()

    inner = Blueprint("inner", "shop")
    inner.get("/leaf/<z>")(sync_leaf)
    app.register_blueprint(inner, url_prefix="/api/<v>")
    return app


def sync_leaf(v: str, z: str) -> str:
    return z


@pytest.fixture
def app():
    yield instrument(made())
    attached.detach("quart")


@pytest.mark.parametrize(
    ("path", "rule"),
    [("/items/5", "/items/<int:item>"), ("/sync/x", "/sync/<item>"), ("/api/v1/leaf/5", "/api/<v>/leaf/<z>")],
)
async def test_each_kind_of_route_is_counted_by_its_full_rule(app, path, rule):
    for _ in range(2):
        assert (await call(app, path)).status == 200
    assert values(request_duration) == {("GET", rule, "200"): 2}


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/nothing", "GET", 404), ("/items/x", "GET", 404), ("/items/5", "DELETE", 405)]
)
async def test_what_no_rule_answers_is_one_series_whatever_its_path(app, path, method, status):
    assert (await call(app, path, method)).status == status
    assert values(request_duration) == {(method, UNMATCHED, str(status)): 1}


async def test_random_paths_and_made_up_methods_are_two_series(app):
    for number in range(500):
        await call(app, f"/wp-admin/{number}")
        await call(app, "/items/5", f"BREW{number}")
    assert values(request_duration) == {("GET", UNMATCHED, "404"): 500, (OVERFLOW, UNMATCHED, "405"): 500}


def test_an_application_is_changed_in_place_once():
    app = made()
    assert instrument(app) is app
    door = app.asgi_app
    assert instrument(app).asgi_app is door
    attached.detach("quart")


async def test_an_exception_that_no_handler_takes_is_a_500_and_counted_by_class(app):
    assert (await call(app, "/broken")).status == 500
    assert values(request_duration) == {("GET", "/broken", "500"): 1}
    assert values(exceptions) == {("/broken", "LookupError"): 1}


async def test_an_exception_that_quart_lets_through_is_counted_once(app):
    app.config["PROPAGATE_EXCEPTIONS"] = True
    assert isinstance((await call(app, "/broken")).error, LookupError)
    assert values(exceptions) == {("/broken", "LookupError"): 1}


async def test_what_a_handler_takes_is_the_answer_that_it_gives(app):
    app.register_error_handler(LookupError, lambda error: ("busy", 503))
    assert (await call(app, "/broken")).status == 503
    assert (await call(app, "/teapot")).status == 418
    assert values(request_duration) == {("GET", "/broken", "503"): 1, ("GET", "/teapot", "418"): 1}
    assert values(exceptions) == {}


async def test_the_test_client_is_measured_too_with_sizes_and_websockets(app):
    client = app.test_client()
    response = await client.post("/stream", data=b"four")
    assert await response.get_data() == b"onetwo"
    async with client.websocket("/socket/blue") as connection:
        await connection.send("bye")
        await asyncio.sleep(0)
    assert (await client.get("/metrics")).status_code == 200
    assert (await client.get("/health/live")).status_code == 200
    assert values(request_duration) == {("POST", "/stream", "200"): 1}
    assert request_body_size.labels("POST", "/stream").read()[1] == 4
    assert response_body_size.labels("POST", "/stream").read()[1] == 6
    assert values(websocket_connections) == {("/socket/<room>",): 0}
    assert values(active_requests) == {("POST",): 0}


async def test_requests_at_once_have_their_own_rules(app):
    paths = [f"/items/{number}" for number in range(100)] + ["/broken"] * 100
    answers = await asyncio.gather(*(call(app, path) for path in paths))
    assert [one.status for one in answers] == [200] * 100 + [500] * 100
    assert values(request_duration) == {("GET", "/items/<int:item>", "200"): 100, ("GET", "/broken", "500"): 100}
    assert values(exceptions) == {("/broken", "LookupError"): 100}


async def test_instruments_that_fail_leave_every_answer_as_it_was(app):
    with broken(answered), broken(asgi):
        assert (await call(app, "/items/5")).body == b"5"
        assert (await call(app, "/broken")).status == 500


def test_detaching_restores_the_library_exactly_and_attaching_twice_measures_once():
    attached.detach("quart")
    owners = (RequestContext, WebsocketContext, Quart)
    before = [dict(vars(owner)) for owner in owners]
    attached.attach("quart")
    patched = [dict(vars(owner)) for owner in owners]
    assert all(one != other for one, other in zip(before, patched, strict=True))
    attached.attach("quart")
    assert [dict(vars(owner)) for owner in owners] == patched
    assert asyncio.iscoroutinefunction(Quart.handle_exception)
    attached.detach("quart")
    assert [dict(vars(owner)) for owner in owners] == before
