"""Counters and histograms say which event was one of those they count: the one given, or the current trace."""

from __future__ import annotations

import re

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from vedette.instruments import clock, guard
from vedette.instruments.metrics import Counter, Gauge, Histogram, Summary, core, current_trace
from vedette.instruments.metrics.exposition import openmetrics, text

EXEMPLAR = re.compile(r"(\S+) \S+ # (\{.*\}) (\S+) (\S+)$", re.MULTILINE)


@pytest.fixture
def tracer():
    core.exemplar_source(current_trace.current)
    yield TracerProvider().get_tracer("test")
    core.exemplar_source(None)


@pytest.fixture
def orders(registry):
    return Counter("a_orders_total", "A.", ["x"], registry=registry)


@pytest.fixture
def duration(registry):
    return Histogram("a_seconds", "A.", buckets=[1, 10], registry=registry)


def shown(registry) -> dict[str, tuple[str, str, str]]:
    """Series → its exemplar: labels, value, time."""
    found = EXEMPLAR.findall(openmetrics(registry).decode())
    return {series: (labels, value, time) for series, labels, value, time in found}


def ids(span) -> str:
    context = span.get_span_context()
    return f'{{trace_id="{context.trace_id:032x}",span_id="{context.span_id:016x}"}}'


def test_an_exemplar_that_is_given_stands_beside_its_sample_with_value_and_time(registry, orders, duration):
    with clock.replaced(lambda: 1700000000.25):
        orders.inc("1", amount=2, exemplar={"order": 'a"b'})
        orders.labels("2").inc(exemplar={"order": "c"})
        duration.observe(5, exemplar={"trace_id": "d"})
        duration.labels().observe(0.5, exemplar={"trace_id": "e"})
        duration.labels().observe(50, exemplar={"trace_id": "f"})
    assert shown(registry) == {
        'a_orders_total{x="1"}': ('{order="a\\"b"}', "2", "1700000000.250"),
        'a_orders_total{x="2"}': ('{order="c"}', "1", "1700000000.250"),
        'a_seconds_bucket{le="1.0"}': ('{trace_id="e"}', "0.5", "1700000000.250"),
        'a_seconds_bucket{le="10.0"}': ('{trace_id="d"}', "5", "1700000000.250"),
        'a_seconds_bucket{le="+Inf"}': ('{trace_id="f"}', "50", "1700000000.250"),
    }
    assert b"#  {" not in text(registry)
    assert b"trace_id" not in text(registry)


def test_a_later_one_takes_the_place_of_an_earlier(registry, orders):
    for order in ("a", "b"):
        orders.inc("1", exemplar={"order": order})
    assert shown(registry)['a_orders_total{x="1"}'][0] == '{order="b"}'


def test_one_that_cannot_be_is_left_out_told_and_an_error_in_strict_mode(registry, orders, caplog):
    for wrong in ({"a b": "c"}, {"a": "x" * 128}, {"é": "b"}):
        orders.inc("1", exemplar=wrong)
    assert shown(registry) == {}
    assert orders.series() == {("1",): 3}
    assert len(caplog.messages) == 1
    assert "was left out" in caplog.messages[0]
    with pytest.raises(TypeError, match="not a mapping of strings to strings"):
        orders.inc("1", exemplar={"a": 5})
    guard.set_strict(True)
    with pytest.raises(ValueError, match="at most 128 characters"):
        orders.inc("1", exemplar={"a": "x" * 128})


def test_what_has_no_exemplars_does_not_take_one(registry):
    for call in (
        lambda: Gauge("a_depth", "A.", registry=registry).inc(exemplar={"a": "b"}),
        lambda: Summary("a_bytes", "A.", registry=registry).observe(1, exemplar={"a": "b"}),
    ):
        with pytest.raises(TypeError):
            call()


def test_within_a_trace_its_ids_are_taken_and_outside_of_one_nothing(registry, orders, duration, tracer):
    orders.inc("1")
    with tracer.start_as_current_span("shopping") as span:
        orders.inc("2")
        duration.observe(5)
        with duration.time():
            pass
    duration.observe(50)
    found = shown(registry)
    assert {series: labels for series, (labels, _, _) in found.items()} == {
        'a_orders_total{x="2"}': ids(span),
        'a_seconds_bucket{le="10.0"}': ids(span),
        'a_seconds_bucket{le="1.0"}': ids(span),
    }
    assert found['a_seconds_bucket{le="10.0"}'][1] == "5"


def test_a_trace_that_is_not_kept_is_no_exemplar(registry, orders):
    core.exemplar_source(current_trace.current)
    try:
        with TracerProvider(sampler=ALWAYS_OFF).get_tracer("test").start_as_current_span("shopping"):
            orders.inc("1")
        assert shown(registry) == {}
    finally:
        core.exemplar_source(None)


def test_one_trace_for_each_scrape_is_enough_and_few_are_asked_for(registry, duration, tracer, monkeypatch):
    asked = []

    def current():
        asked.append(1)
        return current_trace.current()

    core.exemplar_source(current)
    with tracer.start_as_current_span("shopping"):
        for _ in range(1000):
            duration.observe(5)
    assert 1 <= len(asked) <= 1000 if not core.IN_C else len(asked) == 1
    asked.clear()
    if core.IN_C:
        openmetrics(registry)
        for _ in range(5000):
            duration.observe(5)  # no trace: asked again, but not for ever
        assert len(asked) == 64 * 3
        openmetrics(registry)
        duration.observe(5)
        assert len(asked) == 64 * 3 + 1


def test_the_tracer_is_found_once_the_application_has_loaded_it(registry, orders, monkeypatch):
    monkeypatch.setattr(current_trace, "_looking", True)
    try:
        openmetrics(registry)
        with TracerProvider().get_tracer("test").start_as_current_span("shopping") as span:
            orders.inc("1")
        assert shown(registry)['a_orders_total{x="1"}'][0] == ids(span)
    finally:
        core.exemplar_source(None)


def test_a_source_that_fails_does_not_break_the_update(registry, orders, capsys):
    def fail():
        raise RuntimeError("bug")

    core.exemplar_source(fail)
    try:
        orders.inc("1")
    finally:
        core.exemplar_source(None)
    assert orders.series() == {("1",): 1}


def test_an_update_while_the_interpreter_ends_has_no_trace(monkeypatch):
    monkeypatch.setitem(current_trace.sys.modules, "opentelemetry.trace", None)
    assert current_trace.current() is None
