"""Behind real servers of ASGI what is told of Litestar, Quart and Django is right, also of a client that goes away."""

from __future__ import annotations

import http.client
import socket

import pytest
from tests.instruments.servers import Folder, started, until

SERVERS = {
    "uvicorn": "{bin}/uvicorn tests.integrations.served_asgi:APP --port {port} --log-level critical",
    "granian": "{bin}/granian --interface asgi --port {port} --log-level critical tests.integrations.served_asgi:APP",
    "hypercorn": "{bin}/hypercorn tests.integrations.served_asgi:APP --bind 127.0.0.1:{port} --log-level critical",
}
ROUTES = {"litestar": "/items/{item}", "quart": "/items/<int:item>", "django": "/items/<int:item>"}
SERVED = [("litestar", "uvicorn"), ("litestar", "granian"), ("quart", "hypercorn"), ("quart", "uvicorn")]
SERVED += [("django", "uvicorn"), ("django", "hypercorn")]


@pytest.fixture(scope="module", params=SERVED, ids=" on ".join)
def server(request, tmp_path_factory):
    app, server = request.param
    folder = Folder(tmp_path_factory.mktemp("served") / "run")
    with started(SERVERS[server].replace("APP", app), folder) as running:
        running.app = app
        running.get("/items/0")
        yield running


def counted(server, route: str, status: int) -> float:
    series = f'http_request_method="GET",http_route="{route}",http_response_status_code="{status}"'
    return server.samples().get(f"http_server_request_duration_seconds_count{{{series}}}", 0)


def ask(server, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request("GET", path)
        reply = connection.getresponse()
        reply.read()
        return reply.status
    finally:
        connection.close()


def test_requests_are_counted_by_their_route_and_exceptions_by_their_class(server):
    route = ROUTES[server.app]
    before = counted(server, route, 200), counted(server, "/broken", 500), counted(server, "_unmatched", 404)
    assert [ask(server, path) for path in ("/items/5", "/items/6", "/broken", "/none")] == [200, 200, 500, 404]
    after = counted(server, route, 200), counted(server, "/broken", 500), counted(server, "_unmatched", 404)
    assert [now - then for now, then in zip(after, before, strict=True)] == [2, 1, 1]
    exception = 'http_server_exceptions_total{http_route="/broken",error_type="LookupError"}'
    assert server.samples()[exception] == after[1]


def test_a_client_that_goes_away_leaves_nothing_in_progress(server):
    before = counted(server, "/endless", 200)
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(b"GET /endless HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")
        assert b" 200" in client.recv(4096)
    until(lambda: counted(server, "/endless", 200) == before + 1, "the end of the response")
    assert server.samples()['http_server_active_requests{http_request_method="GET"}'] == 0
