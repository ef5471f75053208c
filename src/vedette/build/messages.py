"""What a notification says: the templates of mail, Slack and PagerDuty, in Alertmanager's template language."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

__all__ = [
    "EMAIL_HTML",
    "EMAIL_SUBJECT",
    "EMAIL_TEXT",
    "PAGERDUTY_DETAILS",
    "PAGERDUTY_TITLE",
    "SLACK_TEXT",
    "SLACK_TITLE",
    "TEAMS_TEXT",
    "TEAMS_TITLE",
]

_HEAD = (
    "{{ if gt (len .Alerts.Firing) 0 }}FIRING{{ if gt (len .Alerts.Firing) 1 }} {{ len .Alerts.Firing }}{{ end }}"
    "{{ else }}RESOLVED{{ end }}"
)
# The annotations of an alert that is over still say what was the case at its last evaluation.
_BEFORE = '{{ if eq .Status "resolved" }}No longer: {{ end }}'
_WHAT = (
    "{{ if and .CommonAnnotations.summary (gt (len .Alerts.Firing) 0) }}{{ .CommonAnnotations.summary }}"
    "{{ else }}{{ or .CommonLabels.alertname .CommonLabels.severity }}"
    "{{ if .CommonLabels.service }} of {{ .CommonLabels.service }}{{ end }}{{ end }}"
)

EMAIL_SUBJECT: Final = f"[{_HEAD}] {_WHAT}"

EMAIL_TEXT: Final = (
    """\
{{ range .Alerts -}}
{{ if eq .Status "firing" }}FIRING{{ else }}RESOLVED{{ end }}  {{ .Labels.alertname }} ({{ .Labels.severity }})
"""
    + _BEFORE
    + """{{ .Annotations.summary }}
{{ if .Annotations.description }}{{ .Annotations.description }}
{{ end }}
{{ if and .Annotations.value (eq .Status "firing") }}  value      {{ .Annotations.value }}
{{ end }}  service    {{ .Labels.service }}{{ if .Labels.instance }}, {{ .Labels.instance }}{{ end }}
  since      {{ .StartsAt.UTC.Format "2006-01-02 15:04:05 UTC" }}
{{ if eq .Status "resolved" }}  until      {{ .EndsAt.UTC.Format "2006-01-02 15:04:05 UTC" }}
{{ end }}{{ if .Annotations.runbook_url }}  runbook    {{ .Annotations.runbook_url }}
{{ end }}{{ if .Annotations.dashboard_url }}  dashboard  {{ .Annotations.dashboard_url }}
{{ end }}
{{ end }}"""
)

EMAIL_HTML: Final = (files("vedette.build") / "templates" / "email.html").read_text("utf-8")

SLACK_TITLE: Final = f"[{_HEAD}] {_WHAT}"

SLACK_TEXT: Final = (
    "{{ range .Alerts }}*" + _BEFORE + "{{ .Annotations.summary }}* ({{ .Labels.severity }}, {{ .Labels.alertname }})\n"
    "{{ if .Annotations.description }}{{ .Annotations.description }}\n{{ end }}"
    "{{ if .Annotations.runbook_url }}<{{ .Annotations.runbook_url }}|Runbook>{{ end }}"
    "{{ if .Annotations.dashboard_url }} · <{{ .Annotations.dashboard_url }}|Dashboard>{{ end }}\n{{ end }}"
)

TEAMS_TITLE: Final = f"[{_HEAD}] {_WHAT}"

TEAMS_TEXT: Final = (
    "{{ range .Alerts }}**"
    + _BEFORE
    + "{{ .Annotations.summary }}** ({{ .Labels.severity }}, {{ .Labels.alertname }})\n\n"
    "{{ if .Annotations.description }}{{ .Annotations.description }}\n\n{{ end }}"
    "{{ if .Annotations.runbook_url }}[Runbook]({{ .Annotations.runbook_url }}){{ end }}"
    "{{ if .Annotations.dashboard_url }} · [Dashboard]({{ .Annotations.dashboard_url }}){{ end }}\n\n{{ end }}"
)

PAGERDUTY_TITLE: Final = _WHAT

PAGERDUTY_DETAILS: Final = {
    "description": "{{ .CommonAnnotations.description }}",
    "runbook": "{{ .CommonAnnotations.runbook_url }}",
    "dashboard": "{{ .CommonAnnotations.dashboard_url }}",
    "value": "{{ .CommonAnnotations.value }}",
    "firing": "{{ range .Alerts.Firing }}{{ .Annotations.summary }}\n{{ end }}",
}
