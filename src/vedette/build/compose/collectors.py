"""What stands for Alloy where an environment asks for it: the OpenTelemetry collector, with or without Promtail.

Promtail is for those who have it: it has had no release since its end of life in March 2026.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from vedette.build.compose.services import ALWAYS, answers, bind, service, volume
from vedette.build.compose.telemetry import collected
from vedette.formats import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["collector_files", "collector_services"]

_LOGS: Final = "/var/lib/docker/containers"


def collector_services(collector: str) -> Mapping[str, dict[str, Any]]:
    """The services that bring logs, traces and metrics to where they are kept."""
    if collector == "alloy":
        return {"alloy": ALWAYS["alloy"]}
    if collector == "otel":
        return {"otel-collector": _otel(reads_logs=True)}
    return {"otel-collector": _otel(reads_logs=False), "promtail": _promtail()}


def collector_files(collector: str, prometheus: Sequence[str], *, by_node: bool = False) -> dict[str, str]:
    """Path → text of their configurations; by node, each line of a container says where it was printed."""
    if collector == "alloy":
        return {"alloy/config.alloy": collected(prometheus, by_node=by_node)}
    found = {"otel-collector/config.yaml": _otel_config(prometheus, reads_logs=collector == "otel", by_node=by_node)}
    if collector == "promtail":
        found["promtail/promtail.yaml"] = _promtail_config(by_node=by_node)
    return found


def _otel(*, reads_logs: bool) -> dict[str, Any]:
    mounts = [bind("./otel-collector", "/etc/otel-collector")]
    more: dict[str, Any] = {}
    if reads_logs:
        mounts += [bind(_LOGS, _LOGS), volume("otel-collector", "/data")]
        more["user"] = "0:0"  # the files of containers' logs are root's; it has no capability of root
    return service(
        "otel-collector",
        health=(),  # the image has nothing but the collector, which cannot ask after itself
        ports=[4317, 4318],
        command=["--config=/etc/otel-collector/config.yaml"],
        volumes=mounts,
        **more,
    )


def _promtail() -> dict[str, Any]:
    return service(
        "promtail",
        health=answers(9080, "/ready"),
        command=["-config.file=/etc/promtail/promtail.yaml", "-config.expand-env=true"],
        user="0:0",  # as for the collector
        volumes=[bind("./promtail", "/etc/promtail"), bind(_LOGS, _LOGS), volume("promtail", "/data")],
    )


def _otel_config(prometheus: Sequence[str], *, reads_logs: bool, by_node: bool) -> str:
    """The names of components are those since 0.149; older collectors call them filelog, otlphttp and otlp."""
    metrics = {f"otlp_http/{name}": {"endpoint": f"http://{name}:9090/api/v1/otlp"} for name in prometheus}
    exporters: dict[str, Any] = {
        **metrics,
        "otlp_http/loki": {"endpoint": "http://loki:3100/otlp"},
        "otlp_grpc/jaeger": {"endpoint": "jaeger:4317", "tls": {"insecure": True}},
    }
    receivers: dict[str, Any] = {
        "otlp": {"protocols": {"grpc": {"endpoint": "0.0.0.0:4317"}, "http": {"endpoint": "0.0.0.0:4318"}}}
    }
    processors: dict[str, Any] = {
        "memory_limiter": {"check_interval": "1s", "limit_percentage": 80, "spike_limit_percentage": 20},
        "batch": {},
    }
    kept = ["memory_limiter", "batch"]
    pipelines: dict[str, Any] = {
        "metrics": {"receivers": ["otlp"], "processors": kept, "exporters": list(metrics)},
        "logs": {"receivers": ["otlp"], "processors": kept, "exporters": ["otlp_http/loki"]},
        "traces": {"receivers": ["otlp"], "processors": kept, "exporters": ["otlp_grpc/jaeger"]},
    }
    extensions: dict[str, Any] = {}
    if reads_logs:
        receivers["file_log/containers"] = _containers()
        extensions["file_storage"] = {"directory": "/data"}
        named = [*kept]
        if by_node:
            node = {"key": "node", "value": "${env:NODE}", "action": "upsert"}
            processors["resource/node"] = {"attributes": [node]}
            named.insert(1, "resource/node")
        pipelines["logs/containers"] = {
            "receivers": ["file_log/containers"],
            "processors": named,
            "exporters": ["otlp_http/loki"],
        }
    return yaml.write(
        {
            **({"extensions": extensions} if extensions else {}),
            "receivers": receivers,
            "processors": processors,
            "exporters": exporters,
            "service": {**({"extensions": list(extensions)} if extensions else {}), "pipelines": pipelines},
        }
    )


def _containers() -> dict[str, Any]:
    """Docker's envelope; "attrs" is there where a container is started with the logging option "tag" or "labels"."""
    return {
        "include": [f"{_LOGS}/*/*-json.log"],
        "include_file_name": False,
        "storage": "file_storage",
        "operators": [
            {
                "type": "json_parser",
                "timestamp": {"parse_from": "attributes.time", "layout": "%Y-%m-%dT%H:%M:%S.%LZ"},
            },
            {"type": "move", "from": "attributes.log", "to": "body"},
            {
                "type": "move",
                "from": "attributes.attrs.tag",
                "to": 'resource["service.name"]',
                "if": "attributes?.attrs?.tag != nil",
            },
            {"type": "remove", "field": "attributes.attrs", "if": "attributes?.attrs != nil"},
            {"type": "remove", "field": "attributes.time"},
        ],
    }


def _promtail_config(*, by_node: bool) -> str:
    """The same labels as Alloy's: the tag of the container, and which of its streams."""
    labels = {"__path__": f"{_LOGS}/*/*-json.log", **({"node": "${NODE}"} if by_node else {})}
    return yaml.write(
        {
            "server": {"http_listen_port": 9080, "grpc_listen_port": 0, "log_level": "warn"},
            "positions": {"filename": "/data/positions.yaml"},
            "clients": [{"url": "http://loki:3100/loki/api/v1/push"}],
            "scrape_configs": [
                {
                    "job_name": "containers",
                    "static_configs": [{"targets": ["localhost"], "labels": labels}],
                    "pipeline_stages": [
                        {
                            "json": {
                                "expressions": {"output": "log", "stream": "stream", "time": "time", "attrs": "attrs"}
                            }
                        },
                        {"json": {"source": "attrs", "expressions": {"service_name": "tag"}}},
                        {"timestamp": {"source": "time", "format": "RFC3339Nano"}},
                        {"labels": {"service_name": "", "stream": ""}},
                        {"labeldrop": ["filename"]},
                        {"output": {"source": "output"}},
                    ],
                }
            ],
        }
    )
