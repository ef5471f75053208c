"""Receivers and routes: secrets never stand in clear, addresses are addresses."""

from __future__ import annotations

import pytest

from vedette.catalog import Email, PagerDuty, Route, Secret, Slack, Timing, Webhook, env
from vedette.errors import DeclarationError


def test_mail_takes_one_address_or_several():
    assert Email("a@example.com").to == ("a@example.com",)
    assert Email(["a@example.com", "b@example.com"]).to == ("a@example.com", "b@example.com")


def test_a_secret_is_known_by_its_name_alone():
    assert env("SLACK_WEBHOOK") == Secret("SLACK_WEBHOOK")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: env("https://hooks.slack.com/x"), "never the secret itself"),
        (lambda: Email([]), "has no address"),
        (lambda: Email("oncall"), "not one address"),
        (lambda: Email("a@example.com, b@example.com"), "not one address"),
        (lambda: Email("a@example.com", severities="high"), r"severities=\['high'\]"),
        (lambda: Email("a@example.com", severities=["urgent"]), "severity='urgent'"),
        (lambda: Webhook("example.com/hook"), "begins with http"),
        (lambda: Webhook("https://user:secret@example.com/"), "password in its URL"),
        (lambda: Webhook("https://example.com", token="abc"), "token as a secret"),
        (lambda: Slack("https://hooks.slack.com/x", channel="#a"), "webhook address as a secret"),
        (lambda: Slack(env("X"), channel="shop"), "for example '#shop'"),
        (lambda: PagerDuty("abc"), "integration key as a secret"),
        (lambda: Route({}, [Email("a@example.com")]), "matches nothing"),
        (lambda: Route({"a b": "c"}, [Email("a@example.com")]), "label 'a b'"),
        (lambda: Route({"team": "db"}, []), "tells nobody"),
        (lambda: Route({"team": "db"}, ["a@example.com"]), "write Email, Webhook"),
        (lambda: Timing("1m", "0s", "1h"), "interval='0s'"),
        (lambda: Timing("1m", "1m", "1 h"), "repeat='1 h'"),
    ],
)
def test_says_what_is_wrong_and_where(make, message):
    with pytest.raises(DeclarationError, match=message) as caught:
        make()
    assert str(caught.value).startswith(__file__)


def test_an_error_never_repeats_a_password():
    with pytest.raises(DeclarationError) as caught:
        Webhook("https://user:hunter2@example.com/")
    assert "hunter2" not in str(caught.value)


def test_a_secret_shows_no_place():
    assert repr(env("A")) == "Secret(name='A')"
