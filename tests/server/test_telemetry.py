"""The watch counts what it does in the metrics of the pack ``watch``, and its port serves them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from tests.server.test_drive import driven, now, until, watch

from vedette.server import telemetry
from vedette.server.app import application

if TYPE_CHECKING:
    from pathlib import Path

NOBODY = 9  # the port of a service that no machine runs any more


@pytest.mark.asyncio
async def test_a_scrape_of_the_watch_tells_of_its_scrapes_rules_and_alerts(tmp_path: Path, vedette_metrics) -> None:
    found = watch(tmp_path, NOBODY)
    async with driven(found):
        await until(lambda: vedette_metrics.sample("vedette_scrapes_total", outcome="failure"))
        transport = httpx.ASGITransport(application(found, now, lambda: None))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            page = await client.get("/metrics")
    assert page.status_code == 200
    lines = dict(line.rsplit(" ", 1) for line in page.text.splitlines() if not line.startswith("#"))
    assert float(lines['vedette_scrapes_total{outcome="failure"}']) >= 1
    assert lines['vedette_alerts{state="firing"}'] == "0"
    assert lines["vedette_deliveries_waiting"] == "0"
    assert 'vedette_rules{health="ok"}' in lines
    assert "vedette_series" in lines


def test_what_a_check_found_is_told_by_level(vedette_metrics) -> None:
    telemetry.found({"error": 2, "note": 1})
    assert vedette_metrics.sample("vedette_check_findings", level="error") == 2
    assert vedette_metrics.sample("vedette_check_findings", level="warning") == 0
