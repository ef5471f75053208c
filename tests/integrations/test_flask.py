"""Requests of Flask are counted by the rule that answers them, and the exceptions it answers itself are told."""

from __future__ import annotations

import io
import threading

import pytest
from flask import Blueprint, Flask, Response, abort, send_file, stream_with_context
from starlette.applications import Starlette
from starlette.routing import Mount
from tests.integrations.broken import broken
from tests.integrations.client import call, values
from tests.integrations.wsgi_client import ask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from vedette.instruments.metrics import OVERFLOW
from vedette.integrations import answered, attached, wsgi
from vedette.integrations.instrument import instrument
from vedette.integrations.routes import UNMATCHED
from vedette.packs.http import active_requests, exceptions, request_duration, response_body_size


def made(name: str = "shop") -> Flask:
    """An application with every kind of route there is."""
    app = Flask(name)

    @app.get("/items/<int:item>")
    def item(item: int) -> str:
        return str(item)

    @app.route("/broken")
    def broken() -> str:
        raise LookupError("no such thing")

    @app.get("/teapot")
    def teapot() -> str:
        abort(418)

    @app.get("/slash/")
    def slash() -> str:
        return "slash"

    @app.get("/stream")
    def stream() -> Response:
        return Response(stream_with_context(iter(["one", "two"])))

    @app.get("/file")
    def file() -> Response:
        return send_file(io.BytesIO(b"x" * 5000), download_name="x.bin")

    inner = Blueprint("inner", name)
    inner.get("/leaf/<z>")(lambda v, z: z)
    outer = Blueprint("outer", name)
    outer.register_blueprint(inner, url_prefix="/deep")
    app.register_blueprint(outer, url_prefix="/api/<v>")
    return app


@pytest.fixture
def app():
    yield instrument(made())
    attached.detach("flask")


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/items/5", "/items/<int:item>"),
        ("/api/v1/deep/leaf/5", "/api/<v>/deep/leaf/<z>"),
        ("/slash/", "/slash/"),
        ("/stream", "/stream"),
        ("/file", "/file"),
    ],
)
def test_each_kind_of_route_is_counted_by_its_full_rule(app, path, route):
    for _ in range(2):
        assert app.test_client().get(path).status_code == 200
    assert values(request_duration) == {("GET", route, "200"): 2}


def test_an_application_is_changed_in_place_once():
    app = made()
    assert instrument(app) is app
    door = app.wsgi_app
    assert isinstance(door, wsgi.MetricsMiddleware)
    assert instrument(app).wsgi_app is door
    attached.detach("flask")


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/nothing", "GET", 404), ("/slash", "GET", 308), ("/items/x", "GET", 404), ("/items/5", "DELETE", 405)],
)
def test_what_no_rule_answers_is_one_series_whatever_its_path(app, path, method, status):
    assert app.test_client().open(path, method=method).status_code == status
    assert values(request_duration) == {(method, UNMATCHED, str(status)): 1}


def test_three_thousand_random_paths_and_made_up_methods_are_two_series(app):
    client = app.test_client()
    for number in range(3000):
        client.get(f"/wp-admin/{number}")
    for number in range(30):
        client.open("/items/5", method=f"BREW{number}")
    assert values(request_duration) == {("GET", UNMATCHED, "404"): 3000, (OVERFLOW, UNMATCHED, "405"): 30}


def test_an_exception_that_no_handler_takes_is_a_500_and_counted_by_class(app):
    assert app.test_client().get("/broken").status_code == 500
    assert values(request_duration) == {("GET", "/broken", "500"): 1}
    assert values(exceptions) == {("/broken", "LookupError"): 1}


def test_an_exception_that_flask_lets_through_in_tests_is_counted_once(app):
    app.testing = True
    with pytest.raises(LookupError, match="no such thing"):
        app.test_client().get("/broken")
    assert values(request_duration) == {("GET", "/broken", "500"): 1}
    assert values(exceptions) == {("/broken", "LookupError"): 1}


def test_an_exception_that_a_handler_swallows_is_the_5xx_that_it_answers(app):
    app.register_error_handler(LookupError, lambda error: ("busy", 503))
    assert app.test_client().get("/broken").status_code == 503
    assert values(request_duration) == {("GET", "/broken", "503"): 1}
    assert values(exceptions) == {}


def test_a_handler_of_500_decides_the_page_and_the_exception_is_counted(app):
    app.register_error_handler(500, lambda error: ("sorry", 502))
    assert app.test_client().get("/broken").data == b"sorry"
    assert values(request_duration) == {("GET", "/broken", "502"): 1}
    assert values(exceptions) == {("/broken", "LookupError"): 1}


def test_an_http_exception_is_its_status_and_no_exception(app):
    assert app.test_client().get("/teapot").status_code == 418
    assert values(request_duration) == {("GET", "/teapot", "418"): 1}
    assert values(exceptions) == {}


def test_an_exception_in_teardown_is_a_500_as_the_server_answers_it(app):
    app.teardown_request(lambda error: 1 / 0)
    assert isinstance(ask(app, "/items/5").error, ZeroDivisionError)
    assert values(request_duration) == {("GET", "/items/<int:item>", "500"): 1}
    assert values(exceptions) == {("/items/<int:item>", "ZeroDivisionError"): 1}


def test_teardown_runs_when_it_did_before(app):
    order = []
    app.teardown_request(lambda error: order.append("teardown"))
    app.after_request(lambda response: response.call_on_close(lambda: order.append("close")) and response)
    answer = ask(app, "/items/5")
    assert (answer.body, order) == (b"5", ["teardown", "close"])


def test_sizes_are_those_of_the_body_streamed_or_from_a_file(app):
    client = app.test_client()
    for path in ("/stream", "/file"):
        assert client.get(path).data
    assert response_body_size.labels("GET", "/stream").read()[1] == 6
    assert response_body_size.labels("GET", "/file").read()[1] == 5000
    assert client.head("/file").data == b""
    assert values(active_requests) == {("GET",): 0, ("HEAD",): 0}


def test_the_page_is_served_beside_the_routes_and_not_counted(app):
    client = app.test_client()
    client.get("/items/5")
    page = client.get("/metrics")
    assert b'http_route="/items/<int:item>",http_response_status_code="200"} 1' in page.data
    assert client.head("/metrics").status_code == 200
    assert values(request_duration) == {("GET", "/items/<int:item>", "200"): 1}


# Mounted


@pytest.mark.parametrize(
    ("path", "route", "status"),
    [
        ("/items/5", "/items/<int:item>", 200),
        ("/sub/items/5", "/sub/items/<int:item>", 200),
        ("/sub/nothing", UNMATCHED, 404),
        ("/sub/deeper/items/5", "/sub/deeper/items/<int:item>", 200),
        ("/plain/a/b", "/plain/{path}", 200),
    ],
)
def test_an_application_that_a_dispatcher_mounts_is_counted_with_its_prefix(path, route, status):
    def plain(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"plain"]

    nested = DispatcherMiddleware(made("nested"), {"/deeper": made("deeper")})
    app = instrument(DispatcherMiddleware(made(), {"/sub": nested, "/plain": plain}))
    for prefix in ("", "/behind"):
        assert ask(app, path, SCRIPT_NAME=prefix).code == status
    assert values(request_duration) == {("GET", route, str(status)): 2}


def test_a_prefix_made_of_values_of_the_request_is_no_part_of_the_template():
    shop = made()

    def by_tenant(environ, start_response):
        _, tenant, rest = environ["PATH_INFO"].split("/", 2)
        environ["SCRIPT_NAME"] += f"/{tenant}"
        environ["PATH_INFO"] = f"/{rest}"
        return shop(environ, start_response)

    app = instrument(by_tenant)
    for number in range(1100):
        assert ask(app, f"/tenant{number}/items/5").code == 200
    assert values(request_duration) == {("GET", "/items/<int:item>", "200"): 1100}


def test_behind_a_proxy_that_strips_a_prefix_the_rules_are_the_applications_own(app):
    app.wsgi_app = ProxyFix(app.wsgi_app, x_prefix=1)
    assert ask(app, "/items/5", HTTP_X_FORWARDED_PREFIX="/behind").code == 200
    inside = instrument(ProxyFix(made(), x_prefix=1))
    assert ask(inside, "/items/5", HTTP_X_FORWARDED_PREFIX="/behind").code == 200
    assert values(request_duration) == {("GET", "/items/<int:item>", "200"): 2}


def test_an_application_within_another_that_is_measured_is_counted_once(app):
    outer = instrument(DispatcherMiddleware(made(), {"/sub": app}))
    assert ask(outer, "/sub/items/5").code == 200
    assert ask(outer, "/sub/broken").code == 500
    assert values(request_duration) == {
        ("GET", "/sub/items/<int:item>", "200"): 1,
        ("GET", "/sub/broken", "500"): 1,
    }
    assert values(exceptions) == {("/sub/broken", "LookupError"): 1}


@pytest.mark.parametrize("instrumented", [True, False])
async def test_within_an_application_of_asgi_that_is_measured_a_request_is_counted_once(instrumented):
    from a2wsgi import WSGIMiddleware

    inner = instrument(made()) if instrumented else made()
    app = instrument(Starlette(routes=[Mount("/flask/{tenant}", app=WSGIMiddleware(inner))]))
    assert (await call(app, "/flask/t1/items/5")).body == b"5"
    assert (await call(app, "/flask/t1/broken")).status == 500
    assert (await call(app, "/flask/t1/nothing")).status == 404
    prefix = "/flask/{tenant}"
    routes = ("/items/<int:item>", "/broken") if instrumented else ("/{path}", "/broken")
    assert values(request_duration) == {
        ("GET", f"{prefix}{routes[0]}", "200"): 1,
        ("GET", f"{prefix}{routes[1]}", "500"): 1,
        ("GET", UNMATCHED if instrumented else f"{prefix}/{{path}}", "404"): 1,
    }
    assert values(exceptions) == {(f"{prefix}/broken", "LookupError"): 1}
    attached.detach("flask")


# Integration


def test_detaching_takes_away_the_listener_and_attaching_twice_adds_one():
    from flask import got_request_exception

    before = len(got_request_exception.receivers)
    attached.attach("flask")
    attached.attach("flask")
    assert len(got_request_exception.receivers) == before + 1
    attached.detach("flask")
    assert len(got_request_exception.receivers) == before


def test_without_the_integration_an_exception_is_a_500_all_the_same():
    app = instrument(made(), without=["flask"])
    assert app.test_client().get("/broken").status_code == 500
    assert values(request_duration) == {("GET", "/broken", "500"): 1}
    assert values(exceptions) == {}


def test_instruments_that_fail_leave_every_answer_as_it_was(app):
    client = app.test_client()
    with broken(wsgi), broken(answered):
        assert client.get("/items/5").data == b"5"
        assert client.get("/broken").status_code == 500
        assert client.get("/stream").data == b"onetwo"


def test_requests_of_many_threads_have_their_own_rules(app):
    def client():
        for number in range(50):
            assert ask(app, f"/items/{number}").body == str(number).encode()
            assert ask(app, "/broken").code == 500

    threads = [threading.Thread(target=client) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values(request_duration) == {("GET", "/items/<int:item>", "200"): 300, ("GET", "/broken", "500"): 300}
    assert values(exceptions) == {("/broken", "LookupError"): 300}
    assert values(active_requests) == {("GET",): 0}


def test_opentelemetrys_instrumentation_measures_the_same_requests_in_either_order():
    from opentelemetry.instrumentation.flask import FlaskInstrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    for ours_first in (True, False):
        spans, provider, app = InMemorySpanExporter(), TracerProvider(), made()
        provider.add_span_processor(SimpleSpanProcessor(spans))
        if ours_first:
            instrument(app)
        FlaskInstrumentor().instrument_app(app, tracer_provider=provider)
        instrument(app)
        assert app.test_client().get("/items/5").data == b"5"
        assert [span.name for span in spans.get_finished_spans()] == ["GET /items/<int:item>"]
        FlaskInstrumentor().uninstrument_app(app)
    assert values(request_duration) == {("GET", "/items/<int:item>", "200"): 2}
