"""What `vedette check` takes: our own stack, one of 25 packs, 300 alerts and 40 dashboards, and one of all our packs.

``python benchmarks/check.py [--json] [--rounds 5]``. The command in a process of its own, from its start to its end:
cold, and warm when nothing has changed since it ran before. The peer is ``promtool check rules`` on the rule files that
are built from the same stack: it parses them and looks for duplicates, nothing else. Wall time, the least of several
rounds; and the least CPU of the process, which says more on a machine that has other work.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).parent.parent
sys.path.insert(0, str(PROJECT))

OWN = "examples.shop.watched:stack"
EVERY = PROJECT / "tests" / "testing" / "preview" / "every_pack.py"
LARGE = '''\
"""A stack of 25 packs with 300 alerts, and 15 packs that only show."""

from vedette import Alert, Counter, Gauge, Histogram, Pack, Panel, Recording, Service, Stack

FIELDS = ["region", "kind"]


def make(number: int) -> Pack:
    name = f"part{number}"
    done = Counter(f"{name}_done_total", help="Things done.", labels=[*FIELDS, "result"])
    waiting = Gauge(f"{name}_waiting", help="Things that wait.", labels=FIELDS)
    took = Histogram(f"{name}_duration_seconds", help="Time that a thing takes.", labels=FIELDS)
    rate, errors, slow = f"job:{name}_done:rate5m", f"job:{name}_errors:ratio_rate5m", f"job:{name}_duration:p95_5m"
    failed = f'sum by (job) (rate({name}_done_total{{result="failed"}}[5m]))'
    alerts = []
    if number < 25:
        for step in range(3):
            severity = ["medium", "high", "critical"][step]
            alerts += [
                Alert(f"Part{number}Errors{step}", f"{errors} > 0.{step + 1}", for_="5m", severity=severity,
                      summary="{{ $value | humanizePercentage }} of {{ $labels.job }} fails", panel="Errors"),
                Alert(f"Part{number}Slow{step}", f"{slow} > {[0.5, 1, 2.5][step]} and {rate} > 0.1", for_="5m",
                      severity=severity, summary="{{ $labels.job }} takes {{ $value | humanizeDuration }}",
                      panel="Slowest"),
                Alert(f"Part{number}Waiting{step}", f"sum by (job, kind) ({name}_waiting) > {10 ** (step + 1)}",
                      for_="10m", severity=severity, summary="{{ $value }} {{ $labels.kind }} wait", panel="Waiting"),
                Alert(f"Part{number}Idle{step}", f"{rate} == 0", for_=f"{step + 1}0m", severity=severity,
                      summary="{{ $labels.job }} does nothing", panel="Rate"),
            ]
    return Pack(
        name,
        metrics=[done, waiting, took],
        recordings=[
            Recording(rate, f"sum by (job) (rate({name}_done_total[5m]))"),
            Recording(errors, f"{failed} / (sum by (job) (rate({name}_done_total[5m])) > 0)"),
            Recording(
                slow, f"histogram_quantile(0.95, sum by (job, le) (rate({name}_duration_seconds_bucket[5m])))"
            ),
        ],
        alerts=alerts,
        panels=[
            Panel("Rate", rate, unit="operations/s", legend="{{job}}", description="Things done."),
            Panel("Errors", errors, unit="ratio", legend="{{job}}", description="Share that fails."),
            Panel("Slowest", slow, unit="seconds", legend="{{job}}", description="95 % are faster."),
            Panel("Waiting", f"sum by (job, kind) ({name}_waiting)", unit="count", legend="{{job}} {{kind}}",
                  description="Things that wait."),
        ],
    )


stack = Stack(
    services=[Service("all", targets=["127.0.0.1:1"], packs=[make(number) for number in range(40)])],
)
'''
GOALS = {"cold": 1.0, "warm": 0.2}
# As for users: modules are compiled once, whatever is usual where this runs.
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


class Took(NamedTuple):
    """Seconds."""

    wall: float
    cpu: float


def took(command: list[str], folder: Path, rounds: int, *, forget: bool = False) -> Took:
    """The least of several runs of a command; ``forget``: without what an earlier one has kept."""
    runs: list[Took] = []
    for _ in range(rounds):
        if forget:
            shutil.rmtree(folder / ".vedette" / "cache", ignore_errors=True)
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
        wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        runs.append(Took(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
        if done.returncode not in (0, 1):
            raise RuntimeError(f"{command} ended with {done.returncode}: {done.stderr}")
    return Took(min(run.wall for run in runs), min(run.cpu for run in runs))


def found(command: list[str], folder: Path) -> int:
    """How much it finds."""
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    return len(done.stdout.splitlines())


def promtool(reference: str, folder: Path, rounds: int) -> Took | None:
    """Seconds of promtool on the built rules; None where there is none."""
    from tests.real import PACKAGES, ROOT, SUITES

    from vedette.build import build, load

    places = [ROOT / f"{package}-{SUITES['3.5']}" / "usr" / "bin" / "promtool" for package in PACKAGES["promtool"]]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        return None
    files = {
        name: text for name, text in build(load(reference), "local").items() if name.startswith("prometheus/rules")
    }
    for name, text in files.items():
        (folder / Path(name).name).write_text(text)
    return took([str(path), "check", "rules", *(Path(name).name for name in files)], folder, rounds)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--rounds", type=int, default=5)
    given = arguments.parse_args()
    rows = {}
    with tempfile.TemporaryDirectory() as name:
        folders = {}
        for key, source in (("large", LARGE), ("every", EVERY.read_text())):
            folders[key] = Path(name, key)
            folders[key].mkdir()
            (folders[key] / f"{key}.py").write_text(source)
            (folders[key] / "pyproject.toml").write_text(f'[tool.vedette]\nstack = "{key}:stack"\n')
        command = [str(Path(sys.executable).parent / "vedette"), "check", "--format", "lines"]
        stacks = [("own", OWN, PROJECT), *((key, f"{key}:stack", place) for key, place in folders.items())]
        for key, reference, place in stacks:
            os.chdir(place)
            ours = [*command, "--stack", reference]
            cold = took(ours, place, given.rounds, forget=True)
            warm = took(ours, place, given.rounds)
            peer = promtool(reference, Path(tempfile.mkdtemp(dir=name)), given.rounds)
            for kind, seconds in (("cold", cold), ("warm", warm)):
                beside = peer.wall if peer is not None and kind == "cold" else None
                rows[f"{key}_{kind}"] = {
                    "ours": round(seconds.wall, 3),
                    "peer": None if beside is None else round(beside, 3),
                    "ratio": None if beside is None else round(seconds.wall / beside, 2),
                    "goal": GOALS[kind],
                    "unit": "s",
                    "others": {"cpu": round(seconds.cpu, 3), "findings": found(ours, place)},
                }
    if given.json:
        print(json.dumps(rows))
        return
    for key, row in rows.items():
        beside = "" if row["peer"] is None else f"   promtool check rules {row['peer']:.2f} s"
        cpu, findings = row["others"]["cpu"], row["others"]["findings"]
        print(f"{key:12} {row['ours']:.3f} s, CPU {cpu:.3f} s   goal {row['goal']} s   {findings} findings{beside}")


if __name__ == "__main__":
    main()
