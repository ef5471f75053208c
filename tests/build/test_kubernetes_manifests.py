"""What kustomize makes of the manifests: valid by Kubernetes' own schemas, whole, hardened."""

from __future__ import annotations

import functools
import json

import kubernetes_validate
import pytest
import yaml
from kubernetes_validate import utils
from tests.build.clusters import NAMESPACE, OVERLAYS, kustomized, pods, rendered, small, workloads, written

from vedette.catalog import Grafana, GrafanaDatabase, Ldap, Oidc, env

pytestmark = pytest.mark.real
VERSIONS = [f"1.{minor}" for minor in range(int(kubernetes_validate.latest_version().split(".")[1]), 0, -1)][:3]


@pytest.fixture(scope="module", autouse=True)
def _definitions_once():
    """Of itself the validator reads all definitions from the disk for each object."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utils, "schema_contents", functools.cache(utils.schema_contents))
        yield


@pytest.fixture(scope="module")
def overlays():
    return rendered()


def different(overlays):
    """Each object once, of all overlays."""
    return {json.dumps(one, sort_keys=True): one for found in overlays.values() for one in found}.values()


def valid(objects, version):
    for one in objects:
        assert kubernetes_validate.validate(one, version, strict=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_is_valid_by_the_three_newest_schemas(overlays, version):
    valid(different(overlays), version)


def test_the_schema_would_find_a_misspelt_key(overlays):
    broken = json.loads(json.dumps(workloads(overlays["base"])["loki"]).replace("livenessProbe", "livenesProbe"))
    with pytest.raises(kubernetes_validate.ValidationError, match="livenesProbe"):
        valid([broken], VERSIONS[0])


def mounted(pod):
    """The ConfigMaps of a pod: name → the keys that must be in it, or None for whatever is."""
    for volume in pod["spec"].get("volumes", ()):
        for source in [volume, *volume.get("projected", {}).get("sources", ())]:
            if "configMap" in source:
                found = source["configMap"]
                keys = [item["key"] for item in found["items"]] if "items" in found else None
                yield found["name"], keys


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_file_that_is_mounted_is_in_a_configmap_small_enough(overlays, name):
    maps = {one["metadata"]["name"]: one for one in overlays[name] if one["kind"] == "ConfigMap"}
    used = set()
    for app, pod in pods(overlays[name]).items():
        for config_map, keys in mounted(pod):
            if config_map == "postgres-exporter-queries":  # which is yours
                continue
            assert config_map in maps, app
            assert keys is None or set(keys) <= set(maps[config_map]["data"]), app
            used.add(config_map)
    assert used == set(maps)
    for one in maps.values():
        assert sum(len(text.encode()) for text in one["data"].values()) < 1 << 20
        assert one["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "vedette"


@pytest.mark.parametrize("name", OVERLAYS)
def test_what_is_configured_is_read_where_it_is_mounted(overlays, name):
    for app, pod in pods(overlays[name]).items():
        container = pod["spec"]["containers"][0]
        mounts = [one["mountPath"] for one in container.get("volumeMounts", ())]
        for text in container.get("args", ()):
            path = text.rpartition("=")[2]
            if path.startswith("/etc/"):
                assert any(path.startswith(f"{mount}/") for mount in mounts), f"{app}: {text}"
        volumes = {one["name"] for one in pod["spec"].get("volumes", ())}
        claims = {
            one["metadata"]["name"] for one in workloads(overlays[name])[app]["spec"].get("volumeClaimTemplates", ())
        }
        assert {one["name"] for one in container.get("volumeMounts", ())} <= volumes | claims, app


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_selector_finds_the_pods_that_are_meant(overlays, name):
    labels = {app: pod["metadata"]["labels"] for app, pod in pods(overlays[name]).items()}
    ports = {
        app: {one["name"] for one in pod["spec"]["containers"][0]["ports"]} for app, pod in pods(overlays[name]).items()
    }
    for one in overlays[name]:
        selector = {
            "Service": lambda spec: spec["selector"],
            "PodDisruptionBudget": lambda spec: spec["selector"]["matchLabels"],
            "Deployment": lambda spec: spec["selector"]["matchLabels"],
            "StatefulSet": lambda spec: spec["selector"]["matchLabels"],
            "DaemonSet": lambda spec: spec["selector"]["matchLabels"],
        }.get(one["kind"])
        if selector:
            found = [app for app, own in labels.items() if selector(one["spec"]).items() <= own.items()]
            assert found == [one["metadata"]["labels"]["app.kubernetes.io/name"]], one["metadata"]["name"]
            if one["kind"] == "Service":
                assert {port["targetPort"] for port in one["spec"]["ports"]} <= ports[found[0]]
    services = {one["metadata"]["name"] for one in overlays[name] if one["kind"] == "Service"}
    for app, one in workloads(overlays[name]).items():
        assert one["kind"] != "StatefulSet" or one["spec"]["serviceName"] in services, app


@pytest.mark.parametrize("name", OVERLAYS)
def test_all_pods_keep_to_the_restricted_profile_but_those_that_look_at_the_node(overlays, name):
    profiles = {
        one["metadata"]["name"]: one["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        for one in overlays[name]
        if one["kind"] == "Namespace"
    }
    assert profiles == {NAMESPACE: "restricted", f"{NAMESPACE}-nodes": "privileged"}
    for app, one in workloads(overlays[name]).items():
        spec = one["spec"]["template"]["spec"]
        container = spec["containers"][0]
        # https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted, and a root that is only read
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, app
        assert spec["securityContext"]["runAsNonRoot"] is True, app
        assert spec["securityContext"]["runAsUser"] > 0, app
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, app
        for sysctl in spec["securityContext"].get("sysctls", ()):
            assert sysctl["name"] == "net.ipv4.ping_group_range", app
        kinds = {key for volume in spec.get("volumes", ()) for key in volume} - {"name"}
        if one["metadata"]["namespace"] == NAMESPACE:
            assert kinds <= {"configMap", "emptyDir", "persistentVolumeClaim", "projected", "secret"}, app
            assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec), app
        else:
            assert app == "node-exporter"
            assert container["volumeMounts"][0]["readOnly"] is True


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_container_has_limits_and_is_asked_whether_it_has_started_is_ready_and_alive(overlays, name):
    for app, pod in pods(overlays[name]).items():
        container = pod["spec"]["containers"][0]
        named = {one["name"] for one in container["ports"]}
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            assert container[probe]["httpGet"]["port"] in named, f"{app}: {probe}"
        for kind in ("requests", "limits"):
            assert set(container["resources"][kind]) == {"cpu", "memory"}, app
        assert len(pod["spec"]["containers"]) == 1, app
        assert "initContainers" not in pod["spec"], app


def test_what_keeps_every_object_of_the_cluster_in_memory_has_as_much_as_its_makers_advise(overlays):
    (container,) = pods(overlays["base"])["kube-state-metrics"]["spec"]["containers"]
    assert int(container["resources"]["limits"]["memory"].removesuffix("Mi")) >= 250


@pytest.mark.parametrize("name", OVERLAYS)
def test_a_budget_lets_nodes_be_emptied_and_keeps_one_of_several(overlays, name):
    budgets = {one["metadata"]["name"]: one["spec"] for one in overlays[name] if one["kind"] == "PodDisruptionBudget"}
    several = {app for app, one in workloads(overlays[name]).items() if one["spec"].get("replicas", 1) > 1}
    assert several <= set(budgets)
    assert all(one["maxUnavailable"] == 1 for one in budgets.values())


def test_the_overlays_change_how_many_how_big_and_how_far_apart(overlays):
    sets = {name: workloads(found) for name, found in overlays.items()}
    replicas = {name: {app: one["spec"].get("replicas") for app, one in own.items()} for name, own in sets.items()}
    assert replicas["base"]["prometheus"] == replicas["overlays/production"]["prometheus"] == 2
    assert replicas["overlays/development"]["prometheus"] == 1
    assert replicas["overlays/production"]["alertmanager"] == 3
    assert replicas["overlays/production"]["grafana"] == 1
    size = {
        name: own["prometheus"]["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"]
        for name, own in sets.items()
    }
    assert size == {
        "base": "20Gi", "overlays/development": "5Gi", "overlays/production": "100Gi", "own": "100Gi",
    }  # fmt: skip
    for name, own in sets.items():
        spread = own["prometheus"]["spec"]["template"]["spec"].get("topologySpreadConstraints", [])
        expected = (
            []
            if name in {"base", "overlays/development"}
            else ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]
        )
        assert [one["topologyKey"] for one in spread] == expected
        # the number of bytes that are kept leaves room on the volume
        env = {
            one["name"]: one.get("value")
            for one in own["prometheus"]["spec"]["template"]["spec"]["containers"][0]["env"]
        }
        assert int(env["RETENTION_SIZE"].removesuffix("GB")) * 1e9 <= 0.85 * int(size[name].removesuffix("Gi")) * 2**30
        for one in own.values():
            if one["kind"] == "StatefulSet":
                assert one["spec"]["persistentVolumeClaimRetentionPolicy"] == {
                    "whenDeleted": "Retain",
                    "whenScaled": "Retain",
                }
    assert "mailpit" in sets["overlays/development"]
    assert "mailpit" not in sets["overlays/production"]


def test_grafana_alone_is_published_by_its_name_with_tls(overlays):
    for name, found in overlays.items():
        ingresses = [one for one in found if one["kind"] == "Ingress"]
        assert len(ingresses) == (name in {"overlays/production", "own"})
        for one in ingresses:
            rule = one["spec"]["rules"][0]
            assert rule["host"] == "grafana.example.com"
            assert rule["http"]["paths"][0]["backend"]["service"] == {"name": "grafana", "port": {"name": "http"}}
            assert one["spec"]["tls"] == [{"hosts": ["grafana.example.com"], "secretName": "grafana-tls"}]
        for one in found:
            assert one["kind"] != "Service" or one["spec"].get("type", "ClusterIP") == "ClusterIP"
        ports = [port for pod in pods(found).values() for port in pod["spec"]["containers"][0]["ports"]]
        assert not any("hostPort" in port for port in ports)


LDAP = Ldap(
    "ldap.people.svc",
    bind_dn="cn=grafana,dc=example,dc=com",
    bind_password=env("LDAP_PASSWORD"),
    base="ou=people,dc=example,dc=com",
    roles={"cn=operators,dc=example,dc=com": "Admin"},
)
OIDC = Oidc(
    "Keycloak",
    client_id="grafana",
    client_secret=env("OIDC_SECRET"),
    authorize="https://login.example.com/auth",
    token="https://login.example.com/token",
    userinfo="https://login.example.com:8443/userinfo",
    roles={"operators": "Admin"},
)
DATABASE = GrafanaDatabase("db.example.com:5433", password=env("GRAFANA_DATABASE"))


def test_several_of_grafana_share_a_database_and_no_volume_and_know_people_by_a_directory(tmp_path):
    declared = small(grafana=Grafana(login=LDAP, database=DATABASE))
    found = kustomized(written(declared, tmp_path) / "kubernetes" / "overlays" / "production")
    valid([one for one in found if one["kind"] != "ConfigMap"], VERSIONS[0])
    grafana = workloads(found)["grafana"]["spec"]
    assert grafana["replicas"] == 2
    assert "strategy" not in grafana
    spec = grafana["template"]["spec"]
    assert spec["topologySpreadConstraints"][0]["topologyKey"] == "kubernetes.io/hostname"
    assert "grafana" in {one["metadata"]["name"] for one in found if one["kind"] == "PodDisruptionBudget"}
    assert not [one for one in found if one["kind"] == "PersistentVolumeClaim"]
    settings = {one["name"]: one["value"] for one in spec["containers"][0]["env"]}
    assert settings["GF_DATABASE_PASSWORD"] == "$__file{/etc/grafana/secrets/GRAFANA_DATABASE}"
    maps = {one["metadata"]["name"]: one["data"] for one in found if one["kind"] == "ConfigMap"}
    ldap = next(volume["configMap"]["name"] for volume in spec["volumes"] if volume["name"] == "grafana-ldap")
    assert "$__file{/etc/grafana/secrets/LDAP_PASSWORD}" in maps[ldap]["ldap.toml"]
    mounts = {one["name"]: one["mountPath"] for one in spec["containers"][0]["volumeMounts"]}
    assert settings["GF_AUTH_LDAP_CONFIG_FILE"] == f"{mounts['grafana-ldap']}/ldap.toml"
    example = (tmp_path / "kubernetes" / "secrets.example").read_text()
    assert "/GRAFANA_DATABASE" in example
    assert "/LDAP_PASSWORD" in example
    assert outside(found) == [("people", None), (None, 5433)]


def outside(objects):
    """Where Grafana's policy lets it go beyond the namespace: (namespace, port)."""
    policy = next(one for one in objects if one["kind"] == "NetworkPolicy" and one["metadata"]["name"] == "grafana")
    found = []
    for rule in policy["spec"]["egress"]:
        spaces = [peer["namespaceSelector"] for peer in rule.get("to", ()) if "namespaceSelector" in peer]
        found += [(space["matchLabels"]["kubernetes.io/metadata.name"], None) for space in spaces]
        if "to" not in rule:
            found += [(None, port["port"]) for port in rule["ports"]]
    return found


def test_grafana_may_ask_the_provider_of_logins(tmp_path):
    found = kustomized(written(small(grafana=Grafana(login=OIDC)), tmp_path) / "kubernetes" / "base")
    assert outside(found) == [(None, 443), (None, 8443)]
    assert workloads(found)["grafana"]["spec"]["replicas"] == 1


def test_long_term_storage_is_written_to_by_both_of_the_pair_as_one(overlays):
    maps = {
        one["metadata"]["name"].rpartition("-")[0]: one["data"] for one in overlays["own"] if one["kind"] == "ConfigMap"
    }
    config = yaml.safe_load(maps["prometheus"]["prometheus.yml"])
    write_to = config.pop("remote_write")
    assert [one["url"] for one in write_to] == ["http://victoria-metrics:8428/api/v1/write"]
    assert write_to[0]["write_relabel_configs"] == [{"action": "labeldrop", "regex": "prometheus_replica"}]
    plain = next(
        one["data"]
        for one in overlays["base"]
        if one["metadata"]["name"].startswith("prometheus-")
        and one["kind"] == "ConfigMap"
        and "prometheus.yml" in one["data"]
    )
    assert config == yaml.safe_load(plain["prometheus.yml"])
    sources = [one for text in maps["grafana-datasources"].values() for one in yaml.safe_load(text)["datasources"]]
    assert {one["uid"] for one in sources} == {"prometheus", "alertmanager", "loki", "jaeger", "long-term"}
    services = {one["metadata"]["name"] for one in overlays["own"] if one["kind"] == "Service"}
    assert {one["url"].removeprefix("http://").partition(":")[0] for one in sources} <= services
    assert "-dedup.minScrapeInterval=15s" in pods(overlays["own"])["victoria-metrics"]["spec"]["containers"][0]["args"]


def test_a_small_stack_is_valid_and_has_no_namespace_for_nodes(tmp_path):
    written(small(), tmp_path)
    found = kustomized(tmp_path / "kubernetes" / "overlays" / "production")
    valid([one for one in found if one["kind"] != "ConfigMap"], VERSIONS[0])
    assert [one["metadata"]["name"] for one in found if one["kind"] == "Namespace"] == ["shop-monitoring"]
