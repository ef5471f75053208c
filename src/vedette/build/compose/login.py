"""The login and the database of Grafana in a container: its variables, and the file of a directory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vedette.build.compose.services import bind
from vedette.build.grafana_server import LDAP_FOLDER, login_files, login_settings

if TYPE_CHECKING:
    from vedette.build.plan import Plan
    from vedette.catalog import Secret

__all__ = ["log_in", "shown_at"]


def shown_at(secret: Secret) -> str:
    """Where Grafana's container has the file of a secret."""
    return f"/run/secrets/{secret.name}"


def log_in(plan: Plan, grafana: dict[str, Any]) -> dict[str, str]:
    """Set the service; path → text of what it is to mount, from the folder of the project."""
    settings = login_settings(plan.environment, shown_at)
    # a single $ would be a variable of .env
    grafana["environment"] |= {key: value.replace("$", "$$") for key, value in settings.items()}
    files = login_files(plan.environment, shown_at)
    if files:
        grafana["volumes"].append(bind("./grafana/ldap", LDAP_FOLDER))
    return {f"grafana/ldap/{name}": text for name, text in files.items()}
