"""What people read of an objective is what is computed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.build.slo.judged import availability, stack

from vedette.build import build
from vedette.build.slo.burn import TIERS, burns, first_told
from vedette.build.slo.told import notice_table, people_duration
from vedette.catalog.slo import plain
from vedette.duration import format_duration

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "slo.md"


def test_the_tables_of_the_explanation_are_those_of_the_code():
    page = PAGE.read_text("utf-8")
    slo = availability()
    assert notice_table(slo, *burns(slo)) in page
    for burn in burns(slo)[0]:
        tier = burn.tier
        cells = (
            tier.severity,
            f"{plain(tier.share * 100)} %",
            format_duration(tier.long),
            format_duration(tier.short),
            plain(burn.factor),
        )
        assert f"| {' | '.join(cells)} |" in page


def test_every_runbook_of_an_alert_on_a_budget_has_the_table():
    files = build(stack(availability()))
    slo = availability()
    for tier in TIERS:
        assert notice_table(slo, *burns(slo)) in files[f"runbooks/AppAvailabilityBurn{tier.severity.capitalize()}.md"]
    assert "Nobody has written" not in files["runbooks/AppAvailabilityBurnLow.md"]


@pytest.mark.parametrize("objective", [90, 99, 99.9, 99.99])
@pytest.mark.parametrize("errors", [0.0011, 0.01, 0.5, 1.0])
def test_what_is_gone_of_the_budget_is_what_fails_until_then(objective, errors):
    slo = availability(objective)
    row = first_told(slo, burns(slo)[0], errors)
    if row.after is None:
        assert errors <= float(slo.budget)
        return
    assert row.spent == pytest.approx(errors * row.after / (float(slo.budget) * slo.window_ms))
    assert row.empty == pytest.approx(float(slo.budget) * slo.window_ms / errors)
    assert row.paged is None or row.paged >= row.after


def test_the_factors_are_those_of_the_workbook():
    assert [plain(burn.factor) for burn in burns(availability())[0]] == ["14.4", "6", "3", "1"]


@pytest.mark.parametrize(
    ("ms", "text"), [(None, "never"), (400, "1s"), (111_840, "1m52s"), (2_592_000, "43m"), (131_976_000, "1d13h")]
)
def test_durations_have_no_more_figures_than_people_want(ms, text):
    assert people_duration(ms) == text
