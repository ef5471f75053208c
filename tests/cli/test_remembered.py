"""What the last check has found is used again while nothing has changed, and never when something has."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from vedette.check.finding import Edit, Finding
from vedette.check.ignore import Suppressed
from vedette.check.outcome import Outcome
from vedette.cli import remembered
from vedette.cli.remembered import Memory
from vedette.place import Place

PLACE = Place("shop.py", 3, 4)
FOUND = Finding(
    code="slow", level="error", place=PLACE, subject="alert A", message="größer", fix="f", certain=False,
    edit=Edit(PLACE, "a", "b"),
)  # fmt: skip
PLAIN = Finding(code="odd", level="note", place=Place("b.py", 1), subject="s", message="m", fix="f")
OUTCOME = Outcome((FOUND, PLAIN), (Suppressed(PLAIN, "why"),), (Suppressed(FOUND, "old"),))


@pytest.fixture
def root(tmp_path):
    """A project with a stack."""
    (tmp_path / "shop.py").write_text("stack = 1\n")
    (tmp_path / "runbook.md").write_text("# Do\n")
    return tmp_path


def memory(root, *said, **variables):
    return Memory(root / ".vedette", root, said or ("stack", "2027-01-10"), variables or {"HOME": "/root"})


def keep(root, outcome=OUTCOME, folders=()):
    memory(root).keep(outcome, "stack shop", folders)


def test_it_comes_back_as_it_was(root):
    assert memory(root).recall() is None
    keep(root)
    outcome, what = memory(root).recall()
    assert (outcome, what) == (OUTCOME, "stack shop")
    assert outcome.told[0].edit == FOUND.edit
    assert (root / ".vedette" / ".gitignore").read_text() == "*\n"


def change(path, text):
    """Write as many bytes as before, at the same time by the clock of the file system."""
    time = path.stat().st_mtime_ns
    path.write_text(text)
    os.utime(path, ns=(time, time))


@pytest.mark.parametrize("name", ["shop.py", "runbook.md"])
def test_a_file_with_other_content_is_a_change_though_time_and_size_are_the_same(root, name):
    keep(root)
    change(root / name, "x" * (root / name).stat().st_size)
    assert memory(root).recall() is None


def test_a_file_that_comes_or_goes_or_is_renamed_is_a_change(root):
    keep(root)
    (root / "new.yml").touch()
    assert memory(root).recall() is None
    (root / "new.yml").unlink()
    assert memory(root).recall() is not None
    (root / "shop.py").rename(root / "shop2.py")
    assert memory(root).recall() is None


def test_options_the_day_and_the_environment_count(root):
    keep(root)
    assert memory(root, "stack", "2027-01-11").recall() is None
    assert memory(root, HOME="/other").recall() is None
    assert memory(root).recall() is not None


def test_a_change_of_vedette_itself_counts(root, tmp_path_factory, monkeypatch):
    own = tmp_path_factory.mktemp("vedette")
    (own / "check.py").write_text("1")
    monkeypatch.setattr(remembered, "_VEDETTE", own)
    keep(root)
    assert memory(root).recall() is not None
    (own / "check.py").write_text("12")
    assert memory(root).recall() is None


def test_what_is_imported_or_looked_into_elsewhere_counts(root, tmp_path_factory, monkeypatch):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    module, looked = elsewhere / "helper.py", elsewhere / "code" / "app.py"
    looked.parent.mkdir()
    module.write_text("1")
    looked.write_text("1")
    loaded = type(sys)("helper")
    loaded.__file__ = str(module)
    monkeypatch.setitem(sys.modules, "helper", loaded)
    keep(root, folders=[looked.parent])
    assert memory(root).recall() is not None
    looked.write_text("12")
    assert memory(root).recall() is None
    keep(root, folders=[looked.parent])
    module.unlink()
    assert memory(root).recall() is None


def test_what_changed_while_it_ran_is_not_remembered_as_it_is_now(root):
    before = memory(root)
    (root / "shop.py").write_text("stack = 2\n")
    before.keep(OUTCOME, "stack shop", ())
    assert memory(root).recall() is None


def test_a_check_that_failed_is_not_remembered(root):
    broken = Finding(code="internal", level="error", place=PLACE, subject="s", message="m", fix="f")
    keep(root, Outcome((broken,), (), ()))
    assert memory(root).recall() is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"besides": {}, "told": [{}]}', '{"besides": {}, "told": [1]}'])
def test_a_broken_memory_is_none(root, text):
    keep(root)
    (kept,) = (root / ".vedette" / "cache").iterdir()
    kept.write_text(text)
    assert memory(root).recall() is None


def test_only_a_few_are_kept(root):
    for number in range(remembered.KEPT + 3):
        memory(root, str(number)).keep(OUTCOME, "stack shop", ())
    assert len(list((root / ".vedette" / "cache").iterdir())) == remembered.KEPT


@pytest.mark.parametrize(("name", "value"), [("FILES", 1), ("SIZE", 3)])
def test_a_project_that_is_too_large_is_checked_each_time(root, monkeypatch, name, value):
    monkeypatch.setattr(remembered, name, value)
    keep(root)
    assert not (root / ".vedette").exists()


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(root):
    (root / ".vedette").write_text("a file")
    keep(root)
    assert memory(root).recall() is None


def test_it_is_json_that_names_no_finding_twice(root):
    keep(root)
    (kept,) = (root / ".vedette" / "cache").iterdir()
    assert [one["code"] for one in json.loads(kept.read_text())["told"]] == ["slow", "odd"]


def test_nothing_of_python_itself_is_compared():
    assert not [file for file in remembered._imported() if file.parent == Path(os.__file__).parent]


def test_what_is_opened_on_the_way_counts_also_where_it_is_not_there(root, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    limits, missing, written = elsewhere / "limits.txt", elsewhere / "more.txt", elsewhere / "log.txt"
    limits.write_text("5")
    before = memory(root)
    assert before.recall() is None
    limits.read_text()
    with pytest.raises(FileNotFoundError):
        missing.read_text()
    written.write_text("x")
    before.keep(OUTCOME, "stack shop", ())
    limits.parent.joinpath("unrelated.txt").write_text("x")
    written.write_text("longer")
    assert memory(root).recall() is not None
    missing.write_text("6")
    assert memory(root).recall() is None
    missing.unlink()
    assert memory(root).recall() is not None
    limits.write_text("55")
    assert memory(root).recall() is None


def test_of_other_files_of_the_project_the_names_count(root):
    picture = root / "picture.png"
    picture.write_bytes(b"1")
    keep(root)
    picture.write_bytes(b"2")
    assert memory(root).recall() is not None
    picture.unlink()
    assert memory(root).recall() is None


def test_a_project_of_too_many_files_is_not_remembered(root, monkeypatch):
    monkeypatch.setattr(remembered, "NAMES", 1)
    keep(root)
    assert memory(root).recall() is None
