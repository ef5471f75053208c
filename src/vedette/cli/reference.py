"""``vedette reference``: everything that a stack declares, as Markdown pages to read."""

from __future__ import annotations

from pathlib import Path

from vedette.build import write
from vedette.build.project import find
from vedette.build.stack import owned
from vedette.check.reference import reference as pages_of
from vedette.cli.build import choose
from vedette.cli.terminal import Terminal
from vedette.errors import ConfigError

__all__ = ["reference"]


def reference(folder: Path, stack: str | None, environment: str | None, *, pictures: bool, check: bool) -> None:
    """Write the pages, or say which of them are stale.

    Raises:
        ConfigError: the stack cannot be found, the folder not be written, or ``check`` finds a page that is stale.
        DeclarationError: something declared cannot be built.
    """
    choice = choose(find(Path.cwd()), stack, environment)
    if pictures:
        from vedette.cli.preview import preview  # noqa: PLC0415 - only pictures need the engine and a browser

        preview(stack, environment, port=0, pictures=folder / "pictures", open_page=False)
    there = {path.relative_to(folder).as_posix() for path in folder.glob("pictures/*.png")}
    pages = pages_of(choice.stack, choice.environment, there)
    terminal = Terminal()
    if check:
        stale = [path for path, text in pages.items() if _held(folder / path) != text]
        stale += sorted(owned(folder) - set(pages))
        if stale:
            more = f" and {len(stale) - 3} more" if len(stale) > 3 else ""
            raise ConfigError(
                f"{folder}: stale are {', '.join(stale[:3])}{more}; write them again: vedette reference {folder}"
            )
        terminal.done(f"{folder}: all {len(pages)} pages are as the stack says")
        return
    changed = write(pages, folder)
    terminal.done(f"{folder}: {len(changed)} of {len(pages)} pages changed; begin with {folder / 'index.md'}")


def _held(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None
