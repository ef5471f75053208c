"""Has the servers run what is wanted: writes, reloads, verifies, and puts everything back where one refuses."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING

from vedette.build.links import dashboard_uid
from vedette.deploy import folder as folders
from vedette.deploy import grafana_api, live
from vedette.deploy.accepted import refuse_unaccepted
from vedette.deploy.compare import differences
from vedette.deploy.look import client_of
from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from vedette.catalog import Environment, Stack
    from vedette.check.live.client import Client
    from vedette.deploy.change import Change
    from vedette.deploy.look import Look, Seen
    from vedette.deploy.side import Side

__all__ = ["apply", "record_only", "refuse"]


def refuse(look: Look, wanted: Side) -> None:
    """See that all of it may be applied, and that the servers would accept it.

    Raises:
        ConfigError: it may not, or one would not.
    """
    if look.refusals:
        raise ConfigError("nothing was applied: " + "\n  ".join(look.refusals))
    for seen in look.seen:
        refuse_unaccepted(seen.target, wanted)


async def apply(stack: Stack, environment: Environment, wanted: Side, look: Look, tell: Callable[[str], None]) -> None:
    """Apply to each server that has changes, one after another. All of it holds in the end, or nothing.

    Raises:
        ConfigError: a server refused, or does not run what was applied. Everything is as it was before.
    """
    with ExitStack() as locks:
        for seen in look.seen:
            if seen.folder is not None:
                locks.enter_context(folders.held(seen.folder))
        begun: list[Seen] = []
        try:
            for seen in look.seen:
                if seen.changes:
                    begun.append(seen)
                    await _apply(seen, stack, environment, wanted, tell)
        except ConfigError as problem:
            left = [str(one) for seen in reversed(begun) if (one := await _undo(seen, stack, environment, wanted))]
            undone = "everything is as it was before" if not left else "not all could be undone: " + "; ".join(left)
            raise ConfigError(f"{problem}\n  {undone}") from problem
        record_only(stack, environment, wanted, look)


def record_only(stack: Stack, environment: Environment, wanted: Side, look: Look) -> None:
    """Say in each folder that this is applied."""
    for seen in look.seen:
        files = wanted.texts.get(seen.target, {})
        now = folders.Applied(stack.name, environment.name, complete=True, files=files)
        if seen.folder is not None and folders.applied(seen.folder) != now:
            folders.record(seen.folder, now)


async def _apply(seen: Seen, stack: Stack, environment: Environment, wanted: Side, tell: Callable[[str], None]) -> None:
    files = wanted.texts.get(seen.target, {})
    if seen.folder is not None:
        kept = seen.last.files if seen.last else {}
        folders.record(seen.folder, folders.Applied(stack.name, environment.name, complete=False, files=kept))
        folders.clear(seen.folder, {*files, *seen.before})
        written = folders.write(files, seen.folder)
        tell(f"{seen.folder}: {len(written)} {'file' if len(written) == 1 else 'files'} changed")
    if not seen.running.url:
        tell(f"{seen.target}: no address is known; have it read its files anew yourself")
        return
    async with client_of(seen.running, environment) as client:
        if seen.target == "grafana" and seen.folder is None:
            await _upload(client, seen, stack, {uid: json.loads(text) for uid, text in _by_uid(files).items()})
        elif seen.target == "grafana":
            if not await grafana_api.reload_files(client):
                tell(f"{seen.running.url}: the token may not reload; Grafana reads the folder by itself soon")
                return
        else:
            await live.reload(client)
        left = await _left(client, seen, stack, wanted)
        if left:
            raise ConfigError(
                f"{seen.running.url} does not run what was applied: {left[0].sentence}"
                + (f" (and {len(left) - 1} more)" if len(left) > 1 else "")
                + (f"; does it read {seen.folder}?" if seen.folder else "")
            )
        tell(f"{seen.running.url} runs it")


def _by_uid(files: Mapping[str, str]) -> dict[str, str]:
    return {path.removesuffix(".json"): text for path, text in files.items()}


async def _upload(client: Client, seen: Seen, stack: Stack, documents: Mapping[str, Any]) -> None:
    """The dashboards that differ, and away with ours that are no more."""
    folder = await grafana_api.ensure_folder(client, stack.name, stack.title)
    now = {uid: _comparable(document) for uid, document in seen.documents.items()}
    for uid, document in documents.items():
        if now.get(uid) != _comparable(document):
            await grafana_api.put(client, document, folder)
    for uid in seen.documents:
        if uid not in documents:
            await grafana_api.remove(client, uid)


def _comparable(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in ("id", "version", "iteration")}


async def _left(client: Client, seen: Seen, stack: Stack, wanted: Side) -> list[Change]:
    """What still differs on the server."""
    match seen.target:
        case "prometheus":
            ours = {*wanted.texts.get("prometheus", {}), *seen.before}
            side = await live.prometheus(client, wanted, ours)
        case "alertmanager":
            side = await live.alertmanager(client, wanted)
        case "grafana":
            side = (await grafana_api.read(client, stack.name, wanted.dashboards)).side
    return differences(seen.target, side, wanted, seen.running.url)


async def _put_back(client: Client, seen: Seen, stack: Stack, wanted: Side) -> None:
    """The dashboards that have changed since they were looked at."""
    now = (await grafana_api.read(client, stack.name, wanted.dashboards)).documents
    for uid in now.keys() - seen.documents.keys():
        await grafana_api.remove(client, uid)
    for uid, document in seen.documents.items():
        if uid not in now or _comparable(now[uid]) != _comparable(document):
            await grafana_api.put(client, document, dashboard_uid("vedette", stack.name))


async def _undo(seen: Seen, stack: Stack, environment: Environment, wanted: Side) -> ConfigError | None:
    """Put one server back to what it was; what went wrong with that, if something did."""
    try:
        if seen.folder is not None:
            folders.restore(seen.folder, seen.before, seen.last)
        if seen.running.url:
            async with client_of(seen.running, environment) as client:
                if seen.target != "grafana":
                    await live.reload(client)
                elif seen.folder is not None:
                    await grafana_api.reload_files(client)
                else:
                    await _put_back(client, seen, stack, wanted)
    except live.NoReloadError:
        return None  # then nothing was loaded, either
    except ConfigError as problem:
        return problem
    return None
