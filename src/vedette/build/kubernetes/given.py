"""What the cluster must be given by hand, because no built file may hold it: Secrets, and a file of an exporter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from vedette.build.compose.services import GRAFANA_SECRETS
from vedette.build.grafana_server import login_secrets
from vedette.build.kubernetes.exporters import OF_YOURS
from vedette.build.secrets import alertmanager_secrets, prometheus_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vedette.build.kubernetes.objects import Names
    from vedette.build.plan import Plan

__all__ = ["TLS", "Given", "example", "needed"]

TLS: Final = "grafana-tls"  # the name of a Secret

_WHAT: Final[Mapping[str, str]] = {
    "grafana_admin_password": "of the user admin",
    "grafana_secret_key": "what Grafana encrypts its own secrets with; keep it, or they are lost",
    "postgres_uri": "the PostgreSQL to watch: host:port/database?sslmode=require",
    "postgres_user": "the account that watches it",
    "postgres_password": "its password",
    "redis_addr": "the Redis to watch: redis://host:port",
    "redis_passwords": '{"redis://host:port": "…"}, or {} where there is none',
}
"""Key → what it is; the others are the stack's own."""


class Given(NamedTuple):
    """A Secret and its keys."""

    name: str
    keys: tuple[str, ...]


def needed(plan: Plan, chosen: Sequence[str]) -> list[Given]:
    """The Secrets that the base needs."""
    login = [one.name for one in login_secrets(plan.environment)]
    found = [
        Given("prometheus-secrets", tuple(one.name for one in prometheus_secrets(plan))),
        Given("alertmanager-secrets", tuple(one.name for one in alertmanager_secrets(plan))),
        Given("grafana-secrets", tuple(dict.fromkeys([*GRAFANA_SECRETS, *login]))),
    ]
    if "postgres-exporter" in chosen:
        found.append(Given("postgres-exporter-secrets", ("postgres_uri", "postgres_user", "postgres_password")))
    if "redis-exporter" in chosen:
        found.append(Given("redis-exporter-secrets", ("redis_addr", "redis_passwords")))
    return [one for one in found if one.keys]


def example(plan: Plan, names: Names, chosen: Sequence[str], *, production: bool) -> str:
    """``secrets.example``: the commands, which read each value from a file, so that none stands in a history."""
    lines = [
        "# What the cluster must be given once. Each value is a file of one folder, without a newline at its end:",
        "#",
        '#   (umask 077; openssl rand -hex 24 | tr -d "\\n" > "$SECRETS/grafana_admin_password")',
        "#",
        "# Copy this file, say which folder it is, and run it with sh. To make one anew, delete it first:",
        f"# kubectl delete secret NAME --namespace {names.namespace}",
        f"SECRETS=/srv/{names.part}/secrets",
        f"NAMESPACE={names.namespace}",
        "",
        'kubectl get namespace "$NAMESPACE" >/dev/null 2>&1 || kubectl create namespace "$NAMESPACE"',
    ]
    for secret in needed(plan, chosen):
        lines += ["", *_command(secret)]
    for app in chosen:
        if app in OF_YOURS:
            lines += [
                "",
                f"# The questions of {app}: a file, no secret.",
                f'kubectl create configmap {OF_YOURS[app]} --namespace "$NAMESPACE" \\',
                '  --from-file="$SECRETS/queries.yml"',
            ]
    if production:
        lines += [
            "",
            "# With overlays/production: the certificate of Grafana's name, unless cert-manager or its like makes it.",
            f'kubectl create secret tls {TLS} --namespace "$NAMESPACE" \\',
            '  --cert="$SECRETS/grafana.crt" --key="$SECRETS/grafana.key"',
        ]
    return "\n".join([*lines, ""])


def _command(secret: Given) -> list[str]:
    told = [f"#   {key}: {_WHAT[key]}" for key in secret.keys if key in _WHAT]
    files = [f'  --from-file="$SECRETS/{key}"' for key in secret.keys]
    command = [f'kubectl create secret generic {secret.name} --namespace "$NAMESPACE"', *files]
    return [*told, *(f"{line} \\" for line in command[:-1]), command[-1]]
