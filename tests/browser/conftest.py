"""A headless Chromium that visits the watched shop. Whatever it complains about fails the test."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from tests.browser.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, WebError

PATH_FILE = Path(__file__).parents[2] / ".cache" / "chromium"

# No process of its own for what nobody asked for, and nothing fetched that no test fetches.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]


def chromium() -> str:
    """The path of a Chromium; skips the test with the reason where there is none."""
    named = PATH_FILE.read_text("utf-8").strip() if PATH_FILE.is_file() else ""
    if named and Path(named).is_file():
        return named
    return shutil.which("chromium") or pytest.skip(
        f"no Chromium: {PATH_FILE} names {named or 'none'} and none is on PATH; scripts/chromium.sh looks for one"
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser a file: as long as it is driven, its event loop keeps other tests from running theirs."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = chromium()
    with sync_api.sync_playwright() as playwright:
        sync_api.expect.set_options(timeout=15_000)
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Stage]:
    """An hour of the shop: slow for a while, then well, now failing. Its clock is years behind the browser's."""
    with Stage(tmp_path_factory.mktemp("shop")) as stage:
        stage.run(26)
        stage.run(9, "latency")
        stage.run(13)
        stage.run(11.5, "errors")
        stage.serve()
        yield stage


Theme = Literal["light", "dark"]


class Visitor:
    """A person's profile, and what went wrong while they looked around.

    Args:
        context: the profile.
        origin: of the server they visit; nothing may be asked of another.
    """

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.context = context
        self.origin = origin
        self.complaints: list[str] = []
        self._expected: list[re.Pattern[str]] = []
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)

    def open(self, path: str) -> Page:
        """A page at an address of the server."""
        page = self.context.new_page()
        page.goto(self.origin + path)
        return page

    def expect_complaint(self, pattern: str) -> None:
        """The browser's own line about an answer that the test asks for is no complaint."""
        self._expected.append(re.compile(pattern))

    def leave(self) -> list[str]:
        """Close all pages; says what the browser complained about since the last time."""
        for page in self.context.pages:
            page.close()
        complaints, self.complaints, self._expected = self.complaints, [], []
        return complaints

    def _console(self, message: ConsoleMessage) -> None:
        expected = any(pattern.search(message.text) for pattern in self._expected)
        if message.type in {"error", "warning"} and not expected:
            self.complaints.append(f"console {message.type}: {message.text}")

    def _error(self, error: WebError) -> None:
        self.complaints.append(f"error: {error.error}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.origin}/", "data:", "about:")):
            self.complaints.append(f"request to elsewhere: {request.url}")


@pytest.fixture(scope="module")
def visitors(browser: Browser, shop: Stage) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors. The same one comes back, with a warm cache, unless a fresh one is asked for."""
    known: dict[tuple[int, Theme], Visitor] = {}

    def visitor(width: int = 1280, theme: Theme = "light", *, fresh: bool = False) -> Visitor:
        if fresh:
            known.pop((width, theme), None)
        if (width, theme) not in known:
            context = browser.new_context(
                viewport={"width": width, "height": 844}, color_scheme=theme, timezone_id="UTC", locale="en-GB"
            )
            known[width, theme] = Visitor(context, shop.url)
        return known[width, theme]

    yield visitor
    for one in known.values():
        one.context.close()


@pytest.fixture
def visit(visitors: Callable[..., Visitor]) -> Iterator[Callable[..., Visitor]]:
    """As ``visitors``; at the end of the test none of them may have complained."""
    met: dict[int, Visitor] = {}

    def visit(width: int = 1280, theme: Theme = "light", *, fresh: bool = False) -> Visitor:
        visitor = visitors(width, theme, fresh=fresh)
        return met.setdefault(id(visitor), visitor)

    yield visit
    assert [complaint for visitor in met.values() for complaint in visitor.leave()] == []
