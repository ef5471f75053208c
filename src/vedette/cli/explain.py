"""``vedette check --explain CODE`` and ``--list``: what there is to read about the checks."""

from __future__ import annotations

import sys
from itertools import groupby

from vedette.check.page import page, printed
from vedette.check.registry import OWN, checks, families, find, story

__all__ = ["explain_check", "list_checks"]


def explain_check(code: str) -> None:
    """Print the page of a check.

    Raises:
        ConfigError: there is none of that code.
    """
    if code in OWN and code not in families():
        text = f"# {code}\n\n{story(code)}\n"
    else:
        check = find(code)
        text = page(check, printed(check))
    if not sys.stdout.isatty():
        sys.stdout.write(text)
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal wants it
    from rich.markdown import Markdown  # noqa: PLC0415

    Console().print(Markdown(text))


def list_checks() -> None:
    """Print every check: its code, its level, what it finds."""
    everything = sorted(checks(), key=lambda check: (check.about, check.code))
    wide = max((len(check.code) for check in everything), default=0)
    for about, family in groupby(everything, key=lambda check: check.about):
        sys.stdout.write(f"{about}\n")
        for check in family:
            off = "" if check.on else " (off unless asked for)"
            headline = story(check.code).partition("\n")[0]
            sys.stdout.write(f"  {check.code:{wide}}  {check.level:7}  {headline}{off}\n")
