"""What is declared, as frozen values. Nothing is parsed, read or written here: `build` turns these into files.

Lazy like the front door: a process that declares no pack, but has the metrics of one, loads none of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vedette.catalog.alert import Alert
    from vedette.catalog.anomaly import anomaly
    from vedette.catalog.dashboard import Dashboard, Variable
    from vedette.catalog.deploy import Deploy, Running
    from vedette.catalog.discovery import Discovery, Kubernetes, KubernetesNodes, Swarm
    from vedette.catalog.environment import Environment, Smtp
    from vedette.catalog.exhaustion import exhausts
    from vedette.catalog.grafana import Grafana, GrafanaDatabase, Ldap, Oidc
    from vedette.catalog.mute import Inhibit, Mute
    from vedette.catalog.pack import Pack
    from vedette.catalog.panel import Panel, Query, Row, Text
    from vedette.catalog.parameters import parametric
    from vedette.catalog.probe import Probe, ProbeModule
    from vedette.catalog.receiver import Email, PagerDuty, Receiver, Slack, Teams, Webhook
    from vedette.catalog.recording import Recording
    from vedette.catalog.renamed import Renamed
    from vedette.catalog.route import Route, Timing
    from vedette.catalog.runbook import Runbook
    from vedette.catalog.secret import Secret, env
    from vedette.catalog.service import Service
    from vedette.catalog.severity import SEVERITIES, Severity
    from vedette.catalog.slo import Events, Freshness, Latency, Slo
    from vedette.catalog.stack import Stack
else:
    _HOMES = {
        "alert": "Alert",
        "anomaly": "anomaly",
        "dashboard": "Dashboard Variable",
        "deploy": "Deploy Running",
        "discovery": "Discovery Kubernetes KubernetesNodes Swarm",
        "environment": "Environment Smtp",
        "exhaustion": "exhausts",
        "grafana": "Grafana GrafanaDatabase Ldap Oidc",
        "mute": "Inhibit Mute",
        "pack": "Pack",
        "panel": "Panel Query Row Text",
        "parameters": "parametric",
        "probe": "Probe ProbeModule",
        "receiver": "Email PagerDuty Receiver Slack Teams Webhook",
        "recording": "Recording",
        "renamed": "Renamed",
        "route": "Route Timing",
        "runbook": "Runbook",
        "secret": "Secret env",
        "service": "Service",
        "severity": "SEVERITIES Severity",
        "slo": "Events Freshness Latency Slo",
        "stack": "Stack",
    }
    _HOME_OF = {name: module for module, names in _HOMES.items() for name in names.split()}

    def __getattr__(name: str) -> object:
        if name not in _HOME_OF:
            raise AttributeError(f"module 'vedette.catalog' has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415 - only once a name is used

        value: object = getattr(import_module(f"vedette.catalog.{_HOME_OF[name]}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__all__ = [
    "SEVERITIES",
    "Alert",
    "Dashboard",
    "Deploy",
    "Discovery",
    "Email",
    "Environment",
    "Events",
    "Freshness",
    "Grafana",
    "GrafanaDatabase",
    "Inhibit",
    "Kubernetes",
    "KubernetesNodes",
    "Latency",
    "Ldap",
    "Mute",
    "Oidc",
    "Pack",
    "PagerDuty",
    "Panel",
    "Probe",
    "ProbeModule",
    "Query",
    "Receiver",
    "Recording",
    "Renamed",
    "Route",
    "Row",
    "Runbook",
    "Running",
    "Secret",
    "Service",
    "Severity",
    "Slack",
    "Slo",
    "Smtp",
    "Stack",
    "Swarm",
    "Teams",
    "Text",
    "Timing",
    "Variable",
    "Webhook",
    "anomaly",
    "env",
    "exhausts",
    "parametric",
]
