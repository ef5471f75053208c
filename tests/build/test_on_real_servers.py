"""What is built is accepted by the real promtool and amtool, old and new."""

from __future__ import annotations

import subprocess

import pytest
from tests.build.stacks import everything, minimal, shop
from tests.real import binary

from vedette.build import build, load, write
from vedette.catalog import Webhook, env

pytestmark = pytest.mark.real
DEMO = load("examples.shop.observability:stack")
BUILDS = {
    "the demo": (DEMO, "demo"),
    "the demo as it would ship": (DEMO, "local"),
    "minimal": (minimal(), "local"),
    "shop": (shop(), "local"),
    "shop in a hurry": (shop(), "demo"),
    "everything": (everything(), "production"),
}


def check(*command):
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.mark.parametrize("version", ["2.42", "2.53", "3.5"])
@pytest.mark.parametrize("name", BUILDS)
def test_promtool_accepts_the_configuration_and_its_rules(tmp_path, name, version):
    promtool = binary("promtool", version)
    files = build(*BUILDS[name])
    write(files, tmp_path)
    # it looks for the file of each secret
    text = files["prometheus/prometheus.yml"].replace("/etc/vedette/secrets", str(tmp_path))
    (tmp_path / "SHOP_TOKEN").write_text("x")
    (tmp_path / "prometheus" / "prometheus.yml").write_text(text)
    output = check(promtool, "check", "config", tmp_path / "prometheus" / "prometheus.yml")
    rules = [path for path in files if path.startswith("prometheus/rules/")]
    assert f"{len(rules)} rule files found" in output
    check(promtool, "check", "rules", *(tmp_path / path for path in rules))


@pytest.mark.parametrize("version", ["0.25", "0.33"])
@pytest.mark.parametrize("name", BUILDS)
def test_amtool_accepts_the_routes_and_receivers(tmp_path, name, version):
    amtool = binary("amtool", version)
    write(build(*BUILDS[name]), tmp_path)
    assert "SUCCESS" in check(amtool, "check-config", tmp_path / "alertmanager" / "alertmanager.yml")


def test_a_webhook_with_a_secret_address_needs_the_newer_one(tmp_path):
    write(build(minimal(notify=[Webhook(env("HOOK"))])), tmp_path)
    config = tmp_path / "alertmanager" / "alertmanager.yml"
    assert "SUCCESS" in check(binary("amtool", "0.33"), "check-config", config)
    old = subprocess.run(
        [binary("amtool", "0.25"), "check-config", config], capture_output=True, text=True, check=False
    )
    assert "field url_file not found" in old.stdout + old.stderr


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        (["severity=high", "team=web"], "high"),
        (["severity=high", "team=stock"], "stock-high"),
        (["severity=low", "team=buyers"], "buyers-low,low"),
        (["alertname=Foreign"], "high"),
    ],
)
def test_alertmanager_routes_as_we_say(tmp_path, labels, receivers):
    write(build(everything(), "production"), tmp_path)
    config = tmp_path / "alertmanager" / "alertmanager.yml"
    output = check(binary("amtool", "0.33"), "config", "routes", "test", f"--config.file={config}", *labels)
    assert output.strip() == receivers
