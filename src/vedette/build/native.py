"""Native histograms: what Prometheus has to be told so that the classic series of the same metric are stored, too.

A Prometheus that stores native histograms drops the classic buckets of a metric that has both, unless a key of the
scrape says otherwise; the key has another name since 3.0, and there is none before 2.45. Asked of promtool 2.42, 2.53
and 3.5. The packs' rules are about classic buckets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.build.note import Note
from vedette.build.version import at_least

if TYPE_CHECKING:
    from vedette.build.plan import Plan
    from vedette.catalog import Environment, Service
    from vedette.instruments.metrics.metric import Metric

__all__ = ["notes", "scrape_keys"]


def scrape_keys(service: Service, environment: Environment) -> dict[str, bool]:
    """What the scrape of a service with native histograms says, by the environment's oldest Prometheus."""
    if not _native(service) or not at_least(environment.prometheus, "2.45"):
        return {}
    new = at_least(environment.prometheus, "3.0")
    return {"always_scrape_classic_histograms" if new else "scrape_classic_histograms": True}


def notes(plan: Plan) -> list[Note]:
    """Where the environment's version of Prometheus does not go with native histograms, and what to do."""
    version, where = plan.environment.prometheus, f"environment {plan.environment.name!r}"
    if at_least(version, "3.0"):
        return []
    known = {metric.name: metric for service in plan.services for metric in _native(service)}
    what = (
        "is refused by Prometheus 3, which has another key for it"
        if at_least(version, "2.45")
        else "does not exist there: with native histograms switched on, its classic buckets are dropped"
    )
    return [
        Note(
            metric.place,
            f"{metric.name} is native, and {where} supports Prometheus {version}: the key that keeps its classic "
            f"buckets {what}. Set prometheus='3.0' there once no older one reads these files, or leave them off",
        )
        for metric in known.values()
    ]


def _native(service: Service) -> list[Metric]:
    return [metric for pack in service.pack_list() for metric in pack.metrics if metric.description.native]
