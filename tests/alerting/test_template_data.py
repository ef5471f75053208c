"""Notification templates see what Alertmanager shows them: rendered side by side with the real amtool."""

# ruff: noqa: E501 - a template stands on one line

from __future__ import annotations

import json
import subprocess

import pytest
from tests.real import binary

from vedette.alerting.delivery import AlertRecord, Notification
from vedette.alerting.template_data import template_data
from vedette.alerting.templates import Templates
from vedette.formats.alerts import fingerprint, webhook_body
from vedette.promql.labels import labels

NOW = 1_767_323_045_500


def alert(n: str, *, ended: bool = False, **more: str) -> AlertRecord:
    own = labels({"alertname": "Down", "n": n, "job": "shop", **more})
    return AlertRecord(
        fingerprint=fingerprint(own),
        labels=own,
        annotations={"summary": f"<b>{n}</b> & co", "same": "x"},
        starts_at=NOW - 90_500,
        ends_at=NOW - 500 if ended else NOW + 60_000,
        updated_at=NOW,
        generator_url="http://prometheus/graph?g0.expr=a&g0.tab=1",
    )


NOTIFICATION = Notification(
    id="1",
    now=NOW,
    receiver="team-x",
    group_key='{}:{alertname="Down"}',
    group_labels=labels({"alertname": "Down"}),
    alerts=(alert("1"), alert("2", ended=True, zone="a+b")),
    external_url="http://alerts.example.com",
    reason="first notification",
    thread="1",
)

TEXTS = [
    "{{ .Status }} {{ .Receiver }} {{ .ExternalURL }} {{ .NotificationReason }}",
    "{{ len .Alerts }} {{ .Alerts.Firing | len }} {{ .Alerts.Resolved | len }}",
    "{{ .GroupLabels }}|{{ .CommonLabels }}|{{ .CommonAnnotations }}",
    "{{ .Alerts }}",
    "{{ range .Alerts }}{{ .Labels.n }} {{ .Labels.missing }} {{ .Fingerprint }} {{ .StartsAt }} {{ .EndsAt }};{{ end }}",
    '{{ range .Alerts }}{{ .EndsAt.IsZero }} {{ .StartsAt.Format "Jan 2 15:04:05" }} {{ .StartsAt.Unix }} {{ end }}',
    "{{ range .CommonLabels.SortedPairs }}{{ .Name }}={{ .Value }};{{ end }}",
    '{{ .CommonLabels.SortedPairs.Names | join "," }} {{ .CommonLabels.Values | join "," }} {{ .CommonLabels.Names }}',
    "{{ (.CommonLabels.Remove .GroupLabels.Names).SortedPairs }} {{ .CommonLabels.Remove (stringSlice `job`) }}",
    "{{ toJson . }}",
    "{{ toJson .CommonLabels }} {{ (index .Alerts 0).Annotations | toJson }}",
    "{{ title `hELLO wORLD bar's a-b_c` }} {{ toUpper `x` }} {{ toLower `X` }} {{ trimSpace ` a ` }}",
    "{{ humanizeDuration 3661 }} {{ humanizeDuration 0.5 }} {{ reReplaceAll `(a)(b)` `$2$1` `abab` }} {{ match `^a` `abc` }}",
    "{{ urlUnescape `a%20b+c` }} {{ stringSlice `a` `b` }} {{ list 1 2 `x` }} {{ append (list 1) 2 }} {{ dict `a` 1 `b` 2 }}",
    "{{ (index .Alerts 0).StartsAt | tz `Europe/Paris` | date `2006-01-02T15:04:05Z07:00 MST` }}",
    "{{ (index .Alerts 0).StartsAt.Sub (index .Alerts 1).EndsAt }}",
    "{{ .Receiver | urlquery }} {{ .Status | html }} {{ printf `%v %T` .Status .GroupLabels }} {{ print .CommonLabels 1 }}",
    "{{ with .CommonLabels.nope }}a{{ else }}b{{ end }}{{ if .Alerts.Resolved }}c{{ end }}{{ if gt (len .Alerts.Firing) 1 }}d{{ end }}",
    "{{ define `mine` }}[{{ . }}]{{ end }}{{ template `mine` .Status }}",
]  # fmt: skip
HTML = [
    "<p>{{ (index .Alerts 0).Annotations.summary }}</p>",
    '<p title="{{ (index .Alerts 0).Annotations.summary }}">{{ (index .Alerts 1).Labels.zone }}</p>',
    '<a href="{{ (index .Alerts 0).GeneratorURL }}">x</a>',
    '<a href="{{ "javascript:alert(1)" }}">x</a><a href="/p?q={{ "a&b c" }}">y</a>',
    "{{ `<i>ok</i>` | safeHtml }}{{ .CommonLabels }}",
    "{{ range .Alerts }}<li>{{ .Labels.SortedPairs }}</li>{{ end }}",
]


@pytest.mark.real
@pytest.mark.parametrize(("kind", "text"), [("text", text) for text in TEXTS] + [("html", text) for text in HTML])
def test_amtool_renders_the_same(kind, text, tmp_path):
    ours = Templates.load().text(text, template_data(NOTIFICATION), NOW, html=kind == "html")
    body = webhook_body(
        (one.alert for one in NOTIFICATION.alerts), now=NOW, receiver=NOTIFICATION.receiver,
        group_labels=NOTIFICATION.group_labels, group_key="", external_url=NOTIFICATION.external_url,
    )  # fmt: skip
    data = tmp_path / "data.json"
    data.write_text(json.dumps(body))
    empty = tmp_path / "none.tmpl"
    empty.write_text("")
    command = [
        binary("amtool", "0.33"), "template", "render", f"--template.glob={empty}", f"--template.data={data}",
        f"--template.type={kind}", f"--template.text={text}",
    ]  # fmt: skip
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ours == ran.stdout.removesuffix("\n")


def test_common_labels_are_those_that_every_alert_has():
    data = template_data(NOTIFICATION)
    assert data.common_labels == {"alertname": "Down", "job": "shop"}
    assert data.common_annotations == {"same": "x"}
    assert [one.status for one in data.alerts] == ["firing", "resolved"]
