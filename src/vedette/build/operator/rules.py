"""The rules: a PrometheusRule for each rule file, or several of one that is larger than the operator takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from vedette.build.refusal import RefusalError
from vedette.formats import rules as rules_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.build.operator.objects import Names
    from vedette.build.plan import Plan

__all__ = ["rules"]

LARGEST: Final = 500_000
"""Bytes. The operator refuses a file of more than half of what a ConfigMap holds, 524,288, and writes it its own way.

https://github.com/prometheus-operator/prometheus-operator/blob/main/pkg/operator/rules.go
"""


def rules(plan: Plan, built: dict[str, rules_file.RuleFile], names: Names) -> Iterator[dict[str, Any]]:
    """The objects, pack by pack.

    Raises:
        RefusalError: one group alone is too large.
    """
    for pack, file in built.items():
        parts = _parts(plan, pack, file)
        for number, part in enumerate(parts, 1):
            name = names.of(pack if len(parts) == 1 else f"{pack}-{number}")
            yield names.object(
                "PrometheusRule",
                name,
                version="monitoring.coreos.com/v1",
                spec=rules_file.keys(rules_file.RuleFile(groups=tuple(part))),
            )


def _parts(plan: Plan, pack: str, file: rules_file.RuleFile) -> list[list[rules_file.RuleGroup]]:
    """Its groups in order, as many in one as fit."""
    parts: list[list[rules_file.RuleGroup]] = []
    room = 0
    for group in file.groups:
        size = len(rules_file.write(rules_file.RuleFile(groups=(group,))).encode())
        if size > LARGEST:
            raise RefusalError(
                group.place or plan.stack.place,
                f"pack {pack!r}",
                f" has the group {group.name!r} of {size:,} bytes of rules, of which the operator takes {LARGEST:,}",
                "make two packs of it",
            )
        if size > room:
            parts.append([])
            room = LARGEST
        parts[-1].append(group)
        room -= size
    return parts
