"""Who may speak to whom in the cluster, worked out from the policies as Kubernetes does."""

from __future__ import annotations

from fnmatch import fnmatch

import pytest
from tests.build.clusters import NAMESPACE, OVERLAYS, THREE, kustomized, pods, production, rendered, workloads, written

from vedette.catalog import Email, Service, Smtp, Stack
from vedette.packs import http

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def overlays():
    return rendered()


def selected(selector, labels):
    return selector.get("matchLabels", {}).items() <= labels.items()


def flows(objects):
    """Who may speak to whom on which port: (from, to, port), of the pods in the namespace."""
    labels = {app: pod["metadata"]["labels"] for app, pod in pods(objects).items() if app != "node-exporter"}
    ports = {
        app: [port["containerPort"] for port in pod["spec"]["containers"][0]["ports"]]
        for app, pod in pods(objects).items()
    }
    policies = [
        one["spec"] for one in objects if one["kind"] == "NetworkPolicy" and one["metadata"]["namespace"] == NAMESPACE
    ]

    def allowed(app, peer, port, kind, side):
        own = [one for one in policies if selected(one["podSelector"], labels[app]) and kind in one["policyTypes"]]
        return not own or any(
            (not rule.get(side) or any(matches(one, peer) for one in rule[side]))
            and (not rule.get("ports") or any(one["port"] == port for one in rule["ports"]))
            for one in own
            for rule in one.get(kind.lower(), ())
        )

    def matches(peer, app):
        if "ipBlock" in peer:
            return False
        space = peer.get("namespaceSelector")
        if space is not None and not selected(space, {"kubernetes.io/metadata.name": NAMESPACE}):
            return False
        return selected(peer.get("podSelector", {}), labels[app])

    return {
        (source, target, port)
        for source in labels
        for target in labels
        for port in ports[target]
        if allowed(source, target, port, "Egress", "to") and allowed(target, source, port, "Ingress", "from")
    }


WANTED = {
    ("prometheus", "alertmanager", 9093),
    *(("prometheus", exporter, port) for exporter, port in (
        ("kube-state-metrics", 8080), ("postgres-exporter", 9187), ("redis-exporter", 9121), ("pushgateway", 9091),
        ("blackbox-exporter", 9115),
    )),
    ("alertmanager", "alertmanager", 9094),
    *(("grafana", server, port) for server, port in (
        ("prometheus", 9090), ("alertmanager", 9093), ("loki", 3100), ("jaeger", 16686),
    )),
    *(("alloy", server, port) for server, port in (("prometheus", 9090), ("loki", 3100), ("jaeger", 4317))),
}  # fmt: skip


def test_the_programs_may_speak_to_each_other_as_they_need_and_no_further(overlays):
    # what takes from every pod of the cluster, and what may knock at every door
    open_to_all = {("alloy", 4317), ("alloy", 4318), ("pushgateway", 9091)}
    for name, more in (
        ("base", set()),
        ("overlays/development", {("alertmanager", "mailpit", 1025)}),
        ("overlays/production", set()),
        ("own", {("prometheus", "victoria-metrics", 8428), ("grafana", "victoria-metrics", 8428)}),
    ):
        found = {
            (source, target, port)
            for source, target, port in flows(overlays[name])
            if (target, port) not in open_to_all
        }
        assert found == {one for one in WANTED if (one[1], one[2]) not in open_to_all} | more, name
    assert ("prometheus", "pushgateway", 9091) in flows(overlays["base"])


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_policy_speaks_of_pods_that_are_there(overlays, name):
    labels = [pod["metadata"]["labels"] for pod in pods(overlays[name]).values()]
    spaces = {one["metadata"]["name"] for one in overlays[name] if one["kind"] == "Namespace"}
    forbidden = set()
    for one in overlays[name]:
        if one["kind"] != "NetworkPolicy":
            continue
        spec, own = one["spec"], one["metadata"]["namespace"]
        assert any(selected(spec["podSelector"], each) for each in labels), one["metadata"]["name"]
        if not spec["podSelector"] and not spec.get("ingress") and not spec.get("egress"):
            forbidden.add(own)
        rules = [
            *((rule, "from") for rule in spec.get("ingress", ())),
            *((rule, "to") for rule in spec.get("egress", ())),
        ]
        for rule, side in rules:
            for peer in rule.get(side, ()):
                if "podSelector" in peer and "namespaceSelector" not in peer:
                    assert any(selected(peer["podSelector"], each) for each in labels), one["metadata"]["name"]
    assert forbidden == spaces


def test_beyond_the_namespace_goes_only_what_the_stack_names(overlays):
    egress = {
        one["metadata"]["name"]: one["spec"].get("egress", [])
        for one in overlays["overlays/production"]
        if one["kind"] == "NetworkPolicy" and one["metadata"]["namespace"] == NAMESPACE
    }

    def outside(app):
        spaces = {
            peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
            for rule in egress[app]
            for peer in rule.get("to", ())
            if "namespaceSelector" in peer
        }
        return spaces, {port["port"] for rule in egress[app] if "to" not in rule for port in rule.get("ports", ())}

    assert outside("prometheus") == ({"shop"}, {443, 6443, 9000, 9100, 10250})
    assert outside("alertmanager") == ({"desk"}, {443, 587})
    assert outside("alloy") == (set(), {443, 6443})
    assert outside("kube-state-metrics") == (set(), {443, 6443})
    assert outside("postgres-exporter") == (set(), {5432})
    for app in ("loki", "jaeger", "pushgateway"):
        assert egress[app] == [], app
    assert egress["blackbox-exporter"] == [{}]


def test_grafana_hears_no_one_outside_but_the_ingress_controller(overlays):
    for name, expected in (("base", []), ("overlays/production", [{"vedette/ingress": "true"}])):
        found = [
            peer["namespaceSelector"]["matchLabels"]
            for one in overlays[name]
            if one["kind"] == "NetworkPolicy" and fnmatch(one["metadata"]["name"], "grafana*")
            for rule in one["spec"].get("ingress", ())
            for peer in rule["from"]
        ]
        assert found == expected


def test_mail_to_the_catcher_needs_its_overlay_and_a_name_outside_its_port(tmp_path):
    declared = Stack(
        name="shop",
        services=[Service("shop", ["a.b.svc:8000"], [http])],
        notify=[Email("oncall@example.com")],
        environments=[production(discovery={}, smtp=Smtp("mailpit", 1025, tls=False), alertmanagers=THREE[:1])],
    )
    written(declared, tmp_path)
    base, desk = (kustomized(tmp_path / "kubernetes" / name) for name in ("base", "overlays/development"))
    policy = next(one for one in base if one["kind"] == "NetworkPolicy" and one["metadata"]["name"] == "alertmanager")
    assert "egress" not in policy["spec"]
    assert "mailpit" in pods(desk)
    assert workloads(desk)["alertmanager"]["spec"]["replicas"] == 1
