"""The one web application: who may ask, and what every answer carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.server.conftest import Served


@pytest.mark.parametrize("host", ["127.0.0.1:7373", "localhost:7373", "localhost", "[::1]:7373"])
async def test_requests_addressed_to_this_machine_are_answered(served: Served, host: str) -> None:
    assert (await served.client.get("/-/healthy", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:7373", "127.0.0.1.evil.example", "", "localhost.evil:80"]
)
async def test_requests_addressed_elsewhere_are_refused(served: Served, host: str) -> None:
    reply = await served.client.get("/api/v1/query?query=up", headers={"host": host})
    assert reply.status_code == 421
    assert "127.0.0.1 or localhost" in reply.text


@pytest.mark.parametrize("path", ["/", "/alerts", "/targets", "/d/bakery-http", "/deliveries/x", "/runbooks/OvenCold"])
async def test_every_address_of_the_page_gives_the_page(served: Served, path: str) -> None:
    reply = await served.client.get(path)
    assert reply.headers["content-type"].startswith("text/html")
    assert "script-src" not in reply.headers["content-security-policy"]
    assert "default-src 'self'" in reply.headers["content-security-policy"]


async def test_the_page_s_files_are_served_and_nothing_beside_them(served: Served) -> None:
    assert (await served.client.get("/ui/main.js")).status_code == 200
    assert (await served.client.get("/ui/../app.py")).status_code != 200 or "def application" not in (
        await served.client.get("/ui/../app.py")
    ).text


async def test_an_endpoint_that_does_not_exist_is_no_page(served: Served) -> None:
    reply = await served.client.get("/api/v1/nothing")
    assert reply.status_code == 404
    assert reply.text == "no such endpoint: /api/v1/nothing\n"
