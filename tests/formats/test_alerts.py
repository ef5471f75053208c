"""Alerts: fingerprints, times, the JSON of the API and the webhook's body."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.errors import ConfigError
from vedette.formats import alerts
from vedette.formats.alerts import Alert
from vedette.promql.labels import labels

MORNING = 1_704_100_200_000  # 2024-01-01T09:10:00Z


def alert(starts_at: int = MORNING, ends_at: int = 0, **own: str) -> Alert:
    return Alert(labels=labels({"alertname": "Down", **own}), starts_at=starts_at, ends_at=ends_at)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ({}, "cbf29ce484222325"),  # FNV's own starting value
        # as Alertmanager 0.33.1 gives them
        ({"ok": "1"}, "8d4653b8b9db0024"),
        ({"alertname": "A", "b": "1", "severity": "critical", "zone": "a"}, "88c0d2029e5b49c9"),
        (
            {"a": "1", "alertname": "A", "severity": "critical", "utf 8": "lü\nx", "x": "y", "zz": "1"},
            "36611aecc7084681",
        ),
    ],
)
def test_a_fingerprint_is_the_one_alertmanager_gives(pairs: dict[str, str], expected: str) -> None:
    assert alerts.fingerprint(labels(pairs)) == expected


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2024-01-01T09:10:00Z", MORNING),
        ("2024-01-01T11:10:00+02:00", MORNING),
        ("2024-01-01T03:40:00-05:30", MORNING),
        ("2024-01-01t09:10:00.5z", MORNING + 500),
        ("2024-01-01T09:10:00.123456789Z", MORNING + 123),
        ("1969-12-31T23:59:59.999Z", -1),
        ("0001-01-01T00:00:00Z", 0),
        ("9999-12-31T23:59:59.999999-23:59", 253_402_300_799_999),
    ],
)
def test_times_are_read_with_fractions_and_offsets(text: str, ms: int) -> None:
    assert alerts.parse_time(text) == ms


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2024-01-01", "2024-01-01T09:10Z", "2024-02-30T00:00:00Z", "1704100200"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"write for example '2026-01-31T09:30:00Z'"):
        alerts.parse_time(text)


@settings(deadline=None)
@given(st.integers(1, 253_402_300_799_999))
def test_times_are_written_as_they_are_read(ms: int) -> None:
    assert alerts.parse_time(alerts.format_time(ms)) == ms
    assert alerts.parse_time(alerts.format_time(ms, trim=True)) == ms
    assert datetime.fromisoformat(alerts.format_time(ms)) == datetime.fromtimestamp(ms // 1000, UTC).replace(
        microsecond=ms % 1000 * 1000
    )


def test_a_webhook_trims_the_fraction_and_the_api_does_not() -> None:
    assert alerts.format_time(MORNING + 500) == "2024-01-01T09:10:00.500Z"
    assert alerts.format_time(MORNING + 500, trim=True) == "2024-01-01T09:10:00.5Z"
    assert alerts.format_time(MORNING, trim=True) == "2024-01-01T09:10:00Z"
    assert alerts.format_time(0) == "0001-01-01T00:00:00.000Z"


def test_posted_alerts_are_read_and_one_bad_one_does_not_stop_the_others() -> None:
    body = json.dumps([
        {"labels": {"a": ""}},
        {"labels": {"a": "1"}, "startsAt": "2024-01-02T00:00:00Z", "endsAt": "2024-01-01T00:00:00Z"},
        {"labels": {"": "1"}},
        {
            "labels": {"b": "2", "a": "1", "c": ""},
            "annotations": {"x": "", "y": None},
            "startsAt": "2024-01-01T09:10:00Z",
            "generatorURL": "http://g",
            "foo": 1,
        },
        {"labels": {"a": 1}},
        {"labels": {"a": "1"}, "startsAt": "yesterday"},
        {"labels": ["a"]},
        3,
        {},
    ])  # fmt: skip
    good, bad = alerts.read_alerts(body)
    assert good == [
        Alert(
            labels=(("a", "1"), ("b", "2")),
            annotations={"x": "", "y": ""},
            starts_at=MORNING,
            generator_url="http://g",
        )
    ]
    assert bad == [
        "body[0].labels: at least one label with a value is needed",
        "body[1]: endsAt 2024-01-01T00:00:00Z is before startsAt 2024-01-02T00:00:00Z",
        "body[2].labels: a label has no name",
        "body[4].labels.a: a text was expected, found a number; put it in quotes",
        "body[5].startsAt: not a time: 'yesterday'; write for example '2026-01-31T09:30:00Z'",
        "body[6].labels: an object of texts was expected, found a list",
        "body[7]: an alert object was expected, found a number",
        "body[8].labels: at least one label with a value is needed",
    ]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{}", "body: a list of alerts was expected, found an object"),
        ("true", "body: a list of alerts was expected, found a boolean"),
        ('[{"labels": ', "body:1:13: not JSON: "),
        ("", "body:1:1: not JSON: "),
        (b'["\xff"]', "body:1:"),
    ],
)
def test_a_body_that_is_no_list_of_alerts_is_refused(body: bytes | str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        alerts.read_alerts(body)
    assert str(caught.value).startswith(message)


TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
ALERTS = st.builds(
    Alert,
    labels=st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=4).map(labels),
    annotations=st.dictionaries(TEXTS, TEXTS | st.just(""), max_size=3),
    starts_at=st.integers(1, MORNING),
    ends_at=st.just(0) | st.integers(MORNING, 10**13),
    generator_url=TEXTS,
)


@settings(deadline=None)
@given(st.lists(ALERTS, max_size=3))
def test_alerts_are_posted_as_they_are_read(some: list[Alert]) -> None:
    assert alerts.read_alerts(alerts.write_alerts(some)) == (some, [])


def test_the_api_shows_an_alert_as_alertmanager_does() -> None:
    shown = alerts.gettable_alert(
        Alert(labels=labels({"b": "2", "a": "1"}), annotations={"z": "1", "y": "2"}, starts_at=1, ends_at=MORNING),
        updated_at=2,
        receivers=["x", "y"],
        silenced_by=["id"],
    )
    assert json.dumps(shown) == json.dumps({
        "annotations": {"y": "2", "z": "1"},
        "endsAt": "2024-01-01T09:10:00.000Z",
        "fingerprint": alerts.fingerprint((("a", "1"), ("b", "2"))),
        "receivers": [{"name": "x"}, {"name": "y"}],
        "startsAt": "1970-01-01T00:00:00.001Z",
        "status": {"inhibitedBy": [], "mutedBy": [], "silencedBy": ["id"], "state": "suppressed"},
        "updatedAt": "1970-01-01T00:00:00.002Z",
        "labels": {"a": "1", "b": "2"},
    })  # fmt: skip


def test_alerts_of_a_group_stand_by_job_then_instance_then_labels() -> None:
    expected = [
        alert(job="a", instance="1"),
        alert(job="a", instance="2"),
        alert(job="a"),
        alert(job="b", instance="1"),
        alert(instance="0"),
        alert(),
        alert(x="1", z="1"),
        alert(c="1", x="2"),
        alert(c="2", x="1"),
    ]
    shuffled = expected.copy()
    random.Random(7).shuffle(shuffled)
    assert alerts.group_order(shuffled) == expected


def test_a_webhook_body_says_what_alertmanager_says_in_its_order() -> None:
    firing = Alert(
        labels=labels({"alertname": "Down", "job": "b"}),
        annotations={"s": "1", "t": "2"},
        starts_at=MORNING,
        ends_at=MORNING * 2,
    )
    ended = Alert(
        labels=labels({"alertname": "Down", "job": "a"}), annotations={"s": "1", "t": "3"}, starts_at=1, ends_at=MORNING
    )
    body = alerts.webhook_body(
        [firing, ended, alert(job="c")],
        now=MORNING,
        receiver="team-a.b/c",
        group_labels=(("alertname", "Down"),),
        group_key='{}:{alertname="Down"}',
        external_url="http://x",
        max_alerts=2,
    )
    assert json.dumps(body) == json.dumps({
        "receiver": "team-a\\.b/c",
        "status": "firing",
        "alerts": [
            {
                "status": "resolved",
                "labels": {"alertname": "Down", "job": "a"},
                "annotations": {"s": "1", "t": "3"},
                "startsAt": "1970-01-01T00:00:00.001Z",
                "endsAt": "2024-01-01T09:10:00Z",
                "generatorURL": "",
                "fingerprint": alerts.fingerprint(ended.labels),
            },
            {
                "status": "firing",
                "labels": {"alertname": "Down", "job": "b"},
                "annotations": {"s": "1", "t": "2"},
                "startsAt": "2024-01-01T09:10:00Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "",
                "fingerprint": alerts.fingerprint(firing.labels),
            },
        ],
        "notification_reason": "first notification",
        "groupLabels": {"alertname": "Down"},
        "commonLabels": {"alertname": "Down"},
        "commonAnnotations": {"s": "1"},
        "externalURL": "http://x",
        "version": "4",
        "groupKey": '{}:{alertname="Down"}',
        "truncatedAlerts": 1,
    })  # fmt: skip


def test_a_webhook_body_is_resolved_when_every_alert_is() -> None:
    ended = alert(starts_at=1, ends_at=2)
    body = alerts.webhook_body([ended], now=2, receiver="r", group_labels=(), group_key="{}:{}", external_url="")
    assert (body["status"], body["alerts"][0]["status"], body["truncatedAlerts"]) == ("resolved", "resolved", 0)
