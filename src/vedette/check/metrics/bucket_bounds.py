"""A panel draws a threshold at a value that the quantile on it can never reach, because no bucket goes that far.

``histogram_quantile`` is estimated within the buckets: it is never more than the last finite bound. With buckets up to
2.5 seconds, a line at 5 seconds is one that the curve never crosses, however slow the service is. It comes to be when
buckets are taken as they are and thresholds are chosen later.

https://prometheus.io/docs/practices/histograms/#errors-of-quantile-estimation
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Panel
    from vedette.check.finding import Finding
    from vedette.promql.flow import Branch

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Thresholds of panels beyond what their quantiles can be. Those of alerts have checks of their own."""
    alerts = {alert.place for alert in facts.alerts}  # a panel that was made from an alert stands where that does
    for panel in (panel for dashboard in facts.dashboards for panel in dashboard.panels):
        if panel.place not in alerts:
            yield from _panel(panel)


def _panel(panel: Panel) -> Iterator[Finding]:
    branches = [branch for one in panel.queries if one.query is not None for branch in one.query.flow.branches]
    steps = panel.value.config.steps if panel.value.config is not None else ()
    if not branches or not all(_is_quantile(branch) for branch in branches):
        return
    highest = max(branch.bounds[-1] for branch in branches)
    for step in steps:
        if step.value is not None and step.value > highest:
            names = ", ".join(dict.fromkeys(series.metric for branch in branches for series in branch.series))
            yield CHECK.finding(
                panel.locate("fieldConfig.defaults.thresholds"),
                panel.subject,
                f"the threshold {step.value:g} is above {highest:g}, the last bucket of {names}, so that no quantile "
                "reaches it",
                f"add a bucket at {step.value:g}, or choose a threshold of at most {highest:g}",
            )


def _is_quantile(branch: Branch) -> bool:
    """Whether its values are estimated within known buckets."""
    return bool(branch.bounds) and branch.high == branch.bounds[-1]


_STACK: Final = """\
from vedette import Histogram, Pack, Panel, Service, Stack

payments = Histogram("shop_payment_duration_seconds", help="Time to pay.", buckets=[0.1, 0.5, 1, 2.5])
shop = Pack(
    "shop",
    metrics=[payments],
    panels=[
        Panel(
            "Time to pay, p95",
            "histogram_quantile(0.95, sum by (job, le) (rate(shop_payment_duration_seconds_bucket[5m])))",
            unit="seconds",
            thresholds={{{}: "high"}},{}
        ),
    ],
)
stack = Stack(services=[Service("shop", ["localhost:8000"], [shop])])
"""

CHECK = Check(
    code="bucket-bounds",
    about="metrics",
    level="warning",
    find=find,
    declared_only=True,
    bad=Example("observability.py", _STACK.format("5", "  # <-")),
    good=Example("observability.py", _STACK.format("1", "")),
)
