"""An hour of the demo under a simulated clock: visitors, scrapes, rules, notifications. No peer does this.

``python benchmarks/simulation.py [--json]``. The goal is real time: an hour within two seconds.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from examples.shop.simulated import SimulatedShop

best = float("inf")
for _ in range(3):
    with tempfile.TemporaryDirectory() as folder, SimulatedShop(Path(folder)) as shop:
        began = time.perf_counter()
        for minutes, fault in ((15, None), (15, "errors"), (15, None), (5, "down"), (10, None)):
            shop.run(minutes, fault)
        best = min(best, time.perf_counter() - began)
        requests, samples = sum(shop.answers.values()), shop.watch.head.stats().samples
        sent = len(shop.sent)
row = {"ours": round(best, 2), "peer": None, "ratio": None, "goal": 2.0, "unit": "s"}
if "--json" in sys.argv:
    print(json.dumps({"simulated_hour": row}))
else:
    print(
        f"a simulated hour   {row['ours']} s (goal 2 s)   {requests} requests, {samples} samples, {sent} notifications"
    )
