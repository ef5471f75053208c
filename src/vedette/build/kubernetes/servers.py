"""Prometheus, Alertmanager and Grafana: what each runs, reads and keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from vedette.build.compose.services import GRAFANA_SECRETS
from vedette.build.grafana_server import CLOSED, LDAP_FOLDER, login_files, login_settings
from vedette.build.kubernetes.pods import Mount, asks, claim, field, pod, scratch, secret, several, volume, workload
from vedette.build.provisioning import DASHBOARDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.build.kubernetes.objects import Names
    from vedette.build.plan import Plan
    from vedette.catalog import Secret

__all__ = ["REPLICAS", "alertmanager", "grafana", "prometheus", "shared_grafana", "shown_at"]

REPLICAS: Final = 2
"""Of Prometheus: both scrape everything, and either may be missed."""

_CLUSTER: Final = 9094
_GRAFANA_SECRETS: Final = "/etc/grafana/secrets"


def prometheus(names: Names, rules: Sequence[dict[str, Any]], secrets: str, *, token: bool) -> list[dict[str, Any]]:
    """A pair that scrapes the same. ``secrets`` is the folder of those that it reads, ``token`` for discovery."""
    mounts: list[Mount] = [several("configuration", "/etc/prometheus", [_only("prometheus", "prometheus.yml"), *rules])]
    if secrets:
        mounts.append(secret("prometheus-secrets", secrets))
    template = pod(
        names,
        "prometheus",
        ports={"http": 9090},
        # replaying the write-ahead log of a big server takes minutes
        probes=asks("/-/ready", "http", alive="/-/healthy", patience=90),
        token=token,
        args=[
            "--config.file=/etc/prometheus/prometheus.yml",
            "--storage.tsdb.path=/prometheus",
            "--storage.tsdb.retention.time=$(RETENTION)",
            "--storage.tsdb.retention.size=$(RETENTION_SIZE)",
            # external labels name the replica: Prometheus 2 fills them in where it is told to, 3 always, and only warns
            "--enable-feature=exemplar-storage,expand-external-labels",
            "--web.enable-otlp-receiver",
        ],
        env=[
            field("POD_NAME", "metadata.name"),
            {"name": "RETENTION", "value": "15d"},
            {"name": "RETENTION_SIZE", "value": "16GB"},
        ],
        mounts=[*mounts, claim("data", "/prometheus")],
        terminationGracePeriodSeconds=120,
    )
    return [
        names.account("prometheus"),
        # one address for who asks; who has asked one of the pair goes on with it, for they differ by a scrape
        names.service("prometheus", {"http": 9090}, sessionAffinity="ClientIP"),
        names.service("prometheus", {"http": 9090}, name="prometheus-replicas", clusterIP="None"),
        workload(
            "StatefulSet",
            names,
            "prometheus",
            template,
            serviceName="prometheus-replicas",
            replicas=REPLICAS,
            podManagementPolicy="Parallel",
            size="20Gi",
        ),
        names.budget("prometheus"),
    ]


def _only(config_map: str, *keys: str) -> dict[str, Any]:
    return {"name": config_map, "items": [{"key": key, "path": key} for key in keys]}


def alertmanager(names: Names, replicas: int, secrets: str) -> list[dict[str, Any]]:
    """As many as the environment names. Each is told every alert; together they see that it is sent once."""
    alone = ["--cluster.listen-address="]
    cluster = [
        f"--cluster.listen-address=0.0.0.0:{_CLUSTER}",
        f"--cluster.advertise-address=$(POD_IP):{_CLUSTER}",
        # a pod that comes back has another address: do not look for the old one for hours
        "--cluster.reconnect-timeout=5m",
        *(f"--cluster.peer=alertmanager-{number}.alertmanager:{_CLUSTER}" for number in range(replicas)),
    ]
    several_of_them = replicas > 1
    mounts = [volume("alertmanager", "/etc/alertmanager")]
    if secrets:
        mounts.append(secret("alertmanager-secrets", secrets))
    template = pod(
        names,
        "alertmanager",
        ports={"http": 9093} | ({"cluster": _CLUSTER} if several_of_them else {}),
        probes=asks("/-/ready", "http", alive="/-/healthy"),
        args=[
            "--config.file=/etc/alertmanager/alertmanager.yml",
            "--storage.path=/alertmanager",
            *(cluster if several_of_them else alone),
        ],
        env=[field("POD_IP", "status.podIP")] if several_of_them else [],
        mounts=[*mounts, claim("data", "/alertmanager")],
    )
    own = [
        names.account("alertmanager"),
        # those that are starting are found, too: they are ready once they have found each other
        names.service(
            "alertmanager",
            {"http": 9093},
            clusterIP="None",
            publishNotReadyAddresses=True,
        ),
        workload(
            "StatefulSet",
            names,
            "alertmanager",
            template,
            serviceName="alertmanager",
            replicas=replicas,
            podManagementPolicy="Parallel",
            size="1Gi",
        ),
    ]
    return [*own, names.budget("alertmanager")] if several_of_them else own


def grafana(plan: Plan, names: Names, dashboards: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One, with its database on a volume; two where the environment names a PostgreSQL that they share."""
    password, key = GRAFANA_SECRETS
    settings = {
        "GF_SECURITY_ADMIN_PASSWORD__FILE": f"{_GRAFANA_SECRETS}/{password}",
        "GF_SECURITY_SECRET_KEY__FILE": f"{_GRAFANA_SECRETS}/{key}",
        **CLOSED,
        **login_settings(plan.environment, shown_at),
    }
    shared = shared_grafana(plan)
    data = Mount("data", "/var/lib/grafana", {"persistentVolumeClaim": {"claimName": "grafana"}}, writable=True)
    mounts = [
        volume("grafana-datasources", "/etc/grafana/provisioning/datasources"),
        volume("grafana-providers", "/etc/grafana/provisioning/dashboards"),
        several("dashboards", DASHBOARDS, dashboards),
        secret("grafana-secrets", _GRAFANA_SECRETS),
        scratch("tmp", "/tmp"),  # noqa: S108 - in the container
        scratch("data", "/var/lib/grafana", "512Mi") if shared else data,
    ]
    if login_files(plan.environment, shown_at):
        mounts.append(volume("grafana-ldap", LDAP_FOLDER))
    template = pod(
        names,
        "grafana",
        ports={"http": 3000},
        probes=asks("/api/health", "http"),
        env=[{"name": name, "value": value} for name, value in settings.items()],
        mounts=mounts,
    )
    own = [names.account("grafana"), names.service("grafana", {"http": 3000})]
    if shared:
        return [*own, workload("Deployment", names, "grafana", template, replicas=2), names.budget("grafana")]
    claimed = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": names.meta("grafana"),
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}},
    }
    # one after the other: two would write into one database
    return [
        *own,
        claimed,
        workload("Deployment", names, "grafana", template, replicas=1, strategy={"type": "Recreate"}),
    ]


def shared_grafana(plan: Plan) -> bool:
    """Whether several of it have one database."""
    given = plan.environment.grafana
    return given is not None and given.database is not None


def shown_at(one: Secret) -> str:
    """Where Grafana's container has the file of a secret."""
    return f"{_GRAFANA_SECRETS}/{one.name}"
