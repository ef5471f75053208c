"""Templates that fail: whether that is for certain, and how to correct them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vedette.catalog.names import nearest
from vedette.formats.gotemplate.builtins import BUILTINS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vedette.formats.gotemplate import TemplateError

__all__ = ["correction", "fails_always"]

_WHATEVER_IT_IS_GIVEN: Final = (
    "wrong number of args",
    "wrong type for value",
    "can't evaluate field",
    "can't give argument",
    "missing argument",
)


def fails_always(error: TemplateError) -> bool:
    """Whether no other data would have spared this error of a run."""
    return any(words in error.message for words in _WHATEVER_IT_IS_GIVEN)


def correction(message: str, *, functions: Iterable[str], variables: Sequence[str], fields: Sequence[str]) -> str:
    """What to write instead, by the error, and by what a template has there."""
    if (found := re.search(r"function '(.+)' not defined", message)) is not None:
        if f"${found[1]}" in variables:
            return f"write ${found[1]}"
        return f"call a function that exists{nearest(found[1], [*functions, *BUILTINS])}"
    if (found := re.search(r"undefined variable '(.+)'", message)) is not None:
        if not variables:
            return "use a variable that the text itself sets, or a field such as .CommonLabels"
        return f"use one of {', '.join(variables)}{nearest(found[1], variables)}"
    if "unclosed action" in message:
        return "close it with }}"
    if "no {{end}}" in message:
        return "add {{ end }}"
    if (found := re.search(r"can't evaluate field (\S+)", message)) is not None:
        return f"use {', '.join(fields[:-1])} or {fields[-1]}{nearest('.' + found[1], fields)}"
    return "correct the template at that place"
