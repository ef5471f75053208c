"""The examples that each command's help shows are typed in the demo shop's project, while it runs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.docs.session import Session, console, typed
from tests.docs.test_sessions import shop  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "commands.md"
NOT_TYPED: Mapping[str, str] = {
    "vedette up": "runs on; tests/test_demo.py types it",
    "vedette preview": "runs on; tests/cli/test_preview_command.py types it",
    "vedette plan": "wants servers; tests/docs/test_plan_page.py types it",
    "vedette apply": "wants servers; tests/docs/test_plan_page.py types it",
    "vedette drift": "wants servers; tests/docs/test_plan_page.py types it",
    "vedette backtest": "thirty days of an evaluation a second; tests/docs/test_backtest_page.py types it",
    "vedette test": "wants cases; tests/docs/test_tests_page.py types it",
    "vedette reference docs/monitoring --pictures": "wants Chromium; tests/cli/test_reference_command.py types it",
    "vedette slo http/": "the shop has another objective; test_sessions.py types one on the page of objectives",
    "vedette health https://": "nobody has that address",
}
"""How a command begins → why it is not typed here."""
RULES = """\
groups:
  - name: own
    rules:
      - alert: HighErrorRate
        expr: sum by (job) (rate(http_server_request_duration_seconds_count[5m])) > 1000
        for: 5m
        labels: {severity: high}
        annotations: {summary: "Many requests of {{ $labels.job }}"}
"""
EXAMPLES = [
    one.command
    for block in console(PAGE.read_text("utf-8"))
    for one in typed(block.text)
    if not one.command.startswith(tuple(NOT_TYPED))
]


@pytest.fixture(scope="module")
def project(shop: Session) -> Session:  # noqa: F811 - the fixture above
    """The shop's project with the files that the examples name."""
    assert shop.type("vedette build out/")[1] == 0
    folder = shop.folder
    shutil.copytree(folder / "out" / "prometheus" / "rules", folder / "rules")
    (folder / "rules" / "own.yml").write_text(RULES)
    shutil.copy(folder / "out" / "alertmanager" / "alertmanager.yml", folder)
    shutil.copytree(folder / "out" / "grafana" / "dashboards", folder / "dashboards")
    (folder / "docs").mkdir()
    assert shop.type("vedette slo --openslo > openslo.yaml")[1] == 0
    return shop


@pytest.mark.proof
@pytest.mark.real
@pytest.mark.parametrize("command", EXAMPLES)
def test_an_example_of_the_help_works(command: str, project: Session) -> None:
    here = command.replace("localhost:9090", "127.0.0.1:7373")  # it speaks Prometheus' API, too
    printed, code = project.type(here)
    assert code == 0, printed


def test_most_examples_are_typed_and_every_reason_is_needed() -> None:
    every = [one.command for block in console(PAGE.read_text("utf-8")) for one in typed(block.text)]
    assert len(EXAMPLES) > len(every) / 2
    assert [begin for begin in NOT_TYPED if not any(one.startswith(begin) for one in every)] == []
