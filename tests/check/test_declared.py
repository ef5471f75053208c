"""Facts of a stack: what is built, where each of its texts was declared, and all mistakes at once."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from tests.build.stacks import everything, minimal, shop

from vedette.build import build
from vedette.catalog import Alert, Dashboard, Environment, Pack, Panel, Recording, Runbook, Service, Stack, Variable
from vedette.check.declared import facts_of_stack
from vedette.errors import DeclarationError
from vedette.formats import alertmanager, rules
from vedette.instruments.metrics import Counter, Gauge, Histogram, Metric, Registry, StateSet
from vedette.promql.flow import COUNT, RATIO, SECONDS
from vedette.promql.printer import format as show

HERE = Path(__file__)


def stack(*, services=(("shop", ("a:1",)),), labels=None, **content):
    pack = Pack("own", **content)
    return Stack(
        name="s",
        services=[Service(name, targets, [pack], labels=(labels or {}).get(name, {})) for name, targets in services],
    )


def facts(made, environment="local"):
    return facts_of_stack(made, environment)[0]


def word_at(place):
    """What stands in this file at a place."""
    return HERE.read_text().splitlines()[place.line - 1][place.column - 1 :]


@pytest.mark.parametrize(("made", "environment"), [(shop, "demo"), (everything, "production"), (minimal, "local")])
def test_rules_are_those_that_are_built(made, environment):
    files = build(made(), environment)
    built = [
        rule
        for path in files
        if path.startswith("prometheus/rules/")
        for group in rules.read(files[path], path).groups
        for rule in group.rules
    ]
    found = facts_of_stack(made(), environment)[0]
    by_file = sorted(found.groups, key=lambda group: group.file)
    seen = [rule for group in by_file for rule in group.rules]
    assert [show(rule.query.tree) for rule in seen] == [rule.expr for rule in built]
    alerts = [rule for rule in built if isinstance(rule, rules.AlertingRule)]
    shown = [rule for rule in seen if rule in found.alerts]
    assert [one.name for one in shown] == [one.alert for one in alerts]
    assert [one.for_ for one in shown] == [one.for_ for one in alerts]
    assert [{key: text.value for key, text in one.labels.items()} for one in shown] == [one.labels for one in alerts]
    assert [{key: text.value for key, text in one.annotations.items()} for one in shown] == [
        one.annotations for one in alerts
    ]
    assert alertmanager.write(found.routing[0].value) == files["alertmanager/alertmanager.yml"]
    assert found.series.keys() == {name for name in found.series if found.known(name)}


@pytest.mark.parametrize("made", [shop, everything, minimal])
def test_nothing_is_wrong_with_what_can_be_built(made):
    assert facts_of_stack(made())[1] == []


def test_every_part_of_a_query_stands_where_it_was_declared():
    orders = Counter("orders_total", "O.", labels=["kind"], registry=Registry())
    alert = Alert(
        "Few", 'sum by (job) (rate(orders_total{kind="a"}[5m]))'
        " / 2 < 1", severity="high", for_="5m", labels={"tier": "gold"},
        summary="Few for {{ $labels.job }}",
    )  # fmt: skip
    (found,) = facts(stack(metrics=[orders], alerts=[alert])).alerts
    assert word_at(found.query.at(found.query.tree)).startswith("sum by")
    number = found.query.tree.lhs.rhs
    assert word_at(found.query.at(number)).startswith('2 < 1"')
    assert word_at(found.places["for"]).startswith('"5m"')
    assert word_at(found.places["labels.severity"]).startswith('"high"')
    assert word_at(found.labels["tier"].place).startswith('"gold"')
    summary = found.annotations["summary"]
    assert word_at(summary.locate(summary.value.index("$"))).startswith("$labels.job")
    assert found.annotations["runbook_url"].place == alert.place
    assert "keep_firing_for" not in found.places
    assert (found.pack, found.for_) == ("own", 300_000)


def test_a_panel_stands_where_it_was_declared_and_its_variables_are_open():
    stock = Gauge("stock", "S.", labels={"item": ["tea", "cup"]}, registry=Registry())
    panel = Panel("Stock", 'stock{item=~"$item"} > 1', unit="count", legend="{{item}}")
    dashboard = Dashboard(variables=[Variable("item", "stock", "item")])
    found = facts(stack(metrics=[stock], panels=[panel], dashboard=dashboard))
    board, _ = found.dashboards
    (shown,) = board.panels
    (query,) = shown.queries
    assert board.generated
    assert [variable.name for variable in board.variables] == ["datasource", "job", "instance", "item"]
    assert shown.subject == "panel Stock of dashboard Own"
    assert query.text.value == 'stock{item=~"$item"} > 1'
    assert word_at(query.query.at(query.query.tree.rhs)).startswith("1'")
    assert word_at(shown.locate("fieldConfig.defaults.unit")).startswith('"count"')
    assert word_at(query.legend.locate(2)).startswith("item}}")
    assert shown.locate("fieldConfig.defaults.decimals") == panel.place
    assert query.query.flow.branches[0].labels.get("item").values == {"tea", "cup", "_OTHER"}
    assert query.query.flow.branches[0].empty is None


def test_the_query_of_a_panel_that_is_drawn_from_an_alert_stands_where_the_alert_has_it():
    stock = Gauge("stock", "S.", registry=Registry())
    alert = Alert(
        "Low",
        "3 > min(stock)by(job) and on (job) up == 1",
        severity="low",
        summary="Low",
    )
    found = facts(stack(metrics=[stock], alerts=[alert]))
    (query,) = [query for panel in found.dashboards[0].panels for query in panel.queries if panel.value.title == "Low"]
    assert query.text.value == "min by (job) (stock)"
    assert word_at(query.query.at(query.query.tree)).startswith("min(stock)by(job)")
    assert word_at(query.query.at(query.query.tree.expr)).startswith("stock)by(job)")


def test_series_are_known_exactly():
    metrics = [
        Counter("orders_total", "O.", labels={"kind": ["a", "b"]}, registry=Registry()),
        Gauge("fill_ratio", "F.", registry=Registry()),
        Gauge("each", "E.", multiprocess_mode="liveall", labels=["zone"], registry=Registry()),
        Histogram("pay_seconds", "P.", buckets=[0.5, 1], registry=Registry()),
        StateSet("mode", "M.", states=["on", "off"], registry=Registry()),
        Metric.foreign("summary", "wait_seconds", exporter="x"),
        Metric.foreign("gauge", "queue", exporter="x", labels={"name": ["in", ""]}),
    ]
    made = stack(
        services=(("shop", ("a:1", "b:1")), ("web", ("c:1",))), labels={"shop": {"zone": "eu"}}, metrics=metrics
    )
    known = facts(made).series
    orders = known["orders_total"]
    assert (orders.type, orders.unit, orders.low, orders.metric) == ("counter", COUNT, 0, "orders_total")
    assert orders.labels.get("kind").values == {"a", "b", "_OTHER"}
    assert orders.labels.get("job") == orders.labels.get("job").__class__("always", frozenset({"shop", "web"}))
    assert orders.labels.get("instance").state == "always"
    assert (orders.labels.get("zone").state, orders.labels.get("zone").values) == ("maybe", {"eu"})
    assert orders.labels.get("le").state == "never"
    assert orders.place.file == __file__
    assert (known["fill_ratio"].unit, known["fill_ratio"].low, known["fill_ratio"].high) == (RATIO, 0, 1)
    assert known["each"].labels.get("pid").state == "always"
    assert known["each"].labels.get("exported_zone").state == "always"
    bucket = known["pay_seconds_bucket"]
    assert (bucket.type, bucket.bounds, bucket.metric) == ("bucket", (0.5, 1.0), "pay_seconds")
    assert bucket.labels.get("le").values == {"0.5", "1", "1.0", "+Inf"}
    assert (known["pay_seconds_count"].unit, known["pay_seconds_sum"].unit) == (COUNT, SECONDS)
    assert "pay_seconds" not in known
    assert known["mode"].labels.get("mode").values == {"on", "off"}
    assert (known["wait_seconds"].type, known["wait_seconds"].labels.get("quantile").state) == ("quantile", "always")
    assert (known["queue"].labels.get("name").state, known["queue"].labels.get("name").values) == ("maybe", {"in"})
    assert (known["up"].low, known["up"].high) == (0, 1)
    assert (known["scrape_duration_seconds"].unit, known["scrape_duration_seconds"].high) == (SECONDS, math.inf)


def test_a_metric_has_the_services_that_use_it():
    orders = Counter("orders_total", "O.", registry=Registry())
    made = Stack(
        name="s",
        services=[
            Service("shop", ["a:1"], [Pack("own", metrics=[orders])]),
            Service("web", ["b:1"], [Pack("none", panels=[Panel("Up", "up")])]),
        ],
    )
    known = facts(made).series
    assert known["orders_total"].labels.get("job").values == {"shop"}
    assert known["up"].labels.get("job").values == {"shop", "web"}


def test_a_recorded_series_is_what_its_rule_makes_in_whatever_order():
    recordings = [
        Recording("job:twice:x", "job:orders:rate5m * 2", labels={"tier": "gold"}),
        Recording("job:orders:rate5m", "sum by (job) (rate(orders_total[5m]))"),
    ]
    orders = Counter("orders_total", "O.", labels=["kind"], registry=Registry())
    twice = facts(stack(metrics=[orders], recordings=recordings)).series["job:twice:x"]
    assert twice.labels.possible() == {"job", "tier"}
    assert twice.labels.get("tier").values == {"gold"}
    assert (twice.low, twice.certain, twice.place) == (0, True, recordings[0].place)


def test_rules_that_record_each_other_end():
    recordings = [Recording("job:a:x", "job:b:x + 1"), Recording("job:b:x", "job:a:x + 1")]
    found, findings = facts_of_stack(stack(recordings=recordings))
    assert findings == []
    assert len(found.recordings) == 2


def test_a_time_scale_scales_the_rules():
    alert = Alert("Down", "avg_over_time(up[10m]) == 0", for_="10m", severity="low", summary="s")
    made = Stack(
        services=[Service("shop", ["a:1"], [Pack("own", alerts=[alert])])],
        environments=[Environment("demo", time_scale=0.1, scrape_interval="5s", scrape_timeout="1s")],
    )
    (found,) = facts(made, "demo").alerts
    assert (found.for_, found.query.tree.lhs.args[0].range) == (60_000, 60_000)
    assert (facts(made, "demo").scrape_interval, facts(made, "demo").evaluation_interval) == (5_000, 15_000)


def test_all_mistakes_are_told_and_only_the_broken_pieces_are_left_out():
    orders = Counter("orders_total", "O.", registry=Registry())
    recordings = [Recording("job:bad:x", "sum by (job (orders_total)"), Recording("job:good:x", "sum by (job) (up)")]
    alerts = [
        Alert("Broken", "up ==", severity="low", summary="s"),
        Alert("Whole", "up == 0", severity="low", summary="s"),
        Alert("Unknown", "rate(order_total[5m]) > 1", severity="low", summary="s"),
        Alert("NoFile", "up == 0", severity="low", summary="s", runbook="none.md"),
    ]
    panels = [
        Panel("Half", ["up", "up{"]),
        Panel("Fine", "job:bad:x"),
    ]
    found, findings = facts_of_stack(
        stack(metrics=[orders], recordings=recordings, alerts=alerts, panels=panels,
              dashboard=Dashboard(variables=[Variable("v", "nothing", "x"), Variable("w", "up", "job")]))
    )  # fmt: skip
    assert [rule.name for rule in found.recordings] == ["job:good:x"]
    assert [alert.name for alert in found.alerts] == ["Whole", "Unknown", "NoFile"]
    half, fine, *_ = found.dashboards[0].panels
    assert [one.query is None for one in half.queries] == [False, True]
    assert half.queries[1].problem
    assert fine.queries[0].query is not None
    assert [variable.name for variable in found.dashboards[0].variables][3:] == ["w"]
    assert [one.code for one in findings].count("syntax") == 3
    subjects = {one.subject for one in findings}
    assert {"recording job:bad:x of pack own", "alert Broken of pack own", "variable v"} <= subjects
    broken = next(one for one in findings if one.subject == "alert Broken of pack own")
    assert word_at(broken.place).startswith('"')
    assert all(one.level == "error" and one.fix and not one.message.startswith((":", " ")) for one in findings)
    with pytest.raises(DeclarationError, match="job:bad:x"):
        build(stack(metrics=[orders], recordings=recordings))


def test_the_series_of_a_rule_that_cannot_be_read_may_have_any_label():
    alert = Alert("A", 'job:bad:x{any="x"} > 1', severity="low", summary="s")
    made = stack(recordings=[Recording("job:bad:x", "sum(")], alerts=[alert])
    (found,) = facts(made).alerts
    assert found.query.flow.branches[0].empty is None


def test_a_runbook_is_told_by_its_file(tmp_path):
    (tmp_path / "few.md").write_text("# Few\n\nLook.\n")
    alerts = [
        Alert("File", "up == 0", severity="low", summary="s", runbook=str(tmp_path / "few.md")),
        Alert("None", "up == 0", severity="low", summary="s", runbook="gone.md"),
        Alert("Value", "up == 0", severity="low", summary="s", runbook=Runbook(impact="All.")),
        Alert("Made", "up == 0", severity="low", summary="s"),
    ]
    found = {one.alert: one for one in facts(stack(alerts=alerts)).runbooks}
    assert (found["File"].text, found["File"].place.file) == ("# Few\n\nLook.\n", str(tmp_path / "few.md"))
    assert (found["None"].text, found["None"].place.file) == ("", str(HERE.parent / "gone.md"))
    assert "All." in found["Value"].text
    assert [found[name].written for name in ("File", "None", "Value", "Made")] == [True, True, True, False]


def test_there_must_be_such_an_environment():
    with pytest.raises(DeclarationError, match="nowhere"):
        facts_of_stack(minimal(), "nowhere")


def test_what_is_to_be_done_about_a_broken_query_stands_by_itself():
    stock = Gauge("stock", "S.", registry=Registry())
    broken = Alert("Low", "min by (job) (stock) = 3", severity="low", summary="Low")
    _, (one,) = facts_of_stack(stack(metrics=[stock], alerts=[broken]))
    assert (one.code, one.message, one.fix) == ("syntax", 'unexpected "="', 'write "==" to compare')


def test_a_signal_on_the_home_is_without_the_variables_of_its_packs_dashboard():
    stock = Gauge("stock", "S.", labels=["shelf"], registry=Registry())
    panel = Panel("Stock", 'min by (job) (stock{shelf=~"$shelf"})', overview=True, description="What is left.")
    frame = Dashboard(variables=[Variable("shelf", "stock", "shelf")])
    made = stack(metrics=[stock], panels=[panel], dashboard=frame)
    own, home = facts(made).dashboards
    (declared,) = [one.queries[0].text.value for one in own.panels if one.value.title == "Stock"]
    (shown,) = [one.queries[0].text.value for one in home.panels if one.value.title == "Stock"]
    assert ("$shelf" in declared, "$shelf" in shown) == (True, False)
