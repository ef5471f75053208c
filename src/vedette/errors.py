"""The exceptions a user of Vedette may catch. A message says what was found, where, what was expected and the fix."""

from __future__ import annotations

__all__ = ["ConfigError", "DeclarationError", "VedetteError"]


class VedetteError(Exception):
    """Anything Vedette raises on purpose."""


class DeclarationError(VedetteError, ValueError):
    """A metric, pack or stack is declared in a way that cannot work; raised where it is declared or built."""


class ConfigError(VedetteError, ValueError):
    """A file says something that cannot be; the message begins with ``file:line:`` where those are known."""
