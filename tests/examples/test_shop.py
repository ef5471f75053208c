"""The demo shop sells, breaks in each of its ways, mends, and can be driven through a day without waiting."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import TYPE_CHECKING

import pytest
from tests.integrations.client import call, values

from vedette.instruments import clock, guard
from vedette.instruments.metrics import DEFAULT
from vedette.packs.database import connections, pending_requests, timeouts
from vedette.packs.http import exceptions, request_duration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def modules(tmp_path_factory):
    """The shop's modules; its application is made where they are imported, with a database of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOP_DATABASE", f"sqlite:///{tmp_path_factory.mktemp('shop')}/import.db")
        patch.setenv("SHOP_FAULTS", str(tmp_path_factory.mktemp("faults") / "none.json"))
        from examples.shop import main
    return main


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    before = guard.set_strict(True)
    DEFAULT.clear()
    yield
    DEFAULT.clear()
    guard.set_strict(before)


class Day:
    """A shop, its visitors and a clock that a test moves."""

    def __init__(self, main, folder: Path, *, seed: int = 1) -> None:
        from examples.shop.faults import Faults
        from examples.shop.load import Load
        from examples.shop.pace import SimulatedPace

        self.now, self.pace, self.faults = 1_700_000_000.0, SimulatedPace(), Faults()
        self.shop = main.create(
            main.Settings(
                database=f"sqlite:///{folder}/shop.db", pace=self.pace, faults=self.faults, pool_timeout=0, seed=seed
            )
        )
        self.load = Load(self.shop, seed=seed, peak=2)

    async def pass_(self, seconds: int) -> dict[int, int]:
        """Let the visitors of these seconds come; what they were answered."""
        self.load.answers.clear()
        with clock.replaced(lambda: self.now, perf=self.pace.perf):
            for _ in range(seconds):
                self.now += 1
                await self.load.tick(1)
        return dict(self.load.answers)


@pytest.fixture
def day(modules, tmp_path):
    day = Day(modules, tmp_path)
    yield day
    day.shop.store.close()


async def test_a_customer_finds_a_product_buys_it_and_sees_the_order_shipped(day):
    shop = day.shop
    products = json.loads((await call(shop, "/products")).body)
    assert {"sku": "lamp-oak", "name": "Oak lamp", "cents": 4900} in products
    assert (await call(shop, "/products/lamp-oak")).status == 200
    for count in (1, 2):
        assert json.loads((await call(shop, "/carts/c/items/lamp-oak", "PUT")).body) == {"count": count}
    bought = await call(shop, "/carts/c/checkout", "POST", headers={"x-channel": "app"})
    assert (bought.status, json.loads(bought.body)) == (201, {"order": 1, "cents": 9800})
    assert json.loads((await call(shop, "/orders/1")).body) == {"id": 1, "cents": 9800, "state": "placed"}
    day.shop.worker._random.random = lambda: 0.5
    assert await shop.worker.step() is True
    assert await shop.worker.step() is False
    assert json.loads((await call(shop, "/orders/1")).body)["state"] == "shipped"
    from examples.shop import observability

    assert values(observability.orders) == {("web",): 0, ("app",): 1}
    assert values(observability.revenue) == {(): 98}
    assert values(observability.jobs)[("processed",)] == 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/products/nothing", 404),
        ("PUT", "/carts/c/items/nothing", 404),
        ("POST", "/carts/empty/checkout", 409),
        ("GET", "/orders/4711", 404),
        ("GET", "/orders/first", 422),
        ("GET", "/", 200),
    ],
)
async def test_what_cannot_be_is_answered_as_such(day, method, path, status):
    assert (await call(day.shop, path, method)).status == status


async def test_an_order_the_courier_does_not_take_is_counted_and_the_next_is_shipped(day):
    from examples.shop.observability import jobs

    for _ in range(2):
        day.shop.worker.put(1)
    chances = iter([0.0, 0.5])
    day.shop.worker._random.random = lambda: next(chances)
    await day.shop.worker.step()
    await day.shop.worker.step()
    assert values(jobs) == {("processed",): 1, ("failed",): 1}


async def test_products_are_read_once_and_then_from_the_cache_until_they_are_old(day):
    from examples.shop.observability import cache_requests

    with clock.replaced(lambda: day.now, perf=day.pace.perf):
        for _ in range(3):
            await call(day.shop, "/products")
        day.now += 31
        await call(day.shop, "/products")
    assert values(cache_requests) == {("products", "hit"): 2, ("products", "miss"): 2}


def test_a_full_cache_lets_its_oldest_entry_go(modules):
    from examples.shop.cache import Cache

    cache: Cache[int] = Cache("products", ttl=10, size=2)
    for number, key in enumerate("abac"):
        cache.put(key, number)
    assert [cache.get(key) for key in "abc"] == [2, None, 3]


async def test_a_quiet_day_has_orders_and_no_errors(day):
    answers = await day.pass_(120)
    assert set(answers) <= {200, 201, 404}
    assert answers[201] > 20
    assert answers[200] > 3 * answers[201] - 20
    assert values(exceptions) == {}
    assert values(timeouts) == {("shop",): 0}


async def test_the_same_seed_makes_the_same_day(modules, tmp_path):
    seen = []
    for folder in ("a", "b"):
        DEFAULT.clear()
        (tmp_path / folder).mkdir()
        day = Day(modules, tmp_path / folder, seed=7)
        await day.pass_(30)
        seen.append((values(request_duration), day.pace.spent))
        day.shop.store.close()
    assert seen[0] == seen[1]
    assert sum(seen[0][0].values()) > 50


async def test_errors_make_checkouts_fail_often_enough_for_the_critical_alert(day):
    day.faults.switch("errors")
    answers = await day.pass_(120)
    assert answers[500] / sum(answers.values()) > 0.15
    assert answers[201] > 0
    assert set(values(exceptions)) == {("/carts/{cart}/checkout", "examples.shop.main.PaymentError")}
    day.faults.switch(None)
    assert 500 not in await day.pass_(60)


async def test_latency_makes_every_answer_slower_than_a_second_and_spoils_none(day):
    day.faults.switch("latency")
    answers = await day.pass_(30)
    assert 500 not in answers
    durations = request_duration.series()
    assert all(sum(buckets[:10]) == 0 for buckets, _ in durations.values())
    assert durations["GET", "/products", "200"][1] > 1.2


async def test_the_pool_runs_dry_requests_fail_for_want_of_a_connection_and_mending_gives_them_back(day):
    day.faults.switch("pool")
    answers = await day.pass_(60)
    assert answers[500] > 10
    assert values(connections) == {("shop", "idle"): 0, ("shop", "used"): 5}
    assert values(timeouts)[("shop",)] >= answers[500]
    day.faults.switch(None)
    assert 500 not in await day.pass_(30)
    assert values(connections)[("shop", "used")] == 0


async def test_down_answers_nobody_and_fails_the_scrape_too(day):
    day.faults.switch("down")
    assert set(await day.pass_(10)) == {503}
    assert (await call(day.shop, "/metrics")).status == 503
    day.faults.switch(None)
    assert (await call(day.shop, "/metrics")).status == 200
    assert 503 not in await day.pass_(10)


def test_the_fault_is_read_from_its_file_whenever_that_changes(modules, tmp_path, caplog):
    from examples.shop.faults import Faults

    path = tmp_path / "faults.json"
    faults = Faults(path)
    seen = [faults.active]
    for content in (
        '{"fault": "errors"}',
        '{"fault": "pool"}',
        '{"fault": null}',
        '{"fault": "fire"}',
        "nonsense",
        "{}",
    ):
        path.write_text(content + " " * len(seen))
        seen.append(faults.active)
    path.write_text('{"fault": "down"}')
    seen += [faults.active, faults.active]
    path.unlink()
    seen.append(faults.active)
    assert seen == [None, "errors", "pool", None, None, None, None, "down", "down", None]
    assert len(caplog.messages) == 3
    assert "'fire'; known: errors, latency, pool, down" in caplog.messages[0]


async def test_a_fault_left_on_is_told_at_the_start(modules, tmp_path, caplog):
    shop = modules.create(modules.Settings(database=f"sqlite:///{tmp_path}/shop.db"))
    shop.settings.faults.switch("latency")
    messages = asyncio.Queue()
    await messages.put({"type": "lifespan.startup"})
    await messages.put({"type": "lifespan.shutdown"})
    await shop({"type": "lifespan", "asgi": {}, "state": {}}, messages.get, asyncio.Queue().put)
    assert caplog.messages == ["the fault 'latency' is still switched on; end it with: vedette demo mend"]


async def test_in_real_time_visitors_come_by_themselves_and_the_worker_ships(modules, tmp_path):
    from examples.shop.observability import jobs, orders

    shop = modules.create(modules.Settings(database=f"sqlite:///{tmp_path}/shop.db", load=True))
    messages = asyncio.Queue()
    await messages.put({"type": "lifespan.startup"})
    sent = asyncio.Queue()
    running = asyncio.create_task(shop({"type": "lifespan", "asgi": {}, "state": {}}, messages.get, sent.put))
    assert (await sent.get())["type"] == "lifespan.startup.complete"
    until = time.monotonic() + 60
    while sum(values(jobs).values()) < 3:
        assert time.monotonic() < until, f"no orders shipped: {values(orders)}"
        await asyncio.sleep(0.05)
    await messages.put({"type": "lifespan.shutdown"})
    assert (await sent.get())["type"] == "lifespan.shutdown.complete"
    await running
    assert values(pending_requests) == {("shop",): 0}


def test_the_day_has_a_night_a_noon_and_a_higher_evening(modules):
    from examples.shop.load import visits_per_second

    night, noon, evening = (visits_per_second(hour, 8) for hour in (3, 12.5, 20))
    assert night < noon / 3 < noon < evening <= 8.1


def test_the_stack_watches_the_shop_with_four_packs_and_fires_within_a_minute():
    from examples.shop.observability import stack

    from vedette.duration import milliseconds

    assert [pack.name for pack in stack.services[0].pack_list()] == ["http", "database", "process", "shop"]
    demo = next(environment for environment in stack.environments if environment.name == "demo")
    http = stack.services[0].pack_list()[0]
    critical = next(alert for alert in http.alerts if alert.name == "HttpErrorRateCritical")
    window, held = 300_000 * demo.time_scale, milliseconds(critical.for_) * demo.time_scale
    lag = milliseconds(demo.scrape_interval) + 2 * milliseconds(demo.evaluation_interval)
    assert window + held + lag < 60_000


def test_importing_the_stack_exposes_nothing_and_loads_no_web_framework():
    import subprocess

    code = (
        "import sys, examples.shop.observability\n"
        "from vedette.instruments.metrics.exposition import text\n"
        "print(text(), sorted({'fastapi', 'sqlalchemy', 'asyncio'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "b'' []"
