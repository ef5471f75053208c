"""What is built of probes: a scrape that asks one exporter for each endpoint, and the modules which that one needs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml
from tests.real import binary

from vedette.build import build, write
from vedette.catalog import Environment, Probe, ProbeModule, Service, Stack
from vedette.catalog.probe import MODULES
from vedette.cli.build import KINDS
from vedette.engine.collect.targets import discover
from vedette.formats import prometheus

HEALTH = "https://shop.example/health"
STRICT = ProbeModule("strict", "http", {"valid_status_codes": [200, 204], "tls_config": {"insecure_skip_verify": True}},
                     timeout="2s")  # fmt: skip
STACK = Stack(
    services=[
        Service(
            "endpoints",
            ["localhost:9115"],
            probes=[
                Probe(HEALTH),
                Probe("db.example:5432", "tcp_connect"),
                Probe("http://shop.example/", STRICT),
                Probe("https://shop.example/"),
            ],
            labels={"zone": "eu"},
        )
    ],
    environments=[Environment("production", targets={"endpoints": ["blackbox:9115"]})],
)
EVERY_MODULE = Stack(
    services=[
        Service(
            "endpoints",
            ["localhost:9115"],
            probes=[
                Probe(HEALTH),
                Probe("http://shop.example/orders", "http_post_2xx"),
                Probe("db.example:5432", "tcp_connect"),
                Probe("mail.example:465", "tcp_tls"),
                Probe("gateway", "icmp"),
                Probe("orders.example:50051", ProbeModule("orders", "grpc", {"service": "orders"})),
                Probe("10.0.0.53", ProbeModule("names", "dns", {"query_name": "shop.example", "query_type": "A"})),
                Probe("https://shop.example/", STRICT),
            ],
        )
    ]
)


def test_the_exporter_is_asked_for_each_endpoint_which_becomes_the_instance():
    config = prometheus.read(build(STACK, "production")["prometheus/prometheus.yml"], "prometheus.yml")
    found = discover(config, Path())
    assert found.problems == ()
    assert {target.url for target in found.targets} == {
        "http://blackbox:9115/probe?module=http_2xx&target=https%3A%2F%2Fshop.example%2Fhealth",
        "http://blackbox:9115/probe?module=http_2xx&target=https%3A%2F%2Fshop.example%2F",
        "http://blackbox:9115/probe?module=tcp_connect&target=db.example%3A5432",
        "http://blackbox:9115/probe?module=strict&target=http%3A%2F%2Fshop.example%2F",
    }
    assert {target.labels for target in found.targets} == {
        (("instance", instance), ("job", "endpoints"), ("zone", "eu"))
        for instance in (HEALTH, "https://shop.example/", "db.example:5432", "http://shop.example/")
    }


def test_the_modules_that_are_used_are_in_the_file_of_the_exporter_and_no_other():
    assert yaml.safe_load(build(STACK)["blackbox/blackbox.yml"]) == {
        "modules": {
            "http_2xx": {"prober": "http", "http": {"preferred_ip_protocol": "ip4"}},
            "strict": {
                "prober": "http",
                "timeout": "2s",
                "http": {"valid_status_codes": [200, 204], "tls_config": {"insecure_skip_verify": True}},
            },
            "tcp_connect": {"prober": "tcp", "tcp": {"preferred_ip_protocol": "ip4"}},
        }
    }


def test_every_file_of_a_build_has_a_kind_that_the_command_counts():
    assert [path for path in build(STACK) if not path.startswith(tuple(prefix for prefix, _ in KINDS))] == []


def test_a_stack_that_probes_nothing_has_no_such_file():
    files = build(Stack(services=[Service("shop", ["localhost:8000"])]))
    assert "blackbox/blackbox.yml" not in files
    assert "relabel_configs" not in files["prometheus/prometheus.yml"]


def test_the_page_shows_the_endpoints_as_what_is_watched():
    (service,) = json.loads(build(STACK)["vedette.json"])["services"]
    assert service["targets"] == [HEALTH, "db.example:5432", "http://shop.example/", "https://shop.example/"]


def check(*command):
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


@pytest.mark.real
@pytest.mark.parametrize("version", ["2.42", "2.53", "3.5"])
def test_promtool_accepts_the_scrape(tmp_path, version):
    write(build(STACK), tmp_path)
    check(binary("promtool", version), "check", "config", tmp_path / "prometheus" / "prometheus.yml")


@pytest.mark.real
def test_the_exporter_accepts_every_module(tmp_path):
    files = build(EVERY_MODULE)
    assert set(MODULES) <= set(yaml.safe_load(files["blackbox/blackbox.yml"])["modules"])
    write(files, tmp_path)
    command = [binary("blackbox-exporter", "0.23"), f"--config.file={tmp_path / 'blackbox' / 'blackbox.yml'}"]
    assert "Config file is ok" in check(*command, "--config.check")


@pytest.mark.real
def test_the_exporter_refuses_a_setting_that_it_does_not_know(tmp_path):
    wrong = ProbeModule("wrong", "http", {"valid_statuses": [200]})
    write(build(Stack(services=[Service("e", ["localhost:9115"], probes=[Probe(HEALTH, wrong)])])), tmp_path)
    command = [binary("blackbox-exporter", "0.23"), f"--config.file={tmp_path / 'blackbox' / 'blackbox.yml'}"]
    result = subprocess.run([*command, "--config.check"], capture_output=True, text=True, check=False)
    assert (result.returncode, "valid_statuses" in result.stderr) == (1, True)
