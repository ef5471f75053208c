"""A request is answered or told in words, within its time; what must stay secret does, whatever the server says."""

from __future__ import annotations

import base64
import socket
import threading
import time

import pytest

from vedette.errors import ConfigError
from vedette.instruments import clock
from vedette.instruments.metrics.push import PushError
from vedette.instruments.metrics.push.address import address_of
from vedette.instruments.metrics.push.endpoint import Endpoint


def endpoint(url, **access):
    return Endpoint(*address_of(url), **access)


def refused(url, **access):
    with pytest.raises(PushError) as caught:
        endpoint(url, **access).send("POST", b"x", {})
    return str(caught.value)


def test_a_request_says_who_sends_it_and_what_it_was_told_to(sink):
    endpoint(f"{sink.url}/x?a=1", headers={"X-Scope-OrgID": "shop"}).send("PUT", b"body", {"Content-Type": "a/b"})
    (asked,) = sink.asked
    assert (asked.method, asked.path, asked.body) == ("PUT", "/x?a=1", b"body")
    assert asked.headers["content-type"] == "a/b"
    assert asked.headers["x-scope-orgid"] == "shop"
    assert asked.headers["user-agent"].startswith("vedette/")
    assert "authorization" not in asked.headers


@pytest.mark.parametrize(
    ("access", "wanted"),
    [
        ({"token": "t0ken"}, "Bearer t0ken"),
        ({"basic_auth": ("me", "pä:ss")}, "Basic " + base64.b64encode("me:pä:ss".encode()).decode()),
        ({"headers": {"authorization": "Own abc"}}, "Own abc"),
    ],
)
def test_who_asks_is_said_as_the_server_wants_it(sink, access, wanted):
    endpoint(sink.url, **access).send("POST", b"", {})
    assert sink.asked[0].headers["authorization"] == wanted


def test_user_and_password_of_a_url_are_sent_as_basic(sink):
    url = sink.url.replace("http://", "http://me:p%40ss@")
    endpoint(url).send("POST", b"", {})
    assert sink.asked[0].headers["authorization"] == "Basic " + base64.b64encode(b"me:p@ss").decode()


def test_a_refusal_is_told_with_url_status_and_the_servers_words(sink):
    sink.answers = [(400, {}, b"out of order\n  sample for x")]
    assert refused(f"{sink.url}/write") == f"{sink.url}/write answered 400 Bad Request: out of order sample for x"


def test_long_words_are_shortened_in_the_middle(sink):
    sink.answers = [(422, {}, b"begin " + b"x" * 5000 + b" the end")]
    words = refused(sink.url)
    assert len(words) < 700
    assert "begin" in words
    assert words.endswith("the end")


def test_words_in_protobuf_are_read(sink):
    sink.answers = [(400, {"content-type": "application/x-protobuf"}, b"\x08\x03\x12\x0bno such job")]
    assert refused(sink.url).endswith("400 Bad Request: no such job")
    sink.answers = [(400, {"content-type": "application/x-protobuf"}, b"\xff\xff")]
    assert refused(sink.url).endswith("400 Bad Request")


def test_a_failing_server_is_asked_again_until_it_takes_it(sink, pauses):
    sink.answers = [(503, {"retry-after": "3"}, b""), (500, {}, b"")]
    assert endpoint(sink.url).send("POST", b"x", {}).status == 204
    assert [asked.body for asked in sink.asked] == [b"x"] * 3
    assert pauses[0] == 3.0
    assert 0.5 <= pauses[1] <= 1.0


def test_a_redirection_is_not_followed_but_told(sink):
    sink.answers = [(302, {"location": f"{sink.url}/elsewhere"}, b"")]
    assert "answered 302" in refused(sink.url, token="t0ken")
    assert len(sink.asked) == 1


def test_nobody_there_is_told(pauses):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        assert refused(url) == f"{url} does not answer: Connection refused"
    assert len(pauses) == 3


BEGINNINGS = {
    "nothing": b"",
    "head": b"HTTP/1.1 204 No Content\r\nX: ",
    "body": b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
    "refusal": b"HTTP/1.1 500 Broken\r\nContent-Length: 1000000\r\n\r\n",
}


@pytest.fixture(params=BEGINNINGS.values(), ids=BEGINNINGS)
def slow(request):
    """A server that begins an answer and then sends a byte of it at a time, or none, for ever."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def answer(connection: socket.socket) -> None:
        with connection:
            connection.sendall(request.param)
            while not stop.wait(0.02):
                try:
                    connection.sendall(b"x" if request.param else b"")
                except OSError:
                    return

    def serve() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=[connection], daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    stop.set()
    listener.close()


def test_a_server_that_does_not_come_to_an_end_is_left_in_time(slow):
    begun = time.monotonic()
    assert refused(slow, timeout="300ms").startswith(f"{slow} does not answer: it took ")
    assert time.monotonic() - begun < 5


def test_a_server_that_breaks_off_is_told(pauses):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            while True:
                try:
                    listener.accept()[0].close()
                except OSError:
                    return

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert refused(url).startswith(f"{url} does not answer: ")
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def test_a_name_that_cannot_be_is_told(pauses):
    url = f"http://{'a' * 70}.invalid"
    assert refused(url).startswith(f"{url} does not answer: ")


def test_a_request_at_the_end_of_the_interpreter_needs_no_thread(sink, monkeypatch):
    def shut_down(self):
        raise RuntimeError("can't create new thread at interpreter shutdown")

    with monkeypatch.context() as patch:
        patch.setattr("vedette.instruments.metrics.push.request.threading.Thread.start", shut_down)
        patch.setattr(type(sink.server), "process_request", lambda self, *a: self.finish_request(*a))
        assert endpoint(sink.url).send("POST", b"x", {}).status == 204


SECRETS = {
    "token": {"token": "s3cr3t-value"},
    "password": {"basic_auth": ("me", "s3cr3t-value")},
    "header": {"headers": {"X-Api-Key": "s3cr3t-value"}},
    "scheme": {"headers": {"Authorization": "Api s3cr3t-value"}},
}


@pytest.mark.parametrize("access", SECRETS.values(), ids=SECRETS)
def test_a_server_that_repeats_a_secret_does_not_bring_it_into_the_message(sink, access):
    for words in (b"bad key s3cr3t-value", b"got " + base64.b64encode(b"me:s3cr3t-value")):
        sink.answers = [(401, {}, words)]
        message = refused(sink.url, **access)
        assert "401" in message
        assert "s3cr3t" not in message
        if access == SECRETS["password"]:
            assert base64.b64encode(b"me:s3cr3t-value").decode() not in message
        assert "***" in message or b"s3cr3t" not in words


def test_a_secret_where_long_words_are_shortened_is_not_cut_but_hidden(sink):
    for before in range(285, 305):
        sink.answers = [(401, {}, b"x" * before + b"s3cr3t-value" + b"y" * 400)]
        message = refused(sink.url, token="s3cr3t-value")
        assert "s3c" not in message
        assert "lue" not in message


def test_what_is_sent_besides_does_not_blot_out_the_address(sink):
    sink.answers = [(401, {}, b"no tenant")]
    assert refused(f"{sink.url}/shop", headers={"X-Scope-OrgID": "shop"}).startswith(f"{sink.url}/shop answered 401")


def test_a_secret_in_the_url_is_in_no_message(sink):
    sink.answers = [(403, {}, b"no: key=s3cr3t-value")]
    message = refused(sink.url.replace("http://", "http://me:hunter22@") + "/w?key=s3cr3t-value")
    assert message == f"{sink.url}/w?… answered 403 Forbidden: no: ***"


@pytest.mark.parametrize("value", ["s3cr3t\n", "s3cr3t\r\nX: y", "s3cr3tü", "s3cr3t\0"])
@pytest.mark.parametrize("how", ["token", "header"])
def test_a_secret_that_cannot_be_sent_is_refused_without_being_shown(value, how):
    access = {"token": value} if how == "token" else {"headers": {"X-Key": value}}
    with pytest.raises(ConfigError, match=r"strip\(\) what was read from a file") as caught:
        endpoint("http://h", **access)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("access", "message"),
    [
        ({"timeout": "0s"}, "timeout='0s'; write a time to wait"),
        ({"timeout": "soon"}, "timeout='soon': not a duration"),
        ({"timeout": 10}, "timeout=10: "),
        ({"token": "a", "basic_auth": ("b", "c")}, "who asks is said twice"),
        ({"token": "a", "headers": {"authorization": "b"}}, "who asks is said twice"),
        ({"token": object()}, "the token or password is not a string"),
        ({"headers": {"Content-Type": "x"}}, "'Content-Type' says what is sent"),
        ({"headers": {"x-prometheus-remote-write-version": "x"}}, "says what is sent"),
        ({"headers": {"X Y": "x"}}, "'X Y' is not the name of a header"),
        ({"headers": {"X": 5}}, "the header 'X' is not a string"),
    ],
)
def test_what_cannot_be_is_refused_when_it_is_given(access, message):
    with pytest.raises(ConfigError, match=message):
        endpoint("http://h", **access)


def test_moments_only_grow_even_where_the_clock_does_not():
    here = endpoint("http://h")
    with clock.replaced(lambda: 50.0):
        with here.turn() as first:
            pass
        with here.turn() as second:
            pass
    assert (first, second) == (50_000, 50_001)


def test_a_push_waits_for_the_one_before_it_but_not_for_ever():
    here = endpoint("http://h", timeout="10ms")
    with (
        here.turn(),
        pytest.raises(PushError, match="another push to it has not ended in time"),
        here.turn(),
    ):
        pass
    with here.turn():
        pass
