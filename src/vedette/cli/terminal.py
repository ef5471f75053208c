"""What the commands say to people: one line at a time, in colour only where somebody looks at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["Terminal"]


class Terminal:
    """Lines on standard output. They are never wrapped, so that a pipe or a log gets them whole."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)

    def doing(self, what: str) -> None:
        """Something begins that takes a moment."""
        self._line(Text(f"· {what}", "dim"))

    def ending(self, what: str) -> None:
        """The end begins, on a line of its own below the ^C that a terminal shows."""
        if self._console.is_terminal:
            self._console.print()
        self.doing(what)

    def done(self, what: str) -> None:
        """It worked."""
        self._line(Text.assemble(("✓ ", "green"), what))

    def warn(self, what: str) -> None:
        """Something is not as it should be, and everything else goes on."""
        self._line(Text.assemble(("! ", "yellow"), what))

    def heading(self, what: str, aside: str) -> None:
        """What matters most, with empty lines around it."""
        self._line(Text.assemble("\n  ", (what, "bold"), ("   " + aside, "dim"), "\n"))

    def quote(self, name: str, line: str) -> None:
        """What another program printed; its own colours stay where there are colours."""
        self._line(Text.assemble((f"{name:>8} │ ", "dim"), Text.from_ansi(line)))

    def text(self, what: Text | str) -> None:
        """Lines as they are."""
        self._console.print(what, soft_wrap=True)

    def show(self, what: RenderableType) -> None:
        """A table."""
        self._console.print(what)

    def trimmed(self, what: RenderableType) -> None:
        """A table, without the blanks that fill its lines up where nobody looks at it."""
        with self._console.capture() as captured:
            self._console.print(what)
        text = captured.get()
        lines = text if self._console.is_terminal else "\n".join(line.rstrip() for line in text.split("\n"))
        self._console.file.write(lines)

    def _line(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)
