"""A metric is declared as one type and exposed as another.

All that is built on it rests on the declared one: the rate of what is a gauge after all means nothing, and a quantile
of what has no buckets finds none. Who declares what an exporter exposes may have read its name wrongly; of your own, an
older version runs, or somebody exposes the same name past the declaration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.metrics._exposed import place_of, used_there

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.check.metrics._exposed import Looked
    from vedette.check.metrics._uses import Use

__all__ = ["CHECK", "find"]

_ALSO: Final[Mapping[str, frozenset[str]]] = {
    "info": frozenset({"gauge"}),
    "stateset": frozenset({"gauge"}),
    "histogram": frozenset({"gaugehistogram"}),
}
"""Type → as what it may be exposed besides: the text format knows fewer."""


def find(facts: Facts) -> Iterator[Finding]:
    """Metrics whose type is told, and is not the declared one wherever they are."""
    for use, there in used_there(facts):
        declared = use.metric.type
        for looked in there:
            told = _told(use, looked)
            if declared == "unknown" or not told or told & {declared, *_ALSO.get(declared, ())}:
                continue
            found = " and ".join(sorted(told))
            yield CHECK.finding(
                place_of(use, looked),
                use.subject,
                f"it is declared as {_a(declared)}, and exposed as {_a(found)}, {looked.live.url} says",
                f"declare it as {_a(found)}"
                if use.metric.exporter
                else "see who exposes it so: what runs is older, or something else has taken the name",
            )
            break


def _told(use: Use, looked: Looked) -> set[str]:
    """The types that the targets tell, of what the service has."""
    description = use.metric.description
    if not looked.has(use):
        return set()
    metadata = looked.live.metadata
    families = (description.name, description.family)
    return {one.type for family in families for one in metadata.get(family, ())} - {"unknown", "untyped", ""}


def _a(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


_STACK: Final = """\
from vedette import Metric, Pack, Service, Stack

waiting = Metric.foreign("{}", "mail_queue_messages", exporter="mail_exporter", labels=[], help="Messages that wait."){}
mail = Pack("mail", metrics=[waiting])
stack = Stack(services=[Service("mail", ["localhost:9154"], [mail])])
"""
_PAGE: Final = Example(
    "metrics.txt",
    """\
# HELP mail_queue_messages Messages that wait.
# TYPE mail_queue_messages gauge
mail_queue_messages 3
""",
)

CHECK = Check(
    code="type-differs",
    about="metrics",
    level="error",
    find=find,
    declared_only=True,
    live_only=True,
    bad=Example("observability.py", _STACK.format("counter", "  # <-"), beside=(_PAGE,)),
    good=Example("observability.py", _STACK.format("gauge", ""), beside=(_PAGE,)),
)
