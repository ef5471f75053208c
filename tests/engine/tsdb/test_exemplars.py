"""Exemplars: the newest of each series are found by the matchers of a query, and no more are kept than was said."""

from __future__ import annotations

from vedette.engine.tsdb.exemplars import Exemplars
from vedette.engine.tsdb.head import Head
from vedette.formats.exposition import Exemplar
from vedette.promql.labels import Labels, Matcher, labels

SLOW = labels({"__name__": "x_bucket", "le": "1"})
FAST = labels({"__name__": "x_bucket", "le": "0.1"})


def event(trace: str, value: float, timestamp: int | None = None) -> Exemplar:
    return Exemplar(labels({"trace_id": trace}), value, timestamp)


def traces(of: Exemplars, *matchers: Matcher, start: int = 0, end: int = 1000) -> dict[Labels, list[str]]:
    return {series: [one.labels[0][1] for one in found] for series, found in of.select([matchers], start, end)}


def test_they_are_found_by_matchers_and_time_both_ends_included() -> None:
    kept = Exemplars()
    kept.add(SLOW, event("a", 0.9, 10), 99)
    kept.add(SLOW, event("b", 0.8, 20), 99)
    kept.add(FAST, event("c", 0.05, 20), 99)
    assert traces(kept) == {FAST: ["c"], SLOW: ["a", "b"]}
    assert traces(kept, Matcher("le", "=~", "1|2")) == {SLOW: ["a", "b"]}
    assert traces(kept, start=11, end=20) == {FAST: ["c"], SLOW: ["b"]}
    assert traces(kept, Matcher("le", "=", "1"), start=21) == {}


def test_one_without_a_time_is_of_the_scrape_and_one_that_is_no_newer_is_the_same_or_too_late() -> None:
    kept = Exemplars()
    kept.add(SLOW, event("a", 0.9), 10)
    kept.add(SLOW, event("a", 0.9, 10), 25)
    kept.add(SLOW, event("b", 0.9, 5), 40)
    assert traces(kept) == {SLOW: ["a"]}
    ((_, (found,)),) = kept.select([()], 0, 100)
    assert found.timestamp == 10


def test_the_oldest_goes_when_there_are_too_many_and_its_series_with_its_last() -> None:
    kept = Exemplars(most=2)
    for at, series in enumerate((FAST, SLOW, SLOW, SLOW)):
        kept.add(series, event(str(at), 0.5, at), at)
    assert traces(kept) == {SLOW: ["2", "3"]}
    assert len(kept) == 2


def test_what_the_head_forgets_takes_its_exemplars_with_it() -> None:
    head = Head()
    head.exemplars.add(SLOW, event("a", 0.9, 10), 10)
    head.exemplars.add(SLOW, event("b", 0.9, 30), 30)
    head.truncate(20)
    assert traces(head.exemplars) == {SLOW: ["b"]}
