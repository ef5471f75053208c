"""The texts of notifications, rendered by the real Alertmanager's templates."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from tests.real import binary

from vedette.build import messages

pytestmark = pytest.mark.real

FIRING = {
    "status": "firing",
    "labels": {"alertname": "NoOrders", "severity": "high", "service": "shop", "instance": "a:1"},
    "annotations": {
        "summary": "No order & no <money>",
        "description": "Silence.",
        "runbook_url": "http://w/runbooks/NoOrders",
        "dashboard_url": "http://w/d/shop-shop?viewPanel=7&var-job=shop",
    },
    "startsAt": "2026-03-01T12:00:00Z",
    "endsAt": "0001-01-01T00:00:00Z",
}
RESOLVED = {**FIRING, "status": "resolved", "endsAt": "2026-03-01T12:30:00Z"}


def rendered(tmp_path, template, *alerts, kind="text"):
    same = alerts[0] if len({json.dumps(alert["annotations"]) for alert in alerts}) == 1 else {"annotations": {}}
    data = {
        "status": "firing" if any(alert["status"] == "firing" for alert in alerts) else "resolved",
        "alerts": alerts,
        "commonLabels": {"alertname": "NoOrders", "service": "shop"},
        "commonAnnotations": same["annotations"],
    }
    (tmp_path / "data.json").write_text(json.dumps(data))
    (tmp_path / "none.tmpl").write_text("")
    result = subprocess.run(
        [
            binary("amtool", "0.33"),
            "template",
            "render",
            f"--template.glob={tmp_path}/none.tmpl",
            f"--template.text={template}",
            f"--template.type={kind}",
            f"--template.data={tmp_path}/data.json",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_subject_says_what_is_wrong(tmp_path):
    other = {**FIRING, "annotations": {"summary": "Another"}}
    assert rendered(tmp_path, messages.EMAIL_SUBJECT, FIRING) == "[FIRING] No order & no <money>"
    assert rendered(tmp_path, messages.EMAIL_SUBJECT, FIRING, other) == "[FIRING 2] NoOrders of shop"
    assert rendered(tmp_path, messages.EMAIL_SUBJECT, RESOLVED) == "[RESOLVED] NoOrders of shop"


def test_what_is_over_is_not_told_as_if_it_were_so(tmp_path):
    was = {**RESOLVED, "annotations": {**RESOLVED["annotations"], "value": "10.26%"}}
    for template in (messages.EMAIL_TEXT, messages.SLACK_TEXT, messages.TEAMS_TEXT):
        text = rendered(tmp_path, template, was)
        assert "No longer: No order & no <money>" in text
        assert "10.26%" not in text
        assert "No longer" not in rendered(tmp_path, template, FIRING)
    html = rendered(tmp_path, messages.EMAIL_HTML, was, kind="html")
    assert "No longer: No order &amp; no &lt;money&gt;" in html
    assert "10.26%" not in html


def test_the_text_has_what_one_needs_at_night(tmp_path):
    assert rendered(tmp_path, messages.EMAIL_TEXT, RESOLVED).rstrip() == (
        "RESOLVED  NoOrders (high)\n"
        "No longer: No order & no <money>\n"
        "Silence.\n\n"
        "  service    shop, a:1\n"
        "  since      2026-03-01 12:00:00 UTC\n"
        "  until      2026-03-01 12:30:00 UTC\n"
        "  runbook    http://w/runbooks/NoOrders\n"
        "  dashboard  http://w/d/shop-shop?viewPanel=7&var-job=shop"
    )


def test_the_html_escapes_and_links(tmp_path):
    html = rendered(tmp_path, messages.EMAIL_HTML, FIRING, kind="html")
    assert "No order &amp; no &lt;money&gt;" in html
    assert re.search(r'<a href="http://w/runbooks/NoOrders" style="[^"]*">Runbook</a>', html)
    assert 'href="http://w/d/shop-shop?viewPanel=7&amp;var-job=shop"' in html
    assert "border-left:5px solid #c2570c" in html
    assert "border-left:5px solid #1a7f37" in rendered(tmp_path, messages.EMAIL_HTML, RESOLVED, kind="html")


def test_slack_and_pagerduty_say_the_same(tmp_path):
    text = rendered(tmp_path, messages.SLACK_TEXT, FIRING)
    assert text == (
        "*No order & no <money>* (high, NoOrders)\nSilence.\n"
        "<http://w/runbooks/NoOrders|Runbook> · <http://w/d/shop-shop?viewPanel=7&var-job=shop|Dashboard>\n"
    )
    assert rendered(tmp_path, messages.PAGERDUTY_TITLE, FIRING) == "No order & no <money>"
    assert rendered(tmp_path, messages.PAGERDUTY_DETAILS["firing"], FIRING, RESOLVED) == "No order & no <money>\n"
