"""Rules of packs keep ``job``; alerts need it where several services use the pack."""

from __future__ import annotations

import pytest
from tests.check.declared_stacks import check

STACK = """\
def services(*names):
    return [Service(name, ["a:1"], [own]) for name in names]
own = Pack("own", panels=[Panel("P", "up")],
    {rule})
stack = Stack(name="s", services=services({names}))
"""
ONE, TWO = '"shop"', '"shop", "web"'


def found(folder, rule, names):
    findings = check(folder, STACK.format(rule=rule, names=names), "drops-job", "alert-drops-job", "dropped-label")
    return [(one.code, one.level, one.place.line) for one in findings]


def alert(expr):
    return f'alerts=[Alert("A", {expr!r}, severity="low", summary="s")]'


def recording(expr):
    return f'recordings=[Recording("job:x:y", {expr!r})]'


@pytest.mark.parametrize(
    ("expr", "level"),
    [
        ("sum(up) > 1", "error"),
        ("sum by (instance) (up) > 1", "error"),
        ("absent(up)", "error"),
        ("sum by (job) (up) > 1 or vector(1)", "warning"),
        ("up / on (instance) up > 1", "error"),
        ("sum by (job) (up) > 1", None),
        ("up > 1 and on (job) sum by (job) (up) > 2", None),
        ('absent(up{job="shop"})', None),
        ("{__name__='up'} > 1", None),
    ],
)
def test_an_alert_of_several_services_says_which(tmp_path, expr, level):
    assert found(tmp_path, alert(expr), TWO) == ([] if level is None else [("alert-drops-job", level, 6)])


def test_an_alert_of_one_service_need_not(tmp_path):
    assert found(tmp_path, alert("sum(up) > 1"), ONE) == []


@pytest.mark.parametrize("names", [ONE, TWO])
def test_a_recording_always_says_whose_it_is(tmp_path, names):
    assert found(tmp_path, recording("sum(up)"), names) == [("drops-job", "error", 6)]
    assert found(tmp_path, recording("sum by (job) (up) or sum(up)"), names) == [("drops-job", "warning", 6)]
    assert found(tmp_path, recording("max by (job, instance) (up)"), names) == []
