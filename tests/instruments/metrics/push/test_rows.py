"""Every metric becomes the series that Prometheus would have scraped, with their labels in order."""

from __future__ import annotations

import math

from prometheus_client.parser import text_string_to_metric_families

from vedette.instruments.metrics import Histogram
from vedette.instruments.metrics.exposition import text
from vedette.instruments.metrics.push.rows import NativeRow, rows_of
from vedette.instruments.metrics.snapshot import Exposed, Series


def rows(registry, **labels):
    return list(rows_of(registry.snapshot(), labels))


def test_the_series_are_those_of_the_text_format(shop):
    shop.undeclare("shop_work_seconds")  # the text format has no native buckets
    scraped = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text(shop).decode())
        for sample in family.samples
    }
    pushed = {
        (dict(row.labels)["__name__"], *((name, value) for name, value in row.labels if name != "__name__")): row.value
        for row in rows(shop)
    }
    assert pushed == scraped


def test_labels_are_sorted_and_none_is_empty_and_the_series_own_stay(shop):
    found = rows(shop, job="nightly", instance="", channel="other", Zone="a", _x="b")
    for row in found:
        names = [name for name, _ in row.labels]
        assert names == sorted(set(names))
        assert "instance" not in names
        assert {("job", "nightly"), ("Zone", "a"), ("_x", "b")} < set(row.labels)
    (orders,) = [row for row in found if ("__name__", "shop_orders_total") in row.labels]
    assert ("channel", "web") in orders.labels


def test_a_native_histogram_is_one_series_with_its_buckets_and_its_exemplars_in_order_of_time(registry):
    work = Histogram("a_seconds", "A.", native=True, buckets=[1, 2], registry=registry)
    work.observe(1.5, exemplar={"n": "1"})
    work.observe(0.5, exemplar={"n": "2"})
    work.observe(0)
    (row,) = rows(registry)
    assert row.labels == (("__name__", "a_seconds"),)
    assert isinstance(row.value, NativeRow)
    assert row.value.observations == 3
    assert row.value.total == 2.0
    assert row.value.native.zeros == 1
    times = [one.timestamp for one in row.exemplars]
    assert times == sorted(times)
    assert len(times) == 2


def test_what_has_observed_nothing_yet_is_native_with_no_buckets(shop):
    (work,) = [family for family in shop.snapshot() if family.name == "shop_work_seconds"]
    natives = {one.labels: one.native for one in work.series}
    assert natives['kind="none"'] == (3, 0, [], [])
    assert natives['kind="long"'].zeros == 1


def test_a_summary_collected_from_elsewhere_keeps_its_quantiles():
    family = Exposed("summary", "a", "A.", "", (), (), [Series("", (3, 6.0), quantiles=[(0.5, 2.0), (0.99, math.inf)])])
    assert [(dict(row.labels), row.value) for row in rows_of([family], {})] == [
        ({"__name__": "a", "quantile": "0.5"}, 2.0),
        ({"__name__": "a", "quantile": "0.99"}, math.inf),
        ({"__name__": "a_sum"}, 6.0),
        ({"__name__": "a_count"}, 3),
    ]
