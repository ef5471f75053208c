"""Every test of the instruments starts lenient and with nothing told, whatever ran before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vedette.instruments import guard
from vedette.instruments.metrics import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator


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
