"""Stacks and files whose graphs the tests look at."""

from __future__ import annotations

from vedette.catalog import (
    Alert,
    Email,
    Environment,
    Pack,
    Panel,
    Recording,
    Route,
    Runbook,
    Service,
    Smtp,
    Stack,
    Variable,
)
from vedette.catalog import Dashboard as Frame
from vedette.check.declared import facts_of_stack
from vedette.check.foreign import facts_of_texts
from vedette.check.graph import graph_of
from vedette.instruments.metrics import Metric


def metric(kind, name, labels=None, unit=None):
    return Metric.foreign(kind, name, exporter="bakery", labels=labels, unit=unit, help=f"What {name} is.")


LOAVES = metric("counter", "bakery_loaves_total", {"kind": ["rye", "wheat"], "oven": None})
HEAT = metric("gauge", "bakery_oven_celsius", ["oven"], "celsius")
WAIT = metric("gauge", "bakery_wait_seconds", unit="seconds")
UNSEEN = metric("gauge", "bakery_unseen")


def pack(**changes):
    given = {
        "title": "The bakery",
        "metrics": [LOAVES, HEAT, WAIT, UNSEEN],
        "recordings": [
            Recording(
                "job_kind:bakery_loaves:rate5m",
                "sum by (job, kind) (rate(bakery_loaves_total[5m]))",
                description="Loaves per second.",
            ),
            Recording("job:bakery_loaves:rate5m", "sum by (job) (job_kind:bakery_loaves:rate5m)"),
        ],
        "alerts": [
            Alert(
                "NoRye",
                'job_kind:bakery_loaves:rate5m{kind="rye"} == 0 and on (job) max by (job) (up) == 1',
                for_="10m",
                severity="high",
                summary="No {{ $labels.kind }} at {{ $labels.job }}",
                panel="Loaves",
                runbook=Runbook(impact="No rye bread."),
            ),
            Alert(
                "OvenCold", "min by (job, oven) (bakery_oven_celsius) < 180", severity="medium", summary="A cold oven"
            ),
            Alert("LongWait", "max by (job) (bakery_wait_seconds) > 300", severity="low", summary="People wait"),
        ],
        "panels": [
            Panel("Loaves", "job_kind:bakery_loaves:rate5m", legend="{{kind}}", unit="events/s"),
            Panel("All loaves", "job:bakery_loaves:rate5m"),
            Panel("Wait", "max by (job) (bakery_wait_seconds)", unit="seconds"),
            Panel("Silent", 'ALERTS{alertname="NoRye"}'),
        ],
        "dashboard": Frame(variables=[Variable("oven", "bakery_oven_celsius", "oven")]),
    }
    return Pack("bakery", **{**given, **changes})


def stack(**changes):
    given = {
        "name": "town",
        "services": [
            Service("north", ["n:80"], [pack()], team="north"),
            Service("south", ["s:80"], [pack()], team="south"),
        ],
        "notify": [Email("all@example.com"), Route({"team": "south"}, [Email("south@example.com")])],
        "environments": [Environment("local", smtp=Smtp("mail.example.com", 25, tls=False))],
    }
    return Stack(**{**given, **changes})


def declared(**changes):
    """The facts of the stack, and their graph."""
    facts, findings = facts_of_stack(stack(**changes), "local")
    assert findings == []
    return facts, graph_of(facts)


RULES = """\
groups:
  - name: web
    interval: 30s
    rules:
      - record: job:requests:rate5m
        expr: sum by (job) (rate(web_requests_total[5m]))
      - alert: Errors
        expr: |
          sum by (job, instance) (rate(web_requests_total{code=~"5.."}[5m]))
            / on (job) group_left (owner) web_info > 0.05
        for: 5m
        labels: {severity: page}
        annotations:
          summary: "{{ $labels.owner }}: {{ $labels.instance }} fails"
          runbook_url: https://wiki.example.com/errors
      - alert: Slow
        expr: histogram_quantile(0.9, sum by (job, le) (rate(web_seconds_bucket[5m]))) > 1
        labels: {severity: ticket}
"""
ROUTES = """\
route:
  receiver: tickets
  routes:
    - matchers: [severity="page"]
      receiver: pager
      group_wait: 10s
    - matchers: [team="dba"]
      receiver: dba
receivers:
  - name: tickets
  - name: pager
    webhook_configs: [{url: "https://pager.example.com/key/SECRET"}]
  - name: dba
inhibit_rules:
  - source_matchers: [severity="page"]
    target_matchers: [severity="ticket"]
    equal: [job]
"""


def foreign(**texts):
    """The facts of the files, and their graph."""
    facts, findings = facts_of_texts(texts or {"rules.yml": RULES, "alertmanager.yml": ROUTES})
    assert findings == []
    return facts, graph_of(facts)
