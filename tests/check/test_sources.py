"""The user's files as the findings name them."""

from __future__ import annotations

from pathlib import Path

import pytest

from vedette.check.finding import Edit, Finding
from vedette.check.sources import Sources
from vedette.place import Place


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("/srv/shop/a/b.py", "a/b.py"),
        ("a/b.py", "a/b.py"),
        ("./a/../b.py", "b.py"),
        ("/etc/b.yml", "/etc/b.yml"),
        ("../other/b.yml", "/srv/other/b.yml"),
        ("/srv/shopping/b.py", "/srv/shopping/b.py"),
    ],
)
def test_a_file_has_one_name_however_it_is_given(file, name):
    assert Sources(Path("/srv/shop")).name(file) == name


def test_findings_say_the_same_wherever_the_folder_is():
    place = Place("/srv/shop/a.py", 3, 4)
    given = Finding(
        code="c", level="error", place=place, subject="s", message="as in /srv/shop/b.py:1", fix="see /srv/shop/c.py",
        edit=Edit(place, "a", "b"),
    )  # fmt: skip
    (named,) = Sources(Path("/srv/shop")).named([given])
    assert (named.place, named.message, named.fix) == (Place("a.py", 3, 4), "as in b.py:1", "see c.py")
    assert named.edit is not None
    assert named.edit.place == Place("a.py", 3, 4)


def test_a_line_is_found_or_it_is_not(tmp_path):
    (tmp_path / "a.yml").write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n")
    (tmp_path / "b.yml").write_bytes(b"\xff")
    sources = Sources(tmp_path)
    assert sources.line(Place("a.yml", 1)) == "one"
    assert sources.line(Place("a.yml", 2)) == "two"
    assert sources.line(Place("a.yml", 9)) is None
    assert sources.line(Place("a.yml", 0)) is None
    assert sources.line(Place("b.yml", 1)) is None
    assert sources.line(Place("gone.yml", 1)) is None


def test_a_file_is_read_and_taken_apart_once(tmp_path):
    (tmp_path / "a.yml").write_text("one\ntwo\n")
    sources = Sources(tmp_path)
    first = sources.line(Place("a.yml", 1))
    (tmp_path / "a.yml").unlink()
    assert sources.line(Place("a.yml", 1)) is first
    assert sources.line(Place("a.yml", 2)) == "two"
