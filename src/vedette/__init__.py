"""Vedette: complete observability for a Python service from one typed declaration.

This front door is lazy: a name is loaded when it is first used, so that a process pays only for what it needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vedette import health
    from vedette.catalog import (
        Alert,
        Dashboard,
        Deploy,
        Email,
        Environment,
        Events,
        Freshness,
        Grafana,
        GrafanaDatabase,
        Inhibit,
        Kubernetes,
        KubernetesNodes,
        Latency,
        Ldap,
        Mute,
        Oidc,
        Pack,
        PagerDuty,
        Panel,
        Probe,
        ProbeModule,
        Query,
        Recording,
        Renamed,
        Route,
        Row,
        Runbook,
        Running,
        Secret,
        Service,
        Slack,
        Slo,
        Smtp,
        Stack,
        Swarm,
        Teams,
        Text,
        Timing,
        Variable,
        Webhook,
        anomaly,
        env,
        exhausts,
        parametric,
    )
    from vedette.errors import ConfigError, DeclarationError, VedetteError
    from vedette.health import draining
    from vedette.instruments.metrics import Counter, Gauge, Histogram, Info, Metric, StateSet, Summary
    from vedette.instruments.metrics.measure import Measure, measure
    from vedette.instruments.metrics.push import Otlp, Pushgateway, RemoteWrite
    from vedette.instruments.metrics.push.job import job
    from vedette.integrations.instrument import instrument

    __version__: str
else:
    _HOMES = {
        "vedette.catalog": (
            "Alert Dashboard Deploy Email Environment Events Freshness Grafana GrafanaDatabase Inhibit "
            "Kubernetes KubernetesNodes Latency Ldap Mute Oidc Pack PagerDuty Panel Probe ProbeModule Query "
            "Recording Renamed Route Row Runbook Running Secret Service Slack Slo Smtp Stack Swarm Teams Text "
            "Timing Variable Webhook anomaly env exhausts parametric"
        ),
        "vedette.errors": "ConfigError DeclarationError VedetteError",
        "vedette.health": "draining",
        "vedette.instruments.metrics": "Counter Gauge Histogram Info Metric StateSet Summary",
        "vedette.instruments.metrics.measure": "Measure measure",
        "vedette.instruments.metrics.push": "Otlp Pushgateway RemoteWrite",
        "vedette.instruments.metrics.push.job": "job",
        "vedette.integrations.instrument": "instrument",
    }
    _HOME_OF = {name: module for module, names in _HOMES.items() for name in names.split()}

    def __getattr__(name: str) -> object:
        if name == "__version__":
            from importlib.metadata import version  # noqa: PLC0415 - costs more than all the rest

            value: object = version("vedette")
        elif name == "health":
            from importlib import import_module  # noqa: PLC0415 - only once it is used

            value = import_module("vedette.health")
        elif name in _HOME_OF:
            from importlib import import_module  # noqa: PLC0415 - only once a name is used

            value = getattr(import_module(_HOME_OF[name]), name)
        else:
            raise AttributeError(f"module 'vedette' has no attribute {name!r}")
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__all__ = [
    "Alert",
    "ConfigError",
    "Counter",
    "Dashboard",
    "DeclarationError",
    "Deploy",
    "Email",
    "Environment",
    "Events",
    "Freshness",
    "Gauge",
    "Grafana",
    "GrafanaDatabase",
    "Histogram",
    "Info",
    "Inhibit",
    "Kubernetes",
    "KubernetesNodes",
    "Latency",
    "Ldap",
    "Measure",
    "Metric",
    "Mute",
    "Oidc",
    "Otlp",
    "Pack",
    "PagerDuty",
    "Panel",
    "Probe",
    "ProbeModule",
    "Pushgateway",
    "Query",
    "Recording",
    "RemoteWrite",
    "Renamed",
    "Route",
    "Row",
    "Runbook",
    "Running",
    "Secret",
    "Service",
    "Slack",
    "Slo",
    "Smtp",
    "Stack",
    "StateSet",
    "Summary",
    "Swarm",
    "Teams",
    "Text",
    "Timing",
    "Variable",
    "VedetteError",
    "Webhook",
    "__version__",
    "anomaly",
    "draining",
    "env",
    "exhausts",
    "health",
    "instrument",
    "job",
    "measure",
    "parametric",
]
