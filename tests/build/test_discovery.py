"""Targets that Prometheus finds: pods and tasks, kept by name and labelled by where they run."""

from __future__ import annotations

import subprocess

import pytest
from tests.real import binary

from vedette import (
    Alert,
    DeclarationError,
    Environment,
    Kubernetes,
    KubernetesNodes,
    Pack,
    Probe,
    Service,
    Stack,
    Swarm,
)
from vedette.build import build
from vedette.engine.collect.relabel import compile_relabel
from vedette.formats import prometheus
from vedette.packs import http, kubernetes
from vedette.promql.labels import labels

PODS = Kubernetes(app="api", namespace="tasks")
NODES = KubernetesNodes(verify=True)
TASKS = Swarm(service="tasks_api", port=8000, network="tasks_watch")


def stack(found, *packs, **changes):
    service = Service("api", ["localhost:8000"], [http, *packs], labels={"tier": "back$end"}, **changes)
    return Stack(services=[service], environments=[Environment("there", discovery={"api": found})])


def job(found):
    text = build(stack(found), "there")["prometheus/prometheus.yml"]
    return prometheus.read(text, "prometheus.yml").scrape_configs[0]


def kept(found, **meta):
    """The labels of a target that was found so; None where it is not scraped."""
    made = compile_relabel(job(found).relabel_configs)(labels({"__address__": "10.0.0.1:8000", **meta}))
    return None if made is None else {name: value for name, value in made if not name.startswith("__")}


def pod(**changes):
    given = {
        "pod_container_port_name": "metrics", "pod_phase": "Running", "namespace": "tasks", "pod_name": "api-1",
    } | changes  # fmt: skip
    return kept(PODS, **{f"__meta_kubernetes_{name}": value for name, value in given.items()})


def task(**changes):
    given = {
        "service_name": "tasks_api", "network_name": "tasks_watch", "task_desired_state": "running",
        "node_hostname": "worker-1",
    } | changes  # fmt: skip
    return kept(TASKS, **{f"__meta_dockerswarm_{name}": value for name, value in given.items()})


def test_a_pod_says_where_it_runs_and_has_the_labels_of_the_service():
    assert pod() == {"namespace": "tasks", "pod": "api-1", "tier": "back$end"}


@pytest.mark.parametrize("changes", [{"pod_container_port_name": "http"}, {"pod_phase": "Succeeded"}])
def test_another_port_of_a_pod_and_a_pod_that_has_ended_are_not_scraped(changes):
    assert pod(**changes) is None


def test_a_pod_that_speaks_of_others_says_nothing_of_where_it_runs():
    found = Kubernetes(app="kube-state-metrics", adds=[])
    meta = {"pod_container_port_name": "metrics", "pod_name": "kube-state-metrics-1", "namespace": "kube-system"}
    assert kept(found, **{f"__meta_kubernetes_{name}": value for name, value in meta.items()}) == {"tier": "back$end"}


def test_a_kubelet_is_shown_the_token_of_the_account_and_says_which_node_it_is_of():
    found = job(KubernetesNodes())
    assert found.authorization_file == "/var/run/secrets/kubernetes.io/serviceaccount/token"
    assert found.other["tls_config"] == {"insecure_skip_verify": True}
    assert kept(KubernetesNodes(), __meta_kubernetes_node_name="worker-1") == {"node": "worker-1", "tier": "back$end"}


def test_a_kubelet_of_a_pack_whose_other_metrics_name_nodes_does_not_say_which_it_is_of():
    assert kept(KubernetesNodes(adds=[]), __meta_kubernetes_node_name="worker-1") == {"tier": "back$end"}
    with pytest.raises(DeclarationError, match=r"KubernetesNodes has adds=\['pod'\]; write"):
        KubernetesNodes(adds=["pod"])


def test_a_kubelet_whose_certificate_the_cluster_has_signed_is_verified():
    tls = job(KubernetesNodes(verify=True)).other["tls_config"]
    assert tls == {"ca_file": "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"}


def test_a_task_says_on_which_node_it_runs():
    assert task() == {"node": "worker-1", "tier": "back$end"}


@pytest.mark.parametrize(
    "changes", [{"service_name": "tasks_apis"}, {"network_name": "ingress"}, {"task_desired_state": "shutdown"}]
)
def test_a_task_of_another_service_or_network_and_one_that_is_to_end_are_not_scraped(changes):
    assert task(**changes) is None


def test_elsewhere_the_targets_are_those_of_the_service():
    text = build(stack(PODS))["prometheus/prometheus.yml"]
    (group,) = prometheus.read(text, "prometheus.yml").scrape_configs[0].static_configs
    assert group.targets == ("localhost:8000",)


def test_rules_can_use_the_labels_of_what_was_found_and_only_there():
    alert = Alert("PodDown", "min by (job, pod) (up) == 0", severity="high", summary="{{ $labels.pod }} is down")
    pods = stack(PODS, Pack("pods", alerts=[alert]))
    assert "by (job, pod)" in build(pods, "there")["prometheus/rules/pods.yml"]
    with pytest.raises(DeclarationError, match="no series here has the label 'pod'"):
        build(pods, "local")


# Debian builds 2.42 without Kubernetes
@pytest.mark.parametrize(
    ("found", "version"),
    [(PODS, "2.53"), (PODS, "3.5"), (NODES, "3.5"), (TASKS, "2.42"), (TASKS, "3.5")],
    ids=lambda one: type(one).__name__ if one in (PODS, NODES, TASKS) else one,
)
def test_promtool_takes_it(found, version, tmp_path):
    path = tmp_path / "prometheus.yml"
    path.write_text(build(stack(found), "there")["prometheus/prometheus.yml"])
    checked = subprocess.run(
        [binary("promtool", version), "check", "config", "--syntax-only", path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Kubernetes(app=""), "app=''"),
        (lambda: Kubernetes(app="api", label="a b"), "label='a b'"),
        (lambda: Kubernetes(app="api", adds="pod"), r"adds=\['pod'\]"),
        (lambda: Kubernetes(app="api", adds=["nod"]), "did you mean 'node'"),
        (lambda: Stack(services=[Service("ksm", ["localhost:1"], [kubernetes])], environments=[
            Environment("there", discovery={"ksm": Kubernetes(app="kube-state-metrics")})]), "would lose its own"),
        (lambda: Swarm(service="tasks api", port=1), "service='tasks api'"),
        (lambda: Swarm(service="api", port=0), "port=0"),
        (lambda: Swarm(service="api", port=1, host="manager:2375"), "host='manager:2375'"),
        (lambda: Environment("there", discovery={"api": "pods"}), r"write Kubernetes\(…\)"),
        (lambda: Service("api", ["localhost:1"], discovery="pods"), r"write Kubernetes\(…\)"),
        (lambda: stack(PODS, probes=[Probe("https://a.example")]).services_in(stack(PODS).environments[0]), "probes"),
        (lambda: Stack(services=[Service("api", ["localhost:1"])],
                       environments=[Environment("there", discovery={"apis": PODS})]), "did you mean 'api'"),
    ],
)  # fmt: skip
def test_says_what_is_wrong(make, message):
    with pytest.raises(DeclarationError, match=message):
        make()
