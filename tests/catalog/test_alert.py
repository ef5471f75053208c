"""An alert is right when it is declared, or it is refused there."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from vedette.catalog import Alert, Runbook
from vedette.errors import DeclarationError


def alert(name="NoOrders", expr="orders == 0", **changes):
    return Alert(name, expr, **({"severity": "high", "summary": "No orders"} | changes))


def test_remembers_the_line_it_is_declared_on():
    made = alert()
    assert made.place.file == __file__
    assert made.place.line == alert.__code__.co_firstlineno + 1


def test_two_alerts_that_say_the_same_are_equal_wherever_they_stand():
    first = alert()
    second = alert()
    assert first == second
    assert "place" not in repr(first)


def test_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        alert().severity = "low"


def test_takes_durations_as_text_or_timedelta():
    assert alert(for_=timedelta(minutes=5)).for_ == timedelta(minutes=5)
    assert alert(for_="1h30m").for_ == "1h30m"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "no_orders"}, "alert 'no_orders' is not CamelCase"),
        ({"expr": "  "}, "has expr='  '"),
        ({"severity": "hihg"}, "did you mean 'high'"),
        ({"severity": "page"}, "one of 'critical', 'high', 'medium', 'low'"),
        ({"summary": ""}, "has summary=''"),
        ({"for_": "5 minutes"}, "has for_='5 minutes'"),
        ({"for_": timedelta(seconds=-1)}, "at least zero"),
        ({"keep_firing_for": "1x"}, "has keep_firing_for='1x'"),
        ({"labels": {"a-b": "c"}}, "has the label 'a-b'"),
        ({"labels": {"__x": "c"}}, "has the label '__x'"),
        ({"labels": {"severity": "c"}}, "sets the label 'severity'"),
        ({"labels": {"tier": 1}}, "write '1'"),
        ({"runbook": 3}, "write a Runbook or the path"),
    ],
)
def test_says_what_is_wrong_where_and_the_fix(changes, message):
    with pytest.raises(DeclarationError) as caught:
        alert(**changes)
    assert str(caught.value).startswith(f"{__file__}:{alert.__code__.co_firstlineno + 1}: ")
    assert message in str(caught.value)


def test_takes_a_runbook_as_value_or_path():
    assert alert(runbook="runbooks/no-orders.md").runbook == "runbooks/no-orders.md"
    assert alert(runbook=Runbook(symptoms="x")).runbook == Runbook(symptoms="x")


def test_a_runbook_wants_lists_of_points():
    with pytest.raises(DeclarationError, match="causes as one text"):
        Runbook(causes="the weather")
