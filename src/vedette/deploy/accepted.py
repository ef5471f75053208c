"""Whether a server would accept its files, by its own rules: promtool and amtool where they are there."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.check.live.answers import plain
from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vedette.deploy.change import Target
    from vedette.deploy.side import Side

__all__ = ["refuse_unaccepted", "tool_for"]


def tool_for(target: Target) -> str | None:
    """The path of the program that knows the rules of a server; None where there is none here."""
    names: Mapping[Target, str] = {"prometheus": "promtool", "alertmanager": "amtool"}
    name = names.get(target)
    return shutil.which(name) if name else None


def refuse_unaccepted(target: Target, wanted: Side) -> None:
    """Try the files of a server, first by our own readers and then by the server's own program.

    Raises:
        ConfigError: they would be refused; the message is the program's.
    """
    for (kind, path), why in wanted.unreadable.items():
        if kind == target:
            raise ConfigError(f"{path}: {why}")
    tool = tool_for(target)
    files = wanted.texts.get(target, {})
    if tool is None or not files:
        return
    with tempfile.TemporaryDirectory(prefix="vedette-") as name:
        for path, text in files.items():
            (Path(name) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(name) / path).write_text(text, "utf-8")
        if target == "alertmanager":
            _run([tool, "check-config", f"{name}/alertmanager.yml"], name)
            return
        # the syntax alone: the files that it names are those of the machine it will run on
        _run([tool, "check", "config", "--syntax-only", f"{name}/prometheus.yml"], name)
        rules = sorted(path for path in files if path.startswith("rules/"))
        if rules:
            _run([tool, "check", "rules", *(f"{name}/{path}" for path in rules)], name)


def _run(command: Sequence[str], folder: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no shell, our own files
    if done.returncode:
        said = plain(f"{done.stdout} {done.stderr}".replace(f"{folder}/", ""))
        raise ConfigError(f"{Path(command[0]).name} refuses what would be applied: {said}")
