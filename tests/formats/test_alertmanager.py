"""alertmanager.yml is read, checked and written; alerts take the routes that Alertmanager gives them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.errors import ConfigError
from vedette.formats import alertmanager, yaml
from vedette.formats._alertmanager_keys import INTEGRATIONS
from vedette.formats.alertmanager import (
    AlertmanagerConfig,
    EmailConfig,
    InhibitRule,
    Receiver,
    Route,
    TimeInterval,
    WebhookConfig,
)
from vedette.place import Place
from vedette.promql.labels import Matcher, labels

NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
PAIRS = st.dictionaries(NAMES, TEXTS, max_size=3)
MATCHERS = st.lists(
    st.builds(Matcher, NAMES | TEXTS, st.sampled_from(["=", "!="]), TEXTS | st.just(""))
    | st.builds(Matcher, NAMES, st.sampled_from(["=~", "!~"]), st.sampled_from(["a|b", r"\d+", 'x"y', ".*,{2}"])),
    max_size=3,
).map(tuple)
RECEIVERS = ("default", "team-a.b/c")
INTERVALS = ("nights", "week ends")
TIMERS = {key: st.none() | st.integers(1, 10**8) for key in ("group_wait", "group_interval", "repeat_interval")}
GROUPS = st.none() | st.just(("...",)) | st.lists(NAMES, min_size=1, max_size=3, unique=True).map(tuple)


def routes(children: st.SearchStrategy[Route]) -> st.SearchStrategy[Route]:
    return st.builds(
        Route,
        receiver=st.none() | st.sampled_from(RECEIVERS),
        matchers=MATCHERS,
        group_by=GROUPS,
        continue_=st.booleans(),
        mute_time_intervals=st.lists(st.sampled_from(INTERVALS), max_size=2).map(tuple),
        active_time_intervals=st.lists(st.sampled_from(INTERVALS), max_size=2).map(tuple),
        routes=st.lists(children, max_size=3).map(tuple),
        **TIMERS,
    )


ROUTES = st.recursive(st.builds(Route, matchers=MATCHERS), routes, max_leaves=6)
EMAILS = st.builds(
    EmailConfig,
    to=TEXTS,
    from_=st.just("") | TEXTS,
    smarthost=st.sampled_from(["", "mail:25", "[::1]:25"]),
    hello=st.just("") | TEXTS,
    auth_username=st.just("") | TEXTS,
    auth_password_file=st.just("") | TEXTS,
    require_tls=st.none() | st.booleans(),
    headers=st.dictionaries(st.sampled_from(["Subject", "X-Team"]), TEXTS),
    html=st.sampled_from(["", "<b>x</b>", EmailConfig(to="").html]),
    text=st.just("") | TEXTS,
    send_resolved=st.booleans(),
    other=st.just({}) | st.just({"auth_identity": "me", "tls_config": {"insecure_skip_verify": True}}),
)
WEBHOOKS = st.builds(
    WebhookConfig,
    url=st.just("http://sink:9/x?y=z"),
    max_alerts=st.integers(0, 9),
    timeout=st.integers(0, 10**6),
    send_resolved=st.booleans(),
    http_config=st.just({}) | st.just({"basic_auth": {"username": "u", "password_file": "f"}}),
) | st.builds(WebhookConfig, url_file=TEXTS)
CONFIGS = st.builds(
    AlertmanagerConfig,
    route=st.builds(
        Route, receiver=st.just("default"), group_by=GROUPS, routes=st.lists(ROUTES, max_size=3).map(tuple), **TIMERS
    ),
    receivers=st.tuples(
        *(
            st.builds(
                Receiver,
                name=st.just(name),
                email_configs=st.lists(EMAILS, max_size=2).map(tuple),
                webhook_configs=st.lists(WEBHOOKS, max_size=2).map(tuple),
                other=st.just({}) | st.just({"slack_configs": [{"channel": "#x", "api_url_file": "f"}]}),
            )
            for name in RECEIVERS
        )
    ),
    global_=st.just({"smtp_smarthost": "mail:25", "smtp_from": "a@b", "smtp_require_tls": False}),
    inhibit_rules=st.lists(
        st.builds(
            InhibitRule,
            source_matchers=MATCHERS,
            target_matchers=MATCHERS,
            equal=st.lists(NAMES, max_size=2).map(tuple),
            name=st.just("") | TEXTS,
        ),
        max_size=2,
    ).map(tuple),
    time_intervals=st.just(
        (
            TimeInterval(name="nights", time_intervals=({"times": [{"start_time": "22:00", "end_time": "24:00"}]},)),
            TimeInterval(name="week ends", time_intervals=({"weekdays": ["saturday", "sunday"], "location": "UTC"},)),
        )
    ),
    templates=st.lists(TEXTS, max_size=2).map(tuple),
    other=st.just({}) | st.just({"tracing": {"endpoint": "x:1"}}),
)


@settings(deadline=None)
@given(CONFIGS)
def test_what_is_written_reads_the_same(config: AlertmanagerConfig) -> None:
    text = alertmanager.write(config)
    assert alertmanager.read(text, "a.yml") == config
    assert alertmanager.write(alertmanager.read(text, "a.yml")) == text


def test_old_spellings_are_read_as_matchers() -> None:
    text = (
        "route:\n  receiver: a\n  routes:\n  - match: {team: db, zone: 1}\n    match_re: {severity: crit|page}\n"
        '    matchers: [\'{x="y", z!=""}\', w=~v]\n    group_by: []\n'
        "inhibit_rules:\n- source_match: {a: b}\n  target_match_re: {c: d.*}\n  equal: [e]\n"
        "mute_time_intervals:\n- name: n\n  time_intervals: [{months: [1, 'may:june'], days_of_month: ['1:-1'], "
        "years: [2030]}]\n"
        "receivers: [{name: a}]\n"
    )
    config = alertmanager.read(text, "a.yml")
    child = config.route.routes[0]
    assert [str(one) for one in child.matchers] == [
        'team="db"', 'zone="1"', 'severity=~"^(?:crit|page)$"', 'x="y"', 'z!=""', 'w=~"v"',
    ]  # fmt: skip
    assert child.group_by is None
    assert str(child.place) == "a.yml:4:5"
    rule = config.inhibit_rules[0]
    assert [str(one) for one in (*rule.source_matchers, *rule.target_matchers)] == ['a="b"', 'c=~"^(?:d.*)$"']
    assert config.time_intervals[0].time_intervals == (
        {"days_of_month": ["1:-1"], "months": ["1", "may:june"], "years": ["2030"]},
    )
    assert alertmanager.read(alertmanager.write(config), "b.yml") == config


def test_an_email_takes_from_the_global_section_what_it_does_not_say() -> None:
    global_ = {
        "smtp_smarthost": "mail:25", "smtp_from": "a@b", "smtp_require_tls": False, "smtp_auth_username": "u",
        "smtp_auth_password_file": "pw", "smtp_tls_config": {"ca_file": "ca"},
    }  # fmt: skip
    filled = alertmanager.email_settings(EmailConfig(to="x@y", from_="me@b"), global_)
    assert filled == EmailConfig(
        to="x@y",
        from_="me@b",
        smarthost="mail:25",
        hello="localhost",
        auth_username="u",
        auth_password_file="pw",
        require_tls=False,
        other={"tls_config": {"ca_file": "ca"}},
    )
    assert alertmanager.email_settings(EmailConfig(to="x@y", smarthost="h:1"), {}).require_tls is True
    own = EmailConfig(to="x@y", other={"auth_password": "p"})
    assert alertmanager.email_settings(own, global_).auth_password_file == ""


GOOD = "route: {receiver: a}\nreceivers:\n- name: a\n"

BROKEN = [
    ("", "a.yml:1:1: alertmanager.yml has no route; write 'route:' with 'receiver: …' below it"),
    ("route: {recever: a}\n", "a.yml:1:9: unknown key 'recever' in route; did you mean 'receiver'?"),
    (
        "route:\n  group_by: [x]\nreceivers: [{name: a}]\n",
        "a.yml:2:3: the root route has no receiver; name the one that gets what no other route matches",
    ),
    (
        "route: {receiver: a, matchers: [x=y]}\nreceivers: [{name: a}]\n",
        "a.yml:1:22: the root route cannot have matchers, it takes every alert; move it to a route below",
    ),
    (
        "route: {receiver: a, continue: true}\nreceivers: [{name: a}]\n",
        "a.yml:1:22: the root route cannot have continue, it takes every alert; move it to a route below",
    ),
    (
        (
            "route:\n  receiver: a\n  routes:\n  - matchers: [team=database]\n    receiver: dba\n"
            "receivers: [{name: oncall}, {name: a}]\n"
        ),
        "a.yml:5:5: receiver 'dba' is used by route {team=\"database\"} but not defined; defined: a, oncall",
    ),
    (
        "route: {receiver: a, routes: [{mute_time_intervals: [night]}]}\nreceivers: [{name: a}]\n",
        "a.yml:1:32: time interval 'night' is used by a route without matchers but not defined; defined: none",
    ),
    (
        "route: {receiver: a, group_by: [x, y, x]}\nreceivers: [{name: a}]\n",
        "a.yml:1:22: group_by has 'x' twice; remove one",
    ),
    (
        "route: {receiver: a, group_by: [x, '...']}\nreceivers: [{name: a}]\n",
        "a.yml:1:22: group_by has '...', which is every label, beside others; keep one or the other",
    ),
    (
        "route: {receiver: a, group_interval: 0s}\nreceivers: [{name: a}]\n",
        "a.yml:1:22: group_interval is 0; write a duration such as '5m', or remove it to inherit",
    ),
    (
        "route: {receiver: a, group_wait: 1 m}\nreceivers: [{name: a}]\n",
        "a.yml:1:34: group_wait is '1 m'; write a duration such as '30s', '5m' or '1h30m'",
    ),
    (
        "route: {receiver: a, routes: [{matchers: ['severity: critical']}]}\nreceivers: [{name: a}]\n",
        "a.yml:1:43: 'severity: critical' is not a matcher; write name=\"value\", with one of = != =~ !~",
    ),
    (
        "route: {receiver: a, routes: [{matchers: ['a=~\"(\"']}]}\nreceivers: [{name: a}]\n",
        "a.yml:1:43: invalid regular expression '(': missing ')' for the group opened at character 1",
    ),
    (
        "route: {receiver: a, routes: [{matchers: {severity: critical}}]}\nreceivers: [{name: a}]\n",
        "a.yml:1:42: matchers is a mapping; write a list, each item after '- '",
    ),
    (
        "route: {receiver: a}\nreceivers:\n- email_configs: []\n",
        "a.yml:3:3: receiver has no name; write 'name: …', by which routes refer to it",
    ),
    (
        "route: {receiver: a}\nreceivers:\n- name: a\n- name: a\n",
        "a.yml:4:3: receiver 'a' is defined twice, first in line 3; rename one",
    ),
    (
        GOOD + "  webhook_config:\n  - url: http://x\n",
        "a.yml:4:3: unknown key 'webhook_config' in receiver; did you mean 'webhook_configs'?",
    ),
    (
        GOOD + "  webhook_configs:\n  - send_resolved: true\n",
        "a.yml:5:5: webhook_config of receiver 'a' has no url; set it, or url_file",
    ),
    (
        GOOD + "  webhook_configs:\n  - url: sink:9\n",
        "a.yml:5:5: url does not begin with http:// or https:// and a host",
    ),
    (
        GOOD + "  webhook_configs:\n  - url: http://sink:9\n    url_file: f\n",
        "a.yml:6:5: url and url_file exclude each other; keep one",
    ),
    (
        GOOD + "  email_configs:\n  - from: a@b\n",
        "a.yml:5:5: email_config of receiver 'a' has no to; set it",
    ),
    (
        GOOD + "  email_configs:\n  - to: a@b\n    from: a@b\n",
        "a.yml:5:5: email_config of receiver 'a' has no smarthost; set it, or smtp_smarthost in global",
    ),
    (
        GOOD + "  email_configs:\n  - {to: a@b, from: a@b, smarthost: mail}\n",
        "a.yml:5:26: smarthost 'mail' has no port; write for example 'mail:587'",
    ),
    (
        GOOD + "  email_configs:\n  - {to: a@b, from: a@b, smarthost: 'm:25', headers: {Subject: x, subject: y}}\n",
        "a.yml:5:45: headers 'Subject' and 'subject' are the same header; keep one",
    ),
    (
        GOOD + "  slack_configs:\n  - channel: x\n",
        (
            "a.yml:5:5: slack_config of receiver 'a' has no api_url; set it, or api_url_file, app_token, "
            "app_token_file, or slack_api_url, slack_api_url_file, slack_app_token, slack_app_token_file in global"
        ),
    ),
    (
        GOOD + "  pagerduty_configs:\n  - routing_key: x\n    routing_key_file: y\n",
        "a.yml:6:5: routing_key and routing_key_file exclude each other; keep one",
    ),
    (
        GOOD + "inhibit_rules:\n- source_match: {a-b: c}\n",
        "a.yml:5:3: 'a-b' in source_match is no label name; use source_matchers, where it can be quoted",
    ),
    (
        GOOD + "time_intervals:\n- name: x\n  time_intervals: [{times: [{start_time: 9:00, end_time: '17:00'}]}]\n",
        "a.yml:6:30: start_time is '9:00'; write 'HH:MM' from 00:00 to 24:00",
    ),
    (
        GOOD + "time_intervals:\n- name: x\n  time_intervals: [{times: [{start_time: '22:00', end_time: '06:00'}]}]\n",
        "a.yml:6:51: end_time is not after start_time; split a span over midnight in two",
    ),
    (
        GOOD + "time_intervals:\n- name: x\n  time_intervals: [{weekdays: [mon]}]\n",
        "a.yml:6:32: weekday is 'mon'; write a day such as 'monday', or 'monday:friday' from sunday to saturday",
    ),
    (
        GOOD + "time_intervals:\n- name: x\n  time_intervals: [{months: ['may:march']}]\n",
        "a.yml:6:30: month 'may:march' ends before it begins; swap its ends or split it in two",
    ),
    (
        GOOD + "time_intervals:\n- name: x\n  time_intervals: [{location: Mars/Base}]\n",
        "a.yml:6:21: location 'Mars/Base' is no time zone; write for example 'Europe/Berlin'",
    ),
]


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_a_broken_file_says_where_and_what_to_do(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        alertmanager.read(text, "a.yml")
    assert str(caught.value) == message


LEFT = ("but not defined", "receiver 'a' is defined twice")


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_one_mistake_does_not_hide_the_others(text: str, message: str) -> None:
    config, errors = alertmanager.read_all(text, "a.yml")
    assert config is not None
    if any(part in message for part in LEFT):
        assert errors == ()
        assert config.complete
    else:
        assert message in [str(error) for error in errors]
        assert not config.complete


def test_all_mistakes_of_a_file_are_told_and_the_rest_is_read() -> None:
    text = (
        "global: {resolve_timeout: soon}\n"
        "route:\n  receiver: [a]\n  group_wiat: 1m\n  routes:\n  - matchers: ['x']\n    receiver: b\n"
        "    group_wait: 1x\n    repeat_interval: 1h\n  - 5\n  - receiver: b\n    receiver: c\n"
        "receivers:\n- name: a\n- webhook_configs: [{url: nowhere}]\n"
        "time_intervals:\n- name: n\n  time_intervals: [{weekdays: [mon, tuesday], times: [{start_time: 8}]}]\n"
        "- name: n\n"
    )
    config, errors = alertmanager.read_all(text, "a.yml")
    assert [str(error).removeprefix("a.yml:").split("; ")[0] for error in errors] == [
        "4:3: unknown key 'group_wiat' in route",
        "12:5: key 'receiver' stands twice in route, first in line 11",
        "1:27: resolve_timeout is 'soon'",
        "15:3: receiver has no name",
        "15:22: url does not begin with http:// or https:// and a host",
        "18:56: start_time is '8'",
        "18:32: weekday is 'mon'",
        "3:13: receiver is a list",
        "6:16: 'x' is not a matcher",
        "8:17: group_wait is '1x'",
        "10:5: route is text",
        "19:3: time interval 'n' is defined twice, first in line 17",
    ]
    assert config is not None
    (child,) = config.route.routes
    assert (child.receiver, child.matchers, child.group_wait, child.repeat_interval) == ("b", (), None, 3_600_000)
    assert [one.name for one in config.receivers] == ["a", ""]
    assert child.written["receiver"] == alertmanager.Written(Place("a.yml", 7, 5), "receiver: b")


@pytest.mark.parametrize("text", ["a: [", "- 1", "x"])
def test_what_is_no_mapping_is_one_mistake(text: str) -> None:
    config, errors = alertmanager.read_all(text, "a.yml")
    assert config is None
    assert len(errors) == 1


SECRETS = sorted({
    (kind, key)
    for kind, shape in INTEGRATIONS.items()
    for key in shape
    if any(word in key for word in ("password", "secret", "token", "key", "url")) and not key.endswith("_file")
})  # fmt: skip


@pytest.mark.parametrize("value", ["hunter2", "[hunter2]", "{hunter2: 1}", "{a: hunter2", "'hunter2", "@hunter2"])
@pytest.mark.parametrize(("kind", "key"), SECRETS)
def test_a_secret_never_stands_in_an_error_nor_in_a_repr(kind: str, key: str, value: str) -> None:
    text = yaml.write({"route": {"receiver": "a"}, "receivers": [{"name": "a"}]})
    text += f"    {kind}:\n      - {key}: {value}\n        nonsense: 1\n"
    with pytest.raises(ConfigError) as caught:
        alertmanager.read(text, "a.yml")
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_secrets_of_a_config_are_not_shown() -> None:
    text = (
        "global: {smtp_auth_password: hunter2}\nroute: {receiver: a}\nreceivers:\n- name: a\n"
        "  webhook_configs: [{url: 'http://x/hunter2', http_config: {bearer_token: hunter2}}]\n"
        "  pagerduty_configs: [{routing_key: hunter2}]\n"
        "  email_configs: [{to: a, from: b, smarthost: 'c:1', auth_password: hunter2}]\n"
    )
    config = alertmanager.read(text, "a.yml")
    assert "hunter2" not in repr(config)
    assert alertmanager.read(alertmanager.write(config), "a.yml") == config


@pytest.mark.parametrize(
    ("text", "matchers"),
    [
        ("a=b", ['a="b"']),
        (' a =~ "b|c" ', ['a=~"b|c"']),
        ("a=", ['a=""']),
        ('{a="b", c!~"d",}', ['a="b"', 'c!~"d"']),
        ('a="b,c",d!=e', ['a="b,c"', 'd!="e"']),
        ('a="{x}",b=x}y', ['a="{x}"', 'b="x}y"']),
        (r'a="q\"u\\o\n"', ['a="q\\"u\\\\o\\n"']),
        (r"a=~\d+", ['a=~"\\\\d+"']),
        ('"a b"="c"', ['a b="c"']),
        ('"\\u00e9"="\\x41",föö!=bar', ['é="A"', 'föö!="bar"']),
        ("{}", []),
        ("", []),
    ],
)
def test_matchers_are_read_in_the_classic_and_the_utf8_syntax(text: str, matchers: list[str]) -> None:
    assert [str(one) for one in alertmanager.parse_matchers(text)] == matchers


@pytest.mark.parametrize(
    "text", ["a", "a b", "=b", 'a="b" c="d"', '"a=b', 'a="b', 'a="b"c"', "a=b,,c=d", '"\\xff"="b"', "a=~["]
)
def test_what_is_no_matcher_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        alertmanager.parse_matchers(text)


@settings(deadline=None)
@given(MATCHERS)
def test_matchers_are_printed_so_that_they_read_the_same(matchers: tuple[Matcher, ...]) -> None:
    text = ",".join(map(alertmanager.render_matcher, matchers))
    assert alertmanager.parse_matchers(text) == matchers


ROUTING = """
route:
  receiver: default
  group_by: [alertname]
  group_wait: 10s
  routes:
  - matchers: [team=db]
    receiver: dba
    group_by: [cluster, alertname]
    routes:
    - matchers: [severity=critical]
      repeat_interval: 1h
      mute_time_intervals: [nights]
    - matchers: [severity=~"high|low"]
      group_by: ['...']
  - matchers: [severity=critical]
    receiver: pager
    continue: true
  - matchers: [severity=critical]
    receiver: audit
    continue: true
  - matchers: [severity=critical]
    receiver: audit
receivers: [{name: default}, {name: dba}, {name: pager}, {name: audit}]
time_intervals: [{name: nights, time_intervals: []}]
"""


@pytest.mark.parametrize(
    ("alert", "keys"),
    [
        ({"alertname": "A"}, ["{}"]),
        ({"alertname": "A", "team": "db"}, ['{}/{team="db"}']),
        ({"team": "db", "severity": "critical"}, ['{}/{team="db"}/{severity="critical"}']),
        ({"team": "db", "severity": "medium"}, ['{}/{team="db"}']),
        ({"severity": "critical"}, ['{}/{severity="critical"}'] * 3),
    ],
)
def test_an_alert_takes_the_first_route_that_matches_and_goes_on_only_where_told(
    alert: dict[str, str], keys: list[str]
) -> None:
    config = alertmanager.read(ROUTING, "a.yml")
    found = alertmanager.match(config, alert)
    assert [route.key for route in found] == keys
    assert alertmanager.match(alertmanager.resolve(config.route), alert) == found
    assert len({route.id for route in found}) == len(found)


def test_a_route_inherits_all_but_its_time_intervals() -> None:
    config = alertmanager.read(ROUTING, "a.yml")
    (default,) = alertmanager.match(config, {})
    assert (default.group_wait, default.group_interval, default.repeat_interval) == (10_000, 300_000, 14_400_000)
    (critical,) = alertmanager.match(config, {"team": "db", "severity": "critical"})
    assert (critical.receiver, critical.group_by, critical.group_wait, critical.repeat_interval) == (
        "dba", ("alertname", "cluster"), 10_000, 3_600_000,
    )  # fmt: skip
    assert critical.mute_time_intervals == ("nights",)
    assert critical.id == '{}/{team="db"}/0/{severity="critical"}/0'


def test_alerts_are_grouped_by_the_labels_they_have() -> None:
    config = alertmanager.read(ROUTING, "a.yml")
    alert = {"alertname": 'A"\n', "team": "db", "severity": "high", "é": "x\u0001"}
    (everything,) = alertmanager.match(config, alert)
    assert everything.group_key(everything.group_labels(labels(alert))) == (
        '{}/{team="db"}/{severity=~"high|low"}:{alertname="A\\"\\n", severity="high", team="db", é="x\\x01"}'
    )
    (some,) = alertmanager.match(config, {"alertname": "A", "team": "db"})
    assert (
        some.group_key(some.group_labels(labels({"alertname": "A", "team": "db"}))) == '{}/{team="db"}:{alertname="A"}'
    )
