"""``vedette.json``: what the page shows that no other built file has a place for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vedette.build.alertmanager import secrets_of
from vedette.build.links import dashboard_uid, panel_id
from vedette.build.signals import signals_of, uses_of
from vedette.build.slo.objective import panel_title
from vedette.catalog import Route
from vedette.catalog.slo import plain
from vedette.catalog.units import UNITS
from vedette.formats.vedette import AlertInfo, MetricInfo, ObjectiveInfo, PackInfo, ServiceInfo, Signal, VedetteFile
from vedette.promql.printer import format as show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.build.plan import Plan
    from vedette.catalog import Receiver, Service

__all__ = ["description"]


def description(plan: Plan, runbooks: Mapping[str, str]) -> VedetteFile:
    """The whole file; ``runbooks`` are alert → Markdown."""
    stack, environment = plan.stack, plan.environment
    packs = plan.packs()
    metrics = {metric.name: metric for use in plan.uses for metric in use.pack.metrics}
    alerts = {alert.name: (alert, use.pack) for use in reversed(plan.uses) for alert in use.pack.alerts}
    return VedetteFile(
        stack=stack.name,
        title=stack.title,
        environment=environment.name,
        external_url=environment.external_url,
        trace_url=environment.trace_url,
        services=tuple(_service(plan, service) for service in plan.services),
        packs=tuple(
            PackInfo(name=name, title=uses[0].pack.title, dashboard=dashboard_uid(stack.name, name))
            for name, uses in packs.items()
        ),
        metrics={
            name: MetricInfo(
                type=metric.type,
                unit=metric.unit,
                help=metric.help,
                labels=metric.label_names,
                exporter=metric.exporter,
            )
            for name, metric in sorted(metrics.items())
        },
        alerts={
            name: AlertInfo(
                pack=pack.name,
                severity=alert.severity,
                summary=alert.summary,
                dashboard=dashboard_uid(stack.name, pack.name),
                panel=panel_id(pack.name, alert.panel),
            )
            for name, (alert, pack) in sorted(alerts.items())
        },
        objectives=_objectives(plan),
        runbooks=dict(sorted(runbooks.items())),
        secrets=_secrets(plan),
    )


def _objectives(plan: Plan) -> dict[str, ObjectiveInfo]:
    """By id; of one that several uses of a pack have, what the first says, for the services of all."""
    found: dict[str, ObjectiveInfo] = {}
    for use in plan.uses:
        for one in use.objectives:
            services = tuple(service.name for service in use.services)
            known = found.get(one.id)
            if known is not None:
                found[one.id] = replace(known, services=(*known.services, *services))
                continue
            found[one.id] = ObjectiveInfo(
                pack=use.pack.name,
                title=one.title,
                description=one.slo.description,
                objective=plain(one.slo.percent),
                window=plan.scale.of(one.slo.window_ms),
                services=services,
                by=tuple(one.slo.by),
                alerts=tuple(alert.name for alert in one.alerts),
                dashboard=dashboard_uid(plan.stack.name, use.pack.name),
                panel=panel_id(use.pack.name, panel_title(one.title, "budget left")),
            )
    return dict(sorted(found.items()))


def _service(plan: Plan, service: Service) -> ServiceInfo:
    signals = [
        Signal(
            title=one.panel.title,
            expr=show(one.tree),
            unit=UNITS[one.query.unit or one.panel.unit],
            dashboard=dashboard_uid(plan.stack.name, one.use.pack.name),
            panel=panel_id(one.use.pack.name, one.panel.title),
        )
        for one in signals_of(plan, service)
    ]
    return ServiceInfo(
        name=service.name,
        title=service.title,
        targets=service.instances(),
        packs=tuple(use.pack.name for use in uses_of(plan, service)),
        team=service.team,
        signals=tuple(signals),
    )


def _secrets(plan: Plan) -> tuple[str, ...]:
    environment = plan.environment
    receivers: list[Receiver] = []
    for item in plan.stack.notify if environment.notify is None else environment.notify:
        receivers += item.notify if isinstance(item, Route) else [item]
    found = secrets_of(receivers, environment.smtp)
    found += [service.token for service in plan.services if service.token is not None]
    return tuple(sorted({secret.name for secret in found}))
