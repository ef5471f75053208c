"""How findings call an inhibit rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.formats._matchers import render_matchers

if TYPE_CHECKING:
    from vedette.formats.alertmanager import InhibitRule

__all__ = ["title"]


def title(rule: InhibitRule) -> str:
    """Its name, or what it mutes."""
    name = f" {rule.name}" if rule.name else f" of {render_matchers(rule.target_matchers)}"
    return f"inhibit rule{name}"
