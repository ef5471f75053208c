"""vedette.json: what the page shows of services, signals, metrics, alerts and runbooks."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
from tests.build.stacks import everything, minimal, shop

from vedette.build import build
from vedette.formats import vedette
from vedette.promql.parser import parse

SCHEMA = json.loads((Path(vedette.__file__).parent / "vedette.schema.json").read_text())


def described(stack, environment="local"):
    return json.loads(build(stack, environment)["vedette.json"])


def test_is_valid_by_its_schema():
    for document in (described(minimal()), described(shop(), "demo"), described(everything(), "production")):
        jsonschema.validate(document, SCHEMA)


def test_names_the_stack_its_services_and_packs():
    found = described(everything(), "production")
    assert (found["stack"], found["environment"], found["external_url"]) == (
        "market",
        "production",
        "https://watch.example.com",
    )
    assert [(one["name"], one["team"], one["packs"]) for one in found["services"]] == [
        ("shop", "web", ["http", "orders"]),
        ("ware-house", "stock", ["http", "orders"]),
    ]
    assert found["packs"] == [
        {"name": "http", "title": "HTTP service", "dashboard": "market-http"},
        {"name": "orders", "title": "Orders", "dashboard": "market-orders"},
    ]


def test_a_signal_is_about_its_service_alone():
    for service in described(everything(), "production")["services"]:
        assert [signal["title"] for signal in service["signals"]] == ["Requests", "Errors", "Latency p95"]
        for signal in service["signals"]:
            parse(signal["expr"])
            assert f'{{job="{service["name"]}"}}' in signal["expr"]
            assert "$" not in signal["expr"]


def test_describes_metrics_alerts_and_runbooks():
    found = described(shop())
    assert found["metrics"]["shop_orders_total"] == {
        "type": "counter",
        "unit": "",
        "help": "A thing of the shop.",
        "labels": ["channel"],
        "exporter": "shop",
    }
    assert found["alerts"]["NoOrders"]["severity"] == "high"
    assert set(found["runbooks"]) == set(found["alerts"])


def test_lists_the_names_of_all_secrets():
    names = ["HOOK_TOKEN", "PD_KEY", "PD_STOCK", "SHOP_TOKEN", "SLACK_WEBHOOK", "SMTP_PASSWORD"]
    assert described(everything(), "production")["secrets"] == names
