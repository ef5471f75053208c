"""The real amtool routes alerts as the checks claim: over configurations made at random, a receiver for each route."""

from __future__ import annotations

import itertools
import random
import subprocess
from typing import TYPE_CHECKING

import pytest
from tests import real

from vedette.check.foreign import facts_of_texts
from vedette.check.registry import Choice
from vedette.check.run import run
from vedette.formats import alertmanager
from vedette.formats.alertmanager import AlertmanagerConfig, Receiver, Route, WebhookConfig
from vedette.promql.labels import Matcher

if TYPE_CHECKING:
    from pathlib import Path

    from vedette.check.finding import Finding

pytestmark = pytest.mark.real

VALUES = {"severity": ["", "critical", "high", "low"], "team": ["", "db", "shop"]}
PATTERNS = {"severity": ["critical|high", ".+"], "team": ["db|shop", "|db"]}
OPEN = {"severity": ["critical|high", "c.*", "[^h].*"], "team": ["d.*", "sh?op+"]}
"""Their texts cannot be listed, so that of these not everything is found."""
WORLD = [dict(zip(VALUES, values, strict=True)) for values in itertools.product(*VALUES.values())]


def matcher(luck: random.Random, patterns: dict[str, list[str]]) -> Matcher:
    name = luck.choice(list(VALUES))
    if luck.random() < 0.6:
        return Matcher(name, luck.choice(["=", "=", "!="]), luck.choice(VALUES[name]))
    return Matcher(name, luck.choice(["=~", "!~"]), luck.choice(patterns[name]))


def route(luck: random.Random, depth: int, counter: itertools.count[int], patterns: dict[str, list[str]]) -> Route:
    below = luck.randint(0, 3) if depth else 0
    return Route(
        receiver=f"r{next(counter)}",
        matchers=tuple(matcher(luck, patterns) for _ in range(luck.choice([0, 1, 1, 2, 2]))),
        continue_=luck.random() < 0.25,
        routes=tuple(route(luck, depth - 1, counter, patterns) for _ in range(below)),
    )


def made(seed: int, patterns: dict[str, list[str]] = PATTERNS) -> str:
    """A configuration in which some receivers tell nobody."""
    luck = random.Random(seed)
    counter = itertools.count(1)
    routes = tuple(route(luck, 2, counter, patterns) for _ in range(luck.randint(2, 5)))
    hook = (WebhookConfig(url="http://sink.test:9/"),)
    names = ["r0", *(f"r{n}" for n in range(1, next(counter)))]
    receivers = tuple(Receiver(name=name, webhook_configs=hook if luck.random() < 0.6 else ()) for name in names)
    return alertmanager.write(AlertmanagerConfig(route=Route(receiver="r0", routes=routes), receivers=receivers))


def routed(config: Path, alert: dict[str, str]) -> set[str]:
    """The receivers that amtool names for an alert."""
    command = [
        real.binary("amtool", "0.33"), "config", "routes", "test", f"--config.file={config}",
        *(f"{name}={value}" for name, value in alert.items() if value),
    ]  # fmt: skip
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split(","))  # what amtool thinks of the spelling comes before


def found(codes: tuple[str, ...], texts: dict[str, str]) -> list[Finding]:
    facts, extra = facts_of_texts(texts)
    assert extra == []
    return run(facts, (), choice=Choice(select=codes))


def receivers_below(config: AlertmanagerConfig, lines: set[int]) -> set[str]:
    """The receivers of the routes in these lines and of all below them."""
    names: set[str] = set()

    def visit(one: Route, inside: bool) -> None:
        within = inside or (one.place is not None and one.place.line in lines)
        if within and one.receiver:
            names.add(one.receiver)
        for child in one.routes:
            visit(child, within)

    visit(config.route, inside=False)
    return names


@pytest.mark.parametrize(("seed", "patterns"), [*((n, PATTERNS) for n in range(8)), *((n, OPEN) for n in range(6))])
def test_no_alert_comes_to_a_route_that_is_found_dead_and_to_every_other_end_one_does(
    seed: int, patterns: dict[str, list[str]], tmp_path: Path
) -> None:
    text = made(seed, patterns)
    path = tmp_path / "alertmanager.yml"
    path.write_text(text)
    findings = found(("shadowed-route", "unreachable-route"), {"alertmanager.yml": text})
    config = alertmanager.read(text, "alertmanager.yml")
    # an unreachable route is pointed at where its matchers stand
    starts = {
        one.written["matchers"].place.line: one.place.line for one in every(config.route) if "matchers" in one.written
    }
    lines = {starts.get(one.place.line, one.place.line) for one in findings}
    dead = receivers_below(config, lines)
    told = set().union(*(routed(path, alert) for alert in WORLD))
    assert not told & dead
    if patterns is OPEN:
        return
    # `other` values are in no matcher: they try what is left when every named value is taken
    told |= set().union(*(routed(path, {**alert, name: "other"}) for alert in WORLD for name in VALUES))
    ends = {one.receiver for one in every(config.route) if not one.routes and one.receiver}
    assert ends - told - dead == set()


def every(one: Route) -> list[Route]:
    return [one, *(below for child in one.routes for below in every(child))]


RULES = """\
groups:
  - name: g
    rules:
"""


@pytest.mark.parametrize("seed", range(8, 14))
def test_an_alert_that_is_found_to_tell_nobody_ends_at_silent_receivers_only_and_all_such_are_found(
    seed: int, tmp_path: Path
) -> None:
    text = made(seed)
    path = tmp_path / "alertmanager.yml"
    path.write_text(text)
    config = alertmanager.read(text, "alertmanager.yml")
    silent = {one.name for one in config.receivers if not one.webhook_configs}
    for index, labels in enumerate(WORLD):
        own = ", ".join(f"{name}: {value}" for name, value in labels.items() if value)
        rules = f"{RULES}      - {{alert: A{index}, expr: vector(1) > 0, labels: {{{own}}}}}\n"
        texts = {"alertmanager.yml": text, "rules.yml": rules, "prometheus.yml": "scrape_configs: [{job_name: a}]\n"}
        lost = bool(found(("alert-to-nobody",), texts))
        assert lost == (routed(path, {"alertname": f"A{index}", **labels}) <= silent), labels


def test_a_matcher_in_single_quotes_matches_nothing(tmp_path: Path) -> None:
    text = (
        "route:\n  receiver: a\n  routes:\n  - matchers: [severity='critical']\n    receiver: b\n"
        "receivers: [{name: a}, {name: b}]\n"
    )
    path = tmp_path / "alertmanager.yml"
    path.write_text(text)
    assert [one.place.line for one in found(("quoted-matcher",), {"alertmanager.yml": text})] == [4]
    assert routed(path, {"severity": "critical"}) == {"a"}


def test_a_mended_configuration_routes_the_same(tmp_path: Path) -> None:
    old = (
        "route:\n  receiver: r0\n  routes:\n  - match: {severity: critical}\n    receiver: r1\n"
        "  - match_re: {severity: high|low}\n    receiver: r2\n    continue: true\n"
        "receivers: [{name: r0}, {name: r1}, {name: r2}]\n"
    )
    new = old
    for one in found(("deprecated-match", "continue-at-end"), {"alertmanager.yml": old}):
        assert one.edit is not None
        assert one.edit.old in new
        new = new.replace(one.edit.old, one.edit.new)
    before, after = tmp_path / "before.yml", tmp_path / "after.yml"
    before.write_text(old)
    after.write_text(new)
    assert "match:" not in new
    assert [routed(before, alert) for alert in WORLD] == [routed(after, alert) for alert in WORLD]
