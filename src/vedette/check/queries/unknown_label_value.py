"""A query asks for a value that the label never has, so the filter finds nothing, or leaves out nothing.

A metric that declares ``labels={"result": ["ok", "failed"]}`` has no series with ``result="error"``: an alert on it
never fires, and a ratio with it is always zero. Prometheus cannot know that. It comes to be when values are renamed in
the code, and when the values of one metric are taken for those of another.

With a live server a value is told that no series has now and that is nearly one of those there are, and a job of which
the server knows nothing. Others may still come: ``code="500"`` is right before the first failure.

Of ``a|b|c`` every part is looked at. Whoever counts what was not declared finds it under the value ``_OTHER``.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

from vedette.catalog.names import closest
from vedette.check.check import Check, Example
from vedette.check.queries._values import wrong_values
from vedette.check.reading import selectors
from vedette.instruments.metrics import OVERFLOW
from vedette.promql.flow.selectors import alternatives, metric_name
from vedette.promql.labels import NAME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from vedette.check.facts import Facts, Query
    from vedette.check.finding import Finding
    from vedette.check.live.server import Live
    from vedette.promql.ast import VectorSelector
    from vedette.promql.labels import Matcher

__all__ = ["CHECK", "find"]

_LETTERS: Final = 4
_LIKE: Final = 0.85
_SHOWN: Final = 5


def find(facts: Facts) -> Iterator[Finding]:
    """Values in matchers that are none of those declared, or are nearly one of those that are live."""
    if facts.server is not None and facts.live:
        yield from _live(facts, facts.server)
    for query in facts.queries:
        for node in selectors(query):
            for series in query.flow.of(node)[0].series:
                for matcher in node.matchers:
                    values = series.labels.get(matcher.name).values
                    if matcher.name != NAME and values is not None and series.certain:
                        yield from _matcher(query, node, matcher, values, series.name)


def _live(facts: Facts, server: Live) -> Iterator[Finding]:
    recorded = {one.name for one in facts.recordings}
    for query in facts.queries:
        for node in selectors(query):
            name = metric_name(node)
            for matcher in node.matchers:
                at = None if matcher.name == NAME or name in recorded else _written(query, node, matcher)
                if at is not None:
                    yield from _live_matcher(query, at, matcher, name, server)


def _live_matcher(query: Query, at: int, matcher: Matcher, name: str, server: Live) -> Iterator[Finding]:
    is_job = matcher.name == "job"
    values = server.jobs if is_job else server.listed(name, matcher.name) or frozenset()
    parts = {matcher.value} if matcher.op in ("=", "!=") else alternatives(matcher.value) or frozenset()
    for value in sorted(parts - values - {""}):
        near = closest(value, values) if is_job else _meant(value, values)
        if near is None and not (is_job and values):
            continue
        what = f"no job is {value!r}" if is_job else f"{matcher.name} of {name} is never {value!r}"
        yield CHECK.finding(
            query.text.locate(at),
            query.owner,
            f"{{{matcher}}} asks for what there is nothing of: {what} on {server.url}",
            f"write {near!r} instead of {value!r}" if near else f"write one of {_some(values)}",
            certain=False,
            level="warning",
        )


def _meant(value: str, values: Collection[str]) -> str | None:
    """The value that was probably meant; of short ones and of numbers, any may come."""
    if sum(character.isalpha() for character in value) < _LETTERS:
        return None
    return next((one for one in sorted(values) if _slip(value, one)), None)


def _slip(value: str, other: str) -> bool:
    """Whether it is another spelling of it, and not another one of the same kind, as ``team-a`` and ``team-b`` are."""
    plain, same = (re.sub(r"[\W_]", "", one).casefold() for one in (value, other))
    if plain == same:
        return True
    if re.sub(r"\d", "", plain) == re.sub(r"\d", "", same):
        return False
    if len(plain) == len(same):
        return sorted(plain) == sorted(same) and plain[0] == same[0]
    return SequenceMatcher(None, plain, same).ratio() >= _LIKE


def _some(names: Collection[str]) -> str:
    return ", ".join(sorted(names)[:_SHOWN]) or "the jobs that are scraped"


def _matcher(
    query: Query, node: VectorSelector, matcher: Matcher, values: frozenset[str], name: str
) -> Iterator[Finding]:
    wrong = wrong_values(matcher, values)
    at = _written(query, node, matcher) if wrong else None
    if at is None:
        return
    nothing = matcher.op in ("=", "=~") and not any(matcher.matches(value) for value in values)
    outcome = "so it finds nothing" if nothing else "so that part of the filter does nothing"
    near = closest(wrong[0], values - {OVERFLOW})
    listed = ", ".join(sorted(values - {OVERFLOW}))
    yield CHECK.finding(
        query.text.locate(at),
        query.owner,
        f"{{{matcher}}} asks for {' and '.join(map(repr, wrong))}, which {matcher.name} of {name} never is, {outcome}; "
        f"it is one of {listed}",
        f"write {near!r} instead of {wrong[0]!r}" if near else f"write one of {listed}, or declare the value",
        level="error" if nothing else "warning",
    )


def _written(query: Query, node: VectorSelector, matcher: Matcher) -> int | None:
    """Where the value stands; None where nobody wrote it, as what limits a rule to its services."""
    text = query.text.value[node.span.start : node.span.end]
    value = re.escape(matcher.value.replace("\\", "\\\\"))
    found = re.search(rf"\b{re.escape(matcher.name)}[\"'`]?\s*{re.escape(matcher.op)}\s*[\"'`]({value})[\"'`]", text)
    return None if found is None else node.span.start + found.start(1)


_STACK: Final = """\
from vedette import Alert, Counter, Pack, Service, Stack

jobs = Counter("shop_jobs_total", help="Orders shipped.", labels={{"result": ["ok", "failed"]}})
shop = Pack(
    "shop",
    metrics=[jobs],
    alerts=[
        Alert(
            "ShippingFails",
            'sum by (job) (rate(shop_jobs_total{{result="{}"}}[5m])) > 1',{}
            for_="5m",
            severity="high",
            summary="Orders of {{{{ $labels.job }}}} are not shipped",
        ),
    ],
)
stack = Stack(services=[Service("shop", ["localhost:8000"], [shop])])
"""

CHECK = Check(
    code="unknown-label-value",
    about="queries",
    level="error",
    find=find,
    declared_only=True,
    bad=Example("observability.py", _STACK.format("error", "  # <-")),
    good=Example("observability.py", _STACK.format("failed", "")),
)
