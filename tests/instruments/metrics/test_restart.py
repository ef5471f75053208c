"""A metric that counts from zero again, as in a process that has just started."""

from __future__ import annotations

import pytest

from vedette.instruments.metrics import Counter, Gauge, Histogram, Info, Registry
from vedette.instruments.metrics.exposition import text


@pytest.fixture
def registry():
    return Registry()


def restarted(registry):
    for family in registry.families():
        family.restart()
    return [line for line in text(registry).decode().splitlines() if not line.startswith("#")]


def test_what_was_initialised_is_there_at_zero_and_what_was_only_counted_is_gone(registry):
    kinds = Counter("kinds_total", "Kinds.", labels={"kind": ["a", "b"]}, registry=registry)
    plain = Counter("plain_total", "Plain.", registry=registry)
    took = Histogram("took_seconds", "Time.", buckets=[1], registry=registry)
    kinds.initialise()
    kinds.inc("a", amount=5)
    plain.inc()
    took.observe(0.5)
    assert restarted(registry) == ['kinds_total{kind="a"} 0', 'kinds_total{kind="b"} 0']


def test_what_tells_how_things_are_stays(registry):
    depth, told = Gauge("depth", "Depth.", registry=registry), Gauge("told", "Told.", registry=registry)
    Info("build_info", "Build.", labels=["version"], registry=registry).set("1.2")
    depth.set(7)
    told.set_function(lambda: 9)
    assert restarted(registry) == ['build_info{version="1.2"} 1', "depth 7", "told 9"]


def test_a_handle_that_was_kept_counts_on(registry):
    kinds = Counter("kinds_total", "Kinds.", labels={"kind": ["a", "b"]}, registry=registry)
    kept = kinds.labels("a")
    kept.inc(3)
    assert restarted(registry) == []
    kept.inc(2)
    assert restarted(registry) == []
    kept.inc(2)
    assert 'kinds_total{kind="a"} 2' in text(registry).decode()


def test_what_is_counted_elsewhere_is_told_as_it_is_there(registry):
    total = Counter("elsewhere_total", "Counted elsewhere.", registry=registry)
    total.mirror(10)
    assert restarted(registry) == []
    total.mirror(12)
    assert "elsewhere_total 12" in text(registry).decode()
