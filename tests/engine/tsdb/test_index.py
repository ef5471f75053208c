"""The inverted index finds what testing every series against every matcher finds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.engine.tsdb.index import Index
from vedette.promql.labels import Labels, Matcher, get, labels

_value = st.sampled_from(["", "a", "b", "ab"])
_series = st.fixed_dictionaries({"x": _value, "y": _value}).map(labels)
_matcher = st.builds(Matcher, st.sampled_from("xyz"), st.sampled_from(["=", "!="]), _value) | st.builds(
    Matcher, st.sampled_from("xyz"), st.sampled_from(["=~", "!~"]), st.sampled_from(["", "a|b", "a?", ".+", ".*", "z"])
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_series, max_size=12), st.lists(_matcher, max_size=3), st.lists(_series, max_size=4))
def test_a_search_finds_what_testing_each_series_finds(
    series: list[Labels], matchers: list[Matcher], later: list[Labels]
) -> None:
    index = Index()
    known: list[Labels] = []
    for batch in (series, later):
        for of in batch:
            assert index.add(of) == len(known)
            known.append(of)
        expected = [number for number, of in enumerate(known) if all(m.matches(get(of, m.name)) for m in matchers)]
        for _ in range(2):
            assert index.find(tuple(matchers)).tolist() == expected


def test_names_and_values_are_those_of_the_series() -> None:
    index = Index()
    index.add(labels({"a": "1", "b": "2"}))
    index.add(labels({"a": "3"}))
    assert index.names() == ["a", "b"]
    assert index.values("a") == ["1", "3"]
    assert index.values("c") == []
