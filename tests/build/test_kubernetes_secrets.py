"""Secrets of the cluster: kubectl itself makes them by the commands of the example, and nothing needs another."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from tests.build.clusters import NAMESPACE, OVERLAYS, pods, rendered, stack
from tests.real import binary

from vedette.build import build

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def built():
    return build(stack(), "production")


@pytest.fixture(scope="module")
def overlays():
    return rendered()


@pytest.fixture(scope="module")
def made(built, tmp_path_factory):
    return commanded(built["kubernetes/secrets.example"], tmp_path_factory.mktemp("secrets"))


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_secret_that_is_used_is_made_by_the_commands_of_the_example(overlays, made, name):
    for app, pod in pods(overlays[name]).items():
        container = pod["spec"]["containers"][0]
        for volume in pod["spec"].get("volumes", ()):
            if "secret" in volume:
                assert volume["secret"]["secretName"] in made, app
                mount = next(one["mountPath"] for one in container["volumeMounts"] if one["name"] == volume["name"])
                keys = set(made[volume["secret"]["secretName"]])
                read = {
                    one["value"] for one in container.get("env", ()) if str(one.get("value")).startswith(f"{mount}/")
                }
                assert {path.rpartition("/")[2] for path in read} <= keys, app
        for variable in container.get("env", ()):
            if reference := variable.get("valueFrom", {}).get("secretKeyRef"):
                assert reference["key"] in made[reference["name"]], app
    for one in overlays[name]:
        if one["kind"] == "Ingress":
            assert all(tls["secretName"] in made for tls in one["spec"]["tls"])


def test_what_alertmanager_reads_is_what_its_secret_holds(built, made):
    config = built["kubernetes/base/alertmanager/alertmanager.yml"]
    assert set(re.findall(r"/etc/vedette/secrets/(\w+)", config)) == set(made["alertmanager-secrets"])


def commanded(example, folder):
    """Secret → its keys, as the real kubectl makes them by the example's commands."""
    for name in set(re.findall(r'\$SECRETS/([\w.]+)"', example)):
        (folder / name).write_text("hush")
    subject = [
        "-subj",
        "/CN=grafana.example.com",
        "-keyout",
        folder / "grafana.key",
        "-out",
        folder / "grafana.crt",
    ]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject], check=True, capture_output=True
    )
    commands = re.findall(r"^kubectl create (?:secret|configmap) (?:.*\\\n)*.*$", example, re.MULTILINE)
    script = "\n".join(f"{one} --dry-run=client -o json" for one in commands)
    kubectl = binary("kubectl", "1.36")
    ran = subprocess.run(
        ["sh", "-eu", "-c", script],
        env={
            "PATH": f"{kubectl.parent}:/usr/bin:/bin",
            "SECRETS": str(folder),
            "NAMESPACE": NAMESPACE,
            "KUBECONFIG": "/dev/null",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found, decoder, rest = {}, json.JSONDecoder(), ran.stdout.strip()
    while rest:
        one, end = decoder.raw_decode(rest)
        assert one["metadata"]["namespace"] == NAMESPACE
        found[one["metadata"]["name"]] = one["data"]
        rest = rest[end:].strip()
    return found
