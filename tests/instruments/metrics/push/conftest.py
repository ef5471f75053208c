"""A registry with a metric of each kind, a server to push to, and pauses that are not waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.instruments.metrics.push.shop import fill
from tests.instruments.metrics.push.sink import Sink

from vedette.instruments.metrics.push import endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture
def pauses(monkeypatch) -> list[float]:
    """The pauses between attempts."""
    found: list[float] = []

    class Time:
        sleep = staticmethod(found.append)
        time = staticmethod(endpoint.time.time)
        monotonic = staticmethod(endpoint.time.monotonic)

    monkeypatch.setattr(endpoint, "time", Time)
    return found


@pytest.fixture
def shop(registry):
    return fill(registry)
