"""Behind real servers of WSGI an answer is the same with and without measuring, and what is told of it is right."""

from __future__ import annotations

import http.client
import re
import socket
from pathlib import Path

import pytest
from tests.instruments.servers import Folder, started, until
from tests.integrations import served_wsgi

SERVERS = {
    "wsgiref": "{python} -m tests.integrations.served_wsgi {port} wsgiref",
    "werkzeug": "{python} -m tests.integrations.served_wsgi {port} werkzeug",
    "gunicorn": "{bin}/gunicorn tests.integrations.served_wsgi:app --bind 127.0.0.1:{port} --log-level warning",
    "gunicorn threads": "{bin}/gunicorn tests.integrations.served_wsgi:app --threads 4 --bind 127.0.0.1:{port}",
    "granian": "{bin}/granian --interface wsgi --port {port} --log-level error tests.integrations.served_wsgi:app",
}
TAKE_CHUNKS = {"werkzeug", "gunicorn", "gunicorn threads", "granian"}
FILE = len(Path(served_wsgi.__file__).read_bytes())


@pytest.fixture(scope="module", params=SERVERS)
def server(request, tmp_path_factory):
    folder = Folder(tmp_path_factory.mktemp("served") / "run")
    with started(SERVERS[request.param], folder) as server:
        server.name = request.param
        server.get("/bare/list")
        yield server


def ask(connection, path, method="GET", body=None):
    """One request over a connection that may be kept: status, headers without the date, body."""
    connection.request(method, path, body=body)
    reply = connection.getresponse()
    headers = sorted((name.lower(), value) for name, value in reply.getheaders() if name.lower() != "date")
    return reply.status, headers, reply.read()


@pytest.fixture
def connection(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    yield connection
    connection.close()


def counted(server, method: str, route: str, status: int) -> float:
    return server.samples().get(
        f'http_server_request_duration_seconds_count{{http_request_method="{method}",http_route="{route}",'
        f'http_response_status_code="{status}"}}',
        0,
    )


def size(server, what: str, method: str, route: str) -> float:
    return server.samples().get(
        f'http_server_{what}_body_size_bytes_sum{{http_request_method="{method}",http_route="{route}"}}', 0
    )


@pytest.mark.parametrize(
    ("path", "method", "route", "status", "length"),
    [
        ("/list", "GET", "_unmatched", 200, 9),
        ("/several", "GET", "_unmatched", 200, 14),
        ("/write", "GET", "_unmatched", 200, 7),
        ("/file", "GET", "_unmatched", 200, FILE),
        ("/late", "GET", "_unmatched", 201, 9),
        ("/empty", "GET", "_unmatched", 204, 0),
        ("/broken", "GET", "_unmatched", 500, 0),
        ("/items/5", "GET", "/items/<int:item>", 200, 6),
        ("/items/5", "HEAD", "/items/<int:item>", 200, 0),
        ("/stream", "GET", "/stream", 200, 13),
        ("/nothing", "GET", "_unmatched", 404, None),
    ],
)
def test_the_answer_is_the_same_and_is_counted_once(  # noqa: PLR0917
    server, connection, path, method, route, status, length
):
    if path == "/write" and server.name == "granian":
        status, length = 500, 0  # it gives no write()
    before = counted(server, method, route, status), size(server, "response", method, route)
    answers = [ask(connection, f"{prefix}{path}", method) for prefix in ("/bare", "", "/bare", "")]
    assert answers == [answers[0]] * 4
    if (server.name, path) != ("granian", "/late"):  # it does not wait for a status that comes with the first chunk
        assert answers[0][0] == status
    # the end is counted after the last byte has gone, when the client may ask already
    until(lambda: counted(server, method, route, status) >= before[0] + 2, "both counted")
    after = counted(server, method, route, status), size(server, "response", method, route)
    assert after[0] - before[0] == 2
    if length is not None:
        assert after[1] - before[1] == 2 * length


def test_bodies_of_requests_arrive_and_are_measured_announced_or_not(server, connection):
    before = size(server, "request", "POST", "/echo")
    assert ask(connection, "/echo", "POST", b"four")[2] == b"four"
    announced = size(server, "request", "POST", "/echo")
    assert announced - before == 4
    if server.name in TAKE_CHUNKS:
        assert ask(connection, "/echo", "POST", iter([b"one", b"two"]))[2] == b"onetwo"
        assert size(server, "request", "POST", "/echo") - announced == 6


def test_a_client_that_goes_away_leaves_nothing_in_progress(server):
    before = counted(server, "GET", "/endless", 200)
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(b"GET /endless HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")
        assert b"200 OK" in client.recv(4096).upper()
    until(lambda: counted(server, "GET", "/endless", 200) == before + 1, "the end of the response")
    # the scrape itself is not counted
    assert server.samples()['http_server_active_requests{http_request_method="GET"}'] == 0


def test_random_paths_make_no_series(server, connection):
    def series() -> int:
        return len(re.findall("http_server_request_duration_seconds_count", server.get("/metrics")))

    ask(connection, "/wp-admin/first")
    before = series()
    for number in range(200):
        assert ask(connection, f"/wp-admin/{number}")[0] == 404
    assert series() == before
