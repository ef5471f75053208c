"""What probes are answered under ASGI, WSGI and on a port: status codes, and details for those who may see them."""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.error
import urllib.request

import pytest
from tests.health.conftest import check
from tests.instruments.servers import until
from tests.integrations.client import call
from tests.integrations.wsgi_client import ask

from vedette.health import Check, Degraded, Failed, Health, Probes, Reading, document
from vedette.instruments import guard
from vedette.instruments.metrics.serving import serve
from vedette.instruments.metrics.serving.answer import Asked

TOKEN = "the-token-of-the-probes"
ALLOWED = {"authorization": f"Bearer {TOKEN}"}


def fails() -> None:
    raise Failed("no free connection")


def degraded() -> None:
    raise Degraded("slow")


def probes(*checks: Check, **settings) -> Probes:
    return Probes(Health(*checks), token=TOKEN, **settings)


class Answered:
    """Status, headers and body, whatever it was asked through."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def said(self):
        return json.loads(self.body)


def by_asgi(found: Probes, path: str, method: str = "GET", headers=None) -> Answered:
    path, _, query = path.partition("?")

    async def app(scope, receive, send):
        await found.respond(scope, receive, send)

    answer = asyncio.run(call(app, path, method, headers=headers or {}, query=query))
    assert answer.error is None
    return Answered(answer.status, answer.headers, answer.body)


def by_wsgi(found: Probes, path: str, method: str = "GET", headers=None) -> Answered:
    more = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in (headers or {}).items()}
    answer = ask(found.wsgi, path, method, **more)
    assert answer.error is None
    return Answered(answer.code, answer.headers, answer.body)


def by_port(found: Probes, path: str, method: str = "GET", headers=None) -> Answered:
    path, _, query = path.partition("?")
    answer = found.page(Asked(method, path, query, (headers or {}).get("authorization", ""), is_local=False))
    assert answer is not None
    return Answered(answer.status, dict(answer.headers), answer.body)


@pytest.fixture(params=[by_asgi, by_wsgi, by_port], ids=["asgi", "wsgi", "port"])
def get(request):
    return request.param


@pytest.mark.parametrize(
    ("checks", "path", "status", "said"),
    [
        ([], "/health", 200, "pass"),
        ([], "/health/ready", 200, "pass"),
        ([], "/health/startup", 200, "pass"),
        ([check("db", lambda: None)], "/health", 200, "pass"),
        ([check("db", lambda: None)], "/health/ready", 200, "pass"),
        ([check("db", lambda: None)], "/health/startup", 200, "pass"),
        ([check("db", fails)], "/health", 503, "fail"),
        ([check("db", fails)], "/health/ready", 503, "fail"),
        ([check("db", fails)], "/health/startup", 503, "fail"),
        ([check("db", fails)], "/health/live", 200, "pass"),
        ([check("db", degraded)], "/health", 200, "warn"),
        ([check("db", degraded)], "/health/ready", 200, "warn"),
        ([check("db", degraded)], "/health/startup", 200, "pass"),
        ([check("disk", fails, level="warning")], "/health", 200, "warn"),
        ([check("disk", fails, level="warning")], "/health/ready", 200, "pass"),
        ([check("disk", fails, level="warning")], "/health?level=warning", 200, "warn"),
        ([check("disk", fails, level="warning")], "/health?level=critical", 200, "pass"),
    ],
)
def test_each_page_has_the_status_code_that_probes_go_by(get, checks, path, status, said):
    answer = get(probes(*checks), path)
    assert (answer.status, answer.said) == (status, {"status": said})
    assert answer.headers["content-type"] == "application/health+json"
    assert answer.headers["cache-control"] == "no-store"


def test_who_shows_the_token_is_told_everything(get):
    found = probes(check("db", lambda: Reading(3, "items")), check("disk", fails, level="warning", after=["db"]))
    said = get(found, "/health", headers=ALLOWED).said
    [db], [disk] = said["checks"]["db"], said["checks"]["disk"]
    assert said["status"] == "warn"
    assert (db["status"], db["level"], db["observedValue"], db["observedUnit"]) == ("pass", "critical", 3.0, "items")
    assert {"time", "since", "lastSuccess", "duration"} <= set(db)
    assert "output" not in db
    assert (disk["status"], disk["level"]) == ("fail", "warning")
    assert disk["output"] == disk["lastError"] == "Failed: no free connection"
    assert disk["failures"] == 1


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
def test_anybody_else_is_told_the_status_alone(get, authorization):
    answer = get(probes(check("db", fails)), "/health", headers={"authorization": authorization})
    assert (answer.status, answer.said) == (503, {"status": "fail"})


def test_without_a_token_nobody_is_told_more(get):
    found = Probes(Health(check("db", lambda: None)))
    for authorization in ("Bearer", "Bearer None", "Bearer "):
        assert get(found, "/health", headers={"authorization": authorization}).said == {"status": "pass"}


def test_ready_tells_of_critical_checks_alone(get):
    found = probes(check("db", lambda: None), check("disk", lambda: None, level="warning"))
    assert set(get(found, "/health/ready", headers=ALLOWED).said["checks"]) == {"db"}


def test_one_check_can_be_asked_for_by_those_who_may_see_it(get):
    found = probes(check("db", fails), check("disk", lambda: None))
    answer = get(found, "/health/checks/disk", headers=ALLOWED)
    assert (answer.status, list(answer.said["checks"])) == (200, ["disk"])
    assert get(found, "/health/checks/db", headers=ALLOWED).status == 503
    assert get(found, "/health/checks/mail", headers=ALLOWED).status == 404
    assert get(found, "/health/checks/db").status == 404  # whether there is one is not told either


def test_a_level_that_is_none_is_refused(get):
    assert get(probes(), "/health?level=high").status == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready"])
def test_they_can_only_be_read(get, method, path):
    answer = get(probes(), path, method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("get", [by_asgi, by_wsgi])
@pytest.mark.parametrize("path", ["/health", "/health/live"])
def test_head_is_answered_without_a_body(get, path):
    answer = get(probes(), path, "HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-length"] == "17"


def test_draining_ends_readiness_at_once_and_nothing_else(get):
    gate = threading.Event()
    found = probes(check("db", gate.wait, timeout="1h"))
    found.health.draining()
    # Nobody waits for the check, which has no result yet and will have none.
    answer = get(found, "/health/ready", headers=ALLOWED)
    assert (answer.status, answer.said["notes"]) == (503, ["draining", "starting"])
    gate.set()
    until(lambda: found.health.report().status == "pass", "the result")
    assert get(found, "/health/ready").status == 503
    assert get(found, "/health").status == get(found, "/health/live").status == 200
    assert get(found, "/health", headers=ALLOWED).said["notes"] == ["draining"]


def test_liveness_waits_for_nothing_even_where_everything_is_stuck(get):
    found = probes(check("db", threading.Event().wait, timeout="1h"))
    with found.health._lock:
        assert get(found, "/health/live").said == {"status": "pass"}


def test_before_the_start_it_is_not_ready_whatever_its_grace(get):
    found = probes(check("db", fails, grace="1h"))
    answer = get(found, "/health", headers=ALLOWED)
    assert (answer.status, answer.said["status"], answer.said["notes"]) == (200, "warn", ["starting"])
    assert get(found, "/health/ready").status == get(found, "/health/startup").status == 503


def test_a_reading_without_bounds_is_told_in_json_that_others_can_read(get):
    endless, nothing = Reading(float("inf"), "ratio"), Reading(float("nan"), "s")
    found = probes(check("endless", lambda: endless), check("nothing", lambda: nothing))
    said = get(found, "/health", headers=ALLOWED).body.decode()
    checks = json.loads(said, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))["checks"]
    assert checks["endless"][0]["observedValue"] == "inf"
    assert checks["nothing"][0]["observedValue"] == "nan"


@pytest.mark.parametrize(
    ("path", "owned"),
    [
        ("/health", True),
        ("/health/live", True),
        ("/health/checks/db", True),
        ("/health/", False),
        ("/healthy", False),
        ("/health/other", False),
        ("/", False),
    ],
)
def test_only_the_paths_of_probes_are_owned(path, owned):
    assert probes().owns(path) is owned


def test_another_path_can_be_given(get):
    found = Probes(Health(), "/-/status")
    assert get(found, "/-/status/live").said == {"status": "pass"}
    assert not found.owns("/health")


def test_a_failure_of_our_own_is_told_as_one_and_logged(get, monkeypatch, caplog):
    guard.set_strict(False)

    def broken(*_values, **_named):
        raise ZeroDivisionError

    monkeypatch.setattr("vedette.health.probes.document", broken)
    answer = get(probes(), "/health", headers=ALLOWED)
    assert answer.status == 500
    assert "answering a health probe failed" in caplog.text
    assert get(probes(), "/health/live").status == 200


def test_times_are_those_of_iso_8601():
    assert document._time(1_700_000_000.9999) == "2023-11-14T22:13:20.999Z"
    assert document._time(0.0) == "1970-01-01T00:00:00.000Z"


# The port


@pytest.fixture
def port():
    health = Health(check("db", fails))
    server = serve(0, pages=Probes(health, token=TOKEN).page)
    yield f"http://127.0.0.1:{server.port}"
    server.close()


def fetch(url: str, **headers: str):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


def test_a_port_that_only_this_machine_reaches_tells_everything(port):
    status, body = fetch(f"{port}/health")
    assert (status, list(json.loads(body)["checks"])) == (503, ["db"])
    assert fetch(f"{port}/health/checks/db")[0] == 503
    assert fetch(f"{port}/health/live") == (200, b'{"status":"pass"}')
    assert b"health_ready" in fetch(f"{port}/metrics")[1]
    assert fetch(f"{port}/nothing") == (404, b"Metrics are at /metrics.\n")


def test_a_browser_that_was_given_another_name_for_this_machine_is_told_the_status(port):
    assert json.loads(fetch(f"{port}/health", host="evil.example:80")[1]) == {"status": "fail"}
    for name in ("localhost:9000", "127.0.0.1", "[::1]:80"):
        assert "checks" in json.loads(fetch(f"{port}/health", host=name)[1])


def test_a_port_that_others_reach_tells_details_to_those_with_the_token():
    server = serve(0, host="0.0.0.0", token=TOKEN, pages=Probes(Health(check("db", fails)), token=TOKEN).page)
    try:
        url = f"http://127.0.0.1:{server.port}/health"
        assert json.loads(fetch(url)[1]) == {"status": "fail"}
        assert "checks" in json.loads(fetch(url, **ALLOWED)[1])
    finally:
        server.close()
