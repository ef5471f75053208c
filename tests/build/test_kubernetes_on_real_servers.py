"""What the pods mount, run and are asked for, on the real servers' programs without a cluster."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import time
import urllib.request
from functools import partial

import pytest
from tests.build.clusters import THREE, kustomized, pods, production, rendered, workloads, written
from tests.real import alertmanager, binary, free_port, running, victoria_metrics, with_its_files

from vedette.catalog import Alert, Pack, Service, Stack
from vedette.instruments.metrics import Metric

pytestmark = pytest.mark.real
PROGRAMS = {
    "prometheus": "3.5",
    "alertmanager": "0.33",
    "pushgateway": "1.11",
    "node-exporter": "1.5",
    "blackbox-exporter": "0.23",
    "postgres-exporter": "0.19",
    "redis-exporter": "1.86",
    "victoria-metrics": "1.145",
}
"""Program → the version that is here; Grafana, Loki, Jaeger, Alloy, kube-state-metrics and Mailpit are not."""


def mounted(objects, app, root):
    """The files of a pod as the kubelet would lay them, below ``root``; path → text."""
    maps = {one["metadata"]["name"]: one["data"] for one in objects if one["kind"] == "ConfigMap"}
    pod = pods(objects)[app]["spec"]
    where = {one["name"]: one["mountPath"] for one in pod["containers"][0]["volumeMounts"]}
    for volume in pod["volumes"]:
        for source in [volume, *volume.get("projected", {}).get("sources", ())]:
            if source.get("configMap", {}).get("name") in maps:
                data = maps[source["configMap"]["name"]]
                items = source["configMap"].get("items") or [{"key": key, "path": key} for key in data]
                for item in items:
                    path = root / where[volume["name"]].lstrip("/") / item["path"]
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(data[item["key"]])
    return pod["containers"][0]


def command(container, app, root, **variables):
    """The command of a container with its folders below ``root``, and what the cluster fills in."""
    named = {one["name"]: one["value"] for one in container.get("env", ()) if "value" in one} | variables
    found = [re.sub(r"\$\((\w+)\)", lambda match: named[match[1]], one) for one in container.get("args", ())]
    for folder in (one["mountPath"] for one in container.get("volumeMounts", ())):
        found = [re.sub(rf"={folder}(?=/|$)", f"={root}{folder}", one) for one in found]
    # Debian builds its Prometheus without OTLP
    return [binary(app, PROGRAMS[app]), *(one for one in found if one != "--web.enable-otlp-receiver")]


def probes(container):
    return {container[name]["httpGet"]["path"] for name in ("startupProbe", "readinessProbe", "livenessProbe")}


def answers(base, container):
    for path in probes(container):
        with urllib.request.urlopen(f"{base}{path}", timeout=10) as reply:
            assert reply.status == 200, path


def asked(url):
    with urllib.request.urlopen(url, timeout=10) as reply:
        return json.load(reply)


def until(what, seconds=60):
    """What a question gives once it gives something; the last answer where it does not."""
    deadline = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


@pytest.mark.parametrize("overlay", ["base", "own"])
def test_promtool_takes_the_configuration_as_it_is_mounted(overlay, tmp_path):
    mounted(rendered()[overlay], "prometheus", tmp_path)
    path = tmp_path / "etc" / "prometheus" / "prometheus.yml"
    folder = tmp_path / "account"
    folder.mkdir()
    for name in ("TOKEN", "token", "ca.crt"):  # promtool looks for the files
        (folder / name).write_text("x")
    text = re.sub(r"/etc/vedette/secrets|/var/run/secrets/kubernetes.io/serviceaccount", str(folder), path.read_text())
    path.write_text(text)
    checked = subprocess.run(
        [binary("promtool", "3.5"), "check", "config", path], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    rules = list((path.parent / "rules").iterdir())
    assert f"{len(rules)} rule files found" in checked.stdout
    assert len(rules) == 7


def test_the_tools_of_alertmanager_and_blackbox_exporter_take_theirs(tmp_path):
    for app in ("alertmanager", "blackbox-exporter"):
        mounted(rendered()["base"], app, tmp_path)
    for checking in (
        [binary("amtool", "0.33"), "check-config", tmp_path / "etc/alertmanager/alertmanager.yml"],
        [
            binary("blackbox-exporter", "0.23"),
            "--config.check",
            f"--config.file={tmp_path}/etc/blackbox/blackbox.yml",
        ],
    ):
        checked = subprocess.run(checking, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_options_of_the_commands_are_known_to_the_real_programs(tmp_path):
    for app, version in PROGRAMS.items():
        container = mounted(rendered()["own"], app, tmp_path)
        helped = subprocess.run([binary(app, version), "--help"], capture_output=True, text=True, check=False)
        known = helped.stdout + helped.stderr
        for option in container.get("args", ()):
            if option != "--web.enable-otlp-receiver":  # Debian builds its Prometheus without it
                assert re.search(rf"{option.partition('=')[0]}\b", known), f"{app}: {option}"


@pytest.mark.parametrize(
    "app", ["pushgateway", "node-exporter", "blackbox-exporter", "postgres-exporter", "redis-exporter"]
)
def test_an_exporter_started_as_its_pod_starts_it_answers_its_probes(app, tmp_path):
    container = mounted(rendered()["own"], app, tmp_path)
    port = free_port()
    (tmp_path / "pushgateway").mkdir()
    queries = tmp_path / "etc" / "postgres_exporter" / "queries.yml"
    queries.parent.mkdir(parents=True)
    queries.write_text("{}")
    (tmp_path / "etc" / "secrets").mkdir()
    given = {"postgres_uri": "127.0.0.1:1/none", "postgres_user": "watcher", "postgres_password": "hush"}
    for key, value in given.items():
        (tmp_path / "etc" / "secrets" / key).write_text(value)
    own = {one["name"]: one["value"] for one in container.get("env", ()) if "value" in one}
    environment = {name: value.replace("/etc/secrets", f"{tmp_path}/etc/secrets") for name, value in own.items()}
    environment.pop("REDIS_PASSWORD_FILE", None)
    (tmp_path / "host").symlink_to("/")
    started = [str(one) for one in command(container, app, tmp_path, HOST_IP="127.0.0.1")]
    started = [one for one in started if not one.startswith("--web.listen-address")]
    base = f"http://127.0.0.1:{port}"
    ready = f"{base}{min(probes(container))}"
    with running([*started, f"--web.listen-address=127.0.0.1:{port}"], ready, tmp_path, environment):
        answers(base, container)
        if app == "postgres-exporter":  # which says in its log whom it asks, once it is asked itself
            with urllib.request.urlopen(f"{base}/metrics", timeout=30) as reply:
                assert "pg_up 0" in reply.read().decode()
            assert "postgresql://watcher:PASSWORD_REMOVED@127.0.0.1:1/none" in (tmp_path / "log").read_text()


# A pair


GONE = Alert("Gone", "up == 0", severity="critical", summary="A target is gone", for_="0s")
WANT = Metric.foreign("gauge", "want", exporter="none", help="So that the pack has a metric.", labels=[])


def hurried(**changes):
    """A stack whose one target does not answer, asked every second."""
    given = {
        "discovery": {}, "smtp": None, "scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s",
        "alertmanagers": THREE[:1],
    }  # fmt: skip
    return Stack(
        name="Shop.eu",
        services=[Service("shop", ["10.0.0.1.nip.invalid:8000"], [Pack("own", metrics=[WANT], alerts=[GONE])])],
        environments=[production(**(given | changes))],
    )


@contextlib.contextmanager
def replica(objects, number, root, version="3.5", **instead):
    """One Prometheus of the pair, started as its pod starts it, with other addresses for what is not here."""
    container = mounted(objects, "prometheus", root)
    path = root / "etc" / "prometheus" / "prometheus.yml"
    for old, new in instead.items():
        path.write_text(path.read_text().replace({"am": THREE[0], "vm": "victoria-metrics:8428"}[old], new))
    name, port = f"prometheus-{number}", free_port()
    started = command(container, "prometheus", root, POD_NAME=name)
    started[0] = binary("prometheus", version)
    base = f"http://127.0.0.1:{port}"
    with running([*started, f"--web.listen-address=127.0.0.1:{port}"], f"{base}/-/ready", root, {"POD_NAME": name}):
        yield base, container


@pytest.mark.parametrize("version", ["2.42", "3.5"])
def test_samples_that_leave_a_prometheus_say_which_of_the_pair_it_is(version, tmp_path):
    objects = kustomized(written(hurried(), tmp_path / "build") / "kubernetes" / "base")
    with replica(objects, 1, tmp_path, version) as (base, container):
        answers(base, container)

        def federated():
            with urllib.request.urlopen(f"{base}/federate?match[]=up", timeout=10) as reply:
                return reply.read().decode().partition("\nup{")[2]

        assert 'prometheus_replica="prometheus-1"' in until(federated)


@pytest.mark.proof
def test_a_pair_sends_each_alert_as_one_and_each_sample_once(tmp_path):
    build = written(hurried(), tmp_path / "build")
    (build / "own").mkdir()
    (build / "own" / "kustomization.yaml").write_text(
        "resources: [../kubernetes/overlays/production]\ncomponents: [../kubernetes/components/long-term]\n"
    )
    objects = kustomized(build / "own")
    option = next(one for one in pods(objects)["victoria-metrics"]["spec"]["containers"][0]["args"] if "dedup" in one)
    mounted(objects, "alertmanager", tmp_path)
    config = tmp_path / "etc" / "alertmanager" / "alertmanager.yml"
    with contextlib.ExitStack() as opened:
        am = opened.enter_context(alertmanager(tmp_path / "am", config))
        vm = opened.enter_context(victoria_metrics(tmp_path / "vm", "1.145", option))
        instead = {"am": am.removeprefix("http://"), "vm": vm.removeprefix("http://")}
        pair = [
            opened.enter_context(replica(objects, number, tmp_path / str(number), **instead))[0] for number in (0, 1)
        ]

        def metric(base, name):
            with urllib.request.urlopen(f"{base}/metrics", timeout=10) as reply:
                return sum(float(one.split()[-1]) for one in reply.read().decode().splitlines() if one.startswith(name))

        sent = "prometheus_notifications_sent_total"
        written_to = "prometheus_remote_storage_samples_total"
        assert until(lambda: all(metric(one, sent) and metric(one, written_to) > 60 for one in pair))
        alerts = asked(f"{am}/api/v2/alerts")
        assert [one["labels"]["alertname"] for one in alerts] == ["Gone"]
        assert "prometheus_replica" not in alerts[0]["labels"]
        assert alerts[0]["labels"]["environment"] == "production"
        # what both have written is there after they have sent it, one sample for each second of the time it spans
        questions = ("count", "tfirst", "tlast")

        def told():
            found = [
                asked(f"{vm}/api/v1/query?query={one}_over_time(up%5B1m%5D)")["data"]["result"] for one in questions
            ]
            return found if found[0] and float(found[0][0]["value"][1]) >= 8 else None

        found = until(told)
        assert [len(series) for series in found] == [1, 1, 1]
        assert "prometheus_replica" not in found[0][0]["metric"]
        count, first, last = (float(series[0]["value"][1]) for series in found)
        assert count <= last - first + 2


def test_three_alertmanagers_started_as_their_pods_start_them_find_each_other(tmp_path):
    objects = rendered()["base"]
    assert workloads(objects)["alertmanager"]["spec"]["replicas"] == 3
    cluster = [free_port() for _ in THREE]
    with contextlib.ExitStack() as opened:
        bases = []
        for number, port in enumerate(cluster):
            root = tmp_path / str(number)
            root.mkdir()
            container = mounted(objects, "alertmanager", root)
            program, *options = command(container, "alertmanager", root, POD_IP="127.0.0.1")
            options = [one.replace("0.0.0.0:9094", f"127.0.0.1:{port}") for one in options]
            options = [one.replace("127.0.0.1:9094", f"127.0.0.1:{port}") for one in options]
            for other, its in enumerate(cluster):
                options = [
                    one.replace(f"alertmanager-{other}.alertmanager:9094", f"127.0.0.1:{its}") for one in options
                ]
            web = free_port()
            bases.append(f"http://127.0.0.1:{web}")
            started = [*with_its_files(program), *options, f"--web.listen-address=127.0.0.1:{web}"]
            opened.enter_context(running(started, f"{bases[-1]}/-/ready", root))
            answers(bases[-1], container)
        for base in bases:
            state = partial(asked, f"{base}/api/v2/status")
            assert until(lambda state=state: len(state()["cluster"]["peers"]) == 3)
