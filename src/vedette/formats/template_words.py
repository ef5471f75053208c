"""What an alert's text says before the alert fires: the names of what its template will fill in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["in_words"]

_ACTION: Final = re.compile(r"\{\{-?(.*?)-?\}\}", re.DOTALL)
_CASES: Final = re.compile(r"\{\{-?\s*(?:if|else)\b")
_BLOCK: Final = re.compile(r"\s*(?:(?:range|with)\b|end\s*$)")
_FILLED: Final = re.compile(r"\$labels\.(\w+)|\$value\b|\.Value\b|\|\s*value\b")


def in_words(text: str, name: Callable[[str], str] = "`{}`".format) -> str:
    """A text with ``name("job")`` for ``{{ $labels.job }}`` and ``name("value")`` for ``{{ $value }}``.

    What it says of each result of a query is said once; of cases nobody knows which holds, so ``if`` stays as it is.

    >>> in_words('{{ $labels.job }} has {{ $value | humanize }} left')
    '`job` has `value` left'
    """
    cases = _CASES.search(text) is not None

    def said(action: re.Match[str]) -> str:
        if _BLOCK.match(action[1]):
            return action[0] if cases else ""
        found = None if _CASES.match(action[0]) else _FILLED.search(action[1])
        return action[0] if found is None else name(found[1] or "value")

    return _ACTION.sub(said, text)
