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
    with (
        held(tmp_path, "http://127.0.0.1:7373"),
        pytest.raises(ConfigError, match=rf"pid {os.getpid()}, http://127.0.0.1:7373"),
        held(tmp_path, "http://127.0.0.1:7374"),
    ):
        pass


def test_the_lock_is_free_again_after_its_holder_ended(tmp_path: Path) -> None:
    with held(tmp_path, "http://127.0.0.1:7373"):
        pass
    with held(tmp_path, "http://127.0.0.1:7374"):
        assert "7374" in (tmp_path / "lock").read_text()
