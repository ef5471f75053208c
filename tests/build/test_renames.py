"""What a service in another language exposes arrives under the packs' names, in the engine and in a real Prometheus."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.parse
import urllib.request

import pytest
from tests.real import binary, prometheus
from tests.served import served

from vedette import Renamed, Service, Stack
from vedette.build import build
from vedette.engine.collect.relabel import compile_relabel
from vedette.formats import prometheus as prom
from vedette.packs import cache, database, http
from vedette.promql.labels import labels, render

NAMES = {
    "http_request_duration_seconds": Renamed(
        "http_server_request_duration_seconds",
        labels={"method": "http_request_method", "route": "http_route", "status_code": "http_response_status_code"},
    ),
    "db_active": Renamed("db_client_connections", fixed={"db_client_connection_state": "used"}),
    "db_idle": Renamed("db_client_connections", fixed={"db_client_connection_state": "idle"}),
    "db_max": "db_client_connections_max",
    "cache_lookups_total": Renamed(
        "cache_requests_total",
        labels={"outcome": "result"},
        values={"result": {"found": "hit", "a|b": "miss"}},
        fixed={"cache": "c$1"},
    ),
    "db_client_connection_timeouts_total": Renamed(
        "db_client_connection_timeouts_total", labels={"pool": "db_client_connection_pool_name"}
    ),
}
OURS = "http_server_request_duration_seconds"
BEFORE_AND_AFTER = [
    (
        'http_request_duration_seconds_bucket{le="0.1",method="GET",route="/a;b",status_code="200"}',
        f'{OURS}_bucket{{le="0.1",http_request_method="GET",http_route="/a;b",http_response_status_code="200"}}',
    ),
    ('http_request_duration_seconds_sum{method="GET"}', f'{OURS}_sum{{http_request_method="GET"}}'),
    ("http_request_duration_seconds_count", "http_server_request_duration_seconds_count"),
    ("http_request_duration_seconds_counts", "http_request_duration_seconds_counts"),
    ('http_request_duration_seconds{method="GET"}', 'http_request_duration_seconds{method="GET"}'),
    ("db_active", 'db_client_connections{db_client_connection_state="used"}'),
    ("db_idle", 'db_client_connections{db_client_connection_state="idle"}'),
    ("db_max", "db_client_connections_max"),
    ('cache_lookups_total{outcome="found"}', 'cache_requests_total{cache="c$1",result="hit"}'),
    ('cache_lookups_total{outcome="a|b"}', 'cache_requests_total{cache="c$1",result="miss"}'),
    ('cache_lookups_total{outcome="a"}', 'cache_requests_total{cache="c$1",result="a"}'),
    (
        'db_client_connection_timeouts_total{pool="main"}',
        'db_client_connection_timeouts_total{db_client_connection_pool_name="main"}',
    ),
    ('others_total{method="GET",outcome="found"}', 'others_total{method="GET",outcome="found"}'),
]  # fmt: skip


def stack(port=3000):
    service = Service("api", [f"127.0.0.1:{port}"], [http, database, cache], names=NAMES)
    return Stack(name="two", services=[service, Service("ours", ["127.0.0.1:1"], [http])])


def scraped(files):
    config = prom.read(files["prometheus/prometheus.yml"], "prometheus.yml")
    return {job.job_name: job for job in config.scrape_configs}


def series(text):
    """The labels of a series in PromQL's notation."""
    name, _, rest = text.partition("{")
    pairs = dict(pair.split("=", 1) for pair in rest.removesuffix("}").split(",") if pair)
    return labels({"__name__": name} | {key: value.strip('"') for key, value in pairs.items()})


@pytest.mark.parametrize(("before", "after"), BEFORE_AND_AFTER)
def test_a_series_of_theirs_is_one_of_ours_and_what_has_no_other_name_stays(before, after):
    relabel = compile_relabel(scraped(build(stack()))["api"].metric_relabel_configs)
    assert render(relabel(series(before))) == render(series(after))


def test_a_service_that_names_things_as_we_do_is_not_relabelled():
    assert scraped(build(stack()))["ours"].metric_relabel_configs == ()


@pytest.mark.parametrize("version", ["2.42", "3.5"])
def test_a_real_prometheus_makes_the_same_of_them(version, tmp_path):
    text = "".join(f"{before} 1\n" for before, _ in BEFORE_AND_AFTER)
    with served(text) as port:
        files = build(stack(port))
        config = tmp_path / "prometheus.yml"
        config.write_text(files["prometheus/prometheus.yml"].replace("scrape_interval: 15s", "scrape_interval: 1s")
                          .replace("scrape_timeout: 10s", "scrape_timeout: 1s"))  # fmt: skip
        subprocess.run([binary("promtool", version), "check", "config", "--syntax-only", config], check=True)
        with prometheus(tmp_path / "run", config, version) as base:
            found: list[dict[str, str]] = []
            deadline = time.monotonic() + 60
            while not found and time.monotonic() < deadline:
                time.sleep(0.1)
                query = urllib.parse.urlencode({"query": '{job="api",__name__!~"up|scrape_.*"}'})
                with urllib.request.urlopen(f"{base}/api/v1/query?{query}") as reply:
                    found = [one["metric"] for one in json.load(reply)["data"]["result"]]
    told = {
        render(labels({key: value for key, value in one.items() if key not in ("job", "instance")})) for one in found
    }
    assert told == {render(series(after)) for _, after in BEFORE_AND_AFTER}
