"""What a person does in the page, on the built dashboards, rules and notifications of the shop, in a real browser."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest

expect = pytest.importorskip("playwright.sync_api").expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page
    from tests.browser.conftest import Visitor
    from tests.browser.stage import Stage

    Visit = Callable[..., Visitor]

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

DASHBOARDS = ("shop-database", "shop-home", "shop-http", "shop-process", "shop-shop")
# panels that have nothing to show in this hour, and why
EMPTY = {
    "WebSockets": "the shop has none",
    "Errors by class": "no operation of the database fails",
}
PAGES = (
    "/",
    "/dashboards",
    *(f"/d/{uid}" for uid in DASHBOARDS),
    "/d/shop-http?viewPanel=1",
    "/alerts",
    "/alerts?alert=HttpErrorRateCritical",
    "/targets",
    "/deliveries",
    "/runbooks/HttpErrorRateCritical",
    "/graph?g0.expr=sum%20by%20(http_route)%20(rate(http_server_request_duration_seconds_count%5B5m%5D))",
    "/nowhere",
)


def by_id(page: Page, name: str, **data: str) -> Locator:
    """What has that data-testid and those data attributes."""
    return page.locator(f'[data-testid="{name}"]' + "".join(f'[data-{key}="{data[key]}"]' for key in data))


def at_rest(page: Page) -> None:
    """Wait until nothing on the page is on its way."""
    expect(page.locator('[data-testid="loading"], [data-state="loading"]')).to_have_count(0)


def drawn(page: Page) -> dict[str, str]:
    """Title of each panel → its state, once all have one."""
    expect(by_id(page, "panel").first).to_be_visible()
    at_rest(page)
    states: dict[str, str] = page.eval_on_selector_all(
        '[data-testid="panel"]',
        "all => Object.fromEntries(all.map(one => [one.getAttribute('aria-label'), one.dataset.state]))",
    )
    return states


def query(page: Page) -> dict[str, list[str]]:
    """The parameters in the address bar."""
    return parse_qs(urlsplit(page.url).query)


def api(shop: Stage, path: str) -> Any:
    """What the server says."""
    with urlopen(shop.url + path) as answer:
        return json.load(answer)


def test_from_the_overview_by_the_alert_to_its_panel_its_runbook_and_a_query(visit: Visit) -> None:
    page = visit().open("/")
    expect(by_id(page, "service-card", service="shop", state="degraded")).to_be_visible()
    expect(by_id(page, "figure-services")).to_contain_text("0of 1")
    expect(by_id(page, "figure-targets")).to_contain_text("1of 1")
    expect(by_id(page, "firing-count")).to_have_text("2")
    expect(by_id(page, "firing-alert", alert="HttpErrorRateCritical", state="firing")).to_be_visible()
    expect(by_id(page, "signal", state="ready")).to_have_count(by_id(page, "signal").count())
    expect(by_id(page, "connection", state="live")).to_be_visible()
    expect(page).to_have_title("(2) Overview · Shop")

    by_id(page, "pack-link").filter(has_text="HTTP service").click()
    expect(by_id(page, "variable-job")).to_contain_text("shop")
    assert drawn(page)["Error ratio"] == "ready"

    by_id(page, "nav-alerts").click()
    row = by_id(page, "alert-row", alert="HttpErrorRateCritical", state="firing")
    row.get_by_test_id("alert-toggle").click()
    expect(row.get_by_test_id("alert-instance")).to_contain_text("% of the requests to shop fail")
    expect(row.locator("canvas")).to_be_visible()

    row.get_by_test_id("link-dashboard").first.click()
    expect(by_id(page, "panel")).to_have_count(1)
    assert drawn(page) == {"Error ratio": "ready"}
    assert query(page)["viewPanel"] == [by_id(page, "panel").get_attribute("data-panel-id")]

    page.go_back()
    row.get_by_test_id("link-runbook").first.click()
    text = by_id(page, "runbook-text")
    for part in ("Symptoms", "Investigation", "Escalation"):
        expect(text.get_by_role("heading", name=part)).to_be_visible()
    expect(by_id(page, "runbook-state", state="firing")).to_contain_text("% of the requests to shop fail")

    text.get_by_title("Open as a query").filter(has_text="topk(10").click()
    expect(by_id(page, "query-text")).to_have_value(re.compile(r"^topk\(10, "))
    assert drawn(page) == {"Chart": "ready", "Now": "ready"}


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_every_panel_of_every_dashboard_shows_data(uid: str, visit: Visit, shop: Stage) -> None:
    page = visit().open("/dashboards")
    expect(by_id(page, "dashboard-link")).to_have_count(len(DASHBOARDS))
    by_id(page, "dashboard-link", uid=uid).click()
    states = drawn(page)
    panels = [panel for panel in api(shop, f"/api/vedette/dashboards/{uid}")["panels"] if panel["type"] != "row"]
    assert states == {panel["title"]: "empty" if panel["title"] in EMPTY else "ready" for panel in panels}


def test_an_alert_that_another_one_inhibits_says_so(visit: Visit) -> None:
    page = visit().open("/")
    inhibited = by_id(page, "firing-alert", alert="HttpErrorRateHigh")
    expect(inhibited.get_by_test_id("suppressed")).to_have_text("inhibited")
    critical = by_id(page, "firing-alert", alert="HttpErrorRateCritical")
    expect(critical.get_by_test_id("suppressed")).to_have_count(0)
    inhibited.get_by_role("link", name="HttpErrorRateHigh").click()
    row = by_id(page, "alert-row", alert="HttpErrorRateHigh")
    expect(row.get_by_test_id("alert-instance")).to_contain_text("inhibited by HttpErrorRateCritical")


def test_every_alert_says_what_it_is_about_whether_it_fires_or_not(visit: Visit) -> None:
    page = visit().open("/alerts")
    expect(by_id(page, "alert-row").first).to_be_visible()
    at_rest(page)
    said = by_id(page, "alert-row").locator(".alert-summary").all_inner_texts()
    assert len(said) > 10
    assert [text for text in said if not text.strip() or "{{" in text] == []
    row = by_id(page, "alert-row", alert="InstanceDown", state="inactive")
    expect(row.locator(".alert-summary")).to_have_text("instance of job is down, others answer")


def test_a_mail_is_shown_as_it_was_sent_and_its_links_open(visit: Visit) -> None:
    page = visit().open("/deliveries")
    mails = by_id(page, "delivery-row").filter(has_text="oncall@shop.example")
    expect(mails.first).to_contain_text("[FIRING]")
    mails.first.get_by_test_id("delivery-link").click()
    expect(by_id(page, "delivery-try")).to_have_count(1)
    frame = by_id(page, "delivery-html")
    assert "allow-scripts" not in str(frame.get_attribute("sandbox"))
    mail = frame.content_frame
    expect(mail.get_by_text("% of the requests to shop fail").first).to_be_visible()
    with page.context.expect_page() as opened:
        mail.get_by_role("link", name="Runbook").click()
    expect(by_id(opened.value, "runbook-text")).to_be_visible()
    by_id(page, "tab-text").click()
    expect(by_id(page, "delivery-text")).to_contain_text("% of the requests to shop fail")
    by_id(page, "tab-headers").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("[FIRING]")


def test_a_webhook_is_shown_with_the_body_that_was_sent(visit: Visit) -> None:
    page = visit().open("/deliveries")
    by_id(page, "delivery-link").filter(has_text="[FIRING] HttpErrorRateCritical").click()
    body = json.loads(by_id(page, "delivery-body").inner_text())
    assert (body["version"], body["status"]) == ("4", "firing")
    assert [alert["labels"]["alertname"] for alert in body["alerts"]] == ["HttpErrorRateCritical"]


def test_the_targets_say_whether_they_answer(visit: Visit) -> None:
    page = visit().open("/targets")
    pool = by_id(page, "scrape-pool", pool="shop")
    expect(pool).to_contain_text("1 of 1 up")
    # by the server's clock, which is not the browser's
    expect(pool.get_by_test_id("target-row")).to_contain_text(re.compile(r"\d+ s ago"))


def test_everything_is_reached_by_keys(visit: Visit) -> None:
    page = visit().open("/")
    expect(by_id(page, "page-overview")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("d")
    expect(by_id(page, "dashboard-link")).to_have_count(len(DASHBOARDS))
    page.keyboard.press("/")
    expect(by_id(page, "filter")).to_be_focused()
    page.keyboard.type("http")
    expect(by_id(page, "dashboard-link")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(by_id(page, "filter")).not_to_be_focused()
    page.keyboard.press("?")
    expect(by_id(page, "help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(by_id(page, "help")).not_to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("a")
    expect(by_id(page, "page-alerts")).to_be_visible()


def test_the_theme_follows_the_system_until_one_is_chosen_and_then_stays(visit: Visit) -> None:
    page = visit(theme="dark", fresh=True).open("/")
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "dark")
    page.keyboard.press("t")
    expect(root).to_have_attribute("data-theme", "light")
    page.reload()
    expect(root).to_have_attribute("data-theme", "light")
    by_id(page, "theme").click()
    expect(root).to_have_attribute("data-theme", "dark")


def test_no_page_scrolls_sideways_on_a_phone(visit: Visit, shop: Stage) -> None:
    page = visit(width=390).open("/")
    deliveries = [f"/deliveries/{delivery['id']}" for delivery in api(shop, "/api/vedette/deliveries")[:2]]
    wider = {}
    for path in (*PAGES, *deliveries):
        page.goto(shop.url + path)
        expect(page.locator("h1").first).to_be_visible()
        at_rest(page)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            wider[path] = width
    assert wider == {}


def test_back_undoes_a_zoom_and_escape_leaves_a_large_panel(visit: Visit) -> None:
    page = visit().open("/d/shop-http")
    assert drawn(page)["Requests by status"] == "ready"
    panel = page.get_by_role("region", name="Requests by status")
    chart = panel.locator(".u-over").bounding_box()
    assert chart is not None
    page.mouse.move(chart["x"] + chart["width"] * 0.25, chart["y"] + 20)
    page.mouse.down()
    page.mouse.move(chart["x"] + chart["width"] * 0.5, chart["y"] + 30, steps=4)
    page.mouse.up()
    expect(by_id(page, "time-picker")).to_contain_text("2023-11-14 22:")
    zoomed = query(page)
    assert 14 * 60_000 < int(zoomed["to"][0]) - int(zoomed["from"][0]) < 16 * 60_000
    page.go_back()
    expect(by_id(page, "time-picker")).to_have_text("Last 1 hour")
    assert query(page) == {}
    panel.hover()
    panel.get_by_test_id("panel-view").click()
    expect(by_id(page, "panel")).to_have_count(1)
    page.keyboard.press("Escape")
    assert len(drawn(page)) > 10


def test_a_query_that_fails_takes_nothing_with_it_but_its_panel(visit: Visit) -> None:
    visitor = visit()
    visitor.expect_complaint("the server responded with a status of 400")
    page = visitor.context.new_page()

    def break_one(route: Any) -> None:
        asked = parse_qs(route.request.post_data)
        if "http_server_exceptions_total" in asked["query"][0]:
            asked["query"] = ["sum by (job) (rate(http_server_exceptions_total[5m])"]
            route.continue_(post_data="&".join(f"{name}={value}" for name, (value,) in asked.items()))
        else:
            route.continue_()

    page.route("**/api/v1/query_range", break_one)
    page.goto(f"{visitor.origin}/d/shop-http")
    states = drawn(page)
    assert {title for title, state in states.items() if state == "error"} == {"Exceptions"}
    failed = page.get_by_role("region", name="Exceptions").get_by_test_id("error")
    expect(failed).to_contain_text("1:53: unexpected end of input")
    expect(failed.get_by_role("button", name="Try again")).to_be_visible()
