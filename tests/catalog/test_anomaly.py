"""anomaly() and exhausts(): what they declare, that Prometheus takes it, and what is refused."""

from __future__ import annotations

import subprocess

import pytest
from tests.real import binary

from vedette import Counter, Gauge, Histogram, Pack, Service, Stack, anomaly, exhausts
from vedette.build import build, write
from vedette.check.declared import facts_of_stack
from vedette.check.run import run
from vedette.errors import DeclarationError

orders = Counter("bakery_orders_total", help="Orders.", labels={"channel": ["web", "shop"]})
queue = Gauge("bakery_queue_people", help="People who wait.")
used = Gauge("bakery_flour_used_bytes", help="Flour used.")
size = Gauge("bakery_flour_size_bytes", help="Flour there is room for.")
seconds = Histogram("bakery_bake_duration_seconds", help="Time to bake.")


def stack() -> Stack:
    pack = Pack(
        "bakery",
        metrics=[orders, queue, used, size],
        alerts=[exhausts(used, size, name="FlourFull"), exhausts(queue, 0, of=100, name="QueueEmpties")],
    )
    pack = pack + anomaly(orders, direction="below") + anomaly(queue, season="1d", name="queue", by=["job", "instance"])
    return Stack(services=[Service("bakery", targets=["localhost:1"], packs=[pack])])


def test_names_follow_level_metric_operation_and_a_recording_is_not_recorded_again():
    assert [one.name for one in anomaly(orders).recordings] == [
        f"job:bakery_orders:{operation}"
        for operation in (
            "actual", "level_1w", "relative", "shape_in_1h", "deviation", "margin", "upper", "lower"
        )
    ]  # fmt: skip
    known = anomaly("job:bakery_orders:rate5m")
    assert known.recordings[0].name == "job:bakery_orders:level_1w"
    assert known.alerts[0].name == "BakeryOrdersUnusual"
    assert known.alerts[0].expr.startswith("(job:bakery_orders:rate5m > job:bakery_orders:upper or ")


def test_a_counter_is_rated_a_gauge_is_not_and_the_panel_has_the_band():
    pack = anomaly(orders, by=["job", "channel"])
    assert pack.recordings[0].expr == "sum by (job, channel) (rate(bakery_orders_total[5m]))"
    assert anomaly(queue).recordings[0].expr == "sum by (job) (bakery_queue_people)"
    (panel,) = pack.panels
    assert [query.expr.rpartition(":")[2] for query in panel.query_list()] == ["actual", "upper", "lower"]
    assert pack.alerts[0].panel == panel.title


def test_one_side_is_asked_for_alone():
    above, below = (anomaly(orders, direction=side).alerts[0].expr for side in ("above", "below"))
    assert ":upper" in above
    assert ":lower" not in above
    assert ":lower" in below
    assert ":upper" not in below


def test_what_fills_and_what_empties():
    assert exhausts(used, size, within="1h").expr == (
        "predict_linear(bakery_flour_used_bytes[1h], 3600) > bakery_flour_size_bytes "
        "and bakery_flour_used_bytes > 0.6 * bakery_flour_size_bytes "
        "and deriv(bakery_flour_used_bytes[30m]) > 0 "
        "and bakery_flour_used_bytes > max_over_time(bakery_flour_used_bytes[1d] offset 1h)"
    )
    assert exhausts("free", 0, of="size", within="1h").expr == (
        "predict_linear(free[1h], 3600) < 0 and free < 0.4 * size and deriv(free[30m]) < 0 "
        "and free < min_over_time(free[1d] offset 1h)"
    )


def test_the_check_finds_nothing_on_them():
    facts, extra = facts_of_stack(stack(), stack().environment("local"))
    assert run(facts, extra) == []


@pytest.mark.real
@pytest.mark.parametrize("version", ["2.42", "2.53", "3.5"])
def test_prometheus_takes_the_rules(tmp_path, version):
    promtool = binary("promtool", version)
    write(build(stack()), tmp_path)
    ran = subprocess.run(
        [promtool, "check", "rules", tmp_path / "prometheus" / "rules" / "bakery.yml"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "20 rules found" in ran.stdout


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: anomaly("sum(x)"), "needs a name for its recordings and its alert; write name='orders'"),
        (lambda: anomaly(orders, season="1h"), "a season is a day or more, of 2 to 12"),
        (lambda: anomaly(orders, seasons=1), "a season is a day or more, of 2 to 12"),
        (lambda: anomaly(orders, by=["instance"]), "write a list of labels with 'job' among them"),
        (lambda: anomaly(orders, direction="up"), "it is one of both, above, below"),
        (lambda: anomaly(orders, tolerance=-1), "has tolerance=-1; write a number, at least 0"),
        (lambda: anomaly(orders, name="Orders"), "a name of small letters, digits and underscores"),
        (lambda: anomaly(orders, severity="page"), "has severity='page'"),
        (lambda: exhausts(orders, 5), "a counter has no level that fills; give a gauge"),
        (lambda: exhausts("rate(x[5m])", 5), "record an expression first"),
        (lambda: exhausts("x", ""), "write a number or a metric with the same labels"),
        (lambda: exhausts("x", 5, full=60), "it is a share from 0 to 1: write 0.6 for 60 %"),
        (lambda: exhausts("x", 5, within="soon"), "has within='soon'"),
        (lambda: anomaly(seconds), "a histogram has no single value"),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(DeclarationError, match=message) as refused:
        make()
    assert str(refused.value).startswith(__file__)
