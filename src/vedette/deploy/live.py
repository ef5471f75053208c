"""What runs on a Prometheus and an Alertmanager, as far as it is ours, and telling them to read their files anew.

https://prometheus.io/docs/prometheus/latest/querying/api/ and Alertmanager's API v2.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from vedette.check.live.answers import UnansweredError, mappings, plain, text
from vedette.deploy import routes, scrapes
from vedette.deploy.side import Side
from vedette.formats import alertmanager as alertmanager_file
from vedette.formats import prometheus as prometheus_file
from vedette.formats.rules import AlertingRule, RecordingRule, RuleFile, RuleGroup

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from vedette.check.live.client import Answer, Client
    from vedette.formats.rules import Rule

__all__ = ["RELOAD", "NoReloadError", "alertmanager", "prometheus", "refused", "reload"]

RELOAD: Final = 90.0
"""Seconds: a Prometheus with many rules waits for each group that is being evaluated."""
_FAILED: Final = 400


class NoReloadError(UnansweredError):
    """The server was started so that nobody can have it read its files anew."""


async def prometheus(client: Client, like: Side, ours: Collection[str]) -> Side:
    """The configuration that runs, and the rules of the files that are ours.

    ``like`` is what it is compared with: where the server only fills in defaults, it runs as written.

    Raises:
        UnansweredError: it does not answer.
    """
    found = text(await client.data("status/config"), "yaml")
    running, _ = prometheus_file.read_all(found, client.shown)
    usual = running.global_.evaluation_interval if running else 0
    files: dict[str, list[RuleGroup]] = {}
    for group in mappings(await client.data("rules"), "groups"):
        path = next((one for one in ours if f"/{text(group, 'file')}".endswith(f"/{one}")), None)
        if path is not None:
            written = like.rules.get(path, RuleFile(groups=()))
            same = next((one for one in written.groups if one.name == group.get("name")), None)
            files.setdefault(path, []).append(_group(group, same, usual))
    return Side(
        scrapes=scrapes.settled(running, like.scrapes) if running and like.scrapes else running,
        rules={path: RuleFile(groups=tuple(groups)) for path, groups in files.items()},
    )


def _group(found: Mapping[str, Any], written: RuleGroup | None, usual: int) -> RuleGroup:
    interval = _milliseconds(found.get("interval"))
    inherits = interval == usual and (written is None or written.interval is None)
    return RuleGroup(
        name=text(found, "name"),
        rules=tuple(_rule(one) for one in mappings(found, "rules")),
        interval=None if inherits else interval,
        limit=found.get("limit") or 0,
        # the API does not tell them
        query_offset=written.query_offset if written else None,
        labels=written.labels if written else {},
    )


def _rule(found: Mapping[str, Any]) -> Rule:
    if text(found, "type") != "alerting":
        return RecordingRule(record=text(found, "name"), expr=text(found, "query"), labels=_pairs(found, "labels"))
    return AlertingRule(
        alert=text(found, "name"),
        expr=text(found, "query"),
        for_=_milliseconds(found.get("duration")),
        keep_firing_for=_milliseconds(found.get("keepFiringFor")),
        labels=_pairs(found, "labels"),
        annotations=_pairs(found, "annotations"),
    )


def _pairs(found: Mapping[str, Any], key: str) -> dict[str, str]:
    pairs = found.get(key)
    return {str(name): str(value) for name, value in pairs.items()} if isinstance(pairs, dict) else {}


def _milliseconds(seconds: Any) -> int:
    return round(seconds * 1000) if isinstance(seconds, int | float) else 0


async def alertmanager(client: Client, like: Side) -> Side:
    """The configuration that runs.

    Raises:
        UnansweredError: it does not answer.
    """
    answer = await client.get("/api/v2/status")
    try:
        found = text(json.loads(answer.body).get("config"), "original")
    except (ValueError, AttributeError):
        raise refused(client, "/api/v2/status", answer) from None
    running, _ = alertmanager_file.read_all(found, client.shown)
    return Side(routes=routes.settled(running, like.routes) if running and like.routes else running)


async def reload(client: Client) -> None:
    """Have the server read its files anew.

    Raises:
        UnansweredError: it does not, or it refuses what stands there; the message says why.
    """
    answer = await client.send("POST", "/-/reload", within=RELOAD)
    if answer.status >= _FAILED:
        raise refused(client, "/-/reload", answer)


def refused(client: Client, path: str, answer: Answer) -> UnansweredError:
    """What a server says no with."""
    said = plain(answer.body[:2000].decode(errors="replace"))
    told = f"{client.shown}{path}: status {answer.status}: {said or 'it does not say why'}"
    if "lifecycle" in said.lower():
        return NoReloadError(f"{told}; start it with --web.enable-lifecycle")
    hint = "; give Running(…, token=env('…'))" if answer.status in (401, 403) else ""
    return UnansweredError(f"{told}{hint}")
