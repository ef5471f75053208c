"""What checks have found, as metrics."""

from __future__ import annotations

import pytest
from tests.health.conftest import check
from tests.instruments.servers import until
from tests.integrations.broken import broken
from tests.integrations.client import values

from vedette.health import Breaker, Degraded, Failed, Health, told
from vedette.instruments import guard
from vedette.instruments.metrics.exposition import text
from vedette.packs import health as pack
from vedette.packs.health import (
    check_breaker,
    check_duration,
    check_failures,
    check_last_success,
    check_status,
    ready,
)


def of(name: str) -> list[str]:
    """The lines of the page of metrics that tell of this metric."""
    return [line for line in text().decode().splitlines() if line.startswith(name)]


def test_each_result_is_a_number():
    def fails() -> None:
        raise Failed("no")

    def degraded() -> None:
        raise Degraded("slow")

    Health(check("db", lambda: None), check("queue", degraded), check("disk", fails, level="warning")).wait()
    told_all = {("db", "critical"): 1.0, ("queue", "critical"): 0.5, ("disk", "warning"): 0.0}
    until(lambda: values(check_status) == told_all, "the results")
    assert values(check_duration) == {("db",): 1, ("queue",): 1, ("disk",): 1}
    assert values(check_failures) == {("disk", "Failed"): 1.0}
    assert values(ready) == {(): 1.0}


def test_a_check_without_a_result_is_not_told(stepped):
    health = Health(check("db", lambda: None))
    health.watch()
    assert of("health_check_") == []
    assert of("health_ready") == ["health_ready 0"]
    stepped.step(health)
    assert values(check_status) == {("db", "critical"): 1.0}


def test_the_time_of_the_last_success_stands_while_it_fails(stepped):
    errors = []

    def call() -> None:
        for error in errors:
            raise error

    health = Health(check("db", call, every="10s", breaker=Breaker(failures=2)))
    health.ask()
    stepped.step(health)
    stepped.run(health, 10.0)
    assert values(check_last_success) == {("db",): 1010.0}
    errors.append(ConnectionRefusedError("at db.internal"))
    stepped.run(health, 10.0)
    assert values(check_last_success) == {("db",): 1010.0}
    assert values(check_failures) == {("db", "ConnectionRefusedError"): 1.0}
    assert (values(check_breaker), values(ready)) == ({("db",): 0.0}, {(): 0.0})
    stepped.run(health, 10.0)
    assert values(check_breaker) == {("db",): 1.0}
    errors.clear()
    stepped.run(health, 30.0)
    assert (values(check_breaker), values(ready)) == ({("db",): 0.0}, {(): 1.0})
    assert values(check_last_success) == {("db",): 1060.0}


def test_a_grace_that_ends_is_told_at_the_next_scrape(stepped):
    def fails() -> None:
        raise OSError

    health = Health(check("db", fails, every="1h", grace="30s"))
    health.watch()
    health.ask()
    stepped.step(health)
    assert of("health_check_status") == ['health_check_status{check="db",level="critical"} 0.5']
    stepped.now += 30.0
    assert of("health_check_status") == ['health_check_status{check="db",level="critical"} 0']


def test_draining_is_told_at_the_next_scrape():
    health = Health(check("db", lambda: None))
    health.wait()
    health.draining()
    assert of("health_ready") == ["health_ready 0"]


def test_whoever_scrapes_asks_too(stepped):
    health = Health(check("db", lambda: None))
    health.watch()
    text()
    stepped.step(health)
    assert values(check_status) == {("db", "critical"): 1.0}


def test_a_process_that_only_declares_checks_calls_none_when_it_is_scraped():
    called = []
    health = Health(check("db", lambda: called.append(1)))
    assert of("health_") == []
    assert health._thread is None
    assert called == []


def test_where_metrics_cannot_be_told_health_is(caplog):
    with broken(told):
        assert Health(check("db", lambda: None)).wait().status == "pass"
        until(lambda: "telling the result of a health check failed" in caplog.text, "the failure to be told")
    assert guard.failures()["telling the result of a health check"] > 0


@pytest.mark.parametrize("name", ["check_status", "check_duration", "check_failures", "check_last_success", "ready"])
def test_the_pack_has_them(name):
    assert getattr(told, name) in pack().metrics
