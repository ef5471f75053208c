"""A query looks at a time of which the server keeps nothing any more.

`x offset 30d` on a server that keeps 15 days finds nothing, and so does everything that is compared with it: the alert
never fires, and the panel "against last month" stays empty. It comes to be when a query is taken over from a place
with longer retention, or when the retention is shortened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.queries._retention import example_answers, reaches
from vedette.check.reading import shown
from vedette.duration import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Selectors all of whose samples are gone."""
    live = facts.server
    if live is None or live.retention is None:
        return
    kept = format_duration(live.retention)
    for query, node, nearest, _ in reaches(facts):
        if nearest >= live.retention:
            yield CHECK.finding(
                query.at(node),
                query.owner,
                f"{shown(query, node)} looks back {format_duration(nearest)}, and {live.url} keeps {kept}, so that it "
                "finds nothing",
                f"look back less than {kept}, keep samples longer (--storage.tsdb.retention.time), or ask a store that "
                "does",
            )


_RULES: Final = """\
groups:
  - name: shop
    rules:
      - record: job:shop_orders:rate1h_last_month
        expr: sum by (job) (rate(shop_orders_total[1h] offset {}))
"""
_BESIDE: Final = (Example("server.json", example_answers("15d")),)

CHECK = Check(
    code="offset-beyond-retention",
    about="queries",
    level="warning",
    find=find,
    live_only=True,
    bad=Example("rules.yml", _RULES.format("28d").replace("28d))", "28d))  # <-"), beside=_BESIDE),
    good=Example("rules.yml", _RULES.format("7d"), beside=_BESIDE),
)
