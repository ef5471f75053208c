"""What listens beyond its own machine: it speaks TLS and wants a password, and what asks it here shows one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from vedette.catalog import Environment, Service

__all__ = ["CLIENT", "SERVER", "USER", "address", "alertmanager", "exposed", "listens", "login", "scrape"]

PORTS: Final = {"prometheus": 9090, "alertmanager": 9093, "pushgateway": 9091}
LOCAL: Final = re.compile(r"(localhost|127(\.\d+){3}|\[::1\]|::1)")
_EVERYWHERE: Final = ("0.0.0.0", "[::]")  # noqa: S104 - what is recognised

USER: Final = "watch"
SERVER: Final = ("web.yml", "web.crt", "web.key")
"""The secrets of what listens: its web configuration, which has the hash of each password, and the certificate."""
CLIENT: Final = ("web.crt", "web_password")
"""The secrets of what asks it: the certificate that it must show, and the password of `USER`."""


def listens(environment: Environment, server: str) -> str:
    """``host:port`` that a server listens on."""
    return environment.listen.get(server, f"127.0.0.1:{PORTS[server]}")


def exposed(environment: Environment, server: str) -> bool:
    """Whether others than this machine can reach it."""
    host = listens(environment, server).rpartition(":")[0]
    return "systemd" in environment.platforms and LOCAL.fullmatch(host) is None


def address(environment: Environment, server: str) -> str:
    """``host:port`` at which this machine reaches it."""
    host, _, port = listens(environment, server).rpartition(":")
    return f"127.0.0.1:{port}" if host in _EVERYWHERE else f"{host}:{port}"


def names(environment: Environment, server: str, target: str) -> bool:
    """Whether a target is this server, on this machine."""
    host, _, port = target.rpartition(":")
    own_host, _, own_port = listens(environment, server).rpartition(":")
    here = host == own_host or (LOCAL.fullmatch(host) is not None and own_host in (*_EVERYWHERE, "localhost"))
    return port == own_port and (here or bool(LOCAL.fullmatch(host) and LOCAL.fullmatch(own_host)))


def login(environment: Environment) -> dict[str, Any]:
    """How Prometheus shows who it is, to what listens beyond this machine."""
    folder = environment.secrets.rstrip("/")
    return {
        "scheme": "https",
        "basic_auth": {"username": USER, "password_file": f"{folder}/web_password"},
        "tls_config": {"ca_file": f"{folder}/web.crt"},
    }


def alertmanager(environment: Environment) -> dict[str, Any]:
    """What Prometheus needs, beside the address, to send alerts."""
    return login(environment) if exposed(environment, "alertmanager") else {}


def scrape(service: Service, environment: Environment) -> dict[str, Any]:
    """What Prometheus needs to read a service that is one of these servers."""
    if "systemd" not in environment.platforms:
        return {}
    for server in PORTS:
        if exposed(environment, server) and any(names(environment, server, one) for one in service.targets):
            return login(environment)
    return {}
