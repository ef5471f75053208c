"""Every test of a domain starts strict and with metrics that have no series."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vedette.instruments import guard
from vedette.instruments.metrics import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    before = guard.set_strict(True)
    guard.forget()
    DEFAULT.clear()
    yield
    DEFAULT.clear()
    guard.set_strict(before)
