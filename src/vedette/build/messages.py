"""What a notification says: the templates of mail, Slack and PagerDuty, in Alertmanager's template language."""

from __future__ import annotations

from typing import Final

__all__ = [
    "EMAIL_HTML",
    "EMAIL_SUBJECT",
    "EMAIL_TEXT",
    "PAGERDUTY_DETAILS",
    "PAGERDUTY_TITLE",
    "SLACK_TEXT",
    "SLACK_TITLE",
]

_HEAD = (
    "{{ if gt (len .Alerts.Firing) 0 }}FIRING{{ if gt (len .Alerts.Firing) 1 }} {{ len .Alerts.Firing }}{{ end }}"
    "{{ else }}RESOLVED{{ end }}"
)
_WHAT = (
    "{{ if .CommonAnnotations.summary }}{{ .CommonAnnotations.summary }}"
    "{{ else }}{{ or .CommonLabels.alertname .CommonLabels.severity }}"
    "{{ if .CommonLabels.service }} of {{ .CommonLabels.service }}{{ end }}{{ end }}"
)

EMAIL_SUBJECT: Final = f"[{_HEAD}] {_WHAT}"

EMAIL_TEXT: Final = """\
{{ range .Alerts -}}
{{ if eq .Status "firing" }}FIRING{{ else }}RESOLVED{{ end }}  {{ .Labels.alertname }} ({{ .Labels.severity }})
{{ .Annotations.summary }}
{{ if .Annotations.description }}{{ .Annotations.description }}
{{ end }}
  service    {{ .Labels.service }}{{ if .Labels.instance }}, {{ .Labels.instance }}{{ end }}
  since      {{ .StartsAt.UTC.Format "2006-01-02 15:04:05 UTC" }}
{{ if eq .Status "resolved" }}  until      {{ .EndsAt.UTC.Format "2006-01-02 15:04:05 UTC" }}
{{ end }}{{ if .Annotations.runbook_url }}  runbook    {{ .Annotations.runbook_url }}
{{ end }}{{ if .Annotations.dashboard_url }}  dashboard  {{ .Annotations.dashboard_url }}
{{ end }}
{{ end }}"""

EMAIL_HTML: Final = """\
<!DOCTYPE html>
<html><body style="margin:0;padding:24px;font:15px/1.5 system-ui,sans-serif;color:#1c2330">
{{ range .Alerts }}
<div style="margin:0 0 20px;padding:4px 0 4px 16px;border-left:4px solid \
{{ if eq .Status "resolved" }}#1a7f37{{ else if eq .Labels.severity "critical" }}#cf222e\
{{ else if eq .Labels.severity "high" }}#d4670b{{ else if eq .Labels.severity "medium" }}#b58900\
{{ else }}#2f6fd0{{ end }}">
<div style="font-size:12px;color:#5b6472">{{ if eq .Status "firing" }}Firing{{ else }}Resolved{{ end }} &middot; \
{{ .Labels.severity }} &middot; {{ .Labels.alertname }}</div>
<div style="font-size:17px;font-weight:600">{{ .Annotations.summary }}</div>
{{ if .Annotations.description }}<div>{{ .Annotations.description }}</div>{{ end }}
<div style="font-size:13px;color:#5b6472">{{ .Labels.service }}\
{{ if .Labels.instance }}, {{ .Labels.instance }}{{ end }}, \
since {{ .StartsAt.UTC.Format "2006-01-02 15:04:05 UTC" }}\
{{ if eq .Status "resolved" }} until {{ .EndsAt.UTC.Format "2006-01-02 15:04:05 UTC" }}{{ end }}</div>
<div>{{ if .Annotations.runbook_url }}<a href="{{ .Annotations.runbook_url }}">Runbook</a>{{ end }}\
{{ if .Annotations.dashboard_url }} &middot; <a href="{{ .Annotations.dashboard_url }}">Dashboard</a>{{ end }}</div>
</div>
{{ end }}
</body></html>
"""

SLACK_TITLE: Final = f"[{_HEAD}] {_WHAT}"

SLACK_TEXT: Final = (
    "{{ range .Alerts }}*{{ .Annotations.summary }}* ({{ .Labels.severity }}, {{ .Labels.alertname }})\n"
    "{{ if .Annotations.description }}{{ .Annotations.description }}\n{{ end }}"
    "{{ if .Annotations.runbook_url }}<{{ .Annotations.runbook_url }}|Runbook>{{ end }}"
    "{{ if .Annotations.dashboard_url }} · <{{ .Annotations.dashboard_url }}|Dashboard>{{ end }}\n{{ end }}"
)

PAGERDUTY_TITLE: Final = _WHAT

PAGERDUTY_DETAILS: Final = {
    "description": "{{ .CommonAnnotations.description }}",
    "runbook": "{{ .CommonAnnotations.runbook_url }}",
    "dashboard": "{{ .CommonAnnotations.dashboard_url }}",
    "firing": "{{ range .Alerts.Firing }}{{ .Annotations.summary }}\n{{ end }}",
}
