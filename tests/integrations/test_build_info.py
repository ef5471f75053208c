"""The version of the service is told by whoever says it first: the application, its environment, its installation."""

from __future__ import annotations

import importlib.metadata

import pytest
from tests.integrations.client import values

import vedette
from vedette.integrations import build_info
from vedette.packs.runtime import build_info as metric


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.delenv("OTEL_RESOURCE_ATTRIBUTES", raising=False)


def test_what_the_application_says_is_told():
    build_info.tell("1.2.0", "4bf92f3")
    assert values(metric) == {("1.2.0", "4bf92f3"): 1}
    build_info.tell("1.3.0")
    assert values(metric) == {("1.3.0", ""): 1}


def test_what_it_does_not_say_is_read_from_its_environment(monkeypatch):
    said = "service.name=shop, service.version=1.2.0%2Bci,vcs.ref.head.revision=4bf92f3,odd"
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", said)
    build_info.tell()
    assert values(metric) == {("1.2.0+ci", "4bf92f3"): 1}
    build_info.tell("2.0.0")
    assert values(metric) == {("2.0.0", "4bf92f3"): 1}


def test_of_a_package_the_installed_version_is_told_where_nobody_says_one(monkeypatch):
    build_info.tell(package="pytest")
    assert values(metric) == {(importlib.metadata.version("pytest"), ""): 1}
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.version=1.2.0")
    build_info.tell(package="pytest")
    assert values(metric) == {("1.2.0", ""): 1}


def test_nothing_is_told_where_nobody_says_anything():
    build_info.tell()
    build_info.tell(package="no-such-package-anywhere")
    assert values(metric) == {}


def test_instrumenting_tells_it():
    vedette.instrument(version="1.2.0", revision="4bf92f3")
    assert values(metric) == {("1.2.0", "4bf92f3"): 1}
