"""Alertmanager's API v2: what it answers, and the real amtool working against it."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from tests.real import binary, free_port

from vedette.alerting.machine import Alerting
from vedette.alerting.outbox import Outbox
from vedette.formats.alertmanager import read
from vedette.server import alertmanager_api

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

NOW = 1_790_000_000_000
CONFIG = """
global: {smtp_smarthost: 'localhost:25', smtp_from: 'a@example.com', smtp_auth_password: hunter2}
route: {receiver: team, group_by: [alertname], routes: [{matchers: [kind="night"], mute_time_intervals: [always]}]}
time_intervals: [{name: always, time_intervals: [{years: ['2000:2100']}]}]
inhibit_rules: [{source_matchers: [n="1"], target_matchers: [n="2"], equal: [alertname]}]
receivers:
  - {name: team, webhook_configs: [{url: 'http://sink.example/token-abc'}]}
  - {name: crew}
"""


class Here:
    """The application, its clock, and whether it asked to be woken."""

    def __init__(self) -> None:
        self.now = NOW
        self.woken = 0
        self.alerting = Alerting(read(CONFIG, "alertmanager.yml"), Outbox(":memory:"), start=NOW)
        self.app = Starlette(routes=alertmanager_api.routes(self.alerting, lambda: self.now, self.wake))

    def wake(self) -> None:
        self.woken += 1


@pytest.fixture
def here() -> Here:
    return Here()


@pytest.fixture
async def client(here: Here) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(here.app), base_url="http://api/api/v2") as client:
        yield client


def posted(**pairs: str) -> dict[str, object]:
    return {"labels": pairs, "annotations": {"summary": "s"}, "generatorURL": "http://g"}


async def test_an_alert_posted_is_answered_once_stored_and_shown(client, here):
    reply = await client.post("/alerts", json=[posted(alertname="A", n="1", empty="")])
    assert (reply.status_code, reply.content, here.woken) == (200, b"", 1)
    (shown,) = (await client.get("/alerts")).json()
    assert shown == {
        "annotations": {"summary": "s"},
        "endsAt": "2026-09-21T14:18:20.000Z",
        "fingerprint": shown["fingerprint"],
        "receivers": [{"name": "team"}],
        "startsAt": "2026-09-21T14:13:20.000Z",
        "status": {"inhibitedBy": [], "mutedBy": [], "silencedBy": [], "state": "active"},
        "updatedAt": "2026-09-21T14:13:20.000Z",
        "generatorURL": "http://g",
        "labels": {"alertname": "A", "n": "1"},
    }
    here.now += 300_000
    assert (await client.get("/alerts")).json() == []


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["1", "2", "3"]),
        ({"filter": 'n="1"'}, ["1"]),
        ({"filter": ['n=~"1|2"', "alertname=A"]}, ["1", "2"]),
        ({"filter": 'n!~"1|2"'}, ["3"]),
        ({"filter": 'nope=""'}, ["1", "2", "3"]),
        ({"inhibited": "false"}, ["1", "3"]),
        ({"active": "false"}, ["2"]),
        ({"active": "false", "inhibited": "false"}, []),
        ({"silenced": "false"}, ["1", "2", "3"]),
        ({"receiver": "te.*"}, ["1", "2", "3"]),
        ({"receiver": "te"}, []),
    ],
)
async def test_alerts_are_filtered_as_asked(client, query, names):
    await client.post("/alerts", json=[posted(alertname="A", n=str(n)) for n in range(1, 4)])
    shown = (await client.get("/alerts", params=query)).json()
    assert sorted(one["labels"]["n"] for one in shown) == names


async def test_an_inhibited_alert_says_by_which(client):
    await client.post("/alerts", json=[posted(alertname="A", n="1"), posted(alertname="A", n="2")])
    one, two = sorted((await client.get("/alerts")).json(), key=lambda shown: shown["labels"]["n"])
    assert two["status"]["state"] == "suppressed"
    assert two["status"]["inhibitedBy"] == [one["fingerprint"]]


async def test_groups_hold_their_alerts_and_say_what_mutes_them(client):
    await client.post("/alerts", json=[posted(alertname="B"), posted(alertname="A", kind="night")])
    first, second = (await client.get("/alerts/groups")).json()
    assert (first["labels"], first["receiver"]) == ({"alertname": "A"}, {"name": "team"})
    assert first["alerts"][0]["status"] == {
        "inhibitedBy": [], "mutedBy": ["always"], "silencedBy": [], "state": "suppressed",
    }  # fmt: skip
    assert second["alerts"][0]["labels"] == {"alertname": "B"}
    assert [one["labels"] for one in (await client.get("/alerts/groups?muted=false")).json()] == [{"alertname": "B"}]
    assert (await client.get("/alerts/groups?receiver=crew")).json() == []


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{", 400, "not JSON"),
        (b"{}", 400, "a list of alerts was expected"),
        (b'[{"labels": {"a": 1}}]', 400, "a text was expected, found a number"),
        (b'[{"labels": {}}]', 400, "at least one label"),
    ],
)
async def test_a_body_that_is_no_alerts_is_refused_with_the_place(client, here, body, status, said):
    reply = await client.post("/alerts", content=body)
    assert reply.status_code == status
    assert said in json.dumps(reply.json())
    assert here.woken == 0


async def test_the_good_alerts_of_a_bad_batch_are_taken(client):
    reply = await client.post("/alerts", json=[{"labels": {}}, posted(alertname="A")])
    assert reply.status_code == 400
    assert reply.json() == "body[0].labels: at least one label with a value is needed"
    assert len((await client.get("/alerts")).json()) == 1


async def test_a_body_without_end_is_cut_off(client, monkeypatch):
    monkeypatch.setattr(alertmanager_api, "MAX_BODY", 1000)
    reply = await client.post("/alerts", content=b"[" + b" " * 2000)
    assert reply.status_code == 413
    assert reply.json()["message"] == "body is over 1000 bytes; send fewer alerts at once"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"filter": "foo"}, "bad matcher format: foo"),
        ({"filter": 'a=~"("'}, "bad matcher format"),
        ({"receiver": "("}, "failed to parse receiver param"),
    ],
)
@pytest.mark.parametrize("path", ["/alerts", "/alerts/groups"])
async def test_a_bad_parameter_is_refused_with_the_reason(client, path, query, said):
    reply = await client.get(path, params=query)
    assert reply.status_code == 400
    assert said in reply.json()


async def test_a_store_that_cannot_be_written_is_told_to_the_sender(client, here):
    pages = here.alerting._outbox._db.execute("pragma page_count").fetchone()[0]
    here.alerting._outbox._db.execute(f"pragma max_page_count = {pages}")
    reply = await client.post("/alerts", json=[{"labels": {"a": "b"}, "annotations": {"fill": "x" * 99_999}}])
    assert reply.status_code == 500
    assert "cannot write the alerting store" in reply.json()


async def test_status_shows_the_configuration_without_its_secrets(client):
    status = (await client.get("/status")).json()
    assert status["uptime"] == "2026-09-21T14:13:20.000Z"
    assert status["cluster"] == {"peers": [], "status": "disabled"}
    original = status["config"]["original"]
    assert "hunter2" not in original
    assert "token-abc" not in original
    assert read(original.replace("<secret>", "http://x"), "shown").route.receiver == "team"


async def test_receivers_are_listed(client):
    assert [one["name"] for one in (await client.get("/receivers")).json()] == ["team", "crew"]


async def test_what_is_not_there_is_not_found_in_json(client):
    reply = await client.get("/nope")
    assert (reply.status_code, reply.json()) == (404, {"code": 404, "message": "path /api/v2/nope was not found"})


@pytest.fixture
def address() -> Iterator[str]:
    here = Here()
    here.now = time.time_ns() // 1_000_000
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(here.app, host="127.0.0.1", port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def amtool(version: str, address: str, *arguments: str) -> str:
    command = [binary("amtool", version), f"--alertmanager.url={address}", *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.real
@pytest.mark.parametrize("version", ["0.25", "0.33"])
def test_amtool_adds_and_queries_alerts(version, address):
    amtool(version, address, "alert", "add", "alertname=Down", "n=1", "--annotation=summary=It is down")
    amtool(version, address, "alert", "add", "alertname=Down", "n=2")
    shown = json.loads(amtool(version, address, "alert", "query", "--output=json", 'n="1"'))
    assert [one["labels"] for one in shown] == [{"alertname": "Down", "n": "1"}]
    assert shown[0]["annotations"] == {"summary": "It is down"}
    listed = amtool(version, address, "alert", "query", "--active")
    assert "Down" in listed
    assert "It is down" in listed
    assert "Down" in amtool(version, address, "alert", "query", "--receiver=team")
    assert "Down" not in amtool(version, address, "alert", "query", "--receiver=crew")


@pytest.mark.real
def test_amtool_reads_the_routes_of_the_configuration_it_is_shown(address):
    assert amtool("0.33", address, "config", "routes", "test", "alertname=Down").strip() == "team"
