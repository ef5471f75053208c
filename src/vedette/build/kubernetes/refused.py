"""What a stack says that cannot be meant in a cluster: each with its place and what to write instead."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from vedette.build.kubernetes.configuration import REPLICA
from vedette.build.kubernetes.exporters import PORTS
from vedette.build.kubernetes.network import asked_by_grafana, own, split
from vedette.build.kubernetes.objects import names as names_of
from vedette.build.refusal import RefusalError
from vedette.build.secrets import alertmanager_secrets, prometheus_secrets, receivers
from vedette.catalog import Email, Swarm, Webhook

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from vedette.build.plan import Plan
    from vedette.catalog import Service
    from vedette.place import Place

__all__ = ["alertmanagers", "check", "unfit_for_production"]

_LOCAL: Final = re.compile(r"localhost|127(\.\d+){3}|\[?::1\]?|0\.0\.0\.0|host\.docker\.internal")
_OURS: Final = re.compile(r"alertmanager-(\d+)\.alertmanager:9093")
_THREE: Final = [f"alertmanager-{number}.alertmanager:9093" for number in range(3)]
_MOUNTED: Final = ("/etc/prometheus", "/etc/alertmanager", "/run", "/var/run", "/prometheus", "/alertmanager")
"""Where a folder of secrets would hide something; below ``/run`` the cluster puts the pod's own token."""


class _At(NamedTuple):
    """Who says it, where, and the namespace in which it would be looked for."""

    place: Place
    owner: str
    namespace: str


def alertmanagers(plan: Plan) -> int:
    """How many the environment names."""
    return sum(_OURS.fullmatch(one) is not None for one in plan.environment.alertmanagers)


def check(plan: Plan, chosen: Sequence[str]) -> None:
    """See that every address and path means in a cluster what it says.

    Raises:
        RefusalError: one does not.
    """
    environment, where = plan.environment, f"environment {plan.environment.name!r}"
    hosts = own(plan, chosen)
    namespace = names_of(plan).namespace
    for service in plan.services:
        if isinstance(service.discovery, Swarm):
            raise RefusalError(
                service.discovery.place,
                f"service {service.name!r}",
                f" is found in a Docker Swarm, which is not in the cluster of {where}",
                "write discovery=Kubernetes(app=…, namespace=…)",
            )
        for target in () if service.discovery else service.targets:
            _target(plan, service, target, hosts)
    _alertmanagers(plan, where)
    for one in receivers(plan):
        if isinstance(one, Webhook) and isinstance(one.url, str):
            host = urlsplit(one.url).hostname or ""
            _reachable(_At(one.place, "Webhook", namespace), host, (), f" in {where}")
    if environment.grafana is not None:
        for host, _ in asked_by_grafana(plan):
            _reachable(_At(environment.grafana.place, "Grafana", namespace), host, (), f" in {where}")
    smtp = environment.smtp
    if any(isinstance(one, Email) for one in receivers(plan)) and (smtp is None or _LOCAL.fullmatch(smtp.host)):
        raise RefusalError(
            environment.place,
            where,
            " sends mail through localhost, which in a pod is the pod itself",
            "write smtp=Smtp('mail.example.com', …), or Smtp('mailpit', 1025, tls=False) for the mail catcher",
        )
    if REPLICA in environment.external_labels:
        raise RefusalError(
            environment.place,
            where,
            f" has the external label {REPLICA!r}, by which the pair of Prometheus is told apart",
            "call it otherwise",
        )
    _secrets_folder(plan, where)


def _target(plan: Plan, service: Service, target: str, hosts: dict[str, str]) -> None:
    owner, host = f"service {service.name!r}", split(target)[0]
    nodes = names_of(plan).nodes
    if host == "node-exporter":
        raise RefusalError(
            service.place,
            owner,
            f" has {target!r} in environment {plan.environment.name!r}, and there is one on each node",
            f"write discovery={{{service.name!r}: Kubernetes(app='node-exporter', namespace={nodes!r})}}",
        )
    if host == "cadvisor":
        raise RefusalError(
            service.place,
            owner,
            f" has {target!r} in environment {plan.environment.name!r}; in a cluster each kubelet tells of containers",
            f"write discovery={{{service.name!r}: KubernetesNodes()}}, and containers(kubernetes=True), scheme='https' "
            "and metrics_path='/metrics/cadvisor' of the service",
        )
    if host == "blackbox-exporter" and not service.probes:
        raise RefusalError(
            service.place, owner, f" has {target!r} and no probes", "write what it probes: probes=[Probe('https://…')]"
        )
    at = _At(service.place, owner, names_of(plan).namespace)
    _reachable(at, host, hosts, f" in environment {plan.environment.name!r}")


def _reachable(at: _At, host: str, ours: Collection[str], where: str) -> None:
    if _LOCAL.fullmatch(host):
        raise RefusalError(
            at.place,
            at.owner,
            f" has {host!r}{where}, which in a pod is the pod itself",
            "write the name of a Service, 'shop.NAMESPACE:8000', or discovery=Kubernetes(app=…) for all its pods",
        )
    if "." not in host and ":" not in host and host not in ours:
        exporters = ", ".join(name for name in PORTS if name != "node-exporter")
        raise RefusalError(
            at.place,
            at.owner,
            f" has {host!r}{where}, which is no Service of the namespace {at.namespace!r}; there is {exporters}",
            f"write the namespace, too: '{host}.NAMESPACE:…'",
        )


def _alertmanagers(plan: Plan, where: str) -> None:
    environment = plan.environment
    for one in environment.alertmanagers:
        if one == "alertmanager:9093":
            raise RefusalError(
                environment.place,
                where,
                f" has {one!r} in alertmanagers, which is any one of them, and each must be told of every alert",
                f"write alertmanagers={_THREE}, or the first of these for one alone",
            )
        if not _OURS.fullmatch(one):
            at = _At(environment.place, where, names_of(plan).namespace)
            _reachable(at, split(one)[0], (), " in alertmanagers")
    numbers = sorted(int(found[1]) for one in environment.alertmanagers if (found := _OURS.fullmatch(one)))
    if not numbers or numbers != list(range(len(numbers))):
        raise RefusalError(
            environment.place,
            where,
            " has platforms=['kubernetes'], and does not send its alerts to the Alertmanagers of it from the first on",
            f"write alertmanagers={_THREE}, or the first of these for one alone",
        )


def _secrets_folder(plan: Plan, where: str) -> None:
    if not alertmanager_secrets(plan) and not prometheus_secrets(plan):
        return
    folder = PurePosixPath(plan.environment.secrets)
    if not folder.is_absolute() or any(folder.is_relative_to(taken) for taken in _MOUNTED):
        raise RefusalError(
            plan.environment.place,
            where,
            f" has secrets={plan.environment.secrets!r}, where a pod cannot be given files",
            "write secrets='/etc/vedette/secrets'",
        )


def unfit_for_production(plan: Plan) -> str:
    """Why this environment has no overlay for production, without a quote; empty where it has."""
    environment = plan.environment
    url = urlsplit(environment.grafana_url)
    if url.scheme != "https" or _LOCAL.fullmatch(url.hostname or ""):
        return f"environment {environment.name} has no grafana_url that begins with https://"
    if environment.smtp is not None and environment.smtp.host == "mailpit":
        return f"environment {environment.name} sends its mail to the mail catcher"
    return ""
