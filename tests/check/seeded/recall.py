"""How many of the seeded mistakes are found, operator by operator, at the declaration where each was made."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.check.seeded.declarations import mistakes
from tests.check.seeded.mistakes import known

from vedette.catalog import Email, Service, Stack
from vedette.check.declared import facts_of_stack
from vedette.check.run import run
from vedette.errors import VedetteError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.check.seeded.mistakes import Mistake

    from vedette.catalog import Pack
    from vedette.check.finding import Finding


@dataclass
class Recall:
    """Found of made, by operator; what was missed, for reading."""

    made: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    missed: list[Mistake] = field(default_factory=list)
    by: dict[str, Counter[str]] = field(default_factory=dict)
    """Operator → the codes that found it."""

    def share(self, operator: str) -> float:
        return self.found[operator] / self.made[operator]

    def add(self, other: Recall) -> None:
        """Take in what was measured elsewhere."""
        self.made += other.made
        self.found += other.found
        self.missed += other.missed
        for operator, codes in other.by.items():
            self.by.setdefault(operator, Counter()).update(codes)


LINES = 60
"""A declaration is shorter than that."""


def measure(stack: Stack, every: int = 1) -> Recall:
    """Make each mistake (or every n-th of an operator) in the packs of a stack, one at a time, and check."""
    packs = list({pack.name: pack for service in stack.services for pack in service.pack_list()}.values())
    before = set(_findings(stack))
    of = known(packs)
    recall = Recall()
    seen: Counter[str] = Counter()
    for pack in packs:
        for mistake in mistakes(pack, of):
            seen[mistake.operator] += 1
            if (seen[mistake.operator] - 1) % every:
                continue
            recall.made[mistake.operator] += 1
            try:
                news = [one for one in _findings(_with(stack, pack, mistake.pack)) if one not in before]
            except VedetteError as problem:  # refused before anything can be checked: told, too
                news = []
                if str(mistake.place.line) in str(problem):
                    recall.found[mistake.operator] += 1
                    continue
            codes = [one.code for one in news if _at(one, mistake)]
            if codes:
                recall.found[mistake.operator] += 1
                recall.by.setdefault(mistake.operator, Counter()).update([codes[0]])
            else:
                recall.missed.append(mistake)
    return recall


def measure_each(packs: Iterable[Pack], every: int = 1) -> Recall:
    """The same for packs, each alone in a stack of its own: all of them together would be checked too often."""
    recall = Recall()
    for pack in packs:
        service = Service("shop", ["127.0.0.1:8000", "127.0.0.1:8001"], packs=[pack])
        recall.add(measure(Stack(services=[service], notify=[Email("oncall@example.com")]), every))
    return recall


def _findings(stack: Stack) -> list[Finding]:
    facts, found = facts_of_stack(stack, "local")
    return run(facts, found)


def _with(stack: Stack, pack: Pack, other: Pack) -> Stack:
    services = [
        replace(service, packs=[other if one == pack else one for one in service.pack_list()])
        for service in stack.services
    ]
    return replace(stack, services=services, environments=[])


def _at(finding: Finding, mistake: Mistake) -> bool:
    places = (mistake.place, *mistake.also)
    if finding.subject.startswith(mistake.what) and finding.place.file == mistake.place.file:
        return True  # a text that stands elsewhere in the file is pointed at there
    return any(
        finding.place.file == place.file and place.line <= finding.place.line < place.line + LINES for place in places
    )


def rows(recall: Recall) -> Iterator[str]:
    """A line for each operator."""
    for operator in sorted(recall.made):
        codes = ", ".join(code for code, _ in recall.by.get(operator, Counter()).most_common(3))
        found, made = recall.found[operator], recall.made[operator]
        yield f"{operator:45} {found:4} of {made:4}  {recall.share(operator):6.1%}  {codes}"
