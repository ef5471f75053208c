"""The alerts of the shop, tested against its handlers: ``pytest examples/shop``.

``SHOP_BUG`` switches one of the faults of `examples.shop.faults` on for good, which the first of these tests finds.
"""

from __future__ import annotations

import os

import pytest
from examples.shop.faults import FAULTS, Faults
from examples.shop.load import Load
from examples.shop.main import Settings, create

from vedette.testing import assert_no_alerts, assert_notified, fires, resolves, time_travel

pytestmark = pytest.mark.vedette(stack="examples.shop.observability:stack", environment="local")


class Street:
    """The shop, its visitors, and what is wrong with it."""

    def __init__(self, app, folder):
        self._app = app
        bug = os.environ.get("SHOP_BUG")
        self.faults = Faults()
        self.faults.switch(next((fault for fault in FAULTS if fault == bug), None))
        database = f"sqlite:///{folder}/shop.db"
        shop = create(Settings(database=database, pool_timeout=0, faults=self.faults))
        app.serve(shop)
        self._load = Load(shop, day=3600, peak=0.1)

    def lives(self, minutes):
        """Visitors come and go for so long."""
        if self.faults.active == "down":
            with self._app.down():
                self._app.idle(f"{minutes}m")
        else:
            self._app.call(lambda: self._load.tick(15), every="15s", during=f"{minutes}m")


@pytest.fixture
def street(vedette_app, tmp_path):
    return Street(vedette_app, tmp_path)


def test_an_hour_as_it_should_be_alerts_nobody(street):
    with time_travel():
        street.lives(60)
        assert_no_alerts()


@pytest.mark.parametrize(
    ("fault", "alert", "within"),
    [
        ("errors", "HttpErrorRateCritical", "6m"),
        ("latency", "HttpLatencyHigh", "12m"),
        ("pool", "DatabaseConnectionTimeouts", "12m"),
        ("down", "ServiceDown", "3m"),
    ],
)
def test_what_breaks_is_told_in_time_and_ends_when_it_is_mended(street, fault, alert, within):
    with time_travel():
        street.lives(10)
        assert_no_alerts(alert)
    street.faults.switch(fault)
    with time_travel():
        street.lives(15)
        fires(alert, within=within, labels={"service": "shop", "team": "shop"})
        mail = assert_notified("oncall@shop.example", within="15m", alert=alert)
        assert any(f"/runbooks/{alert}" in link for link in mail.links)
    street.faults.switch(None)
    with time_travel():
        street.lives(20)
        resolves(alert, within="15m")
