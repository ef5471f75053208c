"""Every query of the blackbox pack has data on what the real blackbox_exporter says of real endpoints, good and bad."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import subprocess
import threading
import urllib.error
import urllib.request
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pytest
from tests.packs.exporter_page import TYPE, looked_at
from tests.real import exporter, free_port, prometheus
from tests.started import until

from vedette.build import build, write
from vedette.catalog import Environment, Probe, ProbeModule, Service, Stack
from vedette.engine.collect.http import FetchedPage
from vedette.packs import blackbox
from vedette.testing.simulation import Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vedette.engine.collect.collector import Scrape

pytestmark = pytest.mark.real

UNCHECKED = ProbeModule(
    "unchecked", "http", {"preferred_ip_protocol": "ip4", "tls_config": {"insecure_skip_verify": True}}
)
SAYS_WELL = ProbeModule("says_well", "http", {"fail_if_body_not_matches_regexp": ["all is well"]})


def may_ping() -> bool:
    """Whether this process may send an ICMP echo, as the exporter must."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()
    except PermissionError:
        return False
    return True


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response({"/refused": 503, "/moved": 302}.get(self.path, 200))
        if self.path == "/moved":
            self.send_header("Location", "/")
        self.end_headers()
        self.wfile.write(b"all is well" if self.path == "/" else b"something else")

    def log_message(self, *_: object) -> None:
        pass


def certificate(folder: Path, days: int) -> tuple[Path, Path]:
    """A certificate of its own authority for localhost, good for some days; the key, too. It may have ended."""
    key, pem = folder / f"{days}.key", folder / f"{days}.pem"
    request = folder / f"{days}.csr"
    subprocess.run(
        ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
         "/CN=localhost", "-keyout", key, "-out", request],
        check=True, capture_output=True,
    )  # fmt: skip
    subprocess.run(
        ["openssl", "x509", "-req", "-in", request, "-signkey", key, "-days", str(days), "-out", pem],
        check=True, capture_output=True,
    )  # fmt: skip
    return pem, key


@contextlib.contextmanager
def served(context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A web server, with TLS where there is a context; its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def with_tls(folder: Path, days: int) -> Iterator[int]:
    """A web server whose certificate is good for some days."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(folder, days))
    with served(context) as port:
        yield port


def asked(scrape: Scrape, _: int) -> FetchedPage:
    """What the exporter answers to a scrape, by the address that the built file leads to."""
    try:
        with urllib.request.urlopen(scrape.url, timeout=20) as reply:
            return FetchedPage(reply.read(), TYPE)
    except urllib.error.HTTPError as refused:
        raise Unreachable(f"status {refused.code}") from None
    except OSError as problem:
        raise Unreachable(str(problem)) from None


def port_of(url: str) -> int:
    """Where the exporter listens."""
    port = urlsplit(url).port
    assert port is not None
    return port


def watched(exporter_port: int, probes: list[Probe]) -> Stack:
    pack = blackbox(not_probed_for="30s", down_for="30s", wrong_status_for="30s")
    return Stack(services=[Service("endpoints", [f"127.0.0.1:{exporter_port}"], [pack], probes=probes)])


async def test_every_recording_and_panel_has_data_on_real_endpoints(tmp_path: Path) -> None:
    with served() as web, with_tls(tmp_path, 90) as tls:
        probes = [
            Probe(f"http://localhost:{web}/"),
            Probe(f"http://localhost:{web}/moved", SAYS_WELL),
            Probe(f"https://localhost:{tls}/", UNCHECKED),
            Probe(f"127.0.0.1:{web}", "tcp_connect"),
            *([Probe("127.0.0.1", "icmp")] if may_ping() else []),
        ]
        write(build(watched(1, probes)), tmp_path / "first")
        modules = tmp_path / "first" / "blackbox" / "blackbox.yml"
        with exporter(tmp_path / "exporter", "blackbox-exporter", "0.23", f"--config.file={modules}") as url:
            seen = await looked_at(watched(port_of(url), probes), tmp_path, asked)
    unpinged = set() if may_ping() else {"probe_icmp_duration_seconds"}
    assert seen.missing == unpinged
    assert {one for one in seen.silent if "icmp" not in one or may_ping()} == set()
    assert seen.firing == set()


async def test_faults_of_real_endpoints_make_the_alerts_fire(tmp_path: Path) -> None:
    nobody = free_port()
    with (
        served() as web,
        with_tls(tmp_path, 5) as short,
        with_tls(tmp_path, 14) as soon,
        with_tls(tmp_path, 0) as ended,
    ):
        probes = [
            Probe(f"http://localhost:{web}/"),
            Probe(f"http://localhost:{web}/refused"),
            Probe(f"http://localhost:{web}/other", SAYS_WELL),
            Probe(f"127.0.0.1:{nobody}", "tcp_connect"),
            Probe(f"https://localhost:{short}/", UNCHECKED),
            Probe(f"https://localhost:{soon}/", UNCHECKED),
            Probe(f"https://localhost:{ended}/", UNCHECKED),
            Probe(f"https://localhost:{soon}/strict"),
        ]
        write(build(watched(1, probes)), tmp_path / "first")
        modules = tmp_path / "first" / "blackbox" / "blackbox.yml"
        with exporter(tmp_path / "exporter", "blackbox-exporter", "0.23", f"--config.file={modules}") as url:
            seen = await looked_at(watched(port_of(url), probes), tmp_path, asked, minutes=6)
    assert seen.helpless == set()
    down = {summary.partition(" ")[0] for name, summary in seen.firing if name == "EndpointDown"}
    assert down == {
        f"http://localhost:{web}/refused",
        f"http://localhost:{web}/other",
        f"127.0.0.1:{nobody}",
        f"https://localhost:{soon}/strict",
    }
    others = {(name, summary) for name, summary in seen.firing if name != "EndpointDown"}
    assert ("EndpointWrongStatus", f"http://localhost:{web}/refused (endpoints) answers with status 503") in others
    certificates = {
        (name, port)
        for name, summary in others
        for port in (short, soon, ended)
        if f"https://localhost:{port}/ " in summary
    }
    assert certificates == {
        ("CertificateExpiresSoon", short),
        ("CertificateExpiresSoon", soon),
        ("CertificateExpiresSoon", ended),
        ("CertificateAlmostExpired", short),
        ("CertificateExpired", ended),
    }


def test_a_real_prometheus_probes_by_the_same_file(tmp_path: Path) -> None:
    with served() as web:
        probes = [Probe(f"http://localhost:{web}/"), Probe(f"127.0.0.1:{web}", "tcp_connect")]
        quick = Environment("local", scrape_interval="1s", scrape_timeout="1s", evaluation_interval="1s")
        write(build(watched(1, probes)), tmp_path / "first")
        modules = tmp_path / "first" / "blackbox" / "blackbox.yml"
        with exporter(tmp_path / "exporter", "blackbox-exporter", "0.23", f"--config.file={modules}") as url:
            stack = replace(watched(port_of(url), probes), environments=[quick])
            write(build(stack), tmp_path / "built")
            query = "probe_success and on (instance) job_instance:probe_duration_seconds:avg5m"
            with prometheus(tmp_path / "prometheus", tmp_path / "built" / "prometheus" / "prometheus.yml") as base:
                ask = f"{base}/api/v1/query?{urlencode({'query': query})}"
                until(lambda: len(answered(ask)) == 2, 60, "a sample of each endpoint")
                found = answered(ask)
    assert {(one["metric"]["job"], one["metric"]["instance"], one["value"][1]) for one in found} == {
        ("endpoints", f"http://localhost:{web}/", "1"),
        ("endpoints", f"127.0.0.1:{web}", "1"),
    }


def answered(url: str) -> list[dict[str, Any]]:
    """What a query answers."""
    with urllib.request.urlopen(url, timeout=10) as reply:
        found: list[dict[str, Any]] = json.load(reply)["data"]["result"]
    return found


async def test_a_module_that_the_exporter_does_not_know_is_told(tmp_path: Path) -> None:
    probes = [Probe("http://localhost:1/", SAYS_WELL)]
    (tmp_path / "old.yml").write_text("modules: {http_2xx: {prober: http}}\n")
    command = f"--config.file={tmp_path / 'old.yml'}"
    with exporter(tmp_path / "exporter", "blackbox-exporter", "0.23", command) as url:
        seen = await looked_at(watched(port_of(url), probes), tmp_path, asked)
    assert seen.firing == {("EndpointsNotProbed", "Endpoints of endpoints are not probed: 1")}
    assert seen.helpless == set()
