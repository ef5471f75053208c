"""Scores: every number comes from the graph, and what nobody knows does not count."""

from __future__ import annotations

import pytest
from tests.check.graph_stacks import declared, pack, stack

from vedette.catalog import Alert, Pack, Runbook, Service
from vedette.check.graph.score import scores


def of(packs, **known):
    _, graph = declared(services=[Service("north", ["n:80"], packs)], notify=known.pop("notify", stack().notify))
    return {(one.kind, one.name): one for one in scores(graph, "town", **known)}


@pytest.fixture(scope="module")
def bakery():
    return of([pack()])["pack", "bakery"]


def share(score, criterion):
    found = score.shares[criterion]
    return found and (found.have, found.of)


def test_shares_count_what_the_graph_has(bakery):
    assert share(bakery, "declared") == (8, 8)  # four metrics, two recorded series, up and ALERTS
    assert share(bakery, "panel") == (3, 4)
    assert share(bakery, "alerted") == (3, 4)
    assert share(bakery, "runbook") == (1, 3)
    assert bakery.shares["panel"].missing == ("bakery_unseen",)


def test_what_nobody_knows_is_unknown_and_not_nothing(bakery):
    assert share(bakery, "live") is share(bakery, "tested") is share(bakery, "slo") is None


def test_the_next_level_says_what_is_missing(bakery):
    assert (bakery.level, bakery.next) == (1, "show on a panel bakery_unseen")


def complete():
    alerts = [
        Alert(one.name, one.expr, severity=one.severity, summary=one.summary, runbook=Runbook(impact="Bad."))
        for one in pack().alerts
    ]
    return pack(metrics=pack().metrics[:3], alerts=alerts)


def test_with_everything_that_can_be_known_it_is_explained_and_not_yet_proven():
    score = of([complete()])["pack", "bakery"]
    assert (score.level, score.next) == (4, "test the alerts and set objectives")


def test_tests_and_objectives_make_it_proven():
    tested = {one.name for one in pack().alerts}
    score = of([complete()], tested=tested, objectives={"bakery": ["fresh bread"]})["pack", "bakery"]
    assert (score.level, score.next) == (5, "")
    score = of([complete()], tested=tested - {"NoRye"}, objectives={"bakery": ["fresh bread"]})["pack", "bakery"]
    assert (score.level, score.next) == (4, "test NoRye")


def test_what_is_not_exposed_keeps_it_from_the_first_level():
    exported = {"bakery_loaves_total", "bakery_oven_celsius"}
    score = of([complete()], exported=exported)["pack", "bakery"]
    assert share(score, "live") == (2, 3)
    assert (score.level, score.next) == (0, "expose bakery_wait_seconds")


def test_alerts_that_tell_nobody_do_not_count_as_alerted():
    score = of([complete()], notify=[])["pack", "bakery"]
    assert (score.level, score.next) == (2, "tell somebody of NoRye, OvenCold, LongWait")


def test_a_pack_without_alerts_is_told_to_write_one():
    quiet = Pack("quiet", metrics=pack().metrics[:1])
    score = of([quiet])["pack", "quiet"]
    assert share(score, "runbook") is None
    assert (score.level, score.next) == (2, "write an alert")


def test_a_service_and_the_stack_are_as_far_as_their_packs_together():
    both = of([complete(), Pack("quiet", metrics=[pack().metrics[3]])])
    assert share(both["service", "north"], "alerted") == (3, 4)
    assert both["service", "north"].level == both["stack", "town"].level == 4
