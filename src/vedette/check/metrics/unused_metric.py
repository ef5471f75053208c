"""A metric is declared and counted, and nobody looks at it: it is on no panel, and in no rule or alert.

Every series costs memory where it is counted and where it is stored, and whoever reads the declaration believes that
somebody is watching. It comes to be when a panel goes and its metric stays, or when a metric is declared in advance.
Packs that are shipped or installed are left alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.metrics._uses import is_own, uses
from vedette.check.reading import selectors
from vedette.promql.labels import NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_WORD: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)


def find(facts: Facts) -> Iterator[Finding]:
    """The metrics of the packs whose series no query asks for."""
    if facts.stack is None:
        return
    names, tests = _asked(facts)
    for use in uses(facts.stack):
        metric = use.metric
        series = {metric.name, *metric.description.sample_names}
        if not is_own(metric) or series & names or any(test(name) for test in tests for name in series):
            continue
        yield CHECK.finding(
            metric.place,
            use.subject,
            f"{metric.name} is on no panel, and no rule or alert asks for it",
            f"show it on a panel of the pack {use.pack.name}, or take the metric out",
        )


def _asked(facts: Facts) -> tuple[set[str], list[Callable[[str], bool]]]:
    """The names that queries and variables ask for, and the patterns."""
    names: set[str] = set()
    tests: list[Callable[[str], bool]] = []
    for query in facts.queries:
        for node in selectors(query):
            for matcher in (one for one in node.matchers if one.name == NAME):
                if matcher.op == "=":
                    names.add(matcher.value)
                else:
                    tests.append(matcher.matches)
    for pack in (pack for service in (facts.stack.services if facts.stack else ()) for pack in service.pack_list()):
        names.update(variable.metric for variable in pack.dashboard.variables)
    names.update(word for text in _broken(facts) for word in _WORD.findall(text))
    return names, tests


def _broken(facts: Facts) -> Iterator[str]:
    """The queries that cannot be read, each of which is a finding of its own."""
    read = {rule.name for group in facts.groups for rule in group.rules}
    for pack in (pack for service in (facts.stack.services if facts.stack else ()) for pack in service.pack_list()):
        yield from (alert.expr for alert in pack.alerts if alert.name not in read)
        yield from (recording.expr for recording in pack.recordings if recording.name not in read)
    for panel in (panel for dashboard in facts.dashboards for panel in dashboard.panels):
        yield from (query.text.value for query in panel.queries if query.query is None)


_STACK: Final = """\
from vedette import Counter, Pack, Panel, Service, Stack

orders = Counter("shop_orders_total", help="Orders placed.")
refunds = Counter("shop_refunds_total", help="Orders paid back.")
shop = Pack(
    "shop",
    metrics=[orders, refunds],
    panels=[
        Panel("Orders", "sum by (job) (rate(shop_orders_total[5m]))", unit="events/s"),
        Panel("Refunds", "sum by (job) (rate(shop_{}_total[5m]))", unit="events/s"),
    ],
)
stack = Stack(services=[Service("shop", ["localhost:8000"], [shop])])
"""

CHECK = Check(
    code="unused-metric",
    about="metrics",
    level="note",
    find=find,
    declared_only=True,
    bad=Example("observability.py", _STACK.format("orders").replace('paid back.")', 'paid back.")  # <-')),
    good=Example("observability.py", _STACK.format("refunds")),
)
