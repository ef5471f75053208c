"""The reference page of packs says what the packs declare, and the one in docs is that of the shipped packs."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripts.reference import packs_reference
from tests.build.stacks import NO_ORDERS, ORDERS

from vedette import packs
from vedette.build.reference import packs_page
from vedette.catalog import Alert, Pack, Panel, Recording, Row, Text
from vedette.instruments.metrics import Metric

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "packs.md"


def rows(page, title):
    """The cells of the table below a heading."""
    table = page.split(f"\n### {title}\n\n")[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]


def test_the_page_in_docs_is_up_to_date():
    assert PAGE.read_text("utf-8") == packs_reference(), "stale: run python scripts/reference.py"


@pytest.mark.parametrize("name", packs.__all__)
def test_every_threshold_of_a_shipped_pack_has_its_default_and_a_meaning(name):
    pack = getattr(packs, name)()
    page = packs_page([pack])
    if not pack.parameters:
        assert "Thresholds of" not in page
        return
    found = rows(page, f"Thresholds of {name}")
    assert [path for path, _, _ in found] == [f"`{name}.{parameter}`" for parameter in pack.parameters]
    assert [default for _, default, _ in found] == [f"`{value}`" for value in pack.parameters.values()]
    assert all(meaning for _, _, meaning in found)


def test_a_threshold_is_shown_as_the_pack_was_made_with():
    page = packs_page([packs.database(pool_warn=0.5)])
    assert ["`database.pool_warn`", "`0.5`"] in [row[:2] for row in rows(page, "Thresholds of database")]
    pool = next(row for row in rows(page, "Alerts of database") if row[0] == "`DatabasePoolNearExhaustion`")
    assert pool[1:4] == ["high", "`job_instance_pool:db_client_connections:used_ratio > 0.5`", "2m"]


def test_a_pack_of_ones_own_shows_what_it_has_and_no_empty_table():
    page = packs_page([Pack("shop", title="The shop", metrics=[ORDERS], alerts=[NO_ORDERS])])
    assert page.startswith("# Packs\n\n## shop\n\nThe shop.\n\n### Metrics of shop\n\n")
    assert rows(page, "Metrics of shop") == [
        ["`shop_orders_total`", "counter", "", "`channel`", "A thing of the shop."],
    ]
    assert rows(page, "Alerts of shop")[0][:4] == [
        "`NoOrders`",
        "high",
        "`sum by (job) (rate(shop_orders_total[30m])) == 0`",
        "30m",
    ]
    assert "Thresholds" not in page
    assert "Panels" not in page


def test_declared_label_values_are_shown():
    labels = {"kind": ["rye", "wheat"], "oven": None}
    metric = Metric.foreign("counter", "loaves_total", exporter="bakery", labels=labels, help="Loaves.")
    assert rows(packs_page([Pack("bakery", metrics=[metric])]), "Metrics of bakery")[0][3] == (
        "`kind` = rye, wheat<br>`oven`"
    )


def test_bars_and_line_ends_do_not_break_a_table():
    pack = Pack(
        "bakery",
        recordings=[Recording("job:up:sum", 'sum by (job)\n(up{job=~"a|b"})', description="One | two.")],
        alerts=[Alert("Down", 'up{job=~"a|b"} == 0', severity="low", summary="Down")],
    )
    page = packs_page([pack])
    assert rows(page, "Recording rules of bakery") == [
        ["`job:up:sum`", "One \\| two.", '`sum by (job) (up{job=~"a\\|b"})`'],
    ]
    assert '`up{job=~"a\\|b"} == 0`' in page


def test_rows_and_texts_stand_among_the_panels():
    pack = Pack("bakery", panels=[Row("Oven"), Panel("Heat", "up", kind="stat", unit="count"), Text("Read me", "…")])
    assert [row[:2] for row in rows(packs_page([pack]), "Panels of bakery")] == [
        ["**Oven**", ""],
        ["Heat", "stat"],
        ["Read me", "text"],
    ]
