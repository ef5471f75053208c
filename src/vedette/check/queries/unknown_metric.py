"""A query asks for a metric that nobody declares, so it never finds anything.

To Prometheus a misspelt name is no error: it is a metric without series. The alert stays silent for ever and the panel
is empty, which looks like a quiet day. It comes to be by a slip of the pen, by a rename that missed a place, and by
asking for a histogram without ``_bucket``, ``_sum`` or ``_count``.

It is found where all metrics are known: in a stack, whose packs declare them, or with a live server, which has them.
Of a page of metrics only the names that are nearly on it are told: others may be exposed elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.catalog.names import closest
from vedette.check.check import Check, Example
from vedette.check.code._project import modules
from vedette.check.guess import AUTOMATIC
from vedette.check.reading import selectors
from vedette.promql.flow.selectors import metric_name
from vedette.promql.flow.unknown import missing_metrics

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from vedette.check.code._project import Made
    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_LETTERS: Final = 4
"""Of a word in which a slip can be told from another word."""
_SUFFIXES: Final = ("_bucket", "_sum", "_count", "_total")


def find(facts: Facts) -> Iterator[Finding]:
    """Names in queries that are not known, where all that there are would be."""
    if not facts.complete:
        yield from _nearly(facts)
        return
    for query in facts.queries:
        for missing in missing_metrics(query.tree, facts.known):
            yield CHECK.finding(
                query.text.locate(missing.offset),
                query.owner,
                f"no series is named {missing.name!r}: {_why(missing.name, facts)}",
                _fix(missing.name, facts),
                certain=not facts.live,
                level="warning" if facts.live else "error",
            )


def _why(name: str, facts: Facts) -> str:
    if facts.live and facts.server is not None:
        return f"{facts.server.url} has none"
    why = "no pack of the stack declares it and no rule records it"
    there = facts.server is not None and name in facts.server.names
    return f"{why}, though {facts.server.url} has it" if facts.server is not None and there else why


def _nearly(facts: Facts) -> Iterator[Finding]:
    """Names that are on no page, and like one that is."""
    page = facts.server
    if page is None:
        return
    recorded = {one.name for one in facts.recordings}
    for query in facts.queries:
        for node in selectors(query):
            name = metric_name(node)
            if not name or name in page.names or name in recorded or name in AUTOMATIC:
                continue
            near = next((name + end for end in _SUFFIXES if name + end in page.names), None) or _like(name, page.names)
            if near is not None:
                yield CHECK.finding(
                    query.at(node),
                    query.owner,
                    f"{page.url} has no series named {name!r}, and has {near}",
                    f"write {near}",
                    certain=False,
                    level="warning",
                )


def _like(name: str, names: Collection[str]) -> str | None:
    """The name that was probably meant: the same but for a slip in one of its words."""
    words = name.split("_")
    for other in sorted(names):
        theirs = other.split("_")
        if len(theirs) == len(words):
            differing = [pair for pair in zip(words, theirs, strict=True) if pair[0] != pair[1]]
            if len(differing) == 1 and _is_slip(*differing[0]):
                return other
    return None


def _is_slip(word: str, other: str) -> bool:
    """Whether one has a letter more, or the same letters in another order: names that are alike are often two."""
    shorter, longer = sorted((word, other), key=len)
    if len(shorter) < _LETTERS:
        return False
    if len(shorter) == len(longer):
        return sorted(shorter) == sorted(longer)
    return any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer)))


def _fix(name: str, facts: Facts) -> str:
    exposed = [name + suffix for suffix in _SUFFIXES if name + suffix in facts.series]
    if exposed:
        return f"write {' or '.join(exposed)}: that is what it is exposed as"
    made = _made(name, facts)
    if made is not None:
        return f"add {made.names[0]} ({made.place}) to metrics=[…] of the pack"
    near = closest(name, facts.series)
    declare = "declare it in metrics=[…] of the pack, and what others expose with Metric.foreign"
    if facts.live:
        return f"write {near}" if near else "correct the name, or scrape what exposes it"
    return f"write {near}, or {declare}" if near else declare


def _made(name: str, facts: Facts) -> Made | None:
    """The instrument of the project's code that is exposed so, and that no pack has."""
    if facts.stack is None:
        return None
    every = (made for module in modules(facts.folders) for made in module.made if made.metric and made.names)
    return next((made for made in every if name in (made.metric, *(made.metric + end for end in _SUFFIXES))), None)


CHECK = Check(
    code="unknown-metric",
    about="queries",
    level="error",
    find=find,
    declared_only=True,
    bad=Example(
        "observability.py",
        """\
from vedette import Alert, Counter, Pack, Service, Stack

orders = Counter("shop_orders_total", help="Orders placed.")
shop = Pack(
    "shop",
    metrics=[orders],
    alerts=[
        Alert(
            "NoOrders",
            "sum by (job) (rate(shop_order_total[30m])) == 0",  # <-
            for_="30m",
            severity="high",
            summary="No order for half an hour",
        ),
    ],
)
stack = Stack(services=[Service("shop", ["localhost:8000"], [shop])])
""",
    ),
    good=Example(
        "observability.py",
        """\
from vedette import Alert, Counter, Pack, Service, Stack

orders = Counter("shop_orders_total", help="Orders placed.")
shop = Pack(
    "shop",
    metrics=[orders],
    alerts=[
        Alert(
            "NoOrders",
            "sum by (job) (rate(shop_orders_total[30m])) == 0",
            for_="30m",
            severity="high",
            summary="No order for half an hour",
        ),
    ],
)
stack = Stack(services=[Service("shop", ["localhost:8000"], [shop])])
""",
    ),
)
