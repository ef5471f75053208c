"""Real servers are asked: Prometheus of three versions, VictoriaMetrics, our own, and pages of real applications."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from contextlib import contextmanager

import pytest
from tests import real
from tests.bakery import START, Bakery, simulation
from tests.check.live.answering import TEXT, answering
from tests.started import get, until

from vedette.check.foreign import facts_of_texts
from vedette.check.live.ask import ask
from vedette.check.live.learn import questions, with_live
from vedette.check.run import run
from vedette.promql.flow import SECONDS

THEIRS = """
import sys, time
from prometheus_client import Counter, Gauge, Histogram, Info, start_http_server
Counter("shop_orders_total", "Orders placed.", ["channel"]).labels("web").inc()
Counter("shop_refunds_total", "Orders paid back.", ["reason"])
Histogram("shop_payment_seconds", "Time to pay.", buckets=[0.5, 1]).observe(0.2)
Gauge("shop_queue_total", "Orders that wait.").set(3)
Info("shop_build", "What runs.").info({"version": "1"})
server, thread = start_http_server(0, addr="127.0.0.1")
print(server.server_address[1], flush=True)
time.sleep(600)
"""

RULES = """\
groups:
  - name: shop
    rules:
      - alert: NoOrders
        expr: sum by (job, chanel) (rate(shop_orders_total{env="prod"}[5m])) == 0
        for: 10m
      - alert: SlowPayment
        expr: histogram_quantile(0.9, sum by (le) (rate(shop_payment_seconds_bucket[5m]))) > 0.7
      - alert: QueueGrows
        expr: rate(shop_queue_total[5m]) > 1
      - alert: Misspelt
        expr: rate(shop_ordres_total[5m]) > 1
      - alert: OtherJob
        expr: sum(rate(shop_orders_total{job="shopp"}[5m])) > 1
      - alert: LastMonth
        expr: sum(rate(shop_orders_total[1h] offset 30d)) > 1
      - alert: WholeMonth
        expr: sum(increase(shop_orders_total[30d])) > 1
      - alert: Refunds
        expr: sum(rate(shop_refunds_total[5m])) > 1
      - record: job:shop_orders:rate5m
        expr: sum by (job) (rate(shop_orders_total[5m]))
"""

RUNNING = """\
groups:
  - name: shop
    rules:
      - alert: NoOrders
        expr: sum by (job, chanel) (rate(shop_orders_total{env="prod"}[5m])) == 0
        for: 5m
      - alert: SlowPayment
        expr: histogram_quantile(0.9,sum by(le)(rate(shop_payment_seconds_bucket[5m])))>0.7
      - alert: QueueGrows
        expr: rate(shop_queue_total[10m]) > 1
      - alert: Forgotten
        expr: up == 0
"""

CONFIG = """\
global:
  scrape_interval: 250ms
  evaluation_interval: 500ms
  external_labels: {{cluster: eu}}
rule_files: [rules.yml]
scrape_configs:
  - job_name: shop
    static_configs: [{{targets: ["127.0.0.1:{port}"], labels: {{env: prod}}}}]
  - job_name: dead
    static_configs: [{{targets: ["127.0.0.1:1"]}}]
"""


@pytest.fixture(scope="module")
def shop():
    """The port of an application of prometheus_client."""
    process = subprocess.Popen([sys.executable, "-c", THEIRS], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def has(base, query):
    url = f"{base}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    with urllib.request.urlopen(url, timeout=10) as reply:
        return json.load(reply)["data"]["result"]


def checked(where, *codes, rules=RULES):
    """What is found as (code, what stands there, message), and the facts."""
    facts, extra = facts_of_texts({"rules.yml": rules})
    facts = with_live(facts, ask(where, questions(facts)))
    assert not extra
    found = [one for one in run(facts) if one.code in codes]
    assert not [one for one in run(facts) if one.code == "internal"]
    return facts, [
        (one.code, one.subject.removeprefix("alert "), one.level, one.message.replace(where, "URL")) for one in found
    ]


@pytest.mark.real
@pytest.mark.parametrize("version", ["2.42", "2.53", "3.5"])
def test_a_real_prometheus_tells_everything(tmp_path, shop, version):
    (tmp_path / "rules.yml").write_text(RUNNING)
    with real.prometheus(tmp_path, CONFIG.format(port=shop), version, "--storage.tsdb.retention.time=15d") as base:
        until(lambda: has(base, "shop_payment_seconds_bucket") and has(base, "ALERTS"), 20)
        facts, found = checked(
            base, "unknown-label", "rate-of-gauge", "unknown-metric", "unknown-label-value", "offset-beyond-retention",
            "range-beyond-retention", "rules-differ", "threshold-between-buckets", "never-true", "impossible-threshold",
        )  # fmt: skip
        live = facts.server
        assert (live.retention, live.unanswered) == (15 * 86_400_000, ())
        assert re.match(version.replace(".", r"\."), live.version)
        assert (facts.scrape_interval, facts.evaluation_interval) == (250, 500)
        assert live.external_labels == {"cluster"}
        assert {(one.job, one.health) for one in live.targets} == {("shop", "up"), ("dead", "down")}
        buckets = facts.known("shop_payment_seconds_bucket")
        assert (buckets.type, buckets.unit, buckets.bounds) == ("bucket", SECONDS, (0.5, 1))
        orders = facts.known("shop_orders_total")
        assert (orders.type, orders.certain) == ("counter", True)
        assert {name: one.state for name, one in orders.labels.named.items()} == {
            "cluster": "maybe", "channel": "always", "env": "always", "instance": "always", "job": "always",
        }  # fmt: skip
        assert facts.known("shop_refunds_total").type == "counter"
        assert not has(base, "shop_refunds_total")
    assert {(code, subject, level) for code, subject, level, _ in found} == {
        ("rules-differ", "NoOrders", "note"),
        ("unknown-label", "NoOrders", "warning"),
        ("threshold-between-buckets", "SlowPayment", "warning"),
        ("rate-of-gauge", "QueueGrows", "warning"),
        ("rules-differ", "QueueGrows", "note"),
        ("unknown-metric", "Misspelt", "warning"),
        ("unknown-label-value", "OtherJob", "warning"),
        ("offset-beyond-retention", "LastMonth", "warning"),
        ("range-beyond-retention", "WholeMonth", "warning"),
        *(("rules-differ", name, "note") for name in ("Misspelt", "OtherJob", "LastMonth", "WholeMonth", "Refunds")),
        ("rules-differ", "recording rule job:shop_orders:rate5m", "note"),
        ("rules-differ", "group shop", "note"),
    }
    told = {message for code, _, _, message in found if code == "rules-differ"}
    assert "it waits 10m here, and 5m on URL" in told
    assert "it runs on URL with another expression: `rate(shop_queue_total[10m]) > 1`" in told
    assert "Forgotten runs in this group on URL, and stands in none of the files" in told


@pytest.mark.real
def test_a_real_prometheus_counts_what_is_too_many(tmp_path):
    series = 12_000
    page = "# TYPE visits_total counter\n" + "".join(
        f'visits_total{{user="{one}",kind="a"}} 1\n' for one in range(series)
    )
    rules = RULES.partition("  - alert")[0] + "  - record: a:visits:rate\n        expr: sum(rate(visits_total[5m]))\n"
    with answering(lambda _: (200, TEXT, page.encode())) as app:
        config = CONFIG.format(port=app.url.rpartition(":")[2]).replace("rule_files: [rules.yml]\n", "")
        with real.prometheus(tmp_path, config.replace("250ms", "1s")) as base:
            until(lambda: has(base, "visits_total"), 30)
            facts, found = checked(base, "high-cardinality", rules=rules)
    ((_, _, level, message),) = found
    assert level == "note"
    assert message.startswith(f"visits_total is {series:,} series on URL, and more than 10,000 of one metric")
    assert message.endswith(f"; {series:,} values of user")
    assert {"user", "kind", "job", "instance", "env"} == facts.server.labels["visits_total"]
    assert "visits_total" not in facts.server.series


@pytest.mark.real
def test_a_real_victoriametrics_is_a_server_that_tells_less(tmp_path, shop):
    with urllib.request.urlopen(f"http://127.0.0.1:{shop}/metrics", timeout=10) as reply:
        page = reply.read()
    with real.victoria_metrics(tmp_path) as base:
        url = f"{base}/api/v1/import/prometheus?extra_label=job=shop"
        urllib.request.urlopen(urllib.request.Request(url, data=page, method="POST"), timeout=10).close()
        assert get(f"{base}/internal/force_flush")[0] == 200  # an answer of nothing would be remembered
        facts, found = checked(base, "unknown-label", "unknown-metric")
    assert facts.live
    assert facts.known("shop_orders_total").labels.closed
    assert {(code, subject) for code, subject, _, _ in found} == {
        ("unknown-label", "NoOrders"), ("unknown-metric", "Misspelt"),
    }  # fmt: skip


def test_a_page_of_prometheus_client_is_read(shop):
    where = f"http://127.0.0.1:{shop}/metrics"
    facts, found = checked(
        where, "metric-naming", "rate-of-gauge", "threshold-between-buckets", "unknown-metric", "unknown-label"
    )
    assert not facts.complete
    assert facts.known("shop_build_info").type == "info"
    assert {(code, subject, level) for code, subject, level, _ in found} == {
        ("metric-naming", "metric shop_queue_total", "note"),
        ("rate-of-gauge", "QueueGrows", "warning"),
        ("threshold-between-buckets", "SlowPayment", "warning"),
        ("unknown-metric", "Misspelt", "warning"),
    }


@contextmanager
def served(watch, clock):
    """Our own application on a real port, in a thread."""
    import threading

    import uvicorn

    from vedette.server.app import application

    port = real.free_port()
    server = uvicorn.Server(
        uvicorn.Config(
            application(watch, lambda: clock.now, lambda: None), port=port, log_level="error", lifespan="off"
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        until(lambda: server.started, 10)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


def test_our_own_server_is_one_as_well(tmp_path):
    now = int(time.time() * 1000)
    bakery = Bakery()
    watch, clock = simulation(tmp_path, bakery, start=now - 600_000)
    bakery.now = START
    clock.run(now)
    rules = """\
groups:
  - name: bakery
    rules:
      - alert: OvenCold
        expr: min by (job) (rate(bakery_oven_celsius[5m])) < 180
      - alert: NoBread
        expr: sum by (flour) (rate(bakery_loaves_total[5m])) == 0
"""
    with served(watch, clock) as base:
        facts, found = checked(base, "rate-of-gauge", "unknown-label", "rules-differ", rules=rules)
        page, _ = checked(f"{base}/metrics", rules=rules)
    watch.close()
    live = facts.server
    assert {one.job for one in live.targets} == {"bakery"}
    assert facts.scrape_interval == 15_000
    assert (live.retention, live.unanswered) == (12 * 3_600_000, ())
    assert {(code, subject) for code, subject, _, _ in found} == {
        ("rate-of-gauge", "OvenCold"), ("unknown-label", "NoBread"), ("rules-differ", "OvenCold"),
        ("rules-differ", "NoBread"),
    }  # fmt: skip
    assert page.server.page
