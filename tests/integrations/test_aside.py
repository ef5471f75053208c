"""What takes long to read is read beside the scrape: one at a time, when it is too old, and while it is wanted."""

from __future__ import annotations

import threading

from vedette.instruments import clock
from vedette.instruments.metrics import DEFAULT
from vedette.integrations.aside import read_aside


def _end(name):
    for thread in threading.enumerate():
        if thread.name == f"vedette: {name}":
            thread.join(30)


def test_it_is_read_when_it_is_too_old_and_wanted_and_never_twice_at_once():
    now, wanted, gate, read = [0.0], [True], threading.Event(), []

    def slowly():
        read.append(now[0])
        gate.wait(30)

    with clock.replaced(lambda: now[0]):
        read_aside(slowly, "a slow thing", every=lambda: 60.0, wanted=lambda: wanted[0])
        DEFAULT.refresh()
        now[0] = 100.0
        DEFAULT.refresh()  # the first is still being read, and nobody waits for it
        gate.set()
        _end("a slow thing")
        assert read == [0.0]
        DEFAULT.refresh()
        _end("a slow thing")
        now[0] = 159.0
        DEFAULT.refresh()
        _end("a slow thing")
        assert read == [0.0, 100.0]
        now[0], wanted[0] = 300.0, False
        DEFAULT.refresh()
        _end("a slow thing")
        assert read == [0.0, 100.0]


def test_what_it_raises_is_logged_once_and_reaches_nobody(caplog):
    wanted = [True]
    read_aside(lambda: 1 / 0, "a broken thing", every=lambda: 0.0, wanted=lambda: wanted[0])
    for _ in range(2):
        DEFAULT.refresh()
        _end("a broken thing")
    wanted[0] = False
    assert caplog.text.count("a broken thing cannot be read: ZeroDivisionError") == 1
