"""A metric can become so many series that it slows down or fills up whatever stores it.

Every combination of label values is a series of its own, times the buckets of a histogram, times the processes that
expose it. Ten routes, ten codes and ten methods are a thousand combinations, and a histogram of them 14 000 series a
process. What grows with users or orders grows without end; ``max_series`` is where Vedette stops, and adds up the rest.

https://prometheus.io/docs/practices/instrumentation/#do-not-overuse-labels
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.metrics._uses import uses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.check.metrics._uses import Use

__all__ = ["BUDGET", "CHECK", "GROWTH", "find"]

BUDGET: Final = 10_000
"""Series of one metric in a whole stack, where the declared values alone say how many there are; a project may say
another number: ``cardinality`` in ``[tool.vedette.check]``."""
GROWTH: Final = 100_000
"""Series of one metric in one process, where a label may have any value, when all of ``max_series`` is used."""


def find(facts: Facts) -> Iterator[Finding]:
    """Metrics of the stack's own that are, or can grow to be, too many series."""
    budget = facts.cardinality or BUDGET
    for use in uses(facts.stack):
        if use.metric.exporter:
            continue
        found = _of_values(use, budget) if use.metric.description.combinations else _of_growth(use)
        if found is not None:
            yield CHECK.finding(use.metric.place, use.subject, *found)


def _of_values(use: Use, budget: int) -> tuple[str, str] | None:
    combinations = use.metric.description.combinations
    total = combinations * use.lines * use.targets
    if total <= budget:
        return None
    counts = [f"{len(values)} {name}" for name, values in use.metric.label_values.items() if values]
    message = (
        f"{use.metric.name} is {total:,} series: {' times '.join(counts) or '1'}{_lines(use)} times {_targets(use)}; "
        f"more than {budget:,} of one metric are slow to query and dear to store"
    )
    return message, _largest(use) or "declare fewer buckets"


def _of_growth(use: Use) -> tuple[str, str] | None:
    limit = use.metric.description.max_series
    total = limit * use.lines
    if total <= GROWTH:
        return None
    free = [name for name, values in use.metric.label_values.items() if values is None]
    message = (
        f"{use.metric.name} can grow to {total:,} series in each process: {' and '.join(free)} may have any value, and "
        f"max_series={limit} lets it{_lines(use)}"
    )
    return message, f"list the values of {free[0]}, or lower max_series: what is more is counted together"


def _lines(use: Use) -> str:
    if use.lines == 1:
        return ""
    what = {"histogram": "a histogram's buckets, sum and count", "summary": "sum and count"}.get(
        use.metric.type, "states"
    )
    return f" times {use.lines} ({what})"


def _targets(use: Use) -> str:
    return f"{use.targets} target{'s' if use.targets != 1 else ''}"


def _largest(use: Use) -> str:
    named = [(len(values), name) for name, values in use.metric.label_values.items() if values]
    return f"give {max(named)[1]} fewer values, or take it out" if named else ""


_STACK: Final = """\
from vedette import Histogram, Pack, Service, Stack

payments = Histogram({}
    "shop_payment_duration_seconds",
    help="Time to pay.",
    labels={{"bank": [f"bank{{number}}" for number in range({})], "method": ["card", "transfer", "voucher"]}},
    buckets=[0.1, 0.5, 1, 5],
)
shop = Pack("shop", metrics=[payments])
stack = Stack(services=[Service("shop", [f"shop-{{number}}:8000" for number in range(10)], [shop])])
"""

CHECK = Check(
    code="cardinality",
    about="metrics",
    level="warning",
    find=find,
    declared_only=True,
    bad=Example("observability.py", _STACK.format("  # <-", 100)),
    good=Example("observability.py", _STACK.format("", 10)),
)
