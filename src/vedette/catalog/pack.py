"""A pack: everything about one domain as one value. One with thresholds is made by a `parametric` function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from vedette.catalog.alert import Alert
from vedette.catalog.dashboard import Dashboard
from vedette.catalog.names import check_severity, check_text, fail, find_twice, is_slug, nearest
from vedette.catalog.panel import Panel, Row, Text
from vedette.catalog.recording import Recording
from vedette.catalog.slo import Slo
from vedette.errors import DeclarationError
from vedette.instruments.metrics.metric import Metric
from vedette.place import Place, caller

if TYPE_CHECKING:
    from vedette.catalog.severity import Severity

__all__ = ["Pack", "PackLike", "as_pack", "with_parameters"]

Parameter = float | int | str | bool
Item = Panel | Row | Text


@dataclass(frozen=True, slots=True)
class Pack:
    """Metrics, recording rules, alerts, objectives and panels of one domain.

    Args:
        name: in file names, links and the label ``pack``: letters, digits, ``_ . -``.
        title: what people read; the name with a capital where it is empty.
        metrics: the instruments, or what an exporter exposes.
        recordings: queries worth storing.
        alerts: what should not happen.
        slos: how much of it may, over a month: rules, alerts, panels and runbooks are derived from each `Slo`.
        panels: `Panel`, `Row` and `Text`, in reading order. A pack without panels gets one a metric and alert.
        dashboard: description, variables, time range.

    Packs add up: ``a + b`` has the name of ``a`` and the content of both.

    Raises:
        DeclarationError: a name appears twice, an alert points at no panel, or something is not what it should be.

    Example:
        >>> Pack("shop", alerts=[Alert("NoOrders", "shop:orders == 0", severity="high", summary="No orders")]).title
        'Shop'
    """

    name: str
    title: str = field(default="", kw_only=True)
    metrics: Sequence[Metric] = field(default=(), kw_only=True)
    recordings: Sequence[Recording] = field(default=(), kw_only=True)
    alerts: Sequence[Alert] = field(default=(), kw_only=True)
    slos: Sequence[Slo] = field(default=(), kw_only=True)
    panels: Sequence[Item] = field(default=(), kw_only=True)
    dashboard: Dashboard = field(default_factory=Dashboard, kw_only=True)
    parameters: Mapping[str, Parameter] = field(default_factory=dict, kw_only=True)
    """The thresholds this pack was made with, by name; set by `parametric`."""
    factory: Callable[..., Pack] | None = field(default=None, compare=False, repr=False, kw_only=True)
    """The function that makes it again with other thresholds; set by `parametric`."""
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        place, owner = self.place, f"pack {self.name!r}"
        if not isinstance(self.name, str) or not is_slug(self.name):
            raise fail(place, f"{owner} needs a name of letters, digits and _ . - between them, for example 'shop'")
        if not self.title:
            object.__setattr__(self, "title", self.name[:1].upper() + self.name[1:].replace("_", " "))
        check_text(place, owner, "title", self.title)
        self._settle("metrics", Metric, "Counter(…), Gauge(…), Histogram(…)…")
        self._settle("recordings", Recording, "Recording(…)")
        self._settle("alerts", Alert, "Alert(…)")
        self._settle("slos", Slo, "Slo(…)")
        self._settle("panels", Panel | Row | Text, "Panel(…), Row(…) or Text(…)")
        self._once("metric", [metric.name for metric in self.metrics])
        self._once("recording", [recording.name for recording in self.recordings])
        self._once("alert", [alert.name for alert in self.alerts])
        self._once("objective", [slo.name for slo in self.slos])
        self._once("panel", [item.title for item in self.panels if not isinstance(item, Row)])
        self._once("row", [item.title for item in self.panels if isinstance(item, Row)])
        titles = [item.title for item in self.panels if isinstance(item, Panel)]
        for alert in self.alerts:
            if alert.panel and alert.panel not in titles:
                raise fail(
                    alert.place,
                    f"alert {alert.name!r} points at the panel {alert.panel!r}, which {owner} does not have"
                    f"{nearest(alert.panel, titles)}",
                )

    def _settle(self, key: str, kind: type | object, wanted: str) -> None:
        given = getattr(self, key)
        if isinstance(given, str) or not isinstance(given, Sequence):
            raise fail(self.place, f"pack {self.name!r} has {key}={given!r}; write a list: {key}=[{wanted}]")
        for item in given:
            if not isinstance(item, kind):  # type: ignore[arg-type]  # a union of classes is accepted
                raise fail(self.place, f"pack {self.name!r} has {item!r} in {key}; write {wanted}")
        object.__setattr__(self, key, tuple(given))

    def _once(self, what: str, names: Sequence[str]) -> None:
        twice = find_twice(names)
        if twice:
            raise fail(self.place, f"pack {self.name!r} has the {what} {twice!r} twice; rename or remove one")

    def with_severities(self, severities: Mapping[str, Severity | None]) -> Pack:
        """The same pack with some alerts more or less urgent; None leaves an alert out. Thresholds stay changeable.

        Where the panel of an alert draws its threshold, it has the new colour.

        Raises:
            DeclarationError: the pack has no such alert, or a severity is not one.

        Example:
            >>> pack = Pack("a", alerts=[Alert("NoOrders", "orders == 0", severity="high", summary="No orders")])
            >>> pack.with_severities({"NoOrders": "critical"}).alerts[0].severity
            'critical'
        """
        place, names = caller(), [alert.name for alert in self.alerts]
        for name, severity in severities.items():
            if name not in names:
                raise fail(place, f"the pack {self.name!r} has no alert {name!r}{nearest(name, names)}")
            if severity is not None:
                check_severity(place, f"alert {name!r}", severity)
        factory = self.factory
        return replace(
            self,
            alerts=[
                replace(alert, severity=severities.get(alert.name) or alert.severity)
                for alert in self.alerts
                if alert.name not in severities or severities[alert.name] is not None
            ],
            panels=[self._coloured(item, severities) if isinstance(item, Panel) else item for item in self.panels],
            factory=None if factory is None else lambda **given: factory(**given).with_severities(severities),
        )

    def _coloured(self, panel: Panel, severities: Mapping[str, Severity | None]) -> Panel:
        """The panel with the thresholds of its alerts in their new colours, those left out without.

        What two alerts share stays.
        """
        here = [alert for alert in self.alerts if alert.panel == panel.title]
        before = [alert.severity for alert in here]
        changes = {
            alert.severity: severities[alert.name]
            for alert in here
            if alert.name in severities and before.count(alert.severity) == 1
        }
        drawn = {value: changes.get(severity, severity) for value, severity in panel.thresholds.items()}
        thresholds = {value: severity for value, severity in drawn.items() if severity is not None}
        return panel if thresholds == panel.thresholds else replace(panel, thresholds=thresholds)

    def __add__(self, other: Pack) -> Pack:
        return replace(
            self,
            metrics=(*self.metrics, *(metric for metric in other.metrics if metric not in self.metrics)),
            recordings=(*self.recordings, *other.recordings),
            alerts=(*self.alerts, *other.alerts),
            slos=(*self.slos, *other.slos),
            panels=(*self.panels, *other.panels),
            dashboard=replace(
                self.dashboard,
                variables=(
                    *self.dashboard.variables,
                    *(found for found in other.dashboard.variables if found not in self.dashboard.variables),
                ),
            ),
            parameters={},
            factory=None,
            place=caller(),
        )


PackLike = Pack | Callable[[], Pack]
"""A pack, or a function that makes one with its defaults."""


def as_pack(given: object, place: Place, owner: str) -> Pack:
    """The pack that was given or that the given function makes.

    Raises:
        DeclarationError: it is neither.
    """
    made = given if isinstance(given, Pack) or not callable(given) else given()
    if not isinstance(made, Pack):
        raise fail(
            place,
            f"{owner} has {made!r} in packs; write a Pack or a function that makes one: "
            "packs=[http, database(pool_warn=0.8)]",
        )
    return made


def with_parameters(pack: Pack, changes: Mapping[str, Parameter], place: Place, path: str) -> Pack:
    """The same pack made with some thresholds changed; ``path`` names them in messages.

    Raises:
        DeclarationError: the pack has no such parameter, or refuses the value.
    """
    if pack.factory is None:
        raise fail(
            place,
            f"threshold {path!r}: the pack {pack.name!r} is a fixed value; make it in a function with @parametric",
        )
    for name in changes:
        if name not in pack.parameters:
            raise fail(
                place,
                f"threshold {path!r}: the pack {pack.name!r} has no parameter {name!r}; it has "
                f"{', '.join(sorted(pack.parameters))}{nearest(name, pack.parameters)}",
            )
    try:
        return pack.factory(**{**pack.parameters, **changes})
    except DeclarationError as problem:
        raise fail(place, f"threshold {path!r}: {problem}") from problem
