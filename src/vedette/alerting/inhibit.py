"""Inhibition: which alerts are muted because another one fires. Exact, and indexed by the ``equal`` labels.

Every source of an equal set is kept, each with its own end, so that one of two sources resolving never lifts the
muting by the other. A source that is also a target of the rule does not mute alerts that are also sources
(Alertmanager: so that an alert does not mute itself or its like).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vedette.promql.labels import Labels, Matcher, get

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vedette.alerting.delivery import AlertRecord
    from vedette.formats.alertmanager import InhibitRule

__all__ = ["Inhibitor"]


@dataclass(slots=True)
class _Sources:
    """Fingerprint → end, of the sources that share one equal set."""

    one_sided: dict[str, int] = field(default_factory=dict)
    two_sided: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Index:
    rule: InhibitRule
    sources: dict[tuple[str, ...], _Sources] = field(default_factory=dict)

    def equal_set(self, labels: Labels) -> tuple[str, ...]:
        return tuple(get(labels, name) for name in self.rule.equal)


class Inhibitor:
    """The rules and the sources known to them."""

    def __init__(self, rules: Sequence[InhibitRule]) -> None:
        self._indexes = [_Index(rule) for rule in rules]

    def update(self, alert: AlertRecord) -> None:
        """An alert came or changed."""
        for index in self._indexes:
            if not _match(index.rule.source_matchers, alert.labels):
                continue
            sources = index.sources.setdefault(index.equal_set(alert.labels), _Sources())
            two_sided = _match(index.rule.target_matchers, alert.labels)
            (sources.two_sided if two_sided else sources.one_sided)[alert.fingerprint] = alert.ends_at

    def forget(self, alert: AlertRecord) -> None:
        """An alert is no longer kept."""
        for index in self._indexes:
            key = index.equal_set(alert.labels)
            sources = index.sources.get(key)
            if sources is None:
                continue
            sources.one_sided.pop(alert.fingerprint, None)
            sources.two_sided.pop(alert.fingerprint, None)
            if not sources.one_sided and not sources.two_sided:
                del index.sources[key]

    def muted_by(self, labels: Labels, now: int) -> str:
        """Fingerprint of a firing alert that mutes these labels, or the empty string."""
        for index in self._indexes:
            if not _match(index.rule.target_matchers, labels):
                continue
            sources = index.sources.get(index.equal_set(labels))
            if sources is None:
                continue
            pools = [sources.one_sided]
            if not _match(index.rule.source_matchers, labels):
                pools.append(sources.two_sided)
            for pool in pools:
                for fingerprint, ends_at in pool.items():
                    if ends_at > now:
                        return fingerprint
        return ""


def _match(matchers: Sequence[Matcher], labels: Labels) -> bool:
    return all(matcher.matches(get(labels, matcher.name)) for matcher in matchers)
