"""The page of a backtest in a real browser: it fits, it asks for nothing, and the keyboard opens it."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from vedette.cli.run import run

expect = pytest.importorskip("playwright.sync_api").expect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

RULES = """
groups:
  - name: g
    rules:
      - {alert: QueueLong, expr: queue > 50, for: 5m, labels: {severity: high}}
      - {alert: QueueOfTheSlowestOfAllServicesHasBeenVeryLongForHours, expr: queue > 80, labels: {severity: critical}}
"""
ROUTES = "{route: {receiver: team, group_wait: 0s}, receivers: [{name: team}]}"
INCIDENTS = """\
start,end,name
260000,262000,bad release
261000,290000,a cache that nobody had thought of for many years
900000,903600,database
"""
WHICH = {
    "one": (),
    "two": ("--change", "QueueLong.for=15m"),
    "sweep": ("--sweep", "QueueLong.threshold=10..90:9"),
}

# elements that stick out of the window, those within a part that scrolls aside
WIDER = """
() => [...document.querySelectorAll('body *')]
  .filter(one => !one.closest('.scroll > *, pre'))
  .filter(one => one.getBoundingClientRect().right > innerWidth + 1 || one.getBoundingClientRect().left < -1)
  .map(one => `${one.tagName} ${one.className.baseVal ?? one.className}: ${one.textContent.slice(0, 40)}`)
"""
# text that is cut off or runs over what stands beside it
CUT = """
() => [...document.querySelectorAll('.line > *, .cards dd, .bar .total, h1, h2, li')]
  .filter(one => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline')
  .map(one => `${one.className}: ${one.textContent.slice(0, 40)}`)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Two weeks of a queue with rules, incidents, and the pages of three backtests."""
    folder = tmp_path_factory.mktemp("backtest")
    random = Random(1)
    with (folder / "queue.om").open("w") as file:
        level = 20.0
        for at in range(14 * 1440):
            level = min(100.0, max(0.0, level + random.gauss(0, 4)))
            file.write(
                f'queue{{job="shop",instance="a-rather-long-name.of.a.machine.example:9090"}} {level} {60 * at}\n'
            )
    for name, text in (("rules.yml", RULES), ("routes.yml", ROUTES), ("incidents.csv", INCIDENTS)):
        (folder / name).write_text(text)
    for name, more in WHICH.items():
        given = ("--rules", "rules.yml", "--routes", "routes.yml", "--incidents", "incidents.csv", "--since", "13d")
        files = [str(folder / one) if (folder / one).exists() else one for one in given]
        code = run(
            ["backtest", *files, "--against", str(folder / "queue.om"), "--html", str(folder / f"{name}.html"), *more]
        )
        assert code == 0
    return folder


@pytest.fixture(params=[(1440, "light"), (1440, "dark"), (390, "light")], ids=lambda one: f"{one[0]}-{one[1]}")
def page(request, browser: Browser) -> Iterator[Page]:
    width, theme = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    yield page
    assert [url for url in asked if not url.startswith("file:")] == []
    context.close()


@pytest.mark.parametrize("name", WHICH)
def test_nothing_sticks_out_of_the_page(folder, page, name):
    page.goto(f"file://{folder}/{name}.html")
    for opened in (False, True):
        page.evaluate(f"document.querySelectorAll('details').forEach(one => one.open = {str(opened).lower()})")
        assert page.evaluate(WIDER) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate(CUT) == []


def test_the_keyboard_opens_an_alert(folder, page):
    page.goto(f"file://{folder}/one.html")
    expect(page.get_by_role("region", name="Firings of QueueLong")).not_to_be_visible()
    for _ in range(9):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            break
    page.keyboard.press("Enter")
    expect(page.locator("details[open] .more").first).to_contain_text("queue > ")
    expect(page.get_by_role("img").first).to_be_visible()


def test_the_theme_is_the_readers(folder, page):
    page.goto(f"file://{folder}/one.html")
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    paper, ink = page.evaluate(
        "[getComputedStyle(document.documentElement).backgroundColor, getComputedStyle(document.body).color]"
        ".map(one => one.match(/[0-9]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0))"
    )
    assert (paper < ink) is dark
    assert abs(paper - ink) > 400
