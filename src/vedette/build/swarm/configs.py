"""The built files as configs of a Swarm, which never change: the name of each holds a hash of its text."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from vedette.build.refusal import RefusalError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vedette.place import Place

__all__ = ["Configs"]

# https://pkg.go.dev/github.com/moby/swarmkit/v2/manager/controlapi#MaxConfigSize
_LARGEST: Final = 1000 * 1024
# letters, digits, "-", "_" and "." between them
_LONGEST_NAME: Final = 64


class Configs:
    """Collects what services mount: path of a built file → its config."""

    def __init__(self, project: str, built: Mapping[str, str], place: Place) -> None:
        self._project = project
        self._built = built
        self._place = place
        self.found: dict[str, dict[str, Any]] = {}
        """``configs`` of the stack: a file that is read when it is deployed, and the name that it then has."""

    def below(self, folder: str, target: str) -> Iterator[dict[str, str]]:
        """Every built file of a folder, mounted below a folder of the container."""
        for path, text in self._built.items():
            if path.startswith(f"{folder}/"):
                yield {
                    "source": self._add(path, text),
                    "target": str(PurePosixPath(target, PurePosixPath(path).relative_to(folder))),
                }

    def _add(self, path: str, text: str) -> str:
        size = len(text.encode())
        if size > _LARGEST:
            raise RefusalError(
                self._place,
                path,
                f" has {size:,} bytes, and a config of a Swarm at most {_LARGEST:,}",
                "divide what it is built from, for example a pack with fewer panels",
            )
        key = path.removeprefix("swarm/").replace("/", "-")
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        name = f"{self._project}-{digest}-{key}"[:_LONGEST_NAME].rstrip("-_.")
        self.found[key] = {"name": name, "file": str(PurePosixPath("..", path))}
        return key
