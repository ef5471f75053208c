"""A reference to a secret. The value itself is never read here and never stands in a built file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vedette.catalog.names import fail
from vedette.place import Place, caller

__all__ = ["Secret", "env"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret by the name of the environment variable that holds it.

    In built files it is a path, ``<secrets folder>/<name>``, which ``vedette up`` fills from the environment and
    a deployment fills from its secret store.

    Raises:
        DeclarationError: the name is not that of an environment variable.
    """

    name: str
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or _NAME.fullmatch(self.name) is None:
            raise fail(
                self.place,
                f"env({self.name!r}) does not name an environment variable; write letters, digits and underscores, "
                "for example env('SLACK_WEBHOOK'), never the secret itself",
            )


def env(name: str) -> Secret:
    """The secret held by the environment variable ``name``.

    Example:
        >>> env("SLACK_WEBHOOK")
        Secret(name='SLACK_WEBHOOK')
    """
    return Secret(name)
