"""The pytest plugin. It loads pytest and the standard library alone; a fixture loads what it needs of Vedette."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

__all__ = ["vedette_metrics"]


@pytest.fixture
def vedette_metrics() -> Iterator[ModuleType]:
    """The metrics of this process, with no series at the test's start, and strict: a label value not declared raises.

    It has ``sample(name, **labels)``, ``samples(name)``, ``assert_increments(name, by=1, **labels)`` and ``reset()`` of
    `vedette.testing`.
    """
    from vedette.instruments import guard  # noqa: PLC0415 - the plugin costs a test run nothing that does not use it
    from vedette.testing import metrics  # noqa: PLC0415 - the same

    before = guard.set_strict(True)
    metrics.reset()
    yield metrics
    metrics.reset()
    guard.set_strict(before)
