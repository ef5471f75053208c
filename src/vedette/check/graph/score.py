"""How far a pack, a service and the whole stack are: shares of the graph, a level from 0 to 5, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from vedette.check.facts import Runbook
from vedette.check.graph.firing import contacts
from vedette.check.graph.model import USING, MeasuredMetric
from vedette.formats.alertmanager import Receiver

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from vedette.check.graph.model import Graph, Node

__all__ = ["CRITERIA", "LEVELS", "Criterion", "Score", "Share", "scores"]

Criterion = Literal["declared", "live", "panel", "alerted", "runbook", "tested", "slo"]
CRITERIA: Final[tuple[Criterion, ...]] = get_args(Criterion)

LEVELS: Final[tuple[str, ...]] = ("nothing", "declared", "shown", "alerted", "explained", "proven")
"""The word for each level. One is reached where all that is known of it and of those before is complete."""


@dataclass(frozen=True, slots=True)
class Share:
    """``have`` of ``of``; ``missing`` are the names of the rest."""

    have: int
    of: int
    missing: tuple[str, ...] = ()

    @property
    def full(self) -> bool:
        """Whether nothing is missing."""
        return self.have == self.of


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How far one of them is."""

    kind: Literal["pack", "service", "stack"]
    name: str
    shares: Mapping[Criterion, Share | None]
    """None where nobody can know, or where there is nothing to count."""
    level: int
    next: str
    """What is missing for the next level."""


def scores(
    graph: Graph,
    stack: str,
    *,
    exported: Collection[str] | None = None,
    tested: Collection[str] | None = None,
    objectives: Mapping[str, Collection[str]] | None = None,
) -> tuple[Score, ...]:
    """The scores of every pack, of every service, and of the stack as a whole.

    Args:
        graph: of a stack.
        stack: its name.
        exported: the names of the series that are exposed now; None where nobody has looked.
        tested: the alerts that have a test; None where nobody knows.
        objectives: pack → the objectives it has; None where nobody knows.
    """
    counter = _Counter(graph, exported, tested, objectives)
    packs = graph.of_kind("pack")
    found = [counter.score("pack", pack.name, [pack]) for pack in packs]
    for service in graph.of_kind("service"):
        watching = [graph.nodes[edge.target] for edge in graph.out_of(service, "is watched by")]
        found.append(counter.score("service", service.name, watching))
    found.append(counter.score("stack", stack, packs))
    return tuple(found)


class _Counter:
    def __init__(
        self,
        graph: Graph,
        exported: Collection[str] | None,
        tested: Collection[str] | None,
        objectives: Mapping[str, Collection[str]] | None,
    ) -> None:
        self._graph = graph
        self._exported = exported
        self._tested = tested
        self._objectives = objectives

    def score(self, kind: Literal["pack", "service", "stack"], name: str, packs: Iterable[Node]) -> Score:
        """The score of these packs together."""
        packs = tuple(packs)
        own = {pack.name for pack in packs}
        nodes = [node for node in self._graph.nodes.values() if node.pack in own]
        metrics = [node for node in nodes if node.kind == "metric"]
        alerts = [node for node in nodes if node.kind == "alert"]
        exported, tested = self._exported, self._tested
        shares: dict[Criterion, Share | None] = {
            "declared": _share(self._asked_for(nodes), _is_declared),
            "live": None if exported is None else _share(metrics, lambda node: _is_exported(node, exported)),
            "panel": _share(metrics, lambda node: self._has_user(node, "panel")),
            "alerted": _share(metrics, lambda node: self._has_user(node, "alert")),
            "runbook": _share(alerts, self._has_runbook),
            "tested": None if tested is None else _share(alerts, lambda node: node.name in tested),
            "slo": self._with_objective(packs),
        }
        level, following = self._level(shares, alerts)
        return Score(kind=kind, name=name, shares=shares, level=level, next=following)

    def _asked_for(self, nodes: Iterable[Node]) -> list[Node]:
        """The metrics and recorded series of a pack, and those that its queries ask for."""
        found: dict[str, Node] = {}
        for node in nodes:
            if node.kind in ("metric", "recording"):
                found[node.id] = node
            for edge in self._graph.out_of(node, *USING):
                found[edge.target] = self._graph.nodes[edge.target]
        return [node for node in found.values() if node.kind in ("metric", "recording")]

    def _has_user(self, node: Node, kind: str) -> bool:
        return any(user.kind == kind for user in self._graph.users(node))

    def _has_runbook(self, node: Node) -> bool:
        facts = (self._graph.nodes[edge.target].fact for edge in self._graph.out_of(node, "is explained by"))
        return any(isinstance(fact, Runbook) and fact.written for fact in facts)

    def _with_objective(self, packs: tuple[Node, ...]) -> Share | None:
        objectives = self._objectives
        return None if objectives is None else _share(packs, lambda pack: bool(objectives.get(pack.name)))

    def _tells_nobody(self, alert: Node) -> bool:
        receivers = (self._graph.nodes[edge.target].fact for edge in self._graph.out_of(alert, "is told to"))
        return not any(isinstance(one, Receiver) and any(True for _ in contacts(one)) for one in receivers)

    # --- levels ------------------------------------------------------------------------------------------------------

    def _level(self, shares: Mapping[Criterion, Share | None], alerts: list[Node]) -> tuple[int, str]:
        """The level, and what is missing for the next."""
        for level, lacking in enumerate(self._rungs(shares, alerts)):
            if lacking:
                return level, lacking
        return len(LEVELS) - 1, ""

    def _rungs(self, shares: Mapping[Criterion, Share | None], alerts: list[Node]) -> Iterator[str]:
        """What each level lacks, from the first on; nothing where it is reached."""
        yield _lacking(shares, {"declared": "declare", "live": "expose"}) or (
            "" if shares["declared"] else "declare a metric"
        )
        yield _lacking(shares, {"panel": "show on a panel"})
        silent = [alert.name for alert in alerts if self._tells_nobody(alert)]
        yield "write an alert" if not alerts else f"tell somebody of {_some(silent)}" if silent else ""
        yield _lacking(shares, {"runbook": "write the runbook of"})
        open_: dict[Criterion, str] = {"tested": "test the alerts", "slo": "set objectives"}
        yield _lacking(shares, {"tested": "test", "slo": "give an objective to"}) or " and ".join(
            verb for criterion, verb in open_.items() if shares[criterion] is None
        )


def _lacking(shares: Mapping[Criterion, Share | None], words: Mapping[Criterion, str]) -> str:
    """What is missing of these, in words; what nobody knows does not count."""
    found = ((verb, shares[criterion]) for criterion, verb in words.items())
    return "; ".join(f"{verb} {_some(share.missing)}" for verb, share in found if share is not None and not share.full)


def _some(names: Collection[str]) -> str:
    shown = list(names)[:3]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(shown) + more


def _share(nodes: Iterable[Node], has: Callable[[Node], bool]) -> Share | None:
    nodes = tuple(nodes)
    missing = tuple(node.name for node in nodes if not has(node))
    return Share(len(nodes) - len(missing), len(nodes), missing) if nodes else None


def _is_declared(node: Node) -> bool:
    if not isinstance(node.fact, MeasuredMetric):
        return True  # a rule records it
    return node.fact.declared is not None or (bool(node.fact.series) and all(one.certain for one in node.fact.series))


def _is_exported(node: Node, exported: Collection[str]) -> bool:
    return isinstance(node.fact, MeasuredMetric) and all(one.name in exported for one in node.fact.series)
