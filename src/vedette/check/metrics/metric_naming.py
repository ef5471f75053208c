"""A metric on a page is named or described in a way that will mislead whoever uses it.

A name is all that people have who write a query at night, and all that tools guess the type and the unit from. So it
ends in its unit, a base unit (seconds, bytes), and a counter in `_total`; nothing else does. `le` and `quantile` are
the labels of histograms and summaries. A help text says the rest.

A name that is in use cannot be mended in a day: expose the metric under both names for a while.
https://prometheus.io/docs/practices/naming/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.live.types import family_of
from vedette.check.metrics._uses import declared
from vedette.instruments.metrics.units import INSTEAD
from vedette.place import Place
from vedette.promql.flow import unit_of_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.check.live.server import Live, Told

__all__ = ["CHECK", "find"]

_DISTRIBUTIONS: Final = ("histogram", "gaugehistogram", "summary")
_OF_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "le": ("histogram", "gaugehistogram"),
    "quantile": ("summary",),
}
_PARTS: Final = ("_bucket", "_sum", "_count")
_TIMES: Final = frozenset({"duration", "latency", "time", "elapsed", "delay", "age"})
_SIZES: Final = frozenset({"size", "length"})


def find(facts: Facts) -> Iterator[Finding]:
    """What is odd about the metrics of a page that nobody declares, in the order of the page."""
    live = facts.server
    if live is None or not live.page:
        return
    ours = {name for metric, _ in declared(facts.stack) for name in metric.description.taken}
    told = {name: one for name, (one, *_) in live.metadata.items()}
    for name, one in sorted(told.items(), key=lambda pair: (pair[1].line, pair[0])):
        if name not in ours:
            for message, fix in _odd(name, one, live):
                yield CHECK.finding(Place(live.url, one.line), f"metric {name}", message, fix)


def _odd(name: str, told: Told, live: Live) -> Iterator[tuple[str, str]]:
    if not told.help.strip():
        yield "it has no help", "say in one sentence what it counts or measures"
    yield from _ending(name, told.type, live)
    yield from _unit(name, told)
    yield from _labels(name, told.type, live)


def _ending(name: str, kind: str, live: Live) -> Iterator[tuple[str, str]]:
    if kind == "gauge" and name.endswith("_total"):
        yield (
            "it is a gauge, and ends in _total as counters do: whoever meets it takes its rate",
            f"make it a counter if it only rises, or name it {name.removesuffix('_total')}",
        )
    if kind == "counter" and name in live.names and not name.endswith("_total"):
        yield (
            "it is a counter, and does not end in _total: whoever meets it draws its value",
            f"name it {name.removesuffix('_count')}_total",
        )
    elif kind in ("gauge", "counter") and (part := next((end for end in _PARTS if name.endswith(end)), "")):
        yield (
            f"it is a {kind}, and ends in {part} as a part of a histogram does",
            f"give it another name than {name.removesuffix(part)} with {part}",
        )


def _unit(name: str, told: Told) -> Iterator[tuple[str, str]]:
    stem = name.removesuffix("_total")
    words = stem.split("_")
    instead = INSTEAD.get(words[-1].lower())
    if instead is not None and told.type not in ("info", "stateset") and "per" not in words:
        yield (
            f"it is in {words[-1]}, where {instead} are usual: whoever puts it beside another metric must convert",
            f"expose {instead}, under a name that ends in _{instead}",
        )
    elif told.type in _DISTRIBUTIONS and not told.unit and unit_of_name(name) is None:
        what = next((word for word in words if word in _TIMES | _SIZES), "")
        if what:
            unit = "seconds" if what in _TIMES else "bytes"
            yield (
                f"it does not say its unit: nobody can tell whether the {what} of 5 is good",
                f"expose {unit}, and name it {name}_{unit}, or after what it is in",
            )


def _labels(name: str, kind: str, live: Live) -> Iterator[tuple[str, str]]:
    for label, types in _OF_TYPES.items():
        parts = [part for part in (name, f"{name}_total") if family_of(part, live.metadata) == name]
        if kind not in types and any(label in one for part in parts for one in live.having(part)):
            message = f"it is no {types[0]}, and has the label {label}, which is what a {types[0]} is read by"
            yield message, f"give the label another name, or expose a {types[0]}"


CHECK = Check(
    code="metric-naming",
    about="metrics",
    level="note",
    find=find,
    live_only=True,
    bad=Example(
        "metrics.txt",
        """\
# HELP shop_payment_milliseconds Time to pay.
# TYPE shop_payment_milliseconds gauge  # <-
shop_payment_milliseconds 250
""",
    ),
    good=Example(
        "metrics.txt",
        """\
# HELP shop_payment_seconds Time to pay.
# TYPE shop_payment_seconds gauge
shop_payment_seconds 0.25
""",
    ),
)
