"""What the compose project mounts, runs and asks for its health, on the real servers' programs without containers."""

from __future__ import annotations

import re
import subprocess
import urllib.request

import pytest
import yaml
from tests.build.test_compose import stack
from tests.real import binary, free_port, running

from vedette.build import build, write

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def built():
    return build(stack(), "production")


@pytest.fixture(scope="module")
def project(built):
    return yaml.safe_load(built["compose/docker-compose.yml"])


def test_the_mounted_files_pass_the_tools_of_the_servers(built, tmp_path):
    write(built, tmp_path)
    prometheus = tmp_path / "prometheus" / "prometheus.yml"
    (tmp_path / "TOKEN").write_text("x")  # promtool looks for the file of each secret
    prometheus.write_text(prometheus.read_text().replace("/run/secrets", str(tmp_path)))
    for command in (
        [binary("promtool", "3.5"), "check", "config", prometheus],
        [binary("amtool", "0.33"), "check-config", tmp_path / "alertmanager" / "alertmanager.yml"],
        [
            binary("blackbox-exporter", "0.23"),
            "--config.check",
            f"--config.file={tmp_path / 'blackbox' / 'blackbox.yml'}",
        ],
    ):
        checked = subprocess.run(command, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_options_of_the_commands_are_known_to_the_real_programs(project):
    programs = {
        "prometheus": binary("prometheus", "3.5"),
        "alertmanager": binary("alertmanager", "0.33"),
        "pushgateway": binary("pushgateway", "1.11"),
        "node-exporter": binary("node-exporter", "1.5"),
        "blackbox-exporter": binary("blackbox-exporter", "0.23"),
        "postgres-exporter": binary("postgres-exporter", "0.19"),
    }
    for name, program in programs.items():
        helped = subprocess.run([program, "--help"], capture_output=True, text=True, check=False)
        for option in project["services"][name]["command"]:
            if option != "--web.enable-otlp-receiver":  # Debian builds its Prometheus without it
                assert option.partition("=")[0] in helped.stdout + helped.stderr, f"{name}: {option}"


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("prometheus", "3.5"),
        ("pushgateway", "1.11"),
        ("node-exporter", "1.5"),
        ("blackbox-exporter", "0.23"),
        ("postgres-exporter", "0.19"),
        ("redis-exporter", "1.86"),
    ],
)
def test_the_address_that_is_asked_for_health_answers_on_the_real_program(built, project, tmp_path, name, version):
    write(built, tmp_path)
    text = (tmp_path / "prometheus" / "prometheus.yml").read_text()
    (tmp_path / "prometheus" / "prometheus.yml").write_text(text.replace("/run/secrets", str(tmp_path)))
    (tmp_path / "queries.yml").write_text("{}")
    own, port = project["services"][name], free_port()
    # the same command, with the folders of this test where the container has its own
    here = {
        "/etc/prometheus": tmp_path / "prometheus",
        "/etc/blackbox": tmp_path / "blackbox",
        "/etc/postgres_exporter": tmp_path,
        "=/prometheus": f"={tmp_path}/data",
        "=/pushgateway": f"={tmp_path}",
        "=/host": "=/",
        "${PROMETHEUS_RETENTION:-30d}": "30d",
        "${PROMETHEUS_RETENTION_SIZE:-8GB}": "8GB",
    }
    command = [one for one in own.get("command", []) if one != "--web.enable-otlp-receiver"]
    for inside, outside in here.items():
        command = [one.replace(inside, str(outside)) for one in command]
    asked = own["healthcheck"]["test"][-1]
    path = re.fullmatch(r"http://127\.0\.0\.1:\d+(/.*)", asked)[1]
    environment = {"DATA_SOURCE_URI": "127.0.0.1:1/none", "DATA_SOURCE_USER": "x", "DATA_SOURCE_PASS": "x"}
    url = f"http://127.0.0.1:{port}{path}"
    listen = f"--web.listen-address=127.0.0.1:{port}"
    with (
        running([binary(name, version), *command, listen], url, tmp_path, environment),
        urllib.request.urlopen(url, timeout=10) as reply,
    ):
        assert reply.status == 200
