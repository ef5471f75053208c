"""What is plugged into the other is on its page as it was on its own; prometheus_client itself reads both."""

from __future__ import annotations

import math
import struct
from collections import defaultdict

import prometheus_client as theirs
import pytest
from prometheus_client import core as families
from prometheus_client.openmetrics.exposition import generate_latest as their_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text
from prometheus_client.samples import NativeHistogram

from vedette.engine.collect.openmetrics import parse_strictly
from vedette.instruments import clock, guard
from vedette.instruments.metrics import DEFAULT, Counter, Gauge, Histogram, Info, Registry, StateSet, Summary
from vedette.instruments.metrics.exposition import openmetrics, protobuf, text
from vedette.instruments.metrics.snapshot import Exposed, Series
from vedette.integrations.prometheus_client import collector, expose


class Fixed:
    """A collector of theirs that always has the same."""

    def __init__(self, *metrics):
        self.metrics = metrics

    def collect(self):
        return self.metrics

    def describe(self):
        return []


@pytest.fixture
def ours():
    return Registry()


@pytest.fixture
def source():
    return theirs.CollectorRegistry(auto_describe=True)


@pytest.fixture
def full(source):
    """A registry of theirs with a metric of each type, made by its instruments and by a collector."""
    orders = theirs.Counter("shop_orders", 'Orders "placed"\nand \\paid.', ["channel"], registry=source)
    orders.labels('we"b\n\\').inc(3, exemplar={"trace_id": "abc"})
    orders.labels("app").inc(0.5)
    theirs.Counter("shop_sales_total", "Sales.", unit="euros", registry=source).inc(12)
    theirs.Counter("shop_untouched", "Nothing yet.", ["never"], registry=source)
    theirs.Gauge("shop_depth", "Depth.", registry=source).set(-2.5)
    theirs.Gauge("shop_heat", "", ["oven"], registry=source).labels("1").set(math.nan)
    duration = theirs.Histogram("shop_seconds", "Time.", ["x"], unit="seconds", buckets=[0.1, 1, 1e6], registry=source)
    duration.labels("a").observe(0.05, exemplar={"trace_id": "fast"})
    duration.labels("a").observe(2e6, exemplar={"trace_id": "slow"})
    duration.labels("b").observe(0.5)
    theirs.Summary("shop_upload_bytes", "Uploads.", registry=source).observe(512)
    theirs.Info("shop_build", "Build.", registry=source).info({"version": "1.2", "commit": "abc"})
    theirs.Enum("shop_worker", "Worker.", ["x"], states=["idle", "busy"], registry=source).labels("1").state("busy")
    quantiles = families.Metric("shop_latency", "Latency.", "summary")
    for name, labels, value in [
        ("shop_latency", {"x": "a", "quantile": "0.5"}, 0.2),
        ("shop_latency", {"x": "a", "quantile": "0.99"}, math.nan),
        ("shop_latency_sum", {"x": "a"}, 12.5),
        ("shop_latency_count", {"x": "a"}, 40),
        ("shop_latency_created", {"x": "a"}, 1e9),
        ("shop_latency_sum", {"x": "b"}, 0),
        ("shop_latency_count", {"x": "b"}, 0),
    ]:
        quantiles.add_sample(name, labels, value)
    source.register(
        Fixed(
            quantiles,
            families.UnknownMetricFamily("shop_unknown", "Who knows.", 7),
            families.GaugeHistogramMetricFamily("shop_sizes", "Sizes.", buckets=[("1", 4), ("+Inf", 5)], gsum_value=11),
            families.StateSetMetricFamily("shop_flags", "Flags.", {"a": True, "b": True, "c": False}),
        )
    )
    return source


# What our formats leave out, or call by another name.
GAUGES = {"shop_sizes_bucket", "shop_sizes_gcount", "shop_sizes_gsum"}


def samples(metrics):
    """Name and labels → value, without times of creation."""
    found = {}
    for metric in metrics:
        for sample in metric.samples:
            if not sample.name.endswith("_created"):
                key = sample.name, tuple(sorted(sample.labels.items()))
                assert key not in found
                found[key] = str(float(sample.value))
    return found


def types(metrics):
    return {metric.name: (metric.type, metric.documentation, metric.unit) for metric in metrics}


def exemplars(metrics):
    return {
        (sample.name, sample.labels.get("le")): (
            sample.exemplar.labels,
            sample.exemplar.value,
            round(float(sample.exemplar.timestamp), 3),
        )
        for metric in metrics
        for sample in metric.samples
        if sample.exemplar
    }


def their_page(registry, write=their_openmetrics):
    return write(registry).decode()


# Theirs on ours


def test_every_sample_of_theirs_is_on_our_page_in_both_text_formats(full, ours):
    expose(full, registry=ours)
    wanted = samples(read_text(their_page(full, theirs.generate_latest)))
    assert len(wanted) > 30
    assert samples(read_text(text(ours).decode())) == wanted
    assert samples(read_openmetrics(openmetrics(ours).decode())) == wanted


def test_type_help_and_unit_are_theirs(full, ours):
    expose(full, registry=ours)
    wanted = types(read_openmetrics(their_page(full)))
    found = types(read_openmetrics(openmetrics(ours).decode()))
    assert wanted.pop("shop_sizes") == ("gaugehistogram", "Sizes.", "")
    assert wanted.pop("shop_untouched") == ("counter", "Nothing yet.", "")  # it has no series
    assert {name: found.pop(name) for name in GAUGES} == dict.fromkeys(GAUGES, ("gauge", "Sizes.", ""))
    assert found == wanted


def test_exemplars_come_along(full, ours):
    expose(full, registry=ours)
    found = exemplars(read_openmetrics(openmetrics(ours).decode()))
    assert found == exemplars(read_openmetrics(their_page(full)))
    assert {key: labels["trace_id"] for key, (labels, *_) in found.items()} == {
        ("shop_orders_total", None): "abc",
        ("shop_seconds_bucket", "0.1"): "fast",
        ("shop_seconds_bucket", "+Inf"): "slow",
    }


def test_the_page_keeps_to_the_standard(full, ours):
    expose(full, registry=ours)
    parse_strictly(openmetrics(ours))


def fields(message):
    """Field number → values of a protobuf message, with bytes for what has parts of its own."""
    found, at = defaultdict(list), 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        key = varint()
        if key & 7 == 0:
            found[key >> 3].append(varint())
        else:
            size = 8 if key & 7 == 1 else varint()
            part = message[at : at + size]
            at += size
            found[key >> 3].append(struct.unpack("<d", part)[0] if key & 7 == 1 else part)
    return found


def protobuf_families(page):
    """Name → type and metrics; a page is a message whose every field is read alike, each behind its length alone."""
    found = {}
    while page:
        size = shift = used = 0
        while True:
            size |= (page[used] & 0x7F) << shift
            shift += 7
            used += 1
            if page[used - 1] < 0x80:
                break
        family = fields(page[used : used + size])
        found[family[1][0].decode()] = family[3][0], [fields(metric) for metric in family[4]]
        page = page[used + size :]
    return found


def test_the_protobuf_format_has_them_too(full, ours):
    expose(full, registry=ours)
    found = protobuf_families(protobuf(ours))
    kind, (metric, _) = found["shop_latency"]
    summary = fields(metric[4][0])
    quantiles = [fields(one) for one in summary[3]]
    assert (kind, summary[1], summary[2]) == (2, [40], [12.5])
    assert [one[1] for one in quantiles] == [[0.5], [0.99]]
    assert quantiles[0][2] == [0.2]
    assert math.isnan(quantiles[1][2][0])
    kind, (metric, _) = found["shop_orders_total"]
    counter = fields(metric[3][0])
    label = fields(fields(counter[2][0])[1][0])
    assert (kind, counter[1], label) == (0, [3], {1: [b"trace_id"], 2: [b"abc"]})
    kind, (metric, _) = found["shop_seconds"]
    buckets = [fields(one) for one in fields(metric[7][0])[3]]
    assert (kind, [(one[1][0], one[2][0]) for one in buckets]) == (4, [(1, 0.1), (1, 1), (1, 1e6), (2, math.inf)])
    assert found["shop_unknown"] == (3, [{5: [b"\x09" + struct.pack("<d", 7)]}])
    assert {name for name, (kind, _) in found.items() if kind == 1} >= GAUGES | {"shop_worker", "shop_build_info"}


def test_names_limit_what_is_shown_of_theirs(full, ours):
    expose(full, registry=ours)
    for name in ("shop_seconds", "shop_seconds_count", "shop_seconds_bucket"):
        assert list(types(read_text(text(ours, [name]).decode()))) == ["shop_seconds"]
    assert list(types(read_openmetrics(openmetrics(ours, ["shop_orders"]).decode()))) == ["shop_orders"]


def test_the_default_is_their_registry_and_it_is_shown_once_until_it_is_removed(ours):
    counter = theirs.Counter("bridge_default_total", "In their default registry.")
    try:
        exposures = [expose(registry=ours), expose(registry=ours)]
        assert text(ours).decode().count("\nbridge_default_total ") == 1
        exposures[0].remove()
        exposures[0].remove()
        assert text(ours) == b""
    finally:
        theirs.REGISTRY.unregister(counter)


def test_one_collector_or_one_metric_can_be_shown(ours):
    expose(theirs.Gauge("a_depth", "A.", registry=None), registry=ours)
    expose(Fixed(families.GaugeMetricFamily("b_depth", "B.", 2)), registry=ours)
    assert [family.name for family in ours.snapshot()] == ["a_depth", "b_depth"]


def test_what_cannot_be_collected_from_is_refused():
    with pytest.raises(TypeError, match=r"'shop' has no collect\(\); give a registry"):
        expose("shop")


def test_a_name_that_is_exposed_already_is_shown_once_and_that_is_told_once(source, ours, caplog):
    theirs.Counter("a_total", "Theirs.", registry=source).inc(5)
    theirs.Gauge("b_seconds_count", "Clashes with a part of ours.", registry=source)
    theirs.Gauge("c", "Theirs alone.", registry=source)
    mine = Counter("a_total", "Ours.", registry=ours)
    expose(source, registry=ours)
    assert text(ours).decode().count("a_total 5") == 1  # declared is not exposed
    assert caplog.messages == []
    mine.inc()
    Histogram("b_seconds", "Ours.", registry=ours).observe(1)
    for _ in range(2):
        page = text(ours).decode()
        assert "\na_total 1\n" in page
        assert "a_total 5" not in page
        assert page.count("\nb_seconds_count ") == 1
        assert "\nc 0\n" in page
    (message,) = caplog.messages
    assert message == (
        "a_total, b_seconds_count: collected from elsewhere, but exposed already; only what was there first is shown "
        "(told once)"
    )


def test_the_same_metric_by_two_ways_is_shown_once(source, ours):
    gauge = theirs.Gauge("a_depth", "A.", registry=source)
    expose(source, registry=ours)
    expose(gauge, registry=ours)
    assert text(ours).decode().count("# TYPE a_depth") == 1


def test_metrics_that_several_collectors_have_are_one(ours):
    registry = theirs.CollectorRegistry()
    for queue in ("mail", "print"):
        metric = families.GaugeMetricFamily("queue_depth", "Waiting.", labels=["queue"])
        metric.add_metric([queue], 3)
        registry.register(Fixed(metric))
    expose(registry, registry=ours)
    assert text(ours).decode() == (
        "# HELP queue_depth Waiting.\n# TYPE queue_depth gauge\n"
        'queue_depth{queue="mail"} 3\nqueue_depth{queue="print"} 3\n'
    )


def metric(kind, *rows, name="odd"):
    made = families.Metric(name, "Odd.", kind)
    for suffix, labels, value in rows:
        made.add_sample(name + suffix, labels, value)
    return made


@pytest.mark.parametrize(
    ("odd", "kinds"),
    [
        pytest.param(metric("counter", ("", {}, 3)), {"odd": "unknown"}, id="a counter without _total"),
        pytest.param(
            metric("counter", ("", {}, 3), ("_total", {}, 3)), {"odd_total": "counter"}, id="a counter with and without"
        ),
        pytest.param(
            families.HistogramMetricFamily("odd", "Odd.", buckets=[("-1", 1), ("+Inf", 2)], sum_value=3),
            {"odd_bucket": "unknown"},
            id="a histogram without a sum",
        ),
        pytest.param(
            metric(
                "histogram",
                ("_bucket", {"x": "a", "le": "1"}, 1),
                ("_bucket", {"x": "a", "le": "+Inf"}, 1),
                ("_sum", {"x": "a"}, 1),
                ("_count", {"x": "a"}, 1),
                ("_bucket", {"x": "b", "le": "+Inf"}, 1),
                ("_sum", {"x": "b"}, 1),
                ("_count", {"x": "b"}, 1),
            ),
            {"odd_bucket": "unknown", "odd_sum": "unknown", "odd_count": "unknown"},
            id="different buckets",
        ),
        pytest.param(
            metric("histogram", ("_bucket", {"le": "+Inf"}, 1.5), ("_sum", {}, 1)),
            {"odd_bucket": "unknown", "odd_sum": "unknown"},
            id="half an observation",
        ),
        pytest.param(metric("histogram", ("_max", {}, 1.5)), {"odd_max": "unknown"}, id="another ending"),
        pytest.param(metric("summary", ("", {"quantile": "0.5"}, 1)), {"odd": "unknown"}, id="quantiles alone"),
        pytest.param(metric("summary", ("_max", {}, 1.5)), {"odd_max": "unknown"}, id="another ending of a summary"),
        pytest.param(metric("stateset", ("", {"odd": "a"}, 0.5)), {"odd": "gauge"}, id="half a state"),
        pytest.param(
            metric("stateset", ("", {"x": "1", "odd": "a"}, 1), ("", {"x": "2", "odd": "b"}, 1)),
            {"odd": "gauge"},
            id="different states",
        ),
        pytest.param(metric("gauge", ("", {}, 1), ("_max", {}, 2)), {"odd": "gauge", "odd_max": "gauge"}, id="a gauge"),
    ],
)
def test_what_does_not_keep_to_its_type_is_shown_sample_by_sample(ours, odd, kinds):
    guard.set_strict(False)
    expose(Fixed(odd), registry=ours)
    page = openmetrics(ours)
    parse_strictly(page)
    found = list(read_openmetrics(page.decode()))
    wanted = {key: value for key, value in samples([odd]).items() if key[0] in kinds}
    assert samples(found) == samples(read_text(text(ours).decode())) == wanted
    assert {family.name: family.type for family in ours.snapshot()} == kinds


def test_a_metric_that_cannot_be_read_spoils_no_other(ours, caplog):
    expose(
        Fixed(metric("histogram", ("_bucket", {"le": "wide"}, 1)), metric("gauge", ("", {}, 1), name="even")),
        registry=ours,
    )
    with pytest.raises(ValueError, match="wide"):
        text(ours)
    guard.set_strict(False)
    assert text(ours).endswith(b"even 1\n")
    assert "reading the metric 'odd' of prometheus_client failed" in caplog.messages[0]


def test_a_collector_that_fails_spoils_nothing_of_ours(ours, caplog):
    class Failing:
        def collect(self):
            raise OSError("no database")

    guard.set_strict(False)
    Gauge("a_depth", "A.", registry=ours).set(1)
    expose(Failing(), registry=ours)
    assert text(ours).endswith(b"\na_depth 1\n")
    assert "no database" in caplog.messages[0]


def test_names_and_texts_that_no_page_of_ours_can_have_are_written_so_that_it_can(ours):
    odd = families.Metric("2nd.http:requests", "Lone \ud800.", "gauge")
    odd.add_sample("2nd.http:requests", {"http:route": "/\ud800", "µ": "1"}, 1, timestamp=12.5)
    expose(Fixed(odd), registry=ours)
    assert text(ours).decode() == (
        '# HELP _nd_http:requests Lone ?.\n# TYPE _nd_http:requests gauge\n_nd_http:requests{http_route="/?",_="1"} 1\n'
    )


def test_an_exemplar_without_a_time_is_of_now(ours):
    odd = families.CounterMetricFamily("a", "A.", 2, exemplar=families.Exemplar({"trace_id": "x"}, 2))
    expose(Fixed(odd), registry=ours)
    with clock.replaced(lambda: 1234.5):
        page = openmetrics(ours).decode()
    assert page == '# TYPE a counter\n# HELP a A.\na_total 2 # {trace_id="x"} 2 1234.500\n# EOF\n'


def test_a_native_histogram_of_theirs_is_left_out(ours):
    odd = families.Metric("a_seconds", "A.", "histogram")
    odd.add_sample("a_seconds", {}, None, native_histogram=NativeHistogram(2, 1.5, 3, 0.001, 0))
    expose(Fixed(odd, families.GaugeMetricFamily("b", "B.", 1)), registry=ours)
    assert [family.name for family in ours.snapshot()] == ["b"]


def test_the_service_of_several_processes_is_shown_by_their_own_collector(tmp_path, ours, monkeypatch):
    from prometheus_client.multiprocess import MultiProcessCollector
    from prometheus_client.values import MultiProcessValue

    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    for pid in (1, 2):
        monkeypatch.setattr("prometheus_client.values.ValueClass", MultiProcessValue(lambda pid=pid: pid))
        registry = theirs.CollectorRegistry()
        theirs.Counter("a", "A.", ["x"], registry=registry).labels("1").inc(pid)
        theirs.Histogram("b_seconds", "B.", buckets=[1], registry=registry).observe(pid)
        theirs.Gauge("c", "C.", registry=registry, multiprocess_mode="livesum").set(pid)
    together = theirs.CollectorRegistry()
    MultiProcessCollector(together)
    expose(together, registry=ours)
    page = text(ours).decode()
    assert samples(read_text(page)) == samples(read_text(their_page(together, theirs.generate_latest)))
    assert 'a_total{x="1"} 3\n' in page
    assert "# TYPE b_seconds histogram" in page


# Ours on theirs


@pytest.fixture
def shop(ours):
    orders = Counter("shop_orders_total", 'Orders "placed".', labels={"channel": ["web", "app"]}, registry=ours)
    orders.inc("web", amount=3, exemplar={"trace_id": "a"})
    orders.inc("app")
    Counter("shop_sold_bytes_total", "Bytes sold.", registry=ours).inc()
    Gauge("shop_temperature_celsius", "Cellar\\door.", registry=ours).set(-4.5)
    duration = Histogram("shop_checkout_seconds", "Time.", labels=["x"], buckets=[0.005, 1, 1e6], registry=ours)
    duration.observe(0.25, "a", exemplar={"trace_id": "c"})
    duration.observe(2e6, 'b"\n\\')
    Summary("shop_upload_bytes", "Uploads.", registry=ours).observe(512)
    Info("shop_build_info", "Build.", labels=["version"], registry=ours).set("1.2")
    StateSet("shop_worker", "Worker.", states=["idle", "busy"], labels=["x"], registry=ours).set("busy", "1")
    ours.collect(lambda: [Exposed("unknown", "shop_other", "Other.", "", (), (), [Series("", 1.0)])])
    return ours


def test_every_sample_of_ours_is_on_their_page(shop, source):
    source.register(collector(shop))
    found = list(read_openmetrics(their_page(source)))
    wanted = list(read_openmetrics(openmetrics(shop).decode()))
    assert samples(found) == samples(wanted)
    assert types(found) == types(wanted)
    assert exemplars(found) == exemplars(wanted)
    assert len(exemplars(found)) == 2
    assert samples(read_text(their_page(source, theirs.generate_latest))) == samples(read_text(text(shop).decode()))


def test_a_histogram_below_zero_has_no_sum_and_count_there(ours, source):
    Histogram("a_celsius", "A.", buckets=[-10, 0], registry=ours).observe(-20)
    source.register(collector(ours))
    (family,) = read_openmetrics(their_page(source))
    assert {sample.name for sample in family.samples} == {"a_celsius_bucket"}


def test_what_is_declared_later_is_there_too_and_nothing_after_it_is_unregistered(ours, source):
    plugged = collector(ours)
    source.register(plugged)
    assert their_page(source) == "# EOF\n"
    Gauge("a_depth", "A.", registry=ours).set(2)
    assert source.get_sample_value("a_depth") == 2
    source.unregister(plugged)
    assert their_page(source) == "# EOF\n"


def test_a_name_that_both_expose_is_refused_where_ours_is_registered(ours, source):
    theirs.Counter("a_total", "Theirs.", registry=source)
    mine = Counter("a_total", "Ours.", registry=ours)
    source.register(collector(ours))  # declared is not exposed
    mine.inc()
    with pytest.raises(ValueError, match="a_total"):
        source.register(collector(ours))


def test_their_restricted_page_knows_our_names(shop, source):
    source.register(collector(shop))
    page = their_page(source.restricted_registry(["shop_orders_total"]))
    assert list(types(read_openmetrics(page))) == ["shop_orders"]


def test_the_default_is_the_registry_of_the_process(source):
    gauge = Gauge("bridge_default_depth", "In the default registry.")
    try:
        gauge.set(3)
        source.register(collector())
        assert source.get_sample_value("bridge_default_depth") == 3
    finally:
        DEFAULT.undeclare("bridge_default_depth")


# Both


def test_two_that_are_plugged_into_each_other_have_everything_once_on_both_pages(full, ours, caplog):
    alone = samples(full.collect())
    Gauge("mine_depth", "Ours.", registry=ours).set(1)
    expose(full, registry=ours)
    full.register(collector(ours))
    wanted = {**alone, ("mine_depth", ()): "1.0"}
    for _ in range(2):
        assert samples(full.collect()) == wanted
        assert samples(read_openmetrics(their_page(full))) == wanted
        assert samples(read_text(text(ours).decode())) == wanted
        assert samples(read_openmetrics(openmetrics(ours).decode())) == wanted
    assert caplog.messages == []


def test_two_registries_of_ours_show_each_other_through_one_of_theirs(source):
    first, second = Registry(), Registry()
    for registry, name in ((first, "first"), (second, "second")):
        Gauge(f"{name}_depth", "D.", registry=registry).set(1)
        source.register(collector(registry))
        expose(source, registry=registry)
    for registry in (first, second):
        assert {family.name for family in registry.snapshot()} == {"first_depth", "second_depth"}
    assert {metric.name for metric in source.collect()} == {"first_depth", "second_depth"}
