"""A query sums up a longer time than the server keeps samples of, so that its figure is of less than it says.

An availability of 30 days on a server that keeps 15 is one of 15 days, under the wrong name, and an error budget
that was used up three weeks ago is whole again. Nothing fails, and the figure looks right.
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
    """Selectors a part of whose samples is gone."""
    live = facts.server
    if live is None or live.retention is None:
        return
    kept = format_duration(live.retention)
    for query, node, nearest, farthest in reaches(facts):
        if nearest < live.retention < farthest:
            yield CHECK.finding(
                query.at(node),
                query.owner,
                f"{shown(query, node)} reaches back {format_duration(farthest)}, and {live.url} keeps {kept}: the "
                "figure is of what is left",
                f"reach back {kept} at most, keep samples longer (--storage.tsdb.retention.time), or ask a store that "
                "does",
            )


_RULES: Final = """\
groups:
  - name: shop
    rules:
      - record: job:shop_orders:increase30d
        expr: sum by (job) (increase(shop_orders_total[30d])){}
"""

CHECK = Check(
    code="range-beyond-retention",
    about="queries",
    level="warning",
    find=find,
    live_only=True,
    bad=Example("rules.yml", _RULES.format("  # <-"), beside=(Example("server.json", example_answers("15d")),)),
    good=Example("rules.yml", _RULES.format(""), beside=(Example("server.json", example_answers("90d")),)),
)
