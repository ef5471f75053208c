"""Both official parsers read back what was counted, from every metric in both formats."""

from __future__ import annotations

import gzip
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from vedette.instruments.metrics import Counter, Gauge, Histogram, Info, Registry, StateSet, Summary
from vedette.instruments.metrics.exposition import CONTENT_TYPES, openmetrics, page, text
from vedette.instruments.metrics.numbers import format_bound


@pytest.fixture
def shop(registry):
    orders = Counter("shop_orders_total", 'Orders "placed".', labels={"channel": ["web", "app"]}, registry=registry)
    orders.initialise()
    orders.inc("web", amount=3)
    Gauge("shop_temperature_celsius", "Cellar\\door.", registry=registry).set(-4.5)
    duration = Histogram(
        "shop_checkout_seconds", "Time to check out.", labels=["x"], buckets=[0.005, 1, 1e6], registry=registry
    )
    duration.observe(0.25, "a")
    duration.observe(2e6, "a")
    Summary("shop_upload_bytes", "Uploads.", registry=registry).observe(512)
    Info("shop_build_info", "Build.", labels=["version"], registry=registry).set("1.2")
    StateSet("shop_worker", "Worker.", states=["idle", "busy"], labels=["x"], registry=registry).set("busy", "1")
    return registry


def test_the_text_format_is_prometheus_own(shop):
    assert text(shop).decode() == (
        "# HELP shop_build_info Build.\n"
        "# TYPE shop_build_info gauge\n"
        'shop_build_info{version="1.2"} 1\n'
        "# HELP shop_checkout_seconds Time to check out.\n"
        "# TYPE shop_checkout_seconds histogram\n"
        'shop_checkout_seconds_bucket{x="a",le="0.005"} 0\n'
        'shop_checkout_seconds_bucket{x="a",le="1.0"} 1\n'
        'shop_checkout_seconds_bucket{x="a",le="1e+06"} 1\n'
        'shop_checkout_seconds_bucket{x="a",le="+Inf"} 2\n'
        'shop_checkout_seconds_sum{x="a"} 2000000.25\n'
        'shop_checkout_seconds_count{x="a"} 2\n'
        '# HELP shop_orders_total Orders "placed".\n'
        "# TYPE shop_orders_total counter\n"
        'shop_orders_total{channel="web"} 3\n'
        'shop_orders_total{channel="app"} 0\n'
        "# HELP shop_temperature_celsius Cellar\\\\door.\n"
        "# TYPE shop_temperature_celsius gauge\n"
        "shop_temperature_celsius -4.5\n"
        "# HELP shop_upload_bytes Uploads.\n"
        "# TYPE shop_upload_bytes summary\n"
        "shop_upload_bytes_sum 512\n"
        "shop_upload_bytes_count 1\n"
        "# HELP shop_worker Worker.\n"
        "# TYPE shop_worker gauge\n"
        'shop_worker{x="1",shop_worker="idle"} 0\n'
        'shop_worker{x="1",shop_worker="busy"} 1\n'
    )


def test_openmetrics_differs_in_its_frame_only(shop):
    lines = openmetrics(shop).decode().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        line for line in text(shop).decode().splitlines() if not line.startswith("#")
    ]
    assert [line for line in lines if line.startswith("#")] == [
        "# TYPE shop_build info",
        "# HELP shop_build Build.",
        "# TYPE shop_checkout_seconds histogram",
        "# UNIT shop_checkout_seconds seconds",
        "# HELP shop_checkout_seconds Time to check out.",
        "# TYPE shop_orders counter",
        '# HELP shop_orders Orders \\"placed\\".',
        "# TYPE shop_temperature_celsius gauge",
        "# UNIT shop_temperature_celsius celsius",
        "# HELP shop_temperature_celsius Cellar\\\\door.",
        "# TYPE shop_upload_bytes summary",
        "# UNIT shop_upload_bytes bytes",
        "# HELP shop_upload_bytes Uploads.",
        "# TYPE shop_worker stateset",
        "# HELP shop_worker Worker.",
        "# EOF",
    ]
    assert openmetrics(shop).endswith(b"# EOF\n")


def test_an_empty_registry_is_an_empty_page_of_either_format():
    assert text(Registry()) == b""
    assert openmetrics(Registry()) == b"# EOF\n"


def test_no_format_tells_when_a_series_was_created(shop):
    assert b"_created" not in text(shop) + openmetrics(shop)


def test_names_limit_the_page(shop):
    assert text(shop, ["shop_orders_total"]).decode().count("# TYPE") == 1
    assert openmetrics(shop, ["shop_orders", "shop_upload_bytes_sum"]).decode().count("# TYPE") == 2


def test_a_gauge_whose_function_fails_is_left_out_of_a_page_that_is_still_valid(registry):
    Gauge("a_depth", "A.", registry=registry).set_function(lambda: 1 / 0)
    Gauge("b_depth", "B.", registry=registry).set_function(lambda: 3)
    assert [family.name for family in read_openmetrics(openmetrics(registry).decode())] == ["b_depth"]


def test_a_histogram_below_zero_has_no_sum_and_count_in_openmetrics_which_forbids_them(registry):
    histogram = Histogram("a_celsius", "A.", buckets=[-10, 0], registry=registry)
    histogram.observe(-20)
    assert b"a_celsius_sum -20\na_celsius_count 1" in text(registry)
    (family,) = read_openmetrics(openmetrics(registry).decode())
    assert {sample.name for sample in family.samples} == {"a_celsius_bucket"}


NAMES = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,12}", fullmatch=True).map(lambda name: f"x{name}y")
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12) | st.text(st.sampled_from('\\"\n{},= #a'), max_size=12)
NUMBERS = st.one_of(st.floats(), st.integers(-(2**60), 2**60))
AMOUNTS = st.floats(min_value=0, allow_nan=False)


@st.composite
def filled(draw):
    """A registry with one metric of each type, and what must be read back."""
    registry = Registry()
    names = draw(st.lists(NAMES, min_size=6, max_size=6, unique_by=str.lower))
    labels = draw(st.lists(NAMES, max_size=2, unique=True))
    labels = [label for label in labels if label not in names]
    help_text = draw(TEXTS.filter(str.strip))
    expected: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}

    def values():
        return tuple(draw(TEXTS) for _ in labels)

    def expect(name, given, value, **extra):
        expected[name, frozenset({**dict(zip(labels, given, strict=True)), **extra}.items())] = value

    counter = Counter(f"{names[0]}_total", help_text, labels=labels, registry=registry)
    gauge = Gauge(names[1], help_text, labels=labels, registry=registry)
    bounds = sorted(draw(st.sets(st.floats(0, allow_infinity=False, allow_nan=False), min_size=1, max_size=4)))
    histogram = Histogram(names[2], help_text, labels=labels, buckets=bounds, registry=registry)
    summary = Summary(names[3], help_text, labels=labels, registry=registry)
    info = Info(f"{names[4]}_info", help_text, labels=labels, registry=registry)
    states = draw(st.lists(TEXTS.filter(bool), min_size=1, max_size=3, unique=True))
    stateset = StateSet(names[5], help_text, labels=labels, states=states, registry=registry)

    given = values()
    amount = draw(AMOUNTS)
    counter.labels(*given).inc(amount)
    expect(f"{names[0]}_total", given, amount)
    number = draw(NUMBERS)
    gauge.set(number, *given)
    expect(names[1], given, number)
    observed = draw(AMOUNTS)
    histogram.observe(observed, *given)
    expect(f"{names[2]}_sum", given, observed)
    expect(f"{names[2]}_count", given, 1)
    for bound in (*bounds, math.inf):
        expect(f"{names[2]}_bucket", given, int(observed <= bound), le=format_bound(bound))
    summary.observe(observed, *given)
    expect(f"{names[3]}_sum", given, observed)
    expect(f"{names[3]}_count", given, 1)
    info.set(*given)
    expect(f"{names[4]}_info", given, 1)
    on = draw(st.sampled_from(states))
    stateset.set(on, *given)
    for state in states:
        expect(names[5], given, int(state == on), **{names[5]: state})
    return registry, expected


def same(found: dict, expected: dict) -> bool:
    return found.keys() == expected.keys() and all(
        float(found[key]) == float(value) or (math.isnan(found[key]) and math.isnan(value))
        for key, value in expected.items()
    )


def samples(families) -> dict:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


@settings(max_examples=150, deadline=None)
@given(filled())
def test_both_official_parsers_read_back_every_name_label_and_value(case):
    registry, expected = case
    assert same(samples(read_text(text(registry).decode())), expected)
    assert same(samples(read_openmetrics(openmetrics(registry).decode())), expected)


def test_a_page_is_compressed_for_who_takes_it(shop):
    plain = page(registry=shop, accept="application/openmetrics-text")
    packed = page(registry=shop, accept="application/openmetrics-text", accept_encoding="gzip", names=["shop_orders"])
    assert (plain.content_type, plain.gzipped, plain.body) == (CONTENT_TYPES["openmetrics"], False, openmetrics(shop))
    assert (packed.content_type, packed.gzipped) == (CONTENT_TYPES["openmetrics"], True)
    assert gzip.decompress(packed.body) == openmetrics(shop, ["shop_orders"])
