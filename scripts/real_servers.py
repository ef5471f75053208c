"""Fetch private copies of the real Prometheus, Alertmanager, PostgreSQL, Redis and their like for the tests.

``python scripts/real_servers.py [FOLDER]`` unpacks Debian packages into ``.cache/real/<name>-<suite>/``. Nothing is
installed and nothing is started. Where Debian's package tools are missing, or a package cannot be had, it says so
and leaves the rest in place: the tests that need it skip with the reason.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# bookworm carries Prometheus 2.42, Alertmanager 0.25 and Pushgateway 1.5, trixie 2.53, sid at least 3.5, 0.33 and 1.11;
# postgres_exporter is 0.11 in bookworm and at least 0.19 in sid, redis_exporter 1.45 and at least 1.86;
# docker-compose 2 reads a project and says what it would start, and docker a stack, without an engine; bookworm's is 1;
# busybox has the shell and the tools that the images of the servers have;
# VictoriaMetrics takes OTLP, which Debian's Prometheus is built without
WANTED: dict[str, tuple[str, ...]] = {
    "bookworm": (
        "prometheus",
        "prometheus-alertmanager",
        "prometheus-pushgateway",
        "prometheus-blackbox-exporter",
        "prometheus-node-exporter",
        "prometheus-postgres-exporter",
        "prometheus-redis-exporter",
        "postgresql-15",
        "redis-server",
    ),
    "trixie": ("prometheus", "promtool"),
    "sid": (
        "busybox-static",
        "docker-cli",
        "docker-compose",
        "kubectl",
        "prometheus",
        "promtool",
        "prometheus-alertmanager",
        "prometheus-postgres-exporter",
        "prometheus-pushgateway",
        "prometheus-redis-exporter",
        "victoria-metrics",
    ),
}
OPTIONAL = {("sid", "promtool"), ("trixie", "promtool")}
"""Newer releases ship promtool apart from the server; older ones inside it."""

BESIDE: dict[str, tuple[str, ...]] = {
    "postgresql-15": (
        "postgresql-client-15",
        "libcom-err2",
        "libgssapi-krb5-2",
        "libicu72",
        "libk5crypto3",
        "libkeyutils1",
        "libkrb5-3",
        "libkrb5support0",
        "libldap-2.5-0",
        "liblz4-1",
        "libpq5",
        "libsasl2-2",
        "libxml2",
    ),
    "redis-server": ("redis-tools", "libjemalloc2", "liblzf1", "libatomic1"),
}
"""What a server needs that a machine may not have, unpacked into the same tree."""


def mirror() -> str | None:
    """The Debian mirror this machine's own package sources name."""
    texts = [
        path.read_text()
        for path in (Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*")))
        if path.is_file()
    ]
    for text in texts:
        for line in text.splitlines():
            found = re.match(r"(?:URIs:\s*|deb\s+(?:\[[^]]*\]\s*)?)(https?://\S+/debian/?)(?:\s|$)", line)
            if found:
                return found[1].rstrip("/")
    return None


def apt(state: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run apt-get with lists and sources of our own, so that the system's stay untouched."""
    options = {
        "Dir::State::lists": state / "lists",
        "Dir::State::status": state / "status",  # what is installed has no say in which version is fetched
        "Dir::Cache": state / "cache",
        "Dir::Etc::sourcelist": state / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "APT::Sandbox::User": "root" if os.geteuid() == 0 else "",
        "Acquire::Languages": "none",
    }
    flags = [item for key, value in options.items() if value for item in ("-o", f"{key}={value}")]
    return subprocess.run(["apt-get", *flags, *arguments], cwd=cwd, text=True, capture_output=True, check=False)


def fetch(suite: str, packages: tuple[str, ...], source: str, into: Path) -> list[str]:
    """Unpack ``packages`` of one suite under ``into``; returns what went wrong, a line each."""
    troubles: list[str] = []
    missing = [name for name in packages if not (into / f"{name}-{suite}" / "usr").is_dir()]
    if not missing:
        return troubles
    state = into / "apt" / suite
    for folder in ("lists/partial", "cache/archives/partial"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    (state / "status").touch()
    keyring = next(iter(sorted(Path("/usr/share/keyrings").glob("debian-archive-keyring.*"))), None)
    signed = f"[signed-by={keyring}] " if keyring else ""
    (state / "sources.list").write_text(f"deb {signed}{source} {suite} main\n")
    print(f"reading the package list of {suite} …", flush=True)
    updated = apt(state, "update", cwd=into)
    if updated.returncode:
        return [f"{suite}: apt-get update failed: {updated.stderr.strip().splitlines()[-1:]}"]
    for name in missing:
        with tempfile.TemporaryDirectory(dir=into) as scratch:
            wanted = (name, *BESIDE.get(name, ()))
            got = apt(state, "download", *wanted, cwd=Path(scratch))
            debs = sorted(Path(scratch).glob("*.deb"))
            if got.returncode or len(debs) < len(wanted):
                if (suite, name) not in OPTIONAL:
                    troubles.append(f"{suite}/{name}: {(got.stderr.strip().splitlines() or ['not found'])[-1]}")
                continue
            tree = Path(scratch) / "tree"
            for deb in debs:
                subprocess.run(["dpkg", "-x", str(deb), str(tree)], check=True)
            shutil.rmtree(into / f"{name}-{suite}", ignore_errors=True)
            tree.rename(into / f"{name}-{suite}")
            print(f"unpacked {', '.join(deb.name for deb in debs)}", flush=True)
    shutil.rmtree(state, ignore_errors=True)
    return troubles


def main() -> int:
    """Fetch all; the exit code is 0 even if something is missing, because the tests say what they skip."""
    into = Path(sys.argv[1] if len(sys.argv) > 1 else ".cache/real").absolute()
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        print("no Debian package tools here: tests against the real servers will be skipped")
        return 0
    source = mirror()
    if source is None:
        print("no Debian mirror in this machine's package sources: tests against the real servers will be skipped")
        return 0
    into.mkdir(parents=True, exist_ok=True)
    troubles = [line for suite, packages in WANTED.items() for line in fetch(suite, packages, source, into)]
    for line in troubles:
        print(f"missing: {line}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
