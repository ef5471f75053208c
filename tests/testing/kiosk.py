"""A small service, as ASGI, as WSGI and as a function, with the stack that watches it: what tests drive."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from time import monotonic as steady
from time import sleep as nap
from typing import Any

from vedette.catalog import Alert, Email, Environment, Pack, Recording, Service, Slack, Smtp, Stack, Webhook, env
from vedette.instruments.metrics import Counter, Gauge, Histogram, Metric
from vedette.packs import http, process

sales = Counter("kiosk_sales_total", "Sales.", labels={"result": ["sold", "refused"]})
serving = Histogram("kiosk_serving_seconds", "Time to serve.", buckets=[0.1, 0.5, 1, 5])
waiting = Gauge("kiosk_waiting", "People in the queue.")
till = Metric.foreign("counter", "kiosk_saless_total", labels=[], help="Of a till that is not there.", exporter="till")
never = Counter("kiosk_never_total", "What nothing counts.", labels=["x"])

SHARE = (
    "sum by (job, instance) (rate(kiosk_sales_total{result='refused'}[2m]))"
    " / sum by (job, instance) (rate(kiosk_sales_total[2m]))"
)

kiosk = Pack(
    "kiosk",
    title="Kiosk",
    metrics=[sales, serving, waiting, never, till],
    recordings=[Recording("job_instance:kiosk_refused:ratio_rate2m", SHARE, description="Share of sales refused.")],
    alerts=[
        Alert(
            "SalesRefused",
            "job_instance:kiosk_refused:ratio_rate2m > 0.2",
            for_="2m",
            severity="critical",
            summary="{{ $value | humanizePercentage }} of the sales of {{ $labels.job }} are refused",
        ),
        Alert(
            "ServingSlow",
            "histogram_quantile(0.9, sum by (job, le) (rate(kiosk_serving_seconds_bucket[2m]))) > 0.5",
            severity="high",
            summary="Serving is slow",
        ),
        Alert("QueueLong", "max by (job) (kiosk_waiting) > 10", for_="1m", severity="medium", summary="A long queue"),
        Alert(
            "NothingSold",
            "sum by (job) (rate(kiosk_sales_total[5m])) == 0",
            for_="5m",
            severity="medium",
            summary="Nothing is sold",
        ),
        Alert("Never", "sum by (job) (rate(kiosk_never_total[2m])) > 0", severity="low", summary="Never"),
        Alert("TillFull", "sum by (job) (rate(kiosk_saless_total[2m])) > 5", severity="low", summary="A full till"),
    ],
)

stack = Stack(
    name="kiosk",
    services=[Service("kiosk", targets=["kiosk:1", "kiosk:2"], packs=[kiosk])],
    notify=[
        Slack(env("SLACK_WEBHOOK"), channel="#kiosk"),
        Email(["boss@kiosk.test", "deputy@kiosk.test"], severities=["critical"]),
        Webhook("http://sink.test/hook?key=1", severities=["critical"]),
    ],
    environments=[
        Environment("local", smtp=Smtp("mail.test", 25, tls=False), external_url="https://watch.kiosk.test"),
        Environment("quick", time_scale=0.1, scrape_interval="5s", scrape_timeout="5s", evaluation_interval="5s"),
    ],
)
two_services = Stack(
    name="street",
    services=[
        Service("kiosk", targets=["kiosk:1"], packs=[kiosk]),
        Service("bar", targets=["bar:1"], packs=[http, process]),
    ],
)


@dataclass
class Kiosk:
    """The service; its fields are what a test breaks it with."""

    refuse: bool = False
    takes: float = 0.0
    started: int = 0
    stopped: int = 0
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    ticks: list[float] = field(default_factory=list)

    def sell(self) -> None:
        """One sale, with time that passes in it."""
        with serving.time():
            time.sleep(self.takes)
        sales.inc("refused" if self.refuse else "sold")

    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        """The service as an ASGI application."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        await receive()
        self.asked.append((scope["method"], scope["path"], scope["query_string"].decode()))
        if scope["path"] == "/gone":
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        with serving.time():
            await asyncio.sleep(self.takes)
        sales.inc("refused" if self.refuse else "sold")
        if scope["path"] == "/boom":
            raise RuntimeError("boom")
        await send({"type": "http.response.start", "status": 503 if self.refuse else 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        self.started += 1
        background = asyncio.create_task(self._tick())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        background.cancel()
        self.stopped += 1
        await send({"type": "lifespan.shutdown.complete"})

    async def _tick(self) -> None:
        while True:
            self.ticks.append(time.time())
            await asyncio.sleep(60)

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """The service as a WSGI application."""
        self.asked.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"]))
        self.sell()
        if environ["PATH_INFO"] == "/boom":
            raise RuntimeError("boom")
        start_response("503 No" if self.refuse else "200 OK", [])
        return [b"ok"]


def by_name(seconds: float) -> float:
    """How long a nap takes, by functions of `time` that were imported by name."""
    before = steady()
    nap(seconds)
    return steady() - before
