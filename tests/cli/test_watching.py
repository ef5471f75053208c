"""``vedette check --watch``: again after each change."""

from __future__ import annotations

import os

import pytest

from vedette.cli.check import Options
from vedette.cli.watching import _state, _watched, changes


class EnoughError(Exception):
    """Ends the watch."""


def runs(states):
    """In which looks at the files it has run."""
    looks = iter(states)
    seen = [0]
    ran = []

    def state():
        seen[0] += 1
        try:
            return next(looks)
        except StopIteration:
            raise EnoughError from None

    with pytest.raises(EnoughError):
        changes(lambda: ran.append(seen[0]), state, lambda: None)
    return ran


def test_it_runs_at_once_and_after_each_change_only():
    assert runs([{"a": 1}, {"a": 1}, {"a": 2}, {"a": 2}]) == [1, 3]


def test_a_file_that_comes_or_goes_is_a_change():
    assert runs([{"a": 1}, {"a": 1, "b": 1}, {"b": 1}, {"b": 1}]) == [1, 2, 3]


def test_what_changes_while_it_runs_is_seen_afterwards():
    files = {"a": 1}
    ran = []

    def run():
        ran.append(dict(files))
        if len(ran) == 1:
            files["a"] = 2
        else:
            raise EnoughError

    with pytest.raises(EnoughError):
        changes(run, lambda: dict(files), lambda: None)
    assert ran == [{"a": 1}, {"a": 2}]


def test_a_stack_is_watched_with_all_its_files_but_what_is_hidden_or_not_its_own(tmp_path):
    for name in (
        "shop.py",
        "deep/a.md",
        "x.txt",
        ".vedette/b.yml",
        "env/pyvenv.cfg",
        "env/c.py",
        "node_modules/d.json",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert sorted(_watched(Options(), tmp_path)) == [tmp_path / "deep/a.md", tmp_path / "shop.py"]


def test_files_that_are_given_are_watched_and_one_that_is_away_for_a_moment_is_no_end(tmp_path):
    file = tmp_path / "rules.yml"
    file.touch()
    options = Options(files=(file,))
    assert list(_watched(options, tmp_path)) == [file]
    file.unlink()
    assert list(_watched(options, tmp_path)) == []


def test_a_change_shows_in_time_or_size(tmp_path):
    file = tmp_path / "rules.yml"
    file.write_text("a")
    os.utime(file, ns=(0, 10))
    first = _state([file])
    os.utime(file, ns=(0, 11))
    second = _state([file])
    assert first != second
    assert _state([file, tmp_path / "gone.yml"]) == second
    file.write_text("ab")
    os.utime(file, ns=(0, 11))
    assert _state([file]) != second


def test_another_process_gets_the_same_arguments_but_only_looks(tmp_path):
    from pathlib import Path

    options = Options(
        stack="a:b", environment="local", select=("x", "y"), ignore=("z",), everything=True, fix=True, strict=True,
        baseline=Path("base.json"), watch=True,
    )  # fmt: skip
    assert options.again("json") == [
        "check", "--stack=a:b", "--environment=local", "--select=x,y", "--ignore=z", "--baseline=base.json",
        "--format=json", "--all", "--strict",
    ]  # fmt: skip
    assert Options(files=(Path("-odd.yml"),)).again("lines", Path("out"))[1:] == [
        "--format=lines", "--output=out", "--", "-odd.yml",
    ]  # fmt: skip
