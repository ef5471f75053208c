"""A service with native histograms is scraped so that the rules on classic buckets go on working."""

from __future__ import annotations

import pytest

from vedette import Environment, Histogram, Pack, Service, Stack
from vedette.build import build, notes
from vedette.instruments.metrics import Registry

REGISTRY = Registry()
native = Histogram("native_duration_seconds", "Native.", native=True, registry=REGISTRY)
classic = Histogram("classic_duration_seconds", "Classic.", registry=REGISTRY)


def stack(metric: Histogram, version: str) -> Stack:
    pack = Pack("mine", title="Mine", metrics=[metric])
    service = Service("shop", targets=["localhost:8000"], packs=[pack])
    return Stack(name="shop", services=[service], environments=[Environment("local", prometheus=version)])


@pytest.mark.parametrize(
    ("version", "key"),
    [
        ("2.42", None),
        ("2.45", "scrape_classic_histograms: true"),
        ("2.53", "scrape_classic_histograms: true"),
        ("3.0", "always_scrape_classic_histograms: true"),
        ("3.5", "always_scrape_classic_histograms: true"),
    ],
)
def test_the_key_that_keeps_classic_buckets_is_the_one_of_the_environment_s_prometheus(version, key):
    lines = build(stack(native, version))["prometheus/prometheus.yml"].splitlines()
    assert [line.strip() for line in lines if "classic_histograms" in line] == ([key] if key else [])


@pytest.mark.parametrize(
    ("version", "said"),
    [("2.42", "its classic buckets are dropped"), ("2.53", "is refused by Prometheus 3"), ("3.0", None)],
)
def test_a_version_that_does_not_go_with_native_histograms_is_noted_at_the_declaration(version, said):
    found = notes(stack(native, version))
    assert len(found) == (said is not None)
    if said is not None:
        assert str(found[0]).startswith(f"{native.place}: native_duration_seconds is native")
        assert said in found[0].message
        assert "Set prometheus='3.0'" in found[0].message


def test_classic_histograms_alone_change_nothing():
    assert "classic_histograms" not in build(stack(classic, "3.5"))["prometheus/prometheus.yml"]
    assert notes(stack(classic, "2.42")) == []
