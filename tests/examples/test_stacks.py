"""The five teams' systems as stacks: each file that is built has its team's alerts, routes, scrapes and dashboards."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from functools import cache
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.examples.stack_tables import STACKS
from tests.real import binary

from vedette.alerting.inhibit import Inhibitor
from vedette.build import build
from vedette.build.derive import comparison
from vedette.build.stack import write
from vedette.duration import format_duration
from vedette.formats import alertmanager, grafana, prometheus, rules
from vedette.promql.labels import labels
from vedette.promql.parser import parse

ROOT = Path(__file__).parents[2]
ENVIRONMENT = "production"
every_stack = pytest.mark.parametrize("name", STACKS)


class Built(NamedTuple):
    """What a stack is built to, read again."""

    files: dict[str, str]
    prometheus: prometheus.PrometheusConfig
    alerts: dict[str, rules.AlertingRule]
    alertmanager: alertmanager.AlertmanagerConfig
    dashboards: dict[str, grafana.Dashboard]


@cache
def built(name):
    files = build(import_module(f"examples.stacks.{name}").stack, ENVIRONMENT)
    groups = chain.from_iterable(
        rules.read(text, path).groups for path, text in files.items() if path.startswith("prometheus/rules/")
    )
    found = [rule for group in groups for rule in group.rules if isinstance(rule, rules.AlertingRule)]
    boards = {Path(path).stem: grafana.read(text, path) for path, text in files.items() if path.startswith("grafana/")}
    return Built(
        dict(files),
        prometheus.read(files["prometheus/prometheus.yml"], "prometheus.yml"),
        {rule.alert: rule for rule in found},
        alertmanager.read(files["alertmanager/alertmanager.yml"], "alertmanager.yml"),
        boards,
    )


@cache
def written(name, folder):
    write(built(name).files, folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    base = tmp_path_factory.mktemp("stacks")
    return lambda name: written(name, base / name)


def rows(key):
    """Every row of a table of all stacks, with a name for the test."""
    return [
        pytest.param(name, row, id=f"{name[0]}-{getattr(row, 'ours', None) or index}")
        for name, table in STACKS.items()
        for index, row in enumerate(getattr(table, key))
    ]


@every_stack
def test_the_table_has_as_many_alerts_of_each_severity_as_the_team(name):
    assert Counter(row.severity for row in STACKS[name].alerts) == STACKS[name].counts


@pytest.mark.parametrize(("name", "row"), rows("alerts"))
def test_an_alert_is_as_urgent_as_the_teams_and_fires_at_the_same_value_for_as_long(name, row):
    rule = built(name).alerts[row.ours]
    found = comparison(parse(rule.expr))
    assert rule.labels["severity"] in STACKS[name].words[row.severity]
    assert row.compares == f"{found.op} {found.number:g}" if found.op else row.compares in rule.expr
    assert format_duration(rule.for_) == row.holds
    assert row.pack in ("", rule.labels["pack"])
    assert row.theirs == "" or f"| {row.theirs} | {row.severity} | {row.ours} |" in documented(name)


def documented(name):
    return import_module(f"examples.stacks.{name}").__doc__


@pytest.mark.parametrize(("name", "row"), rows("alerts"))
def test_an_alert_has_a_runbook_of_nine_sections_and_a_panel(name, row):
    files, rule = built(name).files, built(name).alerts[row.ours]
    assert files[f"runbooks/{row.ours}.md"].count("\n## ") == 9
    assert "viewPanel=" in rule.annotations["dashboard_url"]


def destination(kind, config):
    """Who is told by an integration, in few words."""
    for key in ("channel", "to", "routing_key_file", "webhook_url_file", "url_file", "url"):
        value = config.get(key) if isinstance(config, dict) else getattr(config, key, "")
        if value:
            return value.rpartition("/")[2] if key.endswith("_file") else value
    raise AssertionError(kind)


def told(config, given):
    """Everybody who is told of an alert with these labels."""
    receivers = {one.name: one for one in config.receivers}
    found = set()
    for route in alertmanager.match(config, given):
        one = receivers[route.receiver]
        found |= {destination("mail", mail) for mail in one.email_configs}
        found |= {destination("webhook", hook) for hook in one.webhook_configs}
        found |= {destination(kind, item) for kind, items in one.other.items() for item in items}
    return found


def given_of(rule):
    """The labels of an alert; of a rule for several services those of one."""
    filled = {name: "api" if "{{" in value else value for name, value in rule.labels.items()}
    return {"alertname": rule.alert, **filled}


@every_stack
def test_of_every_alert_those_are_told_who_were_told_by_the_teams_routes(name):
    table, config = STACKS[name].told, built(name).alertmanager
    wrong = {}
    for rule in built(name).alerts.values():
        severity = rule.labels["severity"]
        wanted = table.get((severity, rule.labels["pack"]), table[severity, ""])
        if told(config, given_of(rule)) != wanted:
            wrong[rule.alert] = told(config, given_of(rule))
    assert wrong == {}


@every_stack
def test_a_message_waits_and_is_repeated_as_with_the_team(name):
    config = built(name).alertmanager
    found = {}
    for rule in built(name).alerts.values():
        for route in alertmanager.match(config, given_of(rule)):
            timing = (format_duration(route.group_wait), format_duration(route.repeat_interval))
            found.setdefault(rule.labels["severity"], set()).add(timing)
    assert found == {severity: {timing} for severity, timing in STACKS[name].timings.items() if severity in found}


@every_stack
def test_a_severity_is_muted_at_the_teams_times(name):
    config = built(name).alertmanager
    muted = {
        severity: {route.mute_time_intervals for route in alertmanager.match(config, {"severity": severity})}
        for severity in STACKS[name].timings
    }
    assert muted == {severity: {STACKS[name].muted.get(severity, ())} for severity in STACKS[name].timings}


class Record(NamedTuple):
    """An alert that fires, as inhibition sees it."""

    labels: tuple[tuple[str, str], ...]
    fingerprint: str
    ends_at: int


@pytest.mark.parametrize(("name", "row"), rows("inhibited"))
def test_an_alert_mutes_what_follows_from_it_and_nothing_else(name, row):
    inhibitor = Inhibitor(built(name).alertmanager.inhibit_rules)
    assert not inhibitor.muted_by(labels(row.target), 0)
    inhibitor.update(Record(labels(row.source), "source", 1))
    assert inhibitor.muted_by(labels(row.target), 0) == "source"
    assert not inhibitor.muted_by(labels(row.other), 0)
    for labelled in (row.source, row.target, row.other):
        alert = built(name).alerts[labelled["alertname"]]
        assert {key: labelled[key] for key in ("severity", "pack")} == {
            key: alert.labels[key] for key in ("severity", "pack")
        }


@every_stack
def test_every_job_is_scraped_as_often_and_with_the_labels_of_the_team(name):
    config = built(name).prometheus
    found = {}
    for job in config.scrape_configs:
        every = format_duration(prometheus.resolved(job, config.global_).scrape_interval)
        groups = job.static_configs
        probed = sum(len(group.targets) for group in groups) if job.metrics_path == "/probe" else 0
        sources = [key.removesuffix("_sd_configs") for key in job.other if key.endswith("_sd_configs")]
        added = {key: value for group in groups for key, value in group.labels.items() if not key.startswith("__")}
        found[job.job_name] = (every, *(sources or ["static"]), added, probed)
    wanted = {key: (job.every, job.found, job.labels, job.probes) for key, job in STACKS[name].jobs.items()}
    assert found == wanted


@every_stack
def test_rules_are_evaluated_as_often_and_everything_says_where_it_is_from(name):
    global_ = built(name).prometheus.global_
    assert format_duration(global_.evaluation_interval) == STACKS[name].evaluation
    assert global_.external_labels == STACKS[name].cluster


@pytest.mark.parametrize(
    ("name", "pack", "least"),
    [(name, pack, least) for name, one in STACKS.items() for pack, least in one.panels.items()],
)
def test_a_dashboard_has_at_least_as_many_panels_as_the_teams(name, pack, least):
    stack = import_module(f"examples.stacks.{name}").stack
    board = built(name).dashboards[f"{stack.name}-{pack}"]
    queried = [panel for panel in board.panels if panel.type not in ("row", "text")]
    assert len(queried) >= least
    assert all(panel.description and panel.targets for panel in queried)


@every_stack
def test_the_stack_has_at_least_the_teams_number_of_metrics(name):
    stack = import_module(f"examples.stacks.{name}").stack
    assert (
        len({one.name for a in stack.services for pack in a.pack_list() for one in pack.metrics})
        >= STACKS[name].metrics
    )


@every_stack
def test_the_checks_find_nothing(name):
    checked = subprocess.run(
        [sys.executable, "-m", "vedette.cli", "check", "--strict", "--stack", f"examples.stacks.{name}:stack",
         "--environment", ENVIRONMENT],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr


@every_stack
@pytest.mark.parametrize("version", ["2.53", "3.5"])
def test_promtool_takes_the_files(name, version, folder):
    promtool, files = binary("promtool", version), folder(name) / "prometheus"
    # the files of a cluster's account, which the configuration names, are not here
    for command in (["config", "--syntax-only", files / "prometheus.yml"], ["rules", *files.glob("rules/*.yml")]):
        checked = subprocess.run([promtool, "check", *command], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr


@every_stack
def test_amtool_takes_the_routes_and_tells_the_same_receivers(name, folder):
    amtool, path = binary("amtool", "0.33"), folder(name) / "alertmanager" / "alertmanager.yml"
    checked = subprocess.run([amtool, "check-config", path], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    config = built(name).alertmanager
    kinds = {(rule.labels["severity"], rule.labels["pack"]): rule for rule in built(name).alerts.values()}
    for rule in kinds.values():
        given = [f"{key}={value}" for key, value in given_of(rule).items()]
        tested = subprocess.run(
            [amtool, "config", "routes", "test", f"--config.file={path}", *given],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        receivers = [route.receiver for route in alertmanager.match(config, given_of(rule))]
        assert tested.stdout.strip().split(",") == receivers
