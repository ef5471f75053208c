"""Counters, gauges, histograms, summaries, infos and state sets hold what they were told, whichever way it was said."""

from __future__ import annotations

import math
import sys
import threading

import pytest

from vedette.instruments import guard
from vedette.instruments.metrics import OVERFLOW, Counter, Gauge, Histogram, Info, StateSet, Summary


def series(metric) -> dict[tuple[str, ...], object]:
    return metric.series()


def test_a_declared_metric_has_no_series_before_it_is_touched(registry):
    Counter("a_total", "A.", registry=registry)
    Gauge("a_depth", "A.", labels={"x": ["1"]}, registry=registry)
    assert registry.snapshot() == []


def test_an_unlabelled_counter_adds_one_or_what_is_said(registry):
    counter = Counter("a_total", "A.", registry=registry)
    counter.inc()
    counter.inc(2)
    counter.inc(amount=0.5)
    counter.labels().inc(4)
    assert series(counter) == {(): 7.5}


def test_a_labelled_counter_takes_values_by_place_by_name_or_both(registry):
    counter = Counter("a_total", "A.", labels=["x", "y"], registry=registry)
    counter.inc("1", "2")
    counter.inc(y="2", x="1")
    counter.inc("1", y="2", amount=3)
    counter.labels("1", y="2").inc(5)
    assert series(counter) == {("1", "2"): 10}


def test_a_label_may_be_called_self_or_values(registry):
    counter = Counter("a_total", "A.", labels=["self", "values"], registry=registry)
    counter.inc(self="1", values="2")
    assert series(counter) == {("1", "2"): 1}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: c.inc(), "was given 0 label values; its labels: x, y"),
        (lambda c: c.inc("1"), "was given 1 label values"),
        (lambda c: c.inc("1", "2", "3"), "was given 3 label values"),
        (lambda c: c.inc("1", z="2"), "has no label 'z'; its labels: x, y"),
        (lambda c: c.inc("1", x="2"), "'x' is given twice"),
        (lambda c: c.inc(x="1"), "was given 1 label values"),
        (lambda c: c.inc("1", 2), "2 of the label 'y' is not a string.*amount="),
        (lambda c: c.inc("1", y=2), "2 of the label 'y' is not a string.*amount="),
        (lambda c: c.inc("1", None), "not a string"),
        (lambda c: c.labels(["1"], "2"), "not a string|unhashable"),
        (lambda c: c.remove("1"), "was given 1 label values"),
    ],
)
def test_a_wrong_label_is_a_type_error_at_once(registry, call, message):
    counter = Counter("a_total", "A.", labels=["x", "y"], registry=registry)
    with pytest.raises(TypeError, match=message):
        call(counter)
    assert series(counter) == {}


@pytest.mark.parametrize("call", [lambda m: m.inc(x="1"), lambda m: m.inc(1, 2), lambda m: m.labels("1")])
def test_labels_on_a_metric_without_are_a_type_error(registry, call):
    for metric in (Counter("a_total", "A.", registry=registry), Gauge("b_depth", "B.", registry=registry)):
        with pytest.raises(TypeError, match="it has no labels"):
            call(metric)


@pytest.mark.parametrize("value", ["many", None, [], 10**400])
def test_what_is_no_number_is_ignored_and_said(registry, caplog, value):
    gauge = Gauge("a_depth", "A.", registry=registry)
    labelled = Counter("b_total", "B.", labels=["x"], registry=registry)
    histogram = Histogram("c_seconds", "C.", buckets=[1], registry=registry)
    gauge.set(5)
    gauge.set(value)
    gauge.inc(value)
    labelled.inc("1", amount=value)
    labelled.labels("1").inc(value)
    histogram.observe(value)
    assert series(gauge) == {(): 5}
    assert series(labelled).get(("1",), 0) == 0
    assert sum(series(histogram).get((), ([], 0))[0]) == 0
    assert len(caplog.messages) == 3
    assert all("is not a number; it was ignored" in message for message in caplog.messages)
    guard.set_strict(True)
    with pytest.raises(ValueError, match="is not a number"):
        gauge.set(value)


@pytest.mark.parametrize("amount", [-1, -0.001, math.nan, -math.inf])
def test_a_counter_ignores_what_would_lower_it_and_says_so(registry, caplog, amount):
    counter = Counter("a_total", "A.", registry=registry)
    counter.inc(3)
    counter.inc(amount)
    assert series(counter) == {(): 3}
    assert "counts upwards only" in caplog.messages[0]
    guard.set_strict(True)
    with pytest.raises(ValueError, match="counts upwards only"):
        counter.inc(amount)


def test_a_counter_adds_what_a_total_counted_elsewhere_has_grown_by_even_when_that_starts_anew(registry, caplog):
    counter = Counter("a_total", "A.", labels=["x"], registry=registry)
    counter.mirror(10, "1")
    counter.mirror(12, "1")
    counter.mirror(4, x="1")
    counter.mirror(-1, "1")
    assert series(counter) == {("1",): 16}
    assert len(caplog.messages) == 1


def test_a_gauge_is_set_raised_and_lowered(registry):
    gauge = Gauge("a_depth", "A.", registry=registry)
    gauge.set(5)
    gauge.inc()
    gauge.inc(2)
    gauge.inc(amount=2)
    gauge.dec()
    gauge.dec(3)
    gauge.dec(amount=0.5)
    assert series(gauge) == {(): 5.5}
    labelled = Gauge("b_depth", "B.", labels=["x"], registry=registry)
    labelled.set(5, "1")
    labelled.inc("1", amount=2)
    labelled.dec(x="1")
    assert series(labelled) == {("1",): 6}


def test_a_gauge_asks_its_function_at_every_read_until_it_has_none(registry):
    gauge = Gauge("a_depth", "A.", labels=["x"], registry=registry)
    values = iter([1, 2])
    gauge.set_function(lambda: next(values), "1")
    assert [series(gauge), series(gauge)] == [{("1",): 1.0}, {("1",): 2.0}]
    gauge.set_function(None, "1")
    assert series(gauge) == {("1",): 0}


def test_a_function_that_fails_leaves_its_series_out_and_is_logged(registry, caplog):
    gauge = Gauge("a_depth", "A.", registry=registry)
    gauge.set_function(lambda: 1 / 0)
    assert series(gauge) == {}
    assert "the function of the gauge a_depth" in caplog.messages[0]


def test_a_histogram_counts_into_the_bucket_whose_bound_is_reached(registry):
    histogram = Histogram("a_seconds", "A.", buckets=[1, 2, 4], registry=registry)
    for value in (0, 1, 1.5, 2, 2.0001, 4, 5, math.inf):
        histogram.observe(value)
    assert series(histogram) == {(): ([2, 2, 2, 2], math.inf)}


def test_a_labelled_histogram_and_summary_take_the_value_first(registry):
    for metric in (
        Histogram("a_seconds", "A.", labels=["x"], buckets=[1], registry=registry),
        Summary("b_seconds", "B.", labels=["x"], registry=registry),
    ):
        metric.observe(0.5, "1")
        metric.observe(1.5, x="1")
        metric.labels("1").observe(2)
    assert series(metric) == {("1",): (3, 4.0)}


@pytest.mark.parametrize("value", [-1, math.nan, -math.inf])
def test_an_observation_that_would_spoil_the_sum_is_ignored_and_said(registry, caplog, value):
    for metric in (
        Histogram("a_seconds", "A.", buckets=[1], registry=registry),
        Summary("b_seconds", "B.", registry=registry),
    ):
        metric.observe(1)
        before = series(metric)
        metric.observe(value)
        assert series(metric) == before
    assert len(caplog.messages) == 2
    guard.set_strict(True)
    with pytest.raises(ValueError, match="was ignored"):
        metric.observe(value)


def test_a_histogram_with_buckets_below_zero_takes_values_below_zero(registry):
    histogram = Histogram("a_celsius", "A.", buckets=[-10, 0, 10], registry=registry)
    histogram.observe(-20)
    histogram.observe(-5)
    assert series(histogram) == {(): ([1, 1, 0, 0], -25)}


def test_an_info_tells_the_last_facts_only(registry):
    info = Info("a_info", "A.", labels=["version", "branch"], registry=registry)
    info.set("1", "main")
    info.set(version="2", branch="main")
    assert series(info) == {("2", "main"): 1}


def test_a_state_set_holds_one_state_or_switches_each(registry):
    states = StateSet("a_state", "A.", states=["idle", "busy", "ill"], labels=["x"], registry=registry)
    states.set("busy", "1")
    states.set("idle", x="1")
    assert series(states) == {("1",): {"idle"}}
    states.switch("ill", True, "1")
    states.switch("idle", False, "1")
    assert series(states) == {("1",): {"ill"}}
    states.labels("1").switch("ill", on=False)
    assert series(states) == {("1",): set()}


def test_an_undeclared_state_is_ignored_and_said(registry, caplog):
    states = StateSet("a_state", "A.", states=["idle", "busy"], registry=registry)
    states.set("busy")
    states.set("dead")
    assert series(states) == {(): {"busy"}}
    assert "no state 'dead'; its states: idle, busy" in caplog.messages[0]
    guard.set_strict(True)
    with pytest.raises(ValueError, match="no state"):
        states.switch("dead", True)


def test_initialise_makes_every_combination_of_declared_values(registry):
    counter = Counter("a_total", "A.", labels={"x": ["1", "2"], "y": ["3", "4"]}, registry=registry)
    counter.initialise()
    assert series(counter) == dict.fromkeys([("1", "3"), ("1", "4"), ("2", "3"), ("2", "4")], 0)
    plain = Gauge("b_depth", "B.", registry=registry)
    plain.initialise()
    assert series(plain) == {(): 0}


def test_initialise_makes_nothing_where_a_label_is_free_and_keeps_what_was_counted(registry):
    counter = Counter("a_total", "A.", labels={"x": ["1", "2"], "y": None}, registry=registry)
    counter.initialise()
    assert series(counter) == {}
    counter.inc("1", "anything")
    counter.initialise()
    assert series(counter) == {("1", "anything"): 1}


def test_an_undeclared_value_is_counted_as_other_and_logged_once(registry, caplog):
    counter = Counter("a_total", "A.", labels={"x": ["web", "app"], "y": None}, registry=registry)
    counter.inc("fax", "1")
    counter.inc("pigeon", "1")
    counter.labels("fax", "2").inc()
    assert series(counter) == {(OVERFLOW, "1"): 2, (OVERFLOW, "2"): 1}
    assert len(caplog.messages) == 1
    assert "x='fax' is not declared (web, app)" in caplog.messages[0]
    assert __file__ in caplog.messages[0]


def test_an_undeclared_value_is_an_error_in_strict_mode_but_other_itself_is_not(registry):
    counter = Counter("a_total", "A.", labels={"x": ["web"]}, registry=registry)
    guard.set_strict(True)
    with pytest.raises(ValueError, match="is not declared"):
        counter.inc("fax")
    counter.inc(OVERFLOW)
    assert series(counter) == {(OVERFLOW,): 1}


def test_above_max_series_new_values_are_counted_together_and_known_ones_as_before(registry, caplog):
    guard.set_strict(True)
    counter = Counter("a_total", "A.", labels=["x", "y"], max_series=2, registry=registry)
    for value in ("1", "2", "3", "4", "1"):
        counter.inc(value, "z")
    assert series(counter) == {("1", "z"): 2, ("2", "z"): 1, (OVERFLOW, OVERFLOW): 2}
    assert len(caplog.messages) == 1
    assert "a_total has 2 series" in caplog.messages[0]


def test_a_value_that_is_no_unicode_text_is_stored_with_replacements(registry):
    counter = Counter("a_total", "A.", labels=["x"], registry=registry)
    counter.inc("a\udcffb")
    counter.inc("a\udcffb")
    assert series(counter) == {("a?b",): 2}


def test_remove_and_clear_drop_series_and_the_next_update_starts_from_zero(registry):
    counter = Counter("a_total", "A.", labels=["x"], registry=registry)
    counter.inc("1")
    counter.inc("2")
    assert counter.remove("1") is True
    assert counter.remove(x="1") is False
    assert series(counter) == {("2",): 1}
    counter.clear()
    assert series(counter) == {}
    counter.inc("2")
    assert series(counter) == {("2",): 1}


def test_a_handle_that_somebody_keeps_makes_its_series_anew_when_that_was_dropped(registry):
    counter = Counter("a_total", "A.", labels=["x"], registry=registry)
    gauge = Gauge("b_depth", "B.", labels=["x"], registry=registry)
    histogram = Histogram("c_seconds", "C.", labels=["x"], buckets=[1], registry=registry)
    one, two, three = counter.labels("1"), gauge.labels("1"), histogram.labels("1")
    for _ in range(3):
        one.inc(2)
        two.set(5)
        two.inc()
        three.observe(0.5)
        assert (series(counter), series(gauge), series(histogram)) == (
            {("1",): 2},
            {("1",): 6},
            {("1",): ([1, 0], 0.5)},
        )
        registry.clear()
        assert registry.snapshot() == []
    one.inc()
    counter.inc("1")
    assert series(counter) == {("1",): 2}


def test_an_unlabelled_metric_can_be_dropped_and_used_again(registry):
    counter, gauge = Counter("a_total", "A.", registry=registry), Gauge("b_depth", "B.", registry=registry)
    summary = Summary("c_seconds", "C.", registry=registry)
    for _ in range(3):
        counter.inc(2)
        gauge.inc(3)
        gauge.dec()
        gauge.set(7)
        summary.observe(1)
    for metric in (counter, gauge, summary):
        metric.clear()
        assert series(metric) == {}
    counter.inc()
    gauge.inc()
    summary.observe(2)
    assert [series(metric) for metric in (counter, gauge, summary)] == [{(): 1}, {(): 1}, {(): (1, 2)}]
    assert counter.remove() is True
    counter.inc()
    assert series(counter) == {(): 1}


def test_nothing_is_lost_when_many_threads_update_and_make_series_at_once(registry):
    counter = Counter("a_total", "A.", labels=["x"], registry=registry)
    plain = Counter("b_total", "B.", registry=registry)
    gauge = Gauge("c_depth", "C.", registry=registry)
    histogram = Histogram("d_seconds", "D.", buckets=[1, 2], registry=registry)
    interval = sys.getswitchinterval()
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        for number in range(3000):
            counter.inc(str(number % 7))
            plain.inc()
            gauge.inc(2)
            gauge.dec()
            histogram.observe(number % 3 + 0.5)

    threads = [threading.Thread(target=work) for _ in range(4)]
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert sum(series(counter).values()) == 12_000
    assert series(plain) == {(): 12_000}
    assert series(gauge) == {(): 12_000}
    assert series(histogram) == {(): ([4000, 4000, 4000], 18_000.0)}


def test_an_update_within_an_update_of_the_same_series_does_not_hang(registry):
    counter = Counter("a_total", "A.", registry=registry)

    class Amount(float):
        def __radd__(self, other):
            if other == 0:
                counter.inc(100)
            return float(other) + 1

    counter.inc(Amount(1))
    assert series(counter)[()] >= 1
