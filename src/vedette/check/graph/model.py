"""The values of the graph: nodes, edges with their meaning, and the ways along them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal, get_args

from vedette.check.facts import Alert, Dashboard, Panel, Recording, Runbook
from vedette.formats.alertmanager import Receiver, ResolvedRoute
from vedette.formats.grafana import Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from vedette.catalog import Pack, Service
    from vedette.instruments.metrics import Metric
    from vedette.place import Place
    from vedette.promql.flow import Series

__all__ = [
    "KINDS",
    "USING",
    "Edge",
    "Graph",
    "How",
    "Kind",
    "LabelUse",
    "Meaning",
    "MeasuredMetric",
    "Node",
    "Use",
]  # fmt: skip

Kind = Literal[
    "service", "pack", "metric", "recording", "alert", "dashboard", "panel", "variable", "runbook", "route", "receiver"
]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
"""In the order in which data flows."""

Meaning = Literal[
    "is watched by", "declares", "contains", "records", "alerts on", "shows", "offers", "asks for", "is drawn on",
    "is explained by", "is routed by", "is told to", "tells", "inhibits",
]  # fmt: skip
"""How an edge is read: its source, these words, its target."""

USING: Final[frozenset[Meaning]] = frozenset({"records", "alerts on", "shows", "offers", "asks for"})
"""The source of such an edge asks for data of the target, and gets none where the target is no more."""

How = Literal["matches", "groups by", "drops", "pairs by", "ignores", "takes over", "reads", "offers", "prints"]
"""What is done with a label."""


@dataclass(frozen=True, slots=True)
class LabelUse:
    """A label that somebody names."""

    name: str
    how: How
    part: str
    """The part of the query, or the text that prints it, as ``summary``."""
    place: Place


@dataclass(frozen=True, slots=True)
class Use:
    """A selector in a query."""

    series: str
    """What it asks for: ``x_seconds_bucket`` of the metric ``x_seconds``."""
    part: str
    """The part of the query around it: ``rate(x_seconds_bucket[5m])``."""
    place: Place
    labels: tuple[LabelUse, ...] = ()


@dataclass(frozen=True, slots=True)
class MeasuredMetric:
    """A metric: its declaration, where there is one, and what is known of the series it is exposed as."""

    declared: Metric | None
    series: tuple[Series, ...]


Fact = (
    MeasuredMetric | tuple[Recording, ...] | Alert | Dashboard | Panel | Variable | Runbook | ResolvedRoute | Receiver
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Something that has a name."""

    id: str
    """``alert:NoOrders``; where several have one name, the second is ``alert:NoOrders~2``."""
    kind: Kind
    name: str
    place: Place | None = None
    """Where it is declared; None where nobody declares it, as ``up``."""
    title: str = ""
    """What people call it, where that is not its name."""
    pack: str = ""
    """The pack, or in files the group of rules, that it belongs to."""
    fact: Fact | Pack | Service | None = field(default=None, compare=False, repr=False)
    """What is known of it."""

    @property
    def label(self) -> str:
        """What to write on it."""
        return self.title or self.name


@dataclass(frozen=True, slots=True)
class Edge:
    """``source`` ``meaning`` ``target``, both by id."""

    source: str
    meaning: Meaning
    target: str
    uses: tuple[Use, ...] = ()
    """What exactly is used."""
    through: str = ""
    """The route by which a receiver is told."""

    @property
    def flow(self) -> tuple[str, str]:
        """Its ends as data flows: from what is asked for to who asks, from the alert to who is told."""
        return (self.target, self.source) if self.meaning in USING else (self.source, self.target)


@dataclass(frozen=True, eq=False)
class Graph:
    """All of it. Nodes are ordered by kind, and then as the files have them; edges as their sources."""

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    inhibiting: Callable[[], Iterable[Edge]] = field(default=tuple, repr=False)
    """Works out which alerts mute which: they can be many."""

    @cached_property
    def inhibitions(self) -> tuple[Edge, ...]:
        """Which alerts, while they fire, keep others from being told."""
        return tuple(self.inhibiting())

    @cached_property
    def _out(self) -> Mapping[str, list[Edge]]:
        found: dict[str, list[Edge]] = {name: [] for name in self.nodes}
        for edge in self.edges:
            found[edge.source].append(edge)
        return found

    @cached_property
    def _into(self) -> Mapping[str, list[Edge]]:
        found: dict[str, list[Edge]] = {name: [] for name in self.nodes}
        for edge in self.edges:
            found[edge.target].append(edge)
        return found

    def out_of(self, node: Node, *meanings: Meaning) -> Iterator[Edge]:
        """The edges that begin at a node; with meanings, only those."""
        return (edge for edge in self._out[node.id] if not meanings or edge.meaning in meanings)

    def into(self, node: Node, *meanings: Meaning) -> Iterator[Edge]:
        """The edges that end at a node."""
        return (edge for edge in self._into[node.id] if not meanings or edge.meaning in meanings)

    def of_kind(self, kind: Kind) -> tuple[Node, ...]:
        """All nodes of one kind."""
        return tuple(node for node in self.nodes.values() if node.kind == kind)

    def users(self, node: Node) -> tuple[Node, ...]:
        """Who asks for its data, directly or through others, the nearest first."""
        return self._reached(node, lambda one: (edge.source for edge in self.into(one, *USING)))

    def sources(self, node: Node) -> tuple[Node, ...]:
        """Whose data it asks for, directly or through others, the nearest first."""
        return self._reached(node, lambda one: (edge.target for edge in self.out_of(one, *USING)))

    def _reached(self, node: Node, step: Callable[[Node], Iterator[str]]) -> tuple[Node, ...]:
        found: dict[str, None] = {}
        waiting = [node.id]
        for current in waiting:
            for name in step(self.nodes[current]):
                if name not in found and name != node.id:
                    found[name] = None
                    waiting.append(name)
        return tuple(self.nodes[name] for name in found)

    def around(self, node: Node, depth: int | None = None) -> Graph:
        """What a node rests on and what rests on it, in at most so many steps along or against the flow of data."""
        down: dict[str, list[str]] = {name: [] for name in self.nodes}
        up: dict[str, list[str]] = {name: [] for name in self.nodes}
        for edge in self.edges:
            before, after = edge.flow
            down[before].append(after)
            up[after].append(before)
        kept = _within(node.id, depth, down) | _within(node.id, depth, up)
        return Graph(
            {name: one for name, one in self.nodes.items() if name in kept},
            tuple(edge for edge in self.edges if edge.source in kept and edge.target in kept),
        )

    def find(self, name: str) -> tuple[Node, ...]:
        """The nodes of this name; a panel's is its title, also behind its dashboard's: ``Shop / Orders``."""
        return tuple(node for node in self.nodes.values() if name in self.names_of(node))

    def names_of(self, node: Node) -> tuple[str, ...]:
        """The names that a node can be asked for by."""
        own = [node.name, node.title]
        match node.fact:
            case MeasuredMetric(series=series):
                own += [one.name for one in series]
            case Dashboard():
                own += [node.fact.value.uid]
            case Panel():
                own.append(node.fact.value.title)
                for edge in self.into(node, "contains"):
                    above = self.nodes[edge.source]
                    own += [f"{shown} / {node.fact.value.title}" for shown in (above.name, above.title) if shown]
            case _:
                pass
        return tuple(dict.fromkeys(filter(None, own)))


def _within(start: str, depth: int | None, steps: Mapping[str, list[str]]) -> set[str]:
    found, border = {start}, [start]
    while border and (depth is None or depth > 0):
        border = [name for name in dict.fromkeys(to for at in border for to in steps[at]) if name not in found]
        found.update(border)
        depth = None if depth is None else depth - 1
    return found
