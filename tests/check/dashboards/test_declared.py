"""The checks over dashboards of a stack: what the declarations decide is certain, and told in their words."""

from __future__ import annotations

import pytest
from examples.shop.observability import stack

from vedette import Stack
from vedette.catalog import Service
from vedette.check.check import Example
from vedette.check.declared import facts_of_stack
from vedette.check.example import findings_in
from vedette.check.registry import Choice
from vedette.check.run import run
from vedette.packs import database, http, process, watch

DECLARED = """\
from vedette import Alert, Counter, Dashboard, Gauge, Histogram, Pack, Panel, Service, Stack, Variable

orders = Counter("t_orders_total", help="Orders.", labels={"channel": ["web", "app"]})
age = Gauge("t_oldest_order_seconds", help="Age of the oldest order.")
size = Gauge("t_cache_bytes", help="Size of the cache.")
shop = Pack(
    "shop",
    title="Shop",
    metrics=[orders, age, size],
    alerts=[ALERTS],
    panels=[
        PANELS
    ],
)
stack = Stack(name="t", title="T", services=[Service("t", ["127.0.0.1:8000"], packs=[shop])])
"""
ALERT = 'Alert("Old", "max by (job) (t_oldest_order_seconds) > 600", severity="high", summary="s", panel="P")'


def found(folder, panels, alerts=""):
    text = DECLARED.replace("PANELS", panels).replace("ALERTS", alerts)
    findings = findings_in(Example("observability.py", text), Choice(select=("dashboards",)), folder)
    return [finding for finding in findings if finding.code != "panel-without-description"]


@pytest.mark.parametrize(
    ("panel", "fix"),
    [
        ('Panel("P", "t_oldest_order_seconds", unit="bytes", legend="{{job}}")', 'write unit="seconds"'),
        ('Panel("P", "t_cache_bytes", unit="seconds", legend="{{job}}")', 'write unit="bytes"'),
        ('Panel("P", "rate(t_orders_total[5m])", unit="ratio", legend="{{job}}")', 'write unit="operations/s"'),
        ('Panel("P", "increase(t_orders_total[5m])", unit="events/s", legend="{{job}}")', 'write unit="count"'),
    ],
)
def test_a_wrong_unit_is_certain_and_the_right_one_is_told_in_our_words(tmp_path, panel, fix):
    (one,) = found(tmp_path, panel)
    assert (one.code, one.certain) == ("panel-unit", True)
    assert one.fix.startswith(fix)
    assert (one.place.file, one.place.line) == ("observability.py", 12)


def test_a_panel_whose_query_cannot_be_read_has_one(tmp_path):
    findings = found(tmp_path, 'Panel("P", "sum(t_cache_bytes", unit="bytes", legend="{{job}}")')
    assert "panel-without-query" not in [one.code for one in findings]
    assert "syntax" in [one.code for one in findings]


@pytest.mark.parametrize(
    "panel",
    [
        'Panel("P", "t_oldest_order_seconds", unit="seconds", legend="{{instance}}")',
        'Panel("P", "rate(t_orders_total[5m])", unit="events/s", legend="{{channel}}")',
        'Panel("P", "sum(rate(t_orders_total[5m]))", unit="events/s", legend="All")',
        'Panel("P", "sum by (job) (rate(t_orders_total[5m]))", unit="events/s", legend="All")',
        'Panel("P", "sum by (job) (t_orders_total{channel=~`web`})", unit="count", legend="{{job}}")',
        'Panel("P", "sum by (channel) (t_orders_total{channel=~`web`})", unit="count", legend="Web")',
        'Panel("P", "sum(rate(t_orders_total{channel=`web`}[5m])) / sum(rate(t_orders_total[5m]))", unit="ratio")',
    ],
)
def test_what_is_right_is_left_alone(tmp_path, panel):
    assert found(tmp_path, panel) == []


def test_a_label_that_the_metric_does_not_have_is_certain(tmp_path):
    (one,) = found(tmp_path, 'Panel("P", "t_oldest_order_seconds", unit="seconds", legend="{{chanel}}")')
    assert (one.code, one.certain) == ("legend-dropped-label", True)


def test_one_name_for_both_channels_is_told(tmp_path):
    (one,) = found(tmp_path, 'Panel("P", "sum by (channel) (t_orders_total)", unit="count", legend="All")')
    assert (one.code, one.certain) == ("legend-ambiguous", True)
    assert one.fix == "name what differs, as in `All {{channel}}`"


def test_a_limit_that_the_panel_does_not_draw_is_told(tmp_path):
    panel = 'Panel("P", "max by (job) (t_oldest_order_seconds)", unit="seconds", legend="{{job}}"THRESHOLDS)'
    (one,) = found(tmp_path, panel.replace("THRESHOLDS", ""), ALERT)
    assert (one.code, one.place.line) == ("threshold-not-drawn", 12)
    assert found(tmp_path, panel.replace("THRESHOLDS", ', thresholds={600: "high"}'), ALERT) == []


def test_a_panel_that_is_made_for_an_alert_has_nothing_wrong(tmp_path):
    assert found(tmp_path, "", ALERT.replace(', panel="P"', "")) == []


def test_our_own_packs_have_nothing_wrong():
    everything = Service("shop", ["127.0.0.1:8000"], packs=[http(), process(), database(), watch()])
    for one in (stack, Stack(name="all", title="All", services=[everything])):
        facts, _ = facts_of_stack(one, "local")
        assert run(facts, choice=Choice(select=("dashboards",))) == []
