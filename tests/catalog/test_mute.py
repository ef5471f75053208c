"""What is not told: times and consequences are spelt right, and a pack's alerts can be more or less urgent."""

from __future__ import annotations

import pytest

from vedette.catalog import Alert, Environment, Inhibit, Mute, Pack, Panel, Service, Stack, Teams
from vedette.errors import DeclarationError
from vedette.packs import http


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Mute("my nights", times=["22:00-06:00"]), "needs a name of letters"),
        (lambda: Mute("nights"), "would mute all the time"),
        (lambda: Mute("nights", times="22:00-06:00"), r"times=\['22:00-06:00'\]"),
        (lambda: Mute("nights", times=["22-6"]), "has the time '22-6'"),
        (lambda: Mute("nights", times=["22:00-22:00"]), "has the time '22:00-22:00'"),
        (lambda: Mute("nights", times=["22:00-24:30"]), "has the time '22:00-24:30'"),
        (lambda: Mute("free", weekdays=["saturdy"]), "did you mean 'saturday'"),
        (lambda: Mute("free", weekdays=["monday:frday"]), "did you mean 'friday'"),
        (lambda: Mute("free", weekdays=["sunday"], severities=[]), "mutes no severity"),
        (lambda: Mute("free", weekdays=["sunday"], severities=["info"]), "severity='info'"),
        (lambda: Inhibit({}, {"alertname": "A"}), "source={}"),
        (lambda: Inhibit({"alertname": "A"}, {"alertname": "A"}), "does not mute itself"),
        (lambda: Inhibit({"alertname": "A"}, {"alert name": "B"}), "label 'alert name'"),
        (lambda: Inhibit({"alertname": "A"}, {"alertname": "B"}, equal="node"), r"equal=\['node'\]"),
        (lambda: Inhibit({"alertname": "A"}, {"alertname": "B"}, equal=["my node"]), "not the name of a label"),
        (lambda: Teams("https://example.com/workflow"), "as a secret"),
        (lambda: stack(mutes=[Mute("a", weekdays=["sunday"]), Mute("a", weekdays=["monday"])]), "mute 'a' twice"),
        (lambda: stack(inhibitions=["A"]), r"write Inhibit\(…\)"),
    ],
)
def test_says_what_is_wrong_and_where(make, message):
    with pytest.raises(DeclarationError, match=message) as caught:
        make()
    assert str(caught.value).startswith(__file__)


def stack(**changes):
    return Stack(services=[Service("shop", ["localhost:8000"], [http])], **changes)


def alert(name, severity, panel="Orders"):
    return Alert(name, "up == 0", severity=severity, summary="Down", panel=panel)


PACK = Pack(
    "shop",
    alerts=[alert("Few", "medium"), alert("None", "high")],
    panels=[Panel("Orders", "up", thresholds={5: "medium", 1: "high"})],
)


def test_an_alert_can_be_more_urgent_and_its_threshold_has_the_new_colour():
    changed = PACK.with_severities({"None": "critical"})
    assert [one.severity for one in changed.alerts] == ["medium", "critical"]
    assert changed.panels[0].thresholds == {5: "medium", 1: "critical"}


def test_two_alerts_can_change_places():
    changed = PACK.with_severities({"Few": "high", "None": "medium"})
    assert changed.panels[0].thresholds == {5: "high", 1: "medium"}


def test_an_alert_can_be_left_out_with_the_line_on_its_panel():
    changed = PACK.with_severities({"Few": None})
    assert [one.name for one in changed.alerts] == ["None"]
    assert changed.panels[0].thresholds == {1: "high"}


def test_thresholds_of_such_a_pack_can_still_be_changed():
    service = Service("shop", ["localhost:8000"], [http().with_severities({"HttpErrorRateHigh": "low"})])
    there = Environment("there", thresholds={"http.error_ratio_high": 0.01})
    (changed,) = Stack(services=[service], environments=[there]).services_in(there)
    (found,) = (one for one in changed.pack_list()[0].alerts if one.name == "HttpErrorRateHigh")
    assert (found.severity, "> 0.01" in found.expr) == ("low", True)


@pytest.mark.parametrize(
    ("severities", "message"),
    [({"Fw": "high"}, "did you mean 'Few'"), ({"Few": "urgent"}, "severity='urgent'")],
)
def test_a_severity_of_no_alert_or_of_no_such_name_is_refused(severities, message):
    with pytest.raises(DeclarationError, match=message) as caught:
        PACK.with_severities(severities)
    assert str(caught.value).startswith(__file__)
