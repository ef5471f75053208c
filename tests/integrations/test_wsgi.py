"""A request of a WSGI application is counted and timed to the last byte, and the response is what PEP 3333 wants."""

from __future__ import annotations

import io
import threading

import pytest
from tests.integrations.broken import broken
from tests.integrations.client import values
from tests.integrations.wsgi_client import PLAIN, ask, environ, hello, size, streaming

from vedette.instruments import clock, guard
from vedette.instruments.metrics import OVERFLOW
from vedette.integrations import wsgi
from vedette.integrations.instrument import instrument
from vedette.integrations.routes import UNMATCHED
from vedette.packs.http import (
    active_requests,
    exceptions,
    request_body_size,
    request_duration,
    response_body_size,
)


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


# What is counted


def test_a_request_is_counted_by_method_and_status_and_measured_both_ways():
    answer = ask(instrument(hello), "/any", "POST", body=b"four")
    assert (answer.status, answer.headers, answer.body) == ("200 OK", {"content-type": "text/plain"}, b"hello")
    assert values(request_duration) == {("POST", UNMATCHED, "200"): 1}
    assert size(request_body_size, "POST", UNMATCHED) == 4
    assert size(response_body_size, "POST", UNMATCHED) == 5
    assert values(active_requests) == {("POST",): 0}
    assert values(exceptions) == {}


def test_three_thousand_random_paths_are_one_series():
    app = instrument(hello)
    for number in range(3000):
        ask(app, f"/wp-admin/{number}")
    assert values(request_duration) == {("GET", UNMATCHED, "200"): 3000}


def test_made_up_methods_are_one_series_and_not_one_gauge_each():
    app = instrument(hello)
    for number in range(300):
        ask(app, "/", f"BREW{number}")
    ask(app, "/", "get")
    assert values(request_duration) == {(OVERFLOW, UNMATCHED, "200"): 301}
    assert values(active_requests) == {(OVERFLOW,): 0}


def test_a_stream_is_in_progress_and_timed_to_its_last_byte(ticks):
    def chunks():
        ticks.time += 2
        yield b"one"
        ticks.time += 3
        yield b"two"
        ticks.time += 4

    body = instrument(streaming(chunks()))(environ("/"), lambda *_: None)
    assert next(iter(body)) == b"one"
    assert values(active_requests) == {("GET",): 1}
    assert list(body) == [b"two"]
    assert values(active_requests) == {("GET",): 0}
    ticks.time += 50
    body.close()
    assert seconds("GET", UNMATCHED, "200") == 9
    assert size(response_body_size, "GET", UNMATCHED) == 6


def test_what_an_application_does_when_its_response_is_closed_is_not_part_of_the_request(ticks):
    class Response:
        def __iter__(self):
            ticks.time += 1
            return iter((b"x",))

        def close(self):
            ticks.time += 60

    def app(environ, start_response):
        start_response("200 OK", PLAIN)
        return Response()

    ask(instrument(app), "/")
    assert seconds("GET", UNMATCHED, "200") == 1
    assert ticks.time == 161


@pytest.mark.parametrize(("given", "counted"), [("", 0), ("12", 12), ("many", 0), ("9" * 5000, 0), ("-1", 0)])
def test_the_size_of_a_request_is_what_it_announces_and_no_nonsense(given, counted):
    assert ask(instrument(hello), "/", "POST", CONTENT_LENGTH=given).code == 200
    assert size(request_body_size, "POST", UNMATCHED) == counted


@pytest.mark.parametrize(
    "read",
    [
        lambda stream: stream.read(),
        lambda stream: stream.read(4) + stream.read(),
        lambda stream: b"".join(iter(stream)),
        lambda stream: b"".join(stream.readlines()),
        lambda stream: stream.readline() + stream.readline(3) + stream.read(),
    ],
)
def test_of_a_request_without_an_announced_size_what_is_read_counts(read):
    text = b"one\ntwo\nthree"
    got = []

    def app(environ, start_response):
        got.append(read(environ["wsgi.input"]))
        assert environ["wsgi.input"].closed is False  # all else is the server's
        return hello(environ, start_response)

    sent = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": io.BytesIO(text)}
    ask(instrument(app), "/", "POST", **sent)
    assert got == [text]
    assert size(request_body_size, "POST", UNMATCHED) == len(text)


# What fails


def test_an_application_that_raises_is_a_500_and_counted_by_class():
    def app(environ, start_response):
        raise LookupError("no such thing")

    assert isinstance(ask(instrument(app), "/").error, LookupError)
    assert values(request_duration) == {("GET", UNMATCHED, "500"): 1}
    assert values(exceptions) == {(UNMATCHED, "LookupError"): 1}
    assert values(active_requests) == {("GET",): 0}


@pytest.mark.parametrize(("sent", "status"), [([], "500"), ([b""], "500"), ([b"something"], "200")])
def test_a_response_that_fails_has_the_status_that_was_sent_and_is_a_500_if_nothing_was(sent, status):
    def chunks():
        yield from sent
        raise BlockingIOError

    assert isinstance(ask(instrument(streaming(chunks())), "/").error, BlockingIOError)
    assert values(request_duration) == {("GET", UNMATCHED, status): 1}
    assert values(exceptions) == {(UNMATCHED, "BlockingIOError"): 1}


def test_a_response_that_begins_well_and_is_replaced_by_an_error_page_has_the_status_of_that():
    def app(environ, start_response):
        start_response("200 OK", PLAIN)
        start_response("503 Busy", PLAIN, (ValueError, ValueError(), None))
        return [b"busy"]

    assert ask(instrument(app), "/").status == "503 Busy"
    assert values(request_duration) == {("GET", UNMATCHED, "503"): 1}
    assert values(exceptions) == {}


def test_an_exception_in_close_is_raised_and_counted():
    class Response(list):
        def close(self):
            raise OSError("the file is gone")

    def app(environ, start_response):
        start_response("200 OK", PLAIN)
        return Response([b"x"])

    assert isinstance(ask(instrument(app), "/").error, OSError)
    assert values(request_duration) == {("GET", UNMATCHED, "200"): 1}
    assert values(exceptions) == {(UNMATCHED, "OSError"): 1}


def test_a_response_that_cannot_be_iterated_is_the_servers_error_as_before():
    def app(environ, start_response):
        start_response("200 OK", PLAIN)

    assert isinstance(ask(instrument(app), "/").error, TypeError)
    assert values(request_duration) == {("GET", UNMATCHED, "500"): 1}


def test_a_request_that_the_server_stops_is_a_499_and_no_exception():
    def app(environ, start_response):
        raise SystemExit(1)

    with pytest.raises(SystemExit):
        instrument(app)(environ("/"), lambda *_: None)
    assert values(request_duration) == {("GET", UNMATCHED, "499"): 1}
    assert values(exceptions) == {}


def test_a_connection_that_the_application_takes_for_a_websocket_is_no_request():
    ask(instrument(lambda environ, start_response: []), "/", HTTP_UPGRADE="WebSocket")
    assert values(request_duration) == {}
    assert values(active_requests) == {("GET",): 0}


@pytest.mark.parametrize("app", [hello, streaming([b"hel", b"lo"])])
def test_instruments_that_fail_leave_the_answer_as_it_was_and_are_told_once(app, caplog):
    before = guard.failures().get("measuring a request", 0)
    with broken(wsgi):
        answers = [ask(instrument(app), "/", "POST", body=b"x") for _ in range(3)]
    assert [(one.status, one.body, one.error) for one in answers] == [("200 OK", b"hello", None)] * 3
    assert guard.failures()["measuring a request"] - before >= 3
    assert caplog.text.count("measuring a request failed and was skipped") == 1


def test_instruments_that_fail_leave_the_applications_own_exception_as_it_was():
    def app(environ, start_response):
        raise LookupError("no such thing")

    with broken(wsgi):
        assert isinstance(ask(instrument(app), "/").error, LookupError)


# Where it stands


def test_the_page_is_served_within_the_application_and_not_counted():
    app = instrument(hello)
    ask(app, "/x")
    page = ask(app, "/metrics")
    assert page.headers["content-type"].startswith("text/plain")
    assert b'http_route="_unmatched",http_response_status_code="200"} 1' in page.body
    assert ask(app, "/metrics", "HEAD").body == b""
    assert ask(app, "/metrics", "POST").code == 405
    assert ask(app, "/metrics", SCRIPT_NAME="/behind").code == 200
    assert values(request_duration) == {("GET", UNMATCHED, "200"): 1}


def test_the_page_asks_for_its_token():
    app = instrument(hello, token="secret", path="/internal")
    assert ask(app, "/internal").code == 401
    assert ask(app, "/internal", HTTP_AUTHORIZATION="Bearer secret").code == 200
    assert ask(app, "/metrics").body == b"hello"


def test_a_request_without_a_path_is_no_request_for_metrics():
    app = instrument(hello, port=0)
    given = environ("/")
    del given["PATH_INFO"]
    assert app(given, lambda *_: None) == [b"hello"]


def test_what_passes_two_doors_is_counted_once():
    inner = instrument(hello)

    def between(environ, start_response):
        return inner({**environ}, start_response)

    outer = instrument(between)
    assert ask(outer, "/").body == b"hello"
    assert values(request_duration) == {("GET", UNMATCHED, "200"): 1}
    assert instrument(outer) is outer


def test_many_threads_at_once_are_all_counted():
    app = instrument(streaming_of_three)
    start = threading.Barrier(8)

    def client():
        start.wait()
        for _ in range(250):
            assert ask(app, "/").body == b"abc"

    threads = [threading.Thread(target=client) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values(request_duration) == {("GET", UNMATCHED, "200"): 2000}
    assert values(active_requests) == {("GET",): 0}
    assert size(response_body_size, "GET", UNMATCHED) == 6000


def streaming_of_three(environ, start_response):
    start_response("200 OK", PLAIN)
    yield b"a"
    yield b"b"
    yield b"c"
