"""What the last check of the stack has found, kept while nothing changes that it depends on.

That is: every file of the project, what the stack imports besides, Vedette itself, the options, the environment
variables and the day. Files are compared by their content, modules outside the project by time and size.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vedette.check.finding import Edit, Finding
from vedette.check.given import ENDINGS, below
from vedette.check.ignore import Suppressed
from vedette.check.outcome import Outcome
from vedette.cli.state import prepare
from vedette.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["STACK", "Memory"]

STACK = (*ENDINGS, ".py", ".md", ".toml")
"""Files that a stack is made of."""

FILES, SIZE = 5_000, 50_000_000
"""More files, or more bytes of them, take longer to compare than to check."""

KEPT = 8
"""Results at a time: for some environments and selections."""

_VEDETTE = Path(__file__).parent.parent


class Memory:
    """Results in a folder, of a project as it is now."""

    def __init__(self, state: Path, root: Path, said: Iterable[str], variables: Mapping[str, str]) -> None:
        """``said`` is all else that decides what is found: options, settings, the day."""
        self._state = state
        self._files = sorted(below(root, STACK))
        self._key = _key(self._files, [str(root), *said, *(f"{name}={variables[name]}" for name in sorted(variables))])

    def recall(self) -> tuple[Outcome, str] | None:
        """What was found and what was checked, None where that is not known."""
        if self._key is None:
            return None
        try:
            kept = json.loads(self._path().read_text("utf-8"))
            if all(_signature(Path(file)) == signature for file, signature in kept["besides"].items()):
                told = tuple(map(_finding, kept["told"]))
                return Outcome(told, _hidden(kept["suppressed"]), _hidden(kept["excused"])), kept["what"]
        except (OSError, ValueError, KeyError, TypeError):
            pass  # there is none, or another process is busy with it
        return None

    def keep(self, outcome: Outcome, what: str, folders: Iterable[Path]) -> None:
        """Remember it. ``folders`` were looked into, wherever they are."""
        if self._key is None or any(one.code == "internal" for one in outcome.told):
            return
        besides = {*_imported(), *(file for folder in folders for file in below(folder, STACK))}.difference(self._files)
        kept = {
            "what": what,
            "besides": {str(file): _signature(file) for file in sorted(besides)},
            "told": outcome.told,
            "suppressed": outcome.suppressed,
            "excused": outcome.excused,
        }
        try:
            prepare(self._state)
            self._path().parent.mkdir(exist_ok=True)
            _write(self._path(), json.dumps(kept, default=_plain))
        except OSError:
            pass  # a folder that is read-only is checked anew each time

    def _path(self) -> Path:
        return self._state / "cache" / f"check-{self._key}.json"


def _key(files: list[Path], said: Iterable[str]) -> str | None:
    """The digest of everything; None where that would take too long, or a file cannot be read."""
    if len(files) > FILES:
        return None
    digest = hashlib.blake2b(digest_size=16)
    own = (f"{file}{_signature(file)}" for file in sorted(below(_VEDETTE, (".py", ".so", ".md", ".tmpl"))))
    for part in (sys.version, sys.prefix, str(Path.cwd()), *said, *own):
        digest.update(part.encode("utf-8", "surrogateescape") + b"\0")
    size = 0
    for file in files:
        try:
            content = file.read_bytes()
        except OSError:
            return None
        size += len(content)
        if size > SIZE:
            return None
        digest.update(f"{file}\0{len(content)}\0".encode("utf-8", "surrogateescape") + content)
    return digest.hexdigest()


def _signature(file: Path) -> list[int]:
    try:
        found = file.stat()
    except OSError:
        return []
    return [found.st_mtime_ns, found.st_size]


def _imported() -> Iterable[Path]:
    """Files of the modules that are neither Python's nor ours."""
    python, packages = sysconfig.get_path("stdlib"), (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if not file or Path(file).is_relative_to(_VEDETTE):
            continue
        if not file.startswith(python) or file.startswith(packages):
            yield Path(file)


def _write(path: Path, text: str) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".check-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(temporary, path)  # noqa: PTH105 - mkstemp gives a name, no Path
    kept = sorted(path.parent.glob("check-*.json"), key=_signature, reverse=True)
    for old in kept[KEPT:]:
        old.unlink(missing_ok=True)


def _plain(value: object) -> dict[str, Any]:
    assert isinstance(value, Finding | Edit | Suppressed)
    return {name: getattr(value, name) for name in value.__slots__}


def _finding(plain: dict[str, Any]) -> Finding:
    edit = plain["edit"]
    return Finding(
        **{
            **plain,
            "place": Place(*plain["place"]),
            "edit": edit and Edit(Place(*edit["place"]), edit["old"], edit["new"]),
        }
    )


def _hidden(plain: Iterable[dict[str, Any]]) -> tuple[Suppressed, ...]:
    return tuple(Suppressed(_finding(one["finding"]), one["reason"]) for one in plain)
