"""The routes of an Alertmanager as the checks see them: which alerts can come to each, and where an alert ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal
from weakref import WeakKeyDictionary

from vedette.check.matching import ALL, Scope, Values
from vedette.formats._matchers import render_matchers
from vedette.promql.labels import NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from vedette.check.facts import Alert, Facts, Routing
    from vedette.formats.alertmanager import AlertmanagerConfig, InhibitRule, Receiver, Route
    from vedette.place import Place
    from vedette.promql.flow import Label
    from vedette.promql.labels import Matcher

__all__ = [
    "NOBODY", "Node", "Told", "at", "ends", "integrations", "is_meant_for_nobody", "is_quoted", "listed_names",
    "matched", "nodes", "scopes", "timer", "tree",
]  # fmt: skip

NOBODY: Final = frozenset(
    {
        "null", "none", "nobody", "noop", "nothing", "blackhole", "devnull", "drop", "discard", "ignore", "silence",
        "silent", "void", "trash", "empty", "sink", "watchdog", "mute", "muted", "nowhere", "dummy",
    }
)  # fmt: skip
"""What people call a receiver that is meant to tell nobody."""

_NOTHING: Final = Values(frozenset({""}))

# https://prometheus.io/docs/alerting/latest/configuration/#route
_DEFAULTS: Final = {"group_wait": 30_000, "group_interval": 300_000, "repeat_interval": 14_400_000}


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A route in its tree."""

    route: Route
    receiver: str
    """Its own, or what it inherits."""
    parent: Node | None
    earlier: tuple[Node, ...]
    """Those before it below the same parent."""
    scope: Scope
    """The alerts that its matchers and those above let through, whatever its siblings take."""
    children: list[Node] = field(default_factory=list)

    @property
    def name(self) -> str:
        """How messages call it."""
        if self.parent is None:
            return "the root route"
        return f"route {render_matchers(self.route.matchers)}" if self.route.matchers else "the route without matchers"

    @property
    def taking(self) -> tuple[Node, ...]:
        """The routes before it, or before one above it, that together take all it would get, if there are such."""
        ending = [node for node in self._before() if not node.route.continue_ and not node.scope.clash]
        for node in ending:
            if self.scope.covered([node.route.matchers]):
                return (node,)
        return tuple(ending) if self.scope.covered([node.route.matchers for node in ending]) else ()

    def _before(self) -> tuple[Node, ...]:
        return (*(self.parent._before() if self.parent else ()), *self.earlier)  # noqa: SLF001 - its own kind

    @property
    def dead(self) -> bool:
        """Whether no alert can come here."""
        return bool(self.scope.clash or self.taking) or (self.parent is not None and self.parent.dead)

    def walk(self) -> Iterator[Node]:
        """This one and all below, in the order of the file."""
        yield self
        for child in self.children:
            yield from child.walk()


def nodes(routing: Routing) -> Iterator[Node]:
    """The routes that somebody wrote, in the order of the file."""
    return (node for node in tree(routing.value).walk() if node.route.place is not None or not routing.generated)


def tree(config: AlertmanagerConfig) -> Node:
    """The root of the routes."""
    return _node(config.route, None, ())


def _node(route: Route, parent: Node | None, earlier: tuple[Node, ...]) -> Node:
    above = parent.scope if parent else Scope()
    receiver = route.receiver or (parent.receiver if parent else "")
    node = Node(route, receiver, parent, earlier, above.narrowed(route.matchers))
    for child in route.routes:
        node.children.append(_node(child, node, tuple(node.children)))
    return node


def timer(node: Node, key: Literal["group_wait", "group_interval", "repeat_interval"]) -> int:
    """Milliseconds of a timer, its own or what it inherits."""
    value: int | None = getattr(node.route, key)
    if value is not None:
        return value
    return timer(node.parent, key) if node.parent else _DEFAULTS[key]


def at(routing: Routing, value: Route | Receiver | InhibitRule, *keys: str) -> Place:
    """Where the first of the keys is written, or the value, or the file."""
    found = next((value.written[key].place for key in keys if key in value.written), None)
    return found or value.place or routing.place


def integrations(receiver: Receiver) -> tuple[str, ...]:
    """The kinds of messages that a receiver sends: ``email_configs``, ``slack_configs``."""
    kinds = [key for key, items in receiver.other.items() if key.endswith("_configs") and items]
    own = (("email_configs", receiver.email_configs), ("webhook_configs", receiver.webhook_configs))
    return (*(key for key, items in own if items), *kinds)


def is_meant_for_nobody(name: str) -> bool:
    """Whether a receiver is named as one that should tell nobody."""
    words = name.lower().replace("_", "-").replace(".", "-").replace("/", "-").split("-")
    return not NOBODY.isdisjoint({*words, "".join(words)})


def is_quoted(value: str) -> bool:
    """Whether a value has single quotes around it, which count as part of it: `quoted-matcher` tells."""
    return len(value) > 2 and value[0] == value[-1] == "'"


def listed_names(names: Iterable[str], most: int = 3) -> str:
    """``A, B, C and 4 more``."""
    every = list(dict.fromkeys(names))
    shown = ", ".join(every[:most])
    return f"{shown} and {len(every) - most} more" if len(every) > most else shown


_SCOPES: WeakKeyDictionary[Facts, dict[Alert, tuple[Scope, ...]]] = WeakKeyDictionary()
"""Several checks ask where alerts go; what they are is worked out once."""


def scopes(facts: Facts, alert: Alert) -> tuple[Scope, ...]:
    """The labels that an alert arrives with, one for each side of an ``or`` in its query."""
    known = _SCOPES.get(facts)
    if known is None:
        relabelled = any(config.alert_relabel_configs for config in facts.scraping)
        absent = _Absent.of(facts)
        known = {one: (Scope(),) if relabelled else _arriving(one, absent) for one in facts.alerts}
        _SCOPES[facts] = known
    return known[alert]


def _arriving(alert: Alert, absent: _Absent) -> tuple[Scope, ...]:
    own = {name: _own(text.value, absent(name)) for name, text in alert.labels.items()}
    own |= {"alertname": Values(frozenset({alert.name})), NAME: _NOTHING}
    found = []
    for branch in alert.query.flow.branches:
        if branch.empty is None:
            names = {*branch.labels.named, *absent.external, *absent.rules}
            labels = {name: _of_label(branch.labels.get(name), absent(name)) for name in names}
            other = _of_label(branch.labels.other, absent(""))
            found.append(Scope({**labels, **own}, other))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Absent:
    """What becomes of a label that a rule leaves out: Prometheus adds its external labels where there is none."""

    known: bool
    external: Mapping[str, Values]
    rules: frozenset[str]
    """Labels that the rules themselves set on some alerts: nobody sets them from outside on others."""

    @classmethod
    def of(cls, facts: Facts) -> _Absent:
        configs = [config.global_.external_labels for config in facts.scraping]
        external: dict[str, Values] = {}
        for name in {name for config in configs for name in config}:
            values = frozenset(config.get(name, "") for config in configs)
            # `$X` stands for what the environment of the server has
            external[name] = Values() if any("$" in value for value in values) else Values(values)
        return cls(bool(configs), external, facts.rule_labels)

    def __call__(self, name: str) -> Values:
        if name in self.external:
            return self.external[name]
        return _NOTHING if self.known or name in self.rules else ALL


def _own(text: str, absent: Values) -> Values:
    if "{{" in text:
        return ALL
    return Values(frozenset({text})) if text else absent


def _of_label(label: Label, absent: Values) -> Values:
    if label.state == "never":
        return absent
    if label.values is None:
        return ALL
    if label.state == "always":
        return Values(label.values)
    return ALL if absent.only is None else Values(label.values | absent.only)


@dataclass(frozen=True, slots=True)
class Told:
    """An alert and the routes that can get it, no others."""

    alert: Alert
    nodes: tuple[Node, ...]


def ends(facts: Facts, root: Node) -> tuple[Told, ...]:
    """Where each alert ends, in the order of the alerts. Those whose query yields nothing end nowhere."""
    found = []
    for alert in facts.alerts:
        nodes = dict.fromkeys(node for scope in scopes(facts, alert) for node in _taking(root, scope))
        if nodes:
            found.append(Told(alert, tuple(nodes)))
    return tuple(found)


def _taking(node: Node, scope: Scope) -> list[Node]:
    """The routes from here on that can get one of these alerts."""
    found: list[Node] = []
    taken = False
    for child in node.children:
        below = scope.narrowed(child.route.matchers)
        if below.clash:
            continue
        found.extend(_taking(child, below))
        if scope.satisfies(child.route.matchers):
            taken = True
            if not child.route.continue_:
                break
    return found if taken else [*found, node]


def matched(scope: Scope, matchers: Iterable[Matcher]) -> bool:
    """Whether one of these alerts may satisfy the matchers."""
    return not scope.narrowed(matchers).clash
