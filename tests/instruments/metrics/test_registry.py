"""A name belongs to one declaration, also as the formats spell it; a module loaded anew declares the same metric."""

from __future__ import annotations

import importlib.util
from threading import Event, Thread

import pytest

from vedette.errors import DeclarationError
from vedette.instruments import guard
from vedette.instruments.metrics import DEFAULT, Counter, Gauge, Histogram, Info, Summary


def test_a_name_declared_twice_is_refused_with_both_places(registry):
    first = Gauge("a_depth", "A.", registry=registry)
    with pytest.raises(DeclarationError) as caught:
        Gauge("a_depth", "A.", registry=registry)
    assert str(first.place) in str(caught.value)
    assert str(caught.value).startswith(f"{__file__}:")


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        (lambda r: Counter("a_total", "A.", registry=r), lambda r: Gauge("a", "A.", registry=r), "a"),
        (lambda r: Info("a_info", "A.", labels=["x"], registry=r), lambda r: Gauge("a", "A.", registry=r), "a"),
        (
            lambda r: Histogram("a_bytes", "A.", registry=r),
            lambda r: Counter("a_bytes_total", "A.", registry=r),
            "a_bytes",
        ),
        (
            lambda r: Summary("a_bytes", "A.", registry=r),
            lambda r: Counter("a_bytes_total", "A.", registry=r),
            "a_bytes",
        ),
    ],
)
def test_two_names_that_are_exposed_as_one_are_refused(registry, first, second, shared):
    one = first(registry)
    with pytest.raises(DeclarationError, match=rf"exposed as {shared}\w*, and so is the .* {one.name} declared at"):
        second(registry)


def test_a_module_loaded_anew_keeps_its_metric_and_what_it_counted(tmp_path):
    path = tmp_path / "declares.py"
    path.write_text(
        "from vedette.instruments.metrics import Counter\nhits = Counter('reload_test_total', 'Hits.', labels=['x'])\n"
    )
    spec = importlib.util.spec_from_file_location("declares", path)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        old = module.hits
        old.inc("1")
        spec.loader.exec_module(module)
        assert module.hits is not old
        module.hits.inc("1")
        old.inc("1")
        assert module.hits.labels("1").read() == 3
    finally:
        DEFAULT.undeclare("reload_test_total")


def test_the_same_line_with_another_description_is_refused(registry):
    def declare(help_text):
        return Gauge("a_depth", help_text, registry=registry)

    declare("A.")
    with pytest.raises(DeclarationError, match="declared already"):
        declare("B.")


def test_an_undeclared_name_is_free_again(registry):
    Counter("a_total", "A.", registry=registry).inc()
    registry.undeclare("a_total")
    registry.undeclare("never_there")
    assert registry.families() == []
    Gauge("a", "A.", registry=registry)


def test_a_metric_that_was_undeclared_and_is_declared_anew_is_exposed_without_what_it_had(registry):
    def declare():
        return Counter("a_total", "A.", ["x"], registry=registry)

    old = declare()
    old.inc("1")
    registry.undeclare("a_total")
    assert registry.snapshot() == []
    declare().inc("2")
    old.inc("3")
    (family,) = registry.snapshot()
    assert [(one.labels, one.reading) for one in family.series] == [('x="2"', 1)]


def test_exposed_metrics_are_sorted_and_can_be_chosen_by_any_of_their_names(registry):
    Histogram("c_seconds", "C.", registry=registry).initialise()
    Counter("b_total", "B.", registry=registry).initialise()
    Gauge("a_depth", "A.", registry=registry).initialise()
    Gauge("silent", "S.", registry=registry)

    def names(*wanted):
        return [family.name for family in registry.snapshot(wanted)]

    assert names() == ["a_depth", "b_total", "c_seconds"]
    assert names("b") == names("b_total") == ["b_total"]
    assert names("c_seconds_bucket", "a_depth") == ["a_depth", "c_seconds"]
    assert names("nothing") == []


def test_a_hook_runs_once_before_each_scrape_and_its_failure_spoils_nothing(registry, caplog):
    gauge = Gauge("a_depth", "A.", registry=registry)

    def fail():
        raise OSError("no /proc")

    def fill():
        gauge.inc()

    registry.before_scrape(fail)
    registry.before_scrape(fill)
    registry.before_scrape(fill)
    assert [family.name for family in registry.snapshot()] == ["a_depth"]
    assert gauge.labels().read() == 1
    assert "the preparation" in caplog.messages[0]
    guard.set_strict(True)
    with pytest.raises(OSError, match="no /proc"):
        registry.snapshot()


def test_clear_drops_all_series_and_keeps_the_declarations(registry):
    gauge = Gauge("a_depth", "A.", registry=registry)
    gauge.inc()
    registry.clear()
    assert registry.snapshot() == []
    gauge.inc()
    assert gauge.labels().read() == 1


def test_who_asks_while_another_thread_prepares_a_scrape_takes_what_is_there(registry):
    began, end, calls = Event(), Event(), []

    def slow():
        calls.append(1)
        began.set()
        end.wait(10)

    registry.before_scrape(slow)
    first = Thread(target=registry.refresh)
    first.start()
    began.wait(10)
    registry.refresh()
    assert calls == [1]
    end.set()
    first.join()
    registry.refresh()
    assert calls == [1, 1]
