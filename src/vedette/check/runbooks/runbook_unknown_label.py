"""A query in a runbook asks for a label, or a value of it, that its metric does not have.

At three in the morning it is pasted and shows nothing, which looks as if all were well. It comes to be when a label or
a value is renamed in the code and not in the text. Looked at are blocks marked ``promql`` and queries between back
quotes. What a reader has to fill in, such as ``$job`` or ``<route>``, may be anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.catalog.names import closest
from vedette.check.check import Check
from vedette.check.queries._values import wrong_values
from vedette.check.reading import selectors_in
from vedette.check.runbooks._example import stack_with
from vedette.check.runbooks._texts import FILLED, OPEN, asked, written
from vedette.instruments.metrics import OVERFLOW
from vedette.promql.flow import analyse
from vedette.promql.flow.unknown import missing_labels
from vedette.promql.labels import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.promql.flow import Analysis
    from vedette.promql.labels import Matcher

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Labels and values that are certainly not there."""
    for one in written(facts):
        for chunk, place in asked(one):
            assert chunk.tree is not None
            flow = analyse(chunk.tree, facts.known)
            for problem, fix in dict.fromkeys((*_labels(flow, chunk.filled), *_values(flow))):
                yield CHECK.finding(place, one.subject, problem, fix)


def _labels(flow: Analysis, text: str) -> Iterator[tuple[str, str]]:
    for missing in missing_labels(flow, text):
        if missing.certain:
            who = f"{missing.of} does not have" if missing.of else "no series has at that point"
            there = ", ".join(sorted(missing.there)) or "none"
            near = closest(missing.name, missing.there)
            yield (
                f"its query uses the label {missing.name!r}, which {who}; there are {there}",
                f"write {near}" if near else f"take {missing.name} out",
            )


def _values(flow: Analysis) -> Iterator[tuple[str, str]]:
    for node in selectors_in(flow.tree):
        for series in flow.of(node)[0].series:
            for matcher in node.matchers:
                values = series.labels.get(matcher.name).values
                if values is not None and series.certain and not _is_open(matcher):
                    yield from _wrong(matcher, values - {OVERFLOW}, series.name)


def _is_open(matcher: Matcher) -> bool:
    return matcher.name == NAME or matcher.value in (FILLED, OVERFLOW) or OPEN.search(matcher.value) is not None


def _wrong(matcher: Matcher, values: frozenset[str], name: str) -> Iterator[tuple[str, str]]:
    if name in ("ALERTS", "ALERTS_FOR_STATE") and matcher.name == "alertname":
        return  # runbook-unknown-alert tells
    for value in wrong_values(matcher, values):
        near, listed = closest(value, values), ", ".join(sorted(values))
        yield (
            f"its query asks for {{{matcher}}}, and {matcher.name} of {name} is never {value!r}; it is one of {listed}",
            f"write {near!r}" if near else f"write one of {listed}",
        )


CHECK = Check(
    code="runbook-unknown-label",
    about="runbooks",
    level="warning",
    find=find,
    declared_only=True,
    bad=stack_with(
        'Runbook(investigation=["```promql\\nrate(shop_orders_total{chanel=\\"web\\"}[5m])\\n```"])', found=True
    ),
    good=stack_with('Runbook(investigation=["```promql\\nrate(shop_orders_total{channel=\\"web\\"}[5m])\\n```"])'),
)
