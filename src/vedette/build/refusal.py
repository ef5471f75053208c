"""What cannot be built: the first of it ends a build, a check wants all of it and goes on without the broken pieces."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vedette.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.place import Place

__all__ = ["RefusalError", "Refusals"]


class RefusalError(DeclarationError):
    """A piece of a stack that cannot be built, and why."""

    def __init__(
        self, place: Place, owner: str, what: str, fix: str = "", *, code: str = "cannot-be-built", shown: str = ""
    ) -> None:
        """``code`` is the one of the finding that a check makes of it; ``shown`` stands below the message."""
        super().__init__(f"{place}: {owner}{what}{f'; {fix}' if fix else ''}{shown}")
        self.place = place
        self.owner = owner
        self.what = what
        self.fix = fix
        self.code = code


@dataclass(frozen=True, slots=True)
class Refusals:
    """Lets the first through as an exception; ``lenient``, it keeps all."""

    lenient: bool = False
    found: list[RefusalError] = field(default_factory=list)

    @contextmanager
    def piece(self) -> Iterator[None]:
        """Around what makes one piece: where it cannot be made, it is left out."""
        try:
            yield
        except RefusalError as refusal:
            if not self.lenient:
                raise
            self.found.append(refusal)
