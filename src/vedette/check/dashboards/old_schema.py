"""The dashboard was saved by a Grafana of years ago, or has panels that Grafana does not have any more.

Grafana carries an old file over each time it is loaded, and the file stays old: what is carried over changes with each
release, and settings that have no counterpart are lost. Panels made with Angular (`graph`, `singlestat`, `table-old`)
cannot run since Grafana 12, which puts another kind in their place where it knows one.
https://grafana.com/docs/grafana/latest/developers/angular_deprecation/
Before schema 36 (Grafana 8.5), data sources are named by their titles and not by their ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_OLDEST: Final = 36
_GONE: Final = {
    "graph": "timeseries", "singlestat": "stat", "grafana-singlestat-panel": "stat", "table-old": "table",
    "grafana-piechart-panel": "piechart", "grafana-worldmap-panel": "geomap",
}  # fmt: skip


def find(facts: Facts) -> Iterator[Finding]:
    """Old schemas, once a dashboard; panels that are gone, each."""
    for dashboard in facts.dashboards:
        version = dashboard.value.schema_version
        if 0 < version < _OLDEST:
            yield CHECK.finding(
                dashboard.locate("schemaVersion"),
                dashboard.subject,
                f"it was saved with schema {version}; what is older than {_OLDEST} is carried over at every load",
                "load it in your Grafana, look it over, and put the JSON that it saves in place of this file",
                level="note",
            )
        for panel in dashboard.panels:
            kind = panel.value.type
            if kind in _GONE:
                yield CHECK.finding(
                    panel.locate("type"),
                    panel.subject,
                    f"Grafana 12 has no panel {kind!r} any more; it shows {_GONE[kind]!r} in its place, and loses what "
                    "that cannot show",
                    f"change it to {_GONE[kind]!r} in Grafana, and save",
                )


CHECK = Check(
    code="old-schema",
    about="dashboards",
    level="warning",
    find=find,
    bad=Example("dashboard.json", """{
  "title": "Shop",
  "schemaVersion": 16,
  "panels": [
    {"id": 1, "type": "graph", "title": "Orders", "targets": [{"refId": "A", "expr": "shop_orders"}]}
  ]
}
"""),
    good=Example("dashboard.json", """{
  "title": "Shop",
  "schemaVersion": 39,
  "panels": [
    {"id": 1, "type": "timeseries", "title": "Orders", "targets": [{"refId": "A", "expr": "shop_orders"}]}
  ]
}
"""),
)  # fmt: skip
