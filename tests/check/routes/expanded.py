"""What a real Alertmanager does with the texts of receivers: whether it expands them, and what then leaves it."""

from __future__ import annotations

import contextlib
import json
import re
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import yaml
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from tests.real import alertmanager, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SECONDS = 90
BAD = "{{ .Nope"
_UNREACHED = re.compile("(?<!unexpected )EOF|deadline exceeded|connection refused|reset by peer|context canceled")
_SAID = {
    "gettoken": {"access_token": "x", "errcode": 0},
    "search": {"issues": [], "total": 0},
    "sendMessage": {"ok": True, "result": {}},
}
_LISTS = frozenset({"attachments", "fields", "actions", "images", "links", "responders"})
_BESIDE: Mapping[str, Mapping[str, str]] = {
    "fields": {"title": "t", "value": "v"},
    "actions": {"type": "button", "text": "t", "url": "http://x"},
    "confirm": {"text": "t"},
    "links": {"href": "http://x"},
    "responders": {"type": "user", "name": "n"},
}
"""What stands below a key and cannot be left out."""
_MAPS = frozenset({"headers", "details", "attributes", "custom_fields", "payload"})
_INSTEAD_OF_TOPIC = frozenset({"phone_number", "target_arn"})


class _Server(ThreadingHTTPServer):
    request_queue_size = 256  # all receivers are posted to at once


class Internet:
    """Everybody that an Alertmanager writes to. Each receiver has an address of its own, its name."""

    def __init__(self) -> None:
        self.posted: dict[str, bytes] = {}
        """Receiver → the last that it posted."""
        internet = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                internet.posted[self.path.split("/")[1]] = body
                said = next((one for word, one in _SAID.items() if word in self.path), {"ok": True, "errcode": 0})
                # Slack's own word
                answer = b"ok" if "/slack" in self.path else json.dumps(said).encode()
                self.send_response(200)
                self.send_header("content-type", "text/plain" if answer == b"ok" else "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_PUT = do_POST  # noqa: N815 - the library's names

            def log_message(self, *_: Any) -> None:
                pass

        self._http = _Server(("127.0.0.1", 0), Handler)
        self._mail = Controller(Sink(), hostname="127.0.0.1", port=free_port())

    @contextlib.contextmanager
    def running(self) -> Iterator[Internet]:
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        self._mail.start()
        try:
            yield self
        finally:
            self._mail.stop()
            self._http.shutdown()
            self._http.server_close()

    def receiver(self, kind: str, name: str) -> dict[str, Any]:
        """What a receiver of a kind cannot lack."""
        host = f"http://127.0.0.1:{self._http.server_address[1]}"
        url = f"{host}/{name}/"
        found: dict[str, dict[str, Any]] = {
            "discord_configs": {"webhook_url": url},
            "email_configs": {
                "to": "a@shop.test", "from": "b@shop.test", "smarthost": f"127.0.0.1:{self._mail.port}",
                "require_tls": False, "hello": "shop.test",
            },
            "jira_configs": {"api_url": url, "project": "P", "issue_type": "Bug"},
            "mattermost_configs": {"webhook_url": url},
            "msteams_configs": {"webhook_url": url},
            "msteamsv2_configs": {"webhook_url": url},
            "opsgenie_configs": {"api_key": "k", "api_url": url},
            "pagerduty_configs": {"routing_key": "k", "url": url},
            "pushover_configs": {"user_key": "u", "token": "t"},
            "rocketchat_configs": {"api_url": url, "token": "t", "token_id": "i", "channel": "#c"},
            "slack_configs": {"api_url": f"{url}slack", "channel": "#c"},
            "sns_configs": {
                "api_url": url, "topic_arn": "arn:aws:sns:us-east-2:123456789012:T",
                "sigv4": {"region": "us-east-2", "access_key": "a", "secret_key": "b"},
            },
            "telegram_configs": {"api_url": host, "bot_token": "t", "chat_id": 1},
            "victorops_configs": {"api_key": "k", "api_url": url, "routing_key": "r"},
            "webex_configs": {
                "api_url": url, "room_id": "r", "http_config": {"authorization": {"credentials": "x"}}
            },
            "webhook_configs": {"url": url},
            "wechat_configs": {"api_url": url, "api_secret": "s", "corp_id": "c"},
        }  # fmt: skip
        return found[kind]

    def with_bad(self, kind: str, key: str, name: str) -> dict[str, Any]:
        """A receiver with a broken template at a key."""
        value: Any = BAD
        *above, last = key.split(".")
        if last in _MAPS or (kind == "jira_configs" and last == "fields"):
            value = {"k": BAD}
        elif kind == "jira_configs" and last == "labels":
            value = [BAD]
        for part in reversed(above):
            value = {**_BESIDE.get(part, {}), last: value}
            value, last = [value] if part in _LISTS else value, part
        base = self.receiver(kind, name)
        if last in _INSTEAD_OF_TOPIC:
            del base["topic_arn"]
        return {"name": name, kind: [{**base, last: value}]}


def outcomes(folder: Path, internet: Internet, receivers: list[dict[str, Any]]) -> dict[str, str]:
    """Receiver → what Alertmanager says of its failure, or nothing where it has posted; after one alert for all."""
    routes = [{"receiver": one["name"], "continue": True} for one in receivers]
    route = {"receiver": receivers[0]["name"], "group_wait": "1s", "group_interval": "1h", "routes": routes}
    with alertmanager(folder, yaml.safe_dump({"route": route, "receivers": receivers})) as base:
        alert = [{"labels": {"alertname": "A", "severity": "high"}, "annotations": {"summary": "S"}}]
        request = urllib.request.Request(
            f"{base}/api/v2/alerts", json.dumps(alert).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request).close()
        deadline = time.monotonic() + SECONDS
        while True:
            log = (folder / "log").read_text()
            failed = dict(re.findall(r' receiver=(\w+) .* err="(.*)"', log))  # it will try again
            failed |= dict(re.findall(r' err="(\w+)/\w+\[0\]: (.*)"', log))
            # what did not get through on a busy machine is sent again
            failed = {name: why for name, why in failed.items() if not _UNREACHED.search(why)}
            found = {**dict.fromkeys(internet.posted, ""), **failed}
            if found.keys() >= {one["name"] for one in receivers} or time.monotonic() > deadline:
                return found
            time.sleep(0.05)
