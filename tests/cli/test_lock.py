"""One running watch for each project."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from vedette.cli.lock import held
from vedette.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_second_start_says_who_runs_and_where_its_page_is(tmp_path: Path) -> None:
    with held(tmp_path) as tell:
        tell("http://127.0.0.1:7373")
        with pytest.raises(ConfigError, match=rf"pid {os.getpid()}, http://127.0.0.1:7373"), held(tmp_path):
            pass


def test_a_first_that_is_only_starting_is_named_too(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(ConfigError, match=rf"pid {os.getpid()}, just starting"), held(tmp_path):
        pass


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(ConfigError, match=r"state: cannot be written: File exists"), held(tmp_path / "state"):
        pass


def test_the_folder_keeps_itself_out_of_version_control_unless_told_otherwise(tmp_path: Path) -> None:
    with held(tmp_path / "new"):
        assert (tmp_path / "new" / ".gitignore").read_text() == "*\n"
    (tmp_path / ".gitignore").write_text("data/\n")
    with held(tmp_path):
        assert (tmp_path / ".gitignore").read_text() == "data/\n"


def test_the_lock_is_free_again_after_its_holder_ended(tmp_path: Path) -> None:
    with held(tmp_path):
        pass
    with held(tmp_path) as tell:
        tell("http://127.0.0.1:7374")
        assert "7374" in (tmp_path / "lock").read_text()
