"""What the compose project mounts, runs and asks for its health, on the real servers' programs without containers."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.request
from pathlib import Path

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


FILLED = {
    "VEDETTE_SECRETS": "/srv/secrets",
    "GRAFANA_URL": "https://grafana.example.com",
    "POSTGRES_URI": "db.internal:5432/shop?sslmode=require",
    "POSTGRES_USER": "watch",
    "POSTGRES_QUERIES": "/etc/postgres_exporter/queries.yml",
    "REDIS_ADDR": "redis://cache.internal:6379",
}


def compose(folder, *files, **variables):
    """What Compose itself reads of the project, or why it does not; no engine is asked."""
    example = (folder / "compose" / ".env.example").read_text()
    lines = [f"{line}{variables.get(line[:-1], '')}" if line.endswith("=") else line for line in example.splitlines()]
    (folder / "compose" / ".env").write_text("\n".join(lines))
    named = [part for file in files for part in ("-f", str(folder / "compose" / file))]
    return subprocess.run(
        [binary("docker-compose", "2.40"), *named, "config", "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder)},
    )


@pytest.mark.parametrize("overlay", ["docker-compose.dev.yml", "docker-compose.production.yml"])
def test_compose_reads_the_project_with_each_overlay_once_the_template_is_filled(built, tmp_path, overlay):
    write(built, tmp_path)
    read = compose(tmp_path, "docker-compose.yml", overlay, **FILLED)
    assert read.returncode == 0, read.stderr
    assert read.stderr == ""
    found = json.loads(read.stdout)
    for name, own in found["services"].items():
        assert {port["host_ip"] for port in own.get("ports", [])} <= {"127.0.0.1"}, name
        assert own["restart"] == ("no" if "dev" in overlay else "always"), name
        for mount in own.get("volumes", []):
            source = Path(mount["source"])
            if mount["type"] == "bind" and source.is_relative_to(tmp_path):
                assert source.exists(), name
    assert found["secrets"]["TOKEN"]["file"] == "/srv/secrets/TOKEN"
    assert found["services"]["postgres-exporter"]["environment"]["DATA_SOURCE_URI"] == FILLED["POSTGRES_URI"]
    assert found["services"]["grafana"]["environment"]["GF_USERS_ALLOW_SIGN_UP"] == "false"
    shell = found["services"]["alloy"]["healthcheck"]["test"][-1]
    assert subprocess.run(["bash", "-n", "-c", shell], check=False).returncode == 0


@pytest.mark.parametrize("variable", FILLED)
def test_compose_starts_nothing_while_a_variable_of_the_template_is_empty(built, tmp_path, variable):
    write(built, tmp_path)
    filled = {name: value for name, value in FILLED.items() if name != variable}
    read = compose(tmp_path, "docker-compose.yml", "docker-compose.production.yml", **filled)
    assert read.returncode != 0
    assert f"required variable {variable} is missing a value" in read.stderr
