"""A metric says nowhere what it counts or measures.

``queue_length`` may be messages or bytes, of one queue or of all. Who meets it on a page at night has only its name;
the reference, the dashboard and the runbook take their words from ``help``. An instrument of your own cannot be made
without it; what others expose can, and then it is only in their documentation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.metrics._uses import uses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Declared metrics without a word."""
    for use in uses(facts.stack):
        if not use.metric.help:
            yield CHECK.finding(
                use.metric.place,
                use.subject,
                f"{use.metric.name}, which {use.metric.exporter} exposes, has no help",
                "add help='…': one sentence that says what it counts or measures",
            )


_STACK: Final = """\
from vedette import Metric, Pack, Service, Stack

load = Metric.foreign("gauge", "node_load1", exporter="node_exporter"{}){}
node = Pack("node", metrics=[load])
stack = Stack(services=[Service("node", ["localhost:9100"], [node])])
"""

CHECK = Check(
    code="missing-help",
    about="metrics",
    level="note",
    find=find,
    declared_only=True,
    bad=Example("observability.py", _STACK.format("", "  # <-")),
    good=Example("observability.py", _STACK.format(', help="Processes that want to run, mean of a minute."', "")),
)
