"""Where two values differ, down to the key, and whether a server that fills in defaults runs what was written."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from vedette.duration import milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["HIDDEN", "differing", "is_secret", "trimmed", "within"]

HIDDEN: Final = "<secret>"
"""What Prometheus and Alertmanager show instead of a secret: https://pkg.go.dev/github.com/prometheus/common/config."""

_SECRET: Final = ("password", "secret", "token", "key", "url", "credentials", "authorization")


def is_secret(path: str) -> bool:
    """Whether what stands under a key may be a secret, and is better not shown."""
    name = path.rpartition(".")[2].lower()
    return not name.endswith("_file") and any(word in name for word in _SECRET)


def differing(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Path, old and new value of whatever differs; what is missing on one side is None there."""
    if is_dataclass(old) and is_dataclass(new) and type(old) is type(new):
        for one in fields(old):
            if one.compare:
                yield from differing(getattr(old, one.name), getattr(new, one.name), _below(path, one.name.strip("_")))
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*old, *new)):
            yield from differing(old.get(key), new.get(key), _below(path, str(key)))
    elif isinstance(old, list | tuple) and isinstance(new, list | tuple) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from differing(one, other, f"{path}[{index}]")
    elif old != new:
        yield path, old, new


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def within(written: Any, running: Any) -> bool:
    """Whether what runs is what was written, with defaults filled in, secrets hidden and paths made absolute.

    A key that only the server has is a default, unless it is a list of things to find, to tell or to send to.
    """
    if is_dataclass(written) and type(written) is type(running):
        return all(
            within(getattr(written, one.name), getattr(running, one.name)) for one in fields(written) if one.compare
        )
    if isinstance(written, dict) and isinstance(running, dict):
        extra = any(_matters(key, value) for key, value in running.items() if key not in written)
        return not extra and all(key in running and within(value, running[key]) for key, value in written.items())
    if isinstance(written, list | tuple) and isinstance(running, list | tuple):
        return len(written) == len(running) and all(map(within, written, running))
    if running == HIDDEN:
        return bool(written)
    if isinstance(written, str) and isinstance(running, str):
        return written == running or _same_path(written, running) or _same_time(written, running)
    return bool(written == running) or _same_number(written, running)


def _matters(key: object, value: object) -> bool:
    return bool(value) and (str(key).endswith("_configs") or key in ("remote_write", "remote_read"))


def _same_path(written: str, running: str) -> bool:
    """A path that was relative to the file."""
    return running.startswith("/") and not written.startswith("/") and running.endswith(f"/{written.lstrip('./')}")


def _same_time(written: str, running: str) -> bool:
    try:
        return milliseconds(written) == milliseconds(running)
    except ValueError:
        return False


def _same_number(written: Any, running: Any) -> bool:
    numbers = isinstance(written, int | float) and isinstance(running, int | float)
    return numbers and math.isclose(written, running)


def trimmed(running: Any, written: Any) -> Any:
    """What runs, without the defaults that the server fills in; as it was written wherever that runs."""
    if within(written, running):
        return written
    if is_dataclass(written) and type(written) is type(running):
        found = {
            one.name: trimmed(getattr(running, one.name), getattr(written, one.name))
            for one in fields(written)
            if one.compare
        }
        return replace(running, **found)  # type: ignore[type-var]
    if isinstance(written, dict) and isinstance(running, dict):
        return {
            key: trimmed(value, written[key]) if key in written else value
            for key, value in running.items()
            if key in written or _matters(key, value)
        }
    if isinstance(written, list | tuple) and isinstance(running, list | tuple) and len(written) == len(running):
        return type(running)(map(trimmed, running, written))
    return running
