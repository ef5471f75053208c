"""Stacks that the tests build."""

from __future__ import annotations

from vedette.catalog import (
    Alert,
    Dashboard,
    Email,
    Environment,
    Pack,
    PagerDuty,
    Panel,
    Recording,
    Route,
    Row,
    Service,
    Slack,
    Smtp,
    Stack,
    Text,
    Variable,
    Webhook,
    env,
)
from vedette.instruments.metrics import Metric
from vedette.packs import database, http, process, runtime


def metric(kind, name, labels=None):
    """A metric without values, as declared by whoever exposes it."""
    return Metric.foreign(kind, name, exporter="shop", labels=labels, help="A thing of the shop.")


ORDERS = metric("counter", "shop_orders_total", ["channel"])
NO_ORDERS = Alert(
    "NoOrders",
    "sum by (job) (rate(shop_orders_total[30m])) == 0",
    for_="30m",
    severity="high",
    summary="No order for half an hour",
)


def minimal(**changes):
    """One service, one pack of its own, nobody told."""
    pack = Pack("shop", metrics=[ORDERS], alerts=[NO_ORDERS])
    return Stack(**({"services": [Service("shop", ["localhost:8000"], [pack])]} | changes))


def shop():
    """What the tutorial builds: the ready-made packs and one of its own."""
    pack = Pack("shop", title="Shop", metrics=[ORDERS], alerts=[NO_ORDERS])
    return Stack(
        services=[Service("shop", ["localhost:8000"], [http, database(pool_warn=0.8), process, pack])],
        notify=[Email("oncall@example.com"), Webhook("http://127.0.0.1:9000/alerts")],
        environments=[
            Environment(
                "demo",
                scrape_interval="2s",
                scrape_timeout="1s",
                evaluation_interval="2s",
                time_scale=0.1,
                smtp=Smtp("127.0.0.1", 2525, tls=False),
            )
        ],
    )


def everything():
    """Two services with different teams and thresholds, every kind of receiver, panel and route."""
    pack = Pack(
        "orders",
        metrics=[ORDERS, metric("gauge", "shop_stock", ["item"])],
        recordings=[Recording("job:shop_orders:rate5m", "sum by (job) (rate(shop_orders_total[5m]))")],
        alerts=[
            Alert(
                "OrdersSlow",
                "job:shop_orders:rate5m < 0.1",
                severity="medium",
                summary="Few orders at {{ $labels.job }}",
                keep_firing_for="10m",
                panel="Orders",
                labels={"tier": "gold"},
            ),
            Alert("StockLow", "shop_stock < 5", severity="low", summary="Little {{ $labels.item }}", team="buyers"),
        ],
        panels=[
            Text("About", "Orders **and** stock."),
            Row("Orders"),
            Panel("Orders", "job:shop_orders:rate5m", unit="events/s", thresholds={0.1: "medium"}, below=True),
            Panel("Stock", 'shop_stock{item=~"$item"}', kind="table"),
        ],
        dashboard=Dashboard(variables=[Variable("item", "shop_stock", "item")], tags=["orders"]),
    )
    return Stack(
        name="market",
        services=[
            Service("shop", ["a:80", "b:80"], [http, pack], team="web", labels={"zone": "eu"}, token=env("SHOP_TOKEN")),
            Service(
                "ware-house",
                ["c:80"],
                [http(error_ratio_high=0.02), pack],
                team="stock",
                scheme="https",
                metrics_path="/internal/metrics",
                scrape_interval="30s",
                scrape_timeout="20s",
            ),
        ],
        notify=[
            Slack(env("SLACK_WEBHOOK"), channel="#market"),
            Slack(env("SLACK_WEBHOOK"), channel="#market-low", severities=["low"]),
            Email(["oncall@example.com", "lead@example.com"]),
            PagerDuty(env("PD_KEY")),
            Webhook("https://example.com/hook", token=env("HOOK_TOKEN")),
            Route({"team": "buyers"}, [Email("buyers@example.com")], also=True),
            Route({"team": "stock"}, [Email("stock@example.com"), PagerDuty(env("PD_STOCK"))]),
        ],
        environments=[
            Environment(
                "production",
                external_url="https://watch.example.com/",
                grafana_url="https://grafana.example.com",
                external_labels={"cluster": "eu-1"},
                alertmanagers=["am-1:9093", "am-2:9093"],
                secrets="/etc/vedette/secrets/",
                smtp=Smtp(
                    "mail.example.com", from_="watch@example.com", username="watch", password=env("SMTP_PASSWORD")
                ),
            )
        ],
    )


def rich():
    """Everything that a dashboard can have: heatmap, past, repeated rows, links into logs, versions."""
    pack = Pack(
        "rich",
        metrics=[
            metric("counter", "rich_orders_total", ["shelf"]),
            metric("histogram", "rich_waiting_seconds", ["shelf"]),
        ],
        panels=[
            Row("All"),
            Panel("Waiting", "sum by (le) (rate(rich_waiting_seconds_bucket[5m]))", kind="heatmap", unit="seconds"),
            Panel(
                "Orders",
                "sum by (job, shelf) (rate(rich_orders_total[5m]))",
                unit="events/s",
                legend="{{shelf}}",
                compare="1w",
                stack=True,
            ),
            Panel(
                "Slowest",
                "max by (job, shelf) (rate(rich_waiting_seconds_sum[5m]))",
                kind="table",
                unit="ratio",
            ),
            Row("Shelf $shelf", repeat="shelf"),
            Panel(
                "Waiting p95",
                "histogram_quantile(0.95, sum by (job, shelf, le)"
                ' (rate(rich_waiting_seconds_bucket{shelf=~"$shelf"}[5m])))',
                unit="seconds",
                legend="{{shelf}}",
            ),
            Row("Each", repeat="instance"),
            Panel("Up", "up", kind="stat", overview=True, legend="{{instance}}"),
        ],
        dashboard=Dashboard(variables=[Variable("shelf", "rich_orders_total", "shelf")]),
    )
    return Stack(
        name="rich",
        services=[Service("rich", ["localhost:8000"], [process, runtime, pack])],
        environments=[
            Environment(
                "here",
                logs_url="https://logs.example.com/?q={job}&from={from}&to={to}",
                trace_url="https://traces.example.com/{trace_id}",
            )
        ],
    )
