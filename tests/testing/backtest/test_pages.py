"""Pages are the notifications with something new that our Alertmanager's twin sends for the same alerts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.alerting.script import BASE, Push, Stage

from vedette.formats.alertmanager import read
from vedette.promql.labels import labels
from vedette.testing.backtest import Episode
from vedette.testing.backtest.pages import pages

CONFIG = """
route:
  receiver: team
  group_by: [alertname]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 30d
  routes:
    - {receiver: oncall, matchers: ['severity="critical"'], group_by: ['...'], group_wait: 10s, continue: true}
    - {receiver: all, matchers: ['severity=~"critical|high"'], group_by: [severity], group_interval: 3m}
receivers:
  - {name: team, webhook_configs: [{url: 'http://team.test'}]}
  - {name: oncall, webhook_configs: [{url: 'http://oncall.test'}]}
  - {name: all, webhook_configs: [{url: 'http://all.test'}]}
"""
HOUR = 3600


def of(name: str, severity: str, number: int) -> dict[str, str]:
    return {"alertname": name, "severity": severity, "instance": str(number)}


def sent_as_pages(stage: Stage) -> list[tuple[float, str, frozenset[str]]]:
    """The notifications with an alert that the one before in their group did not have."""
    known: dict[tuple[str, str], set[str]] = {}
    found = []
    for sent in stage.sent:
        key = sent.receiver, sent.body["groupKey"]
        firing = {str(sorted(one["labels"].items())) for one in sent.body["alerts"] if one["status"] == "firing"}
        fresh = {one for one in firing if one not in known.get(key, set())}
        if fresh:
            names = {
                one["labels"]["alertname"] for one in sent.body["alerts"] if str(sorted(one["labels"].items())) in fresh
            }
            found.append((sent.at, sent.receiver, frozenset(names)))
        known[key] = firing
    return sorted(found, key=lambda one: (one[0], one[1], sorted(one[2])))


# evaluations are minutes apart, and an alert that is over comes back no sooner than at the next one
SPANS = st.lists(st.tuples(st.integers(0, 100), st.integers(1, 30)), min_size=1, max_size=3)


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["Slow", "Down"]), st.sampled_from(["critical", "high", "low"]), st.integers(0, 2)),
        SPANS,
        min_size=1,
        max_size=6,
    )
)
def test_pages_are_what_alertmanagers_twin_sends(alerts):
    episodes, pushes = [], []
    for who, spans in alerts.items():
        at = 0
        for wait, length in spans:
            start, end = 60 * (at + wait), 60 * (at + wait + length)
            at += wait + length + 1
            episodes.append(Episode(labels(of(*who)), BASE + 1000 * start, BASE + 1000 * start, BASE + 1000 * end))
            pushes.append(Push(start, of(*who), start=start, end=10 * 24 * HOUR))
            pushes.append(Push(end, of(*who), start=start, end=end))
    stage = Stage(CONFIG)
    stage.run(pushes, until=8 * HOUR)
    found = pages(episodes, read(CONFIG, "alertmanager.yml"), BASE, BASE + 8 * HOUR * 1000)
    mine = sorted(
        (((page.time - BASE) / 1000, page.receiver, frozenset(page.alerts)) for page in found),
        key=lambda one: (one[0], one[1], sorted(one[2])),
    )
    assert mine == sent_as_pages(stage)


def test_the_severity_of_a_page_is_the_worst_of_what_is_new():
    config = read("{route: {receiver: r, group_by: [job]}, receivers: [{name: r}]}", "alertmanager.yml")
    both = [Episode(labels({"alertname": s, "severity": s}), 0, 0, 600_000) for s in ("low", "odd", "high")]
    (page,) = pages(both, config, 0, 10**9)
    assert (page.time, page.receiver, page.severity, page.alerts) == (30_000, "r", "high", ("high", "low", "odd"))


def test_what_was_only_pending_or_fires_after_the_end_pages_nobody():
    config = read("{route: {receiver: r}, receivers: [{name: r}]}", "alertmanager.yml")
    pending = Episode(labels({"alertname": "A"}), 0, None, 60_000)
    late = Episode(labels({"alertname": "B"}), 0, 990_000, None)
    assert pages([pending, late], config, 0, 1_000_000) == []
