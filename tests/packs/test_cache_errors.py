"""What the libraries raise, and what the cache pack takes it for."""

from __future__ import annotations

from importlib import import_module

import pytest

from vedette.instruments.metrics.measure import error_type
from vedette.packs import cache
from vedette.promql.ast import VectorSelector
from vedette.promql.parser import parse
from vedette.promql.walk import walk

LIBRARIES = ("redis", "valkey")


def matches(expr, error):
    """Whether the query counts a command that failed so."""
    matchers = [
        matcher
        for node in walk(parse(expr))
        if isinstance(node, VectorSelector)
        for matcher in node.matchers
        if matcher.name == "error_type"
    ]
    assert matchers
    return all(matcher.matches(error_type(error)) for matcher in matchers)


def raised(library, *kinds):
    """One of each class of error of the library that is of one of these kinds."""
    module = import_module(f"{library}.exceptions")
    wanted = tuple(getattr(module, kind) for kind in kinds)
    classes = [one for one in vars(module).values() if isinstance(one, type) and issubclass(one, wanted)]
    assert classes
    return [one.__new__(one) for one in classes]


def recorded(name):
    (found,) = [one.expr for one in cache().recordings if one.name == name]
    return found


@pytest.mark.parametrize("library", LIBRARIES)
def test_whatever_is_raised_without_a_connection_or_an_answer_counts_as_out_of_reach(library):
    lost = recorded("job_system:cache_connection_errors:increase5m")
    assert [error for error in raised(library, "ConnectionError", "TimeoutError") if not matches(lost, error)] == []


@pytest.mark.parametrize("library", LIBRARIES)
def test_whatever_the_server_answers_counts_as_refused_and_not_as_out_of_reach(library):
    lost = recorded("job_system:cache_connection_errors:increase5m")
    refused = recorded("job_system:cache_refused_commands:ratio_rate5m")
    answers = raised(library, "ResponseError")
    assert [error for error in answers if matches(lost, error) or not matches(refused, error)] == []


@pytest.mark.parametrize("library", LIBRARIES)
def test_no_memory_is_told_by_an_error_of_its_own(library):
    (full,) = [alert.expr for alert in cache().alerts if alert.name == "CacheMemoryFull"]
    (error,) = raised(library, "OutOfMemoryError")
    assert matches(full, error)
