"""The services of the compose project: what each runs, may use, sees of the machine, and how its health is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from vedette.build.grafana_server import CLOSED
from vedette.build.images import IMAGES
from vedette.build.provisioning import DASHBOARDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "ALWAYS",
    "GRAFANA_SECRETS",
    "HOST",
    "NAMED",
    "RELOADS",
    "SECRETS_OF",
    "answers",
    "asks",
    "bind",
    "mail_catcher",
    "service",
    "volume",
]

HOST: Final = "host.docker.internal"
"""The machine itself, as seen from a container."""

_LIMITS: Final[Mapping[str, tuple[str, str]]] = {
    "prometheus": ("1", "1G"),
    "grafana": ("1", "512M"),
    "alertmanager": ("0.5", "256M"),
    "loki": ("1", "1G"),
    "jaeger": ("1", "1G"),
    "alloy": ("0.5", "512M"),
    "otel-collector": ("0.5", "512M"),
    "cadvisor": ("0.5", "512M"),
}
"""CPUs and memory; what is not here has a quarter of a CPU and 128 MB."""

GRAFANA_SECRETS: Final = ("grafana_admin_password", "grafana_secret_key")
"""Grafana has a default for both, so both are demanded."""

SECRETS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "grafana": GRAFANA_SECRETS,
    "postgres-exporter": ("postgres_password",),
    "redis-exporter": ("redis_passwords",),
}
"""What is not in the stack, because only the compose project needs it."""


def bind(source: str, target: str, **more: Any) -> dict[str, Any]:
    """A file or folder to read; that it is missing is an error, where Docker would make an empty folder of it."""
    return {
        "type": "bind",
        "source": source,
        "target": target,
        "read_only": True,
        "bind": {"create_host_path": False, **more},
    }


def volume(name: str, target: str) -> dict[str, Any]:
    """A folder that lasts."""
    return {"type": "volume", "source": name, "target": target}


def asks(port: int, path: str) -> list[str]:
    """A check of health: the address answers."""
    return ["CMD", "wget", "-q", "-O", "/dev/null", f"http://127.0.0.1:{port}{path}"]


def answers(port: int, path: str) -> list[str]:
    """The same in an image that has no client but bash."""
    asked = f"exec 3<>/dev/tcp/127.0.0.1/{port} && printf 'GET {path} HTTP/1.0\\r\\n\\r\\n' >&3"
    return ["CMD", "bash", "-c", f"{asked} && head -n 1 <&3 | grep -q ' 200 '"]


def service(
    name: str, *, health: Sequence[str], ports: Sequence[int] = (), outside: bool = False, **own: Any
) -> dict[str, Any]:
    """One service, hardened: read-only, no new privileges, no capabilities, limits, logs that are rotated.

    Only what is published or must reach beyond the project is on the network ``outside``.
    """
    cpus, memory = _LIMITS.get(name, ("0.25", "128M"))
    found: dict[str, Any] = {
        "image": IMAGES[name].reference,
        "restart": "unless-stopped",
        "read_only": True,
        "security_opt": ["no-new-privileges:true"],
        "cap_drop": ["ALL"],
        **own,
        "networks": ["inside", "outside"] if outside or ports else ["inside"],
        "deploy": {"resources": {"limits": {"cpus": cpus, "memory": memory}}},
        # the tag is the name that the lines have in Loki
        "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3", "tag": name}},
    }
    if health:
        found["healthcheck"] = {
            "test": list(health),
            "interval": "15s",
            "timeout": "5s",
            "retries": 5,
            "start_period": "30s",
        }
    if ports:
        found["ports"] = [f"127.0.0.1:{port}:{port}" for port in ports]
    if outside:
        found["extra_hosts"] = [f"{HOST}:host-gateway"]
    return found


def _grafana() -> dict[str, Any]:
    settings = {
        "GF_SECURITY_ADMIN_PASSWORD__FILE": f"/run/secrets/{GRAFANA_SECRETS[0]}",
        "GF_SECURITY_SECRET_KEY__FILE": f"/run/secrets/{GRAFANA_SECRETS[1]}",
        **CLOSED,
    }
    return service(
        "grafana",
        health=asks(3000, "/api/health"),
        ports=[3000],
        environment=settings,
        tmpfs=["/tmp"],  # noqa: S108 - in the container
        volumes=[
            bind("./grafana/provisioning", "/etc/grafana/provisioning"),
            bind("../grafana/dashboards", DASHBOARDS),
            volume("grafana", "/var/lib/grafana"),
        ],
    )


ALWAYS: Final[Mapping[str, dict[str, Any]]] = {
    "prometheus": service(
        "prometheus",
        health=asks(9090, "/-/ready"),
        ports=[9090],
        outside=True,
        stop_grace_period="1m",
        command=[
            "--config.file=/etc/prometheus/prometheus.yml",
            "--storage.tsdb.path=/prometheus",
            "--storage.tsdb.retention.time=${PROMETHEUS_RETENTION:-30d}",
            "--storage.tsdb.retention.size=${PROMETHEUS_RETENTION_SIZE:-8GB}",
            "--enable-feature=exemplar-storage",
            "--web.enable-otlp-receiver",
        ],
        volumes=[bind("../prometheus", "/etc/prometheus"), volume("prometheus", "/prometheus")],
    ),
    "alertmanager": service(
        "alertmanager",
        health=asks(9093, "/-/ready"),
        ports=[9093],
        outside=True,
        command=[
            "--config.file=/etc/alertmanager/alertmanager.yml",
            "--storage.path=/alertmanager",
            "--cluster.listen-address=",  # alone: it need not look for others
        ],
        volumes=[bind("../alertmanager", "/etc/alertmanager"), volume("alertmanager", "/alertmanager")],
    ),
    "grafana": _grafana(),
    "loki": service(
        "loki",
        health=["CMD", "/usr/bin/loki", "-health"],
        command=["-config.file=/etc/loki/loki.yaml"],
        tmpfs=["/tmp"],  # noqa: S108 - in the container
        volumes=[bind("./loki", "/etc/loki"), volume("loki", "/loki")],
    ),
    "jaeger": service(
        "jaeger",
        health=asks(13133, "/status"),
        ports=[16686],
        command=["--config=/etc/jaeger/config.yaml"],
        volumes=[bind("./jaeger", "/etc/jaeger"), volume("jaeger", "/tmp")],  # noqa: S108 - in the container
    ),
    "alloy": service(
        "alloy",
        health=answers(12345, "/-/ready"),
        ports=[4317, 4318],
        command=["run", "--disable-reporting", "--storage.path=/data", "/etc/alloy/config.alloy"],
        user="0:0",  # the files of containers' logs are root's; it has no capability of root
        tmpfs=["/tmp"],  # noqa: S108 - in the container
        volumes=[
            bind("./alloy", "/etc/alloy"),
            bind("/var/lib/docker/containers", "/var/lib/docker/containers"),
            volume("alloy", "/data"),  # the image's own folder is another user's
        ],
    ),
}
"""What every project has."""

NAMED: Final[Mapping[str, tuple[int, dict[str, Any]]]] = {
    "pushgateway": (
        9091,
        service(
            "pushgateway",
            health=asks(9091, "/-/ready"),
            ports=[9091],
            command=["--persistence.file=/pushgateway/state"],
            volumes=[volume("pushgateway", "/pushgateway")],
        ),
    ),
    "node-exporter": (
        9100,
        service(
            "node-exporter",
            health=asks(9100, "/"),
            pid="host",
            command=["--path.rootfs=/host"],
            volumes=[bind("/", "/host", propagation="rslave")],
        ),
    ),
    "blackbox-exporter": (
        9115,
        service(
            "blackbox-exporter",
            health=asks(9115, "/-/healthy"),
            outside=True,
            command=["--config.file=/etc/blackbox/blackbox.yml"],
            volumes=[bind("../blackbox", "/etc/blackbox")],
        ),
    ),
    "postgres-exporter": (
        9187,
        service(
            "postgres-exporter",
            health=asks(9187, "/"),
            outside=True,
            command=["--extend.query-path=/etc/postgres_exporter/queries.yml"],
            environment={
                "DATA_SOURCE_URI": "${POSTGRES_URI:?host:port/database?sslmode=… of the PostgreSQL to watch}",
                "DATA_SOURCE_USER": "${POSTGRES_USER:?the account that watches PostgreSQL}",
                "DATA_SOURCE_PASS_FILE": "/run/secrets/postgres_password",
            },
            volumes=[
                bind("${POSTGRES_QUERIES:?the file queries.yml of the exporter}", "/etc/postgres_exporter/queries.yml")
            ],
        ),
    ),
    "redis-exporter": (
        9121,
        service(
            "redis-exporter",
            health=asks(9121, "/health"),
            outside=True,
            environment={
                "REDIS_ADDR": "${REDIS_ADDR:?redis://host:port of the Redis to watch}",
                "REDIS_PASSWORD_FILE": "/run/secrets/redis_passwords",
            },
        ),
    ),
    "cadvisor": (
        8080,
        service(
            "cadvisor",
            health=asks(8080, "/healthz"),
            command=["--docker_only=true", "--housekeeping_interval=15s"],
            # with Docker's socket below /var/run, which is as much as root: only where a target asks for it, and inside
            volumes=[
                bind("/", "/rootfs", propagation="rslave"),
                bind("/var/run", "/var/run"),
                bind("/sys", "/sys"),
                bind("/var/lib/docker", "/var/lib/docker"),
            ],
        ),
    ),
}
"""What is started where a target names it: name → its port and the service."""

RELOADS: Final = ("prometheus", "alertmanager", "blackbox-exporter")
"""They read what they mount anew when they are told; Grafana looks for dashboards itself, all others at their start."""


def mail_catcher() -> dict[str, Any]:
    """Takes every letter and shows it; nothing leaves the machine."""
    return service(
        "mailpit",
        health=["CMD", "/mailpit", "readyz"],
        ports=[8025],
        user="65534:65534",
        tmpfs=["/tmp"],  # noqa: S108 - in the container
        environment={"MP_DISABLE_VERSION_CHECK": "true"},
    )
