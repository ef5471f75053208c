"""What is claimed of matchers is proven: tried on every alert of a small world."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.check.matching import Scope, Values, listed
from vedette.promql.labels import Matcher
from vedette.promql.regex import compile_anchored

VALUES = ["", "x", "y", "z", "xy", "other"]
NAMES = ["a", "b"]
LISTED = ["x", "x|y", "^(?:x|y)$", "(x|)", "x?y", "[xyz]", "x(y|z)?", "", "z\\.", "^x$"]
OPEN = [".*", ".+", "x.*", "[^x]", "x+", "(?i)X", "^x|y$"]
MATCHERS = st.builds(
    Matcher, st.sampled_from(NAMES), st.sampled_from(["=", "!="]), st.sampled_from(VALUES)
) | st.builds(Matcher, st.sampled_from(NAMES), st.sampled_from(["=~", "!~"]), st.sampled_from(LISTED))
ANY_MATCHERS = MATCHERS | st.builds(
    Matcher, st.sampled_from(NAMES), st.sampled_from(["=~", "!~"]), st.sampled_from(OPEN)
)
WORLD = [dict(zip(NAMES, values, strict=True)) for values in itertools.product(VALUES, repeat=len(NAMES))]


def fits(alert, matchers):
    return all(matcher.matches(alert[matcher.name]) for matcher in matchers)


@settings(deadline=None, max_examples=400)
@given(st.lists(ANY_MATCHERS, max_size=4), st.lists(st.lists(ANY_MATCHERS, max_size=3), max_size=3))
def test_what_is_claimed_holds(own, others):
    scope = Scope().narrowed(own)
    inside = [alert for alert in WORLD if fits(alert, own)]
    if scope.clash:
        assert not inside
    if scope.covered(others):
        assert all(any(fits(alert, other) for other in others) for alert in inside)
    for other in others:
        if scope.satisfies(other):
            assert all(fits(alert, other) for alert in inside)
    for alert in inside:
        assert all(scope.get(name).allows(alert[name]) for name in NAMES)


@settings(deadline=None, max_examples=400)
@given(st.lists(MATCHERS, max_size=4), st.lists(st.lists(MATCHERS, max_size=3), max_size=3))
def test_where_texts_can_be_listed_nothing_is_missed(own, others):
    scope = Scope().narrowed(own)
    # z. and the like are outside of the world: they need an alert of their own
    world = [*WORLD, *({"a": a, "b": b} for a in ("z.", "xz", "?") for b in (*VALUES, "z.", "xz", "?"))]
    world += [{"a": a, "b": b} for a in VALUES for b in ("z.", "xz", "?")]
    inside = [alert for alert in world if fits(alert, own)]
    assert bool(scope.clash) == (not inside)
    assert scope.covered(others) == all(any(fits(alert, other) for other in others) for alert in inside)


@settings(deadline=None, max_examples=200)
@given(st.lists(ANY_MATCHERS, max_size=3), st.lists(ANY_MATCHERS, max_size=3))
def test_two_scopes_together_are_as_all_their_matchers(one, other):
    both = Scope().narrowed(one).and_(Scope().narrowed(other))
    for alert in WORLD:
        if fits(alert, [*one, *other]):
            assert all(both.get(name).allows(alert[name]) for name in NAMES)


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("a|b", {"a", "b"}),
        ("^(?:a|b)$", {"a", "b"}),
        ("^(?:(a)|(b))$", {"a", "b"}),
        ("^(?:^(a|b)$)$", {"a", "b"}),
        ("^(?:^(a|b)c$)$", None),
        ("web-(1|2)x?", {"web-1", "web-2", "web-1x", "web-2x"}),
        (r"a\.b\|c", {"a.b|c"}),
        ("[ab]c", {"ac", "bc"}),
        ("a|", {"a", ""}),
        ("", {""}),
        ("^a$", {"a"}),
        ("a.b", None),
        ("a*", None),
        ("(?i)a", None),
        (r"\d", None),
        ("[a-c]", None),
        ("[^a]", None),
        ("a{2}", None),
        ("^a|b$", None),
        ("(?:a|b)(?:" + "|".join("c" * n for n in range(600)) + ")", None),
        ("(" * 5000 + "a" + ")" * 5000, None),
    ],
)
def test_the_texts_of_an_expression_are_listed_where_that_can_be(pattern, texts):
    assert listed(pattern) == (None if texts is None else frozenset(texts))


@given(st.text(alphabet="ab|()?[]\\.^$-", max_size=8))
def test_what_is_listed_matches(pattern):
    try:
        matches = compile_anchored(pattern).fullmatch
    except ValueError:
        return
    texts = listed(pattern)
    if texts is not None:
        assert all(matches(text) for text in texts)
        tried = ("".join(one) for size in range(5) for one in itertools.product("ab.-", repeat=size))
        assert {text for text in tried if matches(text)} <= texts


def test_a_proof_that_takes_too_long_is_none():
    many = [[Matcher(f"l{n}", "=", "x"), Matcher(f"m{n}", "=", "x")] for n in range(40)]
    assert not Scope().covered(many)


def test_values_that_contradict_each_other_are_none():
    assert Values().narrowed(Matcher("a", "=~", "x.*")).narrowed(Matcher("a", "!~", "x.*")).none
    assert not Values().narrowed(Matcher("a", "=~", "x.*")).narrowed(Matcher("a", "!~", "y.*")).none
