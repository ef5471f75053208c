"""A metric is exposed with other labels, or other values of them, than it is declared with.

Queries are checked against the declaration: one that asks for a label that is not there finds nothing, and one that
groups by a label that nobody knows of cannot even be written. Who declares what an exporter exposes may have read an
older version of its documentation; of your own, something older runs than what is checked.

What the scrape itself adds, the labels of the target, is not meant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.metrics._exposed import place_of, some, used_there
from vedette.instruments.metrics.description import OVERFLOW

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.check.live.server import SeriesLabels
    from vedette.check.metrics._exposed import Looked
    from vedette.check.metrics._uses import Use

__all__ = ["CHECK", "find"]

_OWN: Final = {"histogram": "le", "summary": "quantile"}


def find(facts: Facts) -> Iterator[Finding]:
    """What the series of a metric have that its declaration has not, and the other way round."""
    for use, there in used_there(facts):
        for looked in there:
            differing = list(_differing(use, looked))
            for message, fix in differing:
                yield CHECK.finding(place_of(use, looked), use.subject, message, fix)
            if differing:
                break


def _differing(use: Use, looked: Looked) -> Iterator[tuple[str, str]]:
    metric = use.metric
    names = dict.fromkeys((metric.name, *metric.description.sample_names))
    found = [_own(one, use, looked) for name in names for one in looked.series(name)]
    if not found:
        return
    seen = {label for one in found for label in one}
    where = f"as {looked.live.url} says"
    older = "" if metric.exporter else ", or put what is declared into service: what runs may be older"
    if extra := sorted(seen - set(metric.label_values)):
        message = f"it is exposed with {_labels(extra)}, {where}, and declared without"
        yield message, f"add {some(extra)} to labels= of the declaration{older}"
    wanted = (name for name, values in metric.label_values.items() if values is None or "" not in values)
    if missing := sorted(set(wanted) - seen):
        message = f"it is declared with {_labels(missing)}, and exposed without, {where}"
        yield message, f"take {some(missing)} out of labels= of the declaration{older}"
    for name, values in metric.label_values.items():
        if values and (others := {one[name] for one in found if name in one} - {*values, OVERFLOW}):
            shown = some([repr(one) for one in sorted(others)])
            message = f"its label {name} is {shown}, {where}, which is none of the declared values"
            yield message, f"add {shown} to the values of {name}{older}"


def _labels(names: Sequence[str]) -> str:
    return f"the label{'s' * (len(names) > 1)} {some(names)}"


def _own(series: SeriesLabels, use: Use, looked: Looked) -> dict[str, str]:
    """The labels that the process itself gives a series; the scrape has renamed those that it sets itself."""
    added = _added(use, looked)
    found: dict[str, str] = {}
    for name, value in series.items():
        renamed = name.removeprefix("exported_")
        if name not in added:
            found[renamed if renamed in added else name] = value
    return found


def _added(use: Use, looked: Looked) -> set[str]:
    """The labels that come from the scrape, or from the type."""
    metric = use.metric
    added = {_OWN.get(metric.type, "")}
    if metric.type == "stateset":
        added.add(metric.name)
    if metric.description.multiprocess_mode == "liveall":
        added.add("pid")
    if not looked.live.page:
        added |= {"job", "instance", *looked.service.labels, *looked.live.external_labels}
        added.update(*(one.labels for one in looked.targets or ()))
    return added


_STACK: Final = """\
from vedette import Metric, Pack, Service, Stack

waiting = Metric.foreign("gauge", "mail_queue_messages", exporter="mail_exporter", labels=["{}"], help="They wait."){}
mail = Pack("mail", metrics=[waiting])
stack = Stack(services=[Service("mail", ["localhost:9154"], [mail])])
"""
_PAGE: Final = Example(
    "metrics.txt",
    """\
# HELP mail_queue_messages Messages that wait.
# TYPE mail_queue_messages gauge
mail_queue_messages{queue="in"} 3
mail_queue_messages{queue="out"} 0
""",
)

CHECK = Check(
    code="labels-differ",
    about="metrics",
    level="warning",
    find=find,
    declared_only=True,
    live_only=True,
    bad=Example("observability.py", _STACK.format("folder", "  # <-"), beside=(_PAGE,)),
    good=Example("observability.py", _STACK.format("queue", ""), beside=(_PAGE,)),
)
