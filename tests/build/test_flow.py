"""Which labels an expression can leave, as far as declarations tell."""

from __future__ import annotations

import pytest

from vedette.build.flow import labels_of
from vedette.promql.parser import parse

KNOWN = {"a": frozenset({"job", "x"}), "b": frozenset({"job", "y"}), "h_bucket": frozenset({"job", "le"}), "any": None}


@pytest.mark.parametrize(
    ("expr", "left"),
    [
        ("1", ""),
        ("a", "job x"),
        ("-rate((a[5m] offset 1h))", "job x"),
        ("max_over_time(a[1h:5m])", "job x"),
        ("sum(a)", ""),
        ("sum by (job, x, z) (a)", "job x"),
        ("sum by (job) (any)", "job"),
        ("sum without (x) (a)", "job"),
        ("sum without (x) (any)", None),
        ("topk(3, a)", "job x"),
        ('count_values by (job) ("n", a)', "job n"),
        ("a > 1", "job x"),
        ("1 < a", "job x"),
        ("a and on (job) b", "job x"),
        ("a unless any", "job x"),
        ("a or b", "job x y"),
        ("a or any", None),
        ("a / on (job) sum by (job) (b)", "job"),
        ("a / ignoring (x) b", "job"),
        ("a * on (job) group_left (y) b", "job x y"),
        ("a * on (job) group_right b", "job y"),
        ("any * a", None),
        ('label_replace(a, "z", "$1", "x", "(.*)")', "job x z"),
        ('label_join(a, "z", ",", "x")', "job x z"),
        ("histogram_quantile(0.9, h_bucket)", "job"),
        ("absent(a)", None),
        ("unknown", None),
        ("time() + vector(1)", ""),
    ],
)
def test_labels_that_are_left(expr, left):
    found = labels_of(parse(expr), KNOWN)
    assert found == (None if left is None else set(left.split()))
