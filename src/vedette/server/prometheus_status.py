"""Targets, rules and alerts as the JSON of Prometheus' HTTP API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vedette.duration import format_duration
from vedette.engine.rules import AlertingStatus
from vedette.formats.alerts import format_time
from vedette.server.prometheus_json import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.engine.collect.collector import Collector, TargetStatus
    from vedette.engine.rules import ActiveAlert, GroupStatus, RuleStatus

__all__ = ["alerts_json", "rules_json", "targets_json"]


def targets_json(collector: Collector, state: str, pool: str) -> dict[str, Any]:
    """``/api/v1/targets``; ``pool`` narrows to one job."""
    active = [_target(target) for target in collector.targets() if pool in ("", target.job)]
    dropped = [
        {"discoveredLabels": dict(labels), "scrapePool": job} for job, labels in collector.dropped if pool in ("", job)
    ]
    counts = dict.fromkeys([target.job for target in collector.targets()], 0)
    for job, _ in collector.dropped:
        counts[job] = counts.get(job, 0) + 1
    return {
        "activeTargets": active if state != "dropped" else [],
        "droppedTargets": dropped if state != "active" else [],
        "droppedTargetCounts": counts,
    }


def _target(target: TargetStatus) -> dict[str, Any]:
    return {
        "discoveredLabels": dict(target.discovered_labels),
        "labels": dict(target.labels),
        "scrapePool": target.job,
        "scrapeUrl": target.url,
        "globalUrl": target.url,
        "lastError": target.last_error,
        "lastScrape": format_time(target.last_scrape),
        "lastScrapeDuration": target.last_duration,
        "health": target.health,
        "scrapeInterval": format_duration(target.interval),
        "scrapeTimeout": format_duration(target.timeout),
    }


def rules_json(groups: Sequence[GroupStatus], kind: str) -> dict[str, Any]:
    """``/api/v1/rules``, by file and group; ``kind`` is ``alert``, ``record`` or empty for both."""
    wanted = {"alert": (True,), "record": (False,)}.get(kind, (True, False))
    found = []
    for group in sorted(groups, key=lambda one: (one.file, one.name)):
        rules = [_rule(rule) for rule in group.rules if isinstance(rule, AlertingStatus) in wanted]
        if rules or not kind:
            found.append(
                {
                    "name": group.name,
                    "file": group.file,
                    "rules": rules,
                    "interval": group.interval / 1000,
                    "limit": group.limit,
                    "evaluationTime": group.evaluation_time,
                    "lastEvaluation": format_time(group.last_evaluation or 0),
                }
            )
    return {"groups": found}


def alerts_json(groups: Sequence[GroupStatus]) -> dict[str, Any]:
    """``/api/v1/alerts``: what is pending or firing now."""
    rules = [rule for group in groups for rule in group.rules if isinstance(rule, AlertingStatus)]
    return {"alerts": [_alert(alert) for rule in rules for alert in rule.alerts]}


def _rule(rule: RuleStatus) -> dict[str, Any]:
    shared = {
        "name": rule.name,
        "query": rule.query,
        "labels": dict(rule.labels),
        "health": rule.health,
        "evaluationTime": rule.evaluation_time,
        "lastEvaluation": format_time(rule.last_evaluation or 0),
        **({"lastError": rule.last_error} if rule.last_error else {}),
    }
    if not isinstance(rule, AlertingStatus):
        return {**shared, "type": "recording"}
    return {
        **shared,
        "type": "alerting",
        "state": rule.state,
        "duration": rule.duration / 1000,
        "keepFiringFor": rule.keep_firing_for / 1000,
        "annotations": dict(rule.annotations),
        "alerts": [_alert(alert) for alert in rule.alerts],
    }


def _alert(alert: ActiveAlert) -> dict[str, Any]:
    held = {"keepFiringSince": format_time(alert.keep_firing_since)} if alert.keep_firing_since else {}
    return {
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "state": alert.state,
        "activeAt": format_time(alert.active_at),
        "value": _exponent(alert.value),
        **held,
    }


def _exponent(value: float) -> str:
    """An alert's value as Go's ``FormatFloat(v, 'e', -1, 64)`` prints it: ``2.5e-01``."""
    plain = number(value)
    if plain[-1] in "fN":  # Inf, NaN
        return plain
    mantissa, _, exponent = f"{value:.17e}".partition("e")
    for digits in range(17):
        mantissa, _, exponent = f"{value:.{digits}e}".partition("e")
        if float(f"{mantissa}e{exponent}") == value:
            break
    return f"{mantissa}e{int(exponent):+03d}"
