"""What can go wrong in the field, each thing for real, and which alerts must tell of it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import redis
from tests.field.grounds import Tunnel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.field.grounds import Grounds

__all__ = ["FAULTS", "UNCAUSED"]

Begin = "Callable[[Grounds], contextlib.AbstractContextManager[None]]"
FAULTS: dict[str, tuple[tuple[str, ...], Begin]] = {}
"""Name → the alerts that must fire, and the fault as a block."""

UNCAUSED = {
    "HostClockOff": "a clock that nobody else goes by",
}
"""Alerts that no fault here makes fire → what it would need."""


def fault(*alerts: str) -> Callable[[Callable[[Grounds], Iterator[None]]], None]:
    """Enter a function as the fault that makes ``alerts`` fire."""

    def enter(function: Callable[[Grounds], Iterator[None]]) -> None:
        FAULTS[function.__name__] = (alerts, contextlib.contextmanager(function))

    return enter


def switch(name: str, *alerts: str, words: tuple[str, ...] = (), instances: int = 2) -> None:
    """Enter a fault that is switches of the service only."""

    def function(field: Grounds) -> Iterator[None]:
        with field.broken(*(words or (name,)), instances=instances):
            yield

    function.__name__ = name
    fault(*alerts)(function)


# The service

switch("errors", "HttpErrorRateHigh", "HttpErrorRateCritical")
switch("latency", "HttpLatencyHigh", "HttpLatencyCritical")
switch(
    "leak",
    "DatabasePoolNearExhaustion",
    "DatabasePoolExhausted",
    "DatabaseConnectionTimeouts",
    "DatabaseConnectionsLeaked",
    "DatabaseConnectionsHigh",
)
switch("slow", "DatabaseSlowQueries")
switch("wrong", "DatabaseErrorRateHigh")
switch("cold", "CacheHitsLow")
switch("clumsy", "WorkerErrorRateHigh")
switch("nobody_works", "WorkerSilent", "WorkerStalled", words=("idle",))
switch("one_does_not_work", "WorkerInstanceSilent", words=("idle",), instances=1)
switch(
    "flood",
    "WorkerQueueDepthHigh",
    "WorkerQueueDepthCritical",
    "WorkerQueueNearlyFull",
    "WorkerQueueWaitLong",
    "WorkerTasksSlow",
    "WorkerDataStale",
    words=("flood", "sluggish"),
)
switch("logins", "AuthenticationFailing", "AuthenticationFailureSpike")
switch("denials", "AuthorizationDenialSpike")
switch("attack", "RateLimitHitOften", "SuspiciousRequests", "IntrusionSignal")


@fault("InstanceDown")
def one_instance_is_killed(field: Grounds) -> Iterator[None]:
    field.instances[1].kill()
    yield
    field.instances[1].start()


@fault("ServiceDown")
def all_instances_are_killed(field: Grounds) -> Iterator[None]:
    for one in field.instances:
        one.kill()
    yield
    for one in field.instances:
        one.start()


@fault("HttpNoTraffic")
def customers_stay_away(field: Grounds) -> Iterator[None]:
    field.customers.away.set()
    yield
    field.customers.away.clear()


# Its servers


@fault("CacheConnectionErrors", "CacheSlow")
def the_cache_hangs(field: Grounds) -> Iterator[None]:
    field.cache.pause()
    yield
    field.cache.resume()


@fault("CacheMemoryFull", "CacheCommandsRefused")
def the_cache_is_full(field: Grounds) -> Iterator[None]:
    with redis.Redis(port=field.cache.port) as client:
        client.config_set("maxmemory", "1500kb")
        with field.broken("fill"):
            yield
        client.config_set("maxmemory", "0")
        client.flushall()


@fault("RedisDown")
def the_cache_is_killed(field: Grounds) -> Iterator[None]:
    field.cache.kill()
    yield
    field.cache.start()


@fault("PostgresqlDown")
def the_database_is_killed(field: Grounds) -> Iterator[None]:
    field.database.kill()
    yield
    field.database.start()


# Its machine


@contextlib.contextmanager
def program(text: str, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """A program of Python that runs meanwhile."""
    process = subprocess.Popen([sys.executable, "-c", text, *map(str, arguments)])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@fault("HostCpuHigh", "HostLoadHigh")
def processors_are_busy(_field: Grounds) -> Iterator[None]:
    with contextlib.ExitStack() as busy:
        for _ in range(20):
            busy.enter_context(program("import os; os.nice(19)\nwhile True: pass"))
        yield


@fault("HostMemoryHigh")
def memory_is_taken(_field: Grounds) -> Iterator[None]:
    half_of_what_is_free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    with program("import sys, time; held = b'x' * int(sys.argv[1]); time.sleep(600)", half_of_what_is_free):
        yield


@contextlib.contextmanager
def confined(megabytes: int) -> Iterator[Callable[[int], None]]:
    """A group of processes that may hold so much memory; gives what puts one into it."""
    root = Path("/sys/fs/cgroup")
    legacy = (root / "memory").is_dir()
    group = (root / "memory" if legacy else root) / f"vedette-field-{os.getpid()}"
    group.mkdir()
    (group / ("memory.limit_in_bytes" if legacy else "memory.max")).write_text(str(megabytes << 20))
    try:
        yield lambda pid: (group / "cgroup.procs").write_text(str(pid)) and None
    finally:
        for _ in range(100):
            with contextlib.suppress(OSError):
                group.rmdir()
                break
            time.sleep(0.05)


@fault("HostOutOfMemory")
def a_process_is_killed_for_memory(_field: Grounds) -> Iterator[None]:
    text = "import time; time.sleep(0.5); held = b'x' * (200 << 20); time.sleep(600)"
    with confined(30) as confine, program(text) as greedy:
        confine(greedy.pid)
        assert greedy.wait(30) == -9
        yield


@fault("HostMemoryPressure", "HostDiskPressure")
def a_process_reads_what_it_cannot_keep(field: Grounds) -> Iterator[None]:
    text = """
import os, sys, time
time.sleep(0.5)
with open(sys.argv[1], "wb") as file:
    for _ in range(300):
        file.write(bytes(1 << 20)); file.flush(); os.fsync(file.fileno())
while True:
    with open(sys.argv[1], "rb") as file:
        while file.read(1 << 20):
            pass
"""
    with confined(24) as confine, contextlib.ExitStack() as files:
        readers = [field.disk.path.parent / f"large-{number}" for number in range(4)]
        for path in readers:
            confine(files.enter_context(program(text, path)).pid)
        yield
    for path in readers:
        path.unlink(missing_ok=True)


@fault("HostDiskSpaceLow", "HostDiskFullSoon")
def the_disk_fills(field: Grounds) -> Iterator[None]:
    text = """
import sys, time
with open(sys.argv[1], "wb") as file:
    for _ in range(600):
        try:
            file.write(bytes(20_000)); file.flush()
        except OSError:
            pass
        time.sleep(0.2)
"""
    path = field.disk.path / "full"
    with program(text, path):
        yield
    path.unlink()


@fault("HostInodesLow")
def there_are_too_many_files(field: Grounds) -> Iterator[None]:
    made = []
    with contextlib.suppress(OSError):
        while True:
            made.append(field.disk.path / str(len(made)))
            made[-1].touch()
    yield
    for path in made:
        path.unlink(missing_ok=True)


@fault("HostFileSystemReadOnly")
def the_disk_is_read_only(field: Grounds) -> Iterator[None]:
    field.disk.remount("ro")
    yield
    field.disk.remount("rw")


@fault("HostFilesHigh")
def too_many_files_are_open(_field: Grounds) -> Iterator[None]:
    text = """
import resource, time
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
held = []
try:
    while len(held) < 15_000:
        held.append(open("/dev/null"))
except OSError:
    pass
time.sleep(600)
"""
    with contextlib.ExitStack() as many:
        for _ in range(8):
            many.enter_context(program(text))
        yield


@fault("HostNetworkErrors")
def a_tunnel_reaches_nobody(_field: Grounds) -> Iterator[None]:
    text = """
import socket, sys, time
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
    sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    while True:
        sender.sendto(b"x", (sys.argv[1], 9)); time.sleep(0.1)
"""
    tunnel = Tunnel()
    try:
        with program(text, tunnel.address):
            yield
    finally:
        tunnel.close()


# What is seen from outside


@fault("EndpointDown", "EndpointUnreliable")
def the_endpoint_is_gone(field: Grounds) -> Iterator[None]:
    field.endpoint.close()
    yield
    field.endpoint.open()


@fault("EndpointWrongStatus")
def the_endpoint_refuses(field: Grounds) -> Iterator[None]:
    field.endpoint.status = 503
    yield
    field.endpoint.status = 200


@fault("EndpointSlow")
def the_endpoint_is_slow(field: Grounds) -> Iterator[None]:
    field.endpoint.wait = 0.3
    yield
    field.endpoint.wait = 0


@fault("EndpointDnsSlow")
def the_name_server_is_slow(field: Grounds) -> Iterator[None]:
    field.names.wait = 0.2
    yield
    field.names.wait = 0


@fault("CertificateExpiresSoon", "CertificateAlmostExpired")
def the_certificate_ends_soon(field: Grounds) -> Iterator[None]:
    field.endpoint.certify(5)
    yield
    field.endpoint.certify(90)


@fault("CertificateExpired")
def the_certificate_has_ended(field: Grounds) -> Iterator[None]:
    field.endpoint.certify(0)
    yield
    field.endpoint.certify(90)


@fault("EndpointsNotProbed")
def the_prober_hangs(field: Grounds) -> Iterator[None]:
    field.prober.suspend()
    yield
    field.prober.resume()


# The backups


@fault("BackupFailed")
def a_backup_fails(field: Grounds) -> Iterator[None]:
    field.backups.fails = True
    yield
    field.backups.fails = False


@fault("BackupTooOld")
def no_backup_is_made(field: Grounds) -> Iterator[None]:
    field.backups.is_made = False
    yield
    field.backups.is_made = True


@fault("BackupShrunk")
def a_backup_is_small(field: Grounds) -> Iterator[None]:
    field.backups.size = 100_000
    yield
    field.backups.size = 1_000_000


@fault("BackupNotVerified")
def no_backup_is_verified(field: Grounds) -> Iterator[None]:
    field.backups.is_verified = False
    yield
    field.backups.is_verified = True


@fault("BackupStuck")
def a_backup_does_not_end(field: Grounds) -> Iterator[None]:
    from vedette.domains import backup

    with backup.run("database"):
        yield


@fault("BackupMissing")
def there_never_was_a_backup(field: Grounds) -> Iterator[None]:
    field.backups.is_made = False
    field.backups.pushed.delete()
    yield
    field.backups.is_made = True
