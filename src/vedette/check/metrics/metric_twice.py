"""One name stands for two different things: two declarations of it do not agree.

A series has one type, one set of buckets and one set of labels. Where the packs of two services declare the same name
with other buckets or other values, their sums and quantiles are made of what does not fit together; where two metrics
of one service come out under the same series, Prometheus refuses the whole page. It comes to be when a pack makes its
metrics anew for each service, and when what an exporter exposes is declared beside a metric of your own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.metrics._uses import declared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.instruments.metrics import Metric

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Metrics that are declared differently, or that share a series with another."""
    first: dict[str, Metric] = {}
    for metric, _ in declared(facts.stack):
        for name in metric.description.sample_names:
            other = first.setdefault(name, metric)
            if other is metric or other.description == metric.description:
                continue
            yield CHECK.finding(
                metric.place,
                f"metric {metric.name}",
                f"{name} is declared at {other.place}, too, {_difference(other, metric)}",
                "declare it once and use the same object in both packs"
                if other.name == metric.name
                else f"rename one of {metric.name} and {other.name}",
            )
            break


def _difference(other: Metric, metric: Metric) -> str:
    if other.name != metric.name:
        return f"as a series of the {other.type} {other.name}"
    for word in ("type", "unit", "labels", "buckets", "states", "help"):
        there, here = getattr(other.description, word), getattr(metric.description, word)
        if there != here:
            return f"with other {word}" if word in ("labels", "buckets", "states") else f"with another {word}"
    return "differently"


_STACK: Final = """\
from vedette import Metric, Pack, Service, Stack

wait = Metric.foreign("histogram", "queue_wait_seconds", exporter="broker", help="Time in the queue.")
messages = Metric.foreign("counter", "queue_{}", exporter="broker", help="Messages taken.")  # <-
queue = Pack("queue", metrics=[wait, messages])
stack = Stack(services=[Service("shop", ["localhost:8000"], [queue])])
"""

CHECK = Check(
    code="metric-twice",
    about="metrics",
    level="error",
    find=find,
    declared_only=True,
    bad=Example("observability.py", _STACK.format("wait_seconds_count")),
    good=Example("observability.py", _STACK.format("messages_total").replace("  # <-", "")),
)
