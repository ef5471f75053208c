"""Everything that watches the shop: what it counts of its own, when that is wrong, and who is told.

``vedette up`` finds `stack` from ``[tool.vedette]`` in pyproject.toml.
"""

from __future__ import annotations

from vedette import (
    Alert,
    Counter,
    Dashboard,
    Email,
    Environment,
    Events,
    Gauge,
    Histogram,
    Pack,
    Panel,
    Query,
    Recording,
    Row,
    Service,
    Slo,
    Smtp,
    Stack,
    Webhook,
)
from vedette.packs import database, http, process

__all__ = ["cache_requests", "job_duration", "jobs", "orders", "queue_depth", "revenue", "shop", "stack"]

orders = Counter("shop_orders_total", help="Orders placed.", labels={"channel": ["web", "app"]})
revenue = Counter("shop_revenue_euros_total", help="Value of the orders placed.", unit="euros")
cache_requests = Counter(
    "shop_cache_requests_total",
    help="Look-ups in a cache.",
    labels={"cache": ["products"], "result": ["hit", "miss"]},
)
queue_depth = Gauge("shop_worker_queue_depth", help="Orders that wait to be shipped.")
jobs = Counter(
    "shop_worker_jobs_total", help="Orders the worker is done with.", labels={"result": ["processed", "failed"]}
)
job_duration = Histogram(
    "shop_worker_job_duration_seconds",
    help="Time to ship an order.",
    buckets=[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
)

shop = Pack(
    "shop",
    title="Shop",
    metrics=[orders, revenue, cache_requests, queue_depth, jobs, job_duration],
    recordings=[
        Recording(
            "job:shop_orders:rate5m", "sum by (job) (rate(shop_orders_total[5m]))", description="Orders per second."
        ),
        Recording(
            "job_cache:shop_cache_hits:ratio_rate5m",
            'sum by (job, cache) (rate(shop_cache_requests_total{result="hit"}[5m]))'
            " / (sum by (job, cache) (rate(shop_cache_requests_total[5m])) > 0)",
            description="Share of look-ups that the cache answers; absent without look-ups.",
        ),
        Recording(
            "job:shop_worker_failures:ratio_rate5m",
            'sum by (job) (rate(shop_worker_jobs_total{result="failed"}[5m]))'
            " / (sum by (job) (rate(shop_worker_jobs_total[5m])) > 0)",
            description="Share of orders the worker could not ship; absent without orders.",
        ),
    ],
    alerts=[
        # A shop that is down is the http pack's alert; this one is for a shop that is up and sells nothing.
        Alert(
            "NoOrders",
            "sum by (job) (rate(shop_orders_total[30m])) == 0",
            for_="30m",
            severity="high",
            summary="No order in {{ $labels.job }} for half an hour",
            description="The shop answers, but nobody gets through to the end of a checkout.",
            runbook="runbooks/no-orders.md",
            panel="Orders",
        ),
        Alert(
            "CacheHitRatioLow",
            "job_cache:shop_cache_hits:ratio_rate5m < 0.3"
            " and sum by (job, cache) (rate(shop_cache_requests_total[5m])) > 0.2",
            for_="10m",
            severity="medium",
            summary="The cache {{ $labels.cache }} answers only {{ $value | humanizePercentage }}",
            description="What the cache does not answer the database must. A shop that is almost empty does not count.",
            runbook="runbooks/cache.md",
            panel="Cache hit ratio",
        ),
        Alert(
            "WorkerFailing",
            "job:shop_worker_failures:ratio_rate5m > 0.1",
            for_="5m",
            severity="high",
            summary="{{ $value | humanizePercentage }} of the orders of {{ $labels.job }} are not shipped",
            description="Customers have paid for what does not leave.",
            runbook="runbooks/worker.md",
            panel="Orders shipped",
        ),
        Alert(
            "WorkerBehind",
            "max by (job) (shop_worker_queue_depth) > 200",
            for_="5m",
            severity="medium",
            summary="{{ $value }} orders of {{ $labels.job }} wait to be shipped",
            description="Orders come faster than the worker ships them, or it hangs.",
            runbook="runbooks/worker.md",
            panel="Queue",
        ),
        Alert(
            "WorkerStopped",
            "max by (job) (shop_worker_queue_depth) > 0 and sum by (job) (rate(shop_worker_jobs_total[5m])) == 0",
            for_="5m",
            severity="high",
            summary="Nothing leaves {{ $labels.job }}, and {{ $value }} orders wait",
            description="The worker has not finished a single order for minutes: it hangs, or its task has ended.",
            runbook="runbooks/worker.md",
            panel="Queue",
        ),
        Alert(
            "WorkerSlow",
            "histogram_quantile(0.95, sum by (job, le) (rate(shop_worker_job_duration_seconds_bucket[5m]))) > 1",
            for_="10m",
            severity="medium",
            summary="Shipping an order of {{ $labels.job }} takes {{ $value | humanizeDuration }}",
            description="One of 20 orders takes longer than a second: the courier's service is slow, or the database.",
            runbook="runbooks/worker.md",
            panel="Time to ship",
        ),
    ],
    slos=[
        Slo(
            "shipping",
            Events(jobs, errors='{result="failed"}'),
            objective=95,
            title="Shipping",
            description="What is paid for leaves the house.",
        ),
    ],
    panels=[
        Panel(
            "Orders now",
            "job:shop_orders:rate5m",
            kind="stat",
            unit="operations/s",
            legend="{{job}}",
            description="Orders per second, mean of 5 minutes. Follows the hour of the day; zero is wrong at any hour.",
            overview=True,
            width=8,
            height=4,
        ),
        Panel(
            "Revenue of an hour",
            "sum by (job) (increase(shop_revenue_euros_total[1h]))",
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="Euros of orders placed in the last hour.",
            width=8,
            height=4,
        ),
        Panel(
            "Waiting to be shipped",
            "max by (job) (shop_worker_queue_depth)",
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="Orders in the worker's queue.",
            thresholds={200: "medium"},
            width=8,
            height=4,
        ),
        Row("Sales"),
        Panel(
            "Orders",
            "sum by (job, channel) (rate(shop_orders_total[5m]))",
            unit="operations/s",
            legend="{{channel}}",
            description="Orders per second by channel. One channel at zero points at its client, both at the checkout.",
            minimum=0,
            stack=True,
        ),
        Panel(
            "Cache hit ratio",
            "job_cache:shop_cache_hits:ratio_rate5m",
            unit="ratio",
            legend="{{cache}}",
            description="Share of look-ups the cache answers. Low just after a start, or when entries are lost early.",
            thresholds={0.3: "medium"},
            below=True,
            minimum=0,
            maximum=1,
        ),
        Row("Worker"),
        Panel(
            "Queue",
            "max by (job) (shop_worker_queue_depth)",
            unit="count",
            legend="{{job}}",
            description="Orders that wait. A line that only rises is a worker that is too slow, or stands still.",
            thresholds={200: "medium"},
            minimum=0,
        ),
        Panel(
            "Orders shipped",
            "sum by (job, result) (rate(shop_worker_jobs_total[5m]))",
            unit="operations/s",
            legend="{{result}}",
            description="Orders per second the worker is done with. A few failures are the courier's.",
            minimum=0,
        ),
        Panel(
            "Time to ship",
            [
                Query(
                    "histogram_quantile(0.5, sum by (job, le) (rate(shop_worker_job_duration_seconds_bucket[5m])))",
                    legend="{{job}} half of the orders",
                ),
                Query(
                    "histogram_quantile(0.95, sum by (job, le) (rate(shop_worker_job_duration_seconds_bucket[5m])))",
                    legend="{{job}} 95 % of the orders",
                ),
            ],
            unit="seconds",
            description="How long an order takes once the worker has it.",
            thresholds={1: "medium"},
            minimum=0,
        ),
    ],
    dashboard=Dashboard(description="Does the shop sell, and does what it sells leave the house?", tags=["shop"]),
)

stack = Stack(
    name="shop",
    title="Shop",
    services=[
        Service(
            "shop",
            title="Shop",
            team="shop",
            targets=["127.0.0.1:8000"],
            packs=[http, database(pool_warn=0.8), process, shop],
        )
    ],
    notify=[Email("oncall@shop.example"), Webhook("http://127.0.0.1:8026/alerts")],
    environments=[
        # Five minutes are half a minute here, so that what breaks is told within one.
        Environment(
            "demo",
            scrape_interval="1s",
            scrape_timeout="1s",
            evaluation_interval="1s",
            time_scale=0.1,
            smtp=Smtp("127.0.0.1", 8025, from_="vedette@shop.example", tls=False),
        )
    ],
)
