"""A process knows since when it counts."""

from __future__ import annotations

import time

import psutil

from vedette.instruments import clock
from vedette.instruments.metrics.push import started as module
from vedette.instruments.metrics.push.started import started
from vedette.instruments.metrics.supervisor import Process, owner


def test_it_is_when_the_process_began_that_the_values_belong_to():
    assert abs(started() - psutil.Process(owner().pid).create_time()) < 2


def test_where_the_system_does_not_tell_it_is_when_this_was_loaded(monkeypatch):
    monkeypatch.setattr(module, "owner", lambda: Process(1, 0))
    assert psutil.Process().create_time() - 1 < started() <= time.time()


def test_it_is_never_before_time_began():
    with clock.replaced(lambda: 0.5):
        assert started() == 0.0
