"""Part of a file cannot be read, so whoever loads it refuses it, or leaves the part out.

Prometheus refuses a whole rule file where a single expression, duration or key in it is wrong. On a reload it then
keeps the old rules and says so only in its log and in ``prometheus_config_last_reload_successful``: every alert that
was added or changed since does not exist. Grafana shows a panel whose query is broken without data.

It comes from edits without a trial: a bracket that was not closed, a tab, a key with a typo, a duration such as
``5 minutes``. Every mistake is told with its place, and the rest of the file is read and checked all the same.
A warning here is about what other programs may read: a template, a dashboard of the v2 schema, more than 8 MB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.check.check import Check, Example
from vedette.check.problems import CODE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK"]


def find(_: Facts) -> Iterator[Finding]:
    """Nothing: what cannot be read is found while the facts are made, and is no part of them."""
    return iter(())


BAD = """\
groups:
  - name: shop
    rules:
      - alert: NoOrders
        expr: sum by (job) (rate(shop_orders_total[30m]) == 0 # <-
        for: 30m
"""
GOOD = """\
groups:
  - name: shop
    rules:
      - alert: NoOrders
        expr: sum by (job) (rate(shop_orders_total[30m])) == 0
        for: 30m
"""

CHECK = Check(
    code=CODE,
    about="files",
    level="error",
    find=find,
    bad=Example("rules.yml", BAD),
    good=Example("rules.yml", GOOD),
)
