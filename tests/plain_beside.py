"""What runs beside Vedette on a plain host of the tests: a shop with a token, and a mail server with a login."""

from __future__ import annotations

import json
import signal
import sys
import warnings
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class Shop(BaseHTTPRequestHandler):
    """Tells whether it is open, to whoever shows the token; the file says whether it is."""

    def do_GET(self) -> None:
        """Answer a scrape."""
        if self.headers.get("authorization") != "Bearer a-t0ken":
            self.send_error(401)
            return
        body = f"# TYPE shop_open gauge\nshop_open {Path(sys.argv[2]).read_text()}\n".encode()
        self.send_response(200)
        self.send_header("content-type", "text/plain; version=0.0.4")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Letters:
    """Writes each letter to a file as one line of JSON."""

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take one."""
        letter = message_from_bytes(envelope.content, policy=policy.default)
        keep(json.dumps({"to": envelope.rcpt_tos, "subject": str(letter["subject"])}))
        return "250 taken"


def keep(line: str) -> None:
    """Add a line to the file."""
    with Path(sys.argv[2]).open("a") as file:
        file.write(f"{line}\n")


def login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    """Only with the right password."""
    return AuthResult(success=(data.login, data.password) == (b"watch", b"a-Passw0rd"))


if __name__ == "__main__":
    if sys.argv[1] == "shop":
        ThreadingHTTPServer(("127.0.0.1", 8000), Shop).serve_forever()
    else:
        warnings.simplefilter("ignore")  # a login without TLS, on loopback
        Controller(
            Letters(),
            hostname="127.0.0.1",
            port=2525,
            authenticator=login,
            auth_required=True,
            auth_require_tls=False,
            auth_exclude_mechanism=["LOGIN"],  # whose words are not those that Alertmanager waits for
        ).start()
        signal.pause()
