"""A service in Node.js with prom-client, watched under our names by the embedded engine and by a real Prometheus."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from tests.real import free_port, prometheus, running
from tests.started import until, up

ROOT = Path(__file__).parents[2]

WATCHED = """\
from dataclasses import replace

from examples.stacks.e_event_analytics import stack as whole
from vedette import Environment

api = next(service for service in whole.services if service.name == "api")
here = Environment(
    "here",
    targets={{"api": ["127.0.0.1:{port}"]}},
    scrape_interval="500ms",
    scrape_timeout="500ms",
    evaluation_interval="500ms",
    time_scale=0.02,
    notify=[],
)
stack = replace(whole, services=[replace(api, scrape_interval=None)], environments=[here])
"""

MEANT = {
    "up": 1,
    'sum by (http_route) (http_server_request_duration_seconds_count{http_request_method="POST"})': 20,
    'sum(http_server_request_duration_seconds_count{http_response_status_code="500"})': 10,
    'http_server_active_requests{http_request_method="GET"}': 0,
    'sum(db_client_operation_duration_seconds_count{db_operation_name="INSERT",db_collection_name="events"})': 20,
    'db_client_connections{db_client_connection_state="idle"}': 20,
    'db_client_connections{db_client_connection_state="used"}': 0,
    "db_client_connections_max": 20,
    'cache_requests_total{cache="redis",result="miss"}': 1,
    'cache_requests_total{cache="redis",result="hit"}': 9,
    'events_received_total{type="click"}': 20,
}
"""What the packs' names say once there were 20 events, ten counts and ten failures."""

RECORDED = (
    "job:http_server_requests:rate5m",
    "job_http_route:http_server_requests:rate5m",
    "job:http_server_request_duration_seconds:p95_5m",
    "job:db_client_operations:rate5m",
    "job_instance_pool:db_client_connections:used_ratio",
    "job_instance:process_resident_memory_bytes:max",
)


@pytest.fixture
def api(tmp_path_factory):
    """The port of the service."""
    if shutil.which("npm") is None:
        pytest.skip("there is no npm: the Node.js service of the examples cannot be run")
    made = subprocess.run(["sh", "scripts/node_service.sh"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    port = free_port()
    folder = tmp_path_factory.mktemp("node")
    command = ["node", ROOT / made.stdout.strip() / "server.js"]
    with running(command, f"http://127.0.0.1:{port}/metrics", folder, {"PORT": str(port)}):
        for _ in range(20):
            ask(port, "/events/click", "POST")
        for _ in range(10):
            ask(port, "/stats/click")
            ask(port, "/stats/click?fail=1")
        yield port


def ask(port, path, method="GET"):
    """The status of a request."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
    with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(request, timeout=10):
        pass


@pytest.fixture
def project(api, tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    (folder / "watched.py").write_text(WATCHED.format(port=api))
    (folder / "pyproject.toml").write_text('[tool.vedette]\nstack = "watched:stack"\nenvironment = "here"\n')
    return folder


def value(base, query):
    """The first value of a query now; None where there is none."""
    with urllib.request.urlopen(f"{base}/api/v1/query?{urllib.parse.urlencode({'query': query})}") as reply:
        found = json.load(reply)["data"]["result"]
    return float(found[0]["value"][1]) if found else None


def judged(base, api):
    """What holds of whichever engine watches the service."""
    for query, wanted in MEANT.items():
        assert until(lambda query=query, wanted=wanted: value(base, query) == wanted, 60, query)

    def after_requests(query):
        for _ in range(5):
            ask(api, "/stats/click")
            ask(api, "/stats/click?fail=1")
        return value(base, query)

    assert until(lambda: after_requests('ALERTS{alertname="HttpErrorRateCritical",alertstate="firing"}'), 60) == 1
    for name in RECORDED:
        assert until(lambda name=name: after_requests(name) is not None, 60, name)
    assert until(lambda: 0.1 < (after_requests("job:http_server_request_errors:ratio_rate5m") or 0) < 0.9, 60)
    assert value(base, '{__name__=~"http_request_.*|db_query_.*|cache_hits.*"}') is None


def test_the_embedded_engine_sees_a_service_in_another_language_as_one_of_ours(api, project):
    with up(project) as watch:
        watch.has_data(60)
        judged(watch.url, api)


def test_a_real_prometheus_sees_it_likewise_from_the_same_files(api, project, tmp_path):
    subprocess.run(
        [sys.executable, "-m", "vedette.cli", "build", "out", "--environment", "here"],
        cwd=project, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    with prometheus(tmp_path / "run", project / "out" / "prometheus" / "prometheus.yml") as base:
        judged(base, api)
