"""Panels that nobody wrote: one for each metric and alert, and what an alert compares."""

from __future__ import annotations

import pytest
from tests.build.stacks import metric

from vedette.build.derive import comparison, panels_of, with_panels
from vedette.build.series import known_series
from vedette.catalog import Alert, Pack, Panel, Service
from vedette.instruments.metrics import Metric
from vedette.promql.parser import parse
from vedette.promql.printer import format as show


def derived(pack):
    return with_panels(pack, known_series([pack], [Service("shop", ["h:1"])]))


@pytest.mark.parametrize(
    ("expr", "compared"),
    [
        ("a > 1", ("a", ">", 1)),
        ("(a / b > 0.5) and c > 3", ("a / b", ">", 0.5)),
        ("1 < a", ("a", ">", 1)),
        ("a == 0 unless b", ("a", "==", 0)),
        ("a > bool 1", ("a > bool 1", "", 0)),
        ("a > b", ("a > b", "", 0)),
        ("absent(a)", ("absent(a)", "", 0)),
    ],
)
def test_finds_what_an_alert_compares(expr, compared):
    found = comparison(parse(expr))
    assert (show(found.expr), found.op, found.number) == compared


@pytest.mark.parametrize(
    ("kind", "name", "queries"),
    [
        ("counter", "jobs_total", ["sum by (job, a) (rate(jobs_total[5m]))"]),
        ("gauge", "queue_length", ["sum by (job, a) (queue_length)"]),
        (
            "histogram",
            "pay_seconds",
            [
                "sum by (job, a) (rate(pay_seconds_count[5m]))",
                "histogram_quantile(0.95, sum by (job, le) (rate(pay_seconds_bucket[5m]))) >= 0",
            ],
        ),
        (
            "summary",
            "pay_seconds",
            [
                "sum by (job, a) (rate(pay_seconds_count[5m]))",
                "sum by (job) (rate(pay_seconds_sum[5m])) / (sum by (job) (rate(pay_seconds_count[5m])) > 0)",
            ],
        ),
        ("info", "build_info", ["sum by (job, a) (build_info)"]),
    ],
)
def test_a_pack_without_panels_gets_them_from_its_metrics(kind, name, queries):
    signal, *panels = panels_of(derived(Pack("p", metrics=[metric(kind, name, ["a"])])))
    assert [panel.query_list()[0].expr for panel in panels] == queries
    assert (signal.overview, signal.kind) == (True, "stat")
    assert signal.query_list()[0].expr == queries[0].replace("(job, a)", "(job)")


def test_units_come_from_the_metrics():
    unit = Metric.foreign("histogram", "pay_seconds", unit="seconds", exporter="x")
    assert [panel.unit for panel in panels_of(derived(Pack("p", metrics=[unit])))][1:] == ["events/s", "seconds"]


def test_an_alert_without_a_panel_gets_one_with_its_threshold():
    alert = Alert("StockLowAtXY", "min by (job, item) (stock) < 5", severity="low", summary="s")
    made = derived(Pack("p", metrics=[metric("gauge", "stock", ["item"])], alerts=[alert]))
    panel = panels_of(made)[-1]
    assert (panel.title, made.alerts[0].panel) == ("Stock low at XY", "Stock low at XY")
    assert (panel.query_list()[0].expr, panel.legend) == ("min by (job, item) (stock)", "{{job}} {{item}}")
    assert (panel.thresholds, panel.below) == ({5: "low"}, True)


def test_the_panel_of_an_alert_says_in_words_what_the_alert_will_say():
    said = "{{ $value | humanize }} left of {{ $labels.item }}."
    alert = Alert("Low", "min by (job, item) (stock) < 5", severity="low", summary="s", description=said)
    (panel,) = panels_of(derived(Pack("stock", alerts=[alert], panels=[])))
    assert panel.description == "`value` left of `item`."


def test_panels_that_are_written_stay_as_they_are():
    panel = Panel("Stock", "stock")
    alert = Alert("Low", "stock < 5", severity="low", summary="s", panel="Stock")
    pack = Pack("p", metrics=[metric("gauge", "stock")], panels=[panel], alerts=[alert])
    assert derived(pack) == pack


def test_a_made_title_gives_way_to_a_written_one():
    alert = Alert("Stock", "stock < 5", severity="low", summary="s")
    made = derived(Pack("p", metrics=[metric("gauge", "stock")], panels=[Panel("Stock", "stock")], alerts=[alert]))
    assert [panel.title for panel in panels_of(made)] == ["Stock", "Stock (alert)"]
