"""The servers of a plain host: what each runs, needs and tells, by the names that Debian gives their units."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from vedette.build.systemd import web

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.catalog import Environment

__all__ = ["CONFIG", "EXPORTERS", "SERVERS", "VARIABLES", "Server", "command"]

CONFIG: Final = "/etc/vedette"
"""Where the files of the build are on the host."""

VARIABLES: Final = f"{CONFIG}/vedette.env"
"""What is of this host alone, and no secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One of them; its unit has the name of the package's own and stands before it."""

    title: str
    documentation: str
    package: str
    port: int
    health: str
    program: str
    options: tuple[str, ...] = ()
    listener: str = ""
    """Its name in ``Environment(listen=…)``."""
    user: str = ""
    """Who it runs as; nobody else's and made up for each start where it is empty."""
    state: str = ""
    """Its folder below /var/lib."""
    data: str = ""
    """What a backup has of it."""
    environment: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    """What it demands of `VARIABLES`."""
    files: tuple[str, ...] = ()
    """What somebody else writes, and it demands."""
    configuration: str = ""
    """Below `CONFIG`; it reads it anew when told to."""
    check: str = ""
    """Judges the configuration, before it reads it anew."""
    secrets: tuple[str, ...] = ()
    sandbox: Mapping[str, str] = field(default_factory=dict)
    stop: str = "20s"


SERVERS: Final[Mapping[str, Server]] = {
    "prometheus": Server(
        title="Prometheus",
        documentation="https://prometheus.io/docs/",
        package="prometheus",
        port=9090,
        health="/-/ready",
        program="/usr/bin/prometheus",
        options=(
            f"--config.file={CONFIG}/prometheus/prometheus.yml",
            "--storage.tsdb.path=/var/lib/prometheus/metrics2",  # Debian's own folder: what is there stays
            "--storage.tsdb.retention.time=${PROMETHEUS_RETENTION}",
            "--storage.tsdb.retention.size=${PROMETHEUS_RETENTION_SIZE}",
            "--enable-feature=exemplar-storage",
            "--web.enable-remote-write-receiver",
        ),
        listener="prometheus",
        user="prometheus",
        state="prometheus",
        data="/var/lib/prometheus/metrics2",
        environment=("PROMETHEUS_RETENTION=30d", "PROMETHEUS_RETENTION_SIZE=8GB"),
        configuration="prometheus",
        check=f"/usr/bin/promtool check config {CONFIG}/prometheus/prometheus.yml",
        stop="1min",
    ),
    "prometheus-alertmanager": Server(
        title="Alertmanager",
        documentation="https://prometheus.io/docs/alerting/alertmanager/",
        package="prometheus-alertmanager",
        port=9093,
        health="/-/ready",
        program="/usr/bin/prometheus-alertmanager",
        options=(
            f"--config.file={CONFIG}/alertmanager/alertmanager.yml",
            "--storage.path=/var/lib/alertmanager",
            "--cluster.listen-address=",  # alone: it need not look for others
        ),
        listener="alertmanager",
        user="alertmanager",
        state="alertmanager",
        data="/var/lib/alertmanager",
        configuration="alertmanager",
        check=f"/usr/bin/amtool check-config {CONFIG}/alertmanager/alertmanager.yml",
    ),
}
"""What every host has; both come from Debian."""

EXPORTERS: Final[Mapping[str, Server]] = {
    "prometheus-pushgateway": Server(
        title="Pushgateway",
        documentation="https://github.com/prometheus/pushgateway",
        package="prometheus-pushgateway",
        port=9091,
        health="/-/ready",
        program="/usr/bin/prometheus-pushgateway",
        options=("--persistence.file=/var/lib/pushgateway/state",),
        listener="pushgateway",
        user="pushgateway",
        state="pushgateway",
        data="/var/lib/pushgateway",
    ),
    "prometheus-node-exporter": Server(
        title="node_exporter",
        documentation="https://github.com/prometheus/node_exporter",
        package="prometheus-node-exporter",
        port=9100,
        health="/",
        program="/usr/bin/prometheus-node-exporter",
        user="node-exporter",  # D-Bus, which it asks for failed units, speaks with nobody that it cannot look up
        sandbox={
            "ProtectHome": "read-only",  # it tells how full /home is
            "ProtectProc": "default",  # and what is mounted, which it reads of process 1
            "ProtectClock": "no",  # and how well the clock is kept
            "calls": "adjtimex clock_adjtime",
            "PrivateUsers": "no",  # and which units have failed
            "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX AF_NETLINK",
        },
    ),
    "prometheus-blackbox-exporter": Server(
        title="blackbox_exporter",
        documentation="https://github.com/prometheus/blackbox_exporter",
        package="prometheus-blackbox-exporter",
        port=9115,
        health="/-/healthy",
        program="/usr/bin/prometheus-blackbox-exporter",
        options=(f"--config.file={CONFIG}/blackbox/blackbox.yml",),
        configuration="blackbox",
        check=f"/usr/bin/prometheus-blackbox-exporter --config.check --config.file={CONFIG}/blackbox/blackbox.yml",
        # it pings: the right to raw sockets, which a user namespace would take away again
        sandbox={"CapabilityBoundingSet": "CAP_NET_RAW", "AmbientCapabilities": "CAP_NET_RAW", "PrivateUsers": "no"},
    ),
    "prometheus-postgres-exporter": Server(
        title="postgres_exporter",
        documentation="https://github.com/prometheus-community/postgres_exporter",
        package="prometheus-postgres-exporter",
        port=9187,
        health="/",
        program="/usr/bin/prometheus-postgres-exporter",
        options=(f"--extend.query-path={CONFIG}/postgres/queries.yml",),
        environment=("DATA_SOURCE_PASS_FILE=%d/postgres_password",),
        variables=("DATA_SOURCE_URI", "DATA_SOURCE_USER"),
        files=(f"{CONFIG}/postgres/queries.yml",),
        secrets=("postgres_password",),
    ),
    "prometheus-redis-exporter": Server(
        title="redis_exporter",
        documentation="https://github.com/oliver006/redis_exporter",
        package="prometheus-redis-exporter",
        port=9121,
        health="/health",
        program="/usr/bin/prometheus-redis-exporter",
        options=("--redis.addr=${REDIS_ADDR}", "--redis.password-file=%d/redis_passwords"),
        variables=("REDIS_ADDR",),
        secrets=("redis_passwords",),
    ),
}
"""What is there where a target names its port on this machine."""


def command(server: Server, environment: Environment) -> list[str]:
    """The program and its options, of one environment."""
    listen = web.listens(environment, server.listener) if server.listener else f"127.0.0.1:{server.port}"
    found = [server.program, f"--web.listen-address={listen}", *server.options]
    if server.listener and web.exposed(environment, server.listener):
        found.append(f"--web.config.file={environment.secrets.rstrip('/')}/web.yml")
    return found
