"""Whoever is asked: what is no server and no page is told clearly, in a bounded time, and no secret is shown."""

from __future__ import annotations

import contextlib
import gzip
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.check.live.answering import HTML, JSON, TEXT, answering, prometheus, saying
from tests.real import free_port

from vedette.check.live import ask as module
from vedette.check.live import client
from vedette.check.live.api import NAMES, Questions
from vedette.check.live.ask import ask
from vedette.errors import ConfigError, VedetteError

PAGE = b"# HELP a_total A.\n# TYPE a_total counter\na_total 1\n"


def refusal(where, **more):
    with pytest.raises(ConfigError) as raised:
        ask(where, **more)
    return str(raised.value)


def always(status, kind, body):
    return lambda _: (status, kind, body)


def test_a_server_of_the_api_is_asked():
    with prometheus({NAMES: ["a_total"], "status/buildinfo": {"version": "3.5.0"}}) as server:
        live = ask(server.url)
    assert not live.page
    assert live.names == {"a_total"}
    assert live.described().startswith(f"{server.url} (Prometheus 3.5.0), which does not tell ")


@pytest.mark.parametrize("end", ["", "/"])
def test_a_server_may_stand_below_a_path(end):
    def answer(path):
        good = path == f"/some/where/api/v1/{NAMES}"
        return (200, JSON, b'{"status":"success","data":["up"]}') if good else (404, TEXT, b"")

    with answering(answer) as server:
        assert ask(f"{server.url}/some/where{end}").names == {"up"}


def test_few_questions_are_asked():
    names = [f"metric_{number}_total" for number in range(500)]
    answers = {NAMES: names, "series": [], "query": {"resultType": "vector", "result": []}}
    with prometheus(answers) as server:
        ask(server.url, Questions(frozenset(names)))
    assert len(server.asked) <= 9 + 3 + 3
    assert sum(body.count("match%5B%5D") for _, body in server.asked) == 500


@pytest.mark.parametrize("path", ["/metrics", "/deep/metrics/", "/page?format=text", "", "/somewhere"])
def test_a_page_is_read_wherever_it_stands(path):
    with answering(always(200, TEXT, PAGE)) as server:
        live = ask(server.url + path)
    assert live.page
    assert live.names == {"a_total"}
    assert "?" not in live.url


def test_a_page_in_a_file_is_read(tmp_path):
    (tmp_path / "metrics.txt").write_bytes(PAGE)
    assert ask(str(tmp_path / "metrics.txt")).names == {"a_total"}
    (tmp_path / "metrics.txt").write_bytes(b"# TYPE a counter\na_total 1\n# EOF\n")
    assert ask(str(tmp_path / "metrics.txt")).metadata["a"][0].type == "counter"


def test_where_the_address_is_not_whole_the_page_is_named():
    def answer(path):
        return (200, TEXT, PAGE) if path == "/metrics" else (404, HTML, b"<html>not found")

    with answering(answer) as server:
        assert refusal(server.url).endswith(f"no Prometheus; there is a page of metrics: --live {server.url}/metrics")


@pytest.mark.parametrize(
    ("status", "kind", "body", "says"),
    [
        (200, HTML, b"<html>Sign in</html>", "it answers with a web page (status 200): neither a server"),
        (200, TEXT, b"<!DOCTYPE html>", "it answers with a web page (status 200): neither a server"),
        (404, TEXT, b"404 page not found", "its answer is no JSON (status 404): neither a server"),
        (200, JSON, b"{}", "its answer is not one of Prometheus' API (status 200): neither a server"),
        (200, JSON, b'["a"]', "its answer is not one of Prometheus' API (status 200): neither a server"),
        (401, TEXT, b"who?", "it wants to know who asks (status 401); give --token-file"),
        (403, HTML, b"<html>", "it wants to know who asks (status 403); give --token-file"),
        (503, JSON, b'{"status":"error","error":"starting\\n \\u001b[31mup"}', "/values: starting [31mup"),
    ],
)
def test_what_is_no_server_says_what_came_instead(status, kind, body, says):
    with answering(always(status, kind, body)) as server:
        told = refusal(server.url)
    assert says in told
    assert told.isprintable()


@pytest.mark.parametrize(
    ("status", "kind", "body", "says"),
    [
        (200, HTML, b"<html>", "it answers with a web page, which is no page of metrics"),
        (200, JSON, b"{}", "it answers with application/json, which is no page of metrics"),
        (500, TEXT, PAGE, "it answers with status 500"),
        (401, TEXT, b"", "give --token-file"),
        (200, TEXT, b"a 1\nb{c= 2\n", ":2: no page of metrics: column 6: expected a label value in double quotes"),
        (200, "application/openmetrics-text; version=1.0.0", b"a 1\n", "does not end with '# EOF'"),
    ],
)
def test_what_is_no_page_says_why(status, kind, body, says):
    with answering(always(status, kind, body)) as server:
        assert says in refusal(f"{server.url}/metrics")


def test_nobody_there_is_told():
    assert refusal(f"http://127.0.0.1:{free_port()}").endswith("nobody listens there")
    assert "the name 'no-such-host.invalid' is not known" in refusal("http://no-such-host.invalid:9090")


@pytest.mark.parametrize(
    "where", ["", "http://", "ftp://x/y", "http://a b", "http://x:99999", "http://[::1", "file:///x"]
)
def test_what_is_no_address_is_told(where):
    assert "is no address; write for example http://localhost:9090" in refusal(where)


def test_an_address_without_a_scheme_is_http():
    with answering(always(200, TEXT, PAGE)) as server:
        assert ask(f"{server.url.removeprefix('http://')}/metrics").page


def test_a_circle_of_redirects_ends():
    with answering(always(302, TEXT, b"/metrics")) as server:
        assert refusal(f"{server.url}/metrics").endswith("it redirects in a circle")


# --- secrets ---------------------------------------------------------------------------------------------------------


def test_the_token_is_sent_and_never_shown(tmp_path):
    token = tmp_path / "token"
    token.write_text("s3cret-t0ken\n")
    with prometheus({NAMES: []}) as server:
        live = ask(server.url, token_file=token)
    assert set(server.tokens) == {"Bearer s3cret-t0ken"}
    assert "s3cret" not in repr(live) + live.described()
    with answering(always(401, TEXT, b"s3cret-t0ken is wrong")) as server:
        assert "s3cret" not in refusal(server.url, token_file=token)


def test_the_token_does_not_follow_to_another_server(tmp_path):
    token = tmp_path / "token"
    token.write_text("s3cret")
    with answering(always(200, TEXT, PAGE)) as other:
        target = f"{other.url}/metrics".replace("127.0.0.1", "localhost").encode()
        with answering(always(302, TEXT, target)) as server:
            ask(f"{server.url}/metrics", token_file=token)
    assert server.tokens == ["Bearer s3cret"]
    assert other.tokens == [""]


def test_a_login_in_the_address_is_used_and_never_shown():
    with prometheus({NAMES: []}) as server:
        live = ask(server.url.replace("http://", "http://me:s3cret@"))
    assert set(server.tokens) == {"Basic bWU6czNjcmV0"}
    assert live.url == server.url
    told = refusal(f"http://me:s3cret@127.0.0.1:{free_port()}/x?token=s3cret")
    assert "s3cret" not in told


@pytest.mark.parametrize("text", ["", "  \n", "two words", "a\nb", "ü", "a\x07b"])
def test_what_is_no_token_is_told_without_showing_it(tmp_path, text):
    (tmp_path / "token").write_text(text)
    told = refusal("http://localhost:1", token_file=tmp_path / "token")
    assert told.endswith("a token is one word on one line, without blanks")


def test_a_token_that_cannot_be_read_is_told(tmp_path):
    assert "No such file" in refusal("http://localhost:1", token_file=tmp_path / "gone")
    (tmp_path / "token").write_text("x")
    told = refusal("http://me:you@localhost:1", token_file=tmp_path / "token")
    assert told.endswith("give one of them")
    assert "you@" not in told


# --- bounds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pieces", [[], [b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\na 1\n"], [b"HTT"]])
@pytest.mark.parametrize("path", ["", "/metrics"])
def test_a_slow_server_is_not_waited_for(pieces, path):
    began = time.monotonic()
    with saying(pieces, hold=True) as url:
        told = refusal(url + path, total=0.3)
    assert "no complete answer within" in told
    assert time.monotonic() - began < 5


def test_answers_that_come_too_late_are_missing_and_the_others_count():
    def answer(path):
        if path.endswith("/values"):
            return 200, JSON, b'{"status":"success","data":["up"]}'
        released.wait(20)
        return 200, JSON, b"{}"

    import threading

    released = threading.Event()
    with answering(answer) as server:
        try:
            live = ask(server.url, total=0.5)
        finally:
            released.set()
    assert live.names == {"up"}
    assert live.unanswered == ("retention", "rules", "targets", "types")


def test_a_long_answer_is_cut(monkeypatch):
    monkeypatch.setattr(client, "MOST", 1_000_000)
    with answering(always(200, TEXT, b"a 1\n" * 500_000)) as server:
        assert refusal(f"{server.url}/metrics").endswith("its answer is longer than 0 MB")
    monkeypatch.setattr(module, "MOST_OF_PAGE", 1000)
    with answering(always(200, TEXT, b"a 1\n" * 500)) as server:
        assert "its page is longer than" in refusal(f"{server.url}/metrics")


def test_an_answer_that_unpacks_without_end_is_cut(monkeypatch):
    monkeypatch.setattr(client, "MOST", 1_000_000)
    packed = gzip.compress(b" " * 50_000_000)
    head = f"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {len(packed)}\r\n\r\n".encode()
    with saying([head, packed]) as url:
        assert refusal(f"{url}/metrics").endswith("its answer is longer than 0 MB")


@pytest.mark.parametrize("kept", [0, 1, 40, 90])
def test_an_answer_that_breaks_off_is_told(kept):
    whole = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 500\r\n\r\n# HELP a A.\n# TYPE a gauge\na 1\n"
    )
    with saying([whole[:kept]]) as url:
        told = refusal(f"{url}/metrics")
    assert "it closes the connection" in told or "cut short" in told or "is no HTTP" in told


LINES = st.sampled_from([
    b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 302 Found\r\nLocation: http://[::bad\r\n", b"HTTP/1.1 302 F\r\nLocation: ftp://x\r\n",
    b"HTTP/1.1 204 No\r\n", b"HTTP/1.1 999999 x\r\n", b"Content-Type: text/plain\r\n", b"Content-Type: \xff\xfe\r\n",
    b"Content-Type: application/json; charset=bogus\r\n", b"Content-Encoding: gzip\r\n", b"Content-Encoding: br\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Content-Length: -1\r\n", b"Content-Length: 99999999999\r\n", b"\r\n",
    b'{"status":"success","data":["a"]}', b'{"status":"success","data":[', b"5\r\nhello\r\n0\r\n\r\n",
    b"# TYPE a counter\na 1\n", b'a{b="', b"\x00\xff\x80", b"<html>", b"A" * 70_000,
])  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES | st.binary(max_size=30), max_size=9), st.sampled_from(["", "/metrics"]))
def test_whatever_bytes_come_there_is_no_traceback(lines, path):
    with saying([b"HTTP/1.1 200 OK\r\n", *lines]) as url, contextlib.suppress(VedetteError):
        ask(url + path, Questions(frozenset({"a"})), total=2)
