"""Which series a metric is shown with: values for the labels that are declared open, and what queries ask for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vedette.testing.preview.words import APART, WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from vedette.instruments.metrics.description import Description
    from vedette.promql.labels import Matcher

__all__ = ["ROWS", "Told", "told"]

ROWS: Final = 3
"""Of each metric, so many things are shown: routes, queues, agents…"""

_GENERATED: Final = frozenset({"job", "instance", "le", "quantile"})
_FAULTS: Final = re.compile(r"error|fail|exception|retr|timeout|denial|suspicious|intrusion|refused")
_WELL: Final = frozenset({"success", "succeeded", "committed", "ok", "delivered"})
_BADLY: Final = frozenset({"failure", "failed"})
_ABOUT_FAULTS: Final = ("error_type", "reason")
# Matched by what queries usually ask for with a pattern.
_TRIED: Final = ("200", "404", "500", "GET", "POST", "ok", "error", "true", "a", "1", "")

Told = tuple[int, dict[str, str]]
"""Which of the things it is, from 0, and its labels."""


def told(metric: Description, selectors: Iterable[Sequence[Matcher]] = ()) -> list[Told]:
    """The series of a metric; every one of ``selectors`` finds one, if any can.

    Labels that tell which thing it is go together: the first route has the first method. Those that part one thing,
    such as an outcome or a status, have every value for each thing.
    """
    rows = [list(_row(metric, at)) for at in range(ROWS)]
    found: list[Told] = []
    for at, row in enumerate(rows):
        sets: list[dict[str, str]] = [{}]
        for name, values in row:
            sets = [{**one, name: value} for one in sets for value in values]
        found += [(at, _consistent(one)) for one in sets if not _unexplained(one)]
    for selector in selectors:
        wanted = [one for one in selector if one.name not in _GENERATED]
        if not any(_fits(one, wanted) for _, one in found):
            found.append((ROWS - 1, _fitting(metric, found[0][1], wanted)))
    return list({tuple(sorted(one.items())): (at, one) for at, one in reversed(found)}.values())[::-1]


def _row(metric: Description, at: int) -> Iterator[tuple[str, Sequence[str]]]:
    for name, declared in _labels(metric):
        if declared is not None:
            yield name, declared
        elif name in _ABOUT_FAULTS and _FAULTS.search(metric.name):
            yield name, (_word(metric, name, at),)
        elif name in _ABOUT_FAULTS:
            yield name, ("", _word(metric, name, at))
        elif name in APART and metric.name.startswith(APART[name]):
            yield name, _words(metric, name)
        else:
            yield name, (_word(metric, name, at),)


def _literals(matcher: Matcher) -> Iterator[str]:
    """Texts that a matcher may mean: each alternative, without what it leaves open."""
    pattern = matcher.value
    if "~" not in matcher.op:
        yield pattern
        return
    rest = re.sub(r"\([^()]*\)[?*]", "", pattern)
    # of a group that has to be there, its first alternative
    while (closed := re.sub(r"\((?:\?:)?([^()|]*)(?:\|[^()]*)?\)", r"\1", rest)) != rest:
        rest = closed
    for part in rest.strip("^$").split("|"):
        plain = re.sub(r"\[([^.\]])[^]]*\]", r"\1", part).replace("[.]", "\\.")
        plain = re.sub(r"(?<!\\)[.]?[*+?]", "", plain)
        yield re.sub(r"\\(.)", r"\1", re.sub(r"(?<!\\)[.]", "0", plain))


def _labels(metric: Description) -> Sequence[tuple[str, Sequence[str] | None]]:
    # what each process says for itself has its number
    return (*metric.labels, ("pid", None)) if metric.multiprocess_mode == "liveall" else metric.labels


def _words(metric: Description, name: str) -> Sequence[str]:
    """Of the longest beginning of the metric's name that the table knows."""
    known = WORDS.get(name, {})
    fitting = [prefix for prefix in known if metric.name.startswith(prefix)]
    return known[max(fitting, key=len)] if fitting else [f"{name}-{letter}" for letter in "abc"]


def _word(metric: Description, name: str, at: int) -> str:
    words = _words(metric, name)
    return words[at % len(words)]


def _consistent(labels: dict[str, str]) -> dict[str, str]:
    """What went well has no kind of error."""
    if any(labels.get(name) in _WELL for name in ("outcome", "result", "state")):
        return {name: "" if name in _ABOUT_FAULTS else value for name, value in labels.items()}
    return labels


def _unexplained(labels: Mapping[str, str]) -> bool:
    """What fails has a reason, where reasons are told."""
    failed = any(labels.get(name) in _BADLY for name in ("outcome", "result", "state"))
    return failed and any(labels.get(name) == "" for name in _ABOUT_FAULTS)


def _fits(labels: Mapping[str, str], matchers: Iterable[Matcher]) -> bool:
    return all(one.matches(labels.get(one.name, "")) for one in matchers)


def _fitting(metric: Description, first: Mapping[str, str], matchers: Sequence[Matcher]) -> dict[str, str]:
    """The first series, changed until it is what a selector wants; as near as can be found."""
    labels = dict(first)
    for name, _ in _labels(metric):
        own = [one for one in matchers if one.name == name]
        if all(one.matches(labels.get(name, "")) for one in own):
            continue
        literal = [part for one in own for part in _literals(one)]
        tried = (*literal, *_words(metric, name), *_TRIED)
        labels[name] = next((value for value in tried if all(one.matches(value) for one in own)), labels[name])
    return labels
