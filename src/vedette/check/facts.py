"""What the checks look at: one graph of facts, made from a stack (`declared`) or from anybody's files (`foreign`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from vedette.promql.flow import Analysis, Known, Series, analyse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from vedette.catalog import Stack
    from vedette.check.live.server import Live
    from vedette.formats.alertmanager import AlertmanagerConfig
    from vedette.formats.grafana import Dashboard as GrafanaDashboard
    from vedette.formats.grafana import Panel as GrafanaPanel
    from vedette.formats.grafana import Variable
    from vedette.formats.prometheus import PrometheusConfig
    from vedette.place import Place
    from vedette.promql.ast import Expr

__all__ = [
    "Alert", "Dashboard", "Facts", "Group", "Panel", "PanelQuery", "Query", "Recording", "Routing", "Runbook", "Text",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the user's, and where each of its characters stands."""

    value: str
    begin: Callable[[], Place] = field(compare=False, repr=False)
    """Where it begins; to find out, the file may have to be read, so that only what is told is looked for."""
    locate: Callable[[int], Place] = field(compare=False, repr=False)
    """From an offset in ``value`` to the user's file, line and column."""

    @property
    def place(self) -> Place:
        """Where it begins."""
        return self.begin()

    @classmethod
    def at(cls, value: str, place: Place) -> Text:
        """One that was made of what stands at a place: all of it is there."""

        def everywhere(_: int = 0) -> Place:
            return place

        return cls(value, everywhere, everywhere)


@dataclass(frozen=True, eq=False)
class Query:
    """An expression with what it can yield."""

    text: Text
    tree: Expr
    """Its spans are offsets in ``text``."""
    owner: str
    """Whose it is, for messages: ``alert NoOrders``."""
    known: Known = field(repr=False)

    @cached_property
    def flow(self) -> Analysis:
        """What each part can yield."""
        return analyse(self.tree, self.known)

    def at(self, node: Expr) -> Place:
        """Where a part of it begins."""
        return self.text.locate(node.span.start)


@dataclass(frozen=True, eq=False, kw_only=True)
class Recording:
    """A recording rule."""

    name: str
    query: Query
    labels: Mapping[str, str]
    group: Group
    place: Place


@dataclass(frozen=True, eq=False, kw_only=True)
class Alert:
    """An alerting rule. Durations are milliseconds, as the file or the declaration says."""

    name: str
    query: Query
    for_: int
    keep_firing_for: int
    labels: Mapping[str, Text]
    annotations: Mapping[str, Text]
    group: Group
    place: Place
    places: Mapping[str, Place] = field(default_factory=dict)
    """Where its keys stand (``for``, ``labels.severity``), where that is known."""
    pack: str = ""

    @property
    def subject(self) -> str:
        """What findings call it."""
        return f"alert {self.name}"


@dataclass(frozen=True, eq=False, kw_only=True)
class Group:
    """Rules that are evaluated one after another. ``interval`` is milliseconds, None where nobody says."""

    name: str
    file: str
    interval: int | None
    place: Place
    rules: list[Recording | Alert] = field(default_factory=list)


@dataclass(frozen=True, eq=False, kw_only=True)
class PanelQuery:
    """A query of a panel. ``query`` is None where it is not PromQL (broken, or another language)."""

    query: Query | None
    text: Text
    """As it stands in the file, variables included."""
    legend: Text
    ref_id: str
    problem: str = ""
    """What the parser says of one that is broken."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Panel:
    """A panel of a dashboard, rows left out."""

    value: GrafanaPanel
    queries: tuple[PanelQuery, ...]
    place: Place
    subject: str
    """``panel Errors of dashboard Shop``."""
    locate: Callable[[str], Place] = field(repr=False)
    """Where a key below the panel stands: ``fieldConfig.defaults.unit``. The panel's place where it is not written."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Dashboard:
    """A dashboard."""

    value: GrafanaDashboard
    panels: tuple[Panel, ...]
    place: Place
    subject: str
    """``dashboard Shop``."""
    locate: Callable[[str], Place] = field(repr=False)
    """Where a key stands: ``templating.list[0].query``."""
    variables: tuple[Variable, ...] = ()
    generated: bool = False
    """Whether Vedette wrote it: then its places are those of the declaration."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Routing:
    """The configuration of an Alertmanager, or what a stack makes into one."""

    value: AlertmanagerConfig
    place: Place
    generated: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Runbook:
    """A runbook: the text somebody wrote, and for which alert."""

    alert: str
    text: str
    place: Place
    written: bool
    """False: made from the declaration alone."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Facts:
    """Everything that is known."""

    kind: Literal["declared", "foreign"]
    groups: tuple[Group, ...] = ()
    dashboards: tuple[Dashboard, ...] = ()
    routing: tuple[Routing, ...] = ()
    runbooks: tuple[Runbook, ...] = ()
    scraping: tuple[PrometheusConfig, ...] = ()
    stack: Stack | None = None
    environment: str = ""
    known: Known = field(default=lambda _: None, repr=False)
    """What is known of a series by its name: declared, recorded by a rule, told by a live server, or guessed."""
    series: Mapping[str, Series] = field(default_factory=dict, repr=False)
    """All that is declared or recorded; what is not here is not known, or guessed from its name."""
    scrape_interval: int | None = None
    """Milliseconds: the longest of those that count; None where nobody says."""
    evaluation_interval: int | None = None
    folders: tuple[Path, ...] = ()
    """Where the user's code and files are."""
    cardinality: int | None = None
    """Series that one metric may be in the whole stack, where somebody says."""
    live: bool = False
    """Whether ``series`` comes from a running server: then what is not there does not exist."""
    server: Live | None = field(default=None, repr=False)
    """What a running server, or a page of metrics, was found to know."""

    @property
    def complete(self) -> bool:
        """Whether a name that is not known does not exist."""
        return self.kind == "declared" or self.live

    @cached_property
    def alerts(self) -> tuple[Alert, ...]:
        """All alerts, in the order of the files."""
        return tuple(rule for group in self.groups for rule in group.rules if isinstance(rule, Alert))

    @cached_property
    def rule_labels(self) -> frozenset[str]:
        """The labels that rules set on some alerts."""
        return frozenset(name for alert in self.alerts for name in alert.labels)

    @cached_property
    def recordings(self) -> tuple[Recording, ...]:
        """All recording rules."""
        return tuple(rule for group in self.groups for rule in group.rules if isinstance(rule, Recording))

    @cached_property
    def queries(self) -> tuple[Query, ...]:
        """Every query of every rule and panel."""
        rules = [rule.query for group in self.groups for rule in group.rules]
        panels = [
            one.query
            for dashboard in self.dashboards
            for panel in dashboard.panels
            for one in panel.queries
            if one.query is not None
        ]
        return (*rules, *panels)
