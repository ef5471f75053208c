"""What people are told, in a pipe and on a terminal."""

from __future__ import annotations

import os
import pty
import sys
from typing import TYPE_CHECKING

import pytest
from rich.table import Table

from vedette.cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable

WHOLE = "a line of a service that is much longer than any terminal is wide " * 5

SAID: list[tuple[str, Callable[[Terminal], None], str]] = [
    ("doing", lambda terminal: terminal.doing("building …"), "· building …\n"),
    ("done", lambda terminal: terminal.done("built"), "✓ built\n"),
    ("warn", lambda terminal: terminal.warn(WHOLE), f"! {WHOLE}\n"),
    ("ending", lambda terminal: terminal.ending("stopping …"), "· stopping …\n"),
    ("heading", lambda terminal: terminal.heading("http://x", "Ctrl-C"), "\n  http://x   Ctrl-C\n\n"),
    ("quote", lambda terminal: terminal.quote("shop", WHOLE), f"    shop │ {WHOLE}\n"),
    (
        "brackets",
        lambda terminal: terminal.quote("shop", "[/b] [red]x[/red] :smile:"),
        "    shop │ [/b] [red]x[/red] :smile:\n",
    ),
    ("colours", lambda terminal: terminal.quote("shop", "\x1b[31mred\x1b[0m"), "    shop │ red\n"),
]


@pytest.mark.parametrize(("say", "line"), [entry[1:] for entry in SAID], ids=[entry[0] for entry in SAID])
def test_a_pipe_gets_whole_lines_without_colours_and_as_they_were_said(
    say: Callable[[Terminal], None], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    say(Terminal())
    assert capsys.readouterr().out == line


def test_a_table_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("files")
    table.add_row("12")
    Terminal().show(table)
    assert "12" in capsys.readouterr().out


def test_a_terminal_gets_colours_and_the_end_begins_below_its_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    main, side = pty.openpty()
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    with os.fdopen(side, "w") as screen:
        monkeypatch.setattr(sys, "stdout", screen)
        terminal = Terminal()
        terminal.done("built")
        terminal.ending("stopping …")
        screen.flush()
        raw = b""
        while "stopping …".encode() not in raw:  # the kernel hands it on in pieces
            raw += os.read(main, 4096)
        shown = raw.decode(errors="replace")
    os.close(main)
    assert "\x1b[32m✓ \x1b[0mbuilt" in shown
    assert "built\r\n\r\n" in shown
