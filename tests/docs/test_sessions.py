"""What the pages say to type is typed: every console block runs somewhere, or says why it cannot."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.docs.session import ENDLESS, Session, Typed, console, left_out, matches, play, typed
from tests.docs.test_docs import ALL
from tests.real import free_port
from tests.started import Mailbox, up

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]

WITH_FILES = (
    "change-a-threshold.md",
    "choose-retention.md",
    "deploy-with-compose.md",
    "deploy-with-kubernetes.md",
    "deploy-with-swarm.md",
    "deploy-with-the-prometheus-operator.md",
    "first-alert.md",
    "instrument-an-application.md",
    "prove-the-pipeline.md",
    "run-in-production.md",
    "secure-your-monitoring.md",
    "send-notifications.md",
    "set-an-objective.md",
    "watch-a-machine.md",
    "watch-endpoints-containers-and-kubernetes.md",
    "write-an-exporter.md",
    "write-the-reference.md",
)
"""Pages that bring their project with them."""
AT_THE_SHOP = ("daily-checks.md", "http-apis.md", "troubleshoot.md", "tune-alerts.md")
"""Pages whose commands are about the demo shop, which runs."""
ELSEWHERE = {
    "back-up-and-restore.md": "build/test_backup_on_real_servers.py",
    "backtest-an-alert.md": "docs/test_backtest_page.py",
    "commands.md": "docs/test_command_examples.py",
    "deploy-on-a-plain-host.md": "build/test_systemd.py",
    "detect-anomalies-and-exhaustion.md": "docs/test_anomaly_page.py",
    "explain-and-draw.md": "docs/test_explain_page.py",
    "first-alert-test.md": "docs/test_alert_test_pages.py",
    "plan-and-apply.md": "docs/test_plan_page.py",
    "test-your-alerts.md": "docs/test_tests_page.py",
}
"""Pages whose commands, or what is behind them, are tested by a file of their own."""

PORTS = ("7373", "8000", "8025", "9090", "9093", "9115", "9470")

SHOP = """\
from dataclasses import replace

from examples.shop.observability import stack as shop
from vedette import Email, Service, Smtp
from vedette.packs import process, watch

demo = replace(
    shop.environment("demo"),
    targets={{"shop": ["127.0.0.1:{shop}"]}},
    smtp=Smtp("127.0.0.1", {mail}, tls=False),
    notify=[Email("oncall@shop.example")],
)
itself = Service("vedette", title="Vedette", team="shop", targets=["127.0.0.1:{up}"], packs=[watch, process])
stack = replace(shop, services=[*shop.services, itself], environments=[demo, replace(demo, name="production")])
"""


def wrong(page: Path, session: Session) -> Iterator[str]:
    """What did not print what the page shows; where nothing is shown, what did not end with 0."""
    for one, printed, code in play(page.read_text("utf-8"), session):
        if ENDLESS.search(one.command):
            continue
        if not (matches(one.shown, printed) if one.shown else code == 0):
            yield f"$ {one.command}\n{printed}\n--- shown is:\n{one.shown}"


@pytest.mark.proof
@pytest.mark.real
@pytest.mark.parametrize("name", WITH_FILES)
def test_a_page_with_its_files_is_typed_from_top_to_bottom(name: str, tmp_path: Path) -> None:
    page = next(page for page in ALL if page.name == name)
    runs = any(ENDLESS.search(one.command) for block in console(page.read_text("utf-8")) for one in typed(block.text))
    session = Session(tmp_path, {port: str(free_port()) for port in PORTS} if runs else {})
    try:
        assert list(wrong(page, session)) == []
    finally:
        session.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    folder = tmp_path_factory.mktemp("shop")
    places = {port: str(free_port()) for port in ("8000", "7373")}
    with Mailbox().open(login=False) as mailbox:
        (folder / "watched.py").write_text(SHOP.format(shop=places["8000"], up=places["7373"], mail=mailbox.port))
        (folder / "pyproject.toml").write_text(
            '[tool.vedette]\nstack = "watched:stack"\nenvironment = "demo"\n'
            f'run = ["uvicorn examples.shop.main:app --port {places["8000"]} --log-level warning"]\n'
        )
        with up(folder, port=int(places["7373"])) as running:
            running.has_data(60)
            yield Session(folder, places)


@pytest.mark.proof
@pytest.mark.real
@pytest.mark.parametrize("name", AT_THE_SHOP)
def test_a_page_about_the_shop_is_typed_while_it_runs(name: str, shop: Session) -> None:
    assert list(wrong(next(page for page in ALL if page.name == name), shop)) == []


def test_a_command_is_followed_by_what_it_prints() -> None:
    assert typed("$ one\n$ two \\\n  more\nfirst\nsecond\n") == [
        Typed("one", ""),
        Typed("two \\\n  more", "first\nsecond\n"),
    ]


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a\nb", "a\nb\n", True),
        ("a\nb", "a\nc\n", False),
        ("a\n…\nd", "a\nb\nc\nd\n", True),
        ("…\nd", "d\n", True),
        ("a\n…", "a\n", True),
        ("a\n…", "b\n", False),
        ("x => … @[…]", "x => 1 @[17.5]\n", True),
        ("x => … @[…]", "y => 1 @[17.5]\n", False),
        ("done, 0.3 s, all", "done, 12.9 s, all\n", True),
    ],
)
def test_what_is_shown_may_leave_out(shown: str, printed: str, same: bool) -> None:
    assert matches(shown, printed) is same


def test_a_block_that_cannot_be_typed_says_why() -> None:
    page = "<!-- not run: needs a printer -->\n```console\n$ lpr page\n```\n\n```console\n$ sudo reboot\n$ ls\n```\n"
    assert [left_out(block) for block in console(page)] == ["needs a printer", "sudo changes the machine"]
    assert left_out(console("```console\n$ echo docker\n```\n")[0]) == ""


@pytest.mark.parametrize("page", ALL, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_console_block_is_typed_somewhere_or_says_why_not(page: Path) -> None:
    if page.name in (*WITH_FILES, *AT_THE_SHOP):
        return
    if page.name in ELSEWHERE:
        assert (ROOT / "tests" / ELSEWHERE[page.name]).is_file()
        return
    nowhere = [block.text for block in console(page.read_text("utf-8")) if not left_out(block)]
    assert nowhere == [], "add the page to WITH_FILES or AT_THE_SHOP, or write <!-- not run: why --> before the block"


def test_no_page_is_named_that_is_not_there() -> None:
    names = {page.name for page in ALL}
    assert {*WITH_FILES, *AT_THE_SHOP, *ELSEWHERE} <= names
    assert not re.search(r"not run: *-->", "".join(page.read_text("utf-8") for page in ALL))
