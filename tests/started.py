"""`vedette` as a real process on a project in a temporary folder, with a real mail server and web sink beside it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, TypeVar

import psutil
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from tests.real import free_port

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterator, Mapping
    from email.message import EmailMessage

ROOT = Path(__file__).parent.parent
T = TypeVar("T")


def until(check: Callable[[], T], seconds: float, what: str = "") -> T:
    """What ``check`` gives once it gives something, or an AssertionError with the last it gave (or raised)."""
    deadline = time.monotonic() + seconds
    last: object = None
    while time.monotonic() < deadline:
        try:
            last = check()
        except (OSError, AssertionError, KeyError, IndexError) as error:
            last = error
        else:
            if last:
                return last
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds:g} s: {what or check}; last: {last!r}")


def get(url: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    """Status and body of a GET; an error status is no exception here."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=dict(headers or {})), timeout=10) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@dataclass
class Mailbox:
    """A real SMTP server that wants a login, and the letters it took."""

    user: str = "watch"
    password: str = "a-Passw0rd-that-must-not-leak"
    letters: list[EmailMessage] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    port: int = 0

    def subjects(self) -> list[str]:
        return [str(letter["subject"]) for letter in self.letters]

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken"

    def _login(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        self.logins.append((data.login, data.password))
        right = (data.login, data.password) == (self.user.encode(), self.password.encode())
        return AuthResult(success=right)

    @contextlib.contextmanager
    def open(self, *, login: bool = True) -> Iterator[Mailbox]:
        """Take letters until the block ends; without ``login`` from anybody."""
        controller = Controller(
            self,
            hostname="127.0.0.1",
            port=free_port(),
            authenticator=self._login,
            auth_required=login,
            auth_require_tls=False,
        )
        controller.start()
        self.port = controller.port
        try:
            yield self
        finally:
            controller.stop()


class Sink:
    """A real HTTP server that takes webhooks; ``status`` is what it answers, ``hang`` makes it answer nothing."""

    def __init__(self) -> None:
        self.status = 200
        self.hang = Event()
        self.over = Event()
        self.posts: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        """Path, headers and body of those that were answered 200."""
        self.refused = 0
        self.hung = 0
        self._lock = Lock()
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                sink._take(self, body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def _take(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        if self.hang.is_set():
            with self._lock:
                self.hung += 1
            self.over.wait()
            return
        with self._lock:
            status = self.status
            if status == 200:
                self.posts.append((request.path, dict(request.headers), json.loads(body)))
            else:
                self.refused += 1
        request.send_response(status)
        request.send_header("content-length", "0")
        request.end_headers()

    def told(self, status: str, alert: str) -> list[dict[str, Any]]:
        """Bodies with this status that hold this alert."""
        with self._lock:
            bodies = [body for _, _, body in self.posts]
        return [
            body
            for body in bodies
            if any(item["status"] == status and item["labels"]["alertname"] == alert for item in body["alerts"])
        ]

    @contextlib.contextmanager
    def open(self) -> Iterator[Sink]:
        thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.over.set()
            self._server.shutdown()
            self._server.server_close()


@dataclass
class Command:
    """A command that has ended."""

    code: int
    out: str
    error: str


def vedette(folder: Path, *arguments: str, seconds: float = 60, **environment: str) -> Command:
    """Run `vedette` in ``folder`` to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "vedette.cli", *arguments],
        cwd=folder,
        env=_environment(environment),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    return Command(done.returncode, done.stdout, done.stderr)


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    own = {key: value for key, value in os.environ.items() if not key.startswith(("SHOP_", "COLUMNS", "FORCE_COLOR"))}
    return {**own, "PYTHONPATH": str(ROOT), **more}


class Up:
    """A running `vedette up`."""

    def __init__(self, folder: Path, *arguments: str, port: int | None = None, **environment: str) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "up.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "vedette.cli", "up", "--port", str(self.port), *arguments],
                cwd=folder,
                env=_environment(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.began = time.monotonic()

    def said(self) -> str:
        return self.log.read_text()

    def api(self, path: str) -> Any:
        """The JSON of a GET that works."""
        status, body = get(self.url + path)
        assert status == 200, f"{path}: {status} {body[:300]!r}"
        return json.loads(body)

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The vector of an instant query now."""
        answer = self.api("/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
        result: list[dict[str, Any]] = answer["data"]["result"]
        return result

    def overview(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.api("/api/vedette/overview")
        return answer

    def has_data(self, seconds: float = 30) -> dict[str, Any]:
        """The overview, once every target has been scraped."""

        def check() -> dict[str, Any] | None:
            assert self.process.poll() is None, self.said()
            overview = self.overview()
            return overview if overview["targets"]["up"] == overview["targets"]["total"] > 0 else None

        return until(check, seconds, f"data; it said {self.said()[-2000:]}")

    def alert(self, name: str) -> dict[str, Any] | None:
        """The firing alert of that name."""
        alerts = self.api("/api/v1/alerts")["data"]["alerts"]
        return next((a for a in alerts if a["labels"]["alertname"] == name and a["state"] == "firing"), None)

    def family(self) -> list[psutil.Process]:
        """The process and all below it."""
        me = psutil.Process(self.process.pid)
        return [me, *me.children(recursive=True)]

    def signal(self, number: signal.Signals) -> tuple[int, float]:
        """Send it; the exit code, and seconds until the end."""
        began = time.monotonic()
        self.process.send_signal(number)
        code = self.process.wait(20)
        return code, time.monotonic() - began


@contextlib.contextmanager
def up(folder: Path, *arguments: str, port: int | None = None, **environment: str) -> Iterator[Up]:
    """Run `vedette up` until the block ends."""
    running = Up(folder, *arguments, port=port, **environment)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            family = running.family()
            running.process.terminate()
            _, alive = psutil.wait_procs(family, 10)
            for process in alive:
                process.kill()
        running.process.wait()


SHOP = """\
from dataclasses import replace

from examples.shop.observability import stack as shop
from vedette import Email, Slack, Smtp, Webhook, env

demo = replace(
    shop.environment("demo"),
    targets={{"shop": ["127.0.0.1:{shop}"]}},
    scrape_interval="500ms",
    scrape_timeout="500ms",
    evaluation_interval="500ms",
    time_scale=0.02,
    smtp=Smtp("127.0.0.1", {smtp}, username="{user}", password=env("MAIL_PASSWORD"), tls=False),
    notify=[Email("oncall@shop.example"), Webhook(env("HOOK_URL")), Slack(env("SLACK_WEBHOOK"), channel="#shop")],
)
stack = replace(shop, environments=[demo])
"""


@dataclass
class ShopProject:
    """A project that watches the demo shop, and who is told; times are a fiftieth of production's."""

    folder: Path
    mailbox: Mailbox
    sink: Sink
    shop_port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "watched.py").write_text(
            SHOP.format(shop=self.shop_port, smtp=self.mailbox.port, user=self.mailbox.user)
        )
        (self.folder / "pyproject.toml").write_text(
            '[tool.vedette]\nstack = "watched:stack"\nenvironment = "demo"\n'
            f'run = ["uvicorn examples.shop.main:app --port {self.shop_port} --log-level warning"]\n'
        )

    @property
    def environment(self) -> dict[str, str]:
        """The secrets, as a user has them in the environment."""
        return {
            "MAIL_PASSWORD": self.mailbox.password,
            "HOOK_URL": f"{self.sink.url}/hook/a-Token-that-must-not-leak",
            "SLACK_WEBHOOK": "http://127.0.0.1:9/services/a-Slack-key-that-must-not-leak",
        }

    def up(self, *arguments: str, port: int | None = None) -> contextlib.AbstractContextManager[Up]:
        return up(self.folder, *arguments, port=port, **self.environment)

    def vedette(self, *arguments: str) -> Command:
        return vedette(self.folder, *arguments, **self.environment)


def links(text: str) -> list[str]:
    """The URLs in a text."""
    return re.findall(r"https?://[^\s\"'<>]+", text)
