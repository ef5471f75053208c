"""The stack for a Docker Swarm of a build: valid, whole, pinned, closed to the outside, without a secret."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path, PurePosixPath

import jsonschema
import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema
from tests.build.test_compose import SECRETS

from vedette.build import build
from vedette.build.compose.services import ALWAYS, NAMED
from vedette.catalog import (
    Email,
    Environment,
    PagerDuty,
    Panel,
    Probe,
    Service,
    Slack,
    Smtp,
    Stack,
    Swarm,
    Webhook,
    env,
)
from vedette.errors import DeclarationError
from vedette.packs import blackbox, containers, host, http, postgresql, redis

ROOT = Path(__file__).parents[2]
PROXY = "tcp://socket-proxy:2375"
EXPORTERS = {
    "machines": Swarm(service="shop-eu_node-exporter", port=9100, host=PROXY),
    "containers": Swarm(service="shop-eu_cadvisor", port=8080, host=PROXY),
}


def production(**changes):
    given = {
        "alertmanagers": ["tasks.alertmanager:9093"],
        "secrets": "/run/secrets",
        "smtp": Smtp("mail.example.com", username="watch", password=env("SMTP_PASSWORD")),
        "platforms": ["swarm"],
        "discovery": {
            "shop": Swarm(service="shop_api", port=8000, network="shop-eu_applications", host=PROXY),
            **EXPORTERS,
        },
    }
    return Environment("production", **(given | changes))


def stack(environment=None):
    """Every service that a stack of a Swarm can have."""
    return Stack(
        name="Shop.eu",
        services=[
            Service("shop", ["localhost:8000"], [http], token=env("TOKEN")),
            Service("machines", ["localhost:9100"], [host]),
            Service("containers", ["localhost:8080"], [containers]),
            Service("db", ["postgres-exporter:9187"], [postgresql]),
            Service("sessions", ["redis-exporter:9121"], [redis]),
            Service("batch", ["pushgateway:9091"]),
            Service(
                "endpoints",
                ["blackbox-exporter:9115"],
                [blackbox],
                probes=[Probe("https://shop.example/health"), Probe("gateway", "icmp")],
            ),
        ],
        notify=[Slack(env("SLACK_WEBHOOK"), channel="#shop"), PagerDuty(env("PD_KEY")), Email("oncall@example.com")],
        environments=[environment or production()],
    )


def small(target="api:8000", **changes):
    """One service that a task can reach, and nobody told."""
    environment = production(**({"smtp": None, "discovery": {}} | changes))
    return Stack(services=[Service("shop", [target], [http])], environments=[environment])


@pytest.fixture(scope="module")
def built():
    return build(stack(), "production")


@pytest.fixture(scope="module")
def whole(built):
    """Both files together, as they are deployed."""
    files = [yaml.safe_load(built[f"swarm/{name}"]) for name in ("stack.yml", "second.yml")]
    return {key: {**files[0].get(key, {}), **files[1].get(key, {})} for key in files[0] if key != "version"}


def test_there_is_no_stack_unless_the_environment_asks_for_one():
    with_it, without = build(small(), "production"), build(small(platforms=()), "production")
    assert "swarm/stack.yml" in with_it
    assert {path: text for path, text in with_it.items() if not path.startswith("swarm/")} == without


def test_another_process_builds_the_same_bytes():
    code = (
        "from tests.build.test_swarm import stack; from vedette.build import build; import hashlib\n"
        "print(hashlib.sha256(repr(build(stack(), 'production')).encode()).hexdigest())"
    )
    other = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "4242"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == hashlib.sha256(repr(build(stack(), "production")).encode()).hexdigest()


@pytest.mark.parametrize("name", ["stack.yml", "second.yml"])
def test_each_file_is_valid_by_the_published_schema(built, name):
    jsonschema.validate(yaml.safe_load(built[f"swarm/{name}"]), get_builtin_schema("vendor.compose-spec"))


def test_every_service_is_there_that_a_target_names_or_that_is_looked_for_and_no_other(whole):
    assert set(whole["services"]) == {*ALWAYS, *NAMED, "prometheus-2", "socket-proxy"}
    few = yaml.safe_load(build(small(), "production")["swarm/stack.yml"])["services"]
    assert set(few) == set(ALWAYS)


def test_a_service_is_the_one_of_the_compose_project():
    services = [Service("batch", ["pushgateway:9091"]), Service("sessions", ["redis-exporter:9121"], [redis])]
    both = production(
        smtp=None, discovery={}, platforms=["compose", "swarm"],
        alertmanagers=["alertmanager:9093", "tasks.alertmanager:9093"],
    )  # fmt: skip
    files = build(Stack(name="shop", services=services, environments=[both]), "production")
    compose = yaml.safe_load(files["compose/docker-compose.yml"])["services"]
    swarm = yaml.safe_load(files["swarm/stack.yml"])["services"]
    for name, own in compose.items():
        same = {"image", "read_only", "cap_drop", "logging", "tmpfs", "user", "stop_grace_period"}
        same |= set() if name == "alertmanager" else {"command"}
        assert {key: own[key] for key in same & set(own)} == {key: swarm[name].get(key) for key in same & set(own)}
        assert own["healthcheck"]["test"] == swarm[name]["healthcheck"]["test"]
        assert own["deploy"]["resources"] == swarm[name]["deploy"]["resources"]


def test_nothing_is_published(whole):
    for name, own in whole["services"].items():
        assert "ports" not in own, name
        assert not {"network_mode", "privileged", "cap_add", "pid"} & set(own), name


def test_docker_s_socket_is_seen_by_what_lists_tasks_and_by_cadvisor_alone(whole):
    sees = {
        name
        for name, own in whole["services"].items()
        for mount in own.get("volumes", ())
        if PurePosixPath("/var/run/docker.sock").is_relative_to(mount["source"]) and mount["source"] != "/"
    }
    assert sees == {"socket-proxy", "cadvisor"}
    proxy = whole["services"]["socket-proxy"]
    assert proxy["networks"] == ["inside"]
    assert proxy["environment"] == {"NETWORKS": "1", "NODES": "1", "SERVICES": "1", "TASKS": "1", "POST": "0"}


def test_what_tells_of_a_node_runs_on_every_node_and_what_has_data_stays_where_it_is(whole):
    deploys = {name: own["deploy"] for name, own in whole["services"].items()}
    assert {name for name, own in deploys.items() if own["mode"] == "global"} == {"alloy", "cadvisor", "node-exporter"}
    for name, own in whole["services"].items():
        kept = [mount for mount in own.get("volumes", ()) if mount["type"] == "volume"]
        placed = own["deploy"].get("placement", {})
        if kept and own["deploy"]["mode"] == "replicated" and name != "alertmanager":
            assert placed["constraints"] == [f"node.labels.vedette == {2 if name == 'prometheus-2' else 1}"], name
    node = whole["services"]["node-exporter"]
    assert "pid" not in node  # a Swarm has no word for it: the processes of the node are read below its root
    assert {"--path.rootfs=/host", "--path.procfs=/host/proc"} <= set(node["command"])
    assert [(mount["source"], mount["target"]) for mount in node["volumes"]] == [("/", "/host")]
    assert deploys["alertmanager"]["replicas"] == 3
    assert deploys["alertmanager"]["placement"] == {"max_replicas_per_node": 1}


def test_an_update_replaces_one_task_after_the_other_and_goes_back_if_it_fails(whole):
    for name, own in whole["services"].items():
        deploy = own["deploy"]
        assert (deploy["update_config"]["parallelism"], deploy["update_config"]["order"]) == (1, "stop-first"), name
        assert deploy["update_config"]["failure_action"] == "rollback", name
        assert deploy["restart_policy"]["condition"] == "any", name


def test_the_second_prometheus_is_as_the_first_with_a_volume_of_its_own(whole):
    first, second = whole["services"]["prometheus"], whole["services"]["prometheus-2"]
    assert second["configs"] == first["configs"]
    assert second["command"] == first["command"]
    assert second["secrets"] == first["secrets"]
    assert [mount["source"] for mount in second["volumes"]] == ["prometheus-2"]


def test_every_sample_by_otlp_reaches_both_and_grafana_knows_both(built, whole):
    alloy = built["swarm/alloy/config.alloy"]
    sent = re.findall(r'(?:endpoint|url) *= "(?:http://)?([\w-]+):', alloy)
    assert set(sent) - {"0"} == {"prometheus", "prometheus-2", "loki", "jaeger"} <= set(whole["services"])
    assert 'external_labels = {node = sys.env("NODE")}' in alloy
    assert whole["services"]["alloy"]["environment"] == {"NODE": "{{.Node.Hostname}}"}
    sources = yaml.safe_load(built["swarm/grafana/provisioning/datasources/vedette.yaml"])["datasources"]
    found = {one["url"] for one in sources if one["type"] == "prometheus"}
    assert found == {"http://prometheus:9090", "http://prometheus-2:9090"}
    assert len({one["uid"] for one in sources}) == len(sources)


def test_prometheus_sends_each_alert_to_every_task_of_alertmanager(built):
    found = yaml.safe_load(built["prometheus/prometheus.yml"])["alerting"]["alertmanagers"]
    assert found == [{"dns_sd_configs": [{"names": ["tasks.alertmanager"], "type": "A", "port": 9093}]}]


def test_every_configuration_is_a_config_whose_name_says_what_is_in_it(built, whole):
    for key, own in whole["configs"].items():
        if key == "postgres-queries":
            continue
        path = os.path.normpath(PurePosixPath("swarm", own["file"]))
        assert hashlib.sha256(built[path].encode()).hexdigest()[:12] in own["name"], key
        assert re.fullmatch(r"[a-zA-Z0-9][\w.-]{0,62}[a-zA-Z0-9]", own["name"]), own["name"]
    names = [own["name"] for own in whole["configs"].values()]
    assert len(set(names)) == len(names)
    used = {one["source"] for own in whole["services"].values() for one in own.get("configs", ())}
    assert used == set(whole["configs"])
    mounted = {one["target"] for one in whole["services"]["prometheus"]["configs"]}
    assert {"/etc/prometheus/prometheus.yml", "/etc/prometheus/rules/http.yml"} <= mounted
    boards = {one["target"] for one in whole["services"]["grafana"]["configs"]}
    below = {PurePosixPath(path).name for path in built if path.startswith("grafana/dashboards/")}
    assert {f"/etc/grafana/dashboards/{name}" for name in below} < boards


def test_every_configuration_that_a_command_names_is_a_config_there(whole):
    for name, own in whole["services"].items():
        for part in own.get("command", ()):
            path = part.rpartition("=")[2]
            if path.startswith("/etc/"):
                assert path in {one["target"] for one in own["configs"]}, f"{name}: {path}"


def test_a_change_of_a_rule_gives_its_config_another_name_and_leaves_the_others():
    def names(ratio):
        changed = production(smtp=None, discovery={}, thresholds={"http.error_ratio_high": ratio})
        declared = Stack(services=[Service("shop", ["api:8000"], [http])], environments=[changed])
        found = yaml.safe_load(build(declared, "production")["swarm/stack.yml"])["configs"]
        return {key: own["name"] for key, own in found.items()}

    before, after = names(0.05), names(0.06)
    changed = {key for key in before if before[key] != after[key]}
    assert "prometheus-rules-http.yml" in changed
    assert "prometheus-prometheus.yml" not in changed
    assert "alertmanager-alertmanager.yml" not in changed


def test_a_file_that_no_config_can_hold_is_refused():
    # a few panels with enough text
    pack = http().with_severities({})
    fat = [*pack.panels, Panel("Fat", "up", description="x" * (1000 * 1024))]
    from dataclasses import replace

    declared = Stack(
        services=[Service("shop", ["api:8000"], [replace(pack, panels=fat)])],
        environments=[production(smtp=None, discovery={})],
    )
    with pytest.raises(DeclarationError, match=r"grafana/dashboards/.* a config of a Swarm at most 1,024,000"):
        build(declared, "production")


def test_secrets_are_external_each_service_sees_its_own_and_none_is_in_a_file(built, whole, monkeypatch):
    shown = {
        name: {one["source"]: one["target"] for one in own["secrets"]}
        for name, own in whole["services"].items()
        if "secrets" in own
    }
    assert set(shown) == {
        "prometheus", "prometheus-2", "alertmanager", "grafana", "postgres-exporter", "redis-exporter",
    }  # fmt: skip
    assert set(shown["alertmanager"]) == {"SLACK_WEBHOOK", "PD_KEY", "SMTP_PASSWORD"}
    for path in shown["alertmanager"].values():
        assert path in built["alertmanager/alertmanager.yml"]
    assert set(whole["secrets"]) == {secret for own in shown.values() for secret in own}
    for key, own in whole["secrets"].items():
        assert own == {"external": True, "name": f"shop-eu-{key}${{SECRETS_VERSION:-}}"}
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    for path, text in build(stack(), "production").items():
        assert "hush" not in text, path


def test_every_variable_without_a_default_is_demanded_and_stands_in_the_template(built):
    text = built["swarm/stack.yml"] + built["swarm/second.yml"]
    used = re.findall(r"(?<!\$)\$\{(\w+)(:[?-])?", text)
    assert all(how for _, how in used)
    template = {line.partition("=")[0] for line in built["swarm/.env.example"].splitlines() if line[:1].isupper()}
    assert template == {*(name for name, _ in used), "VEDETTE_SECRETS"}


def test_networks_are_encrypted_and_only_those_for_other_stacks_can_be_joined(whole):
    networks = whole["networks"]
    assert {name for name, own in networks.items() if own.get("attachable")} == {"applications", "front"}
    assert all(own["driver_opts"] == {"encrypted": "true"} for own in networks.values())
    on = {
        network: {name for name, own in whole["services"].items() if network in own["networks"]} for network in networks
    }
    assert on["front"] == {"grafana"}
    assert on["applications"] == {"alloy", "prometheus", "prometheus-2", "pushgateway"}
    assert on["inside"] == set(whole["services"])
    assert networks["front"]["name"] == "shop-eu_front"


REFUSED = {
    "a target": (small("localhost:8000"), "'localhost:8000'.*write the name of a service of the Swarm"),
    "the machine itself": (small("host.docker.internal:8000"), "another machine on every node"),
    "one Alertmanager by turns": (small(alertmanagers=["alertmanager:9093"]), "tasks.alertmanager:9093"),
    "one exporter by turns": (
        Stack(
            services=[Service("machines", ["node-exporter:9100"], [host])],
            environments=[production(smtp=None, discovery={})],
        ),
        r"one task of many, by turns.*Swarm\(service='\w+_node-exporter', port=9100",
    ),
    "docker's socket in Prometheus": (
        small(discovery={"shop": Swarm(service="shop_api", port=8000)}),
        "as much as root on a manager.*socket-proxy:2375",
    ),
    "a mail catcher": (
        stack(production(smtp=Smtp("mailpit", 1025, tls=False))),
        "'mailpit', which no Swarm has",
    ),
    "a webhook": (
        Stack(
            services=[Service("shop", ["api:8000"], [http])],
            notify=[Webhook("http://127.0.0.1:9000/alerts")],
            environments=[production(smtp=None, discovery={})],
        ),
        "Webhook has '127.0.0.1:9000'",
    ),
    "a relative folder of secrets": (stack(production(secrets=".vedette/secrets")), "write secrets='/run/secrets'"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_means_something_else_on_a_swarm_is_refused_with_its_place(what):
    declared, message = REFUSED[what]
    with pytest.raises(DeclarationError, match=message) as refused:
        build(declared, "production")
    assert "test_swarm.py:" in str(refused.value)
