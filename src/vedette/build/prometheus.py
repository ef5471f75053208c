"""``prometheus.yml`` and the rule files: scrapes by service, groups of rules by pack and parameters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from vedette.build import discovery, probes
from vedette.build.alertmanager import secret_path
from vedette.build.derive import comparison, panels_of
from vedette.build.links import dashboard_uid, dashboard_url, panel_id, runbook_url
from vedette.build.native import scrape_keys
from vedette.build.queries import limit_to
from vedette.build.refusal import RefusalError
from vedette.build.renames import relabelling
from vedette.build.systemd import web
from vedette.build.version import at_least
from vedette.duration import milliseconds
from vedette.formats import prometheus as prom
from vedette.formats import rules
from vedette.promql.printer import format as show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vedette.build.plan import Plan, Rules, Use
    from vedette.catalog import Alert, Environment, Pack, Service
    from vedette.promql.ast import Expr

__all__ = ["config", "rule_files"]

_TASKS: Final = re.compile(r"(tasks\.[^:]+):(\d+)")

_VALUES: Final[dict[str, str]] = {
    "ratio": "{{ $value | humanizePercentage }}",
    "seconds": "{{ $value | humanizeDuration }}",
    "bytes": "{{ $value | humanize1024 }}B",
    "bytes/s": "{{ $value | humanize1024 }}B/s",
}
"""How a notification prints the value of an alert whose panel has this unit; else ``humanize``."""


def config(plan: Plan) -> prom.PrometheusConfig:
    """The whole of ``prometheus.yml``."""
    environment = plan.environment
    scrapes: list[prom.ScrapeConfig] = []
    for service in plan.services:
        with plan.refusals.piece():
            scrapes.append(_scrape(service, environment))
    return prom.PrometheusConfig(
        global_=prom.GlobalConfig(
            scrape_interval=milliseconds(environment.scrape_interval),
            scrape_timeout=milliseconds(environment.scrape_timeout),
            evaluation_interval=milliseconds(environment.evaluation_interval),
            external_labels={"environment": environment.name, **environment.external_labels},
        ),
        rule_files=("rules/*.yml",),
        scrape_configs=tuple(scrapes),
        alertmanagers=tuple(
            {**web.alertmanager(environment), **one} for one in _alertmanagers(environment.alertmanagers)
        ),
        place=plan.stack.place,
    )


def _alertmanagers(addresses: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Where alerts are sent: ``tasks.NAME`` is, in a Docker Swarm, each task of a service, which DNS knows."""
    fixed = [address for address in addresses if _TASKS.fullmatch(address) is None]
    if fixed:
        yield {"static_configs": [{"targets": fixed}]}
    for address in addresses:
        if tasks := _TASKS.fullmatch(address):
            yield {"dns_sd_configs": [{"names": [tasks[1]], "type": "A", "port": int(tasks[2])}]}


def _scrape(service: Service, environment: Environment) -> prom.ScrapeConfig:
    interval = None if service.scrape_interval is None else milliseconds(service.scrape_interval)
    timeout = None if service.scrape_timeout is None else milliseconds(service.scrape_timeout)
    if timeout is not None and timeout > (interval or milliseconds(environment.scrape_interval)):
        raise RefusalError(
            service.place,
            f"service {service.name!r}",
            f" has scrape_timeout={service.scrape_timeout!r}, longer than its scrape interval in environment "
            f"{environment.name!r}, which Prometheus refuses",
            "make it at most as long",
        )
    found, shown = service.discovery, web.scrape(service, environment)
    return prom.ScrapeConfig(
        job_name=service.name,
        scrape_interval=interval,
        scrape_timeout=timeout,
        metrics_path=service.metrics_path,
        scheme=shown.pop("scheme", service.scheme),
        authorization_file=secret_path(environment, service.token) if service.token else discovery.token_file(found),
        other={**scrape_keys(service, environment), **(discovery.keys(found) if found else {}), **shown},
        static_configs=() if found else probes.groups(service) or (_targets(service),),
        relabel_configs=discovery.relabelling(service, found) if found else probes.relabelling(service),
        metric_relabel_configs=relabelling(service),
        place=service.place,
    )


def _targets(service: Service) -> prom.TargetGroup:
    return prom.TargetGroup(targets=tuple(service.targets), labels=dict(service.labels), place=service.place)


def rule_files(plan: Plan) -> dict[str, rules.RuleFile]:
    """Pack → its rule file; packs without rules have none."""
    found: dict[str, rules.RuleFile] = {}
    for name, uses in plan.packs().items():
        groups = tuple(
            _group(plan, use, own, _group_name(name, use, own, several=len(uses) > 1))
            for use in uses
            for own in use.rules
        )
        if groups:
            found[name] = rules.RuleFile(groups=groups)
    return found


def _group_name(pack: str, use: Use, own: Rules, *, several: bool) -> str:
    """``http``, ``http of shop, stock``, ``http/availability``."""
    whose = f" of {', '.join(one.name for one in use.services)}" if several else ""
    return f"{pack}/{own.name}{whose}" if own.name else f"{pack}{whose}"


def _group(plan: Plan, use: Use, own: Rules, name: str) -> rules.RuleGroup:
    pack = use.pack
    recordings = tuple(
        rules.RecordingRule(
            record=recording.name,
            expr=show(
                limit_to(
                    plan.parse(recording.expr, recording.place, f"recording {recording.name!r} of pack {pack.name!r}"),
                    use.services,
                )
            ),
            labels=dict(recording.labels),
            place=recording.place,
        )
        for recording in own.recordings
    )
    alerts: list[rules.AlertingRule] = []
    for alert in own.alerts:
        with plan.refusals.piece():
            alerts.append(_alert(plan, use, alert))
    return rules.RuleGroup(name=name, rules=(*recordings, *alerts), interval=own.interval, place=own.place)


def _alert(plan: Plan, use: Use, alert: Alert) -> rules.AlertingRule:
    environment, pack = plan.environment, use.pack
    owner = f"alert {alert.name!r}"
    left = plan.alert_labels(alert, use)
    if left is not None and "job" not in left and len(use.services) > 1 and not plan.refusals.lenient:
        raise RefusalError(
            alert.place,
            owner,
            " drops the label 'job', so it cannot say which of "
            f"{', '.join(service.name for service in use.services)} it is about",
            "aggregate by (job, …)",
        )
    keep = milliseconds(alert.keep_firing_for)
    if keep and not at_least(environment.prometheus, "2.42"):
        raise RefusalError(
            alert.place,
            owner,
            " has keep_firing_for, which Prometheus knows since 2.42, but environment "
            f"{environment.name!r} supports {environment.prometheus}",
            "raise prometheus= there or remove it",
        )
    expr = show(plan.alert_expr(alert, use))
    return rules.AlertingRule(
        alert=alert.name,
        expr=expr,
        for_=plan.scale.of(milliseconds(alert.for_)),
        keep_firing_for=plan.scale.of(keep),
        labels={
            "severity": alert.severity,
            "service": _by_job(use, {service.name: service.name for service in use.services}),
            "team": alert.team or _by_job(use, {service.name: service.team for service in use.services}),
            "pack": pack.name,
            **alert.labels,
        },
        annotations={
            "summary": alert.summary,
            "description": _described(plan, use, alert),
            **_value(pack, alert),
            "runbook_url": runbook_url(environment, alert.name),
            "dashboard_url": _dashboard_link(plan, use, alert, left),
        },
        place=alert.place,
    )


def _value(pack: Pack, alert: Alert) -> dict[str, str]:
    """The annotation ``value``, in the unit of the alert's panel; a yes or no has none."""
    unit = next((panel.unit for panel in panels_of(pack) if panel.title == alert.panel), "")
    return {} if unit == "boolean" else {"value": _VALUES.get(unit, "{{ $value | humanize }}")}


def _described(plan: Plan, use: Use, alert: Alert) -> str:
    objective = use.objective_of(alert.name)
    if objective is not None and objective.burn_of(alert.name) is not None:
        return f"{alert.description} {objective.standing}"
    return alert.description or _description(plan.alert_expr(alert, use))


def _description(expr: Expr) -> str:
    """What can be said of an alert that nobody has described."""
    found = comparison(expr)
    fires = f"; the alert fires at {found.op} {found.number:g}" if found.op else ""
    return f"{show(found.expr)} is {{{{ $value }}}}{fires}."


def _by_job(use: Use, values: dict[str, str]) -> str:
    """The value for every service: as it stands where it is one, else a template that looks at ``job``."""
    if len(set(values.values())) == 1:
        return values[use.services[0].name]
    if all(job == value for job, value in values.items()):
        return "{{ $labels.job }}"
    *conditions, last = values.items()
    chain = "{{ else ".join(f'if eq $labels.job "{job}" }}}}{value}' for job, value in conditions)
    return f"{{{{ {chain}{{{{ else }}}}{last[1]}{{{{ end }}}}"


def _dashboard_link(plan: Plan, use: Use, alert: Alert, left: frozenset[str] | None) -> str:
    """The panel of the alert, with the dashboard's variables set to what the alert is about."""
    uid = dashboard_uid(plan.stack.name, use.pack.name)
    job = _by_job(use, {service.name: service.name for service in use.services})
    query = [f"viewPanel={panel_id(use.pack.name, alert.panel)}", f"var-job={job}"]
    labels = left or frozenset()
    if "instance" in labels:
        query.append("var-instance={{ $labels.instance | urlquery }}")
    query += [
        f"var-{variable.name}={{{{ $labels.{variable.label} | urlquery }}}}"
        for variable in use.pack.dashboard.variables
        if variable.label in labels
    ]
    return f"{dashboard_url(plan.environment, uid)}?{'&'.join(query)}"
