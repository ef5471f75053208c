"""A finding a line, as compilers write it: editors and `grep` understand it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vedette.check.report.report import Report

__all__ = ["render"]


def render(report: Report) -> str:
    """``file:line:column: level: subject: message. Fix: what to do  [code]``; a column that is not known is 1."""
    return "".join(
        f"{one.place.file}:{one.place.line}:{one.place.column or 1}: {one.level}: "
        f"{_flat(one.subject)}: {_sentence(one.message)} Fix: {_flat(one.fix)}  [{one.code}]\n"
        for one in report.findings
    )


def _sentence(message: str) -> str:
    flat = _flat(message)
    return flat if flat.endswith(("?", ".")) else f"{flat}."


def _flat(text: str) -> str:
    return " ".join(text.split())
