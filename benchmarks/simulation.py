"""An hour of the demo under a simulated clock: visitors, scrapes, rules, notifications. No peer does this.

``python benchmarks/simulation.py [--json]``. Twice: as the demo's own simulation runs it (goal: 2 s), with a shop that
is told to spend no time; and as the fixture ``vedette_app`` runs it in tests (goal: 0.5 s), with the shop as it is.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from examples.shop.faults import Faults
from examples.shop.load import Load
from examples.shop.main import Settings, create
from examples.shop.observability import stack
from examples.shop.simulated import SimulatedShop

from vedette.testing import Application
from vedette.testing.world import declared

HOUR = ((15, None), (15, "errors"), (15, None), (5, "down"), (10, None))


def simulated(folder: Path) -> tuple[float, float, str]:
    """Wall and processor seconds of the demo's simulation, and what happened in it."""
    with SimulatedShop(folder) as shop:
        began, used = time.perf_counter(), time.process_time()
        for minutes, fault in HOUR:
            shop.run(minutes, fault)
        took = time.perf_counter() - began, time.process_time() - used
        requests, samples = sum(shop.answers.values()), shop.watch.head.stats().samples
        return *took, f"{requests} requests, {samples} samples, {len(shop.sent)} notifications"


def tested(folder: Path) -> tuple[float, float, str]:
    """The same of a test."""
    built = declared(stack, "local", "", folder / "built")
    faults = Faults()
    with Application(built, project=Path(__file__).parent.parent / "examples") as app:
        app.serve(shop := create(Settings(database=f"sqlite:///{folder}/shop.db", pool_timeout=0, faults=faults)))
        visitors = Load(shop, day=3600, peak=0.1)
        began, used = time.perf_counter(), time.process_time()
        for minutes, fault in HOUR:
            faults.switch(fault)
            if fault == "down":
                with app.down():
                    app.idle(f"{minutes}m")
            else:
                app.call(lambda: visitors.tick(15), every="15s", during=f"{minutes}m")
        told = len(app.notifications)
        app.fires("ServiceDown") if faults.active == "down" else app.assert_no_alerts("ServiceDown")
        took = time.perf_counter() - began, time.process_time() - used
    return *took, f"{sum(visitors.answers.values())} requests, {len(built.rules)} alerts, {told} notifications"


rows = {}
for name, run, goal in (("simulated_hour", simulated, 2.0), ("tested_hour", tested, 0.5)):
    found = []
    for _ in range(5):
        with tempfile.TemporaryDirectory() as folder:
            found.append(run(Path(folder)))
    (wall, _, what), used = min(found), min(one[1] for one in found)
    rows[name] = {"ours": round(wall, 2), "peer": None, "ratio": None, "goal": goal, "unit": "s"}
    if "--json" not in sys.argv:
        print(f"{name.replace('_', ' '):<15} {wall:.2f} s, {used:.2f} s of a processor (goal {goal:g} s)   {what}")
if "--json" in sys.argv:
    print(json.dumps(rows))
