"""What happens while somebody looks: the page follows without being asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.browser.stage import Stage

expect = pytest.importorskip("playwright.sync_api").expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser
    from tests.browser.conftest import Visitor

    Visit = Callable[..., Visitor]

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Stage]:
    """A shop that begins to fail after a few minutes."""
    with Stage(tmp_path_factory.mktemp("shop")) as stage:
        stage.run(6)
        stage.run(6, "errors")
        stage.serve()
        yield stage


def test_a_mended_shop_is_well_on_every_open_page_without_a_reload(visit: Visit, shop: Stage) -> None:
    overview = visit().open("/")
    deliveries = visit().open("/deliveries")
    expect(overview.get_by_test_id("firing-count")).to_have_text("2")
    expect(overview.get_by_test_id("announcer")).to_have_text("2 alerts are firing.")
    sent = deliveries.get_by_test_id("delivery-row")
    expect(sent.filter(has_text="[FIRING]")).to_have_count(2)
    expect(sent.filter(has_text="[RESOLVED]")).to_have_count(0)

    shop.go_on(15)
    expect(sent.filter(has_text="[RESOLVED]")).to_have_count(2)
    expect(overview.get_by_test_id("firing-count")).to_have_count(0)
    expect(overview.get_by_test_id("announcer")).to_have_text("No alert is firing.")
    expect(overview.get_by_text("No active alerts")).to_be_visible()
    expect(overview.get_by_test_id("service-card")).to_have_attribute("data-state", "up")
    expect(overview.get_by_test_id("figure-deliveries")).to_contain_text("4")
    # the pages still stand as they were opened
    expect(overview).to_have_title("Overview · Shop")
