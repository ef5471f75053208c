"""The diagrams are those that the script draws, and each stands on a page."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from scripts.diagrams import DIAGRAMS, draw

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", DIAGRAMS)
def test_a_diagram_is_up_to_date_and_stands_on_a_page(name: str) -> None:
    text = (DOCS / "pictures" / f"{name}.svg").read_text("utf-8")
    assert text == draw(DIAGRAMS[name]), "stale: run python scripts/diagrams.py"
    assert any(f"pictures/{name}.svg)" in page.read_text("utf-8") for page in DOCS.rglob("*.md"))


@pytest.mark.parametrize("name", DIAGRAMS)
def test_no_two_boxes_are_in_one_place_and_every_arrow_is_drawn(name: str) -> None:
    diagram = DIAGRAMS[name]
    assert len({(box.column, box.row) for box in diagram.boxes.values()}) == len(diagram.boxes)
    drawn = ET.fromstring(draw(diagram))
    assert len(drawn.findall("{http://www.w3.org/2000/svg}path")) == len(diagram.arrows)
