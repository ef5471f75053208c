"""Findings that were there before, and until when they may stay."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest

from vedette.check.baseline import Baseline, excuse, fingerprint, parse, render, renewed
from vedette.check.finding import Finding
from vedette.errors import ConfigError
from vedette.place import Place

TODAY = dt.date(2027, 1, 10)
UNTIL = dt.date(2027, 1, 31)
FINDING = Finding(
    code="slow", level="error", place=Place("rules.yml", 3, 5), subject="alert A", message="it is slow", fix="mend it"
)
OTHER = replace(FINDING, code="wrong-unit", message="ms against s")


def written(*findings):
    """A baseline of these, through its file."""
    made = renewed(findings, Baseline("base.json"), TODAY, reason="since ever", expires=UNTIL)
    return parse(render(made), "base.json")


def excused(findings, baseline, today=TODAY, ran=("slow", "wrong-unit"), looked_at=lambda _: True):
    return excuse(findings, baseline, today, ran, looked_at)


def test_what_was_there_is_excused_and_what_is_new_is_not():
    told, hidden = excused([FINDING, OTHER], written(FINDING))
    assert told == [OTHER]
    assert [(one.finding, one.reason) for one in hidden] == [(FINDING, "since ever")]


def test_it_holds_while_lines_move_in_the_message_too():
    before = replace(FINDING, message="it is slow, as in line 7 and rules.yml:12:3")
    after = replace(before, place=Place("rules.yml", 90), message="it is slow, as in line 70 and rules.yml:99:1")
    assert excused([after], written(before))[0] == []


@pytest.mark.parametrize(
    "change",
    [{"message": "it is slower"}, {"subject": "alert B"}, {"place": Place("b.yml", 3)}, {"code": "wrong-unit"}],
)
def test_another_code_file_subject_or_message_is_another_finding(change):
    told, hidden = excused([replace(FINDING, **change)], written(FINDING))
    assert told[0] == replace(FINDING, **change)
    assert hidden == []


def test_it_excuses_on_its_last_day_and_no_longer_and_says_so():
    baseline = written(FINDING)
    assert excused([FINDING], baseline, UNTIL)[0] == []
    told, hidden = excused([FINDING], baseline, UNTIL + dt.timedelta(days=1))
    assert hidden == []
    assert [one.message for one in told] == ["it is slow; the baseline excused it until 2027-01-31 (since ever)"]
    assert told[0].level == "error"


def test_as_many_are_excused_as_there_were():
    twice = [FINDING, replace(FINDING, place=Place("rules.yml", 9))]
    third = replace(FINDING, place=Place("rules.yml", 20))
    told, hidden = excused([*twice, third], written(*twice))
    assert told == [third]
    assert len(hidden) == 2


def test_an_entry_that_matches_nothing_is_told_with_its_line():
    (told,) = excused([FINDING], written(FINDING, OTHER))[0]
    assert (told.code, told.level, told.place) == ("baseline", "note", Place("base.json", 5))
    assert "'wrong-unit' of alert A in rules.yml, and nothing is found" in told.message
    (told,) = excused([FINDING], written(FINDING, FINDING))[0]
    assert "excuses 2 'slow' of alert A in rules.yml, and only 1 is found" in told.message


def test_an_entry_is_not_told_where_nobody_looked():
    assert excused([], written(FINDING), ran=("wrong-unit",))[0] == []
    assert excused([], written(FINDING), looked_at=lambda file: file != "rules.yml")[0] == []


def test_writing_it_anew_keeps_reasons_and_days_that_hold_and_drops_what_is_mended():
    before = written(FINDING, OTHER)
    later = dt.date(2028, 1, 1)
    third = replace(FINDING, subject="alert C")
    new = renewed([FINDING, third], before, TODAY, reason="new", expires=later)
    assert [(one.subject, one.reason, one.expires) for one in new.entries] == [
        ("alert A", "since ever", UNTIL),
        ("alert C", "new", later),
    ]
    expired = renewed([FINDING], before, UNTIL + dt.timedelta(days=1), reason="again", expires=later)
    assert [(one.reason, one.expires) for one in expired.entries] == [("again", later)]


def test_what_is_said_of_comments_and_of_the_baseline_cannot_be_put_into_it():
    assert written(replace(FINDING, code="ignore"), replace(FINDING, code="internal")).entries == ()


def test_the_file_has_an_entry_a_line_in_an_order_that_does_not_change():
    made = renewed([OTHER, FINDING], Baseline("b.json"), TODAY, reason="größer", expires=UNTIL)
    again = renewed([FINDING, OTHER], Baseline("b.json"), TODAY, reason="größer", expires=UNTIL)
    assert render(made) == render(again)
    assert [line.count('"code"') for line in render(made).splitlines()] == [0, 0, 0, 1, 1, 0, 0]
    assert "größer" in render(made)
    assert parse(render(Baseline("b.json")), "b.json").entries == ()


def test_the_fingerprint_is_short_and_of_the_message_alone():
    assert fingerprint(FINDING) == fingerprint(replace(FINDING, subject="x", place=Place("y", 1)))
    assert len(fingerprint(FINDING)) == 12


def entry(**changed):
    """A file with one entry."""
    plain = {
        "code": "a",
        "file": "b",
        "subject": "c",
        "message": "d",
        "reason": "e",
        "expires": "2027-01-31",
        **changed,
    }
    return json.dumps({"version": 1, "findings": [plain]})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "base.json"),
        ("{", "base.json:1:2: not JSON"),
        ('{"version": 2, "findings": []}', "version: is not 1"),
        ('{"version": 1, "findings": [{"code": "a"}]}', "findings[0].file: is missing"),
        ('{"version": 1, "finds": []}', "finds: unknown key"),
        (entry(expires="31.1.2027"), "findings[0].expires: is '31.1.2027'; write a day such as 2027-01-31"),
        (entry(reason=" "), "findings[0].reason: is empty; say why this may stay"),
        (entry(when=1), "findings[0].when: unknown key"),
    ],
)
def test_a_mistake_in_the_file_names_the_file_and_the_key(text, says):
    with pytest.raises(ConfigError) as caught:
        parse(text, "base.json")
    assert "base.json" in str(caught.value)
    assert says in str(caught.value)
