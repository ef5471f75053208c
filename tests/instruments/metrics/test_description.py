"""A declaration that cannot work is refused where it stands, with what to write instead."""

from __future__ import annotations

import pytest

from vedette.errors import DeclarationError
from vedette.instruments.metrics import Counter, Gauge, Histogram, Info, Metric, StateSet, Summary

THIS = __file__


@pytest.mark.parametrize(
    ("kind", "name", "suggestion"),
    [
        (Counter, "shop_orders", "write shop_orders_total"),
        (Counter, "shop_wait_ms", "write shop_wait_seconds_total"),
        (Counter, "shop_wait_ms_total", "write shop_wait_seconds_total"),
        (Gauge, "shop_orders_total", "write shop_orders"),
        (Gauge, "shop_latency_ms", "write shop_latency_seconds"),
        (Gauge, "shop_cache_mb", "write shop_cache_bytes"),
        (Gauge, "shop_cpu_percent", "write shop_cpu_ratio"),
        (Gauge, "shop_cart_count", "write shop_cart"),
        (Gauge, "shop_build_info", "write shop_build"),
        (Summary, "shop_size_kib", "write shop_size_bytes"),
        (Histogram, "shop_wait_seconds_sum", "write shop_wait_seconds"),
        (Histogram, "shop_wait_seconds_bucket", "write shop_wait_seconds"),
        (Gauge, "shop_start_created", "write shop_start"),
    ],
)
def test_a_name_without_its_type_or_base_unit_is_refused_with_the_right_one(registry, kind, name, suggestion):
    with pytest.raises(DeclarationError, match=rf"{name} .*{suggestion}$"):
        kind(name, "Help.", registry=registry)


def test_an_info_must_say_so(registry):
    with pytest.raises(DeclarationError, match=r"write shop_build_info$"):
        Info("shop_build", "Help.", labels=["version"], registry=registry)


@pytest.mark.parametrize(
    "name",
    ["", "2fast", "with-dash", "with space", "näme", "a:b", "__a", "up", "ALERTS", "scrape_x", 5, "_total"],
)
def test_what_is_not_a_name_of_ones_own_is_refused(registry, name):
    with pytest.raises(DeclarationError, match=r"name|ending|_total"):
        Counter(name, "Help.", registry=registry)
    if name != "_total":
        with pytest.raises(DeclarationError, match="name"):
            Gauge(name, "Help.", registry=registry)


@pytest.mark.parametrize("text", ["", "  \n", None])
def test_a_metric_without_help_is_refused(registry, text):
    with pytest.raises(DeclarationError, match="has no help"):
        Gauge("shop_carts", text, registry=registry)


def test_help_is_one_line(registry):
    assert Gauge("shop_carts", "  Carts\n   open. ", registry=registry).help == "Carts open."


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("ab", r"write a list: labels=\['ab'\]"),
        (["a", "a"], "'a' twice"),
        (["a-b"], "letters, digits"),
        (["__a"], "letters, digits"),
        ([5], "letters, digits"),
        (["amount"], r"argument of inc\(\)"),
        (["value"], r"argument of observe\(\)"),
        (["exemplar"], "argument of updates"),
        (["job"], "the scrape sets it"),
        (["instance"], "the scrape sets it"),
        ({"a": "xy"}, r"write a list: {'a': \['xy'\]}"),
        ({"a": []}, "list different strings"),
        ({"a": ["x", "x"]}, "list different strings"),
        ({"a": [1]}, "list different strings"),
    ],
)
def test_labels_that_cannot_be_are_refused(registry, labels, message):
    with pytest.raises(DeclarationError, match=message):
        Gauge("shop_carts", "Carts.", labels=labels, registry=registry)


@pytest.mark.parametrize(
    ("make", "label"),
    [
        (lambda r: Histogram("a_seconds", "A.", labels=["le"], registry=r), "le"),
        (lambda r: Summary("a_seconds", "A.", labels=["quantile"], registry=r), "quantile"),
        (lambda r: StateSet("a_state", "A.", states=["x"], labels=["a_state"], registry=r), "a_state"),
    ],
)
def test_a_label_that_the_type_sets_itself_is_refused(registry, make, label):
    with pytest.raises(DeclarationError, match=f"label '{label}', which a .* sets itself"):
        make(registry)


def test_pid_is_set_where_each_process_is_told_apart_and_ordinary_elsewhere(registry):
    with pytest.raises(DeclarationError, match="'pid', which multiprocess_mode='liveall' sets itself"):
        Gauge("shop_load", "Load.", labels=["pid"], multiprocess_mode="liveall", registry=registry)
    Gauge("shop_load", "Load.", labels=["pid"], registry=registry)


def test_le_is_an_ordinary_label_elsewhere(registry):
    assert Gauge("a_depth", "A.", labels=["le"], registry=registry).label_names == ("le",)


@pytest.mark.parametrize("buckets", [[], [float("inf")], [1, 1], [2, 1], [float("nan")], [1, float("inf"), 2]])
def test_buckets_that_do_not_grow_or_are_not_finite_are_refused(registry, buckets):
    with pytest.raises(DeclarationError, match="buckets="):
        Histogram("a_seconds", "A.", buckets=buckets, registry=registry)


def test_a_last_bucket_of_infinity_is_taken_as_the_one_that_is_always_there(registry):
    assert Histogram("a_seconds", "A.", buckets=[1, 2, float("inf")], registry=registry).buckets == (1.0, 2.0)


@pytest.mark.parametrize("states", [[], "idle", ["a", "a"], [""], [1]])
def test_states_that_cannot_be_are_refused(registry, states):
    with pytest.raises(DeclarationError, match="list different names"):
        StateSet("a_state", "A.", states=states, registry=registry)


def test_more_declared_values_than_series_are_refused(registry):
    with pytest.raises(DeclarationError, match="6 series, more than max_series=5"):
        Gauge("a_depth", "A.", labels={"x": ["1", "2"], "y": ["1", "2", "3"]}, max_series=5, registry=registry)


@pytest.mark.parametrize("limit", [0, -1, 2.5])
def test_a_limit_below_one_is_refused(registry, limit):
    with pytest.raises(DeclarationError, match="max_series"):
        Gauge("a_depth", "A.", max_series=limit, registry=registry)


@pytest.mark.parametrize(
    ("name", "unit", "found"),
    [
        ("a_seconds", None, "seconds"),
        ("a_seconds", "seconds", "seconds"),
        ("a_items", "items", "items"),
        ("a_items", None, ""),
        ("seconds", None, ""),
    ],
)
def test_the_unit_is_read_from_the_name_or_must_stand_in_it(registry, name, unit, found):
    assert Gauge(name, "A.", unit=unit, registry=registry).unit == found


@pytest.mark.parametrize(
    ("unit", "message"),
    [("bytes", "write a_wait_bytes$"), ("ms", "use the base unit 'seconds'"), ("a b", "one word of letters")],
)
def test_a_unit_that_the_name_lacks_or_that_is_no_base_unit_is_refused(registry, unit, message):
    with pytest.raises(DeclarationError, match=message):
        Gauge("a_wait", "A.", unit=unit, registry=registry)


def test_a_counter_has_its_unit_before_total(registry):
    assert Counter("a_wait_seconds_total", "A.", registry=registry).unit == "seconds"
    with pytest.raises(DeclarationError, match=r"write a_wait_bytes_total$"):
        Counter("a_wait_total", "A.", unit="bytes", registry=registry)


def test_the_error_begins_with_the_place_of_the_declaration(registry):
    with pytest.raises(DeclarationError) as caught:
        Gauge("shop-carts", "Carts.", registry=registry)
    assert str(caught.value).startswith(f"{THIS}:")


def test_a_metric_knows_where_and_as_what_it_was_declared(registry):
    metric = Histogram(
        "a_seconds", "A.", labels={"x": ["1", "2"], "y": None}, buckets=[1, 2], max_series=9, registry=registry
    )
    assert (metric.name, metric.type, metric.unit, metric.help) == ("a_seconds", "histogram", "seconds", "A.")
    assert metric.label_names == ("x", "y")
    assert metric.label_values == {"x": ("1", "2"), "y": None}
    assert metric.place.file == THIS
    assert "a_seconds" in repr(metric)
    with pytest.raises(AttributeError):
        metric.name = "b"


def test_a_foreign_metric_may_be_named_as_it_is_and_has_no_values():
    metric = Metric.foreign("counter", "node_cpu_ms", exporter="node_exporter", labels=["cpu", "job"], help="CPU time.")
    assert (metric.name, metric.exporter, metric.label_names) == ("node_cpu_ms", "node_exporter", ("cpu", "job"))
    assert metric.place.file == THIS
    assert not hasattr(metric, "inc")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("meter", "node_load1", "node_exporter"), "has the type 'meter'"),
        (("gauge", "node load", "node_exporter"), "not a metric name"),
        (("gauge", "node_load1", ""), "has no exporter"),
    ],
)
def test_a_foreign_metric_that_cannot_be_is_refused(arguments, message):
    kind, name, exporter = arguments
    with pytest.raises(DeclarationError, match=message):
        Metric.foreign(kind, name, exporter=exporter)


def test_two_declarations_of_the_same_are_equal_wherever_they_stand():
    one = Metric.foreign("gauge", "node_load1", help="Load.", labels=[], exporter="node_exporter")
    two = Metric.foreign("gauge", "node_load1", help="Load.", labels=[], exporter="node_exporter")
    other = Metric.foreign("gauge", "node_load1", help="Other load.", labels=[], exporter="node_exporter")
    assert one.place != two.place
    assert one.description == two.description
    assert hash(one.description) == hash(two.description)
    assert one.description != other.description
