"""Expressions: wrong ones are shown where they stand; right ones are limited to services and scaled on the tree."""

from __future__ import annotations

import pytest

from vedette.build import build
from vedette.build.queries import (
    Scale,
    limit_to,
    limit_to_variables,
    parse_checked,
    scaled,
    without_variables,
)
from vedette.build.series import known_series
from vedette.catalog import Pack, Recording, Service, Stack
from vedette.errors import DeclarationError
from vedette.instruments.metrics import Gauge, Metric, Registry
from vedette.place import Place
from vedette.promql.parser import parse
from vedette.promql.printer import format as show

HERE = Place("shop/observability.py", 7)
SHOP = Service("shop", ["a:1"], labels={"zone": "eu"})


def metric(kind, name, labels=()):
    return Metric.foreign(kind, name, exporter="x", labels=labels)


PACK = Pack(
    "shop",
    metrics=[
        metric("counter", "orders_total", ["channel"]),
        metric("histogram", "pay_seconds", ["bank"]),
        metric("summary", "wait_seconds"),
    ],
    recordings=[
        Recording("job:orders:rate5m", "sum by (job) (rate(orders_total[5m]))"),
        Recording("job_channel:orders:rate5m", "sum by (job, channel) (rate(orders_total[5m]))"),
    ],
)
KNOWN = known_series([PACK], [SHOP])


def test_a_gauge_of_each_process_has_their_numbers_as_a_label():
    each = Gauge("load", "L.", multiprocess_mode="liveall", registry=Registry())
    both = Gauge("depth", "D.", registry=Registry())
    known = known_series([Pack("shop", metrics=[each, both])], [SHOP])
    parse_checked("max by (pid) (load)", HERE, "test", known)
    with pytest.raises(DeclarationError, match="no series here has the label 'pid'"):
        parse_checked("max by (pid) (depth)", HERE, "test", known)


@pytest.mark.parametrize(
    "expr",
    [
        'sum by (job, channel) (orders_total{channel="web", zone="eu"}) / on (job) group_left job:orders:rate5m',
        "histogram_quantile(0.9, sum by (job, le, bank) (rate(pay_seconds_bucket[5m])))",
        'wait_seconds{quantile="0.9"}',
        'up == 0 and on (job) ALERTS{anything="x"}',
        'sum by (made) (label_replace(orders_total, "made", "$1", "channel", "(.*)"))',
        'count by (job) (count_values by (job) ("n", orders_total))',
        "sum without (instance, pod) (absent(orders_total))",
        'sum({__name__=~"orders_.*", whatever="x"})',
        'job_channel:orders:rate5m{channel=~"$channel"} > time() - 5',
    ],
)
def test_accepts_what_is_declared(expr):
    assert show(parse_checked(expr, HERE, "alert 'X'", KNOWN))


@pytest.mark.parametrize(
    ("expr", "message", "under"),
    [
        ("sum by (job (rate(orders_total[5m]))", "", None),
        ("rate(order_total[5m])", "'order_total'; did you mean 'orders_total'? Else declare it", "order_total"),
        ("rate(pay_seconds[5m])", "'pay_seconds'; did you mean 'pay_seconds_sum'?", "pay_seconds"),
        ("sqrt(zebra)", "no pack of the stack declares the metric 'zebra'; declare it in metrics", "zebra"),
        ('orders_total{chanel="web"}', "'orders_total' has no label 'chanel'; it has channel, instance, job", "chanel"),
        ("sum by (job, chanel) (orders_total)", "has the label 'chanel'; there are channel, instance, job", "chanel"),
        ("sum by (channel) (job:orders:rate5m)", "has the label 'channel'; there are job", "channel"),
        ('job:orders:rate5m{channel="web"}', "'job:orders:rate5m' has no label 'channel'; it has job", "channel"),
        ('orders_total{le="1"}', "has no label 'le'", "le"),
    ],
)
def test_shows_the_character_that_is_wrong(expr, message, under):
    with pytest.raises(DeclarationError) as caught:
        parse_checked(expr, HERE, "alert 'X'", KNOWN)
    first, line, caret = str(caught.value).split("\n")
    assert first.startswith("shop/observability.py:7: alert 'X': ")
    assert message in first
    assert line.strip() == expr
    if under:
        assert line[caret.index("^") :].startswith(under)


def test_names_line_and_column_in_the_users_file(tmp_path):
    source = tmp_path / "observability.py"
    source.write_text('from x import Alert\n\nALERT = Alert(\n    "X",\n    "sum(order_total)",\n)\n')
    with pytest.raises(DeclarationError, match=r"observability.py:5:10: "):
        parse_checked("sum(order_total)", Place(str(source), 3), "alert 'X'", KNOWN)


def test_a_recording_that_drops_job_is_refused():
    pack = Pack("a", metrics=PACK.metrics, recordings=[Recording("all:orders:sum", "sum(orders_total)")])
    with pytest.raises(
        DeclarationError, match=r"test_queries.py:\d+: recording 'all:orders:sum' .*drops the label 'job'"
    ):
        build(Stack(services=[Service("shop", ["a:1"], [pack])]))


def test_recordings_may_use_one_another_in_any_order():
    recordings = [Recording("job:b:x", "job:a:x * 2"), Recording("job:a:x", "sum by (job) (orders_total)")]
    known = known_series([Pack("a", metrics=PACK.metrics, recordings=recordings)], [SHOP])
    assert known["job:b:x"].labels.possible() == {"job"}


@pytest.mark.parametrize(
    ("expr", "limited"),
    [
        ("rate(x[5m])", 'rate(x{job="shop"}[5m])'),
        ('x{a="b"} offset 5m', 'x{a="b",job="shop"} offset 5m'),
        ('x{job="other"}', 'x{job="other"}'),
        ("vector(1) + time()", "vector(1) + time()"),
        ("max_over_time(x[1h:5m])", 'max_over_time(x{job="shop"}[1h:5m])'),
    ],
)
def test_every_selector_is_limited_to_the_services(expr, limited):
    assert show(limit_to(parse(expr), [SHOP])) == limited


def test_service_names_are_taken_literally():
    services = [Service("a.b", ["h:1"]), Service("c-d", ["h:1"])]
    assert show(limit_to(parse("x"), services)) == r'x{job=~"a\\.b|c-d"}'


def test_a_dashboard_selects_by_its_variables():
    assert show(limit_to_variables(parse("rate(orders_total[5m])"), KNOWN)) == (
        'rate(orders_total{instance=~"$instance",job=~"$job"}[5m])'
    )
    assert show(limit_to_variables(parse("job:orders:rate5m"), KNOWN)) == 'job:orders:rate5m{job=~"$job"}'


def test_a_signal_has_no_variables():
    expr = parse('orders_total{channel=~"$channel",bank=~"${bank:regex}",zone="e$"}')
    assert show(without_variables(expr)) == 'orders_total{zone="e$"}'


@pytest.mark.parametrize(
    ("expr", "short"),
    [
        ("rate(x[5m])", "rate(x[30s])"),
        ("rate(x[1m])", "rate(x[8s])"),
        ("rate(x[5s])", "rate(x[5s])"),
        ("x offset 1h", "x offset 6m"),
        ("x offset -1h", "x offset -6m"),
        ("max_over_time(x[1h:5m] offset 1d)", "max_over_time(x[6m:30s] offset 2h24m)"),
        ("x > 300", "x > 300"),
    ],
)
def test_time_is_scaled_on_the_tree(expr, short):
    scale = Scale(0.1, shortest=8_000)
    assert show(scaled(parse(expr), scale)) == short
    assert scaled(parse(expr), Scale()) is parse(expr)


def test_a_scaled_duration_is_never_nothing():
    assert [Scale(0.001).of(ms) for ms in (0, 1, 900, 60_000)] == [0, 1, 1, 60]
    assert Scale(10.0).of(90_000) == 900_000
