"""Objectives that cannot mean what they say."""

from __future__ import annotations

import pytest
from tests.check.declared_stacks import check, lines

SOURCE = """\
orders = Counter("shop_orders_total", help="Orders.", labels=["route", "result"])
slow = Histogram("shop_seconds", help="Time.", labels=["route"], buckets=[0.1, 0.25, 0.5])
shop = Pack("shop", metrics=[orders, slow], slos=[
    {}
])
stack = Stack(services=[Service("shop", ["localhost:1"], [shop])])
"""


def found(tmp_path, slo, *codes):
    return check(tmp_path, SOURCE.format(slo), *(codes or ("objectives", "unknown-label", "unknown-metric")))


@pytest.mark.parametrize(
    ("events", "says"),
    [
        ("""Events('shop_orders_total{route="/"}', errors='shop_orders_total{result="failed"}')""", "another route"),
        ("Events(orders, errors='shop_orders_total')", "every event is an error"),
        ("Events(orders, good=orders)", "every event is good"),
        ("""Events('shop_orders_total{route="/"}', errors='{result="failed"}')""", None),
        ("""Events(orders, good='sum(rate(shop_orders_total{result="done"}[5m]))')""", None),
        ("Events(orders, errors='shop_seconds_count')", None),
    ],
)
def test_errors_that_are_no_part_of_all_events(tmp_path, events, says):
    findings = found(tmp_path, f'Slo("a", {events}, objective=99.9),')
    assert [says in one.message for one in findings if says] == ([True] if says else [])
    assert lines(findings) == ([("objective-part", 4)] if says else [])


@pytest.mark.parametrize(
    ("objective", "window", "missing"),
    [
        (99.9, "30d", []),
        (90, "30d", ["critical"]),
        (50, "30d", ["critical", "high", "medium"]),
        (99.9, "7d", []),
        (99.9, "4d", ["high", "low"]),
    ],
)
def test_alerts_that_an_objective_cannot_have(tmp_path, objective, window, missing):
    slo = f"""Slo("a", Events(orders, errors='{{result="x"}}'), objective={objective}, window="{window}"),"""
    findings = found(tmp_path, slo)
    assert [one.message.partition(": ")[0].rpartition(" ")[2] for one in findings] == missing
    assert {one.level for one in findings} <= {"note"}


def test_a_bound_that_no_bucket_has_names_the_nearest(tmp_path):
    (finding,) = found(tmp_path, 'Slo("a", Latency(slow, below="300ms"), objective=99),')
    assert (finding.code, finding.level) == ("objective-bound", "error")
    assert "below 0.3, which is no bound" in finding.message
    assert "(0.1, 0.25, 0.5)" in finding.fix
    assert lines([finding]) == [("objective-bound", 4)]


def test_a_label_that_the_events_do_not_have(tmp_path):
    slo = """Slo("a", Events(orders, errors='{result="failed"}'), objective=99, by=["rute"]),"""
    findings = found(tmp_path, slo)
    assert {one.code for one in findings} == {"unknown-label"}
    assert {line for _, line in lines(findings)} == {4}


def test_events_that_nobody_declares(tmp_path):
    findings = found(tmp_path, """Slo("a", Events("shop_oders_total", errors='{result="x"}'), objective=99),""")
    assert {one.code for one in findings} == {"unknown-metric"}
    assert {line for _, line in lines(findings)} == {4}


def test_what_is_more_than_a_selector_cannot_be_counted(tmp_path):
    (finding,) = found(tmp_path, """Slo("a", Events("shop_orders_total * 2", errors='{result="x"}'), objective=99),""")
    assert finding.code == "cannot-be-built"
    assert "does more than select counters" in finding.message
