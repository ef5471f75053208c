"""The Kubernetes manifests of a build: whole, pinned, without a secret, refused where they cannot be meant."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.build.clusters import EXPORTERS, NAMESPACE, THREE, production, small, stack
from tests.build.stacks import minimal

from vedette.build import build
from vedette.build.images import IMAGES
from vedette.build.kubernetes.configuration import LIMIT, maps
from vedette.build.plan import plan
from vedette.catalog import Email, Grafana, Kubernetes, Ldap, Service, Slack, Smtp, Stack, Swarm, Webhook, env
from vedette.cli.build import Choice
from vedette.errors import DeclarationError
from vedette.packs import http

ROOT = Path(__file__).parents[2]
SECRETS = {"SLACK_WEBHOOK": "hush-slack", "PD_KEY": "hush-pager", "SMTP_PASSWORD": "hush-mail", "TOKEN": "hush-token"}


@pytest.fixture(scope="module")
def built():
    return build(stack(), "production")


def objects(built, name):
    return list(yaml.safe_load_all(built[f"kubernetes/base/{name}.yaml"]))


def container(built, name):
    kinds = ("Deployment", "StatefulSet", "DaemonSet")
    found = next(one for one in objects(built, name) if one["kind"] in kinds)
    return found["spec"]["template"]["spec"]["containers"][0]


def test_there_are_no_manifests_unless_the_environment_asks_for_them():
    assert not [path for path in build(minimal()) if path.startswith("kubernetes/")]
    with_it, without = build(small(), "production"), build(small(platforms=()), "production")
    assert {path: text for path, text in with_it.items() if not path.startswith("kubernetes/")} == without


def test_another_process_builds_the_same_bytes(built):
    code = (
        "from tests.build.clusters import stack; from vedette.build import build; import hashlib\n"
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
    assert other.stdout.strip() == hashlib.sha256(repr(built).encode()).hexdigest()


def test_the_files_of_the_servers_are_in_the_base_as_they_were_built(built):
    for path, text in built.items():
        if path.startswith(("prometheus/rules/", "grafana/dashboards/", "alertmanager/", "blackbox/")):
            assert built[f"kubernetes/base/{path}"] == text, path


def test_the_scrape_configuration_differs_in_what_a_pair_needs_and_in_nothing_else(built):
    plain = yaml.safe_load(built["prometheus/prometheus.yml"])
    pair = yaml.safe_load(built["kubernetes/base/prometheus/prometheus.yml"])
    assert pair["global"]["external_labels"].pop("prometheus_replica") == "${POD_NAME}"
    assert pair["alerting"].pop("alert_relabel_configs") == [{"regex": "prometheus_replica", "action": "labeldrop"}]
    assert pair == plain


def test_every_program_that_a_target_or_a_discovery_names_is_there_and_no_other(built):
    always = {"prometheus", "alertmanager", "grafana", "loki", "jaeger", "alloy"}
    exporters = {
        "node-exporter", "kube-state-metrics", "blackbox-exporter", "postgres-exporter", "redis-exporter",
        "pushgateway",
    }  # fmt: skip
    assert programs(built) == always | exporters
    assert programs(build(small(), "production")) == always


def programs(built):
    named = yaml.safe_load(built["kubernetes/base/kustomization.yaml"])["resources"]
    return {name.removesuffix(".yaml") for name in named} - {"namespace", "access", "network"}


def test_every_image_is_one_of_the_pinned_ones(built):
    text = "".join(text for path, text in built.items() if path.startswith("kubernetes/") and path.endswith(".yaml"))
    used = set(re.findall(r"image: (\S+)", text))
    pinned = {image.reference: name for name, image in IMAGES.items()}
    assert used <= set(pinned)
    assert {pinned[one] for one in used} == programs(built) | {"mailpit", "victoria-metrics"}


def test_no_built_file_holds_a_secret_or_a_default_password(monkeypatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    for path, text in build(stack(), "production").items():
        assert "hush" not in text, path
        assert "kind: Secret" not in text, path
    assert "PASSWORD" not in {one["name"].removeprefix("GF_SECURITY_ADMIN_") for one in grafana_settings()}


def grafana_settings():
    return container(build(small(), "production"), "grafana")["env"]


def test_grafana_is_as_closed_as_it_is_in_compose():
    settings = {one["name"]: one["value"] for one in grafana_settings()}
    assert settings["GF_USERS_ALLOW_SIGN_UP"] == "false"
    assert settings["GF_AUTH_ANONYMOUS_ENABLED"] == "false"
    assert settings["GF_ANALYTICS_REPORTING_ENABLED"] == "false"
    assert settings["GF_SECURITY_ADMIN_PASSWORD__FILE"] == "/etc/grafana/secrets/grafana_admin_password"


def test_the_programs_find_their_secrets_where_their_configuration_looks_for_them(built):
    for name, secret in (("prometheus", "TOKEN"), ("alertmanager", "SLACK_WEBHOOK")):
        mounts = {one["name"]: one["mountPath"] for one in container(built, name)["volumeMounts"]}
        assert f"{mounts[f'{name}-secrets']}/{secret}" in built[f"kubernetes/base/{name}/{name}.yml"]
    exporter = container(built, "postgres-exporter")
    folder = next(one["mountPath"] for one in exporter["volumeMounts"] if one["name"] == "postgres-exporter-secrets")
    assert {one["value"] for one in exporter["env"]} == {
        f"{folder}/{key}" for key in ("postgres_uri", "postgres_user", "postgres_password")
    }


def test_as_many_alertmanagers_are_started_as_are_told_of_every_alert(built):
    three = next(one for one in objects(built, "alertmanager") if one["kind"] == "StatefulSet")
    assert three["spec"]["replicas"] == 3
    peers = [one for one in container(built, "alertmanager")["args"] if one.startswith("--cluster.peer=")]
    assert peers == [f"--cluster.peer=alertmanager-{number}.alertmanager:9094" for number in range(3)]
    alone = container(build(small(alertmanagers=THREE[:1]), "production"), "alertmanager")["args"]
    assert [one for one in alone if "cluster" in one] == ["--cluster.listen-address="]


def test_prometheus_may_look_only_where_a_discovery_says_its_targets_are(built):
    access = objects(built, "access")
    roles = {(one["kind"], one["metadata"].get("namespace", "")): one["rules"] for one in access if "rules" in one
             and one["metadata"]["labels"]["app.kubernetes.io/name"] == "prometheus"}  # fmt: skip
    pods = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]
    assert roles[("Role", "shop")] == pods
    assert {namespace for kind, namespace in roles if kind == "Role"} == {"shop", NAMESPACE, f"{NAMESPACE}-nodes"}
    assert [rule["resources"] for rule in roles[("ClusterRole", "")]] == [["nodes"], ["nodes/metrics"]]
    verbs = {verb for one in access for rule in one.get("rules", ()) for verb in rule["verbs"]}
    assert verbs == {"get", "list", "watch"}
    assert not any("secrets" in rule["resources"] for one in access for rule in one.get("rules", ()))
    names = [one["metadata"]["name"] for one in access]  # by which the script tells those of an earlier build
    assert all(names.count(name) == 2 for name in names)
    lonely = list(yaml.safe_load_all(build(small(), "production")["kubernetes/base/access.yaml"]))
    assert {one["metadata"]["name"] for one in lonely} == {"shop-monitoring-alloy"}


def test_only_who_asks_the_cluster_has_a_token_for_it(built):
    for name in programs(built):
        kinds = ("Deployment", "StatefulSet", "DaemonSet")
        spec = next(one for one in objects(built, name) if one["kind"] in kinds)["spec"]["template"]["spec"]
        assert spec["automountServiceAccountToken"] is (name in {"prometheus", "alloy", "kube-state-metrics"}), name
    lonely = next(one for one in objects(build(small(), "production"), "prometheus") if one["kind"] == "StatefulSet")
    assert lonely["spec"]["template"]["spec"]["automountServiceAccountToken"] is False


def test_every_configmap_is_small_enough_for_a_cluster(built):
    for one in yaml.safe_load(built["kubernetes/base/kustomization.yaml"])["configMapGenerator"]:
        assert sum(len(built[f"kubernetes/base/{path}"].encode()) for path in one["files"]) <= LIMIT < 1 << 20


def test_dashboards_are_divided_over_configmaps_and_one_that_fits_in_none_is_refused():
    declared = stack()
    resolved = plan(declared, declared.environment("production"))
    third = "x" * (LIMIT // 3)
    files = {f"grafana/dashboards/{name}.json": third for name in "abcd"} | {"grafana/dashboards/e.json": "é" * 10}
    found = {name: paths for name, paths in maps(resolved, files, []).items() if name.startswith("grafana-dash")}
    assert [len(paths) for paths in found.values()] == [3, 2]
    assert [path for paths in found.values() for path in paths] == list(files)
    with pytest.raises(DeclarationError, match=r"big.json of 1,000,002 bytes, and a ConfigMap holds at most 1,000,000"):
        maps(resolved, {"grafana/dashboards/big.json": "é" * (LIMIT // 2 + 1)}, [])


def test_alloy_collects_the_pods_of_its_own_node_with_the_labels_that_are_asked_for(built):
    text = built["kubernetes/base/alloy/config.alloy"]
    assert 'field = "spec.nodeName=" + sys.env("NODE_NAME")' in text
    labels = set(re.findall(r'target_label +=? ?"(\w+)"', text)) | set(re.findall(r"values = \{(\w+) = ", text))
    assert labels == {"namespace", "pod", "container", "app", "component", "service_name", "level"}
    assert container(built, "alloy")["env"][0]["name"] == "NODE_NAME"
    sent = set(re.findall(r'(?:endpoint|url) *= "(?:http://)?([\w.-]+):\d', text)) - {"0.0.0.0"}
    assert sent == {"prometheus-0.prometheus-replicas", "prometheus-1.prometheus-replicas", "loki", "jaeger"}
    at_the_desk = built["kubernetes/overlays/development/config.alloy"]
    assert "prometheus-0." in at_the_desk
    assert "prometheus-1." not in at_the_desk


def test_a_line_s_app_is_the_first_name_that_its_pod_has(built):
    pattern = re.search(r'regex +=? ?"(;\*.+)"', built["kubernetes/base/alloy/config.alloy"])[1]
    for joined, app in (("shop;old;main", "shop"), (";old;main", "old"), (";;main", "main")):
        assert re.fullmatch(pattern, joined)[1] == app
    level = re.search(r"expression = `(.+)`", built["kubernetes/base/alloy/config.alloy"])[1]
    for line, found in (('ts=1 level=warn msg="x"', "warn"), ('level="error"', "error"), ("Level=Info", "Info")):
        assert re.search(level, line)["level"] == found


def test_a_desk_has_no_overlay_for_production_and_the_script_says_why():
    mailpit = Smtp("mailpit", 1025, tls=False)
    for environment, why in (
        ({"grafana_url": "http://127.0.0.1:3000"}, "has no grafana_url"),
        ({"smtp": mailpit}, "sends its mail to the mail catcher"),
    ):
        built = build(small(**environment), "production")
        assert not [path for path in built if path.startswith("kubernetes/overlays/production")]
        assert why in built["kubernetes/vedette.sh"]
        assert "grafana-tls" not in built["kubernetes/secrets.example"]
        assert "kubernetes/overlays/development/kustomization.yaml" in built


def test_a_path_in_grafana_s_address_is_served_as_one():
    built = build(small(grafana_url="https://example.com/grafana"), "production")
    ingress = next(yaml.safe_load_all(built["kubernetes/overlays/production/ingress.yaml"]))
    assert ingress["spec"]["rules"][0]["host"] == "example.com"
    assert ingress["spec"]["rules"][0]["http"]["paths"][0]["path"] == "/grafana"
    assert "GF_SERVER_SERVE_FROM_SUB_PATH" in built["kubernetes/overlays/production/kustomization.yaml"]


def alone(*targets, **more):
    return Stack(
        name="shop",
        services=[Service("shop", list(targets), [http])],
        environments=[production(discovery={}, smtp=None, secrets=".vedette/secrets")],
        **more,
    )


REFUSED = {
    "a target on localhost": (alone("localhost:8000"), r"has 'localhost'.*in a pod is the pod itself.*Kubernetes\(app"),
    "docker's name for the host": (alone("host.docker.internal:8000"), "has 'host.docker.internal'"),
    "a name without its namespace": (alone("api:8000"), r"'api'.*no Service of the namespace.*'api.NAMESPACE:…'"),
    "one address for the exporters of all nodes": (alone("node-exporter:9100"), r"one on each node.*monitoring-nodes"),
    "cAdvisor": (alone("cadvisor:8080"), r"each kubelet tells.*KubernetesNodes\(\)"),
    "a blackbox exporter without probes": (alone("blackbox-exporter:9115"), "and no probes"),
    "any one of several Alertmanagers": (
        small(alertmanagers=["alertmanager:9093"]),
        r"any one of them.*'alertmanager-0.alertmanager:9093'",
    ),
    "no Alertmanager of ours": (small(alertmanagers=["am.elsewhere.example:9093"]), "from the first on"),
    "the second without the first": (small(alertmanagers=THREE[1:]), "from the first on"),
    "an Alertmanager on localhost": (small(alertmanagers=[*THREE, "127.0.0.1:9093"]), "'127.0.0.1' in alertmanagers"),
    "tasks of a Swarm": (
        small(discovery={"shop": Swarm(service="shop_api", port=8000)}),
        "found in a Docker Swarm, which is not in the cluster",
    ),
    "the mail server": (
        alone("a.b.svc:1", notify=[Email("oncall@example.com")]),
        "sends mail through localhost.*'mailpit', 1025",
    ),
    "a webhook": (alone("a.b.svc:1", notify=[Webhook("http://127.0.0.1:9000/alerts")]), "Webhook has '127.0.0.1'"),
    "a relative folder of secrets": (
        alone("a.b.svc:1", notify=[Slack(env("SLACK_WEBHOOK"), channel="#shop")]),
        "write secrets='/etc/vedette/secrets'",
    ),
    "secrets where the cluster puts a token": (stack(production(secrets="/run/secrets")), "/etc/vedette/secrets"),
    "a directory on localhost": (
        small(
            grafana=Grafana(
                login=Ldap(
                    "localhost", bind_dn="cn=a", bind_password=env("LDAP"), base="dc=a", everybody="Viewer", roles={}
                )
            )
        ),
        "Grafana has 'localhost'",
    ),
    "the label of the pair": (small(external_labels={"prometheus_replica": "a"}), "the pair of Prometheus"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_means_something_else_in_a_cluster_is_refused_with_its_place(what):
    declared, message = REFUSED[what]
    with pytest.raises(DeclarationError, match=message) as refused:
        build(declared, "production")
    assert re.search(r"(test_kubernetes|clusters)\.py:\d+", str(refused.value))


def test_exporters_of_somebody_else_are_found_and_not_started():
    theirs = {name: Kubernetes(app=one.app, namespace="kube-system", adds=[]) for name, one in EXPORTERS.items()}
    declared = stack(production(discovery={**production().discovery, **theirs}))
    assert not programs(build(declared, "production")) & {"node-exporter", "kube-state-metrics"}


def test_vedette_up_on_such_an_environment_is_without_the_manifests(tmp_path):
    declared = small()
    here = Choice(declared, declared.environment("production")).here("http://127.0.0.1:7373", tmp_path)
    assert not [path for path in here.files() if path.startswith("kubernetes/")]
