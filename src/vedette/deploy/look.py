"""What is there now beside what a stack says, or beside what was applied: in folders, and on running servers."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vedette.check.live.client import Client
from vedette.deploy import folder as folders
from vedette.deploy import grafana_api, live
from vedette.deploy.change import TARGETS, Change, merged
from vedette.deploy.compare import differences
from vedette.deploy.side import Side, read
from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from vedette.catalog import Deploy, Environment, Running, Stack
    from vedette.deploy.change import Kind, Target

__all__ = ["Look", "Seen", "client_of", "drifted", "planned", "running_in", "targets_of"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One server and its folder, as they are."""

    target: Target
    running: Running
    before: Mapping[str, str] = field(default_factory=dict)
    """Path → text of the files that are ours or would be."""
    last: folders.Applied | None = None
    documents: Mapping[str, Any] = field(default_factory=dict)
    """Of Grafana by its API: our dashboards as they are."""
    changes: tuple[Change, ...] = ()
    refusals: tuple[str, ...] = ()
    """Why it could not be applied."""

    @property
    def folder(self) -> Path | None:
        """Where its files are."""
        return Path(self.running.folder) if self.running.folder else None


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that was looked at."""

    seen: tuple[Seen, ...]
    changes: tuple[Change, ...]

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why it could not be applied."""
        return tuple(one for seen in self.seen for one in seen.refusals)


def running_in(environment: Environment) -> Deploy:
    """The servers of an environment.

    Raises:
        ConfigError: it names none.
    """
    if environment.deploy is None:
        raise ConfigError(
            f"{environment.place}: environment {environment.name!r} does not say where it runs; write "
            "deploy=Deploy(prometheus=Running('http://127.0.0.1:9090', folder='/etc/prometheus'), …)"
        )
    return environment.deploy


def targets_of(environment: Environment) -> Iterator[tuple[Target, Running]]:
    """The servers that an environment names.

    Raises:
        ConfigError: it names none.
    """
    deploy = running_in(environment)
    for target in TARGETS:
        running: Running | None = getattr(deploy, target)
        if running is not None:
            yield target, running


def client_of(running: Running, environment: Environment) -> Client:
    """Who asks a server; its token is read from the environment variable, or else from the folder of secrets.

    Raises:
        ConfigError: it has a token that is in neither.
    """
    token = ""
    if running.token is not None:
        name = running.token.name
        file = Path(environment.secrets) / name
        token = os.environ.get(name, "") or (file.read_text("utf-8").strip() if file.is_file() else "")
        if not token:
            raise ConfigError(
                f"{running.token.place}: {name} is not set; set the environment variable, or write it to {file}"
            )
    return Client(running.url, token, total=2 * live.RELOAD)


async def planned(stack: Stack, environment: Environment, wanted: Side) -> Look:
    """What an apply would change.

    Raises:
        ConfigError: a server does not answer, or a folder cannot be read.
    """
    seen = [await _planned(target, running, stack, environment, wanted) for target, running in targets_of(environment)]
    return Look(tuple(seen), tuple(merged((one for each in seen for one in each.changes), wanted.places)))


async def _planned(target: Target, running: Running, stack: Stack, environment: Environment, wanted: Side) -> Seen:
    files = wanted.texts.get(target, {})
    changes: list[Change] = []
    refusals: list[str] = []
    before: dict[str, str] = {}
    last = None
    documents: Mapping[str, Any] = {}
    ours = set(files)
    if running.folder:
        folder = Path(running.folder)
        last = folders.applied(folder)
        before = folders.here(folder, files)
        ours |= set(before)
        there = read({target: before}, {target: running.folder})
        changes += [*differences(target, there, wanted, running.folder), *_interrupted(target, running.folder, last)]
        if not changes:
            changes += _texts(target, before, files, running.folder)
        try:
            folders.refuse(folder, files, stack.name)
        except ConfigError as problem:
            refusals.append(str(problem))
    if running.url:
        async with client_of(running, environment) as client:
            match target:
                case "prometheus":
                    side = await live.prometheus(client, wanted, ours)
                case "alertmanager":
                    side = await live.alertmanager(client, wanted)
                case "grafana":
                    found = await grafana_api.read(client, stack.name, wanted.dashboards)
                    side, documents = found.side, found.documents
                    refusals += [
                        f"{running.url}: dashboard {uid!r} is not ours: it has not the tags 'vedette' and "
                        f"{stack.name!r}; give it another uid there, or remove it"
                        for uid in found.foreign
                    ]
        changes += differences(target, side, wanted, running.url)
    return Seen(target, running, before, last, documents, tuple(changes), tuple(refusals))


def _interrupted(target: Target, folder: str, last: folders.Applied | None) -> Iterator[Change]:
    if last is not None and not last.complete:
        yield Change(target, "changed", folder, f"an apply to {folder} was interrupted", where=(folder,))


def _texts(target: Target, old: Mapping[str, str], new: Mapping[str, str], where: str) -> Iterator[Change]:
    """Files that mean the same and are written otherwise, or of which nobody knows what they mean."""
    for path in sorted({*old, *new}):
        if old.get(path) == new.get(path):
            continue
        kind: Kind = "new" if path not in old else "gone" if path not in new else "changed"
        told = f"{path} is {kind}" if kind != "changed" else f"{path} is written otherwise, and means the same"
        yield Change(target, kind, path, told, where=(where,))


async def drifted(stack: Stack, environment: Environment, wanted: Side) -> Look:
    """What runs otherwise than it was applied. Of a Grafana without a folder: than it is built.

    Raises:
        ConfigError: nothing was applied, a server does not answer, or a folder cannot be read.
    """
    seen = [await _drifted(target, running, stack, environment, wanted) for target, running in targets_of(environment)]
    return Look(tuple(seen), tuple(merged((one for each in seen for one in each.changes), wanted.places)))


async def _drifted(target: Target, running: Running, stack: Stack, environment: Environment, wanted: Side) -> Seen:
    changes: list[Change] = []
    applied = wanted
    paths: Iterable[str] = ()
    if running.folder:
        folder = Path(running.folder)
        last = folders.applied(folder)
        if last is None:
            raise ConfigError(f"{folder}: nothing was applied here; run: vedette apply -e {environment.name}")
        applied = read({target: last.files}, {target: running.folder})
        now = folders.here(folder, last.files)
        paths = {*last.files, *now}
        changes += differences(target, applied, read({target: now}, {target: running.folder}), running.folder)
        changes += _interrupted(target, running.folder, last)
        if not changes:
            changes += _texts(target, last.files, now, running.folder)
    if running.url:
        async with client_of(running, environment) as client:
            match target:
                case "prometheus":
                    side = await live.prometheus(client, applied, set(paths))
                case "alertmanager":
                    side = await live.alertmanager(client, applied)
                case "grafana":
                    side = (await grafana_api.read(client, stack.name, applied.dashboards)).side
        changes += differences(target, applied, side, running.url)
    return Seen(target, running, changes=tuple(changes))
