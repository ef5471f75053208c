"""A quantile is compared with a number that is no bound of its buckets: what is found there is a guess.

A histogram only knows how many observations were below each of its bounds. ``histogram_quantile`` draws a straight
line between two of them; a threshold in the middle fires or not by that line, however the observations lie. Put a
bucket bound where the threshold is. A matcher ``le="0.3"`` on a bound that there is not finds nothing at all.
https://prometheus.io/docs/practices/histograms/#errors-of-quantile-estimation
"""

from __future__ import annotations

import math
from bisect import bisect
from typing import TYPE_CHECKING

from vedette.check.alerts._conditions import Comparison, comparisons, in_queries, quoted
from vedette.check.check import Check, Example
from vedette.promql.ast import VectorSelector
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Quantiles against numbers between bounds, and matchers of ``le`` beside all bounds."""
    yield from in_queries(facts, _query)


def _query(facts: Facts, query: Query) -> Iterator[Finding]:
    for comparison in comparisons(query.tree):
        yield from _comparison(query, comparison)
    for node in walk(query.tree):
        if isinstance(node, VectorSelector):
            yield from _matcher(facts, query, node)


def _comparison(query: Query, comparison: Comparison) -> Iterator[Finding]:
    for branch in query.flow.of(comparison.tested):
        bounds, number = branch.bounds, comparison.number
        if branch.type == "bucket" or not bounds or number in bounds or number > bounds[-1] or number <= 0:
            continue
        yield CHECK.finding(
            query.at(comparison.node),
            query.owner,
            f"{quoted(query, comparison.node)} compares a quantile with {number:g}, which is no bound of its buckets "
            f"({_around(bounds, number)}): what lies between two bounds is a guess",
            f"compare with a bound, or add {number:g} to the buckets",
            certain=branch.certain,
        )
        return


def _matcher(facts: Facts, query: Query, node: VectorSelector) -> Iterator[Finding]:
    series = facts.known(node.name) if node.name else None
    if series is None or series.type != "bucket" or not series.bounds:
        return
    for matcher in node.matchers:
        if matcher.name != "le" or matcher.op != "=":
            continue
        try:
            number = float(matcher.value)
        except ValueError:
            number = math.nan
        if number in (*series.bounds, math.inf):
            continue
        yield CHECK.finding(
            query.at(node),
            query.owner,
            f"{{{matcher}}} finds nothing: the buckets end at {', '.join(f'{bound:g}' for bound in series.bounds)}",
            "ask for a bound that there is, or add this one to the buckets",
            certain=series.certain,
            level="error" if series.certain else "warning",
        )


def _around(bounds: Sequence[float], number: float) -> str:
    index = bisect(bounds, number)
    below = f"{bounds[index - 1]:g}" if index else "0"
    return f"the nearest are {below} and {bounds[index]:g}"


CHECK = Check(
    code="threshold-between-buckets",
    about="alerts",
    level="warning",
    find=find,
    bad=Example(
        "observability.py",
        """\
from vedette import Alert, Histogram, Pack, Service, Stack

checkout = Histogram("shop_checkout_seconds", help="Checkouts.", buckets=[0.1, 0.25, 0.5, 1])
slow = Alert(
    "CheckoutSlow",
    "histogram_quantile(0.95, sum by (job, le) (rate(shop_checkout_seconds_bucket[5m]))) > 0.3",  # <-
    for_="5m",
    severity="high",
    summary="Checkouts of {{ $labels.job }} are slow",
)
shop = Pack("shop", title="Shop", metrics=[checkout], alerts=[slow])
stack = Stack(services=[Service("shop", targets=["localhost:8000"], packs=[shop])])
""",
    ),
    good=Example(
        "observability.py",
        """\
from vedette import Alert, Histogram, Pack, Service, Stack

checkout = Histogram("shop_checkout_seconds", help="Checkouts.", buckets=[0.1, 0.25, 0.5, 1])
slow = Alert(
    "CheckoutSlow",
    "histogram_quantile(0.95, sum by (job, le) (rate(shop_checkout_seconds_bucket[5m]))) > 0.25",
    for_="5m",
    severity="high",
    summary="Checkouts of {{ $labels.job }} are slow",
)
shop = Pack("shop", title="Shop", metrics=[checkout], alerts=[slow])
stack = Stack(services=[Service("shop", targets=["localhost:8000"], packs=[shop])])
""",
    ),
)
