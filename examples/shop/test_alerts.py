"""The alerts of the shop, tested against its handlers and its worker: ``pytest examples/shop``.

``SHOP_BUG`` switches one of the faults of `examples.shop.faults` on for good, which the first of these tests finds.
``SHOP_COURIER=well`` lets no courier fail, which the last of them finds: nothing is left for its alerts to tell.
"""

from __future__ import annotations

import asyncio
import os

import pytest
from examples.shop.faults import FAULTS, Faults
from examples.shop.load import Load
from examples.shop.main import Settings, create
from examples.shop.worker import Worker

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


class Courier:
    """Who takes the orders that the worker hands over; how it fails is for a test to say."""

    def __init__(self, app, folder, monkeypatch):
        self._app = app
        self.fails = None
        real = Worker._ship  # noqa: SLF001 - the courier has no interface of its own

        async def ship(worker, order):
            if self.fails == "slow":
                await asyncio.sleep(3)
            elif self.fails == "silent":  # and nobody has thought of a timeout
                await asyncio.sleep(86_400)
            elif self.fails == "hangs up":  # which a library tells by cancelling the task that waits
                raise asyncio.CancelledError
            await real(worker, order)

        monkeypatch.setattr(Worker, "_ship", ship)
        app.serve(create(Settings(database=f"sqlite:///{folder}/shop.db")))

    def fail(self, how):
        """From now on."""
        self.fails = None if os.environ.get("SHOP_COURIER") == "well" else how

    def work(self, minutes):
        """Somebody orders a lamp every ten seconds, and the shop's own worker ships them."""
        self._app.load(["PUT /carts/c1/items/lamp-oak", "POST /carts/c1/checkout"], rate=0.2, during=f"{minutes}m")


@pytest.fixture
def courier(vedette_app, tmp_path, monkeypatch):
    return Courier(vedette_app, tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("fails", "alert", "within"),
    [("slow", "WorkerSlow", "13m"), ("silent", "WorkerStopped", "13m"), ("hangs up", "WorkerStopped", "13m")],
)
def test_a_courier_that_fails_is_told_as_what_it_does_to_the_worker(courier, fails, alert, within):
    both = {"WorkerSlow", "WorkerStopped"}
    courier.work(12)
    assert_no_alerts(*both)
    courier.fail(fails)
    with time_travel():
        courier.work(20)
        fires(alert, within=within, labels={"service": "shop"})
        assert_no_alerts(*both - {alert})
        assert_notified("http://127.0.0.1:8026/alerts", within="20m", alert=alert)


def test_a_courier_that_is_quick_again_is_no_more_told_of(courier):
    courier.fail("slow")
    courier.work(20)
    fires("WorkerSlow")
    courier.fail(None)
    courier.work(10)
    resolves("WorkerSlow", within="7m")
