"""A pack is one value: composable, with parameters that can be changed by name."""

from __future__ import annotations

import pytest

from vedette.catalog import Alert, Pack, Panel, Recording, Row, parametric
from vedette.catalog.pack import as_pack, with_parameters
from vedette.catalog.thresholds import check_above_zero, check_ratio, check_rising
from vedette.errors import DeclarationError
from vedette.instruments.metrics import Metric
from vedette.place import Place

HERE = Place("stack.py", 3)


def alert(name, panel=""):
    return Alert(name, "up == 0", severity="high", summary="Down", panel=panel)


@parametric
def disk(*, free_low: float = 0.1, free_for: str = "5m") -> Pack:
    """A pack function as users write them."""
    check_ratio(free_low=free_low)
    expr = f"free < {free_low}"
    return Pack("disk", alerts=[Alert("DiskLow", expr, for_=free_for, severity="high", summary="Low")])


def test_has_its_name_as_title_unless_told():
    assert Pack("message_queue").title == "Message queue"
    assert Pack("mq", title="Queues").title == "Queues"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Pack("my pack"), "needs a name of letters"),
        (lambda: Pack("a", alerts=[alert("X"), alert("X")]), "has the alert 'X' twice"),
        (lambda: Pack("a", panels=[Panel("X", "up"), Panel("X", "down")]), "has the panel 'X' twice"),
        (lambda: Pack("a", panels=[Row("X"), Row("X")]), "has the row 'X' twice"),
        (lambda: Pack("a", recordings=[Recording("a:b:c", "up"), Recording("a:b:c", "up")]), "recording 'a:b:c' twice"),
        (lambda: Pack("a", alerts=[alert("X", panel="Latencies")], panels=[Panel("Latency", "up")]), "mean 'Latency'"),
        (lambda: Pack("a", alerts="X"), "write a list"),
        (lambda: Pack("a", alerts=[Panel("X", "up")]), r"write Alert\(…\)"),
        (lambda: Pack("a", metrics=["shop_orders_total"]), r"write Counter\(…\)"),
        (lambda: Recording("orders", "up"), "level:metric:operation"),
    ],
)
def test_says_what_is_wrong_and_where(make, message):
    with pytest.raises(DeclarationError, match=message) as caught:
        make()
    assert str(caught.value).startswith(__file__)


def test_refuses_a_metric_that_stands_twice():
    metric = Metric.foreign("gauge", "disk_free_ratio", exporter="disk_exporter")
    with pytest.raises(DeclarationError, match="has the metric 'disk_free_ratio' twice"):
        Pack("a", metrics=[metric, metric])


def test_packs_add_up():
    metric = Metric.foreign("gauge", "disk_free_ratio", exporter="disk_exporter")
    both = Pack("a", metrics=[metric], alerts=[alert("X")]) + Pack("b", metrics=[metric], alerts=[alert("Y")])
    assert (both.name, [one.name for one in both.alerts], both.metrics) == ("a", ["X", "Y"], (metric,))


def test_adding_packs_with_the_same_alert_is_refused():
    with pytest.raises(DeclarationError, match="alert 'X' twice"):
        Pack("a", alerts=[alert("X")]) + Pack("b", alerts=[alert("X")])


def test_a_pack_function_leaves_its_parameters_on_the_pack():
    assert disk(free_low=0.2).parameters == {"free_low": 0.2, "free_for": "5m"}
    assert disk() == disk(free_low=0.1)
    assert disk() != disk(free_low=0.2)


def test_a_parameter_can_be_changed_by_name():
    changed = with_parameters(disk(free_for="9m"), {"free_low": 0.3}, HERE, "disk.free_low")
    assert changed == disk(free_low=0.3, free_for="9m")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"free_lo": 0.3}, r"stack.py:3: .* has no parameter 'free_lo'; .*did you mean 'free_low'"),
        ({"free_low": 30}, r"stack.py:3: .*write 0.3 for 30 %"),
        ({"free_for": "5 m"}, r"stack.py:3: .*for_='5 m'"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused_where_it_is_changed(changes, message):
    with pytest.raises(DeclarationError, match=message):
        with_parameters(disk(), changes, HERE, "disk.x")


def test_a_fixed_pack_has_no_parameters():
    with pytest.raises(DeclarationError, match="make it in a function with @parametric"):
        with_parameters(Pack("a"), {"x": 1}, HERE, "a.x")


def test_a_pack_function_refuses_unknown_parameters_at_the_call():
    with pytest.raises(DeclarationError, match="did you mean 'free_low'") as caught:
        disk(free_lo=0.1)
    assert str(caught.value).startswith(__file__)


def test_a_service_takes_packs_and_pack_functions_only():
    assert as_pack(disk, HERE, "x") == disk()
    for wrong in ("http", lambda: 3, None):
        with pytest.raises(DeclarationError, match="a Pack or a function that makes one"):
            as_pack(wrong, HERE, "x")


@pytest.mark.parametrize(
    "check",
    [
        lambda: check_ratio(x=0),
        lambda: check_ratio(x=1.5),
        lambda: check_above_zero(x=-1),
        lambda: check_above_zero(x=True),
        lambda: check_above_zero(x=float("inf")),
        lambda: check_above_zero(x="1"),
        lambda: check_rising(low=2, high=1),
    ],
)
def test_thresholds_that_make_no_sense_are_refused(check):
    with pytest.raises(ValueError, match="="):
        check()
