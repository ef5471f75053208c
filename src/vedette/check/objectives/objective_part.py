"""What an objective counts as errors, or as good, is no part of what it counts as all events.

The share of errors is errors over all events. Where the errors are counted among other series than the whole, it can
be more than one, or never above nothing: errors of all routes over the requests of one, or the same series on both
sides, so that every event is an error or none is. The budget then means nothing, and the alerts fire always or never.

Leave the matchers of the whole away and write only what makes an event an error: `errors='{result="failed"}'`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.build.refusal import RefusalError
from vedette.build.slo.counting import selector_of
from vedette.catalog import Events
from vedette.check.check import Check, Example
from vedette.check.objectives._declared import declared
from vedette.promql.labels import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.promql.ast import VectorSelector

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Objectives on events whose part is not within the whole."""
    for pack, slo in declared(facts.stack):
        events = slo.indicator
        if not isinstance(events, Events):
            continue
        key = "errors" if events.errors else "good"
        try:
            total = selector_of(str(events.total), events.place, "")
            part = selector_of(str(events.errors or events.good), events.place, "", of=total)
        except RefusalError:
            continue  # told already
        why = _apart(total, part, key)
        if why:
            yield CHECK.finding(
                events.place,
                f"objective {pack.name}/{slo.name}",
                why,
                f"write {key} as the labels that make the difference: {key}='{{result=\"…\"}}'",
            )


def _apart(total: VectorSelector, part: VectorSelector, key: str) -> str:
    """Why the one is no part of the other, as far as one metric tells."""
    if not total.name or total.name != part.name:
        return ""  # two counters, of which only the application knows
    whole, narrowed = set(total.matchers), set(part.matchers)
    if whole == narrowed:
        return f"{key} and total count the same series, so that every event is {'an error' if key == 'errors' else key}"
    wider = sorted(one.name for one in whole - narrowed if one.name != NAME)
    if wider:
        return f"{key} counts series of {total.name} that total does not count: those with another {', '.join(wider)}"
    return ""


_STACK: Final = """\
from vedette import Counter, Events, Pack, Service, Slo, Stack

requests = Counter("shop_requests_total", help="Requests.", labels={{"route": ["/", "/buy"], "code": ["200", "500"]}})
answered = Slo(
    "answered",
    Events('shop_requests_total{{route="/buy"}}', errors='{}'),{}
    objective=99.9,
)
shop = Pack("shop", metrics=[requests], slos=[answered])
stack = Stack(services=[Service("shop", ["localhost:8000"], [shop])])
"""

CHECK = Check(
    code="objective-part",
    about="objectives",
    level="error",
    find=find,
    declared_only=True,
    bad=Example("observability.py", _STACK.format('shop_requests_total{code="500"}', "  # <-")),
    good=Example("observability.py", _STACK.format('{code="500"}', "")),
)
