"""Every event is counted once: the recorded counts are those of a plain loop over the samples."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.build.slo.judged import availability, stack

from vedette.build import build
from vedette.engine.rules import Rules
from vedette.engine.tsdb.head import Head
from vedette.formats import rules
from vedette.promql.evaluate import instant
from vedette.promql.labels import labels
from vedette.promql.source import STALE_NAN

SCRAPE = 15_000
START = 1_700_000_000_000
BACK = 5 * 60_000
BUDGET = 0.001

GROUPS = rules.read(build(stack(availability()))["prometheus/rules/app.yml"], "app.yml").groups


@dataclass(frozen=True)
class Process:
    """One target: what its two counters do at each scrape. None is a scrape that fails."""

    phase: int
    scrapes: tuple[tuple[int | None, int | None] | None, ...]
    """The values of code 200 and 500; None where the process has no such series yet."""


@st.composite
def processes(draw):
    """Traffic: idle, bursts, restarts, failing scrapes, series that come late."""
    scrapes = []
    values = [draw(st.sampled_from([0, 3, 10**9])), draw(st.sampled_from([None, 0, 7]))]
    for _ in range(draw(st.integers(1, 12))):
        what = draw(st.sampled_from(["idle", "steady", "burst", "restart", "gap", "outage", "first error"]))
        length = draw(st.integers(1, 40))
        if what == "idle":
            scrapes += [tuple(values)] * length
        elif what in ("steady", "burst"):
            ok, failed = draw(st.integers(0, 5000 if what == "burst" else 20)), draw(st.integers(0, 5))
            for _ in range(1 if what == "burst" else length):
                values[0] += ok
                if values[1] is not None:
                    values[1] += failed
                scrapes.append(tuple(values))
        elif what == "restart":
            values = [draw(st.integers(0, 30)), draw(st.sampled_from([None, 0, 2]))]
            scrapes.append(tuple(values))
        elif what == "gap":
            scrapes += [None] * draw(st.integers(1, 22))
            values[0] += 17
        elif what == "outage":
            scrapes += [None] * draw(st.integers(32, 50))
        else:
            values[1] = 1 if values[1] is None else values[1] + 1
            scrapes.append(tuple(values))
    scrapes += [tuple(values)] * 12  # what is under way is counted by then
    return Process(draw(st.integers(1, SCRAPE - 1)), tuple(scrapes))


def by_hand(process: Process, index: int) -> int:
    """What one counter grew by, sample after sample."""
    counted, seen, up = 0, None, None
    for at, scrape in enumerate(process.scrapes):
        if scrape is None:
            continue
        value = scrape[index]
        recent = up is not None and (at - up) * SCRAPE <= BACK
        if value is not None:
            known = seen is not None and (at - seen[0]) * SCRAPE <= BACK
            if known:
                counted += value - seen[1] if value >= seen[1] else value
            elif recent:
                counted += value
            seen = (at, value)
        up = at
    return counted


def scraped(found: list[Process]) -> Head:
    head = Head()
    for number, process in enumerate(found):
        matrix = head.target(number)
        whose = {"job": "app", "instance": f"a:{number}"}
        up = matrix.slot(labels({"__name__": "up", **whose}))
        slots = [matrix.slot(labels({"__name__": "requests_total", **whose, "code": code})) for code in ("200", "500")]
        there: set[int] = set()
        for at, scrape in enumerate(process.scrapes):
            values = dict(zip(slots, scrape or (None, None), strict=True))
            now = {slot: float(value) for slot, value in values.items() if value is not None}
            gone = dict.fromkeys(there - now.keys(), STALE_NAN)
            row = {up: 0.0 if scrape is None else 1.0, **now, **gone}
            matrix.append(START + process.phase + at * SCRAPE, list(row), list(row.values()))
            there = set(now)
    return head


def value(head: Head, name: str, at: int) -> float | None:
    found = instant(name, head, at).values.tolist()
    assert len(found) <= 1
    return found[0] if found else None


@settings(max_examples=100, deadline=None)
@given(st.lists(processes(), min_size=1, max_size=3))
def test_events_errors_and_budget_are_those_of_a_loop_over_the_samples(found) -> None:
    head = scraped(found)
    # they end at different times; what has ended stays as it is for the five minutes that it is looked back for
    end = START + max(len(one.scrapes) for one in found) * SCRAPE + 60_000
    Rules(GROUPS, head, start=START, interval=SCRAPE).evaluate_range(START, end)
    ok, failed = (sum(by_hand(one, index) for one in found) for index in (0, 1))
    last = end // 60_000 * 60_000
    events = value(head, "slo:events:increase_window", last)
    errors = value(head, "slo:errors:increase_window", last)
    assert (events, errors) == (ok + failed, failed)
    left = value(head, "slo:budget_left:ratio", last)
    assert left == pytest.approx(1 - failed / (BUDGET * (ok + failed)) if ok + failed else 1.0, abs=1e-9, rel=1e-9)


def test_a_counter_that_begins_again_between_two_scrapes_loses_nothing_that_was_scraped() -> None:
    process = Process(1, tuple((at, 0) for at in (0, 10, 20, 3, 5, *itertools.repeat(5, 12))))
    assert by_hand(process, 0) == 10 + 10 + 3 + 2
    head = scraped([process])
    end = START + len(process.scrapes) * SCRAPE + 60_000
    Rules(GROUPS, head, start=START, interval=SCRAPE).evaluate_range(START, end)
    assert value(head, "slo:events:increase_window", end // 60_000 * 60_000) == 25


def test_the_first_error_of_a_process_that_was_watched_already_counts() -> None:
    process = Process(1, tuple((at, None if at < 20 else 1) for at in range(40)))
    head = scraped([process])
    end = START + len(process.scrapes) * SCRAPE
    Rules(GROUPS, head, start=START, interval=SCRAPE).evaluate_range(START, end)
    assert value(head, "slo:errors:increase_window", end // 60_000 * 60_000) == 1
