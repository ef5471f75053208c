"""From nothing to data: `vedette up` with the demo shop, and beside real Prometheus 3.5 on the same built files.

``python benchmarks/start.py [--json] [--rounds 3] [--idle 20]``. Medians of some rounds:

- ``start_first_sample``: the shop runs already; from the start of the process until an instant query finds the shop's
  first sample. Prometheus hands discovered targets on every five seconds.
- ``start_first_dashboard``: `vedette up` as `make up` runs it, starting the shop too, until a panel of the shop's HTTP
  dashboard has data. The peer that does as much, Grafana's otel-lgtm container, needs 26 s by its own documentation.
- ``start_request_rate``: the same until the request rate is there, which takes two scrapes.
- ``idle_rss``: resident memory of the watch some seconds later; the peer is Prometheus alone, without an Alertmanager.
- ``help``: `vedette up --help`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from real import binary, free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).parent.parent
GOALS = {"start_first_dashboard": 5.0, "start_request_rate": None, "idle_rss": 200.0, "help": 0.3}
SAMPLE = 'http_server_active_requests{job="shop"}'
RATE = 'job:http_server_requests:rate5m{job="shop"}'

STACK = """\
from dataclasses import replace
from examples.shop.observability import stack as shop

demo = replace(shop.environment("demo"), targets={{"shop": ["127.0.0.1:{port}"]}}, notify=[])
stack = replace(shop, environments=[demo])
"""


class Project:
    """The demo's stack in a folder of its own, on free ports."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shop_port, self.port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.shop = [sys.executable, "-m", "uvicorn", "examples.shop.main:app", "--port", str(self.shop_port)]
        self.environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        run = " ".join([*self.shop[1:], "--log-level", "warning"])
        (folder / "watched.py").write_text(STACK.format(port=self.shop_port))
        (folder / "pyproject.toml").write_text(
            f'[tool.vedette]\nstack = "watched:stack"\nenvironment = "demo"\nrun = ["python {run}"]\n'
        )

    def vedette(self, *arguments: str) -> list[str]:
        """A command line of ours."""
        return [sys.executable, "-m", "vedette.cli", *arguments]

    def run(self, *arguments: str) -> None:
        """Run a command of ours to its end."""
        command = self.vedette(*arguments)
        subprocess.run(command, cwd=self.folder, env=self.environment, check=True, capture_output=True)

    @contextlib.contextmanager
    def running(self, command: Sequence[str | Path]) -> Iterator[subprocess.Popen[bytes]]:
        """Run a command in the folder until the block ends."""
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [str(word) for word in command], cwd=self.folder, env=self.environment, stdout=log, stderr=log
            )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT if "vedette.cli" in command else signal.SIGTERM)
            process.wait(20)


def ask(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=2) as reply:
        return json.load(reply)


def has_data(url: str, query: str) -> bool:
    answer = ask(f"{url}/api/v1/query?{urllib.parse.urlencode({'query': query})}")
    return bool(answer["data"]["result"])


def seconds_until(check: Callable[[], bool], began: float, within: float = 60) -> float:
    while time.perf_counter() - began < within:
        with contextlib.suppress(OSError):
            if check():
                return time.perf_counter() - began
        time.sleep(0.01)
    raise SystemExit(f"no data within {within:g} s")


def panels(folder: Path) -> list[str]:
    """Every query of the shop's HTTP dashboard, its variables at All."""
    board = json.loads((folder / ".vedette/build/grafana/dashboards/shop-http.json").read_text())
    queries = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
    return [
        query.replace("$job", "shop")
        .replace("$instance", ".*")
        .replace("$route", ".*")
        .replace("$__rate_interval", "30s")
        for query in queries
    ]


def first_sample(project: Project) -> tuple[float, float | None]:
    """Seconds of ours and of Prometheus, the shop running already."""
    subprocess.run(
        project.vedette("build"), cwd=project.folder, env=project.environment, check=True, capture_output=True
    )
    built = project.folder / ".vedette" / "build"
    with project.running([*project.shop, "--log-level", "warning"]):
        shop = f"http://127.0.0.1:{project.shop_port}/"
        seconds_until(lambda: bool(ask(shop)), time.perf_counter())
        began = time.perf_counter()
        with project.running(project.vedette("up", "--from", str(built), "--port", str(project.port))):
            ours = seconds_until(lambda: has_data(project.url, SAMPLE), began)
        try:
            program = binary("prometheus", "3.5")
        except pytest.skip.Exception as reason:
            print(f"without its peer: {reason}", file=sys.stderr)
            return ours, None
        port = free_port()
        began = time.perf_counter()
        with project.running(prometheus(program, built, project.folder / "tsdb", port)):
            return ours, seconds_until(lambda: has_data(f"http://127.0.0.1:{port}", SAMPLE), began)


def prometheus(program: Path, built: Path, data: Path, port: int) -> list[str | Path]:
    return [
        program,
        f"--config.file={built / 'prometheus' / 'prometheus.yml'}",
        f"--storage.tsdb.path={data}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]


def whole(project: Project, idle: float) -> tuple[float, float, float, float | None]:
    """Seconds to the first panel and to the request rate, and MB of ours and of Prometheus after ``idle`` seconds."""
    began = time.perf_counter()
    with project.running(project.vedette("up", "--port", str(project.port))) as process:
        seconds_until(lambda: bool(ask(f"{project.url}/api/vedette/overview")), began)
        queries = panels(project.folder)
        first = seconds_until(lambda: any(has_data(project.url, query) for query in queries), began)
        rate = seconds_until(lambda: has_data(project.url, RATE), began)
        if not idle:
            return first, rate, 0.0, None
        with contextlib.ExitStack() as stack:
            peer: subprocess.Popen[bytes] | None = None
            with contextlib.suppress(pytest.skip.Exception):
                program = binary("prometheus", "3.5")
                built = project.folder / ".vedette" / "build"
                peer = stack.enter_context(
                    project.running(prometheus(program, built, project.folder / "tsdb", free_port()))
                )
            time.sleep(idle)
            ours = psutil.Process(process.pid).memory_info().rss / 1e6
            theirs = psutil.Process(peer.pid).memory_info().rss / 1e6 if peer else None
        return first, rate, ours, theirs


def help_seconds(project: Project) -> float:
    began = time.perf_counter()
    project.run("up", "--help")
    return time.perf_counter() - began


def median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def measured(rounds: int, idle: float) -> dict[str, dict[str, float | str | None]]:
    samples: list[tuple[float, float | None]] = []
    wholes: list[tuple[float, float, float, float | None]] = []
    helps: list[float] = []
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            samples.append(first_sample(Project(Path(folder))))
        with tempfile.TemporaryDirectory() as folder:
            project = Project(Path(folder))
            wholes.append(whole(project, idle if number == rounds - 1 else 0))
            helps.append(help_seconds(project))
    figures = {
        "start_first_sample": (median([ours for ours, _ in samples]), median([peer for _, peer in samples]), "s"),
        "start_first_dashboard": (median([row[0] for row in wholes]), None, "s"),
        "start_request_rate": (median([row[1] for row in wholes]), None, "s"),
        "idle_rss": (wholes[-1][2], wholes[-1][3], "MB"),
        "help": (median(helps), None, "s"),
    }
    return {
        name: {
            "ours": round(ours or 0.0, 2),
            "peer": None if peer is None else round(peer, 2),
            "ratio": None if peer is None else round((ours or 0.0) / peer, 2),
            "goal": GOALS.get(name),
            "unit": unit,
        }
        for name, (ours, peer, unit) in figures.items()
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--idle", type=float, default=20, help="seconds before memory is read")
    options = arguments.parse_args()
    rows = measured(options.rounds, options.idle)
    if options.json:
        print(json.dumps(rows))
        return
    print("start and idle memory; peer: Prometheus 3.5 on the same built files")
    print(f"{'':<24}{'ours':>9}{'peer':>9}{'ratio':>8}{'goal':>8}")
    for name, row in rows.items():
        cells = "".join(
            f"{row[key] if row[key] is not None else '-':>{width}}"
            for key, width in (("ours", 9), ("peer", 9), ("ratio", 8), ("goal", 8))
        )
        print(f"{name:<24}{cells}  {row['unit']}")


if __name__ == "__main__":
    main()
