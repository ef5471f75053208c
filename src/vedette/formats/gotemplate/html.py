"""Escaping of values in HTML output: text and attributes, and links that must not run scripts.

Values inside ``<script>`` and ``<style>`` are escaped as text only; no template of ours puts any there.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from vedette.formats.gotemplate.values import SafeHtml

__all__ = ["HtmlWriter"]

# html/template escapes `+` too, against UTF-7 guessing in old browsers
_TEXT = str.maketrans(
    {"\0": "\ufffd", '"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;", "+": "&#43;"}
)
_URL_ATTRIBUTE = re.compile(
    r"""(?:^|\s)(?:href|src|action|formaction|cite|background|poster)\s*=\s*(?:"([^"]*)|'([^']*))$""", re.IGNORECASE
)
_SAFE_SCHEMES = frozenset(("http", "https", "mailto"))


class HtmlWriter:
    """Collects output and knows where in it the next value stands."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._tag = ""
        """What stands since the tag was opened; empty outside tags."""

    def literal(self, text: str) -> None:
        """Append markup as it is."""
        self.parts.append(text)
        opened, closed = text.rfind("<"), text.rfind(">")
        if opened > closed:
            self._tag = text[opened:]
        elif closed >= 0:
            self._tag = ""
        elif self._tag:
            self._tag += text

    def value(self, text: str) -> None:
        """Append a value, escaped for its place."""
        attribute = _URL_ATTRIBUTE.search(self._tag) if self._tag else None
        if attribute is not None:
            text = _link(text, attribute[1] or attribute[2] or "")
        shown = text if isinstance(text, SafeHtml) and not self._tag else text.translate(_TEXT)
        self.parts.append(shown)
        if self._tag:
            self._tag += shown


def _link(value: str, before: str) -> str:
    if "?" in before or "#" in before:
        return quote(value, safe="")
    if not before:
        scheme, colon, _ = value.partition(":")
        if colon and "/" not in scheme and scheme.strip().lower() not in _SAFE_SCHEMES:
            return "#ZgotmplZ"
    return quote(value, safe="!#$%&*+,/:;=?@[]~")
