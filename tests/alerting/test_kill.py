"""kill -9 at any moment loses no accepted alert, and repeats none but the one under way, with its id."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

VICTIM = Path(__file__).with_name("victim.py")


def run(*arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, VICTIM, *map(str, arguments)], stdout=subprocess.PIPE)


def killed_and_resumed(folder: Path, kills: int, seed: int) -> tuple[list[int], list[tuple[str, list[str]]]]:
    """Accepted alerts, and what arrived at the sink, in a run that is killed so often."""
    rng = random.Random(seed)
    store, sink = folder / "alerting.db", folder / "sink"
    accepted: list[int] = []
    for _ in range(kills):
        child = run(store, sink, len(accepted), 10_000)
        # killed after so many alerts and at a random moment of the work that follows the last of them
        accepted.extend(int(child.stdout.readline()) for _ in range(rng.randrange(1, 12)))
        for _ in range(rng.randrange(0, 3000)):
            pass
        os.kill(child.pid, signal.SIGKILL)
        accepted += [int(line) for line in child.stdout.read().split()]
        assert child.wait() == -signal.SIGKILL
        child.stdout.close()
    with run(store, sink, 0, 0) as last:
        assert last.wait(60) == 0
    return accepted, [tuple(json.loads(line)) for line in sink.read_text().splitlines()]


def check(accepted: list[int], arrived: list[tuple[str, list[str]]], kills: int) -> None:
    told = {name for _, names in arrived for name in names}
    assert {f"A{n}" for n in accepted} <= told
    # one that was on disk when the process died, but not yet acknowledged, may arrive too
    assert len(told) - len(set(accepted)) <= kills
    ids = Counter(identifier for identifier, _ in arrived)
    assert sum(count - 1 for count in ids.values()) <= kills
    assert len({name for _, names in arrived for name in names}) == len(ids)


def test_five_kills_lose_nothing(tmp_path):
    check(*killed_and_resumed(tmp_path, 5, seed=1), kills=5)


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_two_hundred_kills_lose_nothing(tmp_path):
    check(*killed_and_resumed(tmp_path, 200, seed=2), kills=200)
