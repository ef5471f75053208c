"""Texts of receivers that cannot run are told where they stand, and a real Alertmanager fails on the same ones."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml
from examples.shop.watched import stack
from tests.check.routes.expanded import BAD, Internet, outcomes
from tests.real import binary

from vedette.build import build
from vedette.check.foreign import facts_of_paths, facts_of_texts
from vedette.check.registry import Choice
from vedette.check.run import run
from vedette.formats._alertmanager_keys import INTEGRATIONS, TEMPLATED

CODE = "receiver-template"

WRONG = {
    "{{ .CommonLabels.job": "unclosed action",
    "{{ if .CommonLabels.job }}x": "no {{end}}",
    "{{ .CommonLabel.job }}": "can't evaluate field CommonLabel in type template.Data",
    "{{ range .Alerts }}{{ .Label.job }}{{ end }}": "can't evaluate field Label in type template.Alert",
    "{{ .Alerts.Firing.Labels }}": "can't evaluate field Labels",
    "{{ upper .Status }}": "function 'upper' not defined",
    "{{ $labels.job }}": "undefined variable '$labels'",
    "{{ .Status | reReplaceAll }}": "wrong number of args",
    "{{ template `shop.title` . }}": "template 'shop.title' not defined",
    "{{ define `a` }}{{ .Nope }}{{ end }}{{ template `a` . }}": "can't evaluate field Nope",
    "{{ if eq .Status `firing` }}{{ .Alert }}{{ end }}": "can't evaluate field Alert",
    "{{ toUpper .Alerts }}": "wrong type for value",
}
RIGHT = [
    "plain",
    "{{ .CommonLabels.job }} {{ .GroupLabels.nothing }} {{ .CommonAnnotations.summary }}",
    "{{ range .Alerts.Firing }}{{ .Labels.SortedPairs.Values | join `, ` }}{{ .StartsAt.UTC.Format `15:04` }}{{ end }}",
    "{{ template `slack.default.title` . }}{{ template `__subject` . }}",
    "{{ define `shop.title` }}{{ .Status | toUpper }}{{ end }}{{ template `shop.title` . }}",
    "{{ $first := index .Alerts 0 }}{{ $first.Labels.alertname }} {{ len .Alerts }} {{ .ExternalURL }} {{ .Receiver }}",
    "{{ with .CommonLabels.Remove (stringSlice `alertname`) }}{{ .Names }}{{ end }}",
    "{{ if gt (len .Alerts.Resolved) 0 }}over{{ else }}{{ .CommonLabels.severity | title }}{{ end }}",
]


def found(text, **files):
    """Findings in a configuration, or in it and more texts."""
    facts, problems = facts_of_texts({"alertmanager.yml": text, **files})
    return run(facts, problems, choice=Choice(select=(CODE,)))


def config(text, key="text", kind="msteamsv2_configs"):
    receiver = {"name": "team", kind: [{"webhook_url": "http://x", key: text}]}
    return yaml.safe_dump({"route": {"receiver": "team"}, "receivers": [receiver]})


@pytest.mark.parametrize(("text", "said"), WRONG.items())
def test_a_text_that_fails_is_told(text, said):
    (finding,) = found(config(text))
    assert finding.level == "error"
    assert said in finding.message
    assert "msteamsv2_configs[0].text is no template that can run, so that nothing is sent" in finding.message
    assert finding.place.line > 1


@pytest.mark.parametrize("text", RIGHT)
def test_a_text_that_runs_gets_no_word(text):
    assert found(config(text)) == []


def test_a_misspelt_function_field_or_template_is_corrected():
    fixes = [found(config(text))[0].fix for text in ("{{ toUper .Status }}", "{{ .CommonLabel.a }}", "{{ $x }}", BAD)]
    assert "did you mean 'toUpper'?" in fixes[0]
    assert "did you mean '.CommonLabels'?" in fixes[1]
    assert fixes[2:] == [
        "use a variable that the text itself sets, or a field such as .CommonLabels",
        "close it with }}",
    ]


WRITTEN = """\
route: {receiver: team}
receivers:
- name: team
  slack_configs:
  - api_url_file: /slack
    title: 'On {{ .Nope }}'
    text: |-
      One
      {{ .CommonLabels.job }}
        and {{ .Never }}
    fields:
    - {title: a, value: "{{ .Status"}
  email_configs:
  - to: "{{ .Bad }}"
    from: a@b
    smarthost: b:25
    headers: {subject: "{{ .Worse }}"}
  webhook_configs:
  - url: "http://{{ .Host }}"
"""


def test_the_place_is_that_of_the_mistake():
    findings = found(WRITTEN)
    lines = WRITTEN.splitlines()
    pointed = [lines[one.place.line - 1][one.place.column - 1 :] for one in findings]
    assert [text.partition(" }}")[0] for text in pointed] == [
        ".Nope", ".Never", '{{ .Status"}', ".Bad", ".Worse", ".Host",
    ]  # fmt: skip
    assert [one.place.line for one in findings] == [6, 10, 12, 14, 17, 19]
    assert "slack_configs[0].fields[0].value" in findings[2].message
    assert "so that it and others of the message come empty" in findings[0].message


@pytest.mark.parametrize("key", ["username", "avatar_url"])
def test_what_alertmanager_does_not_expand_is_left_alone(key):
    assert found(config(BAD, key, "discord_configs")) == []


def told(folder):
    facts, problems = facts_of_paths([folder])
    return [
        (Path(one.place.file).name, one.place.line, one.place.column, one.message.partition(": ")[2])
        for one in run(facts, problems, choice=Choice(select=(CODE,)))
    ]


@pytest.fixture
def here(tmp_path):
    (tmp_path / "templates").mkdir()
    text = config("{{ template `shop.text` . }}").replace("route:", "templates: ['templates/*.tmpl']\nroute:")
    (tmp_path / "alertmanager.yml").write_text(text)
    return tmp_path


def test_a_broken_file_of_templates_is_told_at_its_line(here):
    (here / "templates" / "shop.tmpl").write_text('{{ define "shop.text" }}\nall\n{{ .Status }{{ end }}\n')
    ((file, line, _, message),) = told(here)
    assert (file, line) == ("shop.tmpl", 3)
    assert "unexpected" in message


def test_a_template_that_no_file_defines_is_told_where_the_files_are_there(here):
    assert told(here) == []
    (here / "templates" / "shop.tmpl").write_text('{{ define "shop.texts" }}all{{ end }}')
    ((file, *_, message),) = told(here)
    assert file == "alertmanager.yml"
    assert message == "template 'shop.text' not defined"
    (here / "templates" / "more.tmpl").write_text('{{ define "shop.text" }}all{{ end }}')
    assert told(here) == []


def test_a_mistake_within_a_defined_template_is_told_where_it_is_used(here):
    (here / "templates" / "shop.tmpl").write_text('{{ define "shop.text" }}\n{{ .Labels.job }}{{ end }}')
    ((file, *_, message),) = told(here)
    assert file == "alertmanager.yml"
    assert message.startswith("can't evaluate field Labels in type template.Data (in ")
    assert message.endswith("shop.tmpl:2)")


def test_files_elsewhere_and_those_that_cannot_be_read_leave_names_open(here):
    for pattern in ("/etc/alertmanager/*.tmpl", "templates/bad*"):
        text = (here / "alertmanager.yml").read_text().replace("templates/*.tmpl", pattern)
        (here / "other").mkdir(exist_ok=True)
        (here / "other" / "alertmanager.yml").write_text(text)
        (here / "other" / "templates").mkdir(exist_ok=True)
        (here / "other" / "templates" / "bad").write_bytes(b"\xff")
        assert told(here / "other") == []


def test_what_is_built_runs():
    files = {path: text for path, text in build(stack, "local").items() if path.startswith("alertmanager/")}
    assert "{{" in "".join(files.values())
    facts, problems = facts_of_texts(files)
    assert facts.routing
    assert run(facts, problems, choice=Choice(select=(CODE,))) == []


def test_every_key_of_the_table_is_one_that_alertmanager_has():
    for kind, keys in TEMPLATED.items():
        for key in keys:
            shape = INTEGRATIONS[kind]
            for part in key.split("."):
                assert shape is not None
                assert part in shape, f"{kind}: {key}"
                shape = shape[part]


@pytest.mark.real
def test_a_real_alertmanager_expands_these_keys_and_fails_on_the_same_texts(tmp_path):
    with Internet().running() as internet:
        keys = {f"k{number}": one for number, one in enumerate(_keys())}
        texts = {f"t{number}": one for number, one in enumerate([*WRONG, *RIGHT])}
        receivers = [internet.with_bad(kind, key, name) for name, (kind, key) in keys.items()]
        receivers += [
            {"name": name, "msteamsv2_configs": [{**internet.receiver("msteamsv2_configs", name), "text": text}]}
            for name, text in texts.items()
        ]
        said = outcomes(tmp_path, internet, receivers)
        # Slack gets a message without it
        empty = {name for name, body in internet.posted.items() if b".Nope" not in body}
    assert {text for name, text in texts.items() if said[name]} == set(WRONG)
    expanded = {name for name in keys if "unclosed action" in said.get(name, "") or name in empty}
    assert {keys[name] for name in keys.keys() - expanded} == set()


def _keys():
    return [
        (kind, key)
        for kind, keys in TEMPLATED.items()
        for key in sorted(keys)
        if (kind, key) != ("webhook_configs", "url")
    ]


@pytest.mark.real
def test_amtool_refuses_a_broken_address_of_a_webhook(tmp_path):
    for url, passes in ((BAD, False), ("http://x/{{ .Status }}", True)):
        receivers = [{"name": "team", "webhook_configs": [{"url": url}]}]
        (tmp_path / "alertmanager.yml").write_text(json.dumps({"route": {"receiver": "team"}, "receivers": receivers}))
        command = [binary("amtool", "0.33"), "check-config", "alertmanager.yml"]
        assert (subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0) is passes
