"""`vedette reference` as a command: it writes the pages, and says which are stale."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.browser.conftest import chromium
from tests.started import vedette

STACK = "examples.machine.observability:stack"


def test_it_writes_pages_and_says_when_they_are_stale(tmp_path: Path) -> None:
    ran = vedette(tmp_path, "reference", "pages", "--stack", STACK)
    assert ran.code == 0, ran.error
    assert "# Machines: reference" in (tmp_path / "pages" / "index.md").read_text("utf-8")
    (tmp_path / "pages" / "alerts.md").write_text("old", "utf-8")
    stale = vedette(tmp_path, "reference", "pages", "--stack", STACK, "--check")
    assert stale.code == 1
    assert "stale are alerts.md; write them again: vedette reference pages" in stale.error


@pytest.mark.browser
@pytest.mark.proof
def test_it_takes_pictures_and_shows_them(tmp_path: Path) -> None:
    where = Path(chromium()).parent
    ran = vedette(tmp_path, "reference", "pages", "--stack", STACK, "--pictures", seconds=110, PATH=str(where))
    assert ran.code == 0, ran.error
    assert (tmp_path / "pages" / "pictures" / "machine-host-light.png").stat().st_size > 10_000
    assert (
        "](../pictures/machine-host-light.png)" in (tmp_path / "pages" / "dashboards" / "machine-host.md").read_text()
    )
