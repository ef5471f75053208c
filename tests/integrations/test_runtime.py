"""The runtime tells how long the garbage collector stopped it and what nobody caught; hooks of others are called."""

from __future__ import annotations

import contextlib
import gc
import subprocess
import sys
import threading

import pytest
from tests.integrations.broken import broken
from tests.integrations.client import values

from vedette.instruments import clock, guard
from vedette.instruments.metrics.exposition import text
from vedette.integrations import attached, unhandled
from vedette.packs.runtime import gc_pause, unhandled_exceptions


@pytest.fixture
def told(monkeypatch):
    """What the application's own hooks hear; they were set before ours."""
    attached.detach("runtime")
    heard = []
    monkeypatch.setattr(threading, "excepthook", lambda told: heard.append(("thread", told.exc_type)))
    monkeypatch.setattr(sys, "unraisablehook", lambda told: heard.append(("unraisable", told.exc_type)))
    monkeypatch.setattr(sys, "excepthook", lambda *told: heard.append(("main", told[0])))
    attached.attach("runtime")
    yield heard
    attached.detach("runtime")


def in_a_thread(error):
    def work():
        raise error

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


class Bad:
    def __del__(self):
        raise KeyError("in a finalizer")


def test_a_run_of_the_garbage_collector_is_timed_by_generation(told):
    gc.collect()
    before = values(gc_pause)
    times = iter([10.0, 10.25, 20.0, 20.5])
    gc.disable()
    try:
        with clock.replaced(lambda: next(times)):
            gc.collect(2)
            gc.collect(0)
    finally:
        gc.enable()
    after = gc_pause.series()
    assert sum(after["2",][0]) == before["2",] + 1
    assert after["2",][0][8] >= 1  # up to 0.25 s
    assert after["0",][0][9] >= 1  # up to 0.5 s


def test_an_exception_that_ends_a_thread_is_counted_and_told(told):
    in_a_thread(ValueError("x"))
    assert values(unhandled_exceptions) == {("thread", "ValueError"): 1}
    assert told == [("thread", ValueError)]


def test_one_that_ends_in_a_finalizer_is_counted_before_a_scrape_and_told(told):
    Bad()
    gc.collect()
    assert told == [("unraisable", KeyError)]
    assert 'python_unhandled_exceptions_total{source="unraisable",exception_type="KeyError"} 1' in text().decode()


def test_one_that_ends_the_program_is_counted_and_told(told):
    sys.excepthook(ValueError, ValueError("x"), None)
    assert values(unhandled_exceptions) == {("main", "ValueError"): 1}
    assert told == [("main", ValueError)]


def test_an_interrupt_and_an_exit_are_no_exceptions(told):
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    in_a_thread(SystemExit())
    assert values(unhandled_exceptions) == {}


def test_a_program_that_ends_with_an_exception_says_so_as_ever():
    code = "from vedette.integrations import attached\nattached.attach('runtime')\n{}['price']"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1] == "KeyError: 'price'"
    assert "vedette" not in ran.stderr


def test_a_hook_that_is_set_later_can_call_ours(told):
    ours = threading.excepthook
    later = []

    def theirs(args):
        later.append(args.exc_type)
        ours(args)

    threading.excepthook = theirs
    in_a_thread(ValueError("x"))
    attached.detach("runtime")
    assert threading.excepthook is theirs
    in_a_thread(ValueError("x"))
    assert values(unhandled_exceptions) == {("thread", "ValueError"): 1}
    assert (later, told) == ([ValueError] * 2, [("thread", ValueError)] * 2)


def test_a_failing_instrument_leaves_the_hooks_as_they_are(told, caplog):
    with broken(unhandled):
        in_a_thread(ValueError("x"))
        sys.excepthook(ValueError, ValueError("x"), None)
        Bad()
        gc.collect()
        text()
    assert [source for source, _ in told] == ["thread", "main", "unraisable"]
    assert guard.failures()["counting an unhandled exception"] >= 3
    assert caplog.text.count("counting an unhandled exception failed and was skipped") == 1


def test_attaching_twice_counts_once_and_detaching_puts_every_hook_back(told):
    attached.attach("runtime")
    in_a_thread(ValueError("x"))
    assert values(unhandled_exceptions) == {("thread", "ValueError"): 1}
    callbacks = list(gc.callbacks)
    attached.detach("runtime")
    assert len(gc.callbacks) == len(callbacks) - 1
    for hook in (sys.excepthook, sys.unraisablehook, threading.excepthook):
        assert "test_runtime" in hook.__code__.co_filename
    with contextlib.suppress(ValueError):
        attached.attach("runtime")
    assert len(gc.callbacks) == len(callbacks)
