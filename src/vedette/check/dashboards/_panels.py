"""What several checks ask of panels: which kind they are, where rows stand, what a query of theirs is shown as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vedette.check.facts import Dashboard, Panel, PanelQuery
    from vedette.formats.grafana import Panel as GrafanaPanel
    from vedette.formats.grafana import Target
    from vedette.place import Place

__all__ = [
    "ASKING", "GRAPHS", "Item", "axis_unit", "computes_buckets", "fixed_uid", "has_override", "is_library", "items",
    "pairs", "unit_of",
]  # fmt: skip

GRAPHS: Final = frozenset(
    ("timeseries", "graph", "stat", "singlestat", "gauge", "bargauge", "heatmap", "barchart", "trend")
)  # fmt: skip
"""Panels that draw numbers."""

ASKING: Final = GRAPHS | {
    "table", "table-old", "piechart", "grafana-piechart-panel", "histogram", "state-timeline", "status-history",
    "xychart", "candlestick", "geomap", "traces", "flamegraph", "nodeGraph",
}  # fmt: skip
"""Panels that show nothing without a query. Of other kinds nobody knows: a plugin may need none."""


def is_library(panel: GrafanaPanel) -> bool:
    """Whether what it shows stands in the library, and not in this file."""
    return "libraryPanel" in panel.other


@dataclass(frozen=True, slots=True)
class Item:
    """A panel or a row of a dashboard."""

    value: GrafanaPanel
    subject: str
    group: int
    """Those of one number are on the grid together; the panels in a collapsed row are apart."""
    locate: Callable[[str], Place]
    """Where a key below it stands; with ``""``, where it begins."""


_ITEMS: WeakKeyDictionary[Dashboard, tuple[Item, ...]] = WeakKeyDictionary()
"""Many checks go over every panel; the way is made once."""


def items(dashboard: Dashboard) -> tuple[Item, ...]:
    """All panels and rows, in the order of the file."""
    found = _ITEMS.get(dashboard)
    if found is None:
        found = _ITEMS[dashboard] = tuple(_items(dashboard))
    return found


def _items(dashboard: Dashboard) -> Iterator[Item]:
    own = {id(panel.value): panel for panel in dashboard.panels}
    for index, top in enumerate(dashboard.value.panels):
        yield _item(dashboard, top, 0, own.get(id(top)))
        for inner in top.panels:
            yield _item(dashboard, inner, index + 1, own.get(id(inner)))


def _item(dashboard: Dashboard, value: GrafanaPanel, group: int, panel: Panel | None) -> Item:
    whole = dashboard.value.path
    path = value.path.removeprefix(f"{whole}.") if whole else value.path

    def locate(key: str) -> Place:
        if panel is not None:
            return panel.locate(key) if key else panel.place
        return dashboard.locate(f"{path}.{key}" if key else path)

    kind = "row" if value.type == "row" else "panel"
    subject = panel.subject if panel is not None else f"{kind} {value.title or value.id} of {dashboard.subject}"
    return Item(value, subject, group, locate)


def pairs(panel: Panel) -> Iterator[tuple[Target, PanelQuery]]:
    """Every query that is shown, with what the file says of it."""
    rest = list(panel.value.targets)
    for one in panel.queries:
        same = [target for target in rest if target.ref_id == one.ref_id]
        found = next((target for target in same if target.expr == one.text.value), same[0] if same else None)
        if found is None:
            continue
        rest.remove(found)
        if not found.hide:
            yield found, one


def unit_of(panel: GrafanaPanel) -> str:
    """Grafana's id of the unit in which a panel shows its numbers, ``""`` where none is chosen."""
    if panel.config is not None and panel.config.unit:
        return panel.config.unit
    axes = panel.other.get("yaxes")
    places = {
        "graph": (axes[0] if isinstance(axes, list) and axes else None, "format"),
        "singlestat": (panel.other, "format"),
    }
    return axis_unit(panel) if panel.type == "heatmap" else _word(*places.get(panel.type, (None, "")))


def axis_unit(panel: GrafanaPanel) -> str:
    """Grafana's id of the unit of a heatmap's axis, that of its buckets; ``""`` where none is chosen."""
    return _word(panel.options.get("yAxis"), "unit") if panel.options else _word(panel.other.get("yAxis"), "format")


def _word(holder: object, key: str) -> str:
    found = holder.get(key) if isinstance(holder, dict) else None
    return found if isinstance(found, str) else ""


def computes_buckets(panel: GrafanaPanel) -> bool:
    """Whether it makes buckets of its own of plain values."""
    old = panel.other.get("dataFormat", "tsbuckets")
    return panel.options.get("calculate") is True or old != "tsbuckets"


def has_override(panel: GrafanaPanel, key: str) -> bool:
    """Whether some of the panel's fields have a property of their own."""
    if panel.config is None:
        return False
    for one in panel.config.overrides:
        properties = one.get("properties")
        if isinstance(properties, list) and any(
            isinstance(item, dict) and item.get("id") == key for item in properties
        ):
            return True
    return False


# What is no data source of its own: queries each with theirs, another panel's result, Grafana's own.
_SPECIAL: Final = frozenset({"", "default", "grafana", "__expr__"})


def fixed_uid(uid: str) -> bool:
    """Whether this names one data source, and no variable, input, or pseudo source."""
    return uid not in _SPECIAL and not uid.startswith(("$", "[[", "--"))
