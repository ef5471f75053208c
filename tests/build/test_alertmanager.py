"""alertmanager.yml: who is told what, how soon, and what mutes what; decided by Alertmanager's own route matching."""

from __future__ import annotations

from datetime import datetime

import pytest
import yaml
from tests.build.stacks import everything, minimal, shop

from vedette.alerting.intervals import read_intervals
from vedette.build import build
from vedette.build.alertmanager import takers
from vedette.catalog import (
    SEVERITIES,
    Email,
    Environment,
    Inhibit,
    Mute,
    PagerDuty,
    Route,
    Slack,
    Teams,
    Timing,
    Webhook,
    env,
)
from vedette.errors import DeclarationError
from vedette.formats import alertmanager

MAIL, HOOK = Email("a@example.com"), Webhook("http://localhost:1")
SLACK, PAGER = Slack(env("S"), channel="#a"), PagerDuty(env("P"))


def built(stack, environment="local"):
    return alertmanager.read(build(stack, environment)["alertmanager/alertmanager.yml"], "alertmanager.yml")


def told(config, **labels):
    """Receivers of an alert, by name."""
    return [route.receiver for route in alertmanager.match(config, labels)]


@pytest.mark.parametrize(
    ("receivers", "expected"),
    [
        ([SLACK, MAIL, PAGER], {"critical": 3, "high": 2, "medium": 1, "low": 1}),
        ([MAIL], {"critical": 1, "high": 1, "medium": 1, "low": 1}),
        ([PAGER], {"critical": 1, "high": 1, "medium": 1, "low": 1}),
        ([PAGER, MAIL], {"critical": 2, "high": 1, "medium": 1, "low": 1}),
        ([HOOK], {"critical": 1, "high": 1, "medium": 1, "low": 1}),
        ([Email("a@example.com", severities=["low"])], {"critical": 0, "high": 0, "medium": 0, "low": 1}),
        ([], {"critical": 0, "high": 0, "medium": 0, "low": 0}),
    ],
)
def test_every_severity_reaches_whom_its_promise_needs(receivers, expected):
    assert {severity: len(chosen) for severity, chosen in takers(receivers).items()} == expected


def test_the_pager_never_gets_a_digest_while_there_is_another():
    assert takers([PAGER, SLACK])["low"] == (SLACK,)


def test_each_severity_has_its_own_timing():
    waits = {
        severity: [
            (one.group_wait, one.group_interval) for one in alertmanager.match(built(shop()), {"severity": severity})
        ]
        for severity in SEVERITIES
    }
    assert waits == {
        "critical": [(0, 60_000)],
        "high": [(60_000, 300_000)],
        "medium": [(300_000, 900_000)],
        "low": [(3_600_000, 3_600_000)],
    }


def test_a_demo_does_not_keep_you_waiting():
    (low,) = alertmanager.match(built(shop(), "demo"), {"severity": "low"})
    assert low.group_wait == 360_000


def test_timings_can_be_ones_own():
    config = built(minimal(notify=[MAIL], timings={"high": Timing("30s", "1m", "2h")}))
    (high,) = alertmanager.match(config, {"severity": "high"})
    assert (high.group_wait, high.group_interval, high.repeat_interval) == (30_000, 60_000, 7_200_000)


def test_the_digest_is_one_message():
    (low,) = alertmanager.match(built(shop()), {"severity": "low", "alertname": "A", "service": "b"})
    assert low.group_by == ("severity",)


def test_a_route_takes_its_alerts_out_of_the_common_way_unless_it_also_shares_them():
    config = built(everything(), "production")
    assert told(config, severity="high", team="web") == ["high"]
    assert told(config, severity="high", team="stock") == ["stock-high"]
    assert told(config, severity="high", team="buyers") == ["buyers-high", "high"]


def test_an_alert_without_a_severity_is_not_lost():
    assert told(built(shop()), alertname="Foreign") == ["high"]


def test_nobody_is_told_where_the_environment_says_so():
    config = built(minimal(notify=[MAIL], environments=[Environment("local", notify=[])]))
    assert told(config, severity="critical") == ["nobody"]
    assert [receiver.name for receiver in config.receivers] == ["nobody"]
    assert config.global_ == {}


def test_worse_mutes_milder_of_the_same_service_and_pack():
    first, second = built(shop()).inhibit_rules
    assert [str(one) for one in (*first.source_matchers, *first.target_matchers)] == [
        'severity="critical"',
        'severity=~"high|medium|low"',
    ]
    assert [str(one) for one in second.target_matchers] == ['severity=~"medium|low"']
    assert first.equal == second.equal == ("service", "pack")


def test_every_kind_of_receiver_is_written_with_its_secret_as_a_file():
    text = build(everything(), "production")["alertmanager/alertmanager.yml"]
    critical = next(one for one in yaml.safe_load(text)["receivers"] if one["name"] == "critical")
    folder = "/etc/vedette/secrets"
    assert critical["slack_configs"][0]["api_url_file"] == f"{folder}/SLACK_WEBHOOK"
    assert critical["slack_configs"][0]["channel"] == "#market"
    assert critical["pagerduty_configs"][0]["routing_key_file"] == f"{folder}/PD_KEY"
    assert critical["email_configs"][0]["to"] == "oncall@example.com, lead@example.com"
    assert critical["webhook_configs"] == [
        {
            "url": "https://example.com/hook",
            "http_config": {"authorization": {"credentials_file": f"{folder}/HOOK_TOKEN"}},
        }
    ]
    assert yaml.safe_load(text)["global"] == {
        "smtp_smarthost": "mail.example.com:587",
        "smtp_from": "watch@example.com",
        "smtp_auth_username": "watch",
        "smtp_auth_password_file": f"{folder}/SMTP_PASSWORD",
        "smtp_require_tls": True,
    }


def test_mail_goes_to_the_machines_own_server_unless_told():
    assert built(minimal(notify=[MAIL])).global_ == {
        "smtp_smarthost": "localhost:25",
        "smtp_from": "vedette@localhost",
        "smtp_require_tls": False,
    }


def test_a_secret_address_needs_an_alertmanager_that_reads_it_from_a_file():
    stack = minimal(notify=[Webhook(env("HOOK"))], environments=[Environment("local", alertmanager="0.25")])
    with pytest.raises(DeclarationError, match=r"test_alertmanager.py:\d+: .*needs Alertmanager 0.26"):
        build(stack)
    text = build(minimal(notify=[Webhook(env("HOOK"))]))["alertmanager/alertmanager.yml"]
    assert "url_file: .vedette/secrets/HOOK" in text


NIGHTS = Mute("nights", times=["22:00-06:00", "12:00-13:00"], weekdays=["monday:friday"], location="Europe/Berlin")


def test_the_milder_alerts_are_muted_at_night_on_every_way():
    routes = [Route({"team": "dba"}, [MAIL])]
    config = built(
        minimal(notify=[HOOK, *routes], mutes=[NIGHTS, Mute("sundays", weekdays=["sunday"], severities=["high"])])
    )
    muted = {
        (team, severity): next(
            iter(alertmanager.match(config, {"team": team, "severity": severity}))
        ).mute_time_intervals
        for team in ("dba", "shop")
        for severity in SEVERITIES
    }
    night, sunday = ("nights",), ("sundays",)
    wanted = {"critical": (), "high": sunday, "medium": night, "low": night}
    assert muted == {(team, severity): wanted[severity] for team in ("dba", "shop") for severity in SEVERITIES}


@pytest.mark.parametrize(
    ("at", "within"),
    [("2026-11-24T21:30", True), ("2026-11-25T04:59", True), ("2026-11-25T05:00", False), ("2026-11-25T11:00", True),
     ("2026-11-28T23:30", False)],
)  # fmt: skip
def test_a_night_is_one_of_its_place_and_goes_over_midnight(at, within):
    config = built(minimal(notify=[HOOK], mutes=[NIGHTS]))
    ((_, intervals),) = read_intervals(config.time_intervals).items()
    moment = datetime.fromisoformat(f"{at}:00+00:00").timestamp() * 1000
    assert any(one.contains(int(moment)) for one in intervals) is within


def test_a_consequence_is_muted_by_its_cause_where_both_are_of_one_thing():
    inhibit = Inhibit({"alertname": "NodeDown"}, {"alertname": ["PodDown", "Pod.Slow"]}, equal=["node"])
    rule = built(minimal(notify=[HOOK], inhibitions=[inhibit])).inhibit_rules[-1]
    assert [str(one.value) for one in (*rule.source_matchers, *rule.target_matchers)] == [
        "NodeDown",
        r"PodDown|Pod\.Slow",
    ]
    assert rule.equal == ("node",)


def test_teams_is_told_by_an_alertmanager_that_knows_its_workflows():
    new = Environment("new", alertmanager="0.28")
    config = built(minimal(notify=[Teams(env("TEAMS"))], environments=[new]), "new")
    (critical,) = [one for one in config.receivers if one.name == "critical"]
    assert critical.other["msteamsv2_configs"][0]["webhook_url_file"] == ".vedette/secrets/TEAMS"


def test_an_older_alertmanager_is_refused_where_teams_is_told():
    with pytest.raises(DeclarationError, match=r"needs Alertmanager 0\.28"):
        build(minimal(notify=[Teams(env("TEAMS"))]))
