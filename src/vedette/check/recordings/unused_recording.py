"""A recorded series that nothing uses: no alert, no panel, no other rule.

It is computed and stored at every evaluation for nobody. Often it was made for a panel that is gone or was renamed,
and the panel that should use it still asks for the old name.

Reported only where dashboards are given too: without them nobody can tell.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.reading import selectors
from vedette.promql.labels import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.promql.labels import Matcher

__all__ = ["CHECK", "find"]

_WORD: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


def find(facts: Facts) -> Iterator[Finding]:
    """Every recorded name that no query asks for."""
    if not facts.dashboards:
        return
    names = {recording.name for recording in facts.recordings}
    told: set[str] = set()
    used: set[str] = set()
    patterns: list[Matcher] = []
    for query in facts.queries:
        own = query.owner
        for selector in selectors(query):
            for matcher in selector.matchers:
                if matcher.name != NAME:
                    continue
                if matcher.op != "=":
                    patterns.append(matcher)
                elif own != f"recording rule {matcher.value}":
                    used.add(matcher.value)
    left = names - used
    if left:
        used |= left & _words(facts)
    for recording in facts.recordings:
        name = recording.name
        if name in used or name in told or any(one.matches(name) for one in patterns):
            continue
        told.add(name)
        yield CHECK.finding(
            recording.place,
            recording.query.owner,
            "no alert, panel or other rule uses it",
            "remove it, or use it where its expression stands in full",
            certain=facts.complete,
        )


def _words(facts: Facts) -> set[str]:
    """Words of the texts in dashboards that are no queries of their own, or could not be read."""
    texts = [
        one.text.value
        for dashboard in facts.dashboards
        for panel in dashboard.panels
        for one in panel.queries
        if one.query is None
    ]
    texts += [str(variable) for dashboard in facts.dashboards for variable in dashboard.variables]
    texts += [str(dashboard.value) for dashboard in facts.dashboards]
    return {word for text in texts for word in _WORD.findall(text)}


_FILE: Final = """from vedette import Counter, Pack, Panel, Recording, Service, Stack

orders = Counter("shop_orders_total", help="Orders placed.")
shop = Pack(
    "shop",
    metrics=[orders],
    recordings=[
        Recording("job:shop_orders:rate5m", "sum by (job) (rate(shop_orders_total[5m]))"),{}
    ],
    panels=[
        Panel("Orders", "{}", unit="operations/s", description="Orders per second."),
    ],
)
stack = Stack(services=[Service("shop", ["localhost:8000"], [shop])])
"""

CHECK = Check(
    code="unused-recording",
    about="recordings",
    level="note",
    find=find,
    bad=Example("observability.py", _FILE.format("  # <-", "sum by (job) (rate(shop_orders_total[10m]))")),
    good=Example("observability.py", _FILE.format("", "job:shop_orders:rate5m")),
)
