"""A recorded series is not named level:metric:operations, or its level names a label that it does not have.

The name of a recorded series is all that a reader of a panel sees. `job_route:http_requests:rate5m` says which labels
are left (job, route), what was measured, and what was done to it; a name without colons looks like something that a
process exposes, and is searched for in the code.

https://prometheus.io/docs/practices/rules/#naming
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.promql.ast import Aggregate, Binary, VectorSelector
from vedette.promql.labels import NAME
from vedette.promql.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Recording
    from vedette.check.finding import Finding
    from vedette.promql.ast import Expr

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Every name that says nothing, or something that is not so."""
    for recording in facts.recordings:
        level, colon, _ = recording.name.partition(":")
        if not colon:
            yield CHECK.finding(
                recording.place,
                recording.query.owner,
                f"{recording.name} does not say that it is recorded, nor which labels it has",
                f"name it level:metric:operations, for example {_example(recording)}",
            )
        for label in _missing(recording, level):
            yield CHECK.finding(
                recording.place,
                recording.query.owner,
                f"the level {level!r} of its name says that it has the label {label}, which its expression drops",
                f"keep {label} in the expression, or take it out of the name",
            )


def _example(recording: Recording) -> str:
    branches = recording.query.flow.branches
    possible = [branch.labels.possible() for branch in branches]
    level = "job"
    if possible and possible[0] is not None and all(one == possible[0] for one in possible):
        level = "_".join(sorted(possible[0] - {NAME})) or "all"
    return f"{level}:{recording.name}:sum"


def _missing(recording: Recording, level: str) -> list[str]:
    """Labels that the level names, somebody has heard of, and no series can have."""
    branches = [branch for branch in recording.query.flow.branches if branch.empty is None]
    if not branches or any(not branch.labels.closed for branch in branches):
        return []
    gone = {
        name
        for name in _labels_in(recording.query.tree)
        if name not in recording.labels and all(branch.labels.get(name).state == "never" for branch in branches)
    }
    kept = {name for branch in branches for name in branch.labels.possible() or ()} | set(recording.labels)
    left = level
    for name in sorted(kept, key=len, reverse=True):
        left = _without(left, name)
    found = []
    for name in sorted(gone, key=len, reverse=True):
        less = _without(left, name)
        if less != left:
            found.append(name)
            left = less
    return sorted(found)


def _without(level: str, name: str) -> str:
    """A level less a label, where it is a whole word of it: ``job_route`` less ``route``."""
    return f"_{level}_".replace(f"_{name}_", "_|_", 1).strip("_")


def _labels_in(tree: Expr) -> set[str]:
    found = {"job", "instance"}
    for node in walk(tree):
        if isinstance(node, Aggregate):
            found.update(node.grouping)
        elif isinstance(node, Binary) and node.matching is not None:
            found.update(node.matching.labels, node.matching.include)
        elif isinstance(node, VectorSelector):
            found.update(matcher.name for matcher in node.matchers)
    return found - {NAME}


_FILE: Final = """groups:
  - name: shop
    rules:
      - record: {}:shop_orders:rate5m{}
        expr: sum by (job) (rate(shop_orders_total[5m]))
"""

CHECK = Check(
    code="recording-name",
    about="recordings",
    level="note",
    find=find,
    bad=Example("rules.yml", _FILE.format("job_instance", "  # <-")),
    good=Example("rules.yml", _FILE.format("job", "")),
)
