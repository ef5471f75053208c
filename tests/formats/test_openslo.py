"""OpenSLO files: what is read, what is refused, and what is written reads back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from vedette.errors import ConfigError
from vedette.formats.openslo import Metric, OpenSlo, Ratio, Target, Threshold, read, write

REFERRED = """\
apiVersion: openslo/v1
kind: Service
metadata: {name: shop}
spec: {}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: orders, displayName: Orders}
spec:
  service: shop
  indicatorRef: placed
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{targetPercent: 99.95}]
---
apiVersion: openslo/v1
kind: SLI
metadata: {name: placed}
spec:
  ratioMetric:
    counter: true
    good: {metricSource: {type: Prometheus, spec: {query: good_total}}}
    total: {metricSource: {type: Prometheus, spec: {query: all_total}}}
"""

SLO = OpenSlo(
    name="shop-orders",
    title="Orders",
    service="shop",
    description="Orders are placed.",
    indicator=Ratio(total=Metric(query="sum(all_total)"), bad=Metric(query="sum(bad_total)")),
    targets=(Target(target=Decimal("0.9995")), Target(target=Decimal("0.5"), name="half")),
    window="30d",
    annotations={"vedette.by": "route"},
)
AGE = OpenSlo(
    name="backup",
    indicator=Threshold(metric=Metric(query="time() - max(x)")),
    targets=(Target(target=Decimal("0.99"), op="lte", value=Decimal(3600)),),
)


def test_what_is_written_reads_back():
    assert read(write([SLO, AGE]), "o.yaml") == (SLO, AGE)


def test_an_indicator_can_stand_elsewhere_in_the_file():
    (found,) = read(REFERRED, "o.yaml")
    assert found.indicator == Ratio(total=Metric(query="all_total"), good=Metric(query="good_total"))
    assert (found.targets[0].target, found.window, found.service) == (Decimal("0.9995"), "28d", "shop")
    assert (found.place.file, found.place.line) == ("o.yaml", 6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("openslo/v1\nkind: SLO", "openslo/v1alpha\nkind: SLO"), "o.yaml:6:1: apiVersion is 'openslo/v1alpha'"),
        (
            ("indicatorRef: placed", "indicatorRef: plced"),
            "indicatorRef is 'plced', and the file has no such SLI; there",
        ),
        (("ratioMetric", "ratioMetrics"), "did you mean 'ratioMetric'"),
        (("targetPercent: 99.95", "targetPercent: 99.95, target: 0.9"), "either target or targetPercent"),
        (("targetPercent: 99.95", "target: 99.95"), "the target is 99.95; it is a share between 0 and 1"),
        (("targetPercent: 99.95", "target: often"), "target is 'often'; write a number"),
        (("objectives: [{targetPercent: 99.95}]", "objectives: []"), "the SLO has no objectives"),
        (("[{duration: 28d, isRolling: true}]", "[]"), "an SLO has one timeWindow, this has 0"),
        (("Occurrences", "Occurences"), "did you mean 'Occurrences'"),
        (("    good:", "    raw:"), "a raw ratio says nothing of how many events"),
        (("    good:", "    total:"), "'total' stands twice"),
        (("kind: Service", "kid: Service"), "has no kind"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(change, message):
    with pytest.raises(ConfigError) as caught:
        read(REFERRED.replace(*change, 1), "o.yaml")
    assert message in str(caught.value)
    assert str(caught.value).startswith("o.yaml:")
