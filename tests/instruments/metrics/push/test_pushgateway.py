"""A group in a Pushgateway is replaced, added to and deleted, whatever its labels are."""

from __future__ import annotations

import urllib.request

import pytest
from tests import real
from tests.instruments.metrics.push.gateway import groups, values
from tests.started import until

from vedette.errors import ConfigError
from vedette.instruments.metrics import Gauge, Registry
from vedette.instruments.metrics.exposition import protobuf
from vedette.instruments.metrics.push import PushError, Pushgateway


@pytest.mark.parametrize(
    ("job", "grouping", "path"),
    [
        ("nightly", {}, "/metrics/job/nightly"),
        ("a/b", {}, "/metrics/job@base64/YS9i"),
        ("a b?&%#", {"instance": "ü"}, "/metrics/job/a%20b%3F%26%25%23/instance/%C3%BC"),
        ("x", {"path": "/var/tmp", "empty": ""}, "/metrics/job/x/path@base64/L3Zhci90bXA/empty@base64/="),
        ("..", {"dot": "."}, "/metrics/job@base64/Li4/dot@base64/Lg"),
    ],
)
def test_a_group_is_addressed_as_the_pushgateway_documents(sink, shop, job, grouping, path):
    gateway = Pushgateway(f"{sink.url}/gate/", job=job, grouping=grouping)
    gateway.push(shop)
    gateway.add(shop)
    gateway.delete()
    assert [asked.method for asked in sink.asked] == ["PUT", "POST", "DELETE"]
    assert {asked.path for asked in sink.asked} == {"/gate" + path}
    assert [asked.body for asked in sink.asked] == [protobuf(shop), protobuf(shop), b""]
    kind = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
    assert sink.asked[0].headers["content-type"] == kind
    assert repr(gateway) == f"<Pushgateway {sink.url}/gate{path}>"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"job": ""}, "a group needs a name"),
        ({"job": 5}, "has job=5, which is not a string"),
        ({"job": "x", "grouping": {"job": "y"}}, "has the label 'job'; give it as job="),
        ({"job": "x", "grouping": {"a-b": "y"}}, "has the label 'a-b'; write letters"),
        ({"job": "x", "grouping": {"__a": "y"}}, "has the label '__a'; write letters"),
        ({"job": "x", "grouping": {"a": 5}}, "has a=5, which is not a string; write '5'"),
    ],
)
def test_a_group_that_cannot_be_is_refused(arguments, message):
    with pytest.raises(ConfigError, match=message):
        Pushgateway("http://h", **arguments)


@pytest.fixture(scope="module", params=["1.5", "1.11"])
def gateway_url(request, tmp_path_factory):
    with real.pushgateway(tmp_path_factory.mktemp("gateway"), request.param) as base:
        yield base


def gauges(**amounts):
    registry = Registry()
    for name, amount in amounts.items():
        Gauge(name, "G.", registry=registry).set(amount)
    return registry


@pytest.mark.real
def test_a_push_replaces_the_group_and_an_addition_only_what_it_has_and_a_deletion_all(gateway_url):
    gateway = Pushgateway(gateway_url, job="cycle")
    gateway.push(gauges(g_a=1, g_b=2))
    gateway.add(gauges(g_b=3))
    assert values(gateway_url, "g_a") == [({"job": "cycle"}, 1)]
    assert values(gateway_url, "g_b") == [({"job": "cycle"}, 3)]
    gateway.push(gauges(g_b=4))
    assert values(gateway_url, "g_a") == []
    assert values(gateway_url, "g_b") == [({"job": "cycle"}, 4)]
    gateway.delete()
    until(lambda: groups(gateway_url) == [], 10, "the group is deleted")
    assert values(gateway_url, "g_b") == []


@pytest.mark.real
@pytest.mark.parametrize(
    "labels",
    [
        {"job": "nightly"},
        {"job": "a/b c", "empty": "", "path": "/var/tmp", "instance": "host:1"},
        {"job": "..", "dot": ".", "weird": '%2F?&#;=+ ü€🙂\\"\n'},
        {"job": "/", "slash": "//", "base": "L3Zhci90bXA", "at": "x@base64"},
    ],
)
def test_labels_of_any_kind_arrive_as_they_are(gateway_url, labels):
    job, grouping = labels["job"], {name: value for name, value in labels.items() if name != "job"}
    gateway = Pushgateway(gateway_url, job=job, grouping=grouping)
    gateway.push(gauges(g_kind=1))
    try:
        assert [group["labels"] for group in groups(gateway_url)] == [labels]
        assert values(gateway_url, "g_kind") == [({name: value for name, value in labels.items() if value}, 1)]
    finally:
        gateway.delete()
    until(lambda: groups(gateway_url) == [], 10, "the group is deleted")


@pytest.mark.real
def test_every_kind_of_metric_arrives_with_native_buckets_and_exemplars(gateway_url, shop):
    gateway = Pushgateway(gateway_url, job="kinds")
    gateway.push(shop)
    try:
        accept = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=compact-text"
        asked = urllib.request.Request(f"{gateway_url}/metrics", headers={"Accept": accept})
        with urllib.request.urlopen(asked, timeout=10) as reply:
            page = reply.read().decode().replace(": ", ":").replace("  ", " ")
        (work,) = [line for line in page.splitlines() if '"shop_work_seconds"' in line]
        assert work.count("schema:3") == 2  # also that of the series without an observation
        assert "zero_count:1" in work
        assert "0af7651916cd43dd8448eb211c80319c" in work
        (group,) = groups(gateway_url)
        kinds = {name: family["type"] for name, family in group.items() if name.startswith("shop_")}
        assert kinds == {
            "shop_build_info": "GAUGE",
            "shop_load_ratio": "GAUGE",
            "shop_orders_total": "COUNTER",
            "shop_oven": "GAUGE",
            "shop_upload_bytes": "SUMMARY",
            "shop_wait_seconds": "HISTOGRAM",
            "shop_work_seconds": "HISTOGRAM",
        }
        assert values(gateway_url, "shop_orders_total") == [({"job": "kinds", "channel": "web"}, 3)]
        assert values(gateway_url, "shop_wait_seconds_count") == [({"job": "kinds"}, 2)]
    finally:
        gateway.delete()
        until(lambda: groups(gateway_url) == [], 10, "the group is deleted")


@pytest.mark.real
def test_what_the_pushgateway_refuses_is_told_in_its_words(gateway_url):
    registry = Registry()
    gauge = Gauge("g_clash", "G.", labels=["shop"], registry=registry)
    gauge.set(1, "rome")
    gauge.set(2, "milan")
    gateway = Pushgateway(gateway_url, job="clash", grouping={"shop": "rome"})
    with pytest.raises(PushError, match=r"answered 400 Bad Request: pushed metrics are invalid or inconsistent"):
        gateway.push(registry)
    gateway.delete()
    until(lambda: groups(gateway_url) == [], 10, "the group is deleted")


@pytest.mark.real
def test_a_pushgateway_with_a_password_takes_it_from_who_has_it(tmp_path):
    config = tmp_path / "web.yml"
    # of s3cr3t-value, with bcrypt
    config.write_text("basic_auth_users: {me: $2b$04$hhK2nosxlyvW76dPoOsA4.JYjFArxlr3hcwRpAayCrvH2eGsNVrHW}\n")
    with real.pushgateway(tmp_path / "gateway", "1.11", f"--web.config.file={config}") as base:
        Pushgateway(base, job="x", basic_auth=("me", "s3cr3t-value")).push(gauges(g_a=1))
        Pushgateway(base.replace("http://", "http://me:s3cr3t%2Dvalue@"), job="x").push(gauges(g_a=1))
        with pytest.raises(PushError, match=f"^{base}/metrics/job/x answered 401 Unauthorized: Unauthorized$"):
            Pushgateway(base, job="x", basic_auth=("me", "s3cr3t-other")).push(gauges(g_a=1))
