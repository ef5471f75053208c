"""Webhooks against a real HTTP server: what arrives, and what each answer means."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.alerting.test_template_data import NOTIFICATION

from vedette.alerting import channels
from vedette.alerting.delivery import Delivered, Delivery, Failed, Integration, Outcome, Retry
from vedette.alerting.templates import Templates
from vedette.formats.alertmanager import WebhookConfig
from vedette.place import Place


class Sink:
    """Answers as told and keeps what it got."""

    def __init__(self) -> None:
        self.answer: Any = web.Response
        self.got: list[tuple[web.BaseRequest, bytes]] = []

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.got.append((request, await request.read()))
        reply = self.answer()
        return await reply if asyncio.iscoroutine(reply) else reply


async def moved(_: web.Request) -> web.Response:
    return web.Response(status=307, headers={"Location": "/hook"})


@pytest.fixture
async def sink():
    sink = Sink()
    app = web.Application()
    app.router.add_post("/hook", sink.handle)
    app.router.add_post("/moved", moved)
    async with TestServer(app) as server:
        sink.url = str(server.make_url("/hook"))
        yield sink


async def attempt(config: WebhookConfig, limit: int = 5000) -> Outcome:
    integration = Integration(receiver="team-x", name="webhook/0", config=config, target="http://sink")
    payload = channels.render(NOTIFICATION, integration, Templates.load())
    delivery = Delivery(id="1", integration=integration, payload=payload, attempt=1, timeout=limit)
    async with aiohttp.ClientSession() as session:
        return await channels.send(session, delivery)


async def test_the_body_and_headers_arrive(sink):
    assert await attempt(WebhookConfig(url=sink.url)) == Delivered()
    ((request, raw),) = sink.got
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"] == "Vedette"
    assert request.headers["Idempotency-Key"] == NOTIFICATION.id
    body = json.loads(raw)
    assert (body["version"], body["status"], body["receiver"]) == ("4", "firing", "team-x")
    assert [one["status"] for one in body["alerts"]] == ["firing", "resolved"]
    assert "Authorization" not in request.headers


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, Delivered()),
        (202, Delivered()),
        (204, Delivered()),
        (400, Failed("HTTP 400")),
        (404, Failed("HTTP 404")),
        (410, Failed("HTTP 410")),
        (408, Retry("HTTP 408")),
        (425, Retry("HTTP 425")),
        (429, Retry("HTTP 429")),
        (500, Retry("HTTP 500")),
        (503, Retry("HTTP 503")),
        (304, Failed("HTTP 304")),
    ],
)
async def test_an_answer_says_whether_to_try_again(sink, status, expected):
    sink.answer = lambda: web.Response(status=status)
    assert await attempt(WebhookConfig(url=sink.url)) == expected


async def test_the_other_sides_words_are_kept_short(sink):
    sink.answer = lambda: web.Response(status=400, text="no such\n  room " + "x" * 10_000)
    outcome = await attempt(WebhookConfig(url=sink.url))
    assert outcome.error.startswith("HTTP 400: no such room xxx")
    assert len(outcome.error) < 250


@pytest.mark.parametrize(
    ("value", "after"),
    [
        ("7", 7000),
        ("0", 0),
        ("soon", None),
        ("-1", None),
        ("Mon, 09 Mar 2026 12:00:30 GMT", 30_000),
        ("Mon, 09 Mar 2026 11:00:00 GMT", 0),
    ],
)
async def test_a_wish_for_a_later_attempt_is_read(sink, value, after):
    headers = {"Retry-After": value, "Date": "Mon, 09 Mar 2026 12:00:00 GMT"}
    sink.answer = lambda: web.Response(status=429, headers=headers)
    assert await attempt(WebhookConfig(url=sink.url)) == Retry("HTTP 429", after)


async def test_a_hook_that_hangs_is_tried_again_after_its_timeout(sink):
    sink.answer = lambda: asyncio.sleep(60)
    outcome = await attempt(WebhookConfig(url=sink.url), limit=50)
    assert outcome == Retry("no answer within 0.05 s")


async def test_an_endless_answer_is_not_read(sink):
    async def endless() -> web.StreamResponse:
        reply = web.StreamResponse(status=500)
        await reply.prepare(sink.got[-1][0])
        while True:
            await reply.write(b"x" * 65_536)

    sink.answer = endless
    outcome = await attempt(WebhookConfig(url=sink.url))
    assert outcome.error.startswith("HTTP 500: xxx")


async def test_a_refused_connection_is_tried_again_and_shows_no_address():
    outcome = await attempt(WebhookConfig(url="http://127.0.0.1:1/hooks/token-123"))
    assert isinstance(outcome, Retry)
    assert "cannot connect" in outcome.error
    assert "token-123" not in outcome.error


async def test_something_that_is_no_address_fails():
    assert isinstance(await attempt(WebhookConfig(url="not an address")), Failed)


async def test_secrets_are_read_from_their_files_at_every_attempt(sink, tmp_path):
    place = Place(str(tmp_path / "alertmanager.yml"), 1)
    (tmp_path / "url").write_text(f"{sink.url}\n")
    (tmp_path / "password").write_text("one\n")
    basic = {"basic_auth": {"username": "vedette", "password_file": "password"}}
    config = WebhookConfig(url_file="url", http_config=basic, place=place)
    assert await attempt(config) == Delivered()
    (tmp_path / "password").write_text("two")
    assert await attempt(config) == Delivered()
    sent = [base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")) for request, _ in sink.got]
    assert sent == [b"vedette:one", b"vedette:two"]


@pytest.mark.parametrize(
    ("http", "header"),
    [
        ({"authorization": {"credentials_file": "token"}}, "Bearer s3cret"),
        ({"authorization": {"type": "Token", "credentials": "inline"}}, "Token inline"),
        ({"bearer_token_file": "token"}, "Bearer s3cret"),
    ],
)
async def test_a_token_is_sent(sink, tmp_path, http, header):
    (tmp_path / "token").write_text("s3cret\n")
    place = Place(str(tmp_path / "alertmanager.yml"), 1)
    assert await attempt(WebhookConfig(url=sink.url, http_config=http, place=place)) == Delivered()
    assert sink.got[0][0].headers["Authorization"] == header


async def test_own_headers_are_sent(sink):
    http = {"http_headers": {"X-Team": {"values": ["shop"]}}}
    await attempt(WebhookConfig(url=sink.url, http_config=http))
    assert sink.got[0][0].headers["X-Team"] == "shop"


async def test_a_missing_secret_sends_nothing_and_is_tried_again(sink, tmp_path):
    place = Place(str(tmp_path / "alertmanager.yml"), 1)
    http = {"authorization": {"credentials_file": "gone"}}
    outcome = await attempt(WebhookConfig(url=sink.url, http_config=http, place=place))
    assert outcome == Retry(f"{tmp_path}/gone: No such file or directory; write the secret into this file")
    assert sink.got == []


@pytest.mark.parametrize(("follow", "expected"), [(True, Delivered()), (False, Failed("HTTP 307"))])
async def test_redirects_are_followed_where_allowed(sink, follow, expected):
    url = sink.url.replace("/hook", "/moved")
    assert await attempt(WebhookConfig(url=url, http_config={"follow_redirects": follow})) == expected


async def test_long_lists_are_cut_where_the_configuration_says_so(sink):
    await attempt(WebhookConfig(url=sink.url, max_alerts=1))
    body = json.loads(sink.got[0][1])
    assert (len(body["alerts"]), body["truncatedAlerts"]) == (1, 1)


def test_the_same_notification_renders_to_the_same_bytes():
    integration = Integration(receiver="r", name="webhook/0", config=WebhookConfig(url="http://x"), target="")
    first = channels.render(NOTIFICATION, integration, Templates.load())
    again = channels.render(replace(NOTIFICATION), integration, Templates.load())
    assert first == again
