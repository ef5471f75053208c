"""Findings that were there before: a file says which, why they may stay and until when."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vedette.check.finding import Finding
from vedette.check.ignore import Suppressed
from vedette.check.registry import OWN
from vedette.place import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from vedette.formats.json_value import JsonObject

__all__ = ["FILE", "Baseline", "Entry", "excuse", "fingerprint", "parse", "renamed", "render", "renewed"]

FILE = "vedette-baseline.json"
"""Where it is unless somebody says otherwise: beside pyproject.toml."""

VERSION = 1

# Lines move; what a message says of other lines must not make it another one.
_LINE = re.compile(r"\b(line |\.(?:py|ya?ml|json|md):)\d+(?::\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What may stay. It names no line, so that it holds while a file is edited elsewhere."""

    code: str
    file: str
    subject: str
    message: str
    """The fingerprint of the message."""
    reason: str
    expires: dt.date
    """The last day on which it excuses."""
    count: int = 1
    """How many findings it is for: they may say the same of several places."""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What a finding must have, too."""
        return (self.code, self.file, self.subject, self.message)


@dataclass(frozen=True, slots=True)
class Baseline:
    """The file. ``lines`` tells where each entry stands."""

    name: str
    entries: tuple[Entry, ...] = ()
    lines: tuple[int, ...] = ()


def fingerprint(finding: Finding) -> str:
    """A few characters that stay the same while the message does, wherever the finding moves."""
    return hashlib.sha256(_LINE.sub(r"\g<1>0", finding.message).encode()).hexdigest()[:12]


def excuse(
    findings: Sequence[Finding],
    baseline: Baseline,
    today: dt.date,
    ran: Collection[str],
    looked_at: Callable[[str], bool],
) -> tuple[list[Finding], list[Suppressed]]:
    """What is told, and what the baseline excuses today.

    An entry that has expired excuses nothing, and the finding says so. One that matches nothing is a finding itself, if
    its code was looked for (``ran``) in its file.
    """
    entries = {entry.key: entry for entry in baseline.entries}
    left = Counter({entry.key: entry.count for entry in baseline.entries})
    told: list[Finding] = []
    excused: list[Suppressed] = []
    for finding in findings:
        key = _key(finding)
        entry = entries.get(key)
        if entry is None or not left[key]:
            told.append(finding)
            continue
        left[key] -= 1
        if entry.expires < today:
            until = f"{finding.message}; the baseline excused it until {entry.expires} ({entry.reason})"
            told.append(replace(finding, message=until))
        else:
            excused.append(Suppressed(finding, entry.reason))
    for entry, line in zip(baseline.entries, baseline.lines, strict=True):
        over = left[entry.key]
        if over and entry.code in ran and looked_at(entry.file):
            told.append(_stale(entry, over, Place(baseline.name, line)))
    return told, excused


def _stale(entry: Entry, over: int, place: Place) -> Finding:
    found = "nothing" if over == entry.count else f"only {entry.count - over}"
    return Finding(
        code="baseline",
        level="note",
        place=place,
        subject=entry.subject,
        message=f"the baseline excuses {entry.count} {entry.code!r} of {entry.subject} in {entry.file}, "
        f"and {found} is found",
        fix="remove the entry, or write the baseline anew with --write-baseline",
    )


def renewed(
    findings: Iterable[Finding], before: Baseline, today: dt.date, *, reason: str, expires: dt.date
) -> Baseline:
    """A baseline for all of these. What the one before excuses still keeps its reason and its day."""
    valid = {entry.key: entry for entry in before.entries if entry.expires >= today}
    counts = Counter(_key(finding) for finding in findings if finding.code not in OWN)
    entries = []
    for key, count in sorted(counts.items()):
        old = valid.get(key)
        code, file, subject, message = key
        entries.append(
            Entry(
                code=code,
                file=file,
                subject=subject,
                message=message,
                reason=old.reason if old else reason,
                expires=old.expires if old else expires,
                count=count,
            )
        )
    return Baseline(before.name, tuple(entries), (0,) * len(entries))


def renamed(baseline: Baseline, name: Callable[[str], str]) -> Baseline:
    """The same with its files called otherwise: the file names them from where it is, a run from where it runs."""
    return replace(baseline, entries=tuple(replace(entry, file=name(entry.file)) for entry in baseline.entries))


def _key(finding: Finding) -> tuple[str, str, str, str]:
    return (finding.code, finding.place.file, finding.subject, fingerprint(finding))


def render(baseline: Baseline) -> str:
    """The file: an entry a line, so that a diff shows what came and went."""
    lines = [json.dumps(_plain(entry), ensure_ascii=False) for entry in baseline.entries]
    inner = "\n    " + ",\n    ".join(lines) + "\n  " if lines else ""
    return f'{{\n  "version": {VERSION},\n  "findings": [{inner}]\n}}\n'


def _plain(entry: Entry) -> dict[str, str | int]:
    plain: dict[str, str | int] = {
        "code": entry.code,
        "file": entry.file,
        "subject": entry.subject,
        "message": entry.message,
        "reason": entry.reason,
        "expires": entry.expires.isoformat(),
    }
    return plain if entry.count == 1 else {**plain, "count": entry.count}


def parse(text: str, name: str) -> Baseline:
    """Read it.

    Raises:
        ConfigError: it is no JSON, or has an entry that is not complete.
    """
    from vedette.formats.json_value import parse as parse_json  # noqa: PLC0415 - most projects have no baseline

    document = parse_json(text, name)
    if document.whole("version") != VERSION:
        raise document.error("version", f"is not {VERSION}, which this Vedette reads; write the baseline anew")
    entries = tuple(_entry(value) for value in document.objects("findings"))
    document.refuse_rest()
    return Baseline(name, entries, _lines(text, entries))


def _entry(value: JsonObject) -> Entry:
    value.needed("code", "file", "subject", "message", "reason", "expires")
    try:
        expires = dt.date.fromisoformat(value.text("expires"))
    except ValueError:
        raise value.error("expires", f"is {value.text('expires')!r}; write a day such as 2027-01-31") from None
    entry = Entry(
        code=value.text("code"),
        file=value.text("file"),
        subject=value.text("subject"),
        message=value.text("message"),
        reason=value.text("reason").strip(),
        expires=expires,
        count=value.whole("count", 1),
    )
    if not entry.reason:
        raise value.error("reason", "is empty; say why this may stay")
    value.refuse_rest()
    return entry


def _lines(text: str, entries: Iterable[Entry]) -> tuple[int, ...]:
    """The line of each entry: where its fingerprint stands, in the order of the entries."""
    found: list[int] = []
    start = 0
    for entry in entries:
        start = max(text.find(f'"{entry.message}"', start), start)
        found.append(text.count("\n", 0, start) + 1)
        start += 1
    return tuple(found)
