"""The range of a rate is too short for how often the metric is scraped.

`rate(x[30s])` looks at the samples of 30 seconds and needs two of them. With a scrape every 30 seconds there is only
one, so that the query finds nothing, ever; with one every 20 seconds there are sometimes two. Below four intervals
it works until a single scrape is late or fails, and then there is a gap: an alert that waits `for` begins anew.

Four times the interval is the rule of thumb: https://www.robustperception.io/what-range-should-i-use-with-rate/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.reading import nodes, shown, source
from vedette.duration import format_duration
from vedette.promql.ast import Call, MatrixSelector
from vedette.promql.flow.selectors import metric_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding, Level

__all__ = ["CHECK", "find"]

_NEED_TWO: Final = frozenset({"rate", "increase", "irate", "delta", "idelta", "deriv", "predict_linear"})
"""Functions that give nothing for one sample."""

_WANTED: Final = 4


def find(facts: Facts) -> Iterator[Finding]:
    """Every range that holds too few samples."""
    recorded = _recorded(facts)
    for query in facts.queries:
        for node, _ in nodes(query):
            if not isinstance(node, Call):
                continue
            for arg in node.args:
                if not isinstance(arg, MatrixSelector) or "$" in _brackets(query, arg):
                    continue
                name = metric_name(arg.selector)
                interval = recorded.get(name, facts.scrape_interval)
                if interval and (found := _finding(facts, query, node, arg, interval)) is not None:
                    yield found


def _recorded(facts: Facts) -> dict[str, int | None]:
    """How often each recording rule makes a sample."""
    return {one.name: one.group.interval or facts.evaluation_interval for one in facts.recordings}


def _brackets(query: Query, arg: MatrixSelector) -> str:
    text = source(query, arg)
    return text[text.rindex("[") :]


def _finding(facts: Facts, query: Query, node: Call, arg: MatrixSelector, interval: int) -> Finding | None:
    told = _told(node.func, arg.range, interval)
    if told is None:
        return None
    level, what = told
    exact = facts.kind == "declared"
    return CHECK.finding(
        query.at(arg),
        query.owner,
        f"{shown(query, arg)} reaches back {format_duration(arg.range)}, and there is a sample every "
        f"{format_duration(interval)}: {what}",
        f"write [{format_duration(_WANTED * interval)}] or longer",
        level=level if exact or level != "error" else "warning",
        certain=exact,
    )


def _told(func: str, span: int, interval: int) -> tuple[Level, str] | None:
    if func in _NEED_TWO:
        if span <= interval:
            return "error", f"{func} needs two samples and there is at most one, so that it never yields anything"
        if span < 2 * interval:
            return "warning", f"{func} needs two samples, and most of the time there is one"
        if span < _WANTED * interval:
            return "note", f"{func} needs two samples, so that one late or failed scrape leaves a gap"
        return None
    if func.endswith("_over_time") and not func.startswith("absent") and span < interval:
        return "warning", f"{func} yields nothing part of the time"
    return None


_FILE: Final = """from vedette import Counter, Pack, Recording, Service, Stack

orders = Counter("shop_orders_total", help="Orders placed.")
shop = Pack(
    "shop",
    metrics=[orders],
    recordings=[
        Recording("job:shop_orders:rate", "sum by (job) (rate(shop_orders_total[{}]))"),{}
    ],
)
stack = Stack(services=[Service("shop", ["localhost:8000"], [shop])])
"""

CHECK = Check(
    code="short-range",
    about="queries",
    level="warning",
    find=find,
    bad=Example("observability.py", _FILE.format("10s", "  # <-")),
    good=Example("observability.py", _FILE.format("5m", "")),
)
