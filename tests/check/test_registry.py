"""Which checks there are and which of them are wanted."""

from __future__ import annotations

import subprocess
import sys

import pytest

from vedette.check import registry
from vedette.check.check import Check, Example
from vedette.check.registry import Choice
from vedette.errors import ConfigError

NOTHING = Example("rules.yml", "groups: []\n")


def check(code, about="alerts", **given):
    return Check(
        code=code, about=about, level="warning", find=lambda _: iter(()), bad=NOTHING, good=NOTHING, **given
    )  # fmt: skip


CHECKS = {
    "never-fires": check("never-fires"),
    "often-wrong": check("often-wrong", on=False),
    "rate-of-gauge": check("rate-of-gauge", "queries"),
}


@pytest.fixture(autouse=True)
def three(monkeypatch):
    monkeypatch.setattr(registry, "families", lambda: {code: one.about for code, one in CHECKS.items()})
    monkeypatch.setattr(registry, "find", CHECKS.__getitem__)


def codes(**given):
    return [one.code for one in Choice(**given).checks()]


def test_what_is_off_runs_only_when_it_is_asked_for():
    assert codes() == ["never-fires", "rate-of-gauge"]
    assert codes(everything=True) == ["never-fires", "often-wrong", "rate-of-gauge"]
    assert codes(select=("often-wrong",)) == ["often-wrong"]


def test_a_family_stands_for_all_in_it():
    assert codes(select=("queries",)) == ["rate-of-gauge"]
    assert codes(ignore=("alerts",)) == ["rate-of-gauge"]
    assert codes(select=("alerts",), ignore=("often-wrong",)) == ["never-fires"]


def test_what_no_check_finds_is_told_unless_it_is_ignored_by_name():
    assert Choice(select=("never-fires",)).wants("internal")
    assert not Choice(ignore=("internal",)).wants("internal")
    assert not Choice(select=("never-fires",)).wants("rate-of-gauge")


def test_a_misspelt_code_is_refused_with_the_one_that_is_near():
    with pytest.raises(ConfigError, match=r"there is no check 'rate-of-guage'; did you mean 'rate-of-gauge'\?"):
        Choice(ignore=("rate-of-guage",))
    with pytest.raises(ConfigError, match="`vedette check --list` shows all"):
        Choice(select=("zzz",))


def test_listing_the_codes_imports_none_of_the_checks():
    code = (
        "import sys; from vedette.check.registry import families; families()\n"
        "print([name for name in sys.modules if name.startswith('vedette.check.') and name.count('.') > 2])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"
