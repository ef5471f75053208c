"""The objects of the Prometheus Operator: valid, complete, the same rules, scrapes and routes, without a secret."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from tests.build import operators
from tests.build.operators import DATA, PLURALS, objects_of, of_kind, schema, small, stack, the
from tests.build.stacks import minimal
from tests.real import binary

from vedette.build import build, write
from vedette.build.images import IMAGES
from vedette.build.operator import project
from vedette.build.operator import rules as of_rules
from vedette.build.operator.objects import Names, name_of
from vedette.build.plan import plan
from vedette.catalog import (
    Email,
    PagerDuty,
    Swarm,
    Webhook,
    env,
)
from vedette.errors import DeclarationError
from vedette.formats import alertmanager, rules

ROOT = Path(__file__).parents[2]
SECRETS = {"SLACK_WEBHOOK": "hush-slack", "PD_KEY": "hush-pager", "SMTP_PASSWORD": "hush-mail", "TOKEN": "hush-token"}
CLAIM = {"apiVersion": "monitoring.coreos.com/v1", "kind": "EmbeddedPersistentVolumeClaim"}
needs_schemas = pytest.mark.skipif(not DATA, reason="VEDETTE_DATA is not set: it holds the operator's schemas")


@pytest.fixture(scope="module")
def built():
    return build(stack(), "production")


@pytest.fixture(scope="module")
def objects(built):
    return objects_of(built)


def test_there_are_no_objects_unless_the_environment_asks_for_them():
    assert not [path for path in build(minimal()) if path.startswith("operator/")]
    with_it, without = build(small(), "production"), build(small(platforms=()), "production")
    assert {path: text for path, text in with_it.items() if not path.startswith("operator/")} == without


def test_two_processes_build_the_same_bytes(built):
    code = (
        "from tests.build.operators import stack; from vedette.build import build; import hashlib\n"
        "print(hashlib.sha256(repr(build(stack(), 'production')).encode()).hexdigest())"
    )
    seeded = {**os.environ, "PYTHONHASHSEED": "4242"}
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, env=seeded, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert found.strip() == hashlib.sha256(repr(built).encode()).hexdigest()


@needs_schemas
def test_every_object_is_valid_by_its_published_schema_and_has_no_field_beyond_it(objects):
    checked = set()
    for path, one in objects.items():
        if one["kind"] in PLURALS:
            assert [f"{path}: {error.message}" for error in schema(one["kind"]).iter_errors(one)] == []
            checked.add(one["kind"])
    assert checked == set(PLURALS)


def test_what_kubernetes_itself_knows_is_valid_by_its_newest_schemas(objects):
    newest = kubernetes_validate.latest_version()
    own = {json.dumps(one) for one in objects.values() if not one["apiVersion"].startswith("monitoring.")}
    assert {json.loads(one)["kind"] for one in own} >= {"ConfigMap", "ClusterRole", "Role", "Secret", "Service"}
    assert all(kubernetes_validate.validate(json.loads(one), newest, strict=True) for one in own)
    broken = json.dumps(of_kind(objects, "Service")[0]).replace("sessionAffinity", "sessionAffinities")
    with pytest.raises(kubernetes_validate.ValidationError, match="sessionAffinities"):
        kubernetes_validate.validate(json.loads(broken), newest, strict=True)


@needs_schemas
def test_the_schemas_would_find_a_field_that_is_misspelt(objects):
    rule = of_kind(objects, "PrometheusRule")[0]
    broken = {**rule, "spec": {"groups": [{"name": "x", "rules": [{"record": "y", "exprr": "1"}]}]}}
    assert any("exprr" in error.message for error in schema("PrometheusRule").iter_errors(broken))
    scrape = of_kind(objects, "ScrapeConfig")[0]
    broken = {**scrape, "spec": {**scrape["spec"], "scrapeInterval": "a minute"}}
    assert any("a minute" in error.message for error in schema("ScrapeConfig").iter_errors(broken))


def test_every_object_has_the_type_that_is_made_of_its_definition_and_a_mistake_is_found(objects, tmp_path):
    if shutil.which("npm") is None:
        pytest.skip("no npm here, which fetches the types of the objects")
    least = objects_of(build(small(alertmanagers=["central.ops:9093"]), "production"))
    server = the(objects, "Prometheus")
    wrong = {
        "Prometheus-unknown": {**server, "spec": {**server["spec"], "retentoin": "30d"}},
        "Prometheus-choice": {**server, "spec": {**server["spec"], "logLevel": "loud"}},
        "Alertmanager-kind": {**the(objects, "Alertmanager"), "spec": {"replicas": "three"}},
    }
    every = [*objects.values(), *least.values()]
    for name, one in {**{f"{one['kind']}-{number}": one for number, one in enumerate(every)}, **wrong}.items():
        own = copy.deepcopy(one)
        if "storage" in own.get("spec", {}):  # the types demand of a claim within a kind that no server knows
            own["spec"]["storage"]["volumeClaimTemplate"] |= CLAIM
        (tmp_path / f"{name}.json").write_text(json.dumps(own, indent=1))
    script = ROOT / "scripts" / "operator_types.sh"
    result = subprocess.run(["sh", script, tmp_path], capture_output=True, text=True, check=False)
    found = re.findall(r"^(\S+)\.ts\(\d+,\d+\): error TS", result.stdout, re.MULTILINE)
    assert sorted(found) == sorted(wrong), result.stdout + result.stderr


def test_the_kustomization_lists_every_object_and_kubectl_reads_it_as_it_was_written(built, objects, tmp_path):
    listed = yaml.safe_load(built["operator/kustomization.yaml"])["resources"]
    assert listed == sorted(objects)
    if shutil.which("kubectl"):
        write(built, tmp_path)
        command = ["kubectl", "kustomize", str(tmp_path / "operator")]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        read = {_key(one): one for one in yaml.load_all(text, yaml.CSafeLoader)}
        assert read == {_key(one): one for one in objects.values()}


def _key(one):
    return one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]


def test_every_object_is_named_as_kubernetes_takes_it_and_carries_the_label_of_the_stack(objects):
    for one in objects.values():
        assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", one["metadata"]["name"])
        assert one["metadata"]["labels"]["app.kubernetes.io/part-of"] == "shop"
        of_the_cluster = one["kind"].startswith("Cluster")
        assert ("namespace" in one["metadata"]) is not of_the_cluster
    assert len({_key(one) for one in objects.values()}) == len(objects)


def test_names_that_kubernetes_would_not_take_stay_different():
    given = ["shop", "Shop", "sho.p", "sho_p", "sho-p", "s" * 80, "s" * 81, "_", "-"]
    found = [name_of(one) for one in given]
    assert found[0] == "shop"
    assert len(set(found)) == len(given)
    assert all(re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", one) for one in found)
    assert len(Names("s" * 200).server) == 40


def test_the_rules_are_those_of_the_built_rule_files(built, objects):
    files = {Path(path).stem: text for path, text in built.items() if path.startswith("prometheus/rules/")}
    assert len(files) == len(of_kind(objects, "PrometheusRule"))
    for pack, text in files.items():
        spec = objects[f"rules/shop-{pack.replace('_', '-')}.yaml"]["spec"]
        assert rules.read(yaml.safe_dump(spec), pack) == rules.read(text, pack)


@pytest.mark.real
def test_promtool_takes_the_groups_of_every_rule_object(objects, tmp_path):
    for number, one in enumerate(of_kind(objects, "PrometheusRule")):
        (tmp_path / f"{number}.yml").write_text(yaml.safe_dump(one["spec"]))
    command = [binary("promtool", "3.5"), "check", "rules", *sorted(tmp_path.glob("*.yml"))]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_a_rule_file_larger_than_the_operator_takes_is_several_objects_with_its_groups_in_order():
    group = _group("a", 200_000)
    file = rules.RuleFile(groups=(group, _group("b", 200_000), _group("c", 300_000), _group("d", 10)))
    resolved = plan(small(), small().environment("production"))
    found = list(of_rules.rules(resolved, {"big": file, "small": rules.RuleFile(groups=(group,))}, Names("shop")))
    assert [one["metadata"]["name"] for one in found] == ["shop-big-1", "shop-big-2", "shop-small"]
    assert [[one["name"] for one in each["spec"]["groups"]] for each in found] == [["a", "b"], ["c", "d"], ["a"]]
    assert all(len(yaml.safe_dump(one["spec"])) < 524_288 for one in found)
    with pytest.raises(DeclarationError, match=r"pack 'big' has the group 'e' of 600,\d{3} bytes of rules"):
        list(of_rules.rules(resolved, {"big": rules.RuleFile(groups=(_group("e", 600_000),))}, Names("shop")))


def _group(name, size):
    rule = rules.RecordingRule(record="a:b:c", expr="1 + 1", labels={"x": "y" * size})
    return rules.RuleGroup(name=name, rules=(rule,))


def test_what_may_be_read_of_the_cluster_is_no_more_than_what_is_found_there(objects):
    roles = {one["metadata"]["namespace"]: one["rules"] for one in of_kind(objects, "Role")}
    assert set(roles) == {"monitoring", "shop"}
    assert roles["shop"] == [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]
    nodes = [rule["resources"] for rule in the(objects, "ClusterRole")["rules"]]
    assert nodes == [["nodes"], ["nodes/metrics"]]
    for bound in (*of_kind(objects, "RoleBinding"), the(objects, "ClusterRoleBinding")):
        assert bound["subjects"] == [{"kind": "ServiceAccount", "name": "prometheus-shop", "namespace": "monitoring"}]
    least = objects_of(build(small(alertmanagers=["central.ops:9093"]), "production"))
    assert not [one for one in least.values() if "Role" in one["kind"]]


def test_alertmanager_is_given_the_built_file_itself_so_every_alert_takes_the_same_route(built, objects):
    spec = the(objects, "Alertmanager")["spec"]
    assert not {"alertmanagerConfigSelector", "alertmanagerConfiguration"} & set(spec)  # the Secret is handed on as is
    held = next(one for one in of_kind(objects, "Secret") if one["metadata"]["name"] == spec["configSecret"])
    text = held["stringData"]["alertmanager.yaml"]
    assert text == built["alertmanager/alertmanager.yml"]
    read = [alertmanager.read(one, "alertmanager.yml") for one in (text, built["alertmanager/alertmanager.yml"])]
    told = set()
    for severity, team, namespace in product(["critical", "high", "medium", "low", "page"], ["stock", "x"], ["", "y"]):
        labels = {"alertname": "A", "severity": severity, "team": team, "namespace": namespace}
        taken = [[(one.receiver, one.id) for one in alertmanager.match(config, labels)] for config in read]
        assert taken[0] == taken[1]
        told |= {receiver for receiver, _ in taken[0]}
    assert {"critical", "high", "medium", "low", "stock-critical"} <= told


def test_alerts_go_to_the_alertmanagers_of_the_objects_or_to_those_that_the_environment_names(objects):
    spec = the(objects, "Prometheus")["spec"]
    (one,) = spec["alerting"]["alertmanagers"]
    service = next(found for found in of_kind(objects, "Service") if found["metadata"]["name"] == one["name"])
    assert service["spec"]["ports"][0]["name"] == one["port"]
    files = build(small(alertmanagers=["central.ops:9093"]), "production")
    other = objects_of(files)
    assert not of_kind(other, "Alertmanager")
    spec, held = the(other, "Prometheus")["spec"], the(other, "Secret")
    assert "alerting" not in spec
    assert spec["additionalAlertManagerConfigs"]["name"] == held["metadata"]["name"]
    listed = yaml.safe_load(held["stringData"][spec["additionalAlertManagerConfigs"]["key"]])
    assert listed == yaml.safe_load(files["prometheus/prometheus.yml"])["alerting"]["alertmanagers"]


def test_each_server_is_replicated_limited_and_closed_and_chooses_what_carries_the_label(objects):
    servers = {one["kind"]: one["spec"] for one in objects.values() if one["kind"] in ("Prometheus", "Alertmanager")}
    assert {kind: spec["replicas"] for kind, spec in servers.items()} == {"Prometheus": 2, "Alertmanager": 3}
    limits = {kind: spec["resources"]["limits"] for kind, spec in servers.items()}
    assert limits["Prometheus"] == {"cpu": "1", "memory": "1Gi"}
    assert limits["Alertmanager"] == {"cpu": "500m", "memory": "256Mi"}
    for kind, spec in servers.items():
        assert spec["image"] == f"docker.io/{IMAGES[kind.lower()].reference}"
        assert spec["image"].endswith(f":{spec['version']}")
        assert spec["securityContext"]["runAsNonRoot"] is True
    spec = servers["Prometheus"]
    assert (spec["retention"], spec["retentionSize"]) == ("30d", "8GB")
    assert spec["externalLabels"] == {"environment": "production", "region": "eu"}
    assert spec["prometheusExternalLabelName"] == ""
    for key in ("rule", "scrapeConfig", "probe", "podMonitor", "serviceMonitor"):
        assert spec[f"{key}Selector"] == {"matchLabels": {"app.kubernetes.io/part-of": "shop"}}
    assert len(of_kind(objects, "PodDisruptionBudget")) == 2


def test_secrets_are_references_to_one_secret_that_no_built_file_holds(objects, monkeypatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    for path, text in build(stack(), "production").items():
        assert "hush" not in text, path
    spec = the(objects, "Alertmanager")["spec"]
    (volume,), (mount,) = spec["volumes"], spec["volumeMounts"]
    assert volume["secret"]["secretName"] == "shop-secrets"
    assert {one["key"] for one in volume["secret"]["items"]} == {"SLACK_WEBHOOK", "PD_KEY", "SMTP_PASSWORD"}
    assert mount == {"name": volume["name"], "mountPath": "/run/secrets", "readOnly": True}
    shown = [one["spec"].get("authorization") for one in objects.values() if one["kind"] in ("ScrapeConfig", "Probe")]
    assert [one for one in shown if one] == [{"credentials": {"name": "shop-secrets", "key": "TOKEN"}}] * 2
    assert not [one for one in of_kind(objects, "Secret") if one["metadata"]["name"] == "shop-secrets"]


def test_dashboards_are_config_maps_that_the_sidecar_of_grafana_finds(built, objects):
    held = {}
    for one in of_kind(objects, "ConfigMap"):
        if one["metadata"]["labels"].get("grafana_dashboard") == "1":
            assert one["metadata"]["annotations"] == {"grafana_folder": "shop"}
            held |= {f"grafana/dashboards/{file}": text for file, text in one["data"].items()}
    assert held == {path: text for path, text in built.items() if path.startswith("grafana/dashboards/")}


def test_grafana_is_told_of_the_servers_by_their_services(objects):
    held = next(one for one in of_kind(objects, "ConfigMap") if "grafana_datasource" in one["metadata"]["labels"])
    sources = yaml.safe_load(held["data"]["shop.yaml"])["datasources"]
    services = {one["metadata"]["name"]: one["spec"]["ports"][0]["port"] for one in of_kind(objects, "Service")}
    assert {one["url"] for one in sources} == {f"http://{name}.monitoring:{port}" for name, port in services.items()}
    assert {one["type"] for one in sources} == {"prometheus", "alertmanager"}
    assert not any(one.get("isDefault") for one in sources)


def test_a_dashboard_larger_than_a_config_map_is_refused():
    resolved = plan(small(), small().environment("production"))
    files = {**build(small(), "production"), "grafana/dashboards/shop-big.json": "x" * 1_100_000}
    with pytest.raises(DeclarationError, match=r"dashboard shop-big.json has 1,100,000 bytes, and a ConfigMap holds"):
        project.files(resolved, files)


def test_the_modules_of_blackbox_exporter_are_there_for_whoever_runs_it(built, objects):
    held = next(one for one in of_kind(objects, "ConfigMap") if "blackbox.yml" in one["data"])
    assert held["data"]["blackbox.yml"] == built["blackbox/blackbox.yml"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"targets": {"shop": ["localhost:8000"]}},
            r"service 'shop' has 'localhost:8000' in environment .*, which in a pod is .*'service.namespace:8000'",
        ),
        ({"alertmanagers": ["127.0.0.1:9093"]}, "has '127.0.0.1:9093' in alertmanagers"),
        ({"notify": [Email("a@example.com")]}, "sends mail through localhost, which in a pod"),
        ({"notify": [Webhook("http://localhost:9/x")]}, "Webhook has 'localhost:9' in environment"),
        (
            {"notify": [PagerDuty(env("PD_KEY"))], "secrets": ".vedette/secrets"},
            r"has secrets='.vedette/secrets', where a pod cannot be given files; write secrets='/run/secrets'",
        ),
        ({"notify": [PagerDuty(env("PD_KEY"))], "secrets": "/etc/alertmanager/secrets"}, "cannot be given files"),
        (
            {"discovery": {"shop": Swarm(service="shop", port=80)}},
            r"service 'shop' asks the socket 'unix:///var/run/docker.sock' in environment .*, which no pod has",
        ),
    ],
)
def test_says_what_cannot_be_meant_in_a_pod_and_where(given, message):
    with pytest.raises(DeclarationError, match=message) as refused:
        build(small(**given), "production")
    assert str(refused.value).startswith((f"{__file__}:", f"{operators.__file__}:"))
