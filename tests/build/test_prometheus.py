"""prometheus.yml and rules: scrapes by service, groups by pack and parameters, labels and links on every alert."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from tests.build.stacks import NO_ORDERS, ORDERS, everything, minimal, shop

from vedette.build import build
from vedette.build.links import panel_id
from vedette.catalog import Alert, Environment, Pack, Service, Stack
from vedette.errors import DeclarationError
from vedette.formats import prometheus, rules


def rule(files, pack, name, group=0):
    document = yaml.safe_load(files[f"prometheus/rules/{pack}.yml"])
    (found,) = [one for one in document["groups"][group]["rules"] if name in (one.get("alert"), one.get("record"))]
    return found


def test_a_service_is_a_scrape_job():
    config = yaml.safe_load(build(everything(), "production")["prometheus/prometheus.yml"])
    assert config["global"]["external_labels"] == {"environment": "production", "cluster": "eu-1"}
    assert config["rule_files"] == ["rules/*.yml"]
    assert config["alerting"] == {"alertmanagers": [{"static_configs": [{"targets": ["am-1:9093", "am-2:9093"]}]}]}
    assert config["scrape_configs"] == [
        {
            "job_name": "shop",
            "authorization": {"credentials_file": "/etc/vedette/secrets/SHOP_TOKEN"},
            "static_configs": [{"targets": ["a:80", "b:80"], "labels": {"zone": "eu"}}],
        },
        {
            "job_name": "ware-house",
            "scrape_interval": "30s",
            "scrape_timeout": "20s",
            "metrics_path": "/internal/metrics",
            "scheme": "https",
            "static_configs": [{"targets": ["c:80"]}],
        },
    ]


def test_an_alert_carries_labels_and_links():
    found = rule(build(minimal()), "shop", "NoOrders")
    assert found == {
        "alert": "NoOrders",
        "expr": 'sum by (job) (rate(shop_orders_total{job="shop"}[30m])) == 0',
        "for": "30m",
        "labels": {"severity": "high", "service": "shop", "team": "shop", "pack": "shop"},
        "annotations": {
            "summary": "No order for half an hour",
            "description": 'sum by (job) (rate(shop_orders_total{job="shop"}[30m])) is {{ $value }}'
            "; the alert fires at == 0.",
            "value": "{{ $value | humanize }}",
            "runbook_url": "http://127.0.0.1:7373/runbooks/NoOrders",
            "dashboard_url": "http://127.0.0.1:7373/d/shop-shop"
            f"?viewPanel={panel_id('shop', 'No orders')}&var-job=shop",
        },
    }


@pytest.mark.parametrize(
    ("alert", "value"),
    [
        ("HttpErrorRateHigh", "{{ $value | humanizePercentage }}"),
        ("HttpLatencyHigh", "{{ $value | humanizeDuration }}"),
    ],
)
def test_a_notification_prints_the_value_in_the_unit_of_the_alert_s_panel(alert, value):
    found = rule(build(everything(), "production"), "http", alert)
    assert found["annotations"]["value"] == value


def test_services_with_one_set_of_parameters_share_a_group_and_tell_themselves_apart():
    files = build(everything(), "production")
    found = rule(files, "orders", "OrdersSlow")
    assert found["expr"] == 'job:shop_orders:rate5m{job=~"shop|ware-house"} < 0.1'
    assert found["keep_firing_for"] == "10m"
    assert found["labels"] == {
        "severity": "medium",
        "service": "{{ $labels.job }}",
        "team": '{{ if eq $labels.job "shop" }}web{{ else }}stock{{ end }}',
        "pack": "orders",
        "tier": "gold",
    }
    assert "&var-job={{ $labels.job }}" in found["annotations"]["dashboard_url"]


def test_links_set_the_variables_that_the_alert_has_labels_for():
    url = rule(build(everything(), "production"), "orders", "StockLow")["annotations"]["dashboard_url"]
    assert url.startswith("https://grafana.example.com/d/market-orders?viewPanel=")
    assert url.endswith("&var-instance={{ $labels.instance | urlquery }}&var-item={{ $labels.item | urlquery }}")


def test_an_alert_may_have_a_team_of_its_own():
    assert rule(build(everything(), "production"), "orders", "StockLow")["labels"]["team"] == "buyers"


def test_services_with_different_parameters_have_groups_of_their_own():
    document = yaml.safe_load(build(everything(), "production")["prometheus/rules/http.yml"])
    assert [group["name"] for group in document["groups"]] == ["http of shop", "http of ware-house"]
    exprs = [
        next(one["expr"] for one in group["rules"] if one.get("alert") == "HttpErrorRateHigh").split(" and ")[0]
        for group in document["groups"]
    ]
    assert exprs == [
        'job:http_server_request_errors:ratio_rate5m{job="shop"} > 0.05',
        'job:http_server_request_errors:ratio_rate5m{job="ware-house"} > 0.02',
    ]


def test_a_threshold_of_the_environment_reaches_the_rule():
    stack = replace(shop(), environments=[Environment("local", thresholds={"database.pool_warn": 0.5})])
    assert rule(build(stack), "database", "DatabasePoolNearExhaustion")["expr"].endswith("> 0.5")


def test_a_demo_stretches_every_range_and_for():
    demo = rule(build(shop(), "demo"), "shop", "NoOrders")
    assert (demo["expr"], demo["for"]) == ('sum by (job) (rate(shop_orders_total{job="shop"}[3m])) == 0', "3m")


def test_what_is_written_reads_back_as_it_was():
    files = build(everything(), "production")
    config = prometheus.read(files["prometheus/prometheus.yml"], "prometheus.yml")
    assert prometheus.write(config) == files["prometheus/prometheus.yml"]
    for pack in ("http", "orders"):
        text = files[f"prometheus/rules/{pack}.yml"]
        assert rules.write(rules.read(text, "rules.yml")) == text


def two(*alerts, **environment):
    pack = Pack("shop", metrics=[ORDERS], alerts=alerts)
    services = [Service("a", ["a:1"], [pack]), Service("b", ["b:1"], [pack])]
    return Stack(name="x", services=services, environments=[Environment("local", **environment)])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: two(replace(NO_ORDERS, expr="sum(rate(shop_orders_total[5m])) == 0")), "drops the label 'job'"),
        (
            lambda: two(replace(NO_ORDERS, expr="sum(rate(shop_orders_total[5m]) == 0")),
            "alert 'NoOrders' of pack 'shop': ",
        ),
        (lambda: two(replace(NO_ORDERS, expr="shop_order_total == 0")), "did you mean 'shop_orders_total'"),
        (lambda: two(replace(NO_ORDERS, keep_firing_for="5m"), prometheus="2.41"), "Prometheus knows since 2.42"),
        (
            lambda: minimal(services=[Service("shop", ["h:1"], scrape_interval="5s", scrape_timeout="8s")]),
            "scrape_timeout='8s', longer than its scrape interval",
        ),
    ],
)
def test_says_what_cannot_be_built_and_where(make, message):
    with pytest.raises(DeclarationError, match=message) as caught:
        build(make())
    assert ".py:" in str(caught.value)


def test_one_service_may_have_an_alert_without_job():
    pack = Pack("p", metrics=[ORDERS], alerts=[Alert("X", "sum(shop_orders_total) == 0", severity="low", summary="s")])
    found = rule(build(minimal(services=[Service("shop", ["h:1"], [pack])])), "p", "X")
    assert found["labels"]["service"] == "shop"
