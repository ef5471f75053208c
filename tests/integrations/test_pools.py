"""Pools are told by name: how many names there may be, who has one, and what ends with whom."""

from __future__ import annotations

import gc

import pytest
from tests.integrations.client import values

from vedette.instruments import clock
from vedette.instruments.metrics import OVERFLOW
from vedette.integrations import operations, pools
from vedette.integrations.pools import Reading, WatchedPool
from vedette.packs.database import (
    connections,
    connections_lost,
    connections_max,
    connections_overdue,
    pending_requests,
    timeouts,
    use_time,
    wait_time,
)


class Connection:
    """Something that is lent."""


def pool(name: str, *, alone: bool = False) -> WatchedPool:
    return WatchedPool(name, "postgresql", lambda: Reading(1, 2, 3), alone=alone)


def test_pools_of_one_name_are_told_together_and_each_while_it_lives():
    one, two = pool("shop"), pool("shop")
    assert values(connections) == {("shop", "idle"): 2, ("shop", "used"): 4}
    del one
    gc.collect()
    assert values(connections_max) == {("shop",): 3}
    two.end()
    assert values(connections) == values(connections_max) == values(connections_overdue) == {}


def test_a_name_that_is_given_belongs_to_the_last_one():
    first = pool("shop", alone=True)
    second = pool("shop", alone=True)
    assert values(connections_max) == {("shop",): 3}
    del first
    gc.collect()
    assert values(connections_max) == {("shop",): 3}
    second.rename("orders")
    assert values(connections_max) == {("orders",): 3}
    assert values(timeouts) == values(connections_lost) == values(pending_requests) == {("orders",): 0}


def test_one_that_cannot_tell_itself_any_more_counts_for_nothing():
    gone = WatchedPool("gone", "postgresql", lambda: None)
    assert values(connections) == {("gone", "idle"): 0, ("gone", "used"): 0}
    never = WatchedPool("never", "postgresql", None)
    assert {name for name, _ in values(connections)} == {"gone"}
    assert values(timeouts) == {(gone.name,): 0, (never.name,): 0}


def test_a_hundred_names_are_told_and_the_rest_together():
    many = [pool(f"tenant-{number}") for number in range(105)]
    told = values(connections_max)
    assert len(told) == 101
    assert told[OVERFLOW,] == 3 * 5
    assert many[0].name == "tenant-0"
    del many
    gc.collect()
    again = pool("tenant-104")
    assert values(connections_max) == {(again.name,): 3}


def test_what_is_lent_is_timed_and_what_is_dropped_is_lost():
    time = [10.0]
    lender = pool("shop")
    with clock.replaced(lambda: time[0]):
        kept, dropped, given_away = Connection(), Connection(), Connection()
        for one in (kept, dropped, given_away):
            lender.lend(one, 8.0, one)
        time[0] += 400
        assert values(connections_overdue) == {("shop",): 3}
        lender.take_back(kept)
        lender.take_back(kept)  # twice is once
        lender.forget(given_away)
        del dropped, given_away
        gc.collect()
    assert values(connections_overdue) == {("shop",): 0}
    assert values(connections_lost) == {("shop",): 1}
    assert (wait_time.labels("shop").read()[1], use_time.labels("shop").read()[1]) == (6, 400)
    assert values(use_time) == {("shop",): 1}


def test_the_limit_of_a_leak_is_a_duration():
    with pytest.raises(ValueError, match="soon"):
        pools.leaks_after("soon")


def test_what_is_covered_is_left_alone_until_it_is_uncovered_or_gone():
    one, two = Connection(), Connection()
    operations.cover(one, "orm")
    operations.cover(two, "framework")
    operations.cover(1, "orm")  # nothing that a library below could measure
    assert [operations.is_covered(connection) for connection in (one, two, Connection(), 1)] == [
        True,
        True,
        False,
        False,
    ]
    operations.uncover("orm")
    assert [operations.is_covered(connection) for connection in (one, two)] == [False, True]
    identity = id(two)
    del two
    gc.collect()
    assert identity not in operations.covered
