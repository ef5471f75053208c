"""What is pushed by OTLP is what a real server then has."""

from __future__ import annotations

import gzip
import json
import time
import urllib.parse
import urllib.request

import pytest
from tests import real
from tests.instruments.metrics.push.decoding import attributes, decode

from vedette.errors import ConfigError
from vedette.instruments import clock
from vedette.instruments.metrics import Counter, Registry
from vedette.instruments.metrics.protobuf import field_bytes, field_varint
from vedette.instruments.metrics.push import Otlp, PushError


def sent(asked):
    assert asked.headers["content-encoding"] == "gzip"
    (found,) = decode("ExportMetricsServiceRequest", gzip.decompress(asked.body))["resource_metrics"]
    return found


@pytest.mark.parametrize(
    ("path", "asked"),
    [("", "/v1/metrics"), ("/", "/v1/metrics"), ("/otlp/v1/metrics", "/otlp/v1/metrics"), ("/x/", "/x/")],
)
def test_the_path_is_added_where_the_url_has_none(sink, shop, path, asked):
    Otlp(sink.url + path, service="x").push(shop)
    (found,) = sink.asked
    assert (found.method, found.path) == ("POST", asked)
    assert found.headers["content-type"] == "application/x-protobuf"


def test_the_resource_says_what_the_metrics_belong_to(sink, shop):
    Otlp(sink.url, service="nightly", attributes={"deployment.environment.name": "test", "n": 1}).push(shop)
    Otlp(sink.url, service="nightly", instance="i").push(shop)
    Otlp(sink.url, service="nightly", instance="").push(shop)
    found = [attributes(sent(asked)["resource"]["attributes"]) for asked in sink.asked]
    assert found[0].pop("service.instance.id")
    assert found == [
        {"service.name": "nightly", "deployment.environment.name": "test", "n": 1},
        {"service.name": "nightly", "service.instance.id": "i"},
        {"service.name": "nightly"},
    ]


def test_all_pushes_say_the_same_begin_and_each_its_own_time(sink, registry):
    Counter("a_total", "A.", registry=registry).inc()
    to = Otlp(sink.url, service="x")
    to.push(registry)
    to.push(registry)
    points = [sent(asked)["scope_metrics"][0]["metrics"][0]["sum"]["data_points"][0] for asked in sink.asked]
    assert points[0]["start_time_unix_nano"] == points[1]["start_time_unix_nano"] < points[0]["time_unix_nano"]
    assert points[0]["time_unix_nano"] < points[1]["time_unix_nano"]


def test_nothing_is_sent_where_nothing_is_exposed(sink):
    Otlp(sink.url, service="x").push(Registry())
    assert sink.asked == []


def test_only_what_the_protocol_says_is_tried_again(sink, shop, pauses):
    sink.answers = [(503, {}, b""), (429, {"Retry-After": "1"}, b"")]
    Otlp(sink.url, service="x").push(shop)
    assert len(sink.asked) == 3
    assert pauses[1] == 1.0
    sink.answers = [(500, {}, b"broken")]
    with pytest.raises(PushError, match=r"v1/metrics answered 500 Internal Server Error: broken"):
        Otlp(sink.url, service="x").push(shop)
    assert len(sink.asked) == 4


def test_what_is_left_out_is_told_and_a_mere_hint_is_not_an_error(sink, shop):
    partial = field_bytes(1, field_varint(1, 2) + field_bytes(2, "too old"))
    hint = field_bytes(1, field_bytes(2, "consider fewer labels"))
    sink.answers = [(200, {}, partial), (200, {}, hint), (200, {}, b"ok"), (200, {}, b"")]
    to = Otlp(sink.url, service="x")
    with pytest.raises(PushError, match=r"answered 200 and has left out 2 data points: too old$"):
        to.push(shop)
    for _ in range(3):
        to.push(shop)
    assert len(sink.asked) == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"service": ""}, "say what the metrics belong to"),
        (
            {"service": "x", "attributes": {"service.name": "y"}},
            "service.name and service.instance.id are given as service= and instance=",
        ),
        ({"service": "x", "instance": b"i"}, "'service.instance.id' is b'i'; write a string or a number"),
        ({"service": "x", "attributes": {"a": ["y"]}}, "write a string or a number"),
    ],
)
def test_what_cannot_be_is_refused(arguments, message):
    with pytest.raises(ConfigError, match=message):
        Otlp("http://h", **arguments)


# Against the real VictoriaMetrics: Debian builds Prometheus without OTLP


@pytest.fixture(scope="module")
def victoria(tmp_path_factory):
    folder = tmp_path_factory.mktemp("victoria")
    with real.victoria_metrics(folder, "1.145", "-opentelemetry.usePrometheusNaming") as base:
        yield base


def ask(base, path, **parameters):
    with urllib.request.urlopen(f"{base}/api/v1/{path}?{urllib.parse.urlencode(parameters)}", timeout=10) as reply:
        return json.load(reply)["data"]


OWN = {"service_name", "service_instance_id", "scope_name", "scope_version"}


def query(base, expression):
    """Name and labels of its own → value, of an instant query."""
    with urllib.request.urlopen(f"{base}/internal/force_flush", timeout=10):
        pass
    found = ask(base, "query", query=expression, time=time.time() + 1)["result"]
    return {
        tuple(sorted((name, text) for name, text in one["metric"].items() if name not in OWN)): one["value"][1]
        for one in found
    }


@pytest.mark.real
def test_a_real_server_has_every_metric_under_its_name(victoria, shop):
    Otlp(f"{victoria}/opentelemetry/v1/metrics", service="all", instance="i").push(shop)
    everything = query(victoria, '{service_name="all",service_instance_id="i",__name__!="shop_work_seconds_bucket"}')
    found = {(dict(pairs)["__name__"], *(pair for pair in pairs if pair[0] != "__name__")): value
             for pairs, value in everything.items()}  # fmt: skip
    assert found == {
        ("shop_build_info", ("version", "1.2")): "1",
        ("shop_load_ratio",): "0.25",
        ("shop_orders_total", ("channel", "web")): "3",
        ("shop_oven", ("shop_oven", "cold")): "0",
        ("shop_oven", ("shop_oven", "hot")): "1",
        ("shop_upload_bytes_count",): "1",
        ("shop_upload_bytes_sum",): "512",
        ("shop_wait_seconds_bucket", ("le", "0.1")): "0",
        ("shop_wait_seconds_bucket", ("le", "1")): "1",
        ("shop_wait_seconds_bucket", ("le", "10000000")): "2",
        ("shop_wait_seconds_bucket", ("le", "+Inf")): "2",
        ("shop_wait_seconds_count",): "2",
        ("shop_wait_seconds_sum",): "5000000.5",
        ("shop_work_seconds_count", ("kind", "long")): "4",
        ("shop_work_seconds_count", ("kind", "none")): "0",
        ("shop_work_seconds_sum", ("kind", "long")): "3.51",
        ("shop_work_seconds_sum", ("kind", "none")): "0",
    }
    assert ask(victoria, "metadata") == {
        "shop_build_info": [{"type": "gauge", "help": "Build."}],
        "shop_load_ratio": [{"type": "gauge", "unit": "1", "help": "Load."}],
        "shop_orders_total": [{"type": "counter", "help": 'Orders "placed".'}],
        "shop_oven": [{"type": "gauge", "help": "Oven."}],
        "shop_upload_bytes": [{"type": "summary", "unit": "By", "help": "Uploads."}],
        "shop_wait_seconds": [{"type": "histogram", "unit": "s", "help": "Wait."}],
        "shop_work_seconds": [{"type": "histogram", "unit": "s", "help": "Work."}],
    }


@pytest.mark.real
def test_a_real_server_has_the_bounds_of_exponential_buckets_right(victoria, shop):
    Otlp(f"{victoria}/opentelemetry/v1/metrics", service="bounds").push(shop)
    found = query(victoria, 'shop_work_seconds_bucket{service_name="bounds"}')
    ranges = [tuple(map(float, dict(pairs)["vmrange"].split("..."))) for pairs in found]
    for value in (0.0, 0.01, 0.5, 3.0):
        (inside,) = [(low, high) for low, high in ranges if low < value <= high]
        assert value == 0 or inside[1] / inside[0] == pytest.approx(2 ** (1 / 8), rel=1e-3)
    assert len(ranges) == 4


@pytest.mark.real
def test_a_real_server_that_takes_no_otlp_says_so(victoria, shop):
    with pytest.raises(PushError, match="answered 400 Bad Request"):
        Otlp(f"{victoria}/nowhere", service="x").push(shop)


def test_the_clock_of_the_instruments_is_the_one_that_counts(sink, registry):
    with clock.replaced(lambda: 2_000_000_000.0):
        Counter("a_total", "A.", registry=registry).inc()
        Otlp(sink.url, service="x").push(registry)
    point = sent(sink.asked[0])["scope_metrics"][0]["metrics"][0]["sum"]["data_points"][0]
    assert point["time_unix_nano"] == 2_000_000_000 * 10**9
    assert point["start_time_unix_nano"] < point["time_unix_nano"]
