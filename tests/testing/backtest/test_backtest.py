"""What a backtest finds, whatever the chunks it reads in."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.testing.backtest.memory import DAY, MINUTE, Memory, gauge

from vedette.errors import ConfigError
from vedette.formats import rules
from vedette.promql.labels import labels
from vedette.testing.backtest import Candidate, Episode, backtest
from vedette.testing.backtest.needs import needs, warmup
from vedette.testing.backtest.store import Store

RULES = """
groups:
  - name: g
    rules:
      - {record: "job:load:mean", expr: avg by (job) (load)}
      - {alert: High, expr: "load > 5", for: 3m}
      - {alert: MeanHigh, expr: "job:load:mean > 5", keep_firing_for: 4m}
      - {alert: Jumped, expr: "load - load offset 20m > 4"}
      - {alert: MeanJumped, expr: "job:load:mean - job:load:mean offset 20m > 4", for: 1m}
      - {alert: Gone, expr: "absent(load)"}
"""


def candidate(text: str = RULES, name: str = "now", **given_: bool) -> Candidate:
    return Candidate(name, rules.read(text, "rules.yml").groups, **given_)


def minutes(episode: Episode) -> tuple[object, ...]:
    ends = (episode.active_at, episode.fired_at, episode.ended_at)
    return (episode.alert, *(None if at is None else at // MINUTE for at in ends))


def found(series, text: str = RULES, *, end: int = 59, start: int = 0, **options):
    (history,) = backtest(Memory(series), [candidate(text)], start=start * MINUTE, end=end * MINUTE, **options)
    assert not history.problems
    return [minutes(one) for one in history.episodes]


def test_an_alert_is_pending_then_fires_then_is_over():
    load = gauge("load", [1] * 10 + [9] * 10 + [1] * 40, job="a")
    text = "groups: [{name: g, rules: [{alert: High, expr: load > 5, for: 3m}]}]"
    assert found(load, text) == [("High", 10, 13, 20)]


def test_what_is_over_before_its_for_never_fired_and_what_lasts_has_no_end():
    load = gauge("load", [9] * 2 + [1] * 40 + [9] * 18, job="a")
    text = "groups: [{name: g, rules: [{alert: High, expr: load > 5, for: 3m}]}]"
    assert found(load, text) == [("High", 0, None, 2), ("High", 42, 45, None)]


def test_it_stays_for_keep_firing_for():
    load = gauge("load", [1] * 10 + [9] * 5 + [1] * 45, job="a")
    text = "groups: [{name: g, rules: [{alert: High, expr: load > 5, keep_firing_for: 4m}]}]"
    assert found(load, text) == [("High", 10, 10, 19)]


def test_what_was_pending_at_the_start_is_known():
    load = gauge("load", [1] * 10 + [9] * 50, job="a")
    text = "groups: [{name: g, rules: [{alert: High, expr: load > 5, for: 15m}]}]"
    assert found(load, text, start=20) == [("High", 10, 25, None)]
    assert found(load, text, start=20, warm=0) == [("High", 20, 35, None)]


def test_recordings_begin_as_early_as_they_are_read():
    load = gauge("load", [1] * 30 + [9] * 30, job="a")
    assert warmup(candidate().groups) == 20 * MINUTE + 5 * MINUTE + MINUTE
    assert ("MeanJumped", 30, 31, 50) in found(load, start=35)


@settings(max_examples=40)
@given(
    st.lists(st.lists(st.sampled_from([1.0, 4.0, 7.0, 12.0, None]), min_size=90, max_size=90), min_size=1, max_size=3),
    st.integers(1, 100),
    st.integers(0, 30),
)
def test_the_length_of_chunks_does_not_matter(rows, chunk, start):
    series = {}
    for number, row in enumerate(rows):
        times = np.array([at * MINUTE for at, value in enumerate(row) if value is not None], np.int64)
        held = np.array([value for value in row if value is not None])
        if len(times):
            series[labels({"__name__": "load", "job": "ab"[number % 2], "instance": str(number)})] = times, held
    whole = found(series, end=89, start=start, chunk=DAY)
    assert found(series, end=89, start=start, chunk=chunk * MINUTE) == whole


def test_no_sample_is_asked_for_twice_and_none_that_no_rule_reads():
    memory = Memory(gauge("load", [1] * 300, job="a") | gauge("other", [1] * 300, job="a"))
    (history,) = backtest(memory, [candidate()], start=100 * MINUTE, end=299 * MINUTE, chunk=50 * MINUTE)
    spans = sorted(memory.asked)
    assert all(before[1] == after[0] for before, after in pairwise(spans))
    assert history.series == 1
    assert {matcher.value for need in needs(candidate().groups) for matcher in need.matchers} == {"load"}


def test_candidates_are_judged_on_the_same_samples():
    memory = Memory(gauge("load", [1] * 10 + [6] * 10 + [9] * 40, job="a"))
    one = candidate("groups: [{name: g, rules: [{alert: High, expr: load > 5}]}]")
    two = candidate("groups: [{name: g, rules: [{alert: High, expr: load > 8}]}]", "two")
    first, second = backtest(memory, [one, two], start=0, end=59 * MINUTE)
    assert [minutes(item) for item in first.episodes] == [("High", 10, 10, None)]
    assert [minutes(item) for item in second.episodes] == [("High", 20, 20, None)]
    assert len(memory.asked) == 1


def test_recorded_series_are_evaluated_or_taken_as_they_are():
    text = """
    groups: [{name: g, rules: [{record: "job:load:mean", expr: avg by (job) (load)},
                               {alert: High, expr: "job:load:mean > 5"}]}]
    """
    series = gauge("load", [1] * 60, job="a") | gauge("job:load:mean", [9] * 60, job="a")
    evaluated, taken = (
        backtest(Memory(series), [candidate(text, recorded=recorded)], start=0, end=59 * MINUTE)[0].episodes
        for recorded in (False, True)
    )
    assert evaluated == ()
    assert len(taken) == 1


def test_groups_keep_their_own_intervals_and_step_overrides_them():
    load = gauge("load", [9] * 120, job="a")
    text = """
    groups: [{name: one, interval: 5m, rules: [{alert: Five, expr: load > 5, for: 7m}]},
             {name: two, interval: 1m, rules: [{alert: One, expr: load > 5, for: 7m}]}]
    """
    lasted = {name: fired - active for name, active, fired, _ in found(load, text, warm=0)}
    assert lasted == {"Five": 10, "One": 7}
    assert {one[2] - one[1] for one in found(load, text, warm=0, step=2 * MINUTE)} == {8}


def test_what_a_rule_cannot_say_is_told():
    text = "groups: [{name: g, rules: [{alert: Odd, expr: a * on () b > 0}]}]"
    series = gauge("a", [1] * 9, job="a") | gauge("b", [1] * 9, job="a") | gauge("b", [1] * 9, job="b")
    (history,) = backtest(Memory(series), [candidate(text)], start=0, end=8 * MINUTE)
    assert history.episodes == ()
    assert history.problems[0].startswith("Odd: found duplicate series")


def test_samples_that_no_rule_looks_back_to_are_let_go():
    store, seen = Store(), []
    for at in range(0, 20_000, 500):
        store.add(gauge("load", [1.0] * 500, start=at * MINUTE, job="a"), 30 * MINUTE)
        store.forget((at + 499) * MINUTE)
        seen.append(store.samples)
    assert max(seen) <= 30 + 120  # and a chunk of the head, which is let go as a whole


def test_progress_rises_to_the_whole():
    seen = []
    memory = Memory(gauge("load", [1.0] * 600, job="a"))
    backtest(memory, [candidate()], start=0, end=599 * MINUTE, chunk=100 * MINUTE, progress=seen.append)
    assert seen == sorted(seen)
    assert len(seen) >= 6
    assert seen[-1] == 1.0


def test_a_backtest_has_a_length():
    with pytest.raises(ConfigError, match="--until must be after --since"):
        backtest(Memory({}), [candidate()], start=5, end=5)
