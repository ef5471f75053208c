"""Whichever way the page is asked for, the answer is the same; and a client that misbehaves harms nobody but itself."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import http.client
import io
import os
import socket
import ssl
import threading
import time
from wsgiref.validate import validator

import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from tests.instruments.metrics.certificate import CERTIFICATE, KEY, LOCKED_KEY, OTHER_KEY
from tests.integrations.client import call

from vedette.errors import ConfigError
from vedette.instruments.metrics import Counter, Gauge
from vedette.instruments.metrics.serving import AsgiPage, WsgiPage, address, asgi, listener, serve, thread


@pytest.fixture
def filled(registry):
    Counter("loaves_total", "Loaves.", registry=registry).inc(3)
    Gauge("depth", "Depth.", registry=registry).set(1)
    return registry


# Three ways to the same page: each returns (status, headers, body).


def through_asgi(registry, method="GET", headers=None, query="", token=None):
    got = asyncio.run(call(AsgiPage(token=token, registry=registry), "/", method, headers=headers, query=query))
    return got.status, got.headers, got.body


def through_wsgi(registry, method="GET", headers=None, query="", token=None):
    told = []
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "/metrics",
        "PATH_INFO": "",
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in (headers or {}).items()},
    }
    page = WsgiPage(token=token, registry=registry)
    # The validator wants no content type on an empty answer, which a HEAD has to have.
    app = page if method == "HEAD" else validator(page)
    chunks = app(environ, lambda status, fields: told.append((status, fields)))
    body = b"".join(chunks)
    if hasattr(chunks, "close"):
        chunks.close()
    [(status, fields)] = told
    return int(status.split()[0]), dict(fields), body


def through_a_thread(registry, method="GET", headers=None, query="", token=None):
    with serving(registry, token=token) as port:
        return ask(port, f"/metrics?{query}", method, headers)


def ask(port, path="/metrics", method="GET", headers=None, connection=None):
    asked = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    asked.request(method, path, headers=headers or {})
    reply = asked.getresponse()
    body = reply.read()
    if connection is None:
        asked.close()
    return reply.status, {name.lower(): value for name, value in reply.getheaders()}, body


@contextlib.contextmanager
def serving(registry, **options):
    server = serve(0, registry=registry, **options)
    try:
        yield server.port
    finally:
        server.close()


@pytest.fixture(params=[through_asgi, through_wsgi, through_a_thread])
def through(request):
    return request.param


def test_the_page_has_every_series(through, filled):
    status, headers, body = through(filled)
    assert status == 200
    assert headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert headers["content-length"] == str(len(body))
    assert headers["vary"] == "Accept, Accept-Encoding"
    names = [family.name for family in text_string_to_metric_families(body.decode())]
    assert names == ["depth", "loaves"]


def test_the_reader_chooses_format_compression_and_metrics(through, filled):
    wanted = {"accept": "application/openmetrics-text;version=1.0.0", "accept-encoding": "gzip"}
    status, headers, body = through(filled, headers=wanted, query="name[]=depth&name[]=other&x=1")
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert headers["content-length"] == str(len(body))
    page = gzip.decompress(body)
    assert page.endswith(b"# EOF\n")
    assert b"depth 1" in page
    assert b"loaves" not in page


def test_head_has_the_headers_alone(through, filled):
    status, headers, body = through(filled, "HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["content-length"]) > 50


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_it_can_only_be_read(through, filled, method):
    status, headers, body = through(filled, method)
    assert (status, headers["allow"]) == (405, "GET, HEAD")
    assert b"read" in body


@pytest.mark.parametrize(
    ("authorization", "status"),
    [(None, 401), ("Bearer wrong", 401), ("Basic s3cret", 401), ("Bearer s3cret", 200), ("bearer  s3cret ", 200)],
)
def test_with_a_token_only_who_sends_it_reads(through, filled, authorization, status):
    headers = {"authorization": authorization} if authorization else {}
    got, fields, body = through(filled, headers=headers, token="s3cret")
    assert got == status
    assert (b"loaves" in body) == (status == 200)
    assert fields.get("www-authenticate") == (None if status == 200 else "Bearer")


def test_an_empty_token_lets_nobody_in(through, filled):
    assert through(filled, headers={"authorization": "Bearer "}, token="")[0] == 401


# ASGI


@pytest.mark.parametrize("path", ["/metrics", "/metrics/"])
@pytest.mark.parametrize("route", [Route, Mount])
async def test_in_starlette_it_answers_where_it_is_mounted(filled, route, path):
    app = Starlette(routes=[route("/metrics", AsgiPage(registry=filled))])
    answer = await call(app, path)
    if (route, path) in ((Mount, "/metrics"), (Route, "/metrics/")):  # that is Starlette's own
        assert answer.status == 307
    else:
        assert (answer.status, answer.body[:12]) == (200, b"# HELP depth")


async def test_added_as_a_route_it_is_found_without_a_slash_and_takes_no_other_method(filled):
    app = FastAPI()
    app.add_route("/metrics", AsgiPage(registry=filled), include_in_schema=False)
    assert (await call(app, "/metrics")).status == 200
    assert (await call(app, "/metrics", "POST")).headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
async def test_what_is_no_request_is_refused_as_the_protocol_wants_it(filled, kind):
    with pytest.raises(ValueError, match=f"not through '{kind}'"):
        await AsgiPage(registry=filled)({"type": kind}, None, None)


async def test_a_long_page_is_written_beside_the_event_loop_and_a_short_one_is_not(filled, monkeypatch):
    writers = []
    filled.before_scrape(lambda: writers.append(threading.current_thread()))
    await call(AsgiPage(registry=filled), "/")
    monkeypatch.setattr(asgi, "_MANY_SERIES", 1)
    await call(AsgiPage(registry=filled), "/")
    assert writers[0] is threading.main_thread()
    assert writers[1] is not threading.main_thread()


# The thread


def test_another_path_is_told_where_the_page_is(filled):
    with serving(filled, path="/internal") as port:
        assert ask(port, "/metrics")[::2] == (404, b"Metrics are at /internal.\n")
        assert ask(port, "/metrics", "HEAD")[::2] == (404, b"")
        assert ask(port, "/internal?name[]=depth")[0] == 200


def test_a_connection_takes_many_requests(filled):
    with serving(filled) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        assert [ask(port, connection=connection)[0] for _ in range(3)] == [200] * 3
        socket_before = connection.sock
        assert ask(port, method="HEAD", connection=connection)[0] == 200
        assert connection.sock is socket_before
        assert ask(port, method="POST", connection=connection)[0] == 405
        assert connection.sock is None  # what follows a POST may be its body
        connection.close()


def test_it_tells_little_about_itself(filled):
    with serving(filled) as port:
        assert ask(port)[1]["server"] == "vedette"


def test_it_listens_on_this_machine_alone_unless_asked_otherwise(filled, caplog):
    with serving(filled) as port:
        assert socket.create_connection(("127.0.0.1", port)).close() is None
        for other in {one[4][0] for one in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}:
            if not other.startswith("127."):
                with pytest.raises((ConnectionError, TimeoutError)):
                    socket.create_connection((other, port), timeout=1)
    with serving(filled, host="localhost"):
        pass
    assert caplog.messages == []


@pytest.mark.parametrize("host", ["0.0.0.0", ""])
def test_beyond_this_machine_without_a_token_is_said_once(filled, caplog, host):
    for _ in range(2):
        with serving(filled, host=host) as port:
            assert ask(port)[0] == 200
    with serving(filled, host=host, token="s3cret"):
        pass
    assert len(caplog.messages) == 1
    assert "can be read by whoever reaches that address; give a token=" in caplog.messages[0]


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="there is no IPv6 here")
def test_it_listens_on_ipv6(filled):
    with serving(filled, host="::1") as port, socket.create_connection(("::1", port), timeout=10) as connection:
        connection.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"host": "192.0.2.1"}, "192.0.2.1:0: Cannot assign requested address; give an address of this"),
        ({"host": "no such host"}, "give an address of this machine as host="),
        ({"port": 70000}, "a port is a number up to 65535"),
    ],
)
def test_an_address_that_cannot_be_is_refused(filled, options, message):
    with pytest.raises(ConfigError, match=message):
        serve(**{"port": 0, **options}, registry=filled)


def test_a_port_that_is_taken_is_refused_and_free_again_once_the_server_is_closed(filled):
    taken = r"127.0.0.1:\d+: Address already in use; give another port="
    with serving(filled) as port, pytest.raises(ConfigError, match=taken):
        serve(port, registry=filled)
    again = serve(port, registry=filled)
    assert ask(port)[0] == 200
    again.close()


def test_a_failure_is_answered_and_logged(filled, caplog):
    def broken(*_, **__):
        raise LookupError("bug")

    filled.render = broken
    with serving(filled) as port:
        status, _, body = ask(port)
    assert (status, body) == (500, b"The metrics could not be written; the log of the process says why.\n")
    assert "writing the page of metrics failed and was skipped: LookupError('bug')" in caplog.messages[0]


# TLS


@pytest.fixture
def pem(tmp_path):
    """Writes a file of these texts, and tells where it is."""

    def write(name, *texts):
        (tmp_path / name).write_text("".join(texts))
        return str(tmp_path / name)

    return write


def client_context():
    context = ssl.create_default_context(cadata=CERTIFICATE)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@pytest.mark.parametrize("together", [True, False])
def test_with_a_certificate_it_is_https(filled, pem, together):
    files = (
        {"certfile": pem("both.pem", CERTIFICATE, KEY)}
        if together
        else {"certfile": pem("cert.pem", CERTIFICATE), "keyfile": pem("key.pem", KEY)}
    )
    with serving(filled, token="s3cret", **files) as port:
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=client_context(), timeout=10)
        assert ask(port, headers={"authorization": "Bearer s3cret"}, connection=connection)[0] == 200
        assert connection.sock.getpeercert(binary_form=True) == ssl.PEM_cert_to_DER_cert(CERTIFICATE)
        assert connection.sock.version() in ("TLSv1.2", "TLSv1.3")
        connection.close()
        with pytest.raises((OSError, http.client.HTTPException)):
            ask(port)  # not encrypted


def test_who_never_shakes_hands_keeps_nobody_waiting(filled, pem):
    with serving(filled, certfile=pem("both.pem", CERTIFICATE, KEY)) as port:
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(5)]
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=client_context(), timeout=10)
        assert ask(port, connection=connection)[0] == 200
        for one in (*silent, connection):
            one.close()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"keyfile": "key.pem"}, "keyfile='.*key.pem' was given without a certificate; give certfile=, too"),
        ({"certfile": "none.pem"}, "certfile='.*none.pem' cannot be read: No such file or directory"),
        ({"certfile": "cert.pem", "keyfile": "none.pem"}, "keyfile='.*none.pem' cannot be read"),
        ({"certfile": "cert.pem"}, "does not hold a certificate and its key in PEM; if the key is elsewhere, give key"),
        ({"certfile": "text.pem"}, "does not hold a certificate and its key in PEM"),
        ({"certfile": "cert.pem", "keyfile": "text.pem"}, "does not hold a certificate, or .*text.pem not its key"),
        ({"certfile": "cert.pem", "keyfile": "other.pem"}, "the key in .*other.pem is not that of the certificate in"),
        ({"certfile": "cert.pem", "keyfile": "locked.pem"}, "the key in .*locked.pem is locked with a password"),
    ],
)
def test_a_certificate_that_cannot_be_is_refused_with_the_reason(filled, pem, files, message):
    for name, text in {"cert": CERTIFICATE, "key": KEY, "other": OTHER_KEY, "text": "hello"}.items():
        pem(f"{name}.pem", text)
    folder = pem("locked.pem", LOCKED_KEY).removesuffix("/locked.pem")
    with pytest.raises(ConfigError, match=message):
        serve(0, registry=filled, **{name: f"{folder}/{file}" for name, file in files.items()})


# Clients that misbehave


def test_clients_that_say_nothing_or_only_begin_keep_nobody_waiting(filled):
    with serving(filled) as port:
        hanging = [socket.create_connection(("127.0.0.1", port)) for _ in range(30)]
        for one in hanging[::2]:
            one.sendall(b"GET /metrics HTTP/1.1\r\nhost: a\r\n")
        assert ask(port)[0] == 200
        for one in hanging:
            one.close()


def closed_within(connection, seconds=10):
    """What comes until the other side closes."""
    connection.settimeout(seconds)
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := connection.recv(65536):
            found += chunk
    return found


def test_a_request_that_does_not_come_in_time_is_given_up_however_slowly_it_drips(filled, monkeypatch):
    monkeypatch.setattr(listener, "_PATIENCE", 0.3)
    with serving(filled) as port:
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", port)) as silent:
            assert closed_within(silent) == b""
        with socket.create_connection(("127.0.0.1", port)) as slow, contextlib.suppress(ConnectionError):
            while time.monotonic() - began < 5:
                slow.sendall(b"G")
                time.sleep(0.02)
        assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /" + b"a" * 70_000, b""),
        (b"GET / HTTP/1.1\r\n" + b"x: " + b"a" * 70_000, b"HTTP/1.1 431"),
        (b"GET / HTTP/1.1\r\n" + (b"x: " + b"a" * 1000 + b"\r\n") * 90, b"HTTP/1.1 431"),
        (b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 200 + b"\r\n", b"HTTP/1.1 431"),
        (b"BREW / HTTP/1.1\r\n\r\n", b"HTTP/1.1 501"),
        (b"nonsense\r\n\r\n", b"Bad request syntax"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b""),
    ],
)
def test_a_request_that_is_too_large_or_none_is_refused(filled, head, status, capfd):
    with serving(filled) as port:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            with contextlib.suppress(ConnectionError):
                connection.sendall(head)
            answer = closed_within(connection)
        assert ask(port)[0] == 200
    assert answer.startswith(status) or not answer  # the rest of it may have been thrown away by the network
    assert b"<html" not in answer.lower()
    assert capfd.readouterr().err == ""


def test_of_too_many_connections_the_oldest_is_closed(filled, monkeypatch):
    monkeypatch.setattr(listener, "_MOST", 5)
    with serving(filled) as port:
        hanging = [socket.create_connection(("127.0.0.1", port)) for _ in range(5)]
        assert ask(port)[0] == 200
        assert closed_within(hanging[0]) == b""
        for one in hanging:
            one.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_does_not_hold_the_port(filled):
    with serving(filled) as port:
        ended, end = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(end)
            os.read(ended, 1)
            os._exit(0)
    again = serve(port, registry=filled)
    again.close()
    os.close(end)
    os.waitpid(child, 0)
    os.close(ended)


# Several processes of a service that ask for one port


def test_a_worker_that_finds_the_port_taken_by_another_takes_over_once_that_has_ended(filled, monkeypatch):
    monkeypatch.setattr(thread, "_is_worker", lambda registry: registry is filled)
    monkeypatch.setattr(thread, "_AGAIN", 0.01)
    first = serve(0, registry=filled)
    second, third = serve(first.port, registry=filled), serve(first.port, registry=filled)
    assert second.port == first.port
    third.close()
    first.close()
    deadline = time.monotonic() + 10
    while second._listener is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert ask(second.port)[0] == 200
    second.close()


@pytest.mark.parametrize("says", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nserver: other\r\n\r\n"])
def test_a_worker_that_finds_the_port_taken_by_a_stranger_is_told(filled, monkeypatch, says):
    monkeypatch.setattr(thread, "_is_worker", lambda _: True)
    with socket.create_server(("127.0.0.1", 0)) as stranger:

        def answer():
            connection, _ = stranger.accept()
            with connection:
                connection.sendall(says)
                connection.recv(1000)

        answering = threading.Thread(target=answer)
        answering.start()
        with pytest.raises(ConfigError, match="give another port="):
            serve(stranger.getsockname()[1], registry=filled)
        answering.join()


def test_a_worker_knows_its_own_through_tls_too(filled, pem, monkeypatch):
    monkeypatch.setattr(thread, "_is_worker", lambda _: True)
    certificate = pem("both.pem", CERTIFICATE, KEY)
    first = serve(0, registry=filled, certfile=certificate)
    second = serve(first.port, registry=filled, certfile=certificate)
    second.close()
    first.close()


def test_a_server_that_is_slow_to_answer_is_taken_for_one_of_ours(monkeypatch):
    monkeypatch.setattr(http.client.HTTPConnection, "getresponse", lambda _: (_ for _ in ()).throw(TimeoutError))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        there = address.address("127.0.0.1", silent.getsockname()[1])
        assert address.is_one_of_ours(there, None)
