"""The stack of a Swarm as Docker's own command reads it, and the cluster of Alertmanagers as real ones form it."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from tests.build.test_swarm import stack
from tests.real import binary, free_port, running, with_its_files

from vedette.build import build, write

pytestmark = pytest.mark.real

FILLED = {
    "VEDETTE_SECRETS": "/srv/secrets",
    "GRAFANA_URL": "https://grafana.example.com",
    "POSTGRES_URI": "db.internal:5432/shop?sslmode=require",
    "POSTGRES_USER": "watch",
    "REDIS_ADDR": "redis://cache.internal:6379",
}


@pytest.fixture(scope="module")
def built():
    return build(stack(), "production")


def read(folder, *words, **variables):
    """What Docker's command says of the stack; there is no engine to ask."""
    filled = {}
    for line in (folder / "swarm" / ".env.example").read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and not name.startswith("#"):
            filled[name] = value or variables.get(name, "")
    command = [binary("docker", "28.5"), "stack", words[0], "-c", "stack.yml", "-c", "second.yml", *words[1:]]
    nowhere = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "DOCKER_HOST": f"unix://{folder}/none.sock"}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=folder / "swarm", env={**nowhere, **filled}
    )


@pytest.mark.parametrize("version", ["2.42", "3.5"])
def test_promtool_accepts_the_tasks_that_prometheus_looks_for(built, tmp_path, version):
    write(built, tmp_path)
    prometheus = tmp_path / "prometheus" / "prometheus.yml"
    (tmp_path / "TOKEN").write_text("x")  # promtool looks for the file of each secret
    prometheus.write_text(prometheus.read_text().replace("/run/secrets", str(tmp_path)))
    command = [binary("promtool", version), "check", "config", prometheus]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_docker_reads_the_stack_once_the_template_is_filled(built, tmp_path):
    write(built, tmp_path)
    queries = tmp_path / "queries.yml"
    queries.write_text("{}")
    done = read(tmp_path, "config", POSTGRES_QUERIES=str(queries), **FILLED)
    assert done.returncode == 0, done.stderr
    found = yaml.safe_load(done.stdout)
    mine = [yaml.safe_load(built[f"swarm/{name}"]) for name in ("stack.yml", "second.yml")]
    assert set(found["services"]) == set(mine[0]["services"]) | set(mine[1]["services"])
    for own in found["configs"].values():
        assert Path(own["file"]).read_text()
    assert found["secrets"]["TOKEN"] == {"name": "shop-eu-TOKEN-1", "external": True}
    assert found["services"]["alertmanager"]["deploy"]["replicas"] == 3
    assert found["services"]["prometheus-2"]["deploy"]["placement"] == {"constraints": ["node.labels.vedette == 2"]}


def test_docker_would_deploy_every_option_of_it_and_stops_only_for_want_of_an_engine(built, tmp_path):
    write(built, tmp_path)
    stack_file = tmp_path / "swarm" / "stack.yml"
    done = read(tmp_path, "deploy", "--detach=false", "shop-eu", POSTGRES_QUERIES="/dev/null", **FILLED)
    assert "Cannot connect to the Docker daemon" in done.stderr
    assert "unsupported" not in done.stderr
    stack_file.write_text(
        stack_file.read_text().replace("    read_only: true\n", "    read_only: true\n    pid: host\n", 1)
    )
    done = read(tmp_path, "deploy", "--detach=false", "shop-eu", POSTGRES_QUERIES="/dev/null", **FILLED)
    assert "Ignoring unsupported options: pid" in done.stderr


@pytest.mark.parametrize("variable", [*(name for name in FILLED if name != "VEDETTE_SECRETS"), "POSTGRES_QUERIES"])
def test_docker_deploys_nothing_while_a_variable_of_the_template_is_empty(built, tmp_path, variable):
    write(built, tmp_path)
    filled = {**FILLED, "POSTGRES_QUERIES": str(tmp_path / "vedette.json")}
    done = read(tmp_path, "config", **{name: value for name, value in filled.items() if name != variable})
    assert done.returncode != 0
    assert f"required variable {variable} is missing a value" in done.stderr


def test_three_alertmanagers_find_each_other_by_the_name_of_their_tasks_and_share_a_silence(built, tmp_path):
    own = yaml.safe_load(built["swarm/stack.yml"])["services"]["alertmanager"]
    (tmp_path / "alertmanager.yml").write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
    # what DNS and the network of a Swarm tell: every task by one name, and each its own address
    addresses = ["127.0.0.11", "127.0.0.12", "127.0.0.13"]
    (tmp_path / "hosts").write_text("".join(f"{address} tasks.alertmanager\n" for address in addresses))
    port, peering = free_port(), free_port()
    shell, option, script, name = own["entrypoint"]
    urls = [f"http://{address}:{port}" for address in addresses]
    with ExitStack() as servers:
        for address, url in zip(addresses, urls, strict=True):
            folder = tmp_path / address
            folder.mkdir()
            (folder / "hostname").write_text(f"#!/bin/sh\necho '{address} 10.0.9.9'\n")
            (folder / "hostname").chmod(0o755)
            program = with_its_files(binary("alertmanager", "0.33"))
            inside = {
                "$$": "$",
                "/bin/alertmanager": str(program[-1]),
                ":9094": f":{peering}",
                "0.0.0.0": address,
                "/etc/alertmanager/": f"{tmp_path}/",
                "--storage.path=/alertmanager": f"--storage.path={folder}",
            }
            command = [shell, option, script, name, *own["command"]]
            for there, here in inside.items():
                command = [part.replace(there, here) for part in command]
            hosts = ["sh", "-c", f'mount --bind {tmp_path}/hosts /etc/hosts && PATH={folder}:$PATH exec "$@"', "sh"]
            listen = [f"--web.listen-address={address}:{port}", "--log.level=warn"]
            servers.enter_context(running([*program[:-1], *hosts, *command, *listen], f"{url}/-/healthy", folder))
        deadline = time.monotonic() + 60
        while (seen := [peers(url) for url in urls]) != [{f"{one}:{peering}" for one in addresses}] * 3:
            assert time.monotonic() < deadline, seen
            time.sleep(0.1)
        silence = {
            "matchers": [{"name": "alertname", "value": "X", "isRegex": False, "isEqual": True}],
            "startsAt": "2026-01-01T00:00:00Z",
            "endsAt": "2099-01-01T00:00:00Z",
            "createdBy": "test",
            "comment": "shared",
        }
        body, headers = json.dumps(silence).encode(), {"Content-Type": "application/json"}
        made = urllib.request.Request(f"{urls[0]}/api/v2/silences", body, headers)
        with urllib.request.urlopen(made, timeout=10) as reply:
            identity = json.load(reply)["silenceID"]
        while not all(identity in silences(url) for url in urls):
            assert time.monotonic() < deadline
            time.sleep(0.1)


def ask(url):
    with urllib.request.urlopen(url, timeout=10) as reply:
        return json.load(reply)


def peers(url):
    return {peer["address"] for peer in ask(f"{url}/api/v2/status")["cluster"]["peers"]}


def silences(url):
    return {one["id"] for one in ask(f"{url}/api/v2/silences")}
