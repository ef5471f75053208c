"""What it costs an application to import Vedette: CPU of a fresh interpreter, against ``import prometheus_client``.

``python benchmarks/imports.py [--json] [--runs 40]``. Every row is run in turn, round by round, so that other work on
the machine meets all alike; the least of each counts, less that of an interpreter which imports nothing. Each imports
compiled files, as an installed package has them.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
BARE = "pass"
PEER = "import prometheus_client"
ROWS = {
    "import_vedette": "import vedette",
    "import_metrics": "from vedette import Counter, Gauge, Histogram",
    "import_instrument": "import vedette; vedette.instrument",
    "import_packs": "from vedette.packs import database, http, process",
    "import_observability": "import examples.shop.observability",
}
# A stack with packs, alerts and panels is declared there: prometheus_client has nothing like it to compare with.
WITHOUT_GOAL = {"import_observability"}


def milliseconds(code: str) -> float:
    """CPU of one interpreter that runs ``code``, user and system."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    process = os.posix_spawn(sys.executable, [sys.executable, "-c", code], environment)
    _, status, usage = os.wait4(process, 0)
    if status:
        sys.exit(f"{code!r} failed")
    return (usage.ru_utime + usage.ru_stime) * 1000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--runs", type=int, default=40)
    given = arguments.parse_args()

    for folder in ("src/vedette", "examples"):
        compileall.compile_dir(ROOT / folder, quiet=1)
    best = dict.fromkeys((BARE, PEER, *ROWS.values()), float("inf"))
    for _ in range(given.runs):
        for code in best:
            best[code] = min(best[code], milliseconds(code))
    cost = {code: spent - best[BARE] for code, spent in best.items()}
    rows = {
        name: {
            "ours": round(cost[code], 1),
            "peer": round(cost[PEER], 1),
            "ratio": round(cost[code] / cost[PEER], 3),
            "goal": None if name in WITHOUT_GOAL else round(cost[PEER] / 3, 1),
            "unit": "ms CPU",
        }
        for name, code in ROWS.items()
    }
    if given.json:
        print(json.dumps(rows))
        return
    print(f"{PEER}: {cost[PEER]:.1f} ms CPU over the {best[BARE]:.1f} ms of an interpreter that imports nothing")
    for name, code in ROWS.items():
        row = rows[name]
        goal = "" if row["goal"] is None else f"  goal {row['goal']:.1f}"
        print(f"{code:52}{row['ours']:6.1f} ms  ratio {row['ratio']:.2f}{goal}")


main()
