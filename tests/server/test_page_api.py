"""The page's own API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.server.conftest import Served


async def get(served: Served, path: str) -> Any:
    reply = await served.client.get(f"/api/vedette/{path}")
    assert reply.status_code == 200, reply.text
    return reply.json()


async def test_the_overview_says_how_each_service_is(served: Served) -> None:
    overview = await get(served, "overview")
    assert (overview["stack"], overview["environment"], overview["time"]) == ("bakery", "local", served.now / 1000)
    assert overview["targets"] == {"up": 1, "total": 1}
    assert overview["alerts"]["firing"] >= 1
    service = overview["services"][0]
    assert (service["name"], service["up"], service["total"], service["state"]) == ("bakery", 1, 1, "degraded")
    assert service["alerts"]["critical"] == 1
    assert {pack["dashboard"] for pack in service["packs"]} == {"bakery-http", "bakery-bakery"}
    assert all(signal["expr"] and signal["panel"] for signal in service["signals"])


async def test_dashboards_are_listed_and_given_byte_for_byte_as_built(served: Served) -> None:
    boards = await get(served, "dashboards")
    # the home first, the others by their titles
    assert [board["uid"] for board in boards] == ["bakery-home", "bakery-bakery", "bakery-http"]
    for board in boards:
        reply = await served.client.get(f"/api/vedette/dashboards/{board['uid']}")
        folder = served.watch.built.folder / "grafana" / "dashboards"
        assert reply.content == (folder / f"{board['uid']}.json").read_bytes()
    missing = await served.client.get("/api/vedette/dashboards/nope")
    assert missing.status_code == 404
    assert "known: bakery-bakery, bakery-home, bakery-http" in missing.json()["error"]


async def test_every_alert_has_a_runbook_that_can_be_read(served: Served) -> None:
    runbooks = {entry["alert"]: entry for entry in await get(served, "runbooks")}
    rules = (await served.client.get("/api/v1/rules?type=alert")).json()["data"]["groups"]
    assert set(runbooks) == {rule["name"] for group in rules for rule in group["rules"]}
    book = await get(served, "runbooks/OvenCold")
    assert (book["severity"], book["pack"], book["dashboard"]) == ("critical", "bakery", "bakery-bakery")
    assert "<h2>" in book["html"]
    missing = await served.client.get("/api/vedette/runbooks/Nope")
    assert (missing.status_code, missing.json()) == (404, {"error": "there is no runbook 'Nope'"})


async def test_deliveries_are_shown_as_they_were_sent(served: Served) -> None:
    sent = await get(served, "deliveries")
    assert {entry["channel"] for entry in sent if "OvenCold" in entry["alerts"]} == {"email", "webhook"}
    mail = next(entry for entry in sent if entry["channel"] == "email")
    whole = await get(served, f"deliveries/{mail['id']}")
    assert whole["state"] == "delivered"
    assert [attempt["outcome"] for attempt in whole["tries"]] == ["delivered"]
    assert "OvenCold" in whole["html"]
    assert "baker@example.com" in whole["target"]
    assert (await get(served, "deliveries?limit=1")) == sent[:1]
    assert (await served.client.get("/api/vedette/deliveries/none")).status_code == 404
