"""What is pushed by remote write is what a real Prometheus then answers, in either version."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request

import cramjam
import pytest
from tests import real
from tests.instruments.metrics.push.decoding import decode, expanded
from tests.instruments.metrics.push.shop import TRACE
from tests.started import until

from vedette.errors import ConfigError
from vedette.instruments import clock
from vedette.instruments.metrics import Counter, Histogram, Registry
from vedette.instruments.metrics.push import PushError, RemoteWrite

WRITTEN = {"X-Prometheus-Remote-Write-Samples-Written": "1"}
BOTH = pytest.mark.parametrize("version", [1, 2])


def sent(asked, message):
    return decode(message, bytes(cramjam.snappy.decompress_raw(asked.body)))


@pytest.mark.parametrize(
    ("version", "content_type", "told"),
    [
        (1, "application/x-protobuf", "0.1.0"),
        (2, "application/x-protobuf;proto=io.prometheus.write.v2.Request", "2.0.0"),
    ],
)
def test_a_request_has_the_headers_of_its_version(sink, shop, version, content_type, told):
    sink.always = WRITTEN
    RemoteWrite(f"{sink.url}/w", job="x", version=version).push(shop)
    (asked,) = sink.asked
    assert (asked.method, asked.path) == ("POST", "/w")
    assert asked.headers["content-type"] == content_type
    assert asked.headers["content-encoding"] == "snappy"
    assert asked.headers["x-prometheus-remote-write-version"] == told
    assert asked.headers["user-agent"].startswith("vedette/")
    assert sent(asked, "WriteRequest" if version == 1 else "Request")["timeseries"]


def test_the_time_is_the_one_of_the_push_and_each_push_has_its_own(sink, shop):
    to = RemoteWrite(sink.url, job="x")
    with clock.replaced(lambda: 1000.0):
        to.push(shop)
        to.push(shop)
    times = [
        {sample["timestamp"] for series in sent(asked, "WriteRequest")["timeseries"] for sample in series["samples"]}
        for asked in sink.asked
    ]
    assert times == [{1_000_000}, {1_000_001}]


def test_the_instance_is_the_machine_unless_it_is_given_or_left_out(sink, registry):
    Counter("a_total", "A.", registry=registry).inc()
    for more in ({}, {"instance": "i"}, {"instance": "", "labels": {"environment": "test"}}):
        RemoteWrite(sink.url, job="x", **more).push(registry)
    found = [
        {label["name"]: label["value"] for label in sent(asked, "WriteRequest")["timeseries"][0]["labels"]}
        for asked in sink.asked
    ]
    assert found[0].pop("instance")
    same = {"__name__": "a_total", "job": "x"}
    assert found == [same, {**same, "instance": "i"}, {**same, "environment": "test"}]


def test_nothing_is_sent_where_nothing_is_exposed(sink, registry):
    Counter("a_total", "A.", registry=registry)
    RemoteWrite(sink.url, job="x").push(registry)
    assert sink.asked == []


def test_an_overloaded_server_is_asked_again_and_a_refusal_is_final(sink, shop, pauses):
    sink.answers = [(429, {"Retry-After": "2"}, b""), (500, {}, b""), (204, {}, b""), (400, {}, b"out of order sample")]
    to = RemoteWrite(sink.url, job="x")
    to.push(shop)
    assert len({asked.body for asked in sink.asked}) == 1
    assert pauses[0] == 2.0
    with pytest.raises(PushError, match=f"^{sink.url} answered 400 Bad Request: out of order sample$"):
        to.push(shop)
    assert len(sink.asked) == 4


def test_an_exemplar_of_a_native_histogram_is_sent_until_it_was_taken_and_not_again(sink, registry, pauses):
    work = Histogram("a_seconds", "A.", native=True, registry=registry)
    to = RemoteWrite(sink.url, job="x", version=2)
    sink.always = WRITTEN

    def pushed():
        sink.asked.clear()
        to.push(registry)
        (series,) = expanded(sent(sink.asked[-1], "Request"))
        return [dict(one["labels"])["n"] for one in series["exemplars"]]

    with clock.replaced(lambda: 1000.0):
        work.observe(0.5, exemplar={"n": "1"})
    sink.answers = [(400, {}, b"no")]
    with pytest.raises(PushError):
        to.push(registry)
    assert pushed() == ["1"]
    assert pushed() == []
    with clock.replaced(lambda: 1001.0):
        work.observe(5, exemplar={"n": "2"})
    assert pushed() == ["2"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"job": ""}, "say what the series belong to"),
        ({"job": "x", "version": 3}, "has the versions 1 and 2"),
        ({"job": "x", "labels": {"instance": "i"}}, "give it as instance="),
        ({"job": "x", "labels": {"1": "i"}}, "has the label '1'"),
        ({"job": "x", "instance": 8080}, "has instance=8080, which is not a string; write '8080'"),
    ],
)
def test_what_cannot_be_is_refused(arguments, message):
    with pytest.raises(ConfigError, match=message):
        RemoteWrite("http://h/w", **arguments)


def test_it_shows_its_version_and_address_and_nothing_secret():
    to = RemoteWrite("https://me:hunter2@h/w?key=hunter2", job="x", version=2)
    assert repr(to) == "<RemoteWrite 2.0 https://h/w?…>"


# Against the real Prometheus

FEATURES = "--enable-feature=native-histograms,exemplar-storage,metadata-wal-records"


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory):
    with real.prometheus(
        tmp_path_factory.mktemp("prometheus"),
        "global: {}\n",
        "3.5",
        FEATURES,
        "--web.remote-write-receiver.accepted-protobuf-messages=prometheus.WriteRequest",
        "--web.remote-write-receiver.accepted-protobuf-messages=io.prometheus.write.v2.Request",
    ) as base:
        yield base


def ask(base, path, **parameters):
    with urllib.request.urlopen(f"{base}/api/v1/{path}?{urllib.parse.urlencode(parameters)}", timeout=10) as reply:
        return json.load(reply)["data"]


def query(base, expression, **more):
    """Labels as a frozenset without job and instance → value, of an instant query."""
    return {
        frozenset((name, value) for name, value in one["metric"].items() if name not in ("job", "instance")): (
            one["value"][1] if "value" in one else one["histogram"][1]
        )
        for one in ask(base, "query", query=expression, **more)["result"]
    }


@pytest.mark.real
@BOTH
def test_prometheus_has_every_series_with_its_value(prometheus, shop, version):
    RemoteWrite(f"{prometheus}/api/v1/write", job=f"all-{version}", instance="i", version=version).push(shop)
    found = query(prometheus, f'{{job="all-{version}",instance="i",__name__!="shop_work_seconds"}}')
    assert {(dict(labels)["__name__"], *sorted(labels - {("__name__", dict(labels)["__name__"])})): value
            for labels, value in found.items()} == {
        ("shop_build_info", ("version", "1.2")): "1",
        ("shop_load_ratio",): "0.25",
        ("shop_orders_total", ("channel", "web")): "3",
        ("shop_oven", ("shop_oven", "cold")): "0",
        ("shop_oven", ("shop_oven", "hot")): "1",
        ("shop_upload_bytes_count",): "1",
        ("shop_upload_bytes_sum",): "512",
        ("shop_wait_seconds_bucket", ("le", "0.1")): "0",
        ("shop_wait_seconds_bucket", ("le", "1.0")): "1",
        ("shop_wait_seconds_bucket", ("le", "1e+07")): "2",
        ("shop_wait_seconds_bucket", ("le", "+Inf")): "2",
        ("shop_wait_seconds_count",): "2",
        ("shop_wait_seconds_sum",): "5000000.5",
    }  # fmt: skip


@pytest.mark.real
@BOTH
def test_prometheus_computes_quantiles_of_native_and_classic_histograms(prometheus, shop, version):
    job = f"quantiles-{version}"
    RemoteWrite(f"{prometheus}/api/v1/write", job=job, version=version).push(shop)
    work = f'shop_work_seconds{{job="{job}",kind="long"}}'
    assert query(prometheus, f"histogram_count({work})") == {frozenset({("kind", "long")}): "4"}
    assert query(prometheus, f"histogram_sum({work})") == {frozenset({("kind", "long")}): "3.51"}
    assert query(prometheus, f'histogram_count(shop_work_seconds{{job="{job}",kind="none"}})').popitem()[1] == "0"
    # 0, 0.01, 0.5 and 3: the third of four is in the bucket that ends at 0.5 and is 9 % wide
    (third,) = query(prometheus, f"histogram_quantile(0.74, {work})").values()
    assert 0.5 / 2 ** (1 / 8) <= float(third) <= 0.5
    (highest,) = query(prometheus, f"histogram_quantile(1, {work})").values()
    assert 3 <= float(highest) <= 3 * 2 ** (1 / 8)
    (median,) = query(prometheus, f'histogram_quantile(0.5, shop_wait_seconds_bucket{{job="{job}"}})').values()
    assert 0.1 <= float(median) <= 1


@pytest.mark.real
@BOTH
def test_prometheus_has_the_exemplars_of_counters_buckets_and_native_histograms_also_of_later_pushes(
    prometheus, shop, registry, version
):
    job = f"exemplars-{version}"
    to = RemoteWrite(f"{prometheus}/api/v1/write", job=job, version=version)
    to.push(shop)
    to.push(shop)
    later = {"trace_id": "later"}
    with clock.replaced(lambda: time.time() + 1):
        for family in shop.families():
            if family.description.name == "shop_work_seconds":
                family.handle(("long",)).observe(0.011, exemplar=later)
    to.push(shop)
    found = {
        (one["seriesLabels"]["__name__"], one["seriesLabels"].get("le", "")): [
            (event["labels"], event["value"]) for event in one["exemplars"]
        ]
        for one in ask(
            prometheus, "query_exemplars", query=f'{{job="{job}"}}', start=time.time() - 60, end=time.time() + 60
        )
    }
    assert found == {
        ("shop_work_seconds", ""): [(TRACE, "0.5"), (later, "0.011")],
        ("shop_wait_seconds_bucket", "1.0"): [(TRACE, "0.5")],
        ("shop_orders_total", ""): [({"trace_id": "short"}, "3")],
    }


@pytest.mark.real
@BOTH
def test_pushes_of_a_process_make_a_series_over_time(prometheus, version):
    registry = Registry()
    runs = Counter("a_runs_total", "Runs.", registry=registry)
    to = RemoteWrite(f"{prometheus}/api/v1/write", job=f"often-{version}", version=version)
    for _ in range(5):
        runs.inc()
        to.push(registry)
    ((values),) = [
        one["values"] for one in ask(prometheus, "query", query=f'a_runs_total{{job="often-{version}"}}[1m]')["result"]
    ]
    assert [value for _, value in values] == ["1", "2", "3", "4", "5"]


@pytest.mark.real
@BOTH
def test_what_prometheus_refuses_is_told_in_its_words(prometheus, registry, version):
    Counter("a_old_total", "A.", registry=registry).inc()
    to = RemoteWrite(f"{prometheus}/api/v1/write", job="old", version=version)
    with clock.replaced(lambda: 1000.0), pytest.raises(PushError, match="answered 400 Bad Request: out of bounds"):
        to.push(registry)


@pytest.mark.real
def test_prometheus_without_native_histograms_is_asked_again_and_says_so(tmp_path, shop, pauses):
    with real.prometheus(tmp_path, "global: {}\n") as base:
        with pytest.raises(PushError, match="answered 500 Internal Server Error: native histograms are disabled"):
            RemoteWrite(f"{base}/api/v1/write", job="x").push(shop)
        assert len(pauses) == 3
        with pytest.raises(PushError, match="answered 404 Not Found"):
            RemoteWrite(f"{base}/api/v2/write", job="x").push(shop)


@pytest.mark.real
def test_prometheus_understands_type_unit_and_help_of_version_2(tmp_path, shop, sink):
    """It hands on what it has understood, which its own API does not show of what was written to it."""
    sink.always = {
        f"X-Prometheus-Remote-Write-{kind}-Written": "100" for kind in ("Samples", "Histograms", "Exemplars")
    }
    config = f"""
remote_write:
- url: {sink.url}/relayed
  protobuf_message: io.prometheus.write.v2.Request
  send_native_histograms: true
  queue_config: {{batch_send_deadline: 100ms}}
"""
    with real.prometheus(tmp_path, config, "3.5", FEATURES) as base:
        to = RemoteWrite(f"{base}/api/v1/write", job="meta", version=2)

        def relayed():
            to.push(shop)  # what comes before its own sender has begun is not handed on
            found = {}
            for asked in list(sink.asked):
                for series in expanded(sent(asked, "Request")):
                    name = dict(series["labels"])["__name__"]
                    found[name] = (series["type"], series["unit"], series["help"])
            return found if len(found) == 10 else None

        found = until(relayed, 30, "what Prometheus hands on")
    histogram = (3, "seconds", "Wait.")
    assert found == {
        "shop_build_info": (6, "", "Build."),
        "shop_load_ratio": (2, "ratio", "Load."),
        "shop_orders_total": (1, "", 'Orders "placed".'),
        "shop_oven": (7, "", "Oven."),
        "shop_upload_bytes_count": (5, "bytes", "Uploads."),
        "shop_upload_bytes_sum": (5, "bytes", "Uploads."),
        "shop_wait_seconds_bucket": histogram,
        "shop_wait_seconds_count": histogram,
        "shop_wait_seconds_sum": histogram,
        "shop_work_seconds": (3, "seconds", "Work."),
    }


# Against the real VictoriaMetrics, which shows what it was told a metric is, and does not know version 2


@pytest.fixture(scope="module")
def victoria(tmp_path_factory):
    with real.victoria_metrics(tmp_path_factory.mktemp("victoria")) as base:
        yield base


@pytest.mark.real
def test_victoria_metrics_has_the_series_and_what_each_metric_is(victoria, shop):
    RemoteWrite(f"{victoria}/api/v1/write", job="all", instance="i").push(shop)
    with urllib.request.urlopen(f"{victoria}/internal/force_flush", timeout=10):
        pass
    assert query(victoria, 'shop_orders_total{job="all"}', time=time.time() + 1) == {
        frozenset({("__name__", "shop_orders_total"), ("channel", "web")}): "3"
    }
    assert ask(victoria, "metadata") == {
        "shop_build_info": [{"type": "info", "help": "Build."}],
        "shop_load_ratio": [{"type": "gauge", "unit": "ratio", "help": "Load."}],
        "shop_orders_total": [{"type": "counter", "help": 'Orders "placed".'}],
        "shop_oven": [{"type": "stateset", "help": "Oven."}],
        "shop_upload_bytes": [{"type": "summary", "unit": "bytes", "help": "Uploads."}],
        "shop_wait_seconds": [{"type": "histogram", "unit": "seconds", "help": "Wait."}],
        "shop_work_seconds": [{"type": "histogram", "unit": "seconds", "help": "Work."}],
    }


@pytest.mark.real
def test_a_server_that_takes_version_2_for_an_empty_version_1_is_found_out(victoria, shop):
    with pytest.raises(PushError, match=r"answered 204, but not what it has written: it knows remote write 1\.0 only"):
        RemoteWrite(f"{victoria}/api/v1/write", job="all", version=2).push(shop)
