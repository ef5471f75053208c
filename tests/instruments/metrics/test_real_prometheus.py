"""Real Prometheus servers read what we expose: text, OpenMetrics with exemplars, protobuf with native histograms."""

from __future__ import annotations

import json
import math
import random
import time
import urllib.parse
import urllib.request
from contextlib import contextmanager

import pytest
from tests import real

from vedette.instruments.metrics import Counter, Gauge, Histogram, Info, Registry, StateSet, Summary
from vedette.instruments.metrics.exposition import page

pytestmark = pytest.mark.real

ANSWERS: list[str] = []


@contextmanager
def exposed(registry):
    """A port that answers with the registry's page; the content types it has sent go to `ANSWERS`."""
    import threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            found = page(
                accept=self.headers.get("accept", ""),
                accept_encoding=self.headers.get("accept-encoding", ""),
                registry=registry,
            )
            ANSWERS.append(found.content_type)
            self.send_response(200)
            self.send_header("content-type", found.content_type)
            if found.gzipped:
                self.send_header("content-encoding", "gzip")
            self.send_header("content-length", str(len(found.body)))
            self.end_headers()
            self.wfile.write(found.body)

        def log_message(self, *_): ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def filled():
    registry = Registry()
    Counter("a_orders_total", 'Orders "placed".', ["channel"], registry=registry).inc(
        "web", amount=3, exemplar={"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"}
    )
    Gauge("a_temperature_celsius", "Cellar\\door.", ["place"], registry=registry).set(-4.5, 'a"b\\c\nd ü')
    native = Histogram("a_native_seconds", "N.", buckets=[0.1, 1, 10], native=True, registry=registry)
    plain = Histogram("a_plain_seconds", "P.", buckets=[0.1, 1, 10], registry=registry)
    choose = random.Random(5)
    values = [choose.lognormvariate(-1, 1.5) for _ in range(5000)]
    for value in values:
        native.observe(value)
        plain.observe(value)
    native.observe(0)
    Summary("a_upload_bytes", "U.", registry=registry).observe(512)
    Info("a_build_info", "B.", ["version"], registry=registry).set("1.2")
    StateSet("a_worker", "W.", states=["idle", "busy"], registry=registry).set("busy")
    ANSWERS.clear()
    return registry, sorted([0.0, *values])


def ask(base: str, path: str, **parameters: str):
    url = f"{base}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
    with urllib.request.urlopen(url, timeout=10) as reply:
        return json.load(reply)["data"]


def until(base: str, query: str):
    """The result of a query, once there is one."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        result = ask(base, "query", query=query)["result"]
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError(f"no result: {query}")


def value(base: str, query: str) -> float:
    (one,) = until(base, query)
    return float(one["value"][1])


def config(port: int, extra: str = "") -> str:
    return (
        "global: {scrape_interval: 200ms, scrape_timeout: 200ms}\n"
        f"scrape_configs:\n- job_name: a\n{extra}  static_configs: [{{targets: ['127.0.0.1:{port}']}}]\n"
    )


KEYS = {"2.42": "", "2.53": "  scrape_classic_histograms: true\n", "3.5": "  always_scrape_classic_histograms: true\n"}


@pytest.mark.parametrize("version", ["2.42", "2.53", "3.5"])
@pytest.mark.parametrize("native", [False, True])
def test_every_metric_arrives_whichever_format_the_server_asks_for(filled, tmp_path, version, native):
    registry, _ = filled
    features = ["--enable-feature=exemplar-storage" + (",native-histograms" if native else "")]
    with exposed(registry) as port:
        text = config(port, KEYS[version] if native else "")
        with real.prometheus(tmp_path, text, version, *features) as base:
            assert value(base, "up") == 1
            assert value(base, 'a_orders_total{channel="web"}') == 3
            (cold,) = until(base, "a_temperature_celsius")
            assert (cold["metric"]["place"], cold["value"][1]) == ('a"b\\c\nd ü', "-4.5")
            assert value(base, "a_plain_seconds_count") == 5000
            assert value(base, 'a_plain_seconds_bucket{le="+Inf"}') == 5000
            assert value(base, "a_upload_bytes_sum") == 512
            assert value(base, 'a_build_info{version="1.2"}') == 1
            assert {row["metric"]["a_worker"]: row["value"][1] for row in until(base, "a_worker")} == {
                "idle": "0",
                "busy": "1",
            }
            (exemplar,) = ask(base, "query_exemplars", query="a_orders_total", start="0", end=str(time.time() + 60))
            assert exemplar["exemplars"][0]["labels"] == {"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"}
            metadata = ask(base, "metadata", metric="a_temperature_celsius")["a_temperature_celsius"][0]
            assert (metadata["type"], metadata["help"]) == ("gauge", "Cellar\\door.")
    expected = "application/vnd.google.protobuf" if native else "application/openmetrics-text"
    assert {answer.split(";")[0] for answer in ANSWERS} == {expected}


@pytest.mark.parametrize("version", ["2.53", "3.5"])
def test_a_native_histogram_gives_quantiles_within_its_error_beside_the_classic_one(filled, tmp_path, version):
    registry, values = filled
    with (
        exposed(registry) as port,
        real.prometheus(tmp_path, config(port, KEYS[version]), version, "--enable-feature=native-histograms") as base,
    ):
        assert value(base, "histogram_count(a_native_seconds)") == 5001
        assert value(base, "histogram_sum(a_native_seconds)") == pytest.approx(sum(values))
        for quantile in (0.01, 0.1, 0.5, 0.9, 0.99, 0.999):
            true = values[math.ceil(quantile * len(values)) - 1]
            found = value(base, f"histogram_quantile({quantile}, a_native_seconds)")
            # A bucket of schema 3 is a factor of 2^(1/8) wide.
            assert true / 2 ** (1 / 8) <= found <= true * 2 ** (1 / 8)
        # The classic series are there as well: rules on them go on working.
        assert value(base, "a_native_seconds_count") == 5001
        assert value(base, 'a_native_seconds_bucket{le="1.0"}') == sum(one <= 1 for one in values)
        assert 0.1 < value(base, "histogram_quantile(0.5, sum by (le) (a_native_seconds_bucket))") < 1
