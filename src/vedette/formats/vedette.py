"""``vedette.json``, version 1: what a stack knows that no other built file has a place for. Reader and writer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vedette.formats.json_value import JsonObject, parse, render

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "VERSION", "AlertInfo", "MetricInfo", "ObjectiveInfo", "PackInfo", "ServiceInfo", "Signal", "VedetteFile", "read",
    "write",
]  # fmt: skip

VERSION = 1
"""The version this reads and writes; its JSON schema is ``vedette.schema.json`` beside this file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A number that tells how a service is, and the panel with its history."""

    title: str
    expr: str
    """PromQL for this service alone, no variables."""
    unit: str
    """Grafana's id of the unit."""
    dashboard: str
    panel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceInfo:
    """A service as people know it."""

    name: str
    title: str
    targets: tuple[str, ...]
    packs: tuple[str, ...]
    team: str
    signals: tuple[Signal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PackInfo:
    """A pack and the uid of its dashboard."""

    name: str
    title: str
    dashboard: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricInfo:
    """A metric's description."""

    type: str
    unit: str
    help: str
    labels: tuple[str, ...] = ()
    exporter: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertInfo:
    """An alert, and the panel that shows it."""

    pack: str
    severity: str
    summary: str
    dashboard: str
    panel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveInfo:
    """A service level objective, and the panel that shows what is left of its budget."""

    pack: str
    title: str
    description: str
    objective: str
    """Percent, exactly as declared."""
    window: int
    """Milliseconds."""
    services: tuple[str, ...]
    by: tuple[str, ...]
    """The labels that have a budget each, beside ``job``."""
    alerts: tuple[str, ...]
    dashboard: str
    panel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VedetteFile:
    """The whole file."""

    stack: str
    title: str
    environment: str
    external_url: str
    trace_url: str = ""
    """Where one trace is shown, with ``{trace_id}``; empty where nobody says."""
    services: tuple[ServiceInfo, ...] = ()
    packs: tuple[PackInfo, ...] = ()
    metrics: Mapping[str, MetricInfo] = field(default_factory=dict)
    alerts: Mapping[str, AlertInfo] = field(default_factory=dict)
    objectives: Mapping[str, ObjectiveInfo] = field(default_factory=dict)
    """By id, the label ``slo`` of their series."""
    runbooks: Mapping[str, str] = field(default_factory=dict)
    """Alert → Markdown."""
    secrets: tuple[str, ...] = ()
    """Names of environment variables whose values the secret folder holds."""


def read(text: str, path: str) -> VedetteFile:
    """The file.

    Raises:
        ConfigError: it is no JSON, of another version, has an unknown key or a wrong type.
    """
    document = parse(text, path)
    document.needed("version", "stack", "environment")
    if document.whole("version") != VERSION:
        raise document.error(
            "version", f"is {document.whole('version')}; this version of Vedette reads {VERSION}: build again"
        )
    file = VedetteFile(
        stack=document.text("stack"),
        title=document.text("title"),
        environment=document.text("environment"),
        external_url=document.text("external_url"),
        trace_url=document.text("trace_url"),
        services=tuple(_read_service(item) for item in document.objects("services")),
        packs=tuple(_read_pack(item) for item in document.objects("packs")),
        metrics={name: _read_metric(item) for name, item in document.inner("metrics").items()},
        alerts={name: _read_alert(item) for name, item in document.inner("alerts").items()},
        objectives={name: _read_objective(item) for name, item in document.inner("objectives").items()},
        runbooks=_read_runbooks(document.inner("runbooks")),
        secrets=document.texts("secrets"),
    )
    document.refuse_rest()
    return file


def _read_service(item: JsonObject) -> ServiceInfo:
    item.needed("name")
    service = ServiceInfo(
        name=item.text("name"),
        title=item.text("title"),
        targets=item.texts("targets"),
        packs=item.texts("packs"),
        team=item.text("team"),
        signals=tuple(_read_signal(signal) for signal in item.objects("signals")),
    )
    item.refuse_rest()
    return service


def _read_signal(item: JsonObject) -> Signal:
    item.needed("title", "expr")
    signal = Signal(
        title=item.text("title"),
        expr=item.text("expr"),
        unit=item.text("unit"),
        dashboard=item.text("dashboard"),
        panel=item.whole("panel"),
    )
    item.refuse_rest()
    return signal


def _read_pack(item: JsonObject) -> PackInfo:
    item.needed("name")
    pack = PackInfo(name=item.text("name"), title=item.text("title"), dashboard=item.text("dashboard"))
    item.refuse_rest()
    return pack


def _read_metric(item: JsonObject) -> MetricInfo:
    item.needed("type")
    metric = MetricInfo(
        type=item.text("type"),
        unit=item.text("unit"),
        help=item.text("help"),
        labels=item.texts("labels"),
        exporter=item.text("exporter"),
    )
    item.refuse_rest()
    return metric


def _read_alert(item: JsonObject) -> AlertInfo:
    item.needed("pack", "severity")
    alert = AlertInfo(
        pack=item.text("pack"),
        severity=item.text("severity"),
        summary=item.text("summary"),
        dashboard=item.text("dashboard"),
        panel=item.whole("panel"),
    )
    item.refuse_rest()
    return alert


def _read_objective(item: JsonObject) -> ObjectiveInfo:
    item.needed("pack", "objective", "window")
    objective = ObjectiveInfo(
        pack=item.text("pack"),
        title=item.text("title"),
        description=item.text("description"),
        objective=item.text("objective"),
        window=item.whole("window"),
        services=item.texts("services"),
        by=item.texts("by"),
        alerts=item.texts("alerts"),
        dashboard=item.text("dashboard"),
        panel=item.whole("panel"),
    )
    item.refuse_rest()
    return objective


def _read_runbooks(item: JsonObject) -> dict[str, str]:
    return {name: item.text(name) for name in item.values}


def write(file: VedetteFile) -> str:
    """The document, the same bytes for the same value."""
    return render(
        {
            "version": VERSION,
            "stack": file.stack,
            "title": file.title,
            "environment": file.environment,
            "external_url": file.external_url,
            **({"trace_url": file.trace_url} if file.trace_url else {}),
            "services": [_service(service) for service in file.services],
            "packs": [{"name": pack.name, "title": pack.title, "dashboard": pack.dashboard} for pack in file.packs],
            "metrics": {name: _metric(metric) for name, metric in file.metrics.items()},
            "alerts": {name: _alert(alert) for name, alert in file.alerts.items()},
            "objectives": {name: _objective(one) for name, one in file.objectives.items()},
            "runbooks": dict(file.runbooks),
            "secrets": list(file.secrets),
        }
    )


def _service(service: ServiceInfo) -> dict[str, Any]:
    return {
        "name": service.name,
        "title": service.title,
        "targets": list(service.targets),
        "packs": list(service.packs),
        "team": service.team,
        "signals": [
            {
                "title": signal.title,
                "expr": signal.expr,
                "unit": signal.unit,
                "dashboard": signal.dashboard,
                "panel": signal.panel,
            }
            for signal in service.signals
        ],
    }


def _metric(metric: MetricInfo) -> dict[str, Any]:
    known = {"type": metric.type, "unit": metric.unit, "help": metric.help, "labels": list(metric.labels)}
    return {**known, "exporter": metric.exporter} if metric.exporter else known


def _alert(alert: AlertInfo) -> dict[str, Any]:
    return {
        "pack": alert.pack,
        "severity": alert.severity,
        "summary": alert.summary,
        "dashboard": alert.dashboard,
        "panel": alert.panel,
    }


def _objective(one: ObjectiveInfo) -> dict[str, Any]:
    return {
        "pack": one.pack,
        "title": one.title,
        "description": one.description,
        "objective": one.objective,
        "window": one.window,
        "services": list(one.services),
        "by": list(one.by),
        "alerts": list(one.alerts),
        "dashboard": one.dashboard,
        "panel": one.panel,
    }
