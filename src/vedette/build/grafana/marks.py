"""What is marked on every graph of a dashboard: alerts that fire, and deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.build.grafana.panel import SOURCE
from vedette.duration import format_duration, milliseconds
from vedette.formats import grafana as g

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.build.plan import Plan

__all__ = ["marks"]

_STARTED = "process_start_time_seconds"
_VERSION = "service_build_info"


def marks(plan: Plan, alerts: str, jobs: str) -> tuple[g.Annotation, ...]:
    """The marks of a dashboard: of alerts that the matchers find, and of the deployments of the services ``jobs``."""
    return (
        g.Annotation(
            name="Alerts",
            datasource=SOURCE,
            expr=f'ALERTS{{alertstate="firing",{alerts}}}',
            icon_color="red",
            title_format="{{alertname}}",
            text_format="{{severity}} of {{service}} {{instance}}",
            tag_keys="severity,team",
            step=format_duration(milliseconds(plan.environment.evaluation_interval)),
        ),
        *_deployments(plan, jobs),
    )


def _deployments(plan: Plan, jobs: str) -> Iterator[g.Annotation]:
    """Of what the services expose: when their processes have started and, where they tell it, in which version.

    A mark stands at the time that the value says, so it is exact however coarse the steps of a long range are.
    """
    if _STARTED not in plan.known:
        return
    started = f'{_STARTED}{{job=~"{jobs}"}}'
    if _VERSION in plan.known:
        # a service without it starts all the same
        version = f'{_VERSION}{{job=~"{jobs}"}}'
        versions = f"max by (job, version) ({started} * on (job, instance) group_left (version) {version})"
        expr = f"1000 * ({versions} or max by (job) ({started} unless on (job) {version}))"
        title = "{{job}} {{version}} started"
    else:
        expr, title = f"1000 * max by (job) ({started})", "{{job}} started"
    yield g.Annotation(
        name="Deployments",
        datasource=SOURCE,
        expr=expr,
        icon_color="blue",
        title_format=title,
        text_format="A process has started: a deployment, or a restart",
        tag_keys="job,version",
        value_is_time=True,
    )
