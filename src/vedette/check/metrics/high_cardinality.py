"""A metric is very many series now, so that every query over it is slow and dear.

Each query that asks for it reads all of them, a dashboard at every refresh; the server keeps all of them in memory.
Mostly one label is to blame, with a value for each user, address or build. Beyond ten thousand series of one name it
is worth a look; what a large cluster needs may be right, and then a recording rule spares the dashboards.

https://prometheus.io/docs/practices/instrumentation/#do-not-overuse-labels
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.metrics._uses import is_own, uses
from vedette.check.metrics.cardinality import BUDGET
from vedette.check.reading import selectors
from vedette.place import Place
from vedette.promql.flow.selectors import metric_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.check.live.server import Live

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Names with more series than the budget: where they are declared, else where they are first asked for."""
    live = facts.server
    if live is None:
        return
    budget = facts.cardinality or BUDGET
    places = _places(facts)
    for name, count in sorted(live.counts.items()):
        if count <= budget or (name not in places and facts.queries):
            continue
        place, subject = places.get(name, (Place(live.url, 1), f"metric {name}"))
        most = _most(live, name)
        blame = f"; {most[1]:,} values of {most[0]}" if most else ""
        yield CHECK.finding(
            place,
            subject,
            f"{name} is {count:,} series on {live.url}, and more than {budget:,} of one metric are slow to query and "
            f"dear to store{blame}",
            f"expose {most[0]} no more, or give it fewer values; or record what is asked for often, without it"
            if most
            else "take a label out, or give it fewer values; or record what is asked for often",
        )


def _places(facts: Facts) -> dict[str, tuple[Place, str]]:
    found: dict[str, tuple[Place, str]] = {}
    for use in uses(facts.stack):
        if is_own(use.metric):
            found |= dict.fromkeys(use.metric.description.sample_names, (use.metric.place, use.subject))
    for query in facts.queries:
        for node in selectors(query):
            found.setdefault(metric_name(node), (query.at(node), query.owner))
    return found


def _most(live: Live, name: str) -> tuple[str, int] | None:
    """The label with the most values, the process that exposes it aside; None where nobody says."""
    listed = live.series.get(name, ())
    labels = {label for one in listed for label in one}
    counts = {label: len({one.get(label) for one in listed}) for label in labels} or live.values.get(name, {})
    others = {label: count for label, count in counts.items() if label not in ("instance", "job", "le")}
    return max(sorted(others.items()), key=lambda pair: pair[1]) if others else None


def _answers(count: int) -> str:
    answers = {
        "label/__name__/values": ["shop_visits_total"],
        "metadata": {"shop_visits_total": [{"type": "counter", "help": "Visits.", "unit": ""}]},
        "status/tsdb": {"seriesCountByMetricName": [{"name": "shop_visits_total", "value": count}]},
    }
    return json.dumps(answers, indent=2)


_RULES: Final = """\
groups:
  - name: shop
    rules:
      - record: job:shop_visits:rate5m
        expr: sum by (job) (rate(shop_visits_total[5m])){}
"""

CHECK = Check(
    code="high-cardinality",
    about="metrics",
    level="note",
    find=find,
    live_only=True,
    bad=Example("rules.yml", _RULES.format("  # <-"), beside=(Example("server.json", _answers(48_000)),)),
    good=Example("rules.yml", _RULES.format(""), beside=(Example("server.json", _answers(480)),)),
)
