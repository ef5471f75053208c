"""Mistakes that are put in on purpose are found, at the declaration or in the file where each was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from examples.shop.watched import stack
from tests.check.seeded import file_recall, recall

if TYPE_CHECKING:
    from tests.check.seeded.recall import Recall

LEAST = 0.95


def report(found: Recall) -> str:
    missed = [f"missed: {one.operator}, {getattr(one, 'what', '') or getattr(one, 'path', '')}" for one in found.missed]
    return "\n".join([*recall.rows(found), *missed])


def test_of_every_thirtieth_mistake_in_the_packs_nineteen_of_twenty_are_found() -> None:
    found = recall.measure(stack, every=30)
    assert len(found.made) > 30
    assert found.found.total() >= LEAST * found.made.total(), report(found)


def test_of_every_thirtieth_mistake_in_routes_and_dashboards_nineteen_of_twenty_are_found() -> None:
    found = file_recall.measure(stack, every=30)
    assert len(found.made) > 20
    assert found.found.total() >= LEAST * found.made.total(), report(found)


@pytest.mark.proof
def test_of_each_kind_of_mistake_in_the_packs_nineteen_of_twenty_are_found() -> None:
    found = recall.measure(stack)
    print(report(found))  # noqa: T201 - the table for the documentation
    assert all(found.share(operator) >= LEAST for operator in found.made), report(found)


@pytest.mark.proof
def test_of_each_kind_of_mistake_in_routes_and_dashboards_nineteen_of_twenty_are_found() -> None:
    found = file_recall.measure(stack)
    print(report(found))  # noqa: T201 - the table for the documentation
    assert all(found.share(operator) >= LEAST for operator in found.made), report(found)
