"""The rules of objectives as they are built: what Prometheus accepts, and what stays when something changes."""

from __future__ import annotations

import json
import subprocess

import pytest
from tests.build.slo.judged import REQUESTS, availability, stack
from tests.real import binary

from vedette.build import build, notes, write
from vedette.catalog import Alert, Environment, Events, Freshness, Latency, Pack, Panel, Service, Slo, Stack
from vedette.check.declared import facts_of_stack
from vedette.check.run import run
from vedette.errors import DeclarationError
from vedette.formats import rules
from vedette.instruments.metrics import Histogram, Metric, Registry
from vedette.promql.ast import MatrixSelector
from vedette.promql.parser import parse
from vedette.promql.walk import walk

SECONDS = Metric.foreign("histogram", "seconds", exporter="app", labels=["route"], help="Time.")
NATIVE = Histogram("native_seconds", help="Time.", native=True, registry=Registry())
BACKUP = Metric.foreign("gauge", "backup_timestamp_seconds", exporter="app", help="Last backup.")
EVERY = (
    availability(description="It works."),
    Slo("speed", Latency(SECONDS, below="250ms"), objective=99, by=["route"]),
    Slo("native", Latency(NATIVE, below=0.3, native=True), objective=99),
    Slo("good", Events(REQUESTS, good='{code="200"}'), objective=95, window="7d"),
    Slo("backup", Freshness(BACKUP, within="26h"), objective=90),
)
METRICS = (REQUESTS, SECONDS, NATIVE, BACKUP)


def groups(*slos, **given):
    text = build(stack(*slos, metrics=METRICS, **given))["prometheus/rules/app.yml"]
    return {group.name: group for group in rules.read(text, "app.yml").groups}


@pytest.mark.real
@pytest.mark.parametrize("version", ["2.42", "2.53", "3.5"])
@pytest.mark.parametrize("scale", [1.0, 0.1, 0.07])
def test_prometheus_accepts_the_rules(tmp_path, version, scale):
    environment = Environment("local", time_scale=scale)
    write(build(stack(*EVERY, metrics=METRICS, environment=environment)), tmp_path)
    ran = subprocess.run(
        [binary("promtool", version), "check", "rules", "prometheus/rules/app.yml"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_check_finds_nothing_but_what_an_objective_cannot_have():
    facts, extra = facts_of_stack(stack(*EVERY, metrics=METRICS))
    found = [*extra, *run(facts)]
    assert {one.code for one in found} <= {"objective-left-out"}, found
    assert [one.subject for one in found] == ["objective app/backup"]


def test_the_objective_is_written_exactly():
    text = build(stack(Slo("a", Events(REQUESTS, errors='{code="500"}'), objective=99.9)))
    every = "\n".join(text.values())
    assert "0.9990000" not in every
    assert "0.00099" not in every
    assert "+ 0.999\n" in text["prometheus/rules/app.yml"]


@pytest.mark.parametrize("scale", [1.0, 0.5, 0.1, 0.07, 0.05])
def test_samples_are_compared_at_the_pace_at_which_they_are_counted(scale):
    found = groups(availability(), environment=Environment("local", scrape_timeout="7s", time_scale=scale))
    counting = found["app/availability counts"]
    offsets = sorted(
        {node.selector.offset for node in walk(parse(counting.rules[0].expr)) if isinstance(node, MatrixSelector)}
    )
    assert offsets[1] - offsets[0] == counting.interval
    assert offsets[0] >= 7000
    assert counting.interval == pytest.approx(15_000, abs=1000)


def test_a_change_of_words_changes_nothing_that_is_stored_but_the_info_series():
    old, new = groups(availability()), groups(availability(title="Other", description="New.", team="web"))
    for name, group in old.items():
        before = [rule for rule in group.rules if isinstance(rule, rules.RecordingRule)]
        after = [rule for rule in new[name].rules if isinstance(rule, rules.RecordingRule)]
        assert [one.record for one, other in zip(before, after, strict=True) if one != other] == (
            ["slo:objective:info"] if name == "app/availability" else []
        )


def test_what_an_objective_has_no_alert_for_is_said_with_its_place():
    (note,) = notes(stack(Slo("a", Events(REQUESTS, errors='{code="500"}'), objective=90)))
    assert note.place.file == __file__
    assert "objective app/a has no critical alert" in note.message
    assert notes(stack(availability())) == []


def test_an_alert_that_the_pack_has_already_is_not_made_twice():
    own = Alert("AppAvailabilityBurnLow", "up == 0", severity="low", summary="s")
    pack = Pack("app", metrics=[REQUESTS], alerts=[own], slos=[availability()])
    with pytest.raises(DeclarationError, match="has the alert 'AppAvailabilityBurnLow', which the pack has already"):
        build(Stack(services=[Service("app", ["localhost:1"], [pack])]))


def test_a_pack_without_panels_has_those_of_its_metrics_and_of_its_objectives():
    files = build(stack(availability()))
    titles = [panel["title"] for panel in json.loads(files["grafana/dashboards/app-app.json"])["panels"]]
    assert "Requests" in titles
    assert "App: availability, budget left" in titles
    assert titles.index("Requests") < titles.index("Objectives")
    pack = Pack("app", metrics=[REQUESTS], panels=[Panel("P", "sum by (job) (up)")], slos=[availability()])
    files = build(Stack(services=[Service("app", ["localhost:1"], [pack])]))
    titles = [panel["title"] for panel in json.loads(files["grafana/dashboards/app-app.json"])["panels"]]
    assert titles[:3] == ["P", "Objectives", "All objectives"]


def test_two_services_with_objectives_of_their_own_have_groups_of_their_own():
    loose, strict = (Pack("app", metrics=[REQUESTS], slos=[availability(objective)]) for objective in (99, 99.9))
    services = [Service("a", ["a:1"], [loose]), Service("b", ["b:1"], [strict])]
    text = build(Stack(name="s", services=services))["prometheus/rules/app.yml"]
    names = [group.name for group in rules.read(text, "app.yml").groups]
    wanted = [f"app/availability{what} of {service}" for service in "ab" for what in (" counts", "")]
    assert names == wanted
