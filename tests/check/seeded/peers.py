"""The same mistakes given to promtool and amtool: how many of them they tell."""

from __future__ import annotations

import subprocess
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.check.seeded import declarations, files
from tests.check.seeded.mistakes import known
from tests.real import binary

from vedette.build import build
from vedette.build.plan import plan
from vedette.build.prometheus import rule_files
from vedette.errors import VedetteError
from vedette.formats import rules

if TYPE_CHECKING:
    from pathlib import Path

    from vedette.catalog import Pack, Stack


def promtool(stack: Stack, folder: Path) -> Counter[str]:
    """How many mistakes in the packs promtool tells, by operator."""
    tool = binary("promtool", "3.5")
    packs = list({pack.name: pack for service in stack.services for pack in service.pack_list()}.values())
    of = known(packs)
    told: Counter[str] = Counter()
    for pack in packs:
        for mistake in declarations.mistakes(pack, of):
            text = _rules(stack, pack, mistake.pack)
            if text is None:
                continue
            path = folder / "rules.yml"
            path.write_text(text)
            done = subprocess.run([tool, "check", "rules", path], capture_output=True, check=False)
            told[mistake.operator] += done.returncode != 0
    return told


def _rules(stack: Stack, pack: Pack, other: Pack) -> str | None:
    """The rule file of a pack as it would be written by hand, the mistake in it."""
    services = [
        replace(service, packs=[other if one == pack else one for one in service.pack_list()])
        for service in stack.services
    ]
    wrong = replace(stack, services=services, environments=[])
    try:
        found = rule_files(plan(wrong, wrong.environment("local"), lenient=True))
    except VedetteError:
        return None
    file = found.get(pack.name)
    return None if file is None else rules.write(file)


def amtool(stack: Stack, folder: Path) -> Counter[str]:
    """How many mistakes in the routes amtool tells, by operator."""
    tool = binary("amtool", "0.33")
    built = {path: text for path, text in build(stack, "local").items() if path.endswith((".yml", ".json"))}
    told: Counter[str] = Counter()
    for mistake in files.mistakes(built):
        if mistake.path != files.ALERTMANAGER:
            continue
        path = folder / "alertmanager.yml"
        path.write_text(mistake.files[mistake.path])
        done = subprocess.run([tool, "check-config", path], capture_output=True, check=False)
        told[mistake.operator] += done.returncode != 0
    return told
