"""Secrets named in a stack by ``env("X")``: put from the environment into files that only the user can read."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["fill", "is_there"]

_READERS: Final = ("prometheus/prometheus.yml", "alertmanager/alertmanager.yml")


def fill(names: Sequence[str], folder: Path) -> list[str]:
    """Write each named environment variable to ``folder/<name>`` (mode 0600); the names that are not set are returned.

    The folder stands outside the build output, so no built file ever holds a secret.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    missing = []
    for name in names:
        value = os.environ.get(name)
        path = folder / name
        if value is None:
            if not path.exists():
                missing.append(name)
            continue
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(value)
    return missing


def is_there(name: str, built: Path) -> bool:
    """Whether the files of a build read the secret from a file that is there, as on a host where others put it."""
    named = re.compile(rf"(?<=[\s'\"])/[^\s'\"]*/{re.escape(name)}(?=[\s'\"])")
    texts = [(built / path).read_text("utf-8") for path in _READERS if (built / path).is_file()]
    return any(Path(path).is_file() for text in texts for path in named.findall(text))
