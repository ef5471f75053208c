"""A plain host with systemd as its first process, in namespaces of its own: its processes, network, root and cgroup.

Its programs are this machine's and Debian's, unpacked by ``scripts/real_servers.py``; nothing of it stays.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HERE = Path(__file__).parent
PYTHON = "/opt/python/bin/python3"
"""The interpreter that runs the tests, on the host."""
SETTINGS = {"PYTHONPATH": "/opt/site:/opt/repository/src:/opt/repository", "LD_LIBRARY_PATH": "/opt/python/lib"}
"""What it needs there to find the packages of the tests, and itself."""
NEEDED = ("/usr/lib/systemd/systemd", "systemctl", "journalctl", "unshare", "nsenter", "curl", "openssl", "perl", "ss")
"""systemd need not run on this machine; its programs are those of the host, too."""
SPACES = ("--pid", "--mount", "--cgroup", "--net", "--uts", "--ipc")


@dataclass(frozen=True, slots=True)
class Host:
    """One that runs."""

    process: int
    """Its systemd, as this machine knows it."""

    def ask(self, *command: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command there, as root."""
        enter = ["nsenter", "--target", str(self.process), "--all", "--", "env", "-i", "PATH=/usr/sbin:/usr/bin"]
        return subprocess.run([*enter, *command], input=text, capture_output=True, text=True, check=False, timeout=90)

    def run(self, *command: str, text: str | None = None) -> str:
        """The same, of a command that has to succeed; what it prints."""
        done = self.ask(*command, text=text)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}{self.journal()}"
        return done.stdout

    def python(self, name: str, module: str, *arguments: str) -> None:
        """Run a module of the tests as a unit of this name."""
        given = [f"--setenv={key}={value}" for key, value in SETTINGS.items()]
        self.run("systemd-run", f"--unit={name}", *given, PYTHON, "-P", "-m", module, *arguments)

    def read(self, path: str) -> str:
        """The text of a file."""
        return self.run("cat", path)

    def write(self, path: str, text: str) -> None:
        """Write a file, and the folders above it."""
        self.run("install", "-D", "-m", "0600", "/dev/stdin", path, text=text)

    def show(self, unit: str, *properties: str) -> dict[str, str]:
        """What systemd says of a unit."""
        said = self.run("systemctl", "show", *(f"--property={name}" for name in properties), unit)
        return dict(line.split("=", 1) for line in said.splitlines() if "=" in line)

    def journal(self) -> str:
        """The end of what its units have said."""
        return self.ask("journalctl", "--no-pager", "--lines=40", "--output=short").stdout


@contextlib.contextmanager
def plain_host(folder: Path, packages: Sequence[Path], binds: Mapping[Path, str]) -> Iterator[Host]:
    """A host that is there until the block ends; skips the test with the reason where there can be none."""
    unified = _unified()
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if os.geteuid() != 0 or unified is None or missing:
        pytest.skip(
            f"a plain host needs root, cgroups of version 2, and on this machine {', '.join(missing or NEEDED)}"
        )
    python = Path(sys.base_prefix)
    known = {python: "/opt/python", Path(sysconfig.get_path("purelib")): "/opt/site", HERE.parent: "/opt/repository"}
    pairs = [part for outside, inside in {**known, **binds}.items() for part in (str(outside), inside)]
    root, group = folder / "root", unified / f"vedette-{os.getpid()}-{folder.name}"
    root.mkdir(parents=True)
    group.mkdir()
    inside = ["sh", str(HERE / "plain_host.sh"), str(root), ":".join(str(one / "usr") for one in packages), *pairs]
    # it ends with the tests, however they end
    apart = [
        "setpriv",
        "--pdeathsig",
        "KILL",
        "unshare",
        *SPACES,
        "--fork",
        "--kill-child=KILL",
        "--propagation",
        "private",
        *inside,
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            # it ends with the tests, however they end
            ["sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec setpriv --pdeathsig KILL "$@"', str(group), *apart],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield _booted(process, folder / "log")
    finally:
        process.send_signal(signal.SIGKILL)  # and with it the first process there, and with that all others
        process.wait(20)
        _leave(group)


def _unified() -> Path | None:
    """Where this machine has its cgroups of version 2."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    return next((Path(parts[1]) for parts in mounts if parts[2] == "cgroup2"), None)


def _booted(process: subprocess.Popen[bytes], log: Path) -> Host:
    deadline = time.monotonic() + 60
    said = ""
    while time.monotonic() < deadline and process.poll() is None:
        for child in psutil.Process(process.pid).children():
            if "systemd" in child.name():
                host = Host(child.pid)
                said = host.ask("systemctl", "is-system-running", "--wait").stdout.strip()
                if said == "running":
                    return host
                if said == "degraded":
                    raise AssertionError(f"the host is degraded:\n{host.run('systemctl', '--failed')}")
        time.sleep(0.05)
    text = log.read_text()
    if "Operation not permitted" in text or "Permission denied" in text:
        pytest.skip(f"no plain host can be started here: {text.strip()}")
    raise AssertionError(f"the host did not start ({said}):\n{text[-2000:]}")


def _leave(group: Path) -> None:
    """Remove its cgroups, once the kernel has seen the last of its processes go."""
    deadline = time.monotonic() + 20
    while group.exists() and time.monotonic() < deadline:
        for path in sorted(group.rglob("*"), key=lambda one: -len(one.parts)):
            if path.is_dir():
                with contextlib.suppress(OSError):
                    path.rmdir()
        with contextlib.suppress(OSError):
            group.rmdir()
        time.sleep(0.02)
