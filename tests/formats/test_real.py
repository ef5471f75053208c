"""The real promtool, amtool, Prometheus and Alertmanager take what is written here and understand the same."""

from __future__ import annotations

import http.server
import json
import os
import re
import subprocess
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from tests import real

from vedette.formats import alertmanager, alerts, prometheus, rules, versions
from vedette.formats._alertmanager_keys import ALERTMANAGER, INTEGRATIONS
from vedette.formats._http_keys import HTTP_CLIENT
from vedette.formats._prometheus_keys import DISCOVERY, GONE, PROMETHEUS, RELABEL
from vedette.formats.alerts import Alert
from vedette.formats.rules import AlertingRule, RecordingRule, RuleFile, RuleGroup
from vedette.promql.labels import labels

pytestmark = pytest.mark.real

NASTY = [
    "yes", "1", "0x1f", "12:30", "~", "", " a ", "a: b", "a #b", "#", "- a", "{{ $labels.job }}: it's \"down\"",
    "x\ny", "x\n", "\nx", "  x\n y\n\n\n", "\t", "a\tb\nc", "\x07\x85\xa0\u2028\ufeff", "ü€🙂", "\\", "%a", "@a",
    "`a`", "a\r\nb", "=", "<<",
]  # fmt: skip

RULES = RuleFile(
    groups=(
        RuleGroup(
            name="shop: rules",
            interval=15_000,
            limit=100,
            rules=(
                RecordingRule(record="job:up:sum", expr="sum by (job) (up)\n", labels={"level": "job"}),
                AlertingRule(
                    alert="Down",
                    expr='  up{job=~"a|b"}\n    == 0 # dead\n',
                    for_=90_000,
                    keep_firing_for=60_000,
                    labels={f"l{index}": text for index, text in enumerate(NASTY) if "{{" not in text},
                    annotations={f"a{index}": text for index, text in enumerate(NASTY)},
                ),
            ),
        ),
    )
)  # fmt: skip

PROMETHEUS_YML = """
global:
  scrape_interval: 15s
  evaluation_interval: 15s
  external_labels: {environment: 'yes', 'on': '1'}
rule_files: ['rules/*.yml']
alerting:
  alertmanagers:
  - static_configs: [{targets: ['am:9093']}]
scrape_configs:
- job_name: shop
  metrics_path: /m
  scheme: https
  params: {'match[]': ['{job="a"}']}
  honor_labels: true
  body_size_limit: 10MB
  sample_limit: 10000
  label_limit: 50
  bearer_token_file: token
  static_configs:
  - targets: ['a:1', '[::1]:9090']
    labels: {zone: '1'}
  relabel_configs:
  - {source_labels: [__address__], regex: '([^:]+):(\\d+)', replacement: '${1}', target_label: host}
  - {action: hashmod, source_labels: [host], modulus: 3, target_label: shard}
  - {action: labelkeep, regex: '.+'}
  metric_relabel_configs: [{source_labels: [__name__], separator: '', regex: go_.*, action: drop}]
- job_name: files
  scrape_interval: 5s
  file_sd_configs: [{files: ['t/*.json'], refresh_interval: 1m}]
  basic_auth: {username: u, password: p}
storage: {tsdb: {out_of_order_time_window: 5m}}
"""

NEWER_PROMETHEUS_YML = """
global: {scrape_protocols: [PrometheusText0.0.4], rule_query_offset: 5s, sample_limit: 100}
scrape_configs:
- {job_name: a, keep_dropped_targets: 5, http_headers: {X: {values: [b]}}, no_proxy: x, proxy_url: 'http://y'}
"""

ALERTMANAGER_YML = r"""
global: {smtp_smarthost: 'mail:25', smtp_from: a@b, smtp_require_tls: no, resolve_timeout: 1m}
route:
  receiver: default
  group_by: [alertname]
  routes:
  - match: {team: db}
    match_re: {severity: crit|page}
    receiver: both
    group_by: ['...']
    continue: true
  - matchers: ['{a="b\\c\"", d!~"[x,y]{2}"}', e!='']
    group_wait: 0s
    group_interval: 1m30s
    repeat_interval: 1d
    mute_time_intervals: [nights]
receivers:
- name: default
- name: both
  email_configs:
  - {to: 'x@y', headers: {Subject: '{{ .Status }}: it''s'}, html: '', text: "two\nlines", send_resolved: true}
  webhook_configs:
  - {url: 'http://sink:9/', max_alerts: 3, http_config: {basic_auth: {username: u, password: p}}}
  slack_configs: [{api_url: 'http://slack/x', channel: '#c'}]
  pagerduty_configs: [{routing_key: k, details: {a: b}}]
inhibit_rules:
- {source_match: {a: b}, target_matchers: [c=~"d.*"], equal: [e]}
time_intervals:
- name: nights
  time_intervals:
  - {times: [{start_time: 22:00, end_time: 24:00}], weekdays: ['monday:friday'], months: [1], location: UTC}
"""

NEWER_ALERTMANAGER_YML = r"""
route:
  receiver: a
  routes: [{matchers: ['"utf 8"="ü"', 'föö=bar']}]
inhibit_rules: [{name: x, source_matchers: [a=b], target_matchers: [c=d]}]
receivers:
- name: a
  labels: {team: shop}
  webhook_configs: [{url_file: secret, timeout: 5s}]
  msteamsv2_configs: [{webhook_url_file: f}]
"""


def checked(program: real.Program, version: str, *arguments: str | Path, cwd: Path) -> None:
    command = [str(part) for part in (real.binary(program, version), *arguments)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("version", ["2.42", "2.53", "3.5"])
def test_promtool_takes_rules_and_config_as_written(version: str, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "token").write_text("x")
    (tmp_path / "t").mkdir()
    (tmp_path / "rules" / "shop.yml").write_text(rules.write(RULES))
    (tmp_path / "prometheus.yml").write_text(prometheus.write(prometheus.read(PROMETHEUS_YML, "p.yml")))
    checked("promtool", version, "check", "rules", "rules/shop.yml", cwd=tmp_path)
    checked("promtool", version, "check", "config", "prometheus.yml", cwd=tmp_path)


@pytest.mark.parametrize("version", ["2.53", "3.5"])
def test_promtool_takes_newer_keys_as_written(version: str, tmp_path: Path) -> None:
    (tmp_path / "prometheus.yml").write_text(prometheus.write(prometheus.read(NEWER_PROMETHEUS_YML, "p.yml")))
    checked("promtool", version, "check", "config", "prometheus.yml", cwd=tmp_path)


@pytest.mark.parametrize("version", ["2.42", "2.53", "3.5"])
def test_promtool_takes_every_rule_file_in_the_wild_as_we_write_it(version: str, tmp_path: Path) -> None:
    data = os.environ.get("VEDETTE_DATA")
    if not data:
        pytest.skip("VEDETTE_DATA is unset: no rule files of others to write")
    names = []
    for index, path in enumerate(sorted(Path(data, "alert-rules").rglob("*.yml"))):
        names.append(f"{index}.yml")
        (tmp_path / names[-1]).write_text(rules.write(rules.read(path.read_text(), path.name)))
    checked("promtool", version, "check", "rules", "--lint=none", *names, cwd=tmp_path)


@pytest.mark.parametrize(
    ("version", "text"), [("0.25", ALERTMANAGER_YML), ("0.33", ALERTMANAGER_YML), ("0.33", NEWER_ALERTMANAGER_YML)]
)
def test_amtool_takes_a_config_as_written(version: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "alertmanager.yml").write_text(alertmanager.write(alertmanager.read(text, "a.yml")))
    checked("amtool", version, "check-config", "alertmanager.yml", cwd=tmp_path)


JOB = "scrape_configs:\n- job_name: a\n"
RECEIVER = "route: {receiver: a}\nreceivers:\n- name: a\n"
STRIPPED = {"azure", "consul", "kuma", "nomad", "openstack", "stackit"}
"""Discovery that Debian builds Prometheus without."""

SECTIONS: dict[str, Any] = {
    "": PROMETHEUS,
    **{f"{key}:\n": PROMETHEUS[key] for key in ("alerting", "global", "otlp", "runtime", "storage", "tracing")},
    **{f"{key}:\n-\n": PROMETHEUS[key] for key in ("remote_read", "scrape_configs")},
    "remote_write:\n-\n  queue_config:\n": PROMETHEUS["remote_write"]["queue_config"],  # type: ignore[index]
    f"{JOB}  relabel_configs:\n  -\n": RELABEL,
    **{f"{JOB}  {key}:\n": below for key, below in HTTP_CLIENT.items() if below and key != "http_headers"},
    **{f"{JOB}  {key}:\n  -\n": below for key, below in DISCOVERY.items() if key.split("_")[0] not in STRIPPED},
    "amtool": ALERTMANAGER,
    **{f"amtool{key}:\n": ALERTMANAGER[key] for key in ("event_recorder", "global", "route", "tracing")},
    **{f"amtool{key}:\n-\n": ALERTMANAGER[key] for key in ("inhibit_rules", "receivers", "time_intervals")},
    **{f"amtool{RECEIVER}  {key}:\n  -\n": below for key, below in INTEGRATIONS.items()},
}


def refused(program: real.Program, version: str, above: str, keys: set[str], folder: Path) -> set[str]:
    """Those of ``keys`` that the tool does not know in the section that ends with ``above``."""
    last = above.splitlines()[-1] if above else ""
    indent = " " * (len(last) - len(last.lstrip()) + 2) if last else ""
    (folder / "c.yml").write_text(above + "".join(f"{indent}{key}:\n" for key in sorted(keys)))
    command = [
        real.binary(program, version),
        *(["check-config"] if program == "amtool" else ["check", "config"]),
        "c.yml",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return set(re.findall(r"field (\w+) not found", done.stdout + done.stderr))


@pytest.mark.parametrize("above", SECTIONS)
def test_the_real_tools_know_every_key_that_we_know(above: str, tmp_path: Path) -> None:
    program: real.Program = "amtool" if above.startswith("amtool") else "promtool"
    known = {key for key in SECTIONS[above] if key.removesuffix("_sd_configs") not in STRIPPED} - GONE
    version = {"amtool": "0.33", "promtool": "3.5"}[program]
    assert refused(program, version, above.removeprefix("amtool"), known | {"nonsense"}, tmp_path) == {"nonsense"}


OLD_STRIPPED = {"kubernetes_sd_configs", "linode_sd_configs"}
"""Discovery that Debian built Prometheus 2.42 without."""


@pytest.mark.parametrize("version", ["2.42", "2.53", "0.25"])
def test_older_tools_refuse_what_we_say_they_refuse(version: str, tmp_path: Path) -> None:
    amtool = version == "0.25"
    table = versions.ALERTMANAGER_SINCE if amtool else versions.PROMETHEUS_SINCE
    newer: dict[str, set[str]] = {}
    for release, sections in table.items():
        if release > version:
            for section, keys in sections.items():
                newer.setdefault(section, set()).update(keys.split())
    for above, shape in SECTIONS.items():
        section = (re.findall(r"(\w+):\n(?: *-\n)?$", above.removeprefix("amtool")) or [""])[0]
        itself_new = section in newer.get("", set()) | newer.get("receivers", set()) | OLD_STRIPPED
        if above.startswith("amtool") != amtool or itself_new:
            continue
        known = {key for key in shape if key.removesuffix("_sd_configs") not in STRIPPED} - OLD_STRIPPED
        expected = known & (newer.get(section, set()) | newer.get(versions.ANYWHERE, set()))
        tool: real.Program = "amtool" if amtool else "promtool"
        assert (above, refused(tool, version, above.removeprefix("amtool"), known, tmp_path)) == (above, expected)


def test_prometheus_reads_the_texts_that_were_written(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(rules.write(RULES))
    with real.prometheus(tmp_path, "rule_files: [rules.yml]\n") as url:
        reply = urllib.request.urlopen(f"{url}/api/v1/rules", timeout=10)
        (group,) = json.load(reply)["data"]["groups"]
    recording, alerting = group["rules"]
    rule = RULES.groups[0].rules[1]
    assert isinstance(rule, AlertingRule)
    assert (group["name"], group["interval"], group["limit"]) == ("shop: rules", 15, 100)
    assert (recording["name"], recording["labels"]) == ("job:up:sum", {"level": "job"})
    assert (alerting["duration"], alerting["keepFiringFor"]) == (90, 60)
    assert alerting["annotations"] == rule.annotations
    assert alerting["labels"] == rule.labels


class Sink(http.server.BaseHTTPRequestHandler):
    """Keeps the bodies that are posted to it."""

    bodies: list[dict[str, Any]]

    def do_POST(self) -> None:
        """Keep the body."""
        self.server.bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


ROUTING = r"""
route:
  receiver: 'team-a.b/c'
  group_wait: 1s
  group_by: [alertname, zone]
  routes:
  - matchers: ['severity="critical"', 'zone=~"a|b"', 'b!=""']
    continue: true
  - match: {x: y}
    match_re: {severity: "crit.*", c: "d?"}
    matchers: ['a!~"q\"u"', '"utf 8"="lü\nx"']
    group_by: ['...']
    continue: true
  - matchers: ['severity="critical"']
    routes:
    - matchers: ['alertname=~".*"', 'alertname!="z"', 'alertname=~"A.*"']
receivers:
- name: 'team-a.b/c'
  webhook_configs:
  - url: http://127.0.0.1:PORT/
    max_alerts: 2
"""


def test_alertmanager_sends_the_bodies_that_we_make(tmp_path: Path) -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    server.bodies = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    config = alertmanager.read(ROUTING.replace("PORT", str(server.server_port)), "a.yml")
    now = int(time.time() * 1000)
    sets: list[dict[str, str]] = [
        {"alertname": "A", "severity": "critical", "zone": "a", "b": "1"},
        {"alertname": "A", "severity": "critical", "zone": "a", "b": "2", "job": "j"},
        {
            "alertname": "A",
            "severity": "critical",
            "zone": "a",
            "b": "3",
            "job": "i",
            "utf 8": "lü\nx",
            "x": 'y\x01"é\xa0',
        },
        {"alertname": "A", "severity": "critical", "x": "y", "a": "1", "utf 8": "lü\nx", "c": "d"},
        {"alertname": "A", "severity": "critical", "x": "y", "a": "1", "utf 8": "lü\nx", "zz": "1"},
        {"ok": "1"},
    ]
    sent = [
        Alert(
            labels=labels(pairs),
            annotations={"common": "<c> & é", f"own{index}": str(index)},
            starts_at=now - index,
            ends_at=now + 600_000,
            generator_url=f"http://g/{index}",
        )
        for index, pairs in enumerate(sets)
    ]
    expected: dict[str, dict[str, Any]] = {}
    groups: dict[str, tuple[alertmanager.ResolvedRoute, list[Alert]]] = {}
    for alert in sent:
        for route in alertmanager.match(config, dict(alert.labels)):
            key = route.group_key(route.group_labels(alert.labels))
            groups.setdefault(key, (route, []))[1].append(alert)
    with real.alertmanager(tmp_path, alertmanager.write(config)) as url:
        for key, (route, members) in groups.items():
            expected[key] = alerts.webhook_body(
                members,
                now=now,
                receiver=route.receiver,
                group_labels=route.group_labels(members[0].labels),
                group_key=key,
                external_url=url,
                max_alerts=2,
            )
        request = urllib.request.Request(
            f"{url}/api/v2/alerts", data=alerts.write_alerts(sent), headers={"content-type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=10).close()
        deadline = time.monotonic() + 20
        while len(server.bodies) < len(expected) and time.monotonic() < deadline:  # type: ignore[attr-defined]
            time.sleep(0.02)
        got = json.load(urllib.request.urlopen(f"{url}/api/v2/alerts", timeout=10))
    server.shutdown()
    server.server_close()
    bodies = {body["groupKey"]: body for body in server.bodies}  # type: ignore[attr-defined]
    assert set(bodies) == set(expected)
    for key, body in bodies.items():
        assert list(body) == list(expected[key])
        assert {**body, "externalURL": ""} == {**expected[key], "externalURL": ""}
        assert list(body["alerts"][0]) == list(expected[key]["alerts"][0])
    shown = {item["fingerprint"]: item for item in got}
    for alert in sent:
        item = shown[alerts.fingerprint(alert.labels)]
        routes = alertmanager.match(config, dict(alert.labels))
        mine = alerts.gettable_alert(
            alert, updated_at=alerts.parse_time(item["updatedAt"]), receivers=[route.receiver for route in routes]
        )
        assert json.dumps(mine) == json.dumps(item)
