"""Targets that Prometheus finds by itself, where processes come and go: in Kubernetes, in a Docker Swarm."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from vedette.catalog.names import fail, is_slug, nearest
from vedette.place import Place, caller

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["WHERE", "Discovery", "Kubernetes", "KubernetesNodes", "Swarm"]

WHERE = ("namespace", "pod", "node", "container")
"""What can be told of where a pod runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubernetes:
    """The pods of a service, each a target with the labels that say where it runs.

    Prometheus runs in the cluster, with a service account that may list and watch pods.

    Args:
        app: the value of the pods' label.
        namespace: where they are.
        port: the name of the container's port that has the metrics.
        label: which label says whose pod it is.
        adds: labels of its targets, of ``namespace``, ``pod``, ``node`` and ``container``. What speaks of other pods,
            such as kube-state-metrics, has some of these itself: ``adds=[]``.

    Raises:
        DeclarationError: anything above is empty or not of that form.
    """

    app: str
    namespace: str = "default"
    port: str = "metrics"
    label: str = "app.kubernetes.io/name"
    adds: Sequence[str] = ("namespace", "pod")
    place: Place = field(default_factory=caller, compare=False, repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.adds, str):
            raise fail(self.place, f"Kubernetes has adds={self.adds!r}; write a list: adds=[{self.adds!r}]")
        object.__setattr__(self, "adds", tuple(self.adds))
        for name in self.adds:
            if name not in WHERE:
                raise fail(
                    self.place,
                    f"Kubernetes has {name!r} in adds; there are {', '.join(WHERE)}{nearest(str(name), WHERE)}",
                )
        for key in ("app", "namespace", "port"):
            if not isinstance(getattr(self, key), str) or not is_slug(getattr(self, key)):
                raise fail(
                    self.place, f"Kubernetes has {key}={getattr(self, key)!r}; write a name as Kubernetes has it"
                )
        if not isinstance(self.label, str) or not is_slug(self.label.replace("/", ".")):
            raise fail(self.place, f"Kubernetes has label={self.label!r}; write for example 'app.kubernetes.io/name'")


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesNodes:
    """The kubelets of a cluster, each a target with the label ``node``: they tell of the containers on it.

    Prometheus shows the token of its service account, which may get ``nodes/metrics``. The service has
    ``scheme="https"``, and ``metrics_path="/metrics/cadvisor"`` for the containers.

    Args:
        verify: whether the kubelets' certificates must be signed by the cluster; in most clusters they sign their own.
        adds: labels of its targets: ``node``, or none where a pack of theirs has it in other metrics: ``adds=[]``.

    Raises:
        DeclarationError: another label is to be added.
    """

    verify: bool = False
    adds: Sequence[str] = ("node",)
    place: Place = field(default_factory=caller, compare=False, repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.adds, str) or not set(self.adds) <= {"node"}:
            raise fail(self.place, f"KubernetesNodes has adds={self.adds!r}; write adds=['node'] or adds=[]")
        object.__setattr__(self, "adds", tuple(self.adds))


@dataclass(frozen=True, slots=True, kw_only=True)
class Swarm:
    """The tasks of a service in a Docker Swarm, each a target with the label ``node``.

    Prometheus needs the socket of a manager.

    Args:
        service: its name, with that of the stack before it: ``shop_api``.
        port: where its metrics are.
        network: the overlay network that Prometheus shares with it, where it is in several.
        host: the manager.

    Raises:
        DeclarationError: a name is empty, the port is none, or the host has no scheme.
    """

    service: str
    port: int
    network: str = ""
    host: str = "unix:///var/run/docker.sock"
    place: Place = field(default_factory=caller, compare=False, repr=False)

    adds: ClassVar[tuple[str, ...]] = ("node",)
    """The labels that its targets have."""

    def __post_init__(self) -> None:
        for key in ("service", "network"):
            value = getattr(self, key)
            if not isinstance(value, str) or not (is_slug(value) or (key == "network" and not value)):
                raise fail(self.place, f"Swarm has {key}={value!r}; write a name as Docker has it")
        if isinstance(self.port, bool) or not isinstance(self.port, int) or not 0 < self.port < 65_536:
            raise fail(self.place, f"Swarm has port={self.port!r}; write a number from 1 to 65535")
        if not isinstance(self.host, str) or "://" not in self.host:
            raise fail(self.place, f"Swarm has host={self.host!r}; write for example 'unix:///var/run/docker.sock'")


Discovery = Kubernetes | KubernetesNodes | Swarm
"""Any way in which targets are found."""
