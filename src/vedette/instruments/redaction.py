"""Secrets and personal data in a text: what must not leave the process is replaced by what it was.

`redact` is applied to label values when a series is made, to exemplars, and to what Vedette logs itself. What has no
form by which it can be told (a name, a street, a token that is bare hexadecimal) is not found: keep it out of labels.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vedette.instruments.redaction_rules import Rule

__all__ = ["IP_ADDRESS", "add", "redact", "remove"]

IP_ADDRESS = (
    r"(?<![\w.:])(?:(?:\d{1,3}\.){3}\d{1,3}|(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}"
    r"|(?=[A-Fa-f:]{0,39}\d)[0-9A-Fa-f:]{0,35}::[0-9A-Fa-f:]{0,35})(?![\w:]|\.\d)"
)
"""What `add` may be told where addresses of machines are personal data: ``add("ip", IP_ADDRESS)``."""

_DIGITS = b"0123456789"
# Of what is found: a@b.co; without a mark, --password x; a card; the digits of an account number that has letters.
_SHORTEST, _SHORTEST_UNMARKED, _CARD_DIGITS, _IBAN_DIGITS = 6, 12, 13, 9

_added: dict[str, re.Pattern[str]] = {}


def redact(text: str) -> str:
    """The text without secrets and personal data: each replaced by what it was, such as ``[email]``.

    Found are tokens and keys in the forms of their makers, JSON web tokens, private keys, credentials in addresses and
    headers, the values of names such as ``password`` and ``api_key``, e-mail addresses, the numbers of payment cards
    and bank accounts with a right check digit, and what `add` was told. Doing it again changes nothing.

    Example:
        >>> redact("postgresql://shop:hunter2@db/shop?sslmode=require")
        'postgresql://[credentials]@db/shop?sslmode=require'
        >>> redact("/orders/{id}")
        '/orders/{id}'
    """
    size = len(text)
    if size >= _SHORTEST:
        if size >= _SHORTEST_UNMARKED or ":" in text or "=" in text or "@" in text:
            lowered = text.lower()
            rules, long, hints, few_hints = _loaded()
            found = [place for hint, place in (hints if size >= long else few_hints) if hint in lowered]
            for place in sorted(set(found)):
                text = _pattern(rules[place].pattern).sub(rules[place].replacement, text)
        if size >= _CARD_DIGITS:
            text = _without_numbers(text)
    for name, pattern in tuple(_added.items()):
        text = pattern.sub(f"[{name}]", text)
    return text


def add(name: str, pattern: str) -> None:
    r"""Replace from now on also what a regular expression finds, by ``[name]``. A known name has a new pattern then.

    Series that are there already keep their labels.

    Raises:
        ValueError: the pattern cannot be, or finds something in nothing.

    Example:
        >>> add("customer", r"\bC-\d{8}\b")
        >>> redact("order of C-00417263")
        'order of [customer]'
        >>> remove("customer")
    """
    try:
        compiled = re.compile(pattern)
    except re.error as problem:
        raise ValueError(f"{pattern!r} is not a regular expression: {problem}") from None
    if compiled.search("") is not None or compiled.search(f"[{name}]") is not None:
        raise ValueError(f"{pattern!r} finds something in an empty text or in [{name}]; say what is to be found")
    _added[name] = compiled


def remove(name: str) -> None:
    """Replace no more what `add` was told by this name."""
    _added.pop(name, None)


@cache
def _loaded() -> tuple[tuple[Rule, ...], int, tuple[tuple[str, int], ...], tuple[tuple[str, int], ...]]:
    """The rules; the length from which a text is long; each hint with the place of its rule, and those of short texts.

    Loaded with the first text that may need them: most label values are one word.
    """
    from vedette.instruments.redaction_rules import LONG, RULES  # noqa: PLC0415

    hints = tuple((hint, place) for place, rule in enumerate(RULES) for hint in rule.hints)
    return RULES, LONG, hints, tuple(hint for hint in hints if RULES[hint[1]].shortest < LONG)


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    """Compiled once a text has a hint of it: all of them together cost more than to import this."""
    return re.compile(pattern)


def _without_numbers(text: str) -> str:
    """Without the numbers of payment cards and bank accounts."""
    encoded = text.encode("utf-8", "replace")
    digits = len(encoded) - len(encoded.translate(None, _DIGITS))
    if digits < _IBAN_DIGITS:
        return text
    from vedette.instruments.redaction_rules import CARD, IBAN, card, iban_length  # noqa: PLC0415 - the same

    if digits >= _CARD_DIGITS:
        text = _pattern(CARD).sub(card, text)
    parts, end = [], 0
    for found in _pattern(IBAN).finditer(text):
        if found.start() >= end and (length := iban_length(found[0] + found[1])):
            parts += [text[end : found.start()], "[iban]"]
            end = found.start() + length
    return "".join([*parts, text[end:]]) if parts else text
