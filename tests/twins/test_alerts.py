"""The same built files on the embedded engine, and on a real Prometheus and Alertmanager, over the same shop.

Whatever fires on the one must fire on the other, with the same labels and the same webhook body.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import time
from collections import defaultdict
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from examples.shop.observability import stack
from tests.real import alertmanager, free_port, prometheus, running

from vedette.build import build, write
from vedette.catalog import Environment, Webhook
from vedette.formats.rules import AlertingRule
from vedette.server.app import application
from vedette.server.drive import Driver
from vedette.server.watch import Built, Watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
OURS, THEIRS = "ours", "theirs"
SIDES = (OURS, THEIRS)
Body = dict[str, Any]

# What each fault brings about, the alert that is told of first. In windows this short others may come and go by
# chance, such as WorkerFailing: the courier loses one parcel in a hundred, which may be one in ten of six seconds.
FAULTS = {
    "errors": {"HttpErrorRateCritical": "firing", "HttpErrorRateHigh": "pending"},
    "down": {"ServiceDown": "firing"},
}


def now() -> int:
    return time.time_ns() // 1_000_000


async def until(condition: Callable[[], Awaitable[object]], what: str, seconds: float = 60) -> None:
    """Wait until the condition is true; fails with ``what`` after that many seconds."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        await asyncio.sleep(0.1)


@dataclass
class Sink:
    """An HTTP server that keeps the notifications of both sides, told apart by their path."""

    url: str = ""
    got: dict[str, list[Body]] = field(default_factory=lambda: defaultdict(list))

    async def take(self, request: web.Request) -> web.Response:
        self.got[request.match_info["side"]].append(await request.json())
        return web.Response()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Sink]:
        app = web.Application()
        app.router.add_post("/{side}", self.take)
        async with TestServer(app) as server:
            self.url = str(server.make_url("/")).rstrip("/")
            yield self

    def statuses(self, side: str, alert: str) -> set[str]:
        """What one side has told of an alert."""
        return {body["status"] for body in self.got[side] if body["groupLabels"].get("alertname") == alert}


@dataclass
class Shop:
    """The demo shop as a process of its own, and its switches."""

    target: str
    faults: Path

    def switch(self, fault: str | None) -> None:
        self.faults.write_text(json.dumps({"fault": fault}))


def shop(folder: Path, stack_: ExitStack) -> Shop:
    folder.mkdir()
    port, faults = free_port(), folder / "faults.json"
    command = [
        "env",
        f"PYTHONPATH={ROOT}",
        f"SHOP_FAULTS={faults}",
        f"SHOP_DATABASE=sqlite:///{folder}/shop.db",
        sys.executable,
        *("-m", "uvicorn", "examples.shop.main:app", "--port", str(port), "--log-level", "warning"),
    ]
    stack_.enter_context(running(command, f"http://127.0.0.1:{port}/metrics", folder))
    return Shop(f"127.0.0.1:{port}", faults)


def environment(target: str, their_alertmanager: str, hook: str) -> Environment:
    """The demo, faster: five minutes are six seconds."""
    return replace(
        stack.environment("demo"),
        targets={"shop": [target]},
        scrape_interval="1s",
        scrape_timeout="1s",
        evaluation_interval="1s",
        time_scale=0.02,
        alertmanagers=[their_alertmanager],
        # one alert of a pair only, well clear of the noise: which of two comes first, or last, is a matter of luck
        # (and how slow the shop is, of the machine)
        thresholds={
            "http.latency_high": 30.0,
            "http.latency_critical": 60.0,
            "http.error_ratio_high": 0.04,
            "http.error_ratio_critical": 0.05,
            "http.error_for_high": "5h",
        },
        notify=[Webhook(hook)],
    )


@dataclass
class Sides:
    """Both servers, and what they were built from."""

    shop: Shop
    sink: Sink
    files: Mapping[str, Mapping[str, str]]
    built: Built
    clients: Mapping[str, httpx.AsyncClient]

    async def ask(self, side: str, path: str) -> Any:
        answer = (await self.clients[side].get(f"/api/v1/{path}")).raise_for_status().json()
        assert answer["status"] == "success"
        return answer["data"]

    async def alerts(self, side: str) -> dict[str, Body]:
        """Name → alert; there is one of each, for there is one shop."""
        found = (await self.ask(side, "alerts"))["alerts"]
        by_name = {alert["labels"]["alertname"]: alert for alert in found}
        assert len(by_name) == len(found)
        return by_name

    async def states(self, side: str) -> dict[str, str]:
        return {name: alert["state"] for name, alert in (await self.alerts(side)).items()}

    async def both(self, name: str, state: str | None) -> bool:
        """Whether that alert is in that state on both sides, and told of on both."""
        status = "resolved" if state is None else state
        return all(
            [
                (await self.states(side)).get(name) == state and status in self.sink.statuses(side, name)
                for side in SIDES
            ]
        )


@asynccontextmanager
async def watched(folder: Path) -> AsyncIterator[Sides]:
    """The shop with both sides watching it."""
    sink = Sink()
    async with AsyncExitStack() as later:
        processes = later.enter_context(ExitStack())
        await later.enter_async_context(sink.serving())
        the_shop = shop(folder / "shop", processes)
        port = free_port()
        files = {}
        for side in SIDES:
            files[side] = build(stack, environment(the_shop.target, f"127.0.0.1:{port}", f"{sink.url}/{side}"))
            write(files[side], folder / side)
        theirs = folder / THEIRS
        processes.enter_context(alertmanager(folder / "am", theirs / "alertmanager" / "alertmanager.yml", port=port))
        base = processes.enter_context(prometheus(folder / "prom", theirs / "prometheus" / "prometheus.yml"))
        built = Built.read(folder / OURS)
        watch = Watch(built, folder / "data", start=now(), rng=random.Random(1))
        assert watch.problems == ()
        driver = Driver(watch, now)
        app = application(watch, now, driver.wake)
        clients = {
            OURS: httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:7373"),
            THEIRS: httpx.AsyncClient(base_url=base),
        }
        for client in clients.values():
            await later.enter_async_context(client)
        driving = asyncio.create_task(driver.run())
        try:
            yield Sides(the_shop, sink, files, built, clients)
        finally:
            driver.stop()
            await driving
            watch.close()


class Masks:
    """Numbers in annotations that depend on when a rule looked."""

    def __init__(self, built: Built) -> None:
        rules = [rule for file in built.rules for group in file.groups for rule in group.rules]
        self._valued = {
            (rule.alert, name)
            for rule in rules
            if isinstance(rule, AlertingRule)
            for name, text in rule.annotations.items()
            if "$value" in text
        }

    def masked(self, alert: str, annotations: Mapping[str, str]) -> dict[str, str]:
        """The annotations with ``#`` for each number in those that show the value."""
        return {
            name: re.sub(r"\d+(\.\d+)?(e[+-]\d+)?", "#", text) if (alert, name) in self._valued else text
            for name, text in annotations.items()
        }

    def body(self, body: Body) -> Body:
        """A notification without addresses of the sender, times, and such numbers."""
        alerts = [
            {
                **{key: value for key, value in one.items() if key not in ("startsAt", "endsAt", "generatorURL")},
                "annotations": self.masked(one["labels"]["alertname"], one["annotations"]),
            }
            for one in body["alerts"]
        ]
        common = self.masked(body["commonLabels"].get("alertname", ""), body["commonAnnotations"])
        kept = {key: value for key, value in body.items() if key != "externalURL"}
        return {**kept, "alerts": alerts, "commonAnnotations": common}


def about(body: Body) -> set[str]:
    """The names of the alerts that a notification tells of."""
    return {alert["labels"]["alertname"] for alert in body["alerts"]}


def once(bodies: Sequence[Body]) -> Iterator[Body]:
    """Without repetitions: how often a group is told again depends on how long it lasts.

    And one that ended in so short a window may begin again on one side only, by a scrape that came later.
    """
    seen: list[Body] = []
    for body in bodies:
        if body not in seen:
            yield body
            seen.append(body)


async def test_a_fault_gives_the_same_alert_with_the_same_labels_and_the_same_webhook_body(tmp_path: Path) -> None:
    async with watched(tmp_path) as sides:
        same = {path: text.replace(f"/{THEIRS}", f"/{OURS}") for path, text in sides.files[THEIRS].items()}
        assert same == sides.files[OURS]
        assert {path for path in same if same[path] != sides.files[THEIRS][path]} == {"alertmanager/alertmanager.yml"}
        masks = Masks(sides.built)
        for fault, states in FAULTS.items():
            sides.shop.switch(fault)
            name = next(iter(states))
            await until(lambda name=name: sides.both(name, "firing"), f"{name} firing and told of on both sides")
            ours, theirs = await sides.alerts(OURS), await sides.alerts(THEIRS)
            for key, state in states.items():
                own, real = ours[key], theirs[key]
                assert own["state"] == real["state"] == state
                assert own["labels"] == real["labels"]
                assert masks.masked(key, own["annotations"]) == masks.masked(key, real["annotations"])
                assert own.keys() == real.keys()
                for one in (own, real):
                    assert re.fullmatch(r"\d(\.\d+)?e[+-]\d\d", one["value"])
            sides.shop.switch(None)
            await until(lambda name=name: sides.both(name, None), f"{name} resolved and told of on both sides")
        names = {name for states in FAULTS.values() for name in states}
        bodies = {
            side: list(once([masks.body(body) for body in sides.sink.got[side] if names & about(body)]))
            for side in SIDES
        }
        assert [(body["status"], *about(body)) for body in bodies[THEIRS]] == [
            ("firing", "HttpErrorRateCritical"),
            ("resolved", "HttpErrorRateCritical"),
            ("firing", "ServiceDown"),
            ("resolved", "ServiceDown"),
        ]
        assert bodies[OURS] == bodies[THEIRS]
        assert bodies[OURS][0]["alerts"][0]["labels"]["environment"] == "demo"


def rule_facts(data: Any) -> dict[str, Any]:
    """``/api/v1/rules`` without what is of the moment: each group, and each rule by its name."""
    found: dict[str, Any] = {}
    for group in data["groups"]:
        found[group["name"]] = (Path(group["file"]).name, group["interval"], group["limit"])
        for rule in group["rules"]:
            # how Prometheus was compiled decides whether a recording without labels has the key
            kept = {"labels": {}, **rule}
            for key in ("evaluationTime", "lastEvaluation", "state", "alerts"):
                if key in kept:
                    kept[key] = "of the moment"
            found[f"{group['name']}/{rule['name']}"] = kept
    return found


def target_facts(data: Any) -> Body:
    """``/api/v1/targets`` without times and the name of the machine."""
    timed = ("lastScrape", "lastScrapeDuration", "globalUrl")
    active = [{key: value for key, value in one.items() if key not in timed} for one in data["activeTargets"]]
    return {**data, "activeTargets": active}


async def test_both_sides_read_the_same_rules_and_targets_from_the_files(tmp_path: Path) -> None:
    async with watched(tmp_path) as sides:

        async def judged() -> bool:
            answers = [await sides.ask(side, "rules") for side in SIDES]
            rules = [rule for data in answers for group in data["groups"] for rule in group["rules"]]
            targets = [one for side in SIDES for one in (await sides.ask(side, "targets"))["activeTargets"]]
            return all(one["health"] == "ok" for one in rules) and [one["health"] for one in targets] == ["up", "up"]

        await until(judged, "every rule evaluated and every target scraped")
        ours, theirs = [rule_facts(await sides.ask(side, "rules")) for side in SIDES]
        assert list(ours) == list(theirs)
        assert len(theirs) > 40
        for name, facts in theirs.items():
            assert ours[name] == facts, name
        ours, theirs = [target_facts(await sides.ask(side, "targets")) for side in SIDES]
        assert ours == theirs
