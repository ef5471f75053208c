"""A Markdown text is taken apart as its readers see it."""

from __future__ import annotations

import pytest

from vedette.check.markdown import Block, Piece, read, slug


def test_headings_that_have_nothing_below_them_are_told_from_those_above_smaller_ones():
    text = "# A\n\n## B\n\n### C\ntext\n## D\n\n## E\n```\n## no heading\n```\n## F\n<!-- nothing -->\n"
    assert [(one.text, one.line, one.empty) for one in read(text).headings] == [
        ("A", 1, False), ("B", 3, False), ("C", 5, False), ("D", 7, True), ("E", 9, False), ("F", 13, True),
    ]  # fmt: skip


def test_blocks_are_found_in_lists_and_quotes_and_where_they_never_end():
    text = (
        "1. look:\n   ```promql\n   up\n   ```\n2. ```promql\n   x\n   ```\n> ~~~SQL\n> select `a`\n> ~~~\n````\n```\n"
    )
    found = read(text)
    assert found.blocks == [
        Block("promql", "   up", 3), Block("promql", "   x", 6), Block("sql", "> select `a`", 9), Block("", "```", 12),
    ]  # fmt: skip
    assert found.code == []


def test_code_and_links_are_found_with_their_places():
    found = read("See `up` and ``a`b`` [x](b.md#c) and ![i](<d.png> 'title') `[no](link.md)`\n\n[r]: e.md\n")
    assert found.code == [Piece("up", 1, 6), Piece("a`b", 1, 16), Piece("[no](link.md)", 1, 61)]
    assert [(one.text, one.line) for one in found.links] == [("b.md#c", 1), ("d.png", 1), ("e.md", 3)]


def test_what_stands_in_a_comment_is_not_there():
    found = read("<!-- TODO [x](gone.md)\n# No\n-->\ntext `a`\n")
    assert found.links == []
    assert found.headings == []
    assert found.code == [Piece("a", 4, 7)]


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Root causes", "root-causes"),
        ("Now, and then: `why`?", "now-and-then-why"),
        ("Größe", "größe"),
        ("[Link](x.md) here", "link-here"),
        ("a_b - c", "a_b---c"),
    ],
)
def test_the_anchor_of_a_heading_is_the_usual_one(heading, anchor):
    assert slug(heading) == anchor


def test_headings_of_one_name_get_numbers_and_anchors_can_be_written():
    found = read('# A\n# A\n## B\n# A\n<a id="own"></a>\n## C {#special}\n')
    assert {"a", "a-1", "a-2", "b", "own", "special"} <= found.anchors
