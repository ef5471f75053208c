"""The labels and annotations of an alert, with what their templates use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from vedette.formats.gotemplate import TemplateError
from vedette.formats.template_uses import TemplateUses, template_uses

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vedette.check.facts import Alert, Text
    from vedette.place import Place

__all__ = ["Written", "all_texts", "annotation_texts", "label_texts", "place_of", "prose"]

_PROSE = ("summary", "description", "message", "title")


@dataclass(frozen=True, slots=True)
class Written:
    """One label or annotation that is a template or plain text."""

    kind: str
    """``label`` or ``annotation``."""
    name: str
    text: Text
    uses: TemplateUses

    def __str__(self) -> str:
        return f"the {self.kind} {self.name!r}"


_READ: WeakKeyDictionary[Alert, tuple[Written, ...]] = WeakKeyDictionary()
"""Many checks go over every text; each is read once."""


def label_texts(alert: Alert) -> Iterator[Written]:
    """The labels that can be read."""
    return (one for one in all_texts(alert) if one.kind == "label")


def annotation_texts(alert: Alert) -> Iterator[Written]:
    """The annotations that can be read."""
    return (one for one in all_texts(alert) if one.kind == "annotation")


def all_texts(alert: Alert) -> tuple[Written, ...]:
    """Labels, then annotations."""
    found = _READ.get(alert)
    if found is None:
        texts = (*_readable("label", alert.labels.items()), *_readable("annotation", alert.annotations.items()))
        found = _READ[alert] = texts
    return found


def _readable(kind: str, items: Iterable[tuple[str, Text]]) -> Iterator[Written]:
    for name, text in items:
        try:
            uses = template_uses(text.value)
        except TemplateError:
            continue  # `template-syntax` tells
        yield Written(kind, name, text, uses)


def prose(alert: Alert) -> str:
    """What people read when it fires, templates included."""
    return "\n".join(alert.annotations[name].value for name in _PROSE if name in alert.annotations)


def place_of(alert: Alert, key: str) -> Place:
    """Where a key of it stands, or the alert itself."""
    return alert.places.get(key, alert.place)
