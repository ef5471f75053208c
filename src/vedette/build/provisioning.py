"""What Grafana is given at its start: data sources that lead from exemplar to trace to logs, and the dashboards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vedette.duration import format_duration, milliseconds
from vedette.formats import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.build.plan import Plan

__all__ = ["DASHBOARDS", "dashboards", "datasources"]

DASHBOARDS = "/etc/grafana/dashboards"
"""Where the built dashboards are in Grafana's container."""

_VALUE = "$${__value.raw}"  # Grafana reads a single $ in these files as a variable of its environment


def datasources(plan: Plan, *, pair: bool = False, elsewhere: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    """Prometheus, or both of a pair, Alertmanager, Loki and Jaeger, linked with each other.

    ``elsewhere`` has, by uid, what differs outside containers.
    """
    interval = format_duration(milliseconds(plan.environment.scrape_interval))
    settings = {
        "httpMethod": "POST",
        "timeInterval": interval,
        "exemplarTraceIdDestinations": [{"name": "trace_id", "datasourceUid": "jaeger"}],
    }
    second = _source("Prometheus", "http://prometheus-2:9090", settings)
    second |= {"name": "Prometheus 2", "uid": "prometheus-2"}
    sources = [
        _source("Prometheus", "http://prometheus:9090", settings, isDefault=True),
        *([second] if pair else []),
        _source(
            "Alertmanager",
            "http://alertmanager:9093",
            {"implementation": "prometheus", "handleGrafanaManagedAlerts": False},
        ),
        _source("Loki", "http://loki:3100", {"derivedFields": [_by_label(), _by_text()]}),
        _source(
            "Jaeger",
            "http://jaeger:16686",
            {
                "nodeGraph": {"enabled": True},
                "tracesToLogsV2": {
                    "datasourceUid": "loki",
                    "spanStartTimeShift": "-5m",
                    "spanEndTimeShift": "5m",
                    "tags": [{"key": "service.name", "value": "service_name"}],
                    "filterByTraceID": True,
                    "filterBySpanID": False,
                },
            },
        ),
    ]
    return yaml.write({"apiVersion": 1, "datasources": [_moved(one, elsewhere or {}) for one in sources]})


def _moved(source: dict[str, Any], elsewhere: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    changes = elsewhere.get(source["uid"], {})
    return {**source, **changes, "jsonData": {**source["jsonData"], **changes.get("jsonData", {})}}


def _source(name: str, url: str, settings: dict[str, Any], **more: bool) -> dict[str, Any]:
    kind = name.lower()
    own = {"name": name, "uid": kind, "type": kind, "access": "proxy", "url": url}
    return {**own, **more, "editable": False, "jsonData": settings}


def _by_label() -> dict[str, str]:
    """The trace of a line that came by OTLP, which has its id beside it."""
    return {
        "name": "trace",
        "matcherType": "label",
        "matcherRegex": "trace_id",
        "datasourceUid": "jaeger",
        "url": _VALUE,
    }


def _by_text() -> dict[str, str]:
    """The trace of a line that was printed, which has its id in it."""
    return {
        "name": "trace in the text",
        "matcherRegex": r'trace_?[iI]d"?[=:]\s*"?([0-9a-f]{32})',
        "datasourceUid": "jaeger",
        "url": _VALUE,
    }


def dashboards(plan: Plan, folder: str = DASHBOARDS) -> str:
    """The folder of the stack; what is built is changed in the declaration, not in Grafana."""
    return yaml.write(
        {
            "apiVersion": 1,
            "providers": [
                {
                    "name": plan.stack.name,
                    "folder": plan.stack.name,
                    "type": "file",
                    "disableDeletion": False,
                    "allowUiUpdates": False,
                    "updateIntervalSeconds": 30,
                    "options": {"path": folder},
                }
            ],
        }
    )
