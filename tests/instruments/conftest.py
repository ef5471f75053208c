"""Every test of the instruments starts lenient and with nothing told, whatever ran before it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from vedette.instruments import guard
from vedette.instruments.metrics import Registry


@pytest.fixture(autouse=True)
def lenient() -> Iterator[None]:
    before = guard.set_strict(False)
    guard.forget()
    yield
    guard.set_strict(before)
    guard.forget()


@pytest.fixture
def registry() -> Registry:
    return Registry()
