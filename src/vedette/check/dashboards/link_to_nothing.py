"""A link leads to a dashboard that is not among the given ones.

The address of a dashboard is `/d/<uid>`. Where the uid was changed, or the dashboard was removed, whoever follows the
link in an incident finds "Dashboard not found". In a stack it is certain; of files it is a hint, because the dashboard
may stand in a file that was not given, so that it is told only where several dashboards are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.catalog.names import nearest
from vedette.check.check import Check, Example
from vedette.check.dashboards._links import is_elsewhere, links
from vedette.check.dashboards._panels import items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Dashboard, Facts
    from vedette.check.finding import Finding
    from vedette.place import Place

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Links to uids that no dashboard has."""
    known = {dashboard.value.uid for dashboard in facts.dashboards}
    declared = facts.kind == "declared"
    if not declared and len(facts.dashboards) < 2:
        return
    for dashboard in facts.dashboards:
        for subject, title, address, place in _addresses(dashboard):
            if is_elsewhere(facts, address):
                continue
            for link in links(address):
                if link.uid not in known:
                    yield CHECK.finding(
                        place,
                        subject,
                        f"the link {title!r} leads to the dashboard {link.uid!r}, and "
                        + ("there is none of that uid" if declared else "no given file has that uid"),
                        f"write the uid of a dashboard that exists{nearest(link.uid, known)}",
                        level="error" if declared else None,
                        certain=declared,
                    )


def _addresses(dashboard: Dashboard) -> Iterator[tuple[str, str, str, Place]]:
    """Whose link, its title, where it leads, and where it stands."""
    for index, link in enumerate(dashboard.value.links):
        yield dashboard.subject, link.title, link.url, dashboard.locate(f"links[{index}].url")
    for item in items(dashboard):
        for index, link in enumerate(item.value.links):
            yield item.subject, link.title, link.url, item.locate(f"links[{index}].url")
        config = item.value.config
        for index, one in enumerate(config.links if config is not None else ()):
            place = item.locate(f"fieldConfig.defaults.links[{index}].url")
            yield item.subject, one.title, one.url, place


CHECK = Check(
    code="link-to-nothing",
    about="dashboards",
    level="note",
    find=find,
    bad=Example("dashboard.json", """{
  "uid": "shop",
  "title": "Shop",
  "links": [{"title": "Stock", "type": "link", "url": "/d/shop-stok/stock"}],
  "panels": []
}
""", beside=(Example("stock.json", '{"uid": "shop-stock", "title": "Stock", "panels": []}\n'),)),
    good=Example("dashboard.json", """{
  "uid": "shop",
  "title": "Shop",
  "links": [{"title": "Stock", "type": "link", "url": "/d/shop-stock/stock"}],
  "panels": []
}
""", beside=(Example("stock.json", '{"uid": "shop-stock", "title": "Stock", "panels": []}\n'),)),
)  # fmt: skip
