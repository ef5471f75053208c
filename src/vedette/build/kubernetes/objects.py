"""What every object has: its namespace, its name and the labels by which it is found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from vedette.formats import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vedette.build.plan import Plan

__all__ = ["Names", "documents", "names"]

_LONGEST: Final = 40  # a namespace is a DNS label of at most 63 characters, and "-monitoring-nodes" stands behind it

COMPONENTS: Final[Mapping[str, str]] = {
    "prometheus": "metrics",
    "victoria-metrics": "metrics",
    "alertmanager": "alerts",
    "grafana": "dashboards",
    "loki": "logs",
    "jaeger": "traces",
    "alloy": "collector",
    "mailpit": "mail",
}
"""What a program is for; what is not here is an exporter."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the objects of one stack are called."""

    part: str
    """The stack."""

    @property
    def namespace(self) -> str:
        """Where everything runs that needs nothing of a node."""
        return f"{self.part}-monitoring"

    @property
    def nodes(self) -> str:
        """Where node_exporter runs, which sees the node it is on."""
        return f"{self.part}-monitoring-nodes"

    @property
    def ours(self) -> dict[str, str]:
        """On every object, so that they are found together."""
        return {"app.kubernetes.io/part-of": self.part, "app.kubernetes.io/managed-by": "vedette"}

    def labels(self, app: str) -> dict[str, str]:
        """Of an object and of a pod."""
        component = COMPONENTS.get(app, "exporter")
        return {"app.kubernetes.io/name": app, "app.kubernetes.io/component": component, **self.ours}

    def selector(self, app: str) -> dict[str, str]:
        """Of these, what never changes: the selector of what runs cannot be changed afterwards."""
        return {"app.kubernetes.io/name": app, "app.kubernetes.io/part-of": self.part}

    def home(self, app: str) -> str:
        """The namespace of a program."""
        return self.nodes if app == "node-exporter" else self.namespace

    def meta(self, app: str, name: str = "") -> dict[str, Any]:
        """``metadata`` of an object of a program; by default it has the program's name."""
        return {"name": name or app, "namespace": self.home(app), "labels": self.labels(app)}

    def account(self, app: str) -> dict[str, Any]:
        """Who a program is to the cluster. What it may do there is said in ``access``."""
        return {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": self.meta(app),
            "automountServiceAccountToken": False,
        }

    def service(self, app: str, ports: Mapping[str, int], *, name: str = "", **more: Any) -> dict[str, Any]:
        """The address of a program inside the cluster."""
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": self.meta(app, name),
            "spec": {
                **more,
                "selector": self.selector(app),
                "ports": [{"name": key, "port": port, "targetPort": key} for key, port in ports.items()],
            },
        }

    def budget(self, app: str) -> dict[str, Any]:
        """When nodes are emptied, one of several goes at a time."""
        return {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": self.meta(app),
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": self.selector(app)}},
        }

    def spaces(self, *, with_nodes: bool) -> list[dict[str, Any]]:
        """The namespaces. All pods of the first keep to the profile ``restricted``; node_exporter cannot."""
        found = [self._space(self.namespace, "restricted")]
        return [*found, self._space(self.nodes, "privileged")] if with_nodes else found

    def _space(self, name: str, profile: str) -> dict[str, Any]:
        levels = {f"pod-security.kubernetes.io/{mode}": profile for mode in ("enforce", "audit", "warn")}
        return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {**self.ours, **levels}}}


def names(plan: Plan) -> Names:
    """The names of a stack: ``Shop.eu`` is ``shop-eu``."""
    found = re.sub(r"[^a-z0-9]+", "-", plan.stack.name.lower()).strip("-")[:_LONGEST].strip("-")
    return Names(found or "vedette")


def documents(objects: Iterable[Mapping[str, Any]]) -> str:
    """One file of several objects."""
    texts: Sequence[str] = [yaml.write(one) for one in objects]
    return "---\n".join(texts)
