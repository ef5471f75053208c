"""The dashboard has no `uid`, so its address is another one in each Grafana.

The address of a dashboard is `/d/<uid>`. Without one in the file, Grafana makes one up when it takes the file in: links
from alerts, runbooks and other dashboards cannot be written before, and break when it is taken in again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vedette.check.check import Check, Example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Dashboards without an address of their own."""
    for dashboard in facts.dashboards:
        if not dashboard.value.uid:
            words = re.sub(r"[^a-z0-9]+", "-", dashboard.value.title.lower()).strip("-")[:40] or "my-dashboard"
            yield CHECK.finding(
                dashboard.locate("uid"),
                dashboard.subject,
                "it has no uid, so that no link to it lasts",
                f'write "uid": "{words}"',
            )


CHECK = Check(
    code="missing-uid",
    about="dashboards",
    level="note",
    find=find,
    bad=Example("dashboard.json", """{
  "uid": null,
  "title": "Shop",
  "panels": []
}
"""),
    good=Example("dashboard.json", """{
  "uid": "shop",
  "title": "Shop",
  "panels": []
}
"""),
)  # fmt: skip
