"""The cache by identity of label lists."""

from __future__ import annotations

from vedette.promql.memo import Memo

A = (("a", "1"),)


def test_the_same_list_is_computed_once_and_an_equal_one_again() -> None:
    memo, made = Memo(1000), []
    first, second = [A], [A]
    for labels in (first, first, second):
        memo.get((labels,), "about", lambda labels=labels: made.append(labels))
    assert len(made) == 2


def test_a_list_that_grew_is_another_list() -> None:
    memo = Memo(1000)
    labels = [A]
    assert memo.get((labels,), "size", lambda: len(labels)) == 1
    labels.append(A)
    assert memo.get((labels,), "size", lambda: len(labels)) == 2


def test_what_is_used_stays_while_much_else_passes() -> None:
    memo, made = Memo(2000), []
    kept = [A]
    for _ in range(300):
        memo.get((kept,), "about", lambda: made.append(1))
        other = [A] * 10
        memo.get((other,), "about", lambda: None)
    assert made == [1]


def test_a_list_in_the_cache_keeps_its_identity_from_being_reused() -> None:
    memo = Memo(10_000)
    for i in range(200):
        labels = [(("a", str(i)),)]
        assert memo.get((labels,), "value", lambda labels=labels: labels[0][0][1]) == str(i)
        del labels
