"""The packs on real servers: every alert is caused by a real fault, and says the same on both engines and in a letter.

The built files run the embedded engine as well as Prometheus and Alertmanager, over the same service and exporters.
"""

from __future__ import annotations

import contextlib
import html
import json
import re
import time
import urllib.parse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from tests.docs.page import blocks
from tests.field.faults import FAULTS, UNCAUSED
from tests.field.grounds import grounds
from tests.field.stack import field
from tests.real import alertmanager, free_port, prometheus
from tests.started import Mailbox, Up, get, until
from tests.twins.test_queries import flat

from vedette.build import build, write
from vedette.formats import grafana, rules
from vedette.formats.rules import RecordingRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.field.grounds import Grounds


pytestmark = [pytest.mark.real, pytest.mark.proof, pytest.mark.timeout(3000)]

PACKS = ("http", "database", "cache", "worker", "host", "blackbox", "backup", "security")
"""Every alert of these is caused."""


@dataclass
class Side:
    """A server that watches, and the letters that come from it."""

    name: str
    url: str
    alertmanager: str
    mailbox: Mailbox

    def ask(self, path: str, **given: str) -> Any:
        status, body = get(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(given)}")
        assert status == 200, body
        return json.loads(body)["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("query", query=expression)["result"]
        return found

    def firing(self, alert: str) -> set[tuple[tuple[str, str], ...]]:
        """The labels with which an alert fires."""
        alerts = self.ask("alerts")["alerts"]
        return {
            tuple(sorted(one["labels"].items()))
            for one in alerts
            if one["state"] == "firing" and one["labels"]["alertname"] == alert
        }

    def is_inhibited(self, alert: str) -> bool:
        """Whether another alert keeps this one from being told."""
        status, body = get(
            f"{self.alertmanager}/api/v2/alerts?" + urllib.parse.urlencode({"filter": f"alertname={alert}"})
        )
        assert status == 200, body
        found = json.loads(body)
        return bool(found) and all(one["status"]["inhibitedBy"] for one in found)

    def letters(self, alert: str, since: int = 0) -> list[str]:
        """The texts of the letters after the first so many that tell of an alert that begins."""
        told = [letter for letter in self.mailbox.letters[since:] if "FIRING" in str(letter["subject"])]
        texts = [part.get_content() for letter in told if (part := letter.get_body(("html",))) is not None]
        return [text for text in texts if f"/runbooks/{alert}" in text]


@dataclass
class Field:
    """Both sides, what they watch, and the files of the one."""

    sides: list[Side]
    grounds: Grounds
    files: dict[str, str]
    began: float


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    folder = tmp_path_factory.mktemp("field")
    port, their_port = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    plain = build(field({}, ["https://localhost:1/"], 25, f"127.0.0.1:{their_port}", url), "field")
    write(plain, folder / "plain")
    with contextlib.ExitStack() as later:
        there = later.enter_context(grounds(folder / "plain" / "blackbox" / "blackbox.yml"))
        boxes = [later.enter_context(Mailbox().open(login=False)) for _ in range(2)]
        built = []
        for name, box in zip(("ours", "theirs"), boxes, strict=True):
            stack = field(there.targets, [there.endpoint.url], box.port, f"127.0.0.1:{their_port}", url)
            built.append(build(stack, "field"))
            write(built[-1], folder / name)
        ours = Up(folder, "--from", str(folder / "ours"), "--no-services", port=port)
        later.callback(ours.process.kill)
        files = folder / "theirs"
        later.enter_context(alertmanager(folder / "am", files / "alertmanager" / "alertmanager.yml", port=their_port))
        base = later.enter_context(prometheus(folder / "prom", files / "prometheus" / "prometheus.yml"))
        sides = [
            Side("ours", url, url, boxes[0]),
            Side("theirs", base, f"http://127.0.0.1:{their_port}", boxes[1]),
        ]
        yield Field(sides, there, built[1], time.time())


def test_every_target_is_up(watched: Field) -> None:
    for side in watched.sides:

        def all_up(side: Side = side) -> bool:
            found = side.ask("targets")["activeTargets"]
            return len(found) == 10 and all(one["health"] == "up" for one in found)

        until(all_up, 60, f"all targets up on {side.name}")


def test_every_alert_of_the_packs_is_caused_or_named() -> None:
    stack = field({}, ["https://localhost:1/"], 25, "127.0.0.1:1", "http://127.0.0.1:1")
    packs = [pack for service in stack.services for pack in service.pack_list() if pack.name in PACKS]
    assert len(packs) == len(PACKS)
    alerts = {alert.name for pack in packs for alert in pack.alerts}
    caused = {name for names, _ in FAULTS.values() for name in names}
    assert alerts - caused == UNCAUSED.keys()


def queries(watched: Field, alert: str) -> list[str]:
    """What the runbook of an alert asks, in its order."""
    text = watched.files[f"runbooks/{alert}.md"]
    return [
        line
        for block in blocks(text)
        if block.language == "promql"
        for line in block.text.splitlines()
        if line.strip() and not line.startswith("ALERTS")
    ]


def links(text: str) -> list[str]:
    """Where a letter leads."""
    return [html.unescape(found) for found in re.findall(r'href="(http[^"]+)"', text)]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_on_both_sides_and_its_runbook_finds_it(watched: Field, name: str) -> None:
    alerts, cause = FAULTS[name]
    before = [len(side.mailbox.letters) for side in watched.sides]
    ours, theirs = watched.sides
    with cause(watched.grounds):
        for alert in alerts:
            until(
                lambda alert=alert: ours.firing(alert) & theirs.firing(alert),
                150,
                f"{alert} on both sides with the same labels",
            )
            for side in watched.sides:
                asked = queries(watched, alert)
                until(lambda: side.query(asked[0]), 30, f"what the runbook of {alert} asks first: {asked[0]}")  # noqa: B023
                for query in asked[1:]:
                    side.query(query)
        for side, since in zip(watched.sides, before, strict=True):
            for alert in alerts:
                until(
                    lambda: side.letters(alert, since) or side.is_inhibited(alert),  # noqa: B023 - called at once
                    60,
                    f"a letter of {alert} from {side.name}",
                )
                for link in dict.fromkeys(link for text in side.letters(alert, since)[:1] for link in links(text)):
                    assert get(link)[0] == 200, link
    for side in watched.sides:
        for alert in alerts:
            # the load of a machine is a mean of five minutes
            until(lambda: not side.firing(alert), 600, f"{alert} ends on {side.name}")  # noqa: B023 - called at once


def expressions(watched: Field) -> dict[str, str]:
    """Every recording and every query of a panel, the variables of a dashboard filled in, by where it stands."""
    found = {}
    for path, text in watched.files.items():
        if path.startswith("prometheus/rules/"):
            for group in rules.read(text, path).groups:
                found |= {rule.record: rule.expr for rule in group.rules if isinstance(rule, RecordingRule)}
        elif path.startswith("grafana/") and path.endswith(".json"):
            board = grafana.read(text, path)
            for panel in flat(board.panels):
                for target in panel.targets:
                    filled = re.sub(r"\$(\w+|\{\w+(:\w+)?\})", ".*", re.sub(r"\$__\w+", "1m", target.expr))
                    found[f"{board.uid}: {panel.title} {target.ref_id}"] = filled
    return found


SILENT = {"field-http: Requests against last week A_past": "last week is three hours ago"}
"""What has no data in the field, and why."""


def test_every_recording_and_every_panel_had_data_meanwhile(watched: Field) -> None:
    found = expressions(watched)
    assert len(found) > 300
    for side in watched.sides:
        meanwhile = {"start": f"{watched.began:.0f}", "end": f"{time.time():.0f}", "step": "5"}
        silent = {
            where for where, query in found.items() if not side.ask("query_range", query=query, **meanwhile)["result"]
        }
        assert silent == SILENT.keys(), side.name
