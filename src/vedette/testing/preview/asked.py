"""What rules, dashboards and the overview ask of the samples: every selector, and how far back each one looks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from vedette.duration import milliseconds
from vedette.formats.rules import RecordingRule
from vedette.promql.labels import NAME
from vedette.promql.parser import ParseError, parse
from vedette.testing.backtest.needs import reads, tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vedette.promql.labels import Matcher
    from vedette.server.watch import Built

__all__ = ["Asked", "asked"]

_STEP = re.compile(r"\$\{?__(?:rate_)?interval\}?")
_RANGE = re.compile(r"\$\{?__range\}?")
_VARIABLE = re.compile(r"\$\{?\w+(?::\w+)?\}?")


@dataclass(slots=True)
class Asked:
    """Name of a series → what is asked of it."""

    selectors: dict[str, set[tuple[Matcher, ...]]] = field(default_factory=dict)
    """The matchers beside that of the name."""
    reach: dict[str, int] = field(default_factory=dict)
    """Milliseconds from now to the oldest sample that somebody may read."""

    def note(self, matchers: tuple[Matcher, ...], back: int) -> None:
        """Take in one selector; one that is not of a single name says nothing of what has to be there."""
        name = next((one.value for one in matchers if one.name == NAME and one.op == "="), None)
        if name is not None:
            rest = tuple(one for one in matchers if one.name != NAME)
            self.selectors.setdefault(name, set()).add(rest)
            self.reach[name] = max(back, self.reach.get(name, 0))


def asked(built: Built) -> Asked:
    """What is asked of everything that a build has."""
    found = Asked()
    for text, back in (*_dashboards(built), *_signals(built)):
        try:
            expr = parse(text)
        except ParseError:
            continue  # somebody else's dashboard may be written for another language
        for need in reads(expr, back):
            found.note(need.matchers, need.back)
    recordings: dict[str, list[RecordingRule]] = {}
    for rule in (rule for file in built.rules for group in file.groups for rule in group.rules):
        if isinstance(rule, RecordingRule):
            recordings.setdefault(rule.record, []).append(rule)
        else:
            condition = tree(rule)
            for need in reads(condition, rule.for_) if condition is not None else ():
                found.note(need.matchers, need.back)
    _through_recordings(found, recordings)
    return found


def _through_recordings(found: Asked, recordings: Mapping[str, list[RecordingRule]]) -> None:
    """What a recorded series is asked for, the series that its rule reads are asked for; a shorter reach ends it."""
    done: dict[str, int] = {}
    waiting = list(recordings)
    while waiting:
        name = waiting.pop()
        back = found.reach.get(name, 0)
        if done.get(name, -1) >= back:
            continue
        done[name] = back
        for rule in recordings[name]:
            expr = tree(rule)
            for need in reads(expr, back) if expr is not None else ():
                found.note(need.matchers, need.back)
                read = next((one.value for one in need.matchers if one.name == NAME and one.op == "="), "")
                # a rule that reads itself would go on for ever
                if read in recordings and read != name:
                    waiting.append(read)


def _dashboards(built: Built) -> Iterator[tuple[str, int]]:
    """Each query with everything chosen, and the range of its dashboard."""
    for raw in built.dashboards.values():
        board: dict[str, Any] = orjson.loads(raw)
        back = _range(board)
        for panel in board.get("panels", ()):
            for target in panel.get("targets") or ():
                text = _STEP.sub("5m", str(target.get("expr", "")))
                yield _VARIABLE.sub(".+", _RANGE.sub(f"{back // 1000}s", text)), back


def _range(board: Mapping[str, Any]) -> int:
    start = str((board.get("time") or {}).get("from", ""))
    try:
        return milliseconds(start.removeprefix("now-"))
    except ValueError:
        return 3_600_000


def _signals(built: Built) -> Iterator[tuple[str, int]]:
    for service in built.description.services:
        for signal in service.signals:
            yield signal.expr, 3_600_000
