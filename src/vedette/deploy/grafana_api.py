"""Dashboards by Grafana's HTTP API: which are ours, what they hold, writing them and removing them.

https://grafana.com/docs/grafana/latest/developers/http_api/dashboard/ and …/folder/. Ours are those that carry the tags
of the build: the stack's name, and ``vedette``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from vedette.build.links import dashboard_uid
from vedette.check.live.answers import mappings, text
from vedette.deploy.live import refused
from vedette.deploy.side import Side
from vedette.errors import ConfigError
from vedette.formats import grafana

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from vedette.check.live.client import Answer, Client
    from vedette.formats.grafana import Dashboard

__all__ = ["Found", "ensure_folder", "put", "read", "reload_files", "remove"]

_TAG: Final = "vedette"
_OWN: Final = ("id", "uid", "version", "iteration")
"""Keys that Grafana fills in itself: of these, the uid is kept."""
_MOST: Final = 5000
_GOOD, _NOT_THERE = 200, 404


@dataclass(frozen=True, slots=True)
class Found:
    """What Grafana has."""

    side: Side
    documents: Mapping[str, Any]
    """By uid, as it answered: to put them back."""
    foreign: tuple[str, ...]
    """Dashboards that have one of our uids, and are not ours."""


async def read(client: Client, stack: str, wanted: Collection[str]) -> Found:
    """The dashboards that are ours, or stand where one of ours would.

    Raises:
        UnansweredError: Grafana does not answer.
    """
    path = f"/api/search?type=dash-db&limit={_MOST}&tag={_TAG}&tag={stack}"
    listed = _json(client, path, await client.send("GET", path))
    uids = {text(one, "uid") for one in mappings(listed)} - {""}
    dashboards: dict[str, Dashboard] = {}
    documents: dict[str, Any] = {}
    foreign: list[str] = []
    unreadable: dict[Any, str] = {}
    for uid in sorted({*uids, *wanted}):
        path = f"/api/dashboards/uid/{uid}"
        answer = await client.send("GET", path)
        if answer.status == _NOT_THERE:
            continue
        document = _json(client, path, answer).get("dashboard")
        document = document if isinstance(document, dict) else {}
        tags = document.get("tags")
        if not isinstance(tags, list) or not {_TAG, stack} <= set(map(str, tags)):
            foreign.append(uid)
            continue
        documents[uid] = document
        bare = {key: value for key, value in document.items() if key not in _OWN}
        try:
            dashboards[uid] = grafana.read(json.dumps({**bare, "uid": uid}), f"{client.shown}/d/{uid}")
        except ConfigError as problem:
            unreadable["grafana", f"{uid}.json"] = str(problem)
    return Found(Side(dashboards=dashboards, unreadable=unreadable), documents, tuple(foreign))


def _json(client: Client, path: str, answer: Answer) -> Any:
    if answer.status != _GOOD:
        raise refused(client, path.partition("?")[0], answer)
    try:
        return json.loads(answer.body)
    except ValueError:
        raise refused(client, path.partition("?")[0], answer) from None


async def ensure_folder(client: Client, stack: str, title: str) -> str:
    """The uid of the folder of the stack's dashboards, which is made where there is none.

    Raises:
        UnansweredError: Grafana does not answer, or refuses.
    """
    uid = dashboard_uid(_TAG, stack)
    answer = await client.send("GET", f"/api/folders/{uid}")
    if answer.status == _NOT_THERE:
        made = await client.send("POST", "/api/folders", {"uid": uid, "title": title})
        _json(client, "/api/folders", made)
    else:
        _json(client, f"/api/folders/{uid}", answer)
    return uid


async def put(client: Client, document: Mapping[str, Any], folder: str) -> None:
    """Write a dashboard, over the one of its uid where there is one.

    Raises:
        UnansweredError: Grafana does not answer, or refuses.
    """
    bare = {key: value for key, value in document.items() if key not in ("version", "iteration")}
    wrapped = {
        "dashboard": {**bare, "id": None}, "folderUid": folder, "overwrite": True, "message": "vedette apply",
    }  # fmt: skip
    _json(client, "/api/dashboards/db", await client.send("POST", "/api/dashboards/db", wrapped))


async def remove(client: Client, uid: str) -> None:
    """Remove a dashboard; one that is not there is gone already.

    Raises:
        UnansweredError: Grafana does not answer, or refuses.
    """
    answer = await client.send("DELETE", f"/api/dashboards/uid/{uid}")
    if answer.status not in (_GOOD, _NOT_THERE):
        raise refused(client, f"/api/dashboards/uid/{uid}", answer)


async def reload_files(client: Client) -> bool:
    """Have Grafana read the files of its providers now; False where the token may not, and it does so by itself soon.

    Raises:
        UnansweredError: Grafana does not answer, or fails.
    """
    path = "/api/admin/provisioning/dashboards/reload"
    answer = await client.send("POST", path)
    if answer.status in (401, 403):
        return False
    _json(client, path, answer)
    return True
