"""Everything of the field, really running: the service twice, its servers, exporters, endpoints and a small disk."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Self

import psutil
import psycopg
import websockets.exceptions
import websockets.sync.client
from tests import data_servers
from tests.packs.test_blackbox_queries import certificate
from tests.packs.test_postgresql_queries import OPTIONS, exporters, server_with_account
from tests.real import exporter, free_port, pushgateway, wait_for
from tests.started import ROOT

from vedette.domains import backup
from vedette.instruments.metrics.push import Pushgateway

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Disk", "Endpoint", "Grounds", "Instance", "NameServer", "Tunnel", "grounds"]


DATABASE = [f"--{name}={value}" for name, value in OPTIONS.items()]


class Instance:
    """One process of the service."""

    def __init__(self, folder: Path, database: str, cache: str) -> None:
        folder.mkdir()
        self.port, self._folder, self._switches = free_port(), folder, folder / "switches.json"
        self._environment = {
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
            "FIELD_PORT": str(self.port),
            "FIELD_DATABASE": database.replace("postgresql://", "postgresql+psycopg://"),
            "FIELD_REDIS": cache,
            "FIELD_FAULTS": str(self._switches),
        }
        self.switch()

    def switch(self, *words: str) -> None:
        """Break this, and nothing else."""
        fresh = self._switches.with_suffix(".new")
        fresh.write_text(json.dumps(words))
        fresh.replace(self._switches)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = self._folder / "log"
        with log.open("ab") as sink:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.field.service"],
                stdout=sink,
                stderr=sink,
                env={**os.environ, **self._environment},
                cwd=ROOT,
            )
        wait_for(f"http://127.0.0.1:{self.port}/metrics", self.process, log, 60)

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()


class Customers:
    """They order, fifteen times a second from each instance, and one stays to hear what is new."""

    def __init__(self, instances: list[Instance]) -> None:
        self._instances = instances
        self.away = threading.Event()
        self._gone = threading.Event()

    def __enter__(self) -> Self:
        self._threads = [
            threading.Thread(target=does, args=[one])
            for one in self._instances
            for does in (self._buy, self._buy, self._buy, self._stay)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._gone.set()
        for thread in self._threads:
            thread.join()

    def _buy(self, instance: Instance) -> None:
        while not self._gone.wait(0.2):
            if not self.away.is_set():
                with contextlib.suppress(OSError, urllib.error.URLError):
                    urllib.request.urlopen(f"http://127.0.0.1:{instance.port}/order", timeout=5).close()

    def _stay(self, instance: Instance) -> None:
        """Wait for news, and again when the line is cut."""
        while not self._gone.wait(0.5):
            with (
                contextlib.suppress(OSError, websockets.exceptions.WebSocketException),
                websockets.sync.client.connect(f"ws://127.0.0.1:{instance.port}/news") as line,
            ):
                while not self._gone.is_set():
                    with contextlib.suppress(TimeoutError):
                        line.recv(timeout=0.5)


class Endpoint:
    """A web server with TLS, which can be refusing, slow, gone, and whose certificate can end."""

    def __init__(self, folder: Path) -> None:
        self.status, self.wait = 200, 0.0
        self._folder, self._port = folder, free_port()
        self.url = f"https://shop.field.example:{self._port}/"
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.certify(90)
        self.open()

    def certify(self, days: int) -> None:
        """Answer with a certificate that is good for so many days from now on."""
        self._context.load_cert_chain(*certificate(self._folder, days))

    def open(self) -> None:
        """Answer."""
        endpoint = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                time.sleep(endpoint.wait)
                self.send_response(endpoint.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Answers)
        self._server.socket = self._context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class NameServer:
    """A name server that knows every name as this machine, and can be slow."""

    _ADDRESS = "127.0.0.77"

    def __init__(self, folder: Path) -> None:
        self.wait = 0.0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((self._ADDRESS, 53))
        self._thread = threading.Thread(target=self._answer)
        self._thread.start()
        names = folder / "resolv.conf"
        names.write_text(f"nameserver {self._ADDRESS}\n")
        bind = f'mount --bind {names} /etc/resolv.conf && exec "$0" "$@"'
        self.asked_by: list[str] = ["unshare", "--mount", "sh", "-c", bind]
        """The command within which a program asks this one, and the rest of the machine does not."""

    def _answer(self) -> None:
        while (given := self._socket.recvfrom(512))[0]:
            question, address = given
            time.sleep(self.wait)
            head, body = question[:2], question[12:]
            name = body.index(0) + 1
            is_of_four = body[name : name + 2] == b"\0\1"
            record = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4\x7f\0\0\1" if is_of_four else b""
            answers = b"\0\1" if is_of_four else b"\0\0"
            self._socket.sendto(head + b"\x81\x80\0\1" + answers + b"\0\0\0\0" + body[: name + 4] + record, address)

    def close(self) -> None:
        """Answer no more."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", (self._ADDRESS, 53))
        self._thread.join()
        self._socket.close()


class Tunnel:
    """A network device whose other end cannot be reached: what is sent over it is lost, and counted as an error."""

    _END = "203.0.113.1"

    def __init__(self) -> None:
        self.address = "10.231.7.255"
        for command in (
            f"ip link add vedette-field type vxlan id 42 remote {self._END} dstport 14789",
            "ip addr add 10.231.7.1/24 dev vedette-field",
            f"ip route add unreachable {self._END}/32",
            "ip link set vedette-field up",
        ):
            subprocess.run(command.split(), check=True)

    def close(self) -> None:
        """Give it back."""
        subprocess.run(["ip", "link", "del", "vedette-field"], check=True)
        subprocess.run(["ip", "route", "del", "unreachable", f"{self._END}/32"], check=True)


class Disk:
    """A file system of its own, eight megabytes on a file; only root may mount it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "small"
        self.path.mkdir()
        image = folder / "small.img"
        image.write_bytes(bytes(8 << 20))
        subprocess.run(["mkfs.ext4", "-q", "-N", "64", image], check=True)
        subprocess.run(["mount", "-o", "loop", image, self.path], check=True)

    def remount(self, how: str) -> None:
        """``ro`` or ``rw``."""
        subprocess.run(["mount", "-o", f"remount,{how}", self.path], check=True)

    def close(self) -> None:
        """Give it back."""
        subprocess.run(["umount", self.path], check=True)


class Backups:
    """A backup is made every few seconds and pushed, unless it is not."""

    def __init__(self, gateway: str) -> None:
        self.pushed = Pushgateway(gateway, job="nightly")
        self.size, self.fails, self.is_made, self.is_verified = 1_000_000, False, True, True
        self._gone = threading.Event()

    def __enter__(self) -> Self:
        self._make()
        self._thread = threading.Thread(target=self._go_on)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._gone.set()
        self._thread.join()

    def _go_on(self) -> None:
        while not self._gone.wait(1):
            if self.is_made:
                self._make()

    def _make(self) -> None:
        with contextlib.suppress(OSError), backup.run("database") as run:
            run.size(self.size)
            if self.fails:
                raise OSError
        if self.is_verified:
            backup.verified("database")
        self.pushed.push()


@dataclass
class Grounds:
    """What there is to break."""

    instances: list[Instance]
    customers: Customers
    database: data_servers.Server
    cache: data_servers.Server
    endpoint: Endpoint
    names: NameServer
    disk: Disk
    backups: Backups
    prober: psutil.Process
    targets: dict[str, list[str]] = field(default_factory=dict)

    @contextlib.contextmanager
    def broken(self, *words: str, instances: int = 2) -> Iterator[None]:
        """These switches are on, in as many instances."""
        for one in self.instances[:instances]:
            one.switch(*words)
        try:
            yield
        finally:
            for one in self.instances:
                one.switch()


@contextlib.contextmanager
def grounds(blackbox: Path) -> Iterator[Grounds]:
    """All of it.

    Args:
        blackbox: where the file of the blackbox_exporter's modules is.
    """
    with tempfile.TemporaryDirectory(prefix="vedette-field-") as name, contextlib.ExitStack() as later:
        folder = Path(name)
        database = later.enter_context(server_with_account(*DATABASE))
        with psycopg.connect(database.url, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION pg_stat_statements")
            connection.execute("CREATE TABLE orders (number serial PRIMARY KEY, what text)")
        follower = later.enter_context(data_servers.postgres_replica(database, *DATABASE))
        cache = later.enter_context(data_servers.redis())
        copy = later.enter_context(data_servers.redis("--replicaof", "127.0.0.1", str(cache.port)))
        instances = [Instance(folder / f"orders-{number}", database.url, cache.url) for number in (1, 2)]
        for one in instances:
            one.start()
            later.callback(lambda one=one: one.kill())
        endpoint = Endpoint(folder)
        later.callback(endpoint.close)
        names = NameServer(folder)
        later.callback(names.close)
        disk = Disk(folder)
        later.callback(disk.close)
        gateway = later.enter_context(pushgateway(folder / "gateway"))
        modules = f"--config.file={blackbox}"
        of_databases = later.enter_context(exporters(folder, "0.19", database=database, follower=follower))
        urls = {
            "machine": [later.enter_context(exporter(folder / "node", "node-exporter", "1.5"))],
            "database": of_databases.values(),
            "cache": [
                later.enter_context(exporter(folder / name, "redis-exporter", "1.45", f"--redis.addr=redis://{where}"))
                for name, where in (("first", f"127.0.0.1:{cache.port}"), ("copy", f"127.0.0.1:{copy.port}"))
            ],
            "endpoints": [
                later.enter_context(
                    exporter(folder / "bb", "blackbox-exporter", "0.23", modules, within=names.asked_by)
                )
            ],
            "backups": [f"{gateway}/metrics"],
        }
        targets = {
            job: [url.removeprefix("http://").removesuffix("/metrics") for url in several]
            for job, several in urls.items()
        }
        targets["orders"] = [f"127.0.0.1:{one.port}" for one in instances]
        prober = next(
            process
            for process in psutil.Process().children()
            if "blackbox" in process.name() or any("blackbox" in part for part in process.cmdline()[:1])
        )
        yield Grounds(
            instances,
            later.enter_context(Customers(instances)),
            database,
            cache,
            endpoint,
            names,
            disk,
            later.enter_context(Backups(gateway)),
            prober,
            targets,
        )
