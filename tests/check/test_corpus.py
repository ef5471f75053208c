"""Rules in the wild: everything is read, and what is found there is confirmed over series that are made up for it."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.check.seeded.evidence import answers, without_conditions

from vedette.check.foreign import facts_of_paths
from vedette.check.run import run
from vedette.promql.labels import get

if TYPE_CHECKING:
    from vedette.check.facts import Alert, Facts
    from vedette.check.finding import Finding

DATA = os.environ.get("VEDETTE_DATA", "")
CORPUS = Path(DATA, "alert-rules")
pytestmark = pytest.mark.skipif(not DATA, reason="VEDETTE_DATA names no folder of published data")

EMPTY = {"never-true", "impossible-threshold", "join-never-matches"}
"""Findings that say that a query, or the side of it that they name, never yields anything."""


@pytest.fixture(scope="module")
def found() -> tuple[Facts, list[Finding]]:
    facts, problems = facts_of_paths([CORPUS])
    return facts, run(facts, problems)


def alert_at(facts: Facts, finding: Finding) -> Alert:
    """The alert that a finding is about: the last that begins before it."""
    own = [one for one in facts.alerts if one.place.file == finding.place.file and one.place.line <= finding.place.line]
    return own[-1]


def test_every_rule_is_read(found: tuple[Facts, list[Finding]]) -> None:
    facts, findings = found
    assert len(facts.alerts) == 954
    assert not [one for one in findings if one.code in ("syntax", "internal")]


def test_findings_are_the_same_each_time(found: tuple[Facts, list[Finding]]) -> None:
    facts, problems = facts_of_paths([CORPUS])
    assert run(facts, problems) == found[1]


def test_a_label_that_is_said_to_be_dropped_is_on_no_answer(found: tuple[Facts, list[Finding]]) -> None:
    facts, findings = found
    confirmed: Counter[str] = Counter()
    for finding in findings:
        if finding.code != "dropped-label" or finding.level != "error":
            continue
        alert = alert_at(facts, finding)
        label = re.search(r"uses the label '(\w+)'", finding.message)
        assert label, finding.message
        everything = list(answers(without_conditions(alert.query.tree), also=[label[1]]))
        assert all(get(of, label[1]) == "" for of in everything), f"{finding.place}: {finding.message}"
        confirmed["with answers" if everything else "without"] += 1
    assert confirmed["with answers"] >= 0.95 * confirmed.total() > 200, confirmed


def test_what_is_said_never_to_be_true_has_no_answer(found: tuple[Facts, list[Finding]]) -> None:
    facts, findings = found
    confirmed = 0
    for finding in findings:
        if finding.code in EMPTY and finding.level == "error":
            alert = alert_at(facts, finding)
            if "or" in re.findall(r"\bor\b", alert.query.text.value):
                continue  # the other side may have an answer
            assert list(answers(alert.query.tree)) == [], f"{finding.place}: {finding.message}"
            confirmed += 1
    assert confirmed >= 5
