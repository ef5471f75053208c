"""The instruments' clock can be replaced, and comes back."""

from __future__ import annotations

import time

import pytest

from vedette.instruments import clock
from vedette.instruments.metrics import Histogram


def test_within_the_block_both_clocks_are_the_given_one_and_afterwards_the_real_ones_again():
    with clock.replaced(lambda: 7.0):
        assert (clock.now(), clock.perf()) == (7.0, 7.0)
    assert clock.now is time.time
    assert clock.perf is time.perf_counter


def test_durations_can_have_a_clock_of_their_own():
    with clock.replaced(lambda: 7.0, perf=lambda: 1.0):
        assert (clock.now(), clock.perf()) == (7.0, 1.0)


def test_the_clock_comes_back_after_an_exception():
    with pytest.raises(KeyError), clock.replaced(lambda: 7.0):
        raise KeyError
    assert clock.now is time.time


def test_a_timer_reads_the_replaced_clock(registry):
    histogram = Histogram("job_duration_seconds", "How long.", registry=registry)
    ticks = iter([10.0, 12.5])
    with clock.replaced(lambda: next(ticks)), histogram.time():
        pass
    assert histogram.labels().read()[1] == 2.5
