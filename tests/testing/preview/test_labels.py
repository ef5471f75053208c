"""Which series a metric is shown with."""

from __future__ import annotations

import pytest

from vedette.instruments.metrics.description import Description
from vedette.place import Place
from vedette.promql.labels import Matcher
from vedette.testing.preview.labels import ROWS, told

HERE = Place("here.py", 1)


def metric(name: str, **labels: tuple[str, ...] | None) -> Description:
    return Description("counter", name, "What it counts.", HERE, labels=tuple(labels.items()))


def values(metric: Description, label: str, *selectors: list[Matcher]) -> set[str]:
    return {one[label] for _, one in told(metric, selectors)}


def test_declared_values_are_all_there_for_each_thing() -> None:
    found = told(metric("bakery_loaves_total", oven=None, outcome=("baked", "burnt")))
    assert len(found) == 2 * ROWS
    assert {one["outcome"] for _, one in found} == {"baked", "burnt"}


def test_labels_that_tell_which_thing_it_is_go_together() -> None:
    """A model has one provider, so that there are as many series as things and not as pairs."""
    found = told(metric("gen_ai_calls_total", gen_ai_provider_name=None, gen_ai_request_model=None))
    assert len(found) == ROWS


def test_what_went_well_has_no_kind_of_error() -> None:
    found = told(metric("bakery_loaves_total", outcome=("success", "failure"), error_type=None))
    assert {one["error_type"] for _, one in found if one["outcome"] == "success"} == {""}
    assert "" not in {one["error_type"] for _, one in told(metric("bakery_errors_total", error_type=None))}


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        ("=", "rye", "rye"),
        ("=~", "rye|spelt", "rye"),
        ("=~", "(.*[.])?OutOfMemoryError", "OutOfMemoryError"),
        ("=~", r"rye\.bread", "rye.bread"),
        ("=~", "(late|deep)[.]night", "late.night"),
        ("=~", "5..", "500"),
    ],
)
def test_what_a_query_asks_for_is_there(op: str, value: str, expected: str) -> None:
    matcher = Matcher("kind", op, value)  # type: ignore[arg-type]  # one of the four
    assert expected in values(metric("bakery_loaves_total", kind=None), "kind", [matcher])
    assert expected not in values(metric("bakery_loaves_total", kind=None), "kind")


def test_what_all_queries_leave_out_does_not_hide_the_rest() -> None:
    first = values(metric("bakery_loaves_total", kind=None), "kind")
    found = values(metric("bakery_loaves_total", kind=None), "kind", [Matcher("kind", "!~", "|".join(first))])
    assert found - first
