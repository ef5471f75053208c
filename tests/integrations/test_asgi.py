"""Requests are counted under the right method, route and status, and timed to the last byte, whatever answers them."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import urllib.error
import urllib.request

import pytest
from fastapi import APIRouter, BackgroundTasks, FastAPI, HTTPException, WebSocket
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Host, Mount, Route, Router, WebSocketRoute
from starlette.staticfiles import StaticFiles
from tests.integrations.client import call, values

from vedette.errors import ConfigError
from vedette.instruments import clock, guard
from vedette.instruments.metrics import DEFAULT, OVERFLOW, Counter, Gauge, serving
from vedette.integrations.asgi import MetricsMiddleware
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


def ok(request=None) -> PlainTextResponse:
    return PlainTextResponse("ok")


@pytest.fixture
def app() -> FastAPI:
    """A FastAPI application with every kind of route there is."""
    app = FastAPI()

    @app.get("/items/{item}")
    def item(item: str) -> str:
        return item

    @app.get("/files/{path:path}")
    def files(path: str) -> str:
        return path

    @app.get("/broken")
    def broken() -> None:
        raise LookupError("no such thing")

    @app.get("/teapot")
    def teapot() -> None:
        raise HTTPException(418)

    @app.get("/slash/")
    def slash() -> None:
        pass

    versioned, leaf = APIRouter(prefix="/r"), APIRouter()

    @versioned.get("/x/{y}")
    def x(v: str, y: str) -> None:
        pass

    @leaf.get("/leaf/{z}")
    def deep(v: str, z: str) -> None:
        pass

    @versioned.websocket("/ws/{y}")
    async def included_socket(websocket: WebSocket, v: str, y: str) -> None:
        await websocket.accept()
        await websocket.receive()

    versioned.include_router(leaf, prefix="/deep")
    versioned.add_route("/plain/{q}", ok)
    app.include_router(versioned, prefix="/api/{v}")
    app.include_router(versioned, prefix="/again/{v}")

    sub = FastAPI()

    @sub.get("/s/{y}")
    def s(y: str) -> None:
        pass

    inner = APIRouter()

    @inner.get("/included/{k}")
    def included(k: str) -> None:
        pass

    sub.include_router(inner, prefix="/in")
    sub.add_route("/direct/{q}", ok)
    sub.mount("/nested/{region}", Starlette(routes=[Route("/n/{m}", ok)]))
    app.mount("/sub/{tenant}", sub)
    app.mount("/fixed", sub)
    app.mount("/st", Router([Route("/p/{q}", ok)]))
    app.mount("/opaque", ok_app)
    app.add_route("/direct/{q}", ok)
    app.add_route("/same/{one}", same)
    app.add_route("/alike/{other}", same)

    @app.websocket("/socket/{room}")
    async def socket(websocket: WebSocket, room: str) -> None:
        await websocket.accept()
        await websocket.receive()

    return instrument(app)


def same(request) -> PlainTextResponse:
    return PlainTextResponse("same")


async def ok_app(scope, receive, send) -> None:
    await PlainTextResponse("opaque")(scope, receive, send)


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/items/5", "/items/{item}"),
        ("/files/a/b/c", "/files/{path}"),
        ("/api/v1/r/x/5", "/api/{v}/r/x/{y}"),
        ("/again/v1/r/x/5", "/again/{v}/r/x/{y}"),
        ("/api/v1/r/deep/leaf/5", "/api/{v}/r/deep/leaf/{z}"),
        ("/api/v1/plain/5", "/api/{v}/plain/{q}"),
        ("/fixed/s/5", "/fixed/s/{y}"),
        ("/sub/t1/s/5", "/sub/{tenant}/s/{y}"),
        ("/fixed/in/included/5", "/fixed/in/included/{k}"),
        ("/sub/t1/in/included/5", "/sub/{tenant}/in/included/{k}"),
        ("/sub/t1/direct/5", "/sub/{tenant}/direct/{q}"),
        ("/sub/t1/nested/eu/n/5", "/sub/{tenant}/nested/{region}/n/{m}"),
        ("/fixed/nested/eu/n/5", "/fixed/nested/{region}/n/{m}"),
        ("/st/p/5", "/st/p/{q}"),
        ("/direct/5", "/direct/{q}"),
        ("/same/5", "/same/{one}"),
        ("/alike/5", "/alike/{other}"),
        ("/opaque/a/b", "/opaque/{path}"),
        ("/openapi.json", "/openapi.json"),
    ],
)
async def test_each_kind_of_route_is_counted_by_its_full_template(app, path, template):
    for _ in range(2):  # the second time from what was remembered
        assert (await call(app, path)).status == 200
    assert values(request_duration) == {("GET", template, "200"): 2}


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/fixed/nothing", "/sub/t1/in/nothing", "/st/nothing", "/api/v1/r/none"]
)
async def test_what_no_route_answers_is_one_series_whatever_its_path(app, path):
    assert (await call(app, path)).status == 404
    assert values(request_duration) == {("GET", UNMATCHED, "404"): 1}


async def test_three_thousand_random_paths_are_one_series(app):
    for number in range(3000):
        await call(app, f"/wp-admin/{number}")
    assert values(request_duration) == {("GET", UNMATCHED, "404"): 3000}


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/items/5", "/items/{item}"),
        ("/api/v1/r/x/5", "/api/{v}/r/x/{y}"),
        ("/sub/t1/s/5", "/sub/{tenant}/s/{y}"),
        ("/st/p/5", "/st/p/{q}"),
        ("/direct/5", "/direct/{q}"),
    ],
)
async def test_a_method_that_a_route_does_not_take_is_a_405_of_that_route(app, path, template):
    assert (await call(app, path, "DELETE")).status == 405
    assert values(request_duration) == {("DELETE", template, "405"): 1}


async def test_made_up_methods_are_one_series_and_not_one_gauge_each(app):
    for number in range(300):
        await call(app, "/items/5", f"BREW{number}")
    await call(app, "/items/5", "get")
    assert values(request_duration) == {(OVERFLOW, "/items/{item}", "405"): 301}
    assert values(active_requests) == {(OVERFLOW,): 0}


async def test_a_handler_that_raises_is_a_500_and_counted_by_class(app):
    answer = await call(app, "/broken")
    assert isinstance(answer.error, LookupError)
    assert answer.status == 500
    assert values(request_duration) == {("GET", "/broken", "500"): 1}
    assert values(exceptions) == {("/broken", "LookupError"): 1}
    assert values(active_requests) == {("GET",): 0}


async def test_an_http_exception_is_its_status_and_no_exception(app):
    assert (await call(app, "/teapot")).status == 418
    assert values(request_duration) == {("GET", "/teapot", "418"): 1}
    assert values(exceptions) == {}


async def test_an_error_handler_of_the_application_decides_the_status():
    app = Starlette(routes=[Route("/", lambda request: 1 / 0)])
    app.add_exception_handler(Exception, lambda request, error: PlainTextResponse("busy", status_code=503))
    await call(instrument(app), "/")
    assert values(request_duration) == {("GET", "/", "503"): 1}
    assert values(exceptions) == {("/", "ZeroDivisionError"): 1}


async def test_a_redirect_to_a_slash_is_one_bounded_value(app):
    assert (await call(app, "/slash")).status == 307
    assert (await call(app, "/slash/")).status == 200
    assert values(request_duration) == {("GET", UNMATCHED, "307"): 1, ("GET", "/slash/", "200"): 1}


async def test_files_are_counted_under_their_mount(tmp_path):
    (tmp_path / "a.txt").write_text("hello")
    app = instrument(Starlette(routes=[Mount("/static", StaticFiles(directory=tmp_path))]))
    assert (await call(app, "/static/a.txt")).body == b"hello"
    assert (await call(app, "/static/b.txt")).status == 404
    assert values(request_duration) == {
        ("GET", "/static/{path}", "200"): 1,
        ("GET", "/static/{path}", "404"): 1,
    }


async def test_routes_of_a_host_are_counted_by_their_path():
    inner = Router([Mount("/v/{n}", routes=[Route("/x/{y}", ok)]), Route("/z", ok)])
    app = instrument(Starlette(routes=[Host("api.shop", app=inner)]))
    await call(app, "/v/1/x/2", headers={"host": "api.shop"})
    await call(app, "/z", headers={"host": "api.shop"})
    assert values(request_duration) == {("GET", "/v/{n}/x/{y}", "200"): 1, ("GET", "/z", "200"): 1}


@pytest.mark.filterwarnings("ignore:The `root_path` parameter is deprecated")
async def test_behind_a_proxy_that_strips_a_prefix_the_templates_are_the_applications_own():
    app = FastAPI(root_path="/behind")
    app.get("/items/{item}")(lambda item: item)
    app.mount("/sub/{tenant}", Starlette(routes=[Route("/s", ok)]))
    instrument(app)
    for path in ("/items/5", "/behind/items/5", "/behind/sub/t1/s"):
        assert (await call(app, path)).status == 200
    assert values(request_duration) == {("GET", "/items/{item}", "200"): 2, ("GET", "/sub/{tenant}/s", "200"): 1}
    assert (await call(app, "/behind/metrics")).status == (await call(app, "/metrics")).status == 200


async def test_middleware_of_the_application_does_not_hide_its_routes():
    app = FastAPI()
    app.get("/items/{item}")(lambda item: item)

    class Passing(BaseHTTPMiddleware):
        async def dispatch(self, request, call_next):
            return await call_next(request)

    instrument(app)
    app.add_middleware(Passing)
    assert (await call(app, "/items/5")).status == 200
    assert values(request_duration) == {("GET", "/items/{item}", "200"): 1}


async def test_a_bare_asgi_application_is_wrapped_and_its_one_answer_is_unmatched():
    app = instrument(ok_app)
    assert app is not ok_app
    assert instrument(app) is app
    assert (await call(app, "/anything")).body == b"opaque"
    assert values(request_duration) == {("GET", UNMATCHED, "200"): 1}
    assert (await call(app, "/metrics")).headers["content-type"].startswith("text/plain")


class Ticks:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def ticks():
    ticks = Ticks()
    with clock.replaced(ticks):
        yield ticks


def seconds(*labels: str) -> float:
    return request_duration.labels(*labels).read()[1]


async def test_a_background_task_is_no_latency_and_the_request_is_over_when_it_runs(ticks):
    app = FastAPI()
    during = []

    def task() -> None:
        during.append(values(active_requests))
        ticks.time += 300

    @app.get("/fastapi")
    def handler(tasks: BackgroundTasks) -> None:
        ticks.time += 0.5
        tasks.add_task(task)

    app.add_route("/starlette", lambda request: PlainTextResponse("ok", background=BackgroundTask(task)))
    instrument(app)
    await call(app, "/fastapi")
    await call(app, "/starlette")
    assert seconds("GET", "/fastapi", "200") == 0.5
    assert seconds("GET", "/starlette", "200") == 0
    assert during == [{("GET",): 0}] * 2


async def test_a_stream_is_measured_to_its_last_byte(ticks):
    async def chunks():
        for _ in range(3):
            ticks.time += 0.1
            yield b"x" * 10

    app = instrument(Starlette(routes=[Route("/", lambda request: StreamingResponse(chunks()))]))
    await call(app, "/")
    assert seconds("GET", "/", "200") == pytest.approx(0.3)
    assert response_body_size.labels("GET", "/").read()[1] == 30


async def test_a_stream_that_breaks_is_counted_once_with_the_status_it_began_with(ticks):
    async def chunks():
        yield b"x"
        ticks.time += 2
        raise LookupError

    app = instrument(Starlette(routes=[Route("/", lambda request: StreamingResponse(chunks()))]))
    assert isinstance((await call(app, "/")).error, LookupError)
    assert values(request_duration) == {("GET", "/", "200"): 1}
    assert seconds("GET", "/", "200") == 2
    assert values(exceptions) == {("/", "LookupError"): 1}
    assert values(active_requests) == {("GET",): 0}


async def test_a_request_that_is_cancelled_is_a_499_and_active_no_more():
    reached = asyncio.Event()

    async def wait(request) -> Response:
        reached.set()
        await asyncio.Event().wait()

    app = instrument(Starlette(routes=[Route("/", wait)]))
    running = asyncio.ensure_future(call(app, "/"))
    await reached.wait()
    assert values(active_requests) == {("GET",): 1}
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert values(active_requests) == {("GET",): 0}
    assert values(request_duration) == {("GET", "/", "499"): 1}
    assert values(exceptions) == {}


async def test_an_application_that_answers_nothing_is_a_500():
    async def silent(scope, receive, send) -> None:
        pass

    await call(instrument(silent), "/")
    assert values(request_duration) == {("GET", UNMATCHED, "500"): 1}


async def test_a_client_that_is_gone_when_the_answer_is_sent_does_not_keep_the_request_active():
    async def app(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x"})

    async def gone(message) -> None:
        if message["type"] == "http.response.body":
            raise ConnectionResetError

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    with pytest.raises(ConnectionResetError):
        await instrument(app)(scope, None, gone)
    assert values(active_requests) == {("GET",): 0}
    assert values(request_duration) == {("GET", UNMATCHED, "200"): 1}


async def test_body_sizes_are_those_announced_or_else_those_read_and_sent():
    async def echo(request) -> Response:
        return Response(await request.body())

    app = instrument(Starlette(routes=[Route("/{x}", echo, methods=["GET", "POST", "HEAD"])]))
    await call(app, "/a", "POST", body=b"12345")
    await call(app, "/a", "POST", body=[b"123", b"45", b"67"])
    await call(app, "/a")
    assert request_body_size.labels("POST", "/{x}").read()[1] == 12
    assert response_body_size.labels("POST", "/{x}").read()[1] == 12
    assert request_body_size.labels("GET", "/{x}").read() == ([1, 0, 0, 0, 0, 0, 0, 0], 0)


async def test_a_content_length_that_is_no_number_is_no_size():
    app = instrument(Starlette(routes=[Route("/", ok)]))
    assert (await call(app, "/", headers={"content-length": "-5"})).status == 200
    assert request_body_size.labels("GET", "/").read()[1] == 0


async def test_a_file_that_the_server_sends_by_itself_has_its_announced_size():
    async def app(scope, receive, send) -> None:
        headers = [(b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.pathsend", "path": "/tmp/file"})

    await call(instrument(app), "/", extensions={"http.response.pathsend": {}})
    assert response_body_size.labels("GET", UNMATCHED).read()[1] == 1000
    assert values(request_duration) == {("GET", UNMATCHED, "200"): 1}


async def socket(app, path: str, during=None) -> list[str]:
    """One WebSocket connection that the client closes at once."""
    sent = []
    incoming = [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}]

    async def receive():
        if len(incoming) == 1 and during is not None:
            during()
        return incoming.pop(0)

    async def send(message) -> None:
        sent.append(message["type"])

    scope = {"type": "websocket", "path": path, "root_path": "", "headers": [], "query_string": b"", "subprotocols": []}
    await app(scope, receive, send)
    return sent


@pytest.mark.parametrize(
    ("path", "template"), [("/socket/5", "/socket/{room}"), ("/api/v1/r/ws/5", "/api/{v}/r/ws/{y}")]
)
async def test_a_websocket_is_a_connection_while_it_is_open_and_no_request(app, path, template):
    seen = []
    assert await socket(app, path, lambda: seen.append(values(websocket_connections))) == ["websocket.accept"]
    assert seen == [{(template,): 1}]
    assert values(websocket_connections) == {(template,): 0}
    assert values(request_duration) == {}
    assert values(active_requests) == {}


async def test_a_websocket_that_is_refused_or_breaks_is_left_with_nothing_open(app):
    assert await socket(app, "/nothing") == ["websocket.close"]
    assert values(websocket_connections) == {}

    async def broken(websocket: WebSocket) -> None:
        await websocket.accept()
        raise LookupError

    with pytest.raises(LookupError):
        await socket(instrument(Starlette(routes=[WebSocketRoute("/w", broken)])), "/w")
    assert values(websocket_connections) == {("/w",): 0}
    assert values(exceptions) == {("/w", "LookupError"): 1}


async def test_the_lifespan_passes_untouched():
    seen = []

    async def app(scope, receive, send) -> None:
        seen.append((scope, receive, send))

    scope = {"type": "lifespan"}
    await instrument(app)(scope, call, socket)
    assert seen == [(scope, call, socket)]
    assert scope == {"type": "lifespan"}


async def test_instrumenting_twice_or_an_application_within_another_counts_once():
    inner = instrument(instrument(FastAPI()))
    inner.get("/x")(lambda: "x")
    outer = FastAPI()
    outer.mount("/inner", inner)
    instrument(outer)
    await call(outer, "/inner/x")
    assert values(request_duration) == {("GET", "/inner/x", "200"): 1}
    assert values(active_requests) == {("GET",): 0}


async def test_an_application_that_runs_already_can_still_be_instrumented():
    app = FastAPI()
    app.get("/x")(lambda: "x")
    await call(app, "/x")
    assert instrument(app) is app
    await call(app, "/x")
    assert values(request_duration) == {("GET", "/x", "200"): 1}


async def test_metrics_are_served_in_both_formats_plain_or_compressed_and_not_counted(app):
    await call(app, "/items/5")
    plain = await call(app, "/metrics")
    assert plain.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    names = {family.name for family in read_text(plain.body.decode())}
    assert {"http_server_request_duration_seconds", "process_cpu_seconds", "python_info"} <= names
    packed = await call(
        app, "/metrics", headers={"accept": "application/openmetrics-text;version=1.0.0", "accept-encoding": "gzip"}
    )
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) == len(packed.body)
    names = {family.name for family in read_openmetrics(gzip.decompress(packed.body).decode())}
    assert "http_server_request_duration_seconds" in names
    assert b"/metrics" not in (await call(app, "/metrics")).body


async def test_metrics_can_be_chosen_by_name_asked_for_by_head_and_not_posted(app):
    await call(app, "/items/5")
    chosen = await call(app, "/metrics", query="name[]=process_threads&name[]=python_info&other=1")
    assert {family.name for family in read_text(chosen.body.decode())} == {"process_threads", "python_info"}
    head = await call(app, "/metrics", "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert int(head.headers["content-length"]) > 100
    post = await call(app, "/metrics", "POST")
    assert (post.status, post.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (None, 401),
        ("Bearer wrong", 401),
        ("Basic s3cret", 401),
        ("s3cret", 401),
        ("Bearer s3cret", 200),
        ("bearer  s3cret ", 200),
    ],
)
async def test_with_a_token_only_who_sends_it_reads_the_metrics(authorization, status):
    app = instrument(FastAPI(), token="s3cret")
    answer = await call(app, "/metrics", headers={"authorization": authorization} if authorization else {})
    assert answer.status == status
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
        assert b"process_" not in answer.body


async def test_metrics_can_stand_elsewhere():
    app = instrument(FastAPI(), path="/internal/metrics")
    assert (await call(app, "/internal/metrics")).status == 200
    assert (await call(app, "/metrics")).status == 404


async def test_a_long_page_is_written_beside_the_event_loop(monkeypatch):
    import threading

    monkeypatch.setattr("vedette.instruments.metrics.serving.asgi._MANY_SERIES", 0)
    writers = []
    gauge = Gauge("asgi_test_depth", "D.")
    try:
        gauge.set_function(lambda: writers.append(threading.current_thread()) or 1)
        app = instrument(FastAPI())
        assert b"asgi_test_depth 1" in (await call(app, "/metrics")).body
    finally:
        DEFAULT.undeclare("asgi_test_depth")
    assert writers
    assert writers[0] is not threading.main_thread()


async def test_a_port_of_its_own_serves_the_metrics_and_the_application_does_not(monkeypatch):
    servers = []
    serve = serving.serve
    monkeypatch.setattr(serving, "serve", lambda *args, **kwargs: servers.append(serve(*args, **kwargs)))
    app = instrument(FastAPI(), port=0, token="s3cret")
    try:
        assert (await call(app, "/metrics")).status == 404
        address = f"http://127.0.0.1:{servers[0].port}"
        request = urllib.request.Request(f"{address}/metrics", headers={"Authorization": "Bearer s3cret"})
        page = await asyncio.to_thread(lambda: urllib.request.urlopen(request).read())
        assert b"process_cpu_seconds_total" in page
        with pytest.raises(urllib.error.HTTPError) as refused:
            await asyncio.to_thread(urllib.request.urlopen, f"{address}/metrics")
        refused.value.close()
        assert refused.value.code == 401
        with pytest.raises(ConfigError, match=rf"127.0.0.1:{servers[0].port}.*give another port"):
            instrument(FastAPI(), port=servers[0].port)
    finally:
        servers[0].close()


async def test_requests_after_series_were_dropped_are_counted_in_new_ones():
    app = FastAPI()
    app.get("/x")(lambda: "x")
    instrument(app)
    await call(app, "/x")
    request_duration.remove("GET", "/x", "200")
    await call(app, "/x")
    assert values(request_duration) == {("GET", "/x", "200"): 1}
    assert values(response_body_size) == {("GET", "/x"): 2}
    DEFAULT.clear()
    await call(app, "/x")
    assert values(request_duration) == {("GET", "/x", "200"): 1}
    assert values(response_body_size) == {("GET", "/x"): 1}
    assert values(active_requests) == {("GET",): 0}


async def test_a_request_that_lasts_while_series_are_dropped_leaves_no_negative_gauge():
    app = FastAPI()

    @app.get("/x")
    async def x() -> str:
        active_requests.clear()
        return "x"

    await call(instrument(app), "/x")
    assert values(active_requests) == {}


class MadeUpRoute:
    """A route as a router leaves it in the scope."""

    def __init__(self, number: int) -> None:
        self.path_format = f"/{number}"
        self.endpoint = lambda: number


async def test_more_routes_than_a_metric_may_have_series_are_counted_together_and_none_is_lost():
    routes = [MadeUpRoute(number) for number in range(3000)]

    async def app(scope, receive, send):
        route = routes[int(scope["path"][1:])]
        scope |= {"route": route, "endpoint": route.endpoint}
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x"})

    measured = instrument(app)
    for number in (*range(3000), *range(3000)):
        await call(measured, f"/{number}")
    assert values(request_duration) == {("GET", f"/{number}", "200"): 2 for number in range(3000)}
    sizes = values(request_body_size)
    assert len(sizes) == 2001
    assert sizes.pop((OVERFLOW,) * 2) == 2000
    assert set(sizes.values()) == {2}


def test_a_failure_of_the_measuring_does_not_reach_the_client(monkeypatch, caplog):
    guard.set_strict(False)
    app = FastAPI()
    app.get("/x")(lambda: "x")
    instrument(app)

    def fail(*args):
        raise RuntimeError("bug")

    monkeypatch.setattr("vedette.integrations.routes.Routes.template", fail)
    answers = [asyncio.run(call(app, "/x")) for _ in range(2)]
    assert [(answer.status, answer.error) for answer in answers] == [(200, None)] * 2
    assert len(caplog.messages) == 1
    assert "measuring a request failed" in caplog.messages[0]


def test_instrumenting_owns_what_is_declared_outside_or_the_packs_that_are_named():
    from vedette.catalog import Pack

    mine = Counter("asgi_mine_total", "M.", labels={"x": ["1"]})
    other = Gauge("asgi_other_depth", "O.")
    try:
        assert values(mine) == {}
        instrument(FastAPI(), packs=[Pack("mine", metrics=[mine])])
        assert (values(mine), values(other)) == ({("1",): 0}, {})
        instrument(FastAPI())
        assert values(other) == {(): 0}
        assert values(active_requests) == {}
    finally:
        DEFAULT.undeclare("asgi_mine_total")
        DEFAULT.undeclare("asgi_other_depth")


async def test_the_middleware_can_be_used_by_hand():
    app = MetricsMiddleware(Router([Route("/x/{y}", ok)]), path=None)
    assert (await call(app, "/x/1")).status == 200
    assert (await call(app, "/metrics")).status == 404
    assert values(request_duration) == {("GET", "/x/{y}", "200"): 1, ("GET", UNMATCHED, "404"): 1}


async def test_requests_through_a_real_server_are_measured():
    import uvicorn

    app = FastAPI()
    app.get("/items/{item}")(lambda item: item)
    server = uvicorn.Server(uvicorn.Config(instrument(app), port=0, log_level="error", lifespan="on"))
    running = asyncio.ensure_future(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it no other way
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]

    def ask() -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/items/5")
        connection.getresponse().read()
        connection.request("GET", "/metrics")
        body = connection.getresponse().read()
        connection.close()
        return body

    body = await asyncio.to_thread(ask)
    server.should_exit = True
    await running
    assert b'http_route="/items/{item}",http_response_status_code="200"' in body
