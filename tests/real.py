"""Private copies of the real servers, for tests marked ``real``: where they are and how to start them.

``make test`` fetches them with ``scripts/real_servers.py``. A test that needs one that is not there skips and says so.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(os.environ.get("VEDETTE_REAL", Path(__file__).parent.parent / ".cache" / "real"))

Program = Literal[
    "prometheus",
    "promtool",
    "pushgateway",
    "victoria-metrics",
    "alertmanager",
    "amtool",
    "node-exporter",
    "postgres-exporter",
    "redis-exporter",
    "blackbox-exporter",
    "docker-compose",
    "docker",
    "busybox",
    "kubectl",
]

# Debian's suite that carries each version; sid's roll, so they are asked for as "at least"
SUITES = {
    "2.42": "bookworm",
    "2.53": "trixie",
    "3.5": "sid",
    "1.5": "bookworm",
    "1.11": "sid",
    "1.145": "sid",
    "0.11": "bookworm",
    "0.23": "bookworm",
    "1.45": "bookworm",
    "0.25": "bookworm",
    "0.33": "sid",
    "0.19": "sid",
    "1.86": "sid",
    "2.40": "sid",
    "28.5": "sid",
    "1.38": "sid",
    "1.36": "sid",
}
PACKAGES: dict[Program, tuple[str, ...]] = {
    "prometheus": ("prometheus",),
    "promtool": ("promtool", "prometheus"),
    "pushgateway": ("prometheus-pushgateway",),
    "victoria-metrics": ("victoria-metrics",),
    "alertmanager": ("prometheus-alertmanager",),
    "amtool": ("prometheus-alertmanager",),
    "node-exporter": ("prometheus-node-exporter",),
    "postgres-exporter": ("prometheus-postgres-exporter",),
    "redis-exporter": ("prometheus-redis-exporter",),
    "blackbox-exporter": ("prometheus-blackbox-exporter",),
    "docker-compose": ("docker-compose",),
    "kubectl": ("kubectl",),
    "docker": ("docker-cli",),
    "busybox": ("busybox-static",),
}


def binary(program: Program, version: str) -> Path:
    """The path of a real program; skips the test with the reason where it is not there."""
    plain = ("prometheus", "promtool", "amtool", "victoria-metrics", "docker-compose", "docker", "busybox", "kubectl")
    folder = "libexec/docker/cli-plugins" if program == "docker-compose" else "bin"
    name = program if program in plain else f"prometheus-{program}"
    for package in PACKAGES[program]:
        path = ROOT / f"{package}-{SUITES[version]}" / "usr" / folder / name
        if path.is_file():
            return path
    pytest.skip(f"{program} {version} is not in {ROOT}: run scripts/real_servers.py (Debian's package tools needed)")


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 20) -> None:
    """Wait until ``url`` answers 200, or 401 where one needs a password, or fail with the end of the server's log."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=1) as reply:
                if reply.status == 200:
                    return
        except urllib.error.HTTPError as refusal:
            if refusal.code == 401:
                return
        except OSError:
            pass
        if process.poll() is not None:
            break
        time.sleep(0.02)
    process.kill()
    raise AssertionError(f"{url} did not answer; the server said:\n{log.read_text()[-2000:]}")


@contextlib.contextmanager
def running(
    command: Sequence[str | Path], ready: str, folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends; ``ready`` is the URL that says it is up."""
    log = folder / "log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdout=sink,
            stderr=sink,
            cwd=folder,
            env={**os.environ, **(environment or {})},
        )
    try:
        wait_for(ready, process, log)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def with_its_files(program: Path) -> list[str | Path]:
    """A command that runs ``program`` seeing its own package's /usr/share over the system's.

    Debian's Alertmanager reads its default templates from /usr/share/prometheus/alertmanager and stops without them.
    """
    share = program.parents[1] / "share"
    mount = 'mount -t overlay overlay -o lowerdir="$0":/usr/share /usr/share && exec "$@"'
    prefix: list[str | Path] = ["unshare", "-Urm", "sh", "-c", mount, share]
    try:
        tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("unshare is missing: Debian's Alertmanager cannot be given its own templates")
    if tried.returncode:
        pytest.skip(f"Debian's Alertmanager cannot be given its own templates: {tried.stderr.decode().strip()}")
    return [*prefix, program]


@contextlib.contextmanager
def prometheus(folder: Path, config: Path | str, version: str = "3.5", *extra: str) -> Iterator[str]:
    """A real Prometheus that also accepts remote write; yields its base URL. ``config`` is a path or the text."""
    program = binary("prometheus", version)
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(config, str):
        (folder / "prometheus.yml").write_text(config)
        config = folder / "prometheus.yml"
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    command = [
        program,
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-remote-write-receiver",
        "--web.enable-lifecycle",
        "--log.level=warn",
        *extra,
    ]
    with running(command, f"{base}/-/ready", folder):
        yield base


@contextlib.contextmanager
def pushgateway(folder: Path, version: str = "1.11", *extra: str) -> Iterator[str]:
    """A real Pushgateway that keeps nothing on disk; yields its base URL."""
    program = binary("pushgateway", version)
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    command = [program, f"--web.listen-address=127.0.0.1:{port}", "--persistence.file=", "--log.level=warn", *extra]
    with running(command, f"{base}/-/ready", folder):
        yield base


@contextlib.contextmanager
def exporter(
    folder: Path,
    program: Program,
    version: str,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    within: Sequence[str] = (),
) -> Iterator[str]:
    """One of the field's exporters, become by the command ``within``, if any; yields the URL of its metrics."""
    path = binary(program, version)
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    url = f"http://127.0.0.1:{port}/metrics"
    command = [*within, path, f"--web.listen-address=127.0.0.1:{port}", *arguments]
    with running(command, url, folder, environment):
        yield url


@contextlib.contextmanager
def victoria_metrics(folder: Path, version: str = "1.145", *extra: str) -> Iterator[str]:
    """A real VictoriaMetrics that shows at once what it was sent; yields its base URL."""
    program = binary("victoria-metrics", version)
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    command = [
        program,
        f"-httpListenAddr=127.0.0.1:{port}",
        f"-storageDataPath={folder / 'data'}",
        "-search.latencyOffset=0s",
        "-loggerLevel=WARN",
        *extra,
    ]
    with running(command, f"{base}/health", folder):
        yield base


@contextlib.contextmanager
def alertmanager(folder: Path, config: Path | str, version: str = "0.33", port: int | None = None) -> Iterator[str]:
    """A real Alertmanager without clustering; yields its base URL."""
    program = binary("alertmanager", version)
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(config, str):
        (folder / "alertmanager.yml").write_text(config)
        config = folder / "alertmanager.yml"
    port = port or free_port()
    base = f"http://127.0.0.1:{port}"
    command = [
        *with_its_files(program),
        f"--config.file={config}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        "--log.level=warn",
    ]
    with running(command, f"{base}/-/ready", folder):
        yield base
