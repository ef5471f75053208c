"""What the last check of the stack has found, kept while nothing changes that it depends on.

That is: every file of the project, what the stack imports or opens besides, Vedette itself, the options, the
environment variables and the day. What a stack is made of is compared by its content, other files of the project by
their names, and what is imported or opened besides by time and size.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import sysconfig
import tempfile
from functools import cache
from itertools import islice
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

FILES, SIZE, NAMES = 5_000, 50_000_000, 20_000
"""More files, more bytes of them, or more files of any kind take longer to compare than to check."""

KEPT = 8
"""Results at a time: for some environments and selections."""

_VEDETTE = Path(__file__).parent.parent


class Memory:
    """Results in a folder, of a project as it is now."""

    def __init__(self, state: Path, root: Path, said: Iterable[str], variables: Mapping[str, str]) -> None:
        """``said`` is all else that decides what is found: options, settings, the day."""
        self._state = state
        every = sorted(islice(below(root, ("",)), NAMES + 1))
        self._files = [file for file in every if file.name.endswith(STACK)]
        said = [str(root), *said, *(f"{name}={variables[name]}" for name in sorted(variables)), *map(str, every)]
        self._key = _key(self._files, said) if len(every) <= NAMES else None

    def recall(self) -> tuple[Outcome, str] | None:
        """What was found and what was checked, None where that is not known: then see what the check opens."""
        if self._key is None:
            return None
        try:
            kept = json.loads(self._path().read_text("utf-8"))
            if all(_signature(Path(file)) == signature for file, signature in kept["besides"].items()):
                told = tuple(map(_finding, kept["told"]))
                return Outcome(told, _hidden(kept["suppressed"]), _hidden(kept["excused"])), kept["what"]
        except (OSError, ValueError, KeyError, TypeError):
            pass  # there is none, or another process is busy with it
        _OPENED.listen()
        return None

    def keep(self, outcome: Outcome, what: str, folders: Iterable[Path]) -> None:
        """Remember it. ``folders`` were looked into, wherever they are."""
        opened = _OPENED.heard()
        if self._key is None or any(one.code == "internal" for one in outcome.told):
            return
        looked_into = (file for folder in folders for file in below(folder, STACK))
        besides = {*_imported(), *opened, *looked_into}.difference(self._files)
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
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return (Path(file) for file in files if file and _is_theirs(file))


@cache
def _folders() -> tuple[str, tuple[str, str]]:
    """Where Python's own modules are, and where those are that were installed."""
    paths = sysconfig.get_paths()
    return paths["stdlib"], (paths["purelib"], paths["platlib"])


def _is_theirs(file: str) -> bool:
    python, packages = _folders()
    if Path(file).is_relative_to(_VEDETTE):
        return False
    return not file.startswith(python) or file.startswith(packages)


class _Opened:
    """The files that this process opens to read, those that are not there, too, while somebody listens."""

    def __init__(self) -> None:
        self._names: set[str] | None = None
        self._hooked = False

    def listen(self) -> None:
        """Begin anew."""
        self._names = set()
        if not self._hooked:  # a hook stays for ever
            sys.addaudithook(self._hear)
            self._hooked = True

    def heard(self) -> list[Path]:
        """What was opened since, and end. Left out are Python's own files and ours, and what Python has compiled."""
        names, self._names = self._names or set(), None
        found = (os.path.abspath(name) for name in names)  # noqa: PTH100 - links are left as they are
        return [Path(file) for file in found if not file.endswith(".pyc") and _is_theirs(file)]

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and self._names is not None:
            name, _, flags = arguments
            if isinstance(name, str) and not flags & (os.O_WRONLY | os.O_RDWR):
                self._names.add(name)


_OPENED = _Opened()


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
