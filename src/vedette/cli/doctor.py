"""``vedette doctor``: what works in this installation and environment. It needs the standard library alone."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
import sysconfig
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Finding", "doctor", "findings"]

State = Literal["good", "note", "bad"]
_SIGNS: dict[State, str] = {"good": "✓", "note": "!", "bad": "✗"}
# More than all packs of a large service take.
_ENOUGH = 16 * 1024 * 1024


class Finding(NamedTuple):
    """One thing that was looked at. ``fix`` says what to do; empty where there is nothing to do."""

    what: str
    state: State
    found: str
    fix: str = ""


def doctor(*, as_json: bool, everything: bool = False) -> int:
    """Print what was found; 1 where something does not work.

    Args:
        as_json: print it for programs.
        everything: tell each library that could be instrumented and is not installed in a line of its own.
    """
    found = list(findings(everything=everything))
    if as_json:
        sys.stdout.write(json.dumps([one._asdict() for one in found], ensure_ascii=False) + "\n")
    else:
        wide = max(len(one.what) for one in found)
        for one in found:
            sys.stdout.write(f"{_SIGNS[one.state]} {one.what:{wide}}  {one.found}\n")
            if one.fix:
                sys.stdout.write(f"  {'':{wide}}  → {one.fix}\n")
    return int(any(one.state == "bad" for one in found))


def findings(*, everything: bool = False) -> Iterator[Finding]:
    """Everything that is looked at."""
    yield _python()
    yield _metrics()
    yield _sharing()
    yield from _extras()
    yield from _libraries(everything=everything)


def _python() -> Finding:
    free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    name = f"{platform.python_implementation()} {platform.python_version()}{' free-threaded' if free_threaded else ''}"
    return Finding("Python", "good", f"{name}, Vedette {version('vedette')}")


def _metrics() -> Finding:
    from vedette.instruments.metrics import core  # noqa: PLC0415 - each command loads only what it needs

    if core.IN_C:
        return Finding("metrics", "good", "in C")
    if os.environ.get("VEDETTE_CORE"):
        return Finding("metrics", "note", f"in Python, because {core.WHY_NOT}", "unset VEDETTE_CORE")
    return Finding(
        "metrics",
        "note",
        f"in Python, some twenty times slower, because {core.WHY_NOT}",
        "install a C compiler and the headers of this Python, then: "
        "pip install --force-reinstall --no-deps --no-binary vedette vedette",
    )


def _sharing() -> Finding:
    from vedette.instruments.metrics import shared  # noqa: PLC0415 - see _metrics

    setting = os.environ.get("VEDETTE_SHARED", "")
    if shared.is_off(setting):
        return Finding("processes", "note", f"each has its own metrics, because VEDETTE_SHARED is {setting!r}")
    try:
        path = Path(shared.segment_path(setting))
        free = shutil.disk_usage(path.parent).free
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise PermissionError(13, "it cannot be written", str(path.parent))
    except OSError as problem:
        return Finding(
            "processes",
            "bad",
            f"each has its own metrics: {problem.filename or setting}: {problem.strerror or problem}",
            "set VEDETTE_SHARED to a file that all processes of the service may write",
        )
    named = setting and not Path(setting).is_dir()
    where = f"those of a service share their metrics in {path if named else path.parent}"
    if free < _ENOUGH:
        return Finding(
            "processes", "bad", f"{where}, where {free // 1024:,} KiB are free", "make room there, 16 MiB at least"
        )
    return Finding("processes", "good", where)


def _extras() -> Iterator[Finding]:
    """The extras, and what is missing of those that are there in part."""
    wanted: dict[str, list[str]] = {}
    for requirement in requires("vedette") or ():
        package, _, marker = requirement.partition(";")
        _, found, extra = marker.partition("extra == ")
        if found and "sys_platform" not in marker:
            name = package.split(">")[0].split("[")[0].strip()
            wanted.setdefault(extra.strip(" \"'"), []).append(name)
    for extra in ("server",):
        missing = [name for name in wanted.get(extra, []) if not _is_installed(name)]
        if not missing:
            yield Finding(f"[{extra}]", "good", "installed: vedette up and vedette build work here")
        elif len(missing) == len(wanted[extra]):
            yield Finding(
                f"[{extra}]",
                "note",
                "not installed, and not needed in an application",
                f"pip install 'vedette[{extra}]'",
            )
        else:
            yield Finding(f"[{extra}]", "bad", f"lacks {', '.join(missing)}", f"pip install 'vedette[{extra}]'")


def _libraries(*, everything: bool) -> Iterator[Finding]:
    """What ``vedette.instrument`` would find of the libraries that it knows, in an application that imports them."""
    from vedette.integrations.attached import too_old  # noqa: PLC0415 - see _metrics
    from vedette.integrations.libraries import LIBRARIES  # noqa: PLC0415

    absent = []
    for library in sorted(LIBRARIES.values()):
        if library.package == "Python":  # a part of the standard library is no package, and is always there
            yield Finding(f"{library.name} of Python", "good", "will be instrumented")
            continue
        found = _version_of(library.package)
        if found is None:
            absent.append(library)
            continue
        name, why = f"{library.package} {found}", too_old(library, found)
        if why:
            fix = f"pip install --upgrade '{library.package}>={'.'.join(map(str, library.oldest))}'"
            yield Finding(name, "note", f"found, not instrumented, because {why}", fix)
        else:
            yield Finding(name, "good", "will be instrumented")
    if everything:
        yield from (Finding(library.package, "note", "not installed") for library in absent)
    elif absent:
        names = ", ".join(library.package for library in absent)
        yield Finding("libraries", "good", f"not installed, and so not looked for: {names}")


def _is_installed(name: str) -> bool:
    return _version_of(name) is not None


def _version_of(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
