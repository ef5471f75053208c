"""What holds for every test."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

# No test is timed: the machine may be busy.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def _detach_all() -> None:
    attached = sys.modules.get("vedette.integrations.attached")
    if attached is not None:
        for name in attached.states():
            attached.detach(name)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    """An application that a file of tests imports instruments libraries; the next file finds them as they are."""
    try:
        return (yield)
    finally:
        _detach_all()


@pytest.fixture(autouse=True, scope="module")
def _libraries_are_left_as_they_were() -> Iterator[None]:
    """What the tests of a file have instrumented is not instrumented in those of the next."""
    yield
    _detach_all()
