"""Make the pictures of the README and the docs: the page over the simulated demo shop, in a headless Chromium.

    .venv/bin/python scripts/pictures.py [FOLDER]

writes overview, dashboard, dashboard-dark, home, durations, alert, email, backtest, simulated and preview.png into
FOLDER (docs/pictures unless told otherwise). The data are the same each time, but for memory and processor, which are
those of the process that runs this. The backtest is the example of docs/how-to/backtest-an-alert.md.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.conftest import ARGUMENTS, chromium  # noqa: E402 - the stage stands beside the tests
from tests.browser.stage import Stage  # noqa: E402
from tests.docs.page import blocks  # noqa: E402 - the same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

WIDTH = 1280
LARGEST = 200_000
"""Bytes of a picture: a README must load on a train."""

ALERT = "HttpErrorRateCritical"


def tell(stage: Stage) -> None:
    """A day and a half of the shop in 88 minutes: errors, then slow answers, and at the end, in the evening, errors."""
    for minutes, fault in ((38, None), (3, "errors"), (13, None), (5, "latency"), (20, None), (9, "errors")):
        if fault == "latency":  # a deployment, and what came of it
            stage.within(stage.shop.restart)
        stage.run(minutes, fault)


@contextmanager
def page(browser: Browser, stage: Stage, path: str, height: int, theme: Literal["light", "dark"]) -> Iterator[Page]:
    """A page at rest, its clock standing where the shop's stands."""
    viewport = {"width": WIDTH, "height": height}
    context = browser.new_context(viewport=viewport, color_scheme=theme, timezone_id="UTC", locale="en-GB")
    shown = context.new_page()
    shown.clock.set_fixed_time(stage.shop.now)
    shown.goto(stage.url + path)
    expect(shown.locator("h1").first).to_be_visible()
    expect(shown.locator('[data-testid="loading"], [data-state="loading"]')).to_have_count(0)
    expect(shown.locator('[data-testid="connection"][data-state="live"]')).to_be_visible()
    yield shown
    context.close()


def take(shown: Page, path: Path) -> None:
    """One picture."""
    shown.screenshot(path=path, animations="disabled")
    size = path.stat().st_size
    print(f"{path}: {size / 1000:.0f} kB")
    if size > LARGEST:
        raise SystemExit(f"{path} has {size} bytes, more than {LARGEST}: show less of the page")


def written(data: Path) -> Iterator[tuple[str, Path, int]]:
    """The pages that are files: the name of the picture, the page, and how much of it to show."""
    parts = blocks((ROOT / "docs" / "how-to" / "backtest-an-alert.md").read_text("utf-8"))
    for part in parts:
        if part.file:
            (data / part.file).write_text(part.text, "utf-8")
    subprocess.run([sys.executable, "samples.py"], cwd=data, check=True)
    line = next(part.text for part in parts if "--html" in part.text).partition("\n")[0]
    command = [sys.executable, "-m", "vedette.cli", *shlex.split(line)[2:]]
    subprocess.run(command, cwd=data, check=True, stdout=subprocess.DEVNULL)
    yield "backtest", data / "backtest.html", 1100
    tests = ["examples/shop/test_alerts.py", "-k", "pool", "--vedette-html", str(data / "simulated.html")]
    subprocess.run([sys.executable, "-m", "pytest", "-q", *tests], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    yield "simulated", data / "simulated.html", 720
    yield "preview", previewed(data), 960


def previewed(data: Path) -> Path:
    """A page with the picture that `vedette preview` makes of a dashboard of the shop."""
    stack = ["--stack", "examples.shop.observability:stack", "--environment", "local", "--port", "0"]
    command = [sys.executable, "-m", "vedette.cli", "preview", *stack, "--pictures", str(data / "previewed")]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    page = data / "preview.html"
    page.write_text('<body style="margin:0"><img src="previewed/shop-http-light.png" width="100%">', "utf-8")
    return page


def main(folder: Path) -> None:
    """Make them all."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, Stage(Path(data)) as stage, sync_playwright() as playwright:
        tell(stage)
        stage.serve()
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        with page(browser, stage, "/", 700, "light") as shown:
            take(shown, folder / "overview.png")
        for name, theme in (("dashboard", "light"), ("dashboard-dark", "dark")):
            with page(browser, stage, "/d/shop-http?var-job=shop", 988, theme) as shown:
                # the pointer stands on the first errors
                chart = shown.get_by_role("region", name="Error ratio", exact=True).locator(".u-over")
                box = chart.bounding_box()
                assert box is not None
                chart.hover(position={"x": 0.25 * box["width"], "y": 0.35 * box["height"]})
                take(shown, folder / f"{name}.png")
        with page(browser, stage, "/d/shop-home", 730, "light") as shown:
            take(shown, folder / "home.png")
        with page(browser, stage, "/d/shop-http?var-job=shop", 640, "light") as shown:
            row = shown.locator(".section").filter(has=shown.get_by_role("region", name="Durations"))
            row.scroll_into_view_if_needed()
            expect(shown.locator('[data-testid="loading"], [data-state="loading"]')).to_have_count(0)
            row.evaluate("row => window.scrollTo(0, row.getBoundingClientRect().top + window.scrollY - 120)")
            take(shown, folder / "durations.png")
        with page(browser, stage, f"/alerts?alert={ALERT}", 760, "light") as shown:
            expect(shown.locator("canvas")).to_be_visible()
            take(shown, folder / "alert.png")
        with page(browser, stage, "/deliveries", 510, "light") as shown:
            mails = shown.get_by_test_id("delivery-row").filter(has_text="oncall@shop.example")
            mails.filter(has_text="[FIRING]").first.get_by_test_id("delivery-link").click()
            expect(shown.get_by_test_id("delivery-html").content_frame.get_by_text("Runbook")).to_be_visible()
            shown.mouse.move(0, 0)
            take(shown, folder / "email.png")
        for name, path, height in written(Path(data)):
            context = browser.new_context(viewport={"width": WIDTH, "height": height}, color_scheme="light")
            drawn = context.new_page()
            drawn.goto(f"file://{path}")
            take(drawn, folder / f"{name}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures")
