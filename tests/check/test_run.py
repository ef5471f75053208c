"""All checks over the facts: the order, what is found twice, and a check that fails."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vedette.check import registry
from vedette.check.check import Check, Example
from vedette.check.facts import Facts, Group
from vedette.check.finding import Finding
from vedette.check.registry import Choice
from vedette.check.run import ordered, run
from vedette.place import Place

NOTHING = Example("rules.yml", "groups: []\n")
GROUP = Group(name="shop", file="rules.yml", interval=None, place=Place("rules.yml", 2, 5))
FACTS = Facts(kind="foreign", groups=(GROUP,))


def finding(code="one", file="rules.yml", line=1, column=0, message="it is wrong"):
    place = Place(file, line, column)
    return Finding(code=code, level="warning", place=place, subject="alert A", message=message, fix="write it so")


def install(monkeypatch, **found):
    """Checks of these codes with these functions."""
    checks = {
        code: Check(code=code, about="alerts", level="error", find=find, bad=NOTHING, good=NOTHING)
        for code, find in found.items()
    }
    monkeypatch.setattr(registry, "families", lambda: dict.fromkeys(checks, "alerts"))
    monkeypatch.setattr(registry, "find", checks.__getitem__)


def test_findings_come_by_file_line_column_and_code():
    given = [
        finding(file="z.yml"), finding(line=10), finding(line=9, column=4), finding(line=9, column=10),
        finding(line=9, column=4, code="another"), finding(line=9, column=4, message="and this"),
    ]  # fmt: skip
    told = [(one.place.file, one.place.line, one.place.column, one.code, one.message) for one in ordered(given)]
    assert told == sorted(told)
    assert ordered(given) == ordered(reversed(given))


def test_what_is_found_twice_is_told_once():
    assert ordered([finding(), finding(), finding(line=2)]) == [finding(), finding(line=2)]


def test_what_is_told_of_a_line_is_not_told_again_without_its_column():
    exact, vague = finding(column=4), finding()
    assert ordered([vague, exact]) == [exact]
    assert ordered([vague, finding(line=2, column=4)]) == [vague, finding(line=2, column=4)]
    assert ordered([vague, finding(column=4, message="another")])[0] == vague


def test_a_check_that_fails_is_a_finding_and_keeps_what_it_found_before(monkeypatch):
    def broken(_):
        yield finding("broken")
        raise ZeroDivisionError("float division by zero\nand more")

    install(monkeypatch, broken=broken, works=lambda _: iter([finding("works", line=7)]))
    first, second, third = run(FACTS)
    assert (first.code, second.code, third.code) == ("broken", "internal", "works")
    assert second.level == "error"
    assert second.place == GROUP.place
    assert "the check 'broken' itself failed" in second.message
    assert "ZeroDivisionError: float division by zero (test_run.py:" in second.message
    assert "--ignore broken" in second.fix


def test_endless_recursion_of_a_check_is_a_finding_too(monkeypatch):
    def deep(facts):
        yield from deep(facts)

    install(monkeypatch, deep=deep)
    assert [one.code for one in run(Facts(kind="foreign"))] == ["internal"]


def test_a_check_of_declarations_does_not_run_on_files_alone(monkeypatch):
    def never(_):
        raise AssertionError

    check = Check(
        code="declared", about="metrics", level="error", find=never, bad=NOTHING, good=NOTHING, declared_only=True
    )  # fmt: skip
    monkeypatch.setattr(registry, "families", lambda: {"declared": "metrics"})
    monkeypatch.setattr(registry, "find", lambda _: check)
    assert run(FACTS) == []
    assert [one.code for one in run(Facts(kind="declared"))] == ["internal"]


@pytest.mark.parametrize(("choice", "told"), [(Choice(), 1), (Choice(ignore=("internal",)), 0)])
def test_what_was_found_on_the_way_is_told_unless_it_is_not_wanted(monkeypatch, choice, told):
    install(monkeypatch)
    assert len(run(FACTS, [finding("internal")], choice=choice)) == told


def test_what_an_alert_and_the_panel_that_is_drawn_from_it_have_in_common_is_told_once():
    def of(subject, message="bad", column=4):
        return replace(finding(column=column, message=message), subject=subject)

    alert = of("alert Slow")
    assert ordered([of("panel Slow of dashboard Shop", "bad, too"), alert]) == [alert]
    other = of("panel Slow of dashboard Shop", column=5)
    assert ordered([other, alert]) == [alert, other]
