"""Inhibition mutes exactly the targets whose source fires."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.alerting.delivery import AlertRecord
from vedette.alerting.inhibit import Inhibitor
from vedette.formats.alertmanager import InhibitRule, parse_matchers
from vedette.formats.alerts import fingerprint
from vedette.promql.labels import get, labels

NOW = 1000
RULE = InhibitRule(
    source_matchers=parse_matchers('severity="critical"'),
    target_matchers=parse_matchers('severity=~"warning|critical"'),
    equal=("zone",),
)


def record(ends_at: int = 2000, **pairs: str) -> AlertRecord:
    own = labels(pairs)
    return AlertRecord(
        fingerprint=fingerprint(own), labels=own, annotations={}, starts_at=0, ends_at=ends_at, updated_at=0
    )


def muted(rule: InhibitRule, sources: list[AlertRecord], target: AlertRecord, now: int = NOW) -> str:
    inhibitor = Inhibitor([rule])
    for source in sources:
        inhibitor.update(source)
    return inhibitor.muted_by(target.labels, now)


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ({"severity": "critical", "zone": "a"}, {"severity": "warning", "zone": "a"}, True),
        ({"severity": "critical", "zone": "a"}, {"severity": "warning", "zone": "b"}, False),
        ({"severity": "critical"}, {"severity": "warning"}, True),
        ({"severity": "critical", "zone": "a"}, {"severity": "info", "zone": "a"}, False),
        ({"severity": "critical", "zone": "a"}, {"severity": "critical", "zone": "a", "n": "2"}, False),
    ],
    ids=["equal zone", "other zone", "no zone on both", "no target", "both are sources"],
)
def test_a_target_is_muted_by_a_source_with_the_same_equal_labels(source, target, expected):
    assert bool(muted(RULE, [record(**source)], record(**target))) is expected


def test_an_alert_does_not_mute_itself():
    alert = record(severity="critical", zone="a")
    assert muted(RULE, [alert], alert) == ""


def test_a_source_that_resolved_mutes_no_longer():
    source = record(severity="critical", zone="a", ends_at=NOW)
    assert muted(RULE, [source], record(severity="warning", zone="a")) == ""


def test_one_of_two_sources_resolving_leaves_the_other_muting():
    # the index of Alertmanager 0.30 and later keeps one source per equal set and lets the target through here
    inhibitor = Inhibitor([RULE])
    first, second = (
        record(5000, severity="critical", zone="a", n="1"),
        record(3000, severity="critical", zone="a", n="2"),
    )
    inhibitor.update(first)
    inhibitor.update(second)
    inhibitor.update(record(NOW, severity="critical", zone="a", n="1"))
    assert inhibitor.muted_by(record(severity="warning", zone="a").labels, NOW) == second.fingerprint


def test_a_two_sided_source_does_not_hide_a_one_sided_one():
    # likewise wrong there: the indexed source also matches the target side, and the one-sided one is not looked at
    rule = InhibitRule(
        source_matchers=parse_matchers('kind=~"s|st"'), target_matchers=parse_matchers('kind=~"t|st"'), equal=()
    )
    sources = [record(kind="st", n="1"), record(kind="s", n="2")]
    assert muted(rule, sources, record(kind="st", n="3")) == sources[1].fingerprint


def test_a_forgotten_source_leaves_nothing_behind():
    inhibitor = Inhibitor([RULE])
    source = record(severity="critical", zone="a")
    inhibitor.update(source)
    inhibitor.forget(source)
    assert inhibitor.muted_by(record(severity="warning", zone="a").labels, NOW) == ""
    assert inhibitor._indexes[0].sources == {}


KINDS = st.sampled_from(["s", "t", "st", ""])
ALERTS = st.lists(
    st.tuples(KINDS, st.sampled_from("ab"), st.sampled_from("123"), st.sampled_from([500, 2000])), max_size=8
)


@given(ALERTS, KINDS, st.sampled_from("ab"))
def test_the_index_says_what_looking_at_every_alert_says(sources, kind, zone):
    rule = InhibitRule(
        source_matchers=parse_matchers('kind=~"s|st"'), target_matchers=parse_matchers('kind=~"t|st"'), equal=("zone",)
    )
    records = {one.fingerprint: one for k, z, n, ends in sources for one in [record(ends, kind=k, zone=z, n=n)]}
    target = record(kind=kind, zone=zone, n="target")
    inhibitor = Inhibitor([rule])
    for k, z, n, ends in sources:
        inhibitor.update(record(ends, kind=k, zone=z, n=n))
    expected = kind in ("t", "st") and any(
        one.ends_at > NOW
        and get(one.labels, "zone") == zone
        and get(one.labels, "kind") in (("s",) if kind == "st" else ("s", "st"))
        for one in records.values()
    )
    assert bool(inhibitor.muted_by(target.labels, NOW)) is expected
