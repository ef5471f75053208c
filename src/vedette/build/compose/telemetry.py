"""The configuration of what is beside Prometheus: Loki for logs, Jaeger for traces, Alloy that brings both to them."""

from __future__ import annotations

from typing import Final

from vedette.formats import yaml

__all__ = ["ALLOY", "jaeger", "loki"]


def loki() -> str:
    """One process with its data on disk; what is older than 30 days is deleted."""
    return yaml.write(
        {
            "auth_enabled": False,
            "server": {"http_listen_port": 3100, "log_level": "warn"},
            "common": {
                "path_prefix": "/loki",
                "replication_factor": 1,
                "ring": {"kvstore": {"store": "inmemory"}},
                "storage": {"filesystem": {"chunks_directory": "/loki/chunks", "rules_directory": "/loki/rules"}},
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
                "working_directory": "/loki/compactor",
                "retention_enabled": True,
                "delete_request_store": "filesystem",
            },
            "analytics": {"reporting_enabled": False},
        }
    )


def jaeger() -> str:
    """Jaeger 2 with its data on disk, in the image's own volume, the only folder its user may write to."""
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
                "healthcheckv2": {"use_v2": True, "http": {"endpoint": "0.0.0.0:13133"}},
                "jaeger_query": {"storage": {"traces": "disk"}},
                "jaeger_storage": {
                    "backends": {
                        "disk": {
                            "badger": {
                                "directories": {"keys": "/tmp/jaeger/keys", "values": "/tmp/jaeger/values"},  # noqa: S108 - in the container
                                "ephemeral": False,
                                "ttl": {"spans": "168h"},
                            }
                        }
                    }
                },
            },
            "receivers": {
                "otlp": {"protocols": {"grpc": {"endpoint": "0.0.0.0:4317"}, "http": {"endpoint": "0.0.0.0:4318"}}}
            },
            "processors": {"batch": {}},
            "exporters": {"jaeger_storage_exporter": {"trace_storage": "disk"}},
        }
    )


ALLOY: Final = """\
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
    metrics = [otelcol.exporter.otlphttp.prometheus.input]
    logs    = [otelcol.exporter.otlphttp.loki.input]
    traces  = [otelcol.exporter.otlp.jaeger.input]
  }
}

otelcol.exporter.otlphttp "prometheus" {
  client {
    endpoint = "http://prometheus:9090/api/v1/otlp"
  }
}

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

// What containers print. Their files are read, so that Docker's socket, which is root on the machine, stays outside.
local.file_match "containers" {
  path_targets = [{__path__ = "/var/lib/docker/containers/*/*-json.log"}]
}

loki.source.file "containers" {
  targets    = local.file_match.containers.targets
  forward_to = [loki.process.containers.receiver]
}

loki.process "containers" {
  // Docker's envelope; "attrs" is there where a container is started with the logging option "tag" or "labels".
  stage.json {
    expressions = {output = "log", stream = "stream", time = "time", attrs = "attrs"}
  }
  stage.json {
    source      = "attrs"
    expressions = {service_name = "tag"}
  }
  stage.timestamp {
    source = "time"
    format = "RFC3339Nano"
  }
  stage.labels {
    values = {service_name = "", stream = ""}
  }
  stage.label_drop {
    values = ["filename"]
  }
  stage.output {
    source = "output"
  }
  forward_to = [loki.write.loki.receiver]
}

loki.write "loki" {
  endpoint {
    url = "http://loki:3100/loki/api/v1/push"
  }
}
"""
"""``config.alloy``."""
