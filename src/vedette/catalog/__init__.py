"""What is declared, as frozen values. Nothing is parsed, read or written here: `build` turns these into files."""

from vedette.catalog.alert import Alert
from vedette.catalog.dashboard import Dashboard, Variable
from vedette.catalog.environment import Environment, Smtp
from vedette.catalog.pack import Pack, parametric
from vedette.catalog.panel import Panel, Query, Row, Text
from vedette.catalog.receiver import Email, PagerDuty, Receiver, Slack, Webhook
from vedette.catalog.recording import Recording
from vedette.catalog.route import Route, Timing
from vedette.catalog.runbook import Runbook
from vedette.catalog.secret import Secret, env
from vedette.catalog.service import Service
from vedette.catalog.severity import SEVERITIES, Severity
from vedette.catalog.stack import Stack

__all__ = [
    "SEVERITIES",
    "Alert",
    "Dashboard",
    "Email",
    "Environment",
    "Pack",
    "PagerDuty",
    "Panel",
    "Query",
    "Receiver",
    "Recording",
    "Route",
    "Row",
    "Runbook",
    "Secret",
    "Service",
    "Severity",
    "Slack",
    "Smtp",
    "Stack",
    "Text",
    "Timing",
    "Variable",
    "Webhook",
    "env",
    "parametric",
]
