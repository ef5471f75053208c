"""What a dashboard can show beyond lines and numbers, on a board of the shop's own series, in a real browser."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.browser.stage import Stage
from tests.browser.test_walk import by_id, drawn, query

from vedette.build import build
from vedette.catalog import Dashboard, Environment, Pack, Panel, Row, Service, Stack, Variable
from vedette.packs.http import http, request_duration
from vedette.packs.process import process

expect = pytest.importorskip("playwright.sync_api").expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Locator, Page
    from tests.browser.conftest import Visitor

    Visit = Callable[..., Visitor]

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

COUNT = "http_server_request_duration_seconds_count"
BUCKET = "http_server_request_duration_seconds_bucket"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"

board = Pack(
    "board",
    title="Board",
    panels=[
        Panel("Time of requests", f"sum by (le) (rate({BUCKET}[5m]))", kind="heatmap", unit="seconds"),
        Panel("Requests", f"sum by (job) (rate({COUNT}[2m]))", unit="requests/s", legend="{{job}}", compare="10m"),
        Panel("By route", f"sum by (job, http_route) (rate({COUNT}[5m]))", unit="requests/s", legend="{{http_route}}"),
        Panel("Slowest", f"max by (job, http_route) (rate({COUNT}[5m]))", kind="table"),
        Panel("Busy", f"topk(1, sum by (job, http_route) (rate({COUNT}[5m])))", kind="stat"),
        Row("Route $route", repeat="route"),
        Panel(
            "p95 of $route",
            f'histogram_quantile(0.95, sum by (job, http_route, le) (rate({BUCKET}{{http_route=~"$route"}}[5m]))) >= 0',
            unit="seconds",
            legend="{{http_route}}",
        ),
    ],
    dashboard=Dashboard(variables=[Variable("route", COUNT, "http_route", "Route")]),
)
stack = Stack(
    name="board",
    services=[Service("shop", ["localhost:8000"], [http, process, board])],
    environments=[
        Environment(
            "local",
            logs_url="https://logs.example.com/?service={job}&from={from}&to={to}",
            trace_url="https://traces.example.com/t/{trace_id}",
        )
    ],
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Stage]:
    """Twenty minutes of the shop, one of its requests told as an exemplar, and the board beside its dashboards."""
    with Stage(tmp_path_factory.mktemp("shop")) as stage:
        stage.run(18)
        built = stage.shop.watch.built
        boards = {path: text.encode() for path, text in build(stack).items() if path.endswith("/board-board.json")}
        stage.shop.watch.built = replace(
            built,
            dashboards={**built.dashboards, "board-board": next(iter(boards.values()))},
            description=replace(built.description, trace_url=stack.environment("local").trace_url),
        )
        stage.within(lambda: request_duration.observe(0.3, "GET", "/products", "200", exemplar={"trace_id": TRACE}))
        stage.within(stage.shop.restart)
        stage.run(2)
        stage.serve()
        yield stage


@pytest.fixture
def page(visit: Visit) -> Page:
    """The board at rest."""
    page = visit().open("/d/board-board?var-job=shop&from=now-15m&to=now")
    states = drawn(page)
    assert set(states.values()) == {"ready"}, states
    return page


def panel(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title, exact=True)


def test_a_heatmap_says_what_is_in_the_bucket_under_the_pointer(page: Page) -> None:
    heat = panel(page, "Time of requests")
    expect(heat.get_by_test_id("heat-scale")).to_contain_text("0")
    chart = heat.locator(".u-over").bounding_box()
    assert chart is not None
    tip = heat.locator(".tooltip")
    told = set()
    for share in (0.2, 0.35, 0.5, 0.65, 0.8):
        page.mouse.move(chart["x"] + chart["width"] * 0.5, chart["y"] + chart["height"] * share)
        expect(tip).to_be_visible()
        told.add(tip.locator(".tooltip-row").inner_text())
    assert len(told) > 2
    assert any(" to " in text and "evt/s" in text for text in told), told


def test_an_exemplar_leads_to_its_trace_from_the_heatmap_and_from_the_line(page: Page) -> None:
    for title in ("Time of requests", "p95 of /products"):
        dot = panel(page, title).get_by_test_id("exemplar")
        expect(dot).to_have_count(1)
        expect(dot).to_have_attribute("href", f"https://traces.example.com/t/{TRACE}")
        expect(dot).to_have_attribute("title", re.compile(r"^300 ms at 2023-11-14 22:3"))


def test_a_row_is_there_once_for_each_chosen_value_with_its_own_series(page: Page) -> None:
    rows = by_id(page, "row-toggle")
    titles = rows.all_inner_texts()
    assert "Route /products" in titles
    assert len(titles) > 3
    for route in ("/carts/{cart}/checkout", "/products"):
        legend = panel(page, f"p95 of {route}").get_by_test_id("legend").locator(".legend-name")
        assert legend.all_inner_texts() == [route]
    by_id(page, "variable-route").click()
    page.get_by_role("group", name="Route").get_by_role("button", name="/products", exact=True).click()
    page.keyboard.press("Escape")
    expect(rows).to_have_count(1)
    alone = panel(page, "p95 of /products")
    alone.hover()
    alone.get_by_test_id("panel-view").click()
    expect(by_id(page, "panel")).to_have_count(1)
    assert query(page)["var-route"] == ["/products"]


def test_the_past_is_a_second_line_dashed_in_its_legend(page: Page) -> None:
    legend = panel(page, "Requests").get_by_test_id("legend")
    names = legend.locator(".legend-name").all_inner_texts()
    assert names == ["shop", "shop 10m ago"]
    assert ["dashed" in str(one.get_attribute("class")) for one in legend.locator(".swatch").all()] == [False, True]


def test_a_click_on_a_heading_of_a_legend_turns_its_order(page: Page) -> None:
    by_route = panel(page, "By route")
    names = by_route.locator(".legend-name")
    before = names.all_inner_texts()
    assert len(before) > 2
    by_route.get_by_role("button", name="Last", exact=True).click()
    expect(by_route.get_by_role("columnheader", name="Last")).to_have_attribute("aria-sort", "ascending")
    assert names.all_inner_texts() != before
    by_route.get_by_role("button", name="Last", exact=True).click()
    assert names.all_inner_texts() == before


def test_a_number_is_of_now_however_coarse_the_steps_of_the_range_are(visit: Visit) -> None:
    page = visit().open("/d/board-board?var-job=shop&from=now-30d&to=now")
    assert drawn(page)["Busy"] == "ready"  # the shop is younger than a step of a month


def test_a_number_and_a_row_of_a_table_lead_to_the_board_of_their_route_and_a_series_to_its_logs(page: Page) -> None:
    for title in ("Slowest", "Busy"):
        lead = panel(page, title).get_by_test_id("data-link").first
        asked = parse_qs(urlsplit(str(lead.get_attribute("href"))).query)
        assert asked["var-job"] == ["shop"]
        assert asked["var-route"][0].startswith("/")
        assert (asked["from"], asked["to"]) == (["now-15m"], ["now"])
    logs = panel(page, "Requests").get_by_test_id("data-link").first
    asked = parse_qs(urlsplit(str(logs.get_attribute("href"))).query)
    assert asked["service"] == ["shop"]
    assert int(asked["to"][0]) - int(asked["from"][0]) == 15 * 60_000
    cell = panel(page, "Slowest").get_by_role("link", name="/products", exact=True)
    cell.click()
    expect(by_id(page, "variable-route")).to_contain_text("/products")
    expect(by_id(page, "row-toggle")).to_have_count(1)


def test_the_home_leads_from_a_signal_to_the_panel_it_is_from(visit: Visit) -> None:
    page = visit().open("/d/shop-home")
    assert drawn(page)["Errors"] == "ready"
    panel(page, "Errors").get_by_test_id("data-link").click()
    expect(by_id(page, "panel")).to_have_count(1)
    expect(by_id(page, "variable-job")).to_contain_text("shop")
    assert drawn(page) == {"Errors": "ready"}


def test_a_deployment_is_marked_at_the_moment_the_process_started(page: Page) -> None:
    requests = panel(page, "Requests")
    chart = requests.locator(".u-over").bounding_box()
    assert chart is not None
    # the last two of fifteen minutes are after it
    page.mouse.move(chart["x"] + chart["width"] * 13 / 15, chart["y"] + 20)
    expect(requests.locator(".tooltip-mark")).to_contain_text("shop started")
    page.mouse.move(chart["x"] + chart["width"] * 5 / 15, chart["y"] + 20)
    expect(requests.locator(".tooltip-mark")).to_have_count(0)


@pytest.mark.parametrize("width", [800, 1900])
def test_on_paper_a_dashboard_is_alone_says_its_time_and_has_every_chart_within_its_panel(
    visit: Visit, width: int
) -> None:
    page = visit(width=width).open("/d/board-board?var-job=shop&from=now-15m&to=now")
    drawn(page)
    sheet = page.locator(".sheet-time")
    expect(sheet).to_be_hidden()
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(sheet).to_contain_text("2023-11-14 22:")
    expect(page.get_by_role("navigation")).to_be_hidden()
    boxes = page.evaluate(
        """() => [...document.querySelectorAll("canvas")].map((canvas) =>
            [canvas.closest("[data-testid=panel]"), canvas].map((one) => one.getBoundingClientRect().right))"""
    )
    assert len(boxes) > 3
    assert all(canvas <= panel <= 1440 for panel, canvas in boxes), boxes
    assert len({panel for panel, _ in boxes}) > 1, "one column, as on a phone"
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    expect(page.get_by_role("navigation")).to_be_visible()
