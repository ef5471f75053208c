"""A stub of what Grafana documents of its HTTP API for dashboards and folders. It is not Grafana.

https://grafana.com/docs/grafana/latest/developers/http_api/: dashboard, folder, folder_dashboard_search, admin.
"""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "glsa_of_the_stub"


@dataclass
class Stub:
    """What it holds."""

    url: str = ""
    dashboards: dict[str, dict[str, Any]] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    folder_of: dict[str, str] = field(default_factory=dict)
    refuses: str = ""
    """A uid that it does not save, as Grafana does with one that a file provisions."""
    saved: list[str] = field(default_factory=list)
    reloads: int = 0

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        """Status and document."""
        match method, path.strip("/").split("/"):
            case "GET", ["api", "search"]:
                tags = set(query.get("tag", []))
                return 200, [
                    {"uid": uid, "title": one["title"], "type": "dash-db", "tags": one["tags"]}
                    for uid, one in self.dashboards.items()
                    if tags <= set(one["tags"])
                ]
            case "GET", ["api", "dashboards", "uid", uid]:
                if uid not in self.dashboards:
                    return 404, {"message": "Dashboard not found"}
                return 200, {"dashboard": self.dashboards[uid], "meta": {"folderUid": self.folder_of.get(uid, "")}}
            case "DELETE", ["api", "dashboards", "uid", uid]:
                if self.dashboards.pop(uid, None) is None:
                    return 404, {"message": "Dashboard not found"}
                return 200, {"title": uid, "message": f"Dashboard {uid} deleted"}
            case "POST", ["api", "dashboards", "db"]:
                return self._save(body)
            case "GET", ["api", "folders", uid]:
                known = uid in self.folders
                return (200, {"uid": uid, "title": self.folders[uid]}) if known else (404, {"message": "not found"})
            case "POST", ["api", "folders"]:
                self.folders[body["uid"]] = body["title"]
                return 200, body
            case "POST", ["api", "admin", "provisioning", "dashboards", "reload"]:
                self.reloads += 1
                return 200, {"message": "Dashboards config reloaded"}
        return 404, {"message": "Not found"}

    def _save(self, body: Any) -> tuple[int, Any]:
        document = body["dashboard"]
        uid = document["uid"]
        if uid == self.refuses:
            return 400, {"message": "Cannot save provisioned dashboard"}
        if body["folderUid"] not in self.folders:
            return 400, {"message": "folder not found"}
        before = self.dashboards.get(uid)
        if before is not None and not body.get("overwrite"):
            return 412, {"status": "version-mismatch", "message": "The dashboard has been changed by someone else"}
        version = before["version"] + 1 if before else 1
        self.dashboards[uid] = {**document, "id": before["id"] if before else len(self.saved) + 1, "version": version}
        self.folder_of[uid] = body["folderUid"]
        self.saved.append(uid)
        return 200, {"id": self.dashboards[uid]["id"], "uid": uid, "status": "success", "version": version}


@contextlib.contextmanager
def grafana() -> Iterator[Stub]:
    """A stub that listens until the block ends."""
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            parts = urlsplit(self.path)
            status, document = (
                stub.answer(self.command, parts.path, parse_qs(parts.query), body)
                if self.headers.get("Authorization") == f"Bearer {TOKEN}"
                else (401, {"message": "Unauthorized"})
            )
            text = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - the library's names

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    stub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
