"""Vedette itself: whether what watches everything else scrapes, judges and notifies, and what `vedette check` finds."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero
from vedette.instruments.metrics import Counter, Gauge, Histogram

__all__ = [
    "active_alerts",
    "deliveries",
    "deliveries_waiting",
    "evaluation_duration",
    "findings",
    "rules",
    "scrapes",
    "series",
    "watch",
]

scrapes = Counter(
    "vedette_scrapes_total", help="Scrapes of targets by their outcome.", labels={"outcome": ["success", "failure"]}
)
series = Gauge("vedette_series", help="Series that are kept.")
evaluation_duration = Histogram(
    "vedette_rule_evaluation_duration_seconds",
    help="Time that it took to judge the rules that were due.",
    buckets=[0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
)
rules = Gauge(
    "vedette_rules", help="Rules by how their last evaluation went.", labels={"health": ["ok", "err", "unknown"]}
)
active_alerts = Gauge("vedette_alerts", help="Alerts by state.", labels={"state": ["pending", "firing"]})
deliveries = Counter(
    "vedette_deliveries_total",
    help="Attempts to deliver a notification by their outcome.",
    labels={"channel": ["email", "webhook"], "outcome": ["delivered", "retry", "failed"]},
)
deliveries_waiting = Gauge("vedette_deliveries_waiting", help="Notifications that wait to be delivered.")
findings = Gauge(
    "vedette_check_findings",
    help="What `vedette check` found when the watch began.",
    labels={"level": ["error", "warning", "note"]},
)

_P95 = "job:vedette_rule_evaluation_duration_seconds:p95_5m"


@catalog.parametric
def watch(
    *,
    waiting_high: float = 20,
    waiting_for: str = "5m",
    evaluation_slow: float = 1.0,
    evaluation_for: str = "10m",
    rules_for: str = "5m",
) -> catalog.Pack:
    """Vedette itself: its scrapes, rules and notifications. ``Service("vedette", ["127.0.0.1:7373"], packs=[watch])``.

    Args:
        waiting_high: undelivered notifications that are too many.
        waiting_for: how long it must hold.
        evaluation_slow: 95th percentile of judging the rules, in seconds, that is slow.
        evaluation_for: how long it must hold.
        rules_for: how long a rule may fail before somebody is told.
    """
    check_above_zero(waiting_high=waiting_high, evaluation_slow=evaluation_slow)
    return catalog.Pack(
        "watch",
        title="Vedette",
        metrics=[
            scrapes,
            series,
            evaluation_duration,
            rules,
            active_alerts,
            deliveries,
            deliveries_waiting,
            findings,
        ],
        recordings=[
            catalog.Recording(
                _P95,
                "histogram_quantile(0.95, sum by (job, le) (rate(vedette_rule_evaluation_duration_seconds_bucket[5m])))"
                " >= 0",
                description="95th percentile of the time to judge the rules that are due.",
            )
        ],
        alerts=[
            catalog.Alert(
                "VedetteDeliveriesFailing",
                'sum by (job, channel) (increase(vedette_deliveries_total{outcome="failed"}[15m])) > 0',
                severity="high",
                summary="Notifications by {{ $labels.channel }} are refused for good",
                description="{{ $value | humanize }} in 15 minutes, by {{ $labels.job }}. Nobody gets them.",
                runbook="runbooks/watch-deliveries.md",
                panel="Refused for good",
            ),
            catalog.Alert(
                "VedetteDeliveriesWaiting",
                f"max by (job) (vedette_deliveries_waiting) > {waiting_high:g}",
                for_=waiting_for,
                severity="high",
                summary="{{ $value }} notifications of {{ $labels.job }} wait to be delivered",
                description="The other side does not answer, or more is told than it takes.",
                runbook="runbooks/watch-deliveries.md",
                panel="Waiting to be delivered",
            ),
            catalog.Alert(
                "VedetteRulesFailing",
                'max by (job) (vedette_rules{health="err"}) >= 1',
                for_=rules_for,
                severity="high",
                summary="{{ $value }} rules of {{ $labels.job }} cannot be evaluated",
                description="An alert whose rule fails does not fire, whatever happens.",
                runbook="runbooks/watch-rules.md",
                panel="Rules that fail",
            ),
            catalog.Alert(
                "VedetteEvaluationSlow",
                f"{_P95} > {evaluation_slow:g}",
                for_=evaluation_for,
                severity="medium",
                summary="Judging the rules of {{ $labels.job }} takes {{ $value | humanizeDuration }}",
                description="Alerts come late by as much, and the page is slow meanwhile.",
                runbook="runbooks/watch-rules.md",
                panel="Evaluation time",
            ),
            catalog.Alert(
                "VedetteCheckErrors",
                'max by (job) (vedette_check_findings{level="error"}) >= 1',
                for_="1m",
                severity="medium",
                summary="vedette check finds {{ $value }} errors in what {{ $labels.job }} runs on",
                description="Something that is declared cannot work: an alert that never fires, a route to nobody.",
                runbook="runbooks/watch-check.md",
                panel="Errors of the check",
            ),
        ],
        panels=_panels(waiting_high, evaluation_slow),
        dashboard=catalog.Dashboard(description="Does what watches everything else work?", tags=["vedette"]),
    )


def _panels(waiting_high: float, evaluation_slow: float) -> list[catalog.Panel | catalog.Row | catalog.Text]:
    return [
        catalog.Panel(
            "Active alerts",
            "sum by (job, state) (vedette_alerts)",
            kind="stat",
            unit="count",
            legend="{{state}}",
            description="Alerts that fire, and that will unless things get better.",
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Series kept",
            "max by (job) (vedette_series)",
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="What is scraped and recorded. It grows with what is watched; a leap is a label gone wild.",
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Rules that fail",
            'max by (job) (vedette_rules{health="err"})',
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="Anything but zero: an alert that cannot fire.",
            thresholds={1: "high"},
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Errors of the check",
            'max by (job) (vedette_check_findings{level="error"})',
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="What `vedette check` says of what is declared: an error cannot work.",
            thresholds={1: "medium"},
            width=6,
            height=4,
        ),
        catalog.Row("Scraping and judging"),
        catalog.Panel(
            "Scrapes",
            "sum by (job, outcome) (rate(vedette_scrapes_total[5m]))",
            unit="operations/s",
            legend="{{outcome}}",
            description="Each target once an interval. Failures are targets that are down.",
            minimum=0,
            stack=True,
        ),
        catalog.Panel(
            "Evaluation time",
            _P95,
            unit="seconds",
            legend="{{job}}",
            description="95 % of the rounds of rules take less. It should stay far below the evaluation interval.",
            thresholds={evaluation_slow: "medium"},
            minimum=0,
        ),
        catalog.Row("Notifications"),
        catalog.Panel(
            "Deliveries",
            'sum by (job, channel, outcome) (increase(vedette_deliveries_total{outcome!="failed"}[15m]))',
            unit="count",
            legend="{{channel}} {{outcome}}",
            description="Attempts of 15 minutes. Retries are normal while the other side restarts.",
            minimum=0,
            width=8,
        ),
        catalog.Panel(
            "Refused for good",
            'sum by (job, channel) (increase(vedette_deliveries_total{outcome="failed"}[15m]))',
            unit="count",
            legend="{{channel}}",
            description="Notifications that nobody will get: a wrong address, token or password.",
            thresholds={0: "high"},
            minimum=0,
            width=8,
        ),
        catalog.Panel(
            "Waiting to be delivered",
            "max by (job) (vedette_deliveries_waiting)",
            unit="count",
            legend="{{job}}",
            description="Zero but for a moment. They are on disk and survive a restart.",
            thresholds={waiting_high: "high"},
            minimum=0,
            width=8,
        ),
    ]
