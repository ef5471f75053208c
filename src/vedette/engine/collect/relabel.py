"""Relabelling: Prometheus' eleven actions on a label set.

https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from vedette.errors import ConfigError
from vedette.promql.labels import Labels, labels
from vedette.promql.regex import compile_anchored

if TYPE_CHECKING:
    from vedette.formats.prometheus import RelabelConfig

__all__ = ["ACTIONS", "Relabel", "compile_relabel", "expand"]

ACTIONS: Final = (
    "drop",
    "dropequal",
    "hashmod",
    "keep",
    "keepequal",
    "labeldrop",
    "labelkeep",
    "labelmap",
    "lowercase",
    "replace",
    "uppercase",
)

Relabel = Callable[[Labels], Labels | None]
"""All steps of a list: the new label set, or None where it is dropped."""

_Step = Callable[[dict[str, str]], bool]
_NEEDS_TARGET: Final = frozenset({"dropequal", "hashmod", "keepequal", "lowercase", "replace", "uppercase"})
# What Go's Regexp.Expand takes for a reference: the longest run of word characters, or a name in braces
_REFERENCE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})", re.ASCII)


def compile_relabel(steps: Sequence[RelabelConfig]) -> Relabel:
    """Compile a list of relabelling steps.

    Raises:
        ConfigError: an unknown action, a bad regular expression, or a key that the action needs is missing.
    """
    compiled = [_compile(step) for step in steps]
    if not compiled:
        return lambda of: of

    def apply(of: Labels) -> Labels | None:
        pairs = dict(of)
        for step in compiled:
            if not step(pairs):
                return None
        return labels(pairs)

    return apply


def _compile(step: RelabelConfig) -> _Step:
    action = step.action.lower()
    where = f"{step.place}: " if step.place else ""
    if action not in ACTIONS:
        raise ConfigError(f"{where}relabel action {step.action!r} is unknown; actions are {', '.join(ACTIONS)}")
    if action in _NEEDS_TARGET and not step.target_label:
        raise ConfigError(f"{where}relabel action {action} needs target_label")
    if action == "hashmod" and step.modulus <= 0:
        raise ConfigError(f"{where}relabel action hashmod needs a modulus above 0")
    try:
        pattern = compile_anchored(step.regex)
    except ValueError as error:
        raise ConfigError(f"{where}relabel regex {step.regex!r}: {error}") from None

    match = pattern.fullmatch
    sources, separator, target, replacement = step.source_labels, step.separator, step.target_label, step.replacement

    def source(pairs: dict[str, str]) -> str:
        return separator.join([pairs.get(name, "") for name in sources])

    def replace(pairs: dict[str, str]) -> bool:
        found = match(source(pairs))
        if found is not None:
            name = expand(target, found)
            if name:
                pairs[name] = expand(replacement, found)
        return True

    def labelmap(pairs: dict[str, str]) -> bool:
        for name, value in list(pairs.items()):
            found = match(name)
            if found is not None:
                pairs[expand(replacement, found)] = value
        return True

    def labelfilter(pairs: dict[str, str]) -> bool:
        drop = action == "labeldrop"
        for name in [name for name in pairs if (match(name) is not None) == drop]:
            del pairs[name]
        return True

    def assign(value: Callable[[str], str]) -> _Step:
        def run(pairs: dict[str, str]) -> bool:
            pairs[target] = value(source(pairs))
            return True

        return run

    def hashmod(text: str) -> str:
        digest = hashlib.md5(text.encode(), usedforsecurity=False).digest()
        return str(int.from_bytes(digest[8:], "big") % step.modulus)

    actions: dict[str, _Step] = {
        "replace": replace,
        "keep": lambda pairs: match(source(pairs)) is not None,
        "drop": lambda pairs: match(source(pairs)) is None,
        "keepequal": lambda pairs: source(pairs) == pairs.get(target, ""),
        "dropequal": lambda pairs: source(pairs) != pairs.get(target, ""),
        "hashmod": assign(hashmod),
        "labelmap": labelmap,
        "labeldrop": labelfilter,
        "labelkeep": labelfilter,
        "lowercase": assign(str.lower),
        "uppercase": assign(str.upper),
    }
    return actions[action]


def expand(template: str, found: re.Match[str]) -> str:
    """``$1``, ``${name}`` and ``$$`` filled in as Go does: an unknown or unmatched group is empty."""
    if "$" not in template:
        return template

    def value(reference: re.Match[str]) -> str:
        if reference[1]:
            return "$"
        name: str = reference[2] or reference[3]
        group: int | str = int(name) if name.isdigit() else name
        try:
            return found[group] or ""
        except IndexError:
            return ""

    return _REFERENCE.sub(value, template)
