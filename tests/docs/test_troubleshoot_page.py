"""The errors of targets that the page on troubleshooting lists are those that come, of both engines."""

from __future__ import annotations

import json
import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from tests.real import free_port, prometheus
from tests.started import get, until, up

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "troubleshoot.md").read_text("utf-8")
CONFIG = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - {{job_name: refused, static_configs: [{{targets: ["127.0.0.1:{closed}"]}}]}}
  - {{job_name: slow, metrics_path: /slow, static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}
  - {{job_name: login, metrics_path: /login, static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}
  - {{job_name: path, metrics_path: /nowhere, static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}
  - {{job_name: page, metrics_path: /page, static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}
  - {{job_name: name, static_configs: [{{targets: ["nobody.invalid:80"]}}]}}
  - job_name: token
    authorization: {{credentials_file: /nowhere/token}}
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""
ROWS = ("refused", "slow", "login", "token", "path", "name", "", "page")
"""The jobs, in the order of the table's rows; the certificate has none here."""


@pytest.fixture(scope="module")
def config() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/slow":
                time.sleep(3)
            self.send_response({"/login": 401, "/page": 200}.get(self.path, 404))
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html>Log in</html>\n")

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    yield CONFIG.format(port=server.server_address[1], closed=free_port())
    server.shutdown()
    server.server_close()


def errors(url: str) -> dict[str, str]:
    """Job → its error, once every target was asked for."""

    def told() -> dict[str, str]:
        targets = json.loads(get(f"{url}/api/v1/targets")[1])["data"]["activeTargets"]
        found = {target["scrapePool"]: target["lastError"] for target in targets}
        return found if all(found.values()) and len(found) == 7 else {}

    return until(told, 30, "an error of each target")


def listed(column: int) -> dict[str, list[list[str]]]:
    """Job → the texts that stand for its error; each as the pieces around what differs."""
    part = PAGE.split("\n## A target is down\n")[1].split("\n## ")[0]
    rows = [
        row.strip("| ").split(" | ") for row in part.splitlines() if row.startswith("| `") and "lastError" not in row
    ]
    return {
        job: [re.split(" *… *", text) for text in re.findall(r"`([^`]+)`", row[column])]
        for job, row in zip(ROWS, rows, strict=True)
        if job
    }


def unexpected(found: dict[str, str], column: int) -> dict[str, str]:
    return {
        job: found[job]
        for job, texts in listed(column).items()
        if not any(all(piece in found[job] for piece in pieces) for pieces in texts)
    }


@pytest.mark.proof
def test_the_errors_of_vedette_up_are_those_of_the_page(config: str, tmp_path: Path) -> None:
    (tmp_path / "prometheus").mkdir()
    (tmp_path / "prometheus" / "prometheus.yml").write_text(config)
    (tmp_path / "alertmanager").mkdir()
    (tmp_path / "alertmanager" / "alertmanager.yml").write_text("route: {receiver: a}\nreceivers: [{name: a}]\n")
    with up(tmp_path, "--from", ".") as running:
        assert unexpected(errors(running.url), 0) == {}


@pytest.mark.proof
@pytest.mark.real
def test_the_errors_of_prometheus_are_those_of_the_page(config: str, tmp_path: Path) -> None:
    with prometheus(tmp_path, config) as url:
        assert unexpected(errors(url), 1) == {}
