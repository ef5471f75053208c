"""What the simulation says others say, too: the page of the application, stepping tick by tick, promtool."""

from __future__ import annotations

import random
import subprocess
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.real import binary
from tests.testing import kiosk
from tests.testing.kiosk import Kiosk

from vedette.alerting.delivery import Delivered
from vedette.engine.collect.http import FetchedPage
from vedette.engine.rules.machine import Rules
from vedette.engine.tsdb.head import Head
from vedette.formats import rules
from vedette.instruments.metrics.serving.asgi import respond
from vedette.promql.labels import NAME, Matcher, get, render
from vedette.promql.source import is_stale
from vedette.server.watch import Watch
from vedette.testing.application import Application
from vedette.testing.simulation import Simulation, Unreachable
from vedette.testing.world import START, World, declared

HERE = Path(__file__).parent
EVERYTHING = (Matcher(NAME, "!=", ""),)

phases = st.lists(
    st.tuples(
        st.sampled_from(["well", "refuses", "slow", "down", "idle"]),
        st.sampled_from([0.2, 1.0, 3.0]),
        st.integers(1, 7),
    ),
    min_size=1,
    max_size=5,
)


@cache
def built():
    """Once for all; no fixture, because of a failing example hypothesis would write all of it."""
    with tempfile.TemporaryDirectory() as folder:
        return declared(kiosk.stack, "local", "", Path(folder))


@contextmanager
def lived(story, *, ask=False, pages=None):
    """An application that has been through these phases; asked for verdicts after each of them, or only at the end.

    What is scraped is put into ``pages``, by its time; nothing where it was down.
    """
    kiosk.sales.initialise()
    kiosk.waiting.set(0)
    service = Kiosk()
    with Application(built(), service.asgi, project=HERE) as app:
        keep(app._world.watch, {} if pages is None else pages)
        live(app, service, story, ask=ask)
        assert app.notifications is not None
        yield app


def keep(watch, pages):
    scraped, unreachable = watch.scraped, watch.unreachable

    def page(scrape, body, *more):
        pages[scrape.timestamp] = body
        scraped(scrape, body, *more)

    def none(scrape, *more):
        pages[scrape.timestamp] = b""
        unreachable(scrape, *more)

    watch.scraped, watch.unreachable = page, none


def live(app, service, story, *, ask):
    for what, rate, minutes in story:
        service.refuse, service.takes = what == "refuses", 0.7 if what == "slow" else 0.05
        kiosk.waiting.set(30 if what == "slow" else 1)
        if what == "down":
            with app.down():
                app.idle(f"{minutes}m")
        elif what == "idle":
            app.idle(f"{minutes}m")
        else:
            app.load("/buy", rate=rate, during=f"{minutes}m")
        if ask:
            assert app.notifications is not None


def everything(watch: Watch, but: tuple[str, ...] = ()) -> dict:
    """Every sample of a watch, by series; how long something took aside."""
    found = {}
    for block in watch.head.select(EVERYTHING, 0, 2**60):
        stale = is_stale(block.values)
        for row, of in enumerate(block.labels):
            if not get(of, NAME).startswith(but or ("scrape_duration",)):
                there = np.flatnonzero(block.present[row])
                values = ["stale" if stale[row, at] else repr(float(block.values[row, at])) for at in there]
                found.setdefault(render(of), {}).update(zip(block.timestamps[there].tolist(), values, strict=True))
    return {series: samples for series, samples in found.items() if samples}


@settings(max_examples=12)
@given(phases)
def test_it_is_what_stepping_the_watch_tick_by_tick_says(story):
    pages = {}
    with lived(story, pages=pages) as app:
        world = app._world
        watch = Watch(world.watch.built, None, start=START, rng=random.Random(1))
        told = []

        def page(scrape):
            if not pages[scrape.timestamp]:
                raise Unreachable("connection refused")
            return FetchedPage(pages[scrape.timestamp], "text/plain; version=0.0.4; charset=utf-8")

        def deliver(delivery, now):
            told.append(world.capture.take(delivery, watch.alerting.delivery(delivery.id), now))
            return Delivered()

        Simulation(watch, start=START, page=page, deliver=deliver, advance=lambda _: None).run(world.clock.now)
        assert everything(world.watch) == everything(watch)
        assert world.notifications == told
        watch.close()


@settings(max_examples=6)
@given(phases)
def test_it_is_the_same_whenever_it_is_asked(story):
    found = []
    for ask in (False, True):
        with lived(story, ask=ask) as app:
            samples = everything(app._world.watch, ("scrape_duration", "process_", "python_"))
            found.append((samples, app.notifications))
    assert found[0] == found[1]


@pytest.mark.asyncio
async def test_the_samples_are_those_of_the_page_that_a_scrape_gets():
    with Application(built(), project=HERE) as app:
        await compare(app._world)


async def compare(world):
    kiosk.sales.inc("sold", amount=7)
    kiosk.serving.observe(0.3)
    kiosk.waiting.set(float("inf"))
    body = b""

    async def send(message):
        nonlocal body
        body += message.get("body", b"")

    scope = {"type": "http", "method": "GET", "path": "/metrics", "headers": [], "query_string": b""}
    await respond(scope, send, token=None)
    world.clock.sleep(1)
    page = world.page
    strip = [line for line in body.split(b"\n") if not line.startswith((b"process_", b"python_", b"#"))]
    assert [line for line in page.split(b"\n") if not line.startswith((b"process_", b"python_", b"#"))] == strip
    assert b'kiosk_sales_total{result="sold"} 7' in strip
    (sold,) = world.watch.head.select(
        (Matcher(NAME, "=", "kiosk_sales_total"), Matcher("result", "=", "sold")), 0, 2**60
    )
    assert dict(sold.labels[0]) == {NAME: "kiosk_sales_total", "result": "sold", "job": "kiosk", "instance": "kiosk:1"}
    assert sold.values[0, 0] == 7
    kiosk.waiting.set(0)


# promtool, over the very samples of a simulation, laid on the grid that it evaluates on

STEP = 15_000


def on_a_grid(world: World) -> dict:
    """Series that were scraped → a value a step, None where there is none. Both judges get it."""
    found = {}
    for block in world.watch.head.select(
        (Matcher("instance", "=", "kiosk:1"), Matcher("alertname", "=", "")), 0, 2**60
    ):
        stale = is_stale(block.values)
        for row, of in enumerate(block.labels):
            if get(of, NAME).startswith(("kiosk_", "up")):
                cells = {}
                for at in np.flatnonzero(block.present[row]):
                    step = (int(block.timestamps[at]) - START) // STEP
                    cells[step] = None if stale[row, at] else float(block.values[row, at])
                found[of] = [cells.get(step) for step in range((world.clock.now - START) // STEP + 1)]
    return found


def ours(grid: dict, steps: int) -> dict:
    """Step → the alerts that fire, as our rules say."""
    head = Head()
    matrix = head.target("grid")
    slots = {of: matrix.slot(of) for of in grid}
    for step in range(steps):
        there = [(slots[of], cells[step]) for of, cells in grid.items() if cells[step] is not None]
        if there:
            rows, values = zip(*there, strict=True)
            matrix.append(step * STEP, np.array(rows, np.intp), np.array(values))
    groups = [group for file in built().built.rules for group in file.groups]
    Rules(groups, head, start=0, interval=STEP).evaluate_range(0, (steps - 1) * STEP, STEP)
    found = {step: set() for step in range(steps)}
    for block in head.select((Matcher(NAME, "=", "ALERTS"), Matcher("alertstate", "=", "firing")), 0, 2**60):
        there = block.present & ~is_stale(block.values)
        for row, of in enumerate(block.labels):
            for at in np.flatnonzero(there[row]):
                found[int(block.timestamps[at]) // STEP].add(get(of, "alertname"))
    return found


def written(cells: list) -> str:
    return " ".join("_" if value is None else repr(value) for value in cells)


@pytest.mark.real
@pytest.mark.parametrize(
    "story",
    [
        [("well", 1.0, 8), ("refuses", 1.0, 8), ("well", 1.0, 8)],
        [("slow", 0.2, 10), ("idle", 1.0, 12), ("well", 3.0, 5)],
        [("well", 1.0, 5), ("refuses", 0.2, 5), ("slow", 1.0, 5), ("idle", 1.0, 5), ("refuses", 3.0, 5)],
    ],
    ids=["refuses", "slow and idle", "all"],
)
def test_promtool_says_the_same_at_every_step(tmp_path, story):
    promtool = binary("promtool", "3.5")
    with lived(story) as app:
        grid = on_a_grid(app._world)
    steps = len(next(iter(grid.values())))
    verdicts = ours(grid, steps)
    assert set().union(*verdicts.values()), "a story in which nothing fires proves nothing"
    names = sorted({rule.alert for rule in built().rules})
    tests = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "15s",
        "tests": [
            {
                "interval": "15s",
                "input_series": [{"series": render(of), "values": written(cells)} for of, cells in grid.items()],
                "promql_expr_test": [
                    {
                        "expr": f'count(ALERTS{{alertname="{name}",alertstate="firing"}})',
                        "eval_time": f"{step * 15}s",
                        "exp_samples": [{"labels": "{}", "value": 1}] if name in verdicts[step] else [],
                    }
                    for step in range(steps)
                    for name in names
                ],
            }
        ],
    }
    (tmp_path / "rules.yml").write_text(rules.write(built().built.rules[0]))
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(tests))
    judged = subprocess.run(
        [promtool, "test", "rules", tmp_path / "tests.yml"], capture_output=True, text=True, check=False
    )
    assert judged.returncode == 0, judged.stdout + judged.stderr
