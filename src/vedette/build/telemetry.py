"""The configuration of what is beside Prometheus: Loki for logs, Jaeger for traces, Alloy for what comes by OTLP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from vedette.formats import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["alloy", "jaeger", "loki"]

_OTLP: Final[Mapping[str, int]] = {"grpc": 4317, "http": 4318}


def loki(folder: str = "/loki", listen: Mapping[str, str | int] | None = None) -> str:
    """One process with its data on disk; what is older than 30 days is deleted."""
    return yaml.write(
        {
            "auth_enabled": False,
            "server": {**(listen or {}), "http_listen_port": 3100, "log_level": "warn"},
            "common": {
                # its parts ask each other here; without it Loki looks at the machine's networks for an address
                "instance_addr": "127.0.0.1",
                "path_prefix": folder,
                "replication_factor": 1,
                "ring": {"kvstore": {"store": "inmemory"}},
                "storage": {
                    "filesystem": {"chunks_directory": f"{folder}/chunks", "rules_directory": f"{folder}/rules"}
                },
            },
            "schema_config": {
                "configs": [
                    {
                        "from": "2024-01-01",
                        "store": "tsdb",
                        "object_store": "filesystem",
                        "schema": "v13",
                        "index": {"prefix": "index_", "period": "24h"},
                    }
                ]
            },
            "limits_config": {"retention_period": "720h", "allow_structured_metadata": True, "volume_enabled": True},
            "compactor": {
                "working_directory": f"{folder}/compactor",
                "retention_enabled": True,
                "delete_request_store": "filesystem",
            },
            "analytics": {"reporting_enabled": False},
        }
    )


def jaeger(
    folder: str = "/tmp/jaeger",  # noqa: S108 - in the container, the only place its user may write to
    host: str = "0.0.0.0",  # noqa: S104 - in the container
    *,
    ports: Mapping[str, int] = _OTLP,
    query: Mapping[str, Any] | None = None,
) -> str:
    """Jaeger 2 with its data on disk."""
    return yaml.write(
        {
            "service": {
                "extensions": ["jaeger_storage", "jaeger_query", "healthcheckv2"],
                "pipelines": {
                    "traces": {
                        "receivers": ["otlp"],
                        "processors": ["batch"],
                        "exporters": ["jaeger_storage_exporter"],
                    }
                },
                "telemetry": {"resource": {"service.name": "jaeger"}, "logs": {"level": "warn"}},
            },
            "extensions": {
                "healthcheckv2": {"use_v2": True, "http": {"endpoint": f"{host}:13133"}},
                "jaeger_query": {"storage": {"traces": "disk"}, **(query or {})},
                "jaeger_storage": {
                    "backends": {
                        "disk": {
                            "badger": {
                                "directories": {"keys": f"{folder}/keys", "values": f"{folder}/values"},
                                "ephemeral": False,
                                "ttl": {"spans": "168h"},
                            }
                        }
                    }
                },
            },
            "receivers": {"otlp": {"protocols": {how: {"endpoint": f"{host}:{port}"} for how, port in ports.items()}}},
            "processors": {"batch": {}},
            "exporters": {"jaeger_storage_exporter": {"trace_storage": "disk"}},
        }
    )


def alloy(prometheus: Sequence[str]) -> str:
    """What ``config.alloy`` has of OTLP: each Prometheus is sent every sample, for none tells the other."""
    names = [re.sub(r"\W", "_", host) for host in prometheus]
    metrics = ", ".join(f"otelcol.exporter.otlphttp.{name}.input" for name in names)
    senders = "".join(_PROMETHEUS.format(name=name, host=host) for name, host in zip(names, prometheus, strict=True))
    return _RECEIVER.replace("METRICS", metrics) + senders + _SENDERS


_PROMETHEUS: Final = """\
otelcol.exporter.otlphttp "{name}" {{
  client {{
    endpoint = "http://{host}:9090/api/v1/otlp"
  }}
}}

"""

_RECEIVER: Final = """\
// What applications send by OTLP: traces to Jaeger, logs to Loki, metrics to Prometheus.
otelcol.receiver.otlp "applications" {
  grpc {
    endpoint = "0.0.0.0:4317"
  }
  http {
    endpoint = "0.0.0.0:4318"
  }
  output {
    metrics = [otelcol.processor.batch.applications.input]
    logs    = [otelcol.processor.batch.applications.input]
    traces  = [otelcol.processor.batch.applications.input]
  }
}

otelcol.processor.batch "applications" {
  output {
    metrics = [METRICS]
    logs    = [otelcol.exporter.otlphttp.loki.input]
    traces  = [otelcol.exporter.otlp.jaeger.input]
  }
}

"""

_SENDERS: Final = """\
otelcol.exporter.otlphttp "loki" {
  client {
    endpoint = "http://loki:3100/otlp"
  }
}

otelcol.exporter.otlp "jaeger" {
  client {
    endpoint = "jaeger:4317"
    tls {
      insecure = true
    }
  }
}

"""
