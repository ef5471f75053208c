"""Whether the series of two sides can pair, and whether several can pair with one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from vedette.check.reading import SELECTING, bare, nodes
from vedette.promql.ast import Aggregate, Binary, Call
from vedette.promql.flow.calls import number
from vedette.promql.labels import NAME
from vedette.promql.walk import children

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts, Query
    from vedette.promql.ast import Expr, Matching
    from vedette.promql.flow import Branch, Flow, Label

__all__ = ["Apart", "Extra", "apart", "common", "gaps", "several"]

Side = Literal["left", "right"]

_EVERYWHERE: Final = ("instance", "job")
"""Prometheus gives these to whatever it scrapes: https://prometheus.io/docs/concepts/jobs_instances/."""

_NOT_SCRAPED: Final = frozenset({"ALERTS", "ALERTS_FOR_STATE"})


@dataclass(frozen=True, slots=True)
class Apart:
    """Why no two series of the sides have equal labels."""

    label: str
    side: Side
    """The side whose series all have it."""
    why: str
    """Why the other side has not; ``""`` where it has other values."""
    certain: bool


@dataclass(frozen=True, slots=True)
class Extra:
    """A label that is kept on a side and not paired by."""

    label: str
    certain: bool


def gaps(facts: Facts) -> Iterator[tuple[Query, Binary, Apart]]:
    """Every operator whose sides never pair. What stands around one of them yields nothing either and is left out."""
    recorded = frozenset(recording.name for recording in facts.recordings)
    for query in facts.queries:
        dead: set[int] = set()
        found: list[tuple[Query, Binary, Apart]] = []
        for node, _ in reversed(nodes(query)):
            if _is_dead(node, dead):
                dead.add(id(node))
            elif isinstance(node, Binary) and (gap := apart(recorded, query, node)) is not None:
                found.append((query, node, gap))
                if node.op != "unless":
                    dead.add(id(node))
        yield from reversed(found)


def _is_dead(node: Expr, dead: set[int]) -> bool:
    """Whether a part yields nothing because one below it does."""
    if not dead:
        return False
    match node:
        case Binary() if node.op == "or":
            return id(node.lhs) in dead and id(node.rhs) in dead
        case Binary() if node.op == "unless":
            return id(node.lhs) in dead
        case Call() if node.func in ("absent", "absent_over_time", "scalar"):
            return False
        case _:
            return any(id(child) in dead for child in children(node))


def apart(recorded: frozenset[str], query: Query, node: Binary) -> Apart | None:
    """Why nothing on the left of an operator ever pairs with anything on the right; None where something can.

    ``recorded`` are the names that rules record: they need not have the labels of what is scraped.
    """
    matching = node.matching
    if matching is None or node.op == "or":
        return None
    sides = _living(query.flow.of(node.lhs)), _living(query.flow.of(node.rhs))
    first: Apart | None = None
    for left in sides[0]:
        for right in sides[1]:
            found = _apart(recorded, matching, left, right)
            if found is None:
                return None
            if first is None or (first.certain and not found.certain):
                first = found
    return first


def _living(flow: Flow) -> Flow:
    return tuple(branch for branch in flow if branch.empty is None)


def _apart(recorded: frozenset[str], matching: Matching, left: Branch, right: Branch) -> Apart | None:
    certain = left.certain and right.certain
    guess: Apart | None = None
    for name in _paired_by(matching, left, right):
        mine, theirs = left.labels.get(name), right.labels.get(name)
        sides: tuple[tuple[Side, Branch, Label, Label], ...] = (
            ("left", left, mine, theirs), ("right", right, theirs, mine)
        )  # fmt: skip
        for side, branch, has, lacks in sides:
            if lacks.state != "never" or has.state == "never":
                continue
            why = lacks.why.text if lacks.why is not None else "there are no labels"
            if has.state == "always":
                return Apart(name, side, why, certain)
            if matching.on or (name in _EVERYWHERE and _scraped(recorded, branch)):
                guess = guess or Apart(name, side, why, certain=False)
        both = mine.values and theirs.values and mine.state == theirs.state == "always"
        if both and not (mine.values or frozenset()) & (theirs.values or frozenset()):
            return Apart(name, "left", "", certain)
    return guess


def _paired_by(matching: Matching, left: Branch, right: Branch) -> list[str]:
    if matching.on:
        return list(matching.labels)
    named = {*left.labels.named, *right.labels.named, *_EVERYWHERE} - {NAME, *matching.labels}
    return sorted(named)


def _scraped(recorded: frozenset[str], branch: Branch) -> bool:
    """Whether all its series come from scraping, as far as names tell: then they have job and instance."""
    names = [selector.name for selector in branch.selectors]
    return bool(names) and all(
        name and ":" not in name and name not in recorded and name not in _NOT_SCRAPED for name in names
    )


def common(left: Flow, right: Flow) -> list[str] | None:
    """Labels that both sides can have, None where those cannot be listed."""
    mine, theirs = _possible(left), _possible(right)
    if mine is None and theirs is None:
        return None
    if mine is None:
        mine = frozenset(name for name in theirs or () if _can(left, name))
    if theirs is None:
        theirs = frozenset(name for name in mine if _can(right, name))
    return sorted((mine & theirs) - {NAME})


def _possible(flow: Flow) -> frozenset[str] | None:
    found: frozenset[str] = frozenset()
    for branch in flow:
        one = branch.labels.possible()
        if one is None:
            return None
        found |= one
    return found


def _can(flow: Flow, name: str) -> bool:
    return any(branch.labels.get(name).state != "never" for branch in flow)


def several(query: Query, node: Binary, side: Side) -> Extra | None:
    """What tells series of one side apart that pair as if they were the same; None where nothing need to.

    A label that an aggregation is asked to keep is kept because it has several values; one that a declaration gives
    to every series is there for certain.
    """
    matching = node.matching
    if matching is None or not (matching.on or matching.labels):
        return None  # paired by all labels, and no two series have all the same
    part = node.lhs if side == "left" else node.rhs
    if _one_for_each_pair(bare(part), matching):
        return None
    kept = _kept(part)
    for branch in _living(query.flow.of(part)):
        for name, label in branch.labels.named.items():
            dropped = (name in matching.labels) != matching.on
            single = label.values is not None and len(label.values) == 1
            if not dropped or single or name == NAME or label.state == "never":
                continue
            if label.state == "always" and branch.certain:
                return Extra(name, certain=True)
            if name in kept:
                return Extra(name, certain=False)
    return None


def _one_for_each_pair(part: Expr, matching: Matching) -> bool:
    """Whether it is ``topk by (a, b) (1, …)`` with labels that the sides pair by."""
    if not isinstance(part, Aggregate) or part.op not in ("topk", "bottomk", "limitk") or part.without:
        return False
    paired = all((label in matching.labels) == matching.on for label in part.grouping)
    return paired and part.param is not None and number(part.param) == 1


def _kept(part: Expr) -> tuple[str, ...]:
    part = bare(part)
    while isinstance(part, Binary) and part.matching is None:  # an operation with a number
        part = bare(part.lhs if number(part.rhs) is not None else part.rhs)
    if isinstance(part, Aggregate) and not part.without and part.op not in SELECTING:
        return part.grouping
    return ()
