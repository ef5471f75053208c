"""The graph as Mermaid's text and as SVG."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from tests.check.graph_stacks import declared, foreign, stack

from vedette.build import build
from vedette.check.foreign import facts_of_texts
from vedette.check.graph import graph_of
from vedette.check.graph.drawing import mermaid, svg
from vedette.check.graph.drawing.badge import badge
from vedette.check.graph.drawing.layout import lay_out

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def town():
    return declared()[1]


def many():
    """A hundred metrics with an alert each, in ten groups; every third rests on a recording rule."""
    groups = []
    for group in range(10):
        rules = []
        for number in range(10):
            name = f"service_{group}_{number}"
            if number % 3 == 0:
                rules.append(f"      - {{record: 'job:{name}:sum', expr: sum by (job) ({name})}}")
            asked = f"job:{name}:sum" if number % 3 == 0 else name
            rules.append(f"      - {{alert: Alert{group}{number}, expr: '{asked} > 1'}}")
        groups.append(f"  - name: group {group}\n    rules:\n" + "\n".join(rules))
    return foreign(rules="groups:\n" + "\n".join(groups) + "\n")[1]


def test_mermaid_has_every_node_once_in_the_band_of_its_pack(town):
    text = mermaid(town)
    assert text.startswith("flowchart LR\n")
    assert text.count('"bakery_loaves_total"') == 1
    inside = text.split('subgraph b1["The bakery"]')[1].split("  end")[0]
    assert '"NoRye"' in inside
    assert '"north"' not in inside
    assert "--> b1" in text


def test_mermaid_names_only_nodes_that_it_declares(town):
    text = mermaid(town)
    known = set(re.findall(r'^ +(n\d+)[^\w ]*"', text, re.MULTILINE)) | set(re.findall(r"subgraph (b\d+)", text))
    used = set(re.findall(r"^  ([nb]\d+) -", text, re.MULTILINE)) | set(
        re.findall(r"> ?(?:\|[^|]*\| )?([nb]\d+)$", text, re.MULTILINE)
    )
    assert used
    assert used <= known


def test_what_mermaid_would_read_is_escaped():
    rules = """groups: [{name: 'a "quoted" <group>', rules: [{alert: 'X"#`', expr: up == 0}]}]\n"""
    text = mermaid(foreign(rules=rules)[1])
    assert "X#quot;#35;#96;" in text
    assert "#lt;group#gt;" in text


def test_the_svg_is_xml_with_a_title_for_every_box_and_wire_and_both_themes(town):
    text = svg(town, 'A & "B" <C>')
    root = ET.fromstring(text)
    assert root.find(f"{SVG}title").text == 'A & "B" <C>'
    for one in (*root.iter(f"{SVG}g"), *root.iter(f"{SVG}path")):
        assert one.find(f"{SVG}title").text
    assert "prefers-color-scheme: dark" in text
    assert "<script" not in text
    assert not re.search(r'(?:href|src|url\()[^"]*"?http', text)


def test_the_node_that_it_is_about_is_marked(town):
    (node,) = [one for one in town.find("NoRye") if one.kind == "alert"]
    root = ET.fromstring(svg(town.around(node), "NoRye", of=node))
    marked = [one for one in root.iter(f"{SVG}rect") if "of" in (one.get("class") or "").split()]
    assert len(marked) == 1


@pytest.mark.parametrize("which", ["town", "many"])
def test_boxes_never_overlap_and_stay_inside_their_band(which, town):
    picture = lay_out(town if which == "town" else many())
    bands = {band.name: band for band in picture.bands}
    boxes = [box for box in picture.boxes if box.node is not None]
    assert len(boxes) > (200 if which == "many" else 20)
    for number, one in enumerate(boxes):
        assert one.x >= 0
        assert one.x + one.width <= picture.width
        if one.node.kind not in ("service", "receiver"):
            assert bands[one.band].top < one.y - one.height / 2
            assert one.y + one.height / 2 < bands[one.band].bottom
        for other in boxes[number + 1 :]:
            beside = one.x + one.width <= other.x or other.x + other.width <= one.x
            assert beside or abs(one.y - other.y) >= one.height


def test_data_flows_to_the_right(town):
    for wire in lay_out(town).wires:
        if wire.end is not None:
            assert wire.start.x + wire.start.width < wire.end.x


def test_in_files_a_dashboard_stands_with_the_rules_that_it_shows_and_a_metric_with_its_users():
    built = build(stack(), "local")
    texts = {path: text for path, text in built.items() if path.startswith(("prometheus/rules", "grafana"))}
    facts, _ = facts_of_texts(texts)
    picture = lay_out(graph_of(facts))
    assert [band.title for band in picture.bands] == ["bakery · town: The bakery · town: home"]


def test_the_same_graph_gives_the_same_picture():
    assert svg(declared()[1], "x") == svg(declared()[1], "x")


def test_an_empty_graph_is_an_empty_picture():
    _, graph = foreign(rules="groups: []\n")
    ET.fromstring(svg(graph, "nothing"))
    assert mermaid(graph) == "flowchart LR\n"


def test_a_badge_says_the_level():
    root = ET.fromstring(badge(3, 5))
    assert root.get("aria-label") == "monitoring: level 3 of 5"
    assert [one.text for one in root.iter(f"{SVG}text")] == ["monitoring", "level 3 of 5"]
