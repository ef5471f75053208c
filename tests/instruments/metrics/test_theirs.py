"""Our classes take what those of prometheus_client take, where it means the same."""

from __future__ import annotations

import asyncio

import pytest

from vedette.errors import DeclarationError
from vedette.instruments import clock
from vedette.instruments.metrics import Counter, Gauge, Histogram, Info, StateSet, Summary

CLASSES = [
    (Counter, "a_total", {}),
    (Gauge, "a", {}),
    (Histogram, "a", {"buckets": [1, "2.5", float("inf")]}),
    (Summary, "a", {}),
    (StateSet, "a", {"states": ["on", "off"]}),
    (Info, "a_info", {}),
]


@pytest.mark.parametrize(("kind", "name", "more"), CLASSES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_declaration_of_theirs_is_one_of_ours(registry, kind, name, more):
    by_place = kind(f"x_{name}", "Help.", ["b"], registry=registry, **more)
    by_name = kind(
        name, documentation="Help.", labelnames=("b",), namespace="n", subsystem="s", registry=registry, **more
    )
    assert (by_place.help, by_place.label_names) == (by_name.help, by_name.label_names) == ("Help.", ("b",))
    assert by_name.name == f"n_s_{name}"


def test_an_info_says_beforehand_which_facts_it_tells(registry):
    with pytest.raises(DeclarationError, match=r"a_info names no facts; list their names, e.g. labels=\['version'\]"):
        Info("a_info", "A.", registry=registry)
    build = Info("b_info", "B.", ["version", "branch"], registry=registry)
    build.info({"branch": "main", "version": "1"})
    build.info({"branch": "main", "version": "2"})
    assert list(build.series()) == [("2", "main")]
    with pytest.raises(TypeError, match="b_info has no label 'commit'; its labels: version, branch"):
        build.info({"branch": "main", "version": "2", "commit": "x"})


def test_exceptions_are_counted(registry):
    errors = Counter("a_total", "A.", ["kind"], registry=registry)

    @errors.count_exceptions((KeyError, OSError), kind="bad")
    def fail(error):
        raise error

    for error in (KeyError(), OSError(), ValueError()):
        with pytest.raises(type(error)):
            fail(error)
    with pytest.raises(ValueError, match="any"), errors.count_exceptions(Exception, "any"):
        raise ValueError("any")
    plain = Counter("b_total", "B.", registry=registry)
    with pytest.raises(ValueError, match="any"), plain.count_exceptions():
        raise ValueError("any")
    assert errors.series() == {("bad",): 2, ("any",): 1}
    assert plain.series() == {(): 1}


def test_what_is_in_progress_is_tracked(registry):
    running = Gauge("a", "A.", ["x"], registry=registry)
    with running.track_inprogress("1"), running.track_inprogress(x="1"):
        assert running.series() == {("1",): 2}
    assert running.series() == {("1",): 0}


def test_a_gauge_tells_how_long_it_took_the_last_time(registry):
    last = Gauge("a_seconds", "A.", ["x"], registry=registry)
    now = 100.0
    with clock.replaced(lambda: now):

        @last.time("plain")
        def plain(seconds):
            nonlocal now
            now += seconds
            if seconds > 5:
                raise ValueError("too long")
            return seconds

        @last.time(x="async")
        async def coroutine(seconds):
            await asyncio.sleep(0)
            return plain(seconds)

        assert plain(3) == plain.__wrapped__(2) + 1
        assert asyncio.run(coroutine(4)) == 4
        with last.time("block"), last.time("inner"):
            plain(1)
        with pytest.raises(ValueError, match="too long"):
            plain(7)
        now = 0.0
        with last.time("back"):
            now = -1.0
    assert last.series() == {("plain",): 7, ("async",): 4, ("block",): 1, ("inner",): 1, ("back",): 0}


def test_a_state_is_set(registry):
    door = StateSet("a", "A.", ["x"], states=["open", "shut"], registry=registry)
    door.state("open", "1")
    door.state("shut", x="2")
    door.labels("3").state("open")
    assert door.series() == {("1",): {"open"}, ("2",): {"shut"}, ("3",): {"open"}}
