"""Who is told, and who never is: what the checks of routes find, and what they must not say."""

from __future__ import annotations

import itertools
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.check.fix import apply
from vedette.check.foreign import facts_of_texts
from vedette.check.registry import Choice, families
from vedette.check.routing import ends, tree
from vedette.check.run import run
from vedette.formats import alertmanager
from vedette.formats.alertmanager import AlertmanagerConfig, Receiver, Route
from vedette.promql.labels import Matcher

ROUTES = tuple(code for code, about in families().items() if about == "routes")
RECEIVERS = """
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.test/team"}]
  - name: pager
    pagerduty_configs: [{routing_key_file: /k}]
"""


def findings(config, rules="", prometheus="", codes=ROUTES):
    texts = {"alertmanager.yml": textwrap.dedent(config)}
    if rules:
        texts["rules.yml"] = textwrap.dedent(rules)
    if prometheus:
        texts["prometheus.yml"] = textwrap.dedent(prometheus)
    facts, extra = facts_of_texts(texts)
    assert not [one for one in extra if one.code == "internal"]
    return run(facts, extra, choice=Choice(select=codes))


def told(config, rules="", prometheus="", codes=ROUTES):
    return [f"{one.code}:{one.place.line}" for one in findings(config, rules, prometheus, codes) if one.code in codes]


def rule(name, labels="severity: critical", expr='up{job="shop"} == 0'):
    return f"""
      - alert: {name}
        expr: {expr}
        labels: {{{labels}}}"""


def rules(*alerts):
    return "groups:\n  - name: g\n    rules:" + "".join(alerts) + "\n"


def test_one_mistake_does_not_hide_the_others():
    config = """
    route:
      receiver: team
      group_wait: 1 m
      routes:
        - receiver: pagr
          mute_time_intervals: [night]
        - receiver: pager
          matchers: ["severity: x"]
    receivers:
      - name: team
        webhook_configs: [{url: nowhere}]
      - name: team
        email_configs: []
    time_intervals: [{name: nights}]
    """
    assert told(config) == [
        "missing-receiver:6",
        "missing-time-interval:7",
        "missing-receiver:8",
        "duplicate-receiver:13",
    ]


def test_a_file_that_is_broken_in_the_receivers_is_not_said_to_lack_them():
    assert told("route: {receiver: team}\nreceivers: 5\n") == []


def test_the_usual_configuration_of_a_cluster_is_read_without_a_word_but_for_its_empty_receivers():
    config = """
    inhibit_rules:
    - equal: [namespace, alertname]
      source_matchers: [severity = critical]
      target_matchers: [severity =~ warning|info]
    - equal: [namespace, alertname]
      source_matchers: [severity = warning]
      target_matchers: [severity = info]
    - equal: [namespace]
      source_matchers: [alertname = InfoInhibitor]
      target_matchers: [severity = info]
    - target_matchers: [alertname = InfoInhibitor]
    receivers:
    - name: Default
    - name: Watchdog
    - name: Critical
    - name: "null"
    route:
      group_by: [namespace]
      group_interval: 5m
      group_wait: 30s
      receiver: Default
      repeat_interval: 12h
      routes:
      - matchers: [alertname = Watchdog]
        receiver: Watchdog
      - matchers: [alertname = InfoInhibitor]
        receiver: "null"
      - matchers: [severity = critical]
        receiver: Critical
    """
    assert told(config) == ["empty-receiver:14", "empty-receiver:16"]
    known = rules(
        rule("Down", "severity: critical"), rule("Slow", "severity: warning", "histogram_quantile(0.9, x) > 1")
    )
    assert [one for one in told(config, known) if not one.startswith(("empty-receiver", "alert-to-nobody"))] == [
        "severity-without-route:9"
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('severity=~"critical|high"', "severity=critical"),
        ("severity!=low", "severity=critical, team=db"),
        ('severity=~"c.*"', "severity=critical"),
        ('severity=~"c.*"', 'severity=~"c.*", team=db'),
        ('severity=~".+"', 'severity=~"high|low"'),
        ('severity!~"low|high"', 'severity!~"low|high|medium"'),
        ('team=""', 'team!~".+"'),
    ],
)  # fmt: skip
def test_a_route_is_shadowed_where_the_matchers_prove_it(first, second):
    config = f"""
    route:
      receiver: team
      routes:
        - matchers: ['{first}']
          receiver: team
        - matchers: ['{second}']
          receiver: pager
    """ + textwrap.indent(RECEIVERS, "    ")
    assert told(config, codes=("shadowed-route",)) == ["shadowed-route:7"]
    assert (
        told(config.replace("receiver: team\n        -", "continue: true\n        -"), codes=("shadowed-route",)) == []
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('severity=~"c.*"', 'severity=~"cr.*"'),
        ("severity=critical, team=db", "severity=critical"),
        ("severity=critical", 'severity=~"critical|high"'),
        ('severity=~"critical|high"', "severity!=low"),
        ('severity=~".+"', "team=db"),
    ],
)  # fmt: skip
def test_a_route_that_may_get_something_is_not_shadowed(first, second):
    config = f"""
    route:
      receiver: team
      routes:
        - matchers: ['{first}']
          receiver: team
        - matchers: ['{second}']
          receiver: pager
    """ + textwrap.indent(RECEIVERS, "    ")
    assert told(config, codes=("shadowed-route", "unreachable-route")) == []


def test_several_routes_together_shadow_one_and_what_is_below_it_is_not_told_again():
    config = """
    route:
      receiver: team
      routes:
        - matchers: [severity=critical]
        - matchers: [severity!=critical]
        - matchers: [team=db]
          receiver: pager
          routes:
            - matchers: [team=shop]
    """ + textwrap.indent(RECEIVERS, "    ")  # fmt: skip
    (found,) = findings(config, codes=("shadowed-route", "unreachable-route"))
    assert (found.code, found.place.line, found.level) == ("shadowed-route", 7, "error")
    assert "lines 5, 6 together take every alert" in found.message


def test_a_route_is_shadowed_by_one_before_the_route_above_it():
    config = """
    route:
      receiver: team
      routes:
        - matchers: [severity=critical]
        - matchers: [team=db]
          receiver: pager
          routes:
            - matchers: [severity=critical]
            - matchers: [severity=high]
    """ + textwrap.indent(RECEIVERS, "    ")  # fmt: skip
    assert told(config, codes=("shadowed-route", "unreachable-route")) == ["shadowed-route:9"]


def test_a_route_after_one_that_no_alert_reaches_is_not_shadowed_by_it():
    config = """
    route:
      receiver: team
      routes:
        - matchers: [team=db, team=shop]
        - matchers: [team=db]
          receiver: pager
    """ + textwrap.indent(RECEIVERS, "    ")  # fmt: skip
    assert told(config, codes=("shadowed-route", "unreachable-route")) == ["unreachable-route:5"]


def test_a_route_on_a_label_that_prometheus_adds_itself_is_no_mistake():
    config = """
    route:
      receiver: team
      group_by: [cluster, alertname]
      routes:
        - matchers: [cluster=berlin]
          receiver: pager
        - matchers: [cluster=paris]
          receiver: pager
    """ + textwrap.indent(RECEIVERS, "    ")  # fmt: skip
    known = rules(rule("Down", expr="sum(up) == 0"))
    codes = ("route-matches-nothing", "group-by-unknown-label")
    assert told(config, known, codes=codes) == []
    here = "global: {external_labels: {cluster: berlin}}\nscrape_configs: [{job_name: a}]\n"
    assert told(config, known, here, codes) == ["route-matches-nothing:8"]


def test_alerts_that_are_relabelled_on_the_way_can_have_any_label():
    config = "route:\n  receiver: team\n  routes: [{matchers: [team=db], receiver: pager}]\n" + RECEIVERS
    known = rules(rule("Down", "team: shop"))
    assert told(config, known, codes=("route-matches-nothing",)) == ["route-matches-nothing:3"]
    relabelled = (
        "alerting: {alert_relabel_configs: [{target_label: team, replacement: db}]}\nscrape_configs: [{job_name: a}]\n"
    )
    assert told(config, known, relabelled, codes=("route-matches-nothing",)) == []


def test_a_label_made_by_a_template_can_have_any_value():
    config = "route:\n  receiver: team\n  routes: [{matchers: [team=db], receiver: pager}]\n" + RECEIVERS
    known = rules(rule("Down", 'team: "{{ $labels.team }}"'), rule("Up", "team: shop"))
    assert told(config, known, codes=("route-matches-nothing",)) == []


def test_alerts_of_others_are_not_missed_among_files():
    config = """
    route:
      receiver: team
      routes:
        - matchers: [alertname=Watchdog]
          receiver: pager
        - matchers: [severity=low]
          receiver: pager
    """ + textwrap.indent(RECEIVERS, "    ")  # fmt: skip
    assert told(config, rules(rule("ShopDown")), codes=("route-matches-nothing",)) == []
    near = findings(config.replace("Watchdog", "ShopDwon"), rules(rule("ShopDown")), codes=("route-matches-nothing",))
    assert [(one.place.line, one.certain, one.level) for one in near] == [(5, False, "warning")]
    assert "did you mean 'ShopDown'?" in near[0].message


TO_NOBODY = """
route:
  receiver: team
  routes:
    - matchers: [severity=critical]
      receiver: NAME
      continue: CONTINUE
    - matchers: [team=db]
      receiver: pager
receivers:
  - name: team
    webhook_configs: [{url: "http://chat.shop.test/team"}]
  - name: pager
    pagerduty_configs: [{routing_key_file: /k}]
  - name: NAME
"""


@pytest.mark.parametrize(
    ("name", "goes_on", "labels", "lost"),
    [
        ("oncall", "false", "severity: critical", True),
        ("oncall", "true", "severity: critical", True),
        ("oncall", "true", "severity: critical, team: db", False),
        ("oncall", "false", "severity: critical, team: db", True),
        ("oncall", "false", "severity: high", False),
        ("oncall", "false", "severity: '{{ $labels.severity }}'", False),
        ("oncall", "false", "", False),
        ("dev-null", "false", "severity: critical", False),
        ("blackhole", "false", "severity: critical", False),
    ],
)  # fmt: skip
def test_an_alert_to_nobody_is_found_where_every_end_is_silent(name, goes_on, labels, lost):
    config = TO_NOBODY.replace("NAME", name).replace("CONTINUE", goes_on)
    known = rules(rule("Down", labels, "sum(up) == 0"), rule("Other", "team: shop, severity: low"))
    found = told(config, known, codes=("alert-to-nobody",))
    assert found == (["alert-to-nobody:4"] if lost else [])


def test_a_severity_that_has_its_route_in_some_team_is_not_said_to_have_none():
    config = """
    route:
      receiver: team
      routes:
        - matchers: [team=db, severity=~"page|ticket"]
          receiver: pager
        - matchers: [severity=critical]
          receiver: pager
    """ + textwrap.indent(RECEIVERS, "    ")  # fmt: skip
    known = rules(rule("A", "severity: page, team: db"), rule("B", "severity: page"), rule("C", "severity: warning"))
    assert told(config, known, codes=("severity-without-route",)) == ["severity-without-route:12"]


INHIBIT = "route: {receiver: team}\ninhibit_rules:\n  - {RULE}\n" + RECEIVERS


def inhibition(text, known=""):
    codes = ("inhibits-itself", "inhibit-never", "inhibit-all")
    return [one.partition(":")[0] for one in told(INHIBIT.replace("RULE", text), known, codes=codes)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("source_matchers: [a=x], target_matchers: [a=x], equal: [b]", ["inhibits-itself"]),
        ("source_matchers: [a=~x|y], target_matchers: [a=~y|x], equal: [b]", ["inhibits-itself"]),
        # two of a kind leave each other alone; those that are only targets are muted
        ("source_matchers: [a=x], target_matchers: [a=~x|y], equal: [b]", []),
        ("source_matchers: [a=~x|y], target_matchers: [a=x], equal: [b]", []),
        ("source_matchers: [a=x], target_matchers: [a=y], equal: [a]", ["inhibit-never"]),
        ("source_matchers: [a=x], target_matchers: [a!=x], equal: [a, b]", ["inhibit-never"]),
        ("source_matchers: [a=x, a=y], target_matchers: [b=y], equal: [c]", ["inhibit-never"]),
        ("source_matchers: [a=x], target_matchers: [a=~x.*, b=y], equal: [a]", []),
        ("source_matchers: [a=x], target_matchers: [a=y]", ["inhibit-all"]),
        ("source_matchers: [a=x], target_matchers: [a=y], equal: []", []),
        ("target_matchers: [a=y], equal: [b]", ["inhibit-all"]),
        ("source_matchers: [alertname=SiteDown], target_matchers: [a=y]", []),
        ("target_matchers: [alertname=InfoInhibitor]", []),
        ("source_match: {a: x}, target_match: {a: y}, equal: [c]", []),
    ],
)  # fmt: skip
def test_inhibition_is_told_as_alertmanager_does_it(text, found):
    assert inhibition(text) == found


def test_a_label_that_both_lack_is_equal():
    known = rules(rule("A", "severity: critical", "sum(x) > 1"), rule("B", "severity: high", "sum(x) > 2"))
    here = "scrape_configs: [{job_name: a}]\n"
    text = INHIBIT.replace(
        "RULE", "source_matchers: [severity=critical], target_matchers: [severity=high], equal: [node]"
    )
    assert told(text, known, here, codes=("inhibit-never",)) == []
    assert told(text.replace("node", "alertname"), known, here, codes=("inhibit-never",)) == []
    apart = known.replace("critical", "critical, zone: a").replace("high", "high, zone: b")
    (found,) = findings(text.replace("node", "zone"), apart, here, codes=("inhibit-never",))
    assert (found.certain, found.level) == (False, "note")


def test_timers_are_those_a_route_inherits():
    config = """
    route:
      receiver: team
      group_interval: 10m
      routes:
        - matchers: [a=x]
          repeat_interval: 5m
        - matchers: [a=y]
          repeat_interval: 25m
        - matchers: [a=z]
          repeat_interval: 1h
          routes:
            - matchers: [b=x]
    """ + textwrap.indent(RECEIVERS, "    ")  # fmt: skip
    found = findings(config, codes=("repeat-below-group",))
    assert [(one.place.line, one.level) for one in found] == [(7, "warning"), (9, "note")]
    assert "it repeats every 30m" in found[1].message


def muted(interval, key="mute_time_intervals", more=""):
    config = f"""
    route:
      receiver: team
      routes:
        - matchers: [a=x]
          {key}: [i]
          {more}
    time_intervals:
      - name: i
        time_intervals: {interval}
      - name: j
        time_intervals: [weekdays: [monday]]
    """ + textwrap.indent(RECEIVERS, "    ")
    return told(config, codes=("muted-always",)) == ["muted-always:6"]


@pytest.mark.parametrize(
    "interval",
    [
        "[{}]",
        "[location: Europe/Berlin]",
        "[times: [{start_time: '00:00', end_time: '24:00'}]]",
        "[times: [{start_time: '12:00', end_time: '24:00'}, {start_time: '00:00', end_time: '13:00'}]]",
        "[weekdays: ['sunday:saturday'], days_of_month: ['1:-1'], months: ['1:12']]",
        "[{weekdays: [saturday, sunday]}, {weekdays: ['monday:friday']}]",
        "[{days_of_month: ['1:15']}, {days_of_month: ['16:-1']}]",
    ],
)  # fmt: skip
def test_a_route_muted_in_all_time_is_found(interval):
    assert muted(interval)
    assert not muted(interval, "active_time_intervals")


@pytest.mark.parametrize(
    "interval",
    [
        "[years: ['2020:2090']]",
        "[times: [{start_time: '00:00', end_time: '23:59'}]]",
        "[weekdays: ['monday:saturday']]",
        "[days_of_month: ['1:30']]",
        "[days_of_month: ['1:-2']]",
        "[{days_of_month: ['1:15'], location: UTC}, {days_of_month: ['16:31'], location: Asia/Tokyo}]",
    ],
)  # fmt: skip
def test_a_route_that_is_heard_at_times_is_not_said_to_be_muted(interval):
    assert not muted(interval)
    assert not muted(interval, "active_time_intervals")


@pytest.mark.parametrize(
    "interval", ["[]", "[{days_of_month: [31], months: [february, april]}]", "[{days_of_month: [30], months: [2]}]"]
)
def test_a_route_active_in_no_time_is_found(interval):
    assert muted(interval, "active_time_intervals")
    assert not muted(interval)


def test_a_route_muted_when_it_is_active_is_found():
    assert muted("[weekdays: [monday]]", more="active_time_intervals: [i]")
    assert not muted("[weekdays: [monday]]", more="active_time_intervals: [i, j]")
    assert not muted("[weekdays: [monday]]", more="active_time_intervals: [j]")


def test_29_february_is_a_day():
    assert not muted("[{days_of_month: [29], months: [2]}]", "active_time_intervals")


SECRETS = [
    ("slack_configs: [{api_url: 'https://hooks.slack.com/services/T0/B0/abc'}]", True),
    ("slack_configs: [{api_url: 'https://hooks.slack.com/services/xxxx'}]", False),
    ("slack_configs: [{api_url: '${SLACK_URL}'}]", False),
    ("slack_configs: [{api_url: '<slack url>'}]", False),
    ("slack_configs: [{api_url_file: /k}]", False),
    ("pagerduty_configs: [{routing_key: 0123456789abcdef}]", True),
    ("pagerduty_configs: [{routing_key: 'YOUR_KEY'}]", False),
    ("pagerduty_configs: [{routing_key: mysecret}]", False),
    ("email_configs: [{to: a, from: b, smarthost: 'c:1', auth_password: yourpassword}]", False),
    ("pagerduty_configs: [{routing_key_file: /k, client: me}]", False),
    ("webhook_configs: [{url: 'http://10.0.0.1/hook'}]", False),
    ("webhook_configs: [{url: 'https://me:hunter2@hooks.shop.test/'}]", True),
    ("webhook_configs: [{url: 'https://discord.com/api/webhooks/1/abc'}]", True),
    ("webhook_configs: [{url: 'http://a.test/?token=abcdefgh1'}]", True),
    ("webhook_configs: [{url: 'http://a.test/', http_config: {basic_auth: {username: u, password: hunter2}}}]", True),
    ("webhook_configs: [{url: 'http://a.test/', http_config: {authorization: {credentials_file: /k}}}]", False),
    ("telegram_configs: [{bot_token: '1:a', chat_id: 5}]", True),
    ("telegram_configs: [{bot_token_file: /k, chat_id: 5}]", False),
    ("victorops_configs: [{api_key_file: /k, routing_key: team}]", False),
    ("email_configs: [{to: a, from: b, smarthost: 'c:1', auth_password: hunter2}]", True),
]


@pytest.mark.parametrize(("receiver", "found"), SECRETS)
def test_a_secret_in_the_file_is_found_and_not_told(receiver, found):
    config = f"route: {{receiver: a}}\nreceivers:\n  - name: a\n    {receiver}\n"
    told_ = findings(config, codes=("secret-in-clear",))
    assert bool(told_) == found
    assert not any(secret in f"{one.message}{one.fix}" for one in told_ for secret in ("hunter2", "abc", "0123"))


def test_a_secret_of_the_global_section_is_found():
    config = (
        "global: {slack_api_url: 'https://hooks.slack.com/services/T/B/a', smtp_from: a@b}\nroute: {receiver: team}"
        + RECEIVERS
    )
    assert told(config, codes=("secret-in-clear",)) == ["secret-in-clear:1"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("match: {severity: critical}", "matchers: ['severity=\"critical\"']"),
        ("match:\n        a: critical\n        team: it's", "matchers: ['a=\"critical\"', 'team=\"it''s\"']"),
        ("match_re: {severity: crit|page}", "matchers: ['severity=~\"crit|page\"']"),
        ("match_re:\n        path: \\d+", "matchers: ['path=~\"\\\\d+\"']"),
    ],
)  # fmt: skip
def test_old_matchers_are_mended_to_the_same(old, new):
    text = f"route:\n  receiver: team\n  routes:\n    - {old}\n      receiver: pager\n{RECEIVERS}"
    (found,) = findings(text, codes=("deprecated-match",))
    fixed = apply("alertmanager.yml", text, [found.edit])
    assert fixed.after == text.replace(old, new)
    before, after = (alertmanager.read(one, "a").route.routes[0].matchers for one in (text, fixed.after))
    assert [one.matches(value) for one in before for value in ("critical", "it's", "12", "crit", "x")] == [
        one.matches(value) for one in after for value in ("critical", "it's", "12", "crit", "x")
    ]


@pytest.mark.parametrize(
    "old",
    [
        "match: {a: x}\n      match_re: {b: y}",
        "match: {a: x}\n      matchers: [b=y]",
        "match:  # why\n        # because\n        a: x",
        "match: &m {a: x}",
    ],
)
def test_old_matchers_that_cannot_be_mended_alone_are_left(old):
    text = f"route:\n  receiver: team\n  routes:\n    - {old}\n      receiver: pager\n{RECEIVERS}"
    (found,) = findings(text, codes=("deprecated-match",))
    assert found.edit is None


def test_a_mended_continue_reads_the_same():
    text = f"route:\n  receiver: team\n  routes:\n    - continue: true\n      receiver: pager\n{RECEIVERS}"
    (found,) = findings(text, codes=("continue-at-end",))
    assert "continue: false" in apply("alertmanager.yml", text, [found.edit]).after


VALUES = ["", "x", "y", "other"]
MATCHERS = st.lists(
    st.builds(Matcher, st.sampled_from("ab"), st.sampled_from(["=", "!="]), st.sampled_from(VALUES[:3]))
    | st.builds(Matcher, st.sampled_from("ab"), st.sampled_from(["=~", "!~"]), st.sampled_from(["x|y", ".+", "x.*"])),
    max_size=2,
).map(tuple)
ROUTE = st.recursive(
    st.builds(Route, matchers=MATCHERS, continue_=st.booleans()),
    lambda below: st.builds(
        Route, matchers=MATCHERS, continue_=st.booleans(), routes=st.lists(below, max_size=3).map(tuple)
    ),
    max_leaves=8,
)
WORLD = [dict(zip("ab", values, strict=True)) for values in itertools.product(VALUES, repeat=2)]


def reached(config, labels):
    return {route.id for route in alertmanager.match(config, labels)}


def with_ids(config):
    """Each node of the checks with the id that routing gives it."""
    root = tree(config)
    resolved = alertmanager.resolve(config)
    waiting = [(root, resolved)]
    while waiting:
        node, route = waiting.pop()
        yield node, route.id
        waiting.extend(zip(node.children, route.routes, strict=True))


@settings(deadline=None, max_examples=300)
@given(st.lists(ROUTE, max_size=4).map(tuple))
def test_no_alert_comes_to_a_route_that_is_said_to_be_dead(routes):
    config = AlertmanagerConfig(route=Route(receiver="r", routes=routes), receivers=(Receiver(name="r"),))
    ids = {identity for labels in WORLD for identity in reached(config, labels)}
    for node, identity in with_ids(config):
        if node.dead:
            assert identity not in ids
        elif not node.children and "x.*" not in str(routes):
            assert identity in ids


@settings(deadline=None, max_examples=200)
@given(st.lists(ROUTE, max_size=4).map(tuple), st.sampled_from(WORLD))
def test_an_alert_ends_only_where_it_is_said_it_can(routes, labels):
    config = AlertmanagerConfig(route=Route(receiver="r", routes=routes), receivers=(Receiver(name="r"),))
    own = ", ".join(f"{name}: {value}" for name, value in labels.items() if value)
    facts, _ = facts_of_texts(
        {
            "rules.yml": rules(rule("A", own, "vector(1)")),
            "prometheus.yml": "scrape_configs: [{job_name: a}]\n",
        }
    )
    root = tree(config)
    ids = dict(with_ids_of(root, config))
    (one,) = ends(facts, root)
    assert reached(config, {"alertname": "A", **labels}) == {ids[id(node)] for node in one.nodes}


def with_ids_of(root, config):
    waiting = [(root, alertmanager.resolve(config))]
    while waiting:
        node, route = waiting.pop()
        yield id(node), route.id
        waiting.extend(zip(node.children, route.routes, strict=True))


def test_a_value_in_single_quotes_is_told_once_and_as_nothing_else():
    config = """
    route:
      receiver: team
      routes:
        - matchers: ["severity='critical'"]
          receiver: pager
          routes:
            - matchers: [team="db"]
    """
    assert told(config + textwrap.indent(RECEIVERS, "    "), rules(rule("Down"))) == ["quoted-matcher:5"]


def test_a_route_that_is_proposed_can_be_written_so():
    config = """
    route:
      receiver: team
      routes:
        - matchers: [severity="critical"]
          receiver: pager
    """
    found = findings(config + textwrap.indent(RECEIVERS, "    "), rules(rule("Down", "severity: page"), rule("Dead")))
    (one,) = [one for one in found if one.code == "severity-without-route"]
    assert one.fix == 'write a route with severity="page", or a severity that has one'


def test_alerts_that_nobody_is_told_of_are_named_once():
    config = """
    route: {receiver: oncall}
    receivers: [{name: oncall}]
    """
    (one,) = findings(config, rules(rule("Down")), codes=("alert-to-nobody",))
    assert one.message.endswith("which has no integration, so nobody is told")
    (one,) = findings(config, rules(rule("Down"), rule("Dead")), codes=("alert-to-nobody",))
    assert one.message.endswith("so nobody is told of Down, Dead")
