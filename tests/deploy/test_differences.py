"""What differs is said in one sentence each, in the words of what was declared."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.deploy.places import alert, shop

from vedette import Email, Environment, Mute, Pack, Panel, Query, Recording, Route, Service, Slack, env
from vedette.deploy.change import TARGETS, merged
from vedette.deploy.compare import differences
from vedette.deploy.queries import compare
from vedette.deploy.side import declared, read
from vedette.packs import http

PRODUCTION = Environment("production")


def changes(old, new, environment=PRODUCTION, before=PRODUCTION):
    """From one stack to another."""
    first, second = declared(old, before), declared(new, environment)
    found = [one for target in TARGETS for one in differences(target, first, second, "here")]
    return merged(found, second.places)


def said(old, new, environment=PRODUCTION, before=PRODUCTION):
    return [one.sentence for one in changes(old, new, environment, before)]


def test_the_same_stack_has_no_differences():
    assert said(shop(), shop()) == []


def test_a_threshold_is_one_sentence_and_the_line_in_its_panel_goes_with_it():
    (only,) = changes(shop(alert(threshold=0.05)), shop(alert(threshold=0.04)))
    assert only.sentence == "the threshold of NoOrders goes from 0.05 to 0.04"
    assert only.also == ("the line in panel 'No orders' of dashboard 'shop: Till'",)
    assert (only.old, only.new) == ("0.05", "0.04")
    assert only.place is not None
    assert only.place.file.endswith("places.py")


def test_a_threshold_of_a_shipped_pack_is_one_sentence_whatever_repeats_it():
    (only,) = changes(shop(more=(http(error_ratio_high=0.05),)), shop(more=(http(error_ratio_high=0.04),)))
    assert only.sentence == "the threshold of HttpErrorRateHigh goes from 0.05 to 0.04"
    assert only.also[0] == "the description"
    assert all(one.startswith("the line in panel") for one in only.also[1:])


def test_a_threshold_changes_one_line_of_what_prometheus_and_alertmanager_read():
    first, second = (declared(shop(alert(threshold=one)), PRODUCTION).texts for one in (0.05, 0.04))
    lines = [
        (path, old, new)
        for target in ("prometheus", "alertmanager")
        for path in first[target]
        for old, new in zip(first[target][path].splitlines(), second[target][path].splitlines(), strict=True)
        if old != new
    ]
    ((path, old, new),) = lines
    assert path == "rules/till.yml"
    assert new == old.replace("0.05", "0.04")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"for_": "30m"}, "the wait of NoOrders goes from 10m to 30m"),
        ({"keep_firing_for": "5m"}, "the keep_firing_for of NoOrders goes from 0s to 5m"),
        ({"severity": "critical"}, "the severity of NoOrders goes from high to critical"),
        ({"team": "till"}, "the team of NoOrders goes from shop to till"),
        ({"labels": {"tier": "1"}}, "the label tier of NoOrders goes from nothing to 1"),
        ({"summary": "No order"}, "the summary of NoOrders goes from Too few orders to No order"),
    ],
)
def test_what_else_an_alert_has_is_said_by_its_name(changed, sentence):
    assert sentence in said(shop(alert()), shop(alert(**changed)))


def test_alerts_come_and_go():
    assert said(shop(alert()), shop(alert(), alert("Other")))[0] == "alert Other is new"
    assert "alert Other is gone" in said(shop(alert(), alert("Other")), shop(alert()))


def test_a_query_that_is_built_differently_is_another():
    old = shop(replace(alert(), expr="sum by (job) (rate(till_orders_total[30m])) < 1"))
    new = shop(replace(alert(), expr="max by (job) (rate(till_orders_total[30m])) < 1"))
    assert said(old, new)[0].startswith("alert NoOrders has another query: `max by (job)")


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("sum by(job)(a) > 1", "sum by (job) ((a)) > 1", []),
        ("a > 0.05", "a > 0.04", [("threshold", "0.05", "0.04")]),
        ("a * 100 > 5", "a * 60 > 5", [("number", "100", "60")]),
        ("a * 100", "a * 60", [("number", "100", "60")]),
        ("rate(a[5m]) > 1", "rate(a[10m]) > 2", [("range", "5m", "10m"), ("threshold", "1", "2")]),
        ("a > 1", "a >= 1", [("query", "a > 1", "a >= 1")]),
        ("rate(a[$__rate_interval])", "rate(a[5m])", [("query", "rate(a[$__rate_interval])", "rate(a[5m])")]),
    ],
)
def test_queries_are_compared_by_what_they_mean(old, new, found):
    assert [(one.what, one.old, one.new) for one in compare(old, new)] == found


def test_jobs_and_targets_are_said_by_their_names():
    more = Service("stock", targets=["10.0.0.9:8000"], packs=[Pack("empty", title="Empty")])
    grown = shop(environments=[]).services
    new = replace(shop(), services=[replace(grown[0], targets=["127.0.0.1:1", "127.0.0.1:2"]), more])
    found = said(shop(), new)
    assert "job stock is new" in found
    assert "target 127.0.0.1:2 of job shop is new" in found


def test_what_holds_for_all_jobs_is_said_once():
    slow = Environment("production", scrape_interval="30s", scrape_timeout="10s")
    assert said(shop(), shop(), slow) == ["scrape_interval of prometheus.yml goes from 15s to 30s"]


def test_routes_and_receivers_are_said_by_what_they_match():
    new = shop(notify=[Email("oncall@example.com"), Route({"team": "till"}, [Email("till@example.com")])])
    found = said(shop(), new)
    assert 'route team="till" is new, and goes to till-critical' in found
    assert "receiver till-low is new" in found
    assert not any("/" in one for one in found), "what stands below a new route is new with it"
    assert 'route team="till" is gone' in said(new, shop())


def test_a_receiver_says_whom_it_tells_and_no_secret():
    new = shop(notify=[Email("oncall@example.com"), Slack(env("SLACK_WEBHOOK"), channel="#shop")])
    assert "receiver critical tells #shop by slack" in said(shop(), new)


def test_times_of_notifications_and_mutes_are_said():
    new = shop(mutes=[Mute("nights", times=["22:00-06:00"])])
    found = said(shop(), new)
    assert "time interval nights is new" in found
    assert any("mute_time_intervals of route" in one for one in found)


def test_panels_are_said_with_their_dashboard():
    def stack(*panels):
        recording = Recording("job:till_orders:rate5m", "sum by (job) (rate(till_orders_total[5m]))")
        pack = replace(shop().services[0].pack_list()[0], panels=list(panels), recordings=[recording])
        return replace(shop(), services=[replace(shop().services[0], packs=[pack])])

    first = Panel("Orders", [Query("job:till_orders:rate5m")], unit="requests/s")
    second = Panel("Sold", [Query("job:till_orders:rate5m")], unit="requests/s")
    other = Panel("Orders", [Query("max_over_time(job:till_orders:rate5m[1h])")], unit="requests/s")
    assert "panel 'Sold' of dashboard 'shop: Till' is new" in said(stack(first), stack(first, second))
    assert "panel 'Sold' of dashboard 'shop: Till' is gone" in said(stack(first, second), stack(first))
    assert any(
        one.startswith("panel 'Orders' of dashboard 'shop: Till' has another query: `max_over_time")
        for one in said(stack(first), stack(other))
    )
    moved = said(stack(first, second), stack(second, first))
    assert any(one.endswith("of dashboard 'shop: Till' stand elsewhere") for one in moved)


def test_a_file_that_cannot_be_read_is_one_sentence_and_its_rules_are_not_new():
    good = declared(shop(), PRODUCTION)
    broken = read({**good.texts, "prometheus": {**good.texts["prometheus"], "rules/till.yml": "groups: 5\n"}})
    (only,) = differences("prometheus", broken, good, "here")
    assert only.sentence.startswith("rules/till.yml cannot be read: ")


def test_a_secret_that_somebody_wrote_into_a_file_is_not_shown():
    good = declared(shop(), PRODUCTION)
    text = good.texts["alertmanager"]["alertmanager.yml"]
    edited = text.replace("global:\n", "global:\n  smtp_auth_password: hunter2\n", 1).replace(
        "receivers:\n", "receivers:\n  - name: x\n    webhook_configs: [{url: 'https://hooks/hunter2'}]\n", 1
    )
    found = differences("alertmanager", good, read({"alertmanager": {"alertmanager.yml": edited}}), "here")
    told = [one.sentence for one in found]
    assert "smtp_auth_password of alertmanager.yml is another" in told
    assert "receiver x is new" in told
    assert "hunter2" not in repr(found)
