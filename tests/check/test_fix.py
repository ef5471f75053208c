"""Making the changes that findings propose."""

from __future__ import annotations

import stat
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.check import fix as fixing
from vedette.check.finding import Edit
from vedette.check.fix import apply, diff, fix, write
from vedette.check.sources import Sources
from vedette.errors import ConfigError
from vedette.place import Place


def edit(line, column, old, new, file="rules.yml"):
    return Edit(Place(file, line, column), old, new)


def test_several_changes_of_one_line_are_made_where_they_were_meant():
    done = apply("f", "rate(a) + rate(b)\n", [edit(1, 1, "rate", "increase"), edit(1, 11, "rate", "irate")])
    assert done.after == "increase(a) + irate(b)\n"
    assert len(done.done) == 2


def test_a_change_whose_old_text_is_gone_is_skipped_and_told():
    done = apply("f", "abc\n", [edit(1, 1, "abd", "x"), edit(9, 1, "a", "x"), edit(1, 3, "c", "d")])
    assert done.after == "abd\n"
    assert [one.new for one in done.skipped] == ["x", "x"]


def test_of_two_that_overlap_one_is_left_for_the_next_round():
    done = apply("f", "abcdef\n", [edit(1, 1, "abc", "X"), edit(1, 3, "cd", "Y"), edit(1, 5, "ef", "Z")])
    assert done.after == "abYZ\n"
    assert [one.new for one in done.left] == ["X"]
    again = apply("f", "abcd\n", [edit(1, 2, "", "X"), edit(1, 2, "", "Y")])
    assert again.after in ("aXbcd\n", "aYbcd\n")
    assert len(again.left) == 1


def test_changes_that_only_touch_are_both_made():
    assert apply("f", "abcd\n", [edit(1, 1, "ab", "1"), edit(1, 3, "cd", "2")]).after == "12\n"


def test_a_change_may_span_lines_and_may_take_them_away():
    assert apply("f", "a\nb\nc\n", [edit(2, 1, "b\n", "")]).after == "a\nc\n"
    assert apply("f", "a\r\nb\r\nc\r\n", [edit(1, 1, "a\nb", "x\ny\nz")]).after == "x\r\ny\r\nz\r\nc\r\n"


def test_a_mark_at_the_beginning_of_a_file_moves_no_column():
    assert apply("f", "\ufeffab\n", [edit(1, 1, "a", "x")]).after == "\ufeffxb\n"


@given(
    st.text("ab\n", max_size=20),
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 6), st.text("ab", max_size=3), st.text("xy", max_size=3))),
)
def test_nothing_but_the_old_texts_is_ever_taken_away(text, given_edits):
    edits = list(dict.fromkeys(edit(*values) for values in given_edits))
    done = apply("f", text, edits)
    assert sorted(map(repr, (*done.done, *done.left, *done.skipped))) == sorted(map(repr, edits))
    grown = sum(len(one.new) - len(one.old) for one in done.done)
    assert len(done.after) == len(text) + grown
    kept = "".join(character for character in done.after if character not in "xy")
    assert len(kept) == len(text) - sum(len(one.old) for one in done.done)


def test_a_file_keeps_its_mode_its_line_ends_and_its_links(tmp_path):
    real = tmp_path / "real.yml"
    real.write_bytes(b"a\r\nb\r\n")
    real.chmod(0o640)
    (tmp_path / "rules.yml").symlink_to(real)
    sources = Sources(tmp_path)
    write(fix([edit(2, 1, "b", "c")], sources), sources)
    assert real.read_bytes() == b"a\r\nc\r\n"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert (tmp_path / "rules.yml").is_symlink()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["real.yml", "rules.yml"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch):
    (tmp_path / "rules.yml").write_text("b\n")
    sources = Sources(tmp_path)
    fixed = fix([edit(1, 1, "b", "c")], sources)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fixing.os, "replace", full)
    with pytest.raises(ConfigError, match=r"rules.yml: cannot be mended: No space left on device"):
        write(fixed, sources)
    assert [file.name for file in tmp_path.iterdir()] == ["rules.yml"]
    assert (tmp_path / "rules.yml").read_text() == "b\n"


def test_a_file_that_is_no_text_or_gone_is_left_alone(tmp_path):
    (tmp_path / "rules.yml").write_bytes(b"\xff")
    sources = Sources(tmp_path)
    fixed = fix([edit(1, 1, "", "c"), edit(1, 1, "", "c", "gone.yml")], sources)
    assert [len(one.skipped) for one in fixed] == [1, 1]
    write(fixed, sources)
    assert (tmp_path / "rules.yml").read_bytes() == b"\xff"
    assert not (tmp_path / "gone.yml").exists()


def test_the_same_change_of_two_findings_is_made_once(tmp_path):
    (tmp_path / "rules.yml").write_text("b\n")
    (fixed,) = fix([edit(1, 1, "b", "bb"), edit(1, 1, "b", "bb")], Sources(tmp_path))
    assert fixed.after == "bb\n"


def test_the_difference_can_be_read_by_patch(tmp_path):
    (tmp_path / "rules.yml").write_text("a\nb")
    shown = diff(fix([edit(2, 1, "b", "c")], Sources(tmp_path)))
    assert shown == (
        "--- a/rules.yml\n+++ b/rules.yml\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n"
        "+c\n\\ No newline at end of file\n"
    )
