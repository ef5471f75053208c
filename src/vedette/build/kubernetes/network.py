"""Who may speak to whom: nobody, and then what the stack needs, no more."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from vedette.build.kubernetes.access import discovers
from vedette.build.kubernetes.exporters import PORTS
from vedette.build.kubernetes.servers import REPLICAS
from vedette.build.secrets import receivers
from vedette.catalog import Email, Kubernetes, KubernetesNodes, Ldap, Oidc, Webhook

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vedette.build.kubernetes.objects import Names
    from vedette.build.plan import Plan

__all__ = ["INGRESS", "asked_by_grafana", "own", "policies", "policy", "split"]

INGRESS: Final = "vedette/ingress"
"""The label of the namespace of the ingress controller; the only one from which Grafana is reached."""

_SERVERS: Final = {"prometheus": 9090, "alertmanager": 9093, "grafana": 3000, "loki": 3100, "alloy": 12345}
_SERVICE: Final = re.compile(r"[a-z0-9-]+\.(?P<namespace>[a-z0-9-]+)(?P<cluster>\.svc(\..+)?)?")
_API_SERVER: Final = (443, 6443)  # of its Service, and of the server itself, which is where a packet goes
_OTLP: Final = (4317, 4318)
_NODE_LOCAL_DNS: Final = "169.254.20.10/32"  # https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/


def _ports(*ports: int) -> list[dict[str, Any]]:
    return [{"protocol": "TCP", "port": port} for port in ports]


def policy(names: Names, app: str, ingress: Sequence[Any] = (), egress: Sequence[Any] = ()) -> dict[str, Any]:
    """What one program may, beside what nobody may."""
    spec: dict[str, Any] = {"podSelector": {"matchLabels": names.selector(app)}, "policyTypes": ["Ingress", "Egress"]}
    if ingress:
        spec["ingress"] = list(ingress)
    if egress:
        spec["egress"] = list(egress)
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": names.meta(app), "spec": spec}


@dataclass(slots=True)
class _Rules:
    """The rules of one program, each once."""

    names: Names
    ingress: list[dict[str, Any]] = field(default_factory=list)
    egress: list[dict[str, Any]] = field(default_factory=list)

    def heard(self, apps: Iterable[str], *ports: int) -> None:
        """Other programs of ours may speak to it."""
        peers = [self._pods(app) for app in apps]
        self._add(self.ingress, {"from": peers, "ports": _ports(*ports)})

    def heard_by_all(self, *ports: int) -> None:
        """Every pod of the cluster may."""
        self._add(self.ingress, {"from": [{"namespaceSelector": {}}], "ports": _ports(*ports)})

    def speaks(self, app: str, *ports: int) -> None:
        """It may speak to another program of ours."""
        self._add(self.egress, {"to": [self._pods(app)], "ports": _ports(*ports)})

    def reaches(self, *ports: int) -> None:
        """It may speak to any address, on these ports."""
        self._add(self.egress, {"ports": _ports(*ports)})

    def reaches_pods(self, namespace: str, labels: dict[str, str] | None = None) -> None:
        """It may speak to pods of a namespace on any port: a policy sees the port of the pod, not of the Service."""
        peer: dict[str, Any] = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
        if labels:
            peer["podSelector"] = {"matchLabels": labels}
        self._add(self.egress, {"to": [peer]})

    def reaches_address(self, host: str, port: int) -> None:
        """It may speak to what a name stands for: a Service, where the name can be one, or something outside."""
        found = _SERVICE.fullmatch(host)
        if found:
            self.reaches_pods(found["namespace"])
        if not (found and found["cluster"]):
            self.reaches(port)

    def _pods(self, app: str) -> dict[str, Any]:
        return {"podSelector": {"matchLabels": self.names.selector(app)}}

    def _add(self, rules: list[dict[str, Any]], rule: dict[str, Any]) -> None:
        if rule not in rules:
            rules.append(rule)

    def of(self, app: str) -> dict[str, Any]:
        """The policy."""
        return policy(self.names, app, self.ingress, self.egress)


def split(address: str) -> tuple[str, int]:
    """Host and port; a target without a port is scraped on 80."""
    host, _, port = address.rpartition(":")
    return (host, int(port)) if host and port.isdigit() else (address, 80)


def own(plan: Plan, chosen: Sequence[str]) -> dict[str, str]:
    """Host → the program of ours that it is."""
    found = {app: app for app in (*_SERVERS, *chosen)}
    found |= {f"prometheus-{number}.prometheus-replicas": "prometheus" for number in range(REPLICAS)}
    many = len(plan.environment.alertmanagers)
    return found | {f"alertmanager-{number}.alertmanager": "alertmanager" for number in range(many)}


def policies(plan: Plan, names: Names, chosen: Sequence[str]) -> list[dict[str, Any]]:
    """All of them, the one that forbids everything first."""
    rules = {app: _Rules(names) for app in (*_SERVERS, "jaeger", *chosen)}
    _scrapes(plan, rules, own(plan, chosen))
    _telemetry(rules)
    for address in asked_by_grafana(plan):
        rules["grafana"].reaches_address(*address)
    _alerts(plan, rules)
    if "kube-state-metrics" in rules:
        rules["kube-state-metrics"].reaches(*_API_SERVER)
    if "blackbox-exporter" in rules:
        rules["blackbox-exporter"].egress.append({})  # to knock at every door is what it is for; a ping has no port
    if "postgres-exporter" in rules:
        rules["postgres-exporter"].reaches(5432)
    if "redis-exporter" in rules:
        rules["redis-exporter"].reaches(6379)
    if "pushgateway" in rules:
        rules["pushgateway"].heard_by_all(PORTS["pushgateway"])
    spaces = [names.namespace, names.nodes] if "node-exporter" in chosen else [names.namespace]
    inside = {app: one for app, one in rules.items() if names.home(app) == names.namespace}
    return [
        *(_nobody(names, space) for space in spaces),
        _dns(names),
        *(one.of(app) for app, one in inside.items()),
    ]


def asked_by_grafana(plan: Plan) -> list[tuple[str, int]]:
    """Where people's logins are looked up, and the database that several of it share."""
    given = plan.environment.grafana
    found: list[tuple[str, int]] = []
    if given is None:
        return found
    match given.login:
        case Oidc(token=token, userinfo=userinfo):  # people's browsers ask the other one
            urls = (urlsplit(one) for one in (token, userinfo))
            found += [(url.hostname or "", url.port or 443) for url in urls]
        case Ldap(host=host, port=port):
            found.append((host, port))
        case None:
            pass
    return [*found, split(given.database.host)] if given.database is not None else found


def _scrapes(plan: Plan, rules: dict[str, _Rules], hosts: dict[str, str]) -> None:
    prometheus = rules["prometheus"]
    if discovers(plan):
        prometheus.reaches(*_API_SERVER)
    for service in plan.services:
        where = service.discovery
        if isinstance(where, KubernetesNodes):
            prometheus.reaches(10250)
        elif isinstance(where, Kubernetes):
            app = where.app if where.app in rules and where.namespace == prometheus.names.home(where.app) else ""
            if app == "node-exporter":
                prometheus.reaches(PORTS[app])  # it has the node's address, and is no pod to a policy
            elif app:
                _scraped(rules, app, PORTS[app])
            else:
                prometheus.reaches_pods(where.namespace, {where.label: where.app})
        else:
            for target in service.targets:
                host, port = split(target)
                if host in hosts:
                    _scraped(rules, hosts[host], port)
                else:
                    prometheus.reaches_address(host, port)


def _scraped(rules: dict[str, _Rules], app: str, port: int) -> None:
    rules["prometheus"].speaks(app, port)
    rules[app].heard(["prometheus"], port)


def _telemetry(rules: dict[str, _Rules]) -> None:
    for app, ports in (("prometheus", (9090,)), ("loki", (3100,)), ("jaeger", (4317,))):
        rules["alloy"].speaks(app, *ports)
        rules[app].heard(["alloy"], *ports)
    rules["alloy"].heard_by_all(*_OTLP)
    rules["alloy"].reaches(*_API_SERVER)
    for app, port in (("prometheus", 9090), ("alertmanager", 9093), ("loki", 3100), ("jaeger", 16686)):
        rules["grafana"].speaks(app, port)
        rules[app].heard(["grafana"], port)


def _alerts(plan: Plan, rules: dict[str, _Rules]) -> None:
    prometheus, alertmanager = rules["prometheus"], rules["alertmanager"]
    ours = [one for one in plan.environment.alertmanagers if split(one)[0].endswith(".alertmanager")]
    prometheus.speaks("alertmanager", 9093)
    alertmanager.heard(["prometheus"], 9093)
    for address in plan.environment.alertmanagers:
        if address not in ours:
            prometheus.reaches_address(*split(address))
    if len(ours) > 1:
        both = [{"protocol": protocol, "port": 9094} for protocol in ("TCP", "UDP")]
        peers = [{"podSelector": {"matchLabels": alertmanager.names.selector("alertmanager")}}]
        alertmanager.ingress.append({"from": peers, "ports": both})
        alertmanager.egress.append({"to": peers, "ports": both})
    for one in receivers(plan):
        if isinstance(one, Email):
            smtp = plan.environment.smtp
            if smtp is not None and smtp.host != "mailpit":  # whose policy is in the overlay that has it
                alertmanager.reaches_address(smtp.host, smtp.port)
        elif isinstance(one, Webhook) and isinstance(one.url, str):
            url = urlsplit(one.url)
            alertmanager.reaches_address(url.hostname or "", url.port or (443 if url.scheme == "https" else 80))
        else:
            alertmanager.reaches(443)


def _nobody(names: Names, namespace: str) -> dict[str, Any]:
    meta = {"name": "nobody", "namespace": namespace, "labels": names.ours}
    spec = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta, "spec": spec}


def _dns(names: Names) -> dict[str, Any]:
    """Everybody may ask for the address of a name."""
    meta = {"name": "dns", "namespace": names.namespace, "labels": names.ours}
    servers = [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}},
        {"ipBlock": {"cidr": _NODE_LOCAL_DNS}},
    ]
    both = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": servers, "ports": both}]}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta, "spec": spec}
