"""A bakery watched for twenty simulated minutes, and a client of the application that serves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest
from tests.bakery import START, Bakery, simulation

from vedette.server.app import application

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from vedette.server.watch import Watch


@dataclass
class Served:
    """The watch, the simulated time it stands at, and a client."""

    watch: Watch
    now: int
    client: httpx.AsyncClient
    woken: list[int]


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    """Ten minutes of a warm oven, ten of a cold one."""
    bakery = Bakery()
    watch, clock = simulation(tmp_path, bakery)
    clock.run(START + 600_000)
    bakery.celsius = 20
    clock.run(START + 1_200_000)
    woken: list[int] = []
    app = application(watch, lambda: clock.now, lambda: woken.append(1))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7373") as client:
        yield Served(watch, clock.now, client, woken)
    watch.close()
