"""Two dashboards have one address, or one title in one folder, so one hides the other.

Grafana keeps one dashboard for each `uid`. Of two files with the same, it takes in the one it reads last, or refuses
both and says so in its log. It happens when a file is copied to make a second dashboard of it. Two with one title in
one folder both show, and nobody knows which is which.
https://grafana.com/docs/grafana/latest/administration/provisioning/#dashboards
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from vedette.check.check import Check, Example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Dashboard, Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Dashboards whose uid, or title beside it, an earlier one has."""
    by_uid: dict[str, Dashboard] = {}
    by_title: dict[tuple[str, str], Dashboard] = {}
    for dashboard in facts.dashboards:
        value = dashboard.value
        folder = "" if dashboard.generated else str(PurePath(dashboard.place.file).parent)
        same_uid = by_uid.setdefault(value.uid, dashboard) if value.uid else dashboard
        same_title = by_title.setdefault((folder, value.title), dashboard)
        if same_uid is not dashboard:
            yield CHECK.finding(
                dashboard.locate("uid"),
                dashboard.subject,
                f"its uid {value.uid!r} is that of {_named(same_uid)} too, and Grafana keeps one of them only",
                'write another "uid"',
                level="error" if facts.kind == "declared" else None,
                certain=facts.kind == "declared",
            )
        elif same_title is not dashboard:
            yield CHECK.finding(
                dashboard.locate("title"),
                dashboard.subject,
                f"{_named(same_title)} in the same folder has the title {value.title!r} too",
                "write a title that tells them apart",
                certain=False,
            )


def _named(dashboard: Dashboard) -> str:
    return f"the dashboard in {dashboard.place.file}"


CHECK = Check(
    code="dashboard-twice",
    about="dashboards",
    level="warning",
    find=find,
    bad=Example("dashboard.json", """{
  "uid": "shop",
  "title": "Shop, by hand",
  "panels": []
}
""", beside=(Example("a.json", '{"uid": "shop", "title": "Shop", "panels": []}\n'),)),
    good=Example("dashboard.json", """{
  "uid": "shop-by-hand",
  "title": "Shop, by hand",
  "panels": []
}
""", beside=(Example("a.json", '{"uid": "shop", "title": "Shop", "panels": []}\n'),)),
)  # fmt: skip
