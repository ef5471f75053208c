"""What a server is given for a response of a WSGI application is what it was given before, and is counted."""

from __future__ import annotations

import gc
import io
from wsgiref.util import FileWrapper
from wsgiref.validate import validator

import pytest
from tests.integrations.client import values
from tests.integrations.wsgi_client import PLAIN, ask, environ, hello, size, streaming

from vedette.integrations.instrument import instrument
from vedette.integrations.routes import UNMATCHED
from vedette.packs.http import active_requests, request_duration, response_body_size


def test_a_list_is_handed_on_as_it_is_so_that_the_server_can_look_at_its_length():
    body = [b"hello"]

    def app(environ, start_response):
        start_response("200 OK", PLAIN)
        return body

    assert ask(instrument(app), "/").result is body


def test_a_response_that_knows_its_length_keeps_it():
    class Chunks:
        closed = 0

        def __len__(self):
            return 2

        def __iter__(self):
            return iter((b"a", b"b"))

        def close(self):
            self.closed += 1

    chunks = Chunks()

    def app(environ, start_response):
        start_response("200 OK", PLAIN)
        return chunks

    answer = ask(instrument(app), "/")
    assert len(answer.result) == 2
    assert (answer.body, chunks.closed) == (b"ab", 1)
    assert size(response_body_size, "GET", UNMATCHED) == 2
    assert values(active_requests) == {("GET",): 0}


def test_an_iterator_can_be_asked_for_its_first_chunk_and_read_on():
    body = instrument(streaming([b"a", b"b", b"c"]))(environ("/"), lambda *_: None)
    assert next(body) == b"a"
    assert list(body) == [b"b", b"c"]
    body.close()
    assert values(request_duration) == {("GET", UNMATCHED, "200"): 1}


def test_a_client_that_is_gone_closes_the_response_and_it_counts_as_far_as_it_came():
    closed = []

    def chunks():
        try:
            yield from [b"one", b"two", b"three"]
        finally:
            closed.append(True)

    assert ask(instrument(streaming(chunks())), "/", chunks=1).body == b"one"
    assert closed == [True]
    assert values(request_duration) == {("GET", UNMATCHED, "200"): 1}
    assert values(active_requests) == {("GET",): 0}


def test_a_response_that_is_given_up_before_it_began_is_a_499():
    body = instrument(streaming([b"one"]))(environ("/"), lambda *_: None)
    body.close()
    assert values(request_duration) == {("GET", UNMATCHED, "499"): 1}


def test_a_response_that_a_server_drops_without_closing_it_is_counted():
    def app(environ, start_response):
        start_response("200 OK", PLAIN)
        return iter([b"one", b"two"])

    body = instrument(app)(environ("/"), lambda *_: None)
    assert next(iter(body)) == b"one"
    del body
    gc.collect()
    assert values(request_duration) == {("GET", UNMATCHED, "200"): 1}
    assert values(active_requests) == {("GET",): 0}


def test_what_is_sent_by_write_is_sent_and_counted():
    def app(environ, start_response):
        write = start_response("201 Created", PLAIN)
        assert write(b"old ") is None
        write(b"way ")
        return [b"and new"]

    answer = ask(instrument(app), "/")
    assert (answer.status, answer.body) == ("201 Created", b"old way and new")
    assert size(response_body_size, "GET", UNMATCHED) == 15


@pytest.mark.parametrize("settable", [True, False])
def test_a_file_for_the_servers_own_wrapper_is_handed_on_as_it_is_and_counted_when_it_is_closed(settable):
    class Slotted:
        __slots__ = ("file",)

        def __init__(self, file, size=8192):
            self.file = file

        def __iter__(self):
            return iter(self.file)

        def close(self):
            self.file.close()

    wrapper = FileWrapper if settable else Slotted
    file = io.BytesIO(b"a large file")

    def app(environ, start_response):
        start_response("200 OK", [*PLAIN, ("Content-Length", "12")])
        return environ["wsgi.file_wrapper"](file)

    body = instrument(app)(environ("/", **{"wsgi.file_wrapper": wrapper}), lambda *_: None)
    assert type(body) is wrapper
    assert values(request_duration) == ({} if settable else {("GET", UNMATCHED, "200"): 1})
    body.close()
    assert file.closed
    assert values(request_duration) == {("GET", UNMATCHED, "200"): 1}
    assert size(response_body_size, "GET", UNMATCHED) == 12
    assert values(active_requests) == {("GET",): 0}


def test_a_file_that_a_wrapper_which_is_a_function_has_registered_is_the_same_object():
    file = io.BytesIO(b"a large file")
    registered = []

    def wrapper(given, size=8192):  # as uWSGI has it
        registered.append(given)
        return given

    def app(environ, start_response):
        start_response("200 OK", [*PLAIN, ("content-length", "12")])
        return environ["wsgi.file_wrapper"](file)

    answer = ask(instrument(app), "/", **{"wsgi.file_wrapper": wrapper})
    assert registered == [answer.result]
    assert size(response_body_size, "GET", UNMATCHED) == 12


@pytest.mark.parametrize("app", [hello, streaming([b"a", b"b"])])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_it_keeps_to_the_standard_on_both_sides(app, method):
    def taking(environ, start_response):
        if method != "HEAD":
            return app(environ, start_response)
        start_response("204 No Content", [])
        return []

    strict = validator(instrument(validator(taking)))
    length = {} if method == "POST" else {"CONTENT_LENGTH": "0"}
    errors = io.StringIO()
    given = environ("/x", method, body=b"x", **length, **{"wsgi.errors": errors})
    body = strict(given, lambda status, headers, exc_info=None: lambda data: None)
    assert b"".join(body) in (b"hello", b"ab", b"")
    body.close()
    assert errors.getvalue() == ""
