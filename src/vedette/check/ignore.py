"""Comments that suppress findings: ``# vedette: ignore[code] reason`` and ``# vedette: ignore-file[code] reason``.

In Markdown, where ``#`` is a heading, they are written ``<!-- vedette: ignore[code] reason -->``.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vedette.catalog.names import nearest
from vedette.check.finding import Edit, Finding
from vedette.check.registry import OWN, families
from vedette.formats.yaml import quoted_texts
from vedette.place import Place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from vedette.check.sources import Sources

__all__ = ["Suppressed", "suppress"]

# With any spaces, and without the codes, so that what is nearly right is told and not passed over in silence.
_WORDS = r"\s*vedette\s*:\s*(?P<verb>ignore(?:-file)?)\b(?:\s*\[(?P<codes>[^\]\n]*)\])?"
_COMMENT = re.compile(rf"#{_WORDS}(?P<reason>[^\n]*)")
_HIDDEN = re.compile(rf"<!--{_WORDS}(?P<reason>[^\n]*?)-->")
"""The same in Markdown."""
_BOUND = (ast.Call, ast.Assign, ast.AnnAssign, ast.Expr, ast.Return)


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that is not told, and why."""

    finding: Finding
    reason: str


@dataclass(slots=True, eq=False)
class _Comment:
    """One of them, and the lines it counts for."""

    place: Place
    removal: Edit
    """Takes it away with the spaces before it, or with its line where nothing else stands there."""
    codes: tuple[str, ...]
    reason: str
    lines: range | None
    """None for the whole file."""
    used: set[str] = field(default_factory=set)

    def covers(self, finding: Finding) -> bool:
        return (
            bool(self.reason)
            and finding.code in self.codes
            and (self.lines is None or finding.place.line in self.lines)
        )


def suppress(
    findings: Sequence[Finding], files: Collection[str], sources: Sources, ran: Collection[str]
) -> tuple[list[Finding], list[Suppressed]]:
    """What is told, and what a comment in one of ``files`` suppresses.

    A comment that can suppress nothing is a finding itself. ``ran`` are the codes that were looked for: nobody can say
    whether a comment for another one is needed.
    """
    comments = {file: list(_comments(file, sources.text(file) or "")) for file in files}
    told: list[Finding] = []
    suppressed: list[Suppressed] = []
    for finding in findings:
        matching = [comment for comment in comments.get(finding.place.file, ()) if comment.covers(finding)]
        for comment in matching:
            comment.used.add(finding.code)
        if matching:
            suppressed.append(Suppressed(finding, matching[0].reason))
        else:
            told.append(finding)
    told.extend(one for found in comments.values() for comment in found for one in _judged(comment, ran))
    return told, suppressed


def _judged(comment: _Comment, ran: Collection[str]) -> Iterator[Finding]:
    if not comment.codes:
        yield _finding(comment, "it names no check", "write the code in brackets: # vedette: ignore[code] reason")
        return
    if not comment.reason:
        codes = ", ".join(comment.codes)
        yield _finding(comment, "it gives no reason", f"say why: # vedette: ignore[{codes}] why this is right here")
        return
    unknown = [code for code in comment.codes if code not in families() and code not in OWN]
    for code in unknown:
        hint = nearest(code, families()).removeprefix("; ")
        yield _finding(comment, f"there is no check {code!r}", hint or "take its code from the finding")
    idle = [code for code in comment.codes if code in ran and code not in comment.used]
    whole = len(idle) == len(comment.codes)
    for code in idle:
        why = f"{code!r} is not found here any more"
        if whole:
            yield _finding(comment, why, "remove it", comment.removal)
        else:
            yield _finding(comment, why, f"take {code} out of its brackets", part=True)


def _finding(comment: _Comment, why: str, fix: str, edit: Edit | None = None, *, part: bool = False) -> Finding:
    return Finding(
        code="ignore",
        level="warning",
        place=comment.place,
        subject="a comment",
        message=f"{'a part of ' if part else ''}this comment suppresses nothing: {why}",
        fix=fix,
        edit=edit,
    )


def _comments(file: str, text: str) -> Iterator[_Comment]:
    pattern = _HIDDEN if file.endswith(".md") else _COMMENT
    if "vedette" not in text or not pattern.search(text) or file.endswith(".json"):
        return  # the usual case, and JSON has no comments
    lines = text.split("\n")
    python = file.endswith(".py")
    tree = _tree(text) if python else None
    for number, column in _begins(file, text, lines):
        line = lines[number - 1]
        match = pattern.search(line, column)
        if match is None:
            continue
        before, after = line[: match.start()], line[match.end() :]
        alone = not (before + after).strip()
        target = _next(lines, number, match[0][0]) if alone else number
        whole = line + "\n" if alone else line[len(before.rstrip()) : match.end()]
        yield _Comment(
            place=Place(file, number, match.start() + 1),
            removal=Edit(Place(file, number, 1 if alone else len(before.rstrip()) + 1), whole, ""),
            codes=tuple(code.strip() for code in (match["codes"] or "").split(",") if code.strip()),
            reason=match["reason"].strip(" \t:-"),
            lines=None
            if match["verb"] == "ignore-file"
            else range(target, (_last(tree, target) if python else _end(lines, target)) + 1),
        )


def _begins(file: str, text: str, lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Line and offset of each."""
    if file.endswith(".py"):
        yield from _python(text)
    elif file.endswith(".md"):
        found = ((number, _HIDDEN.search(line)) for number, line in enumerate(lines, 1))
        yield from ((number, match.start()) for number, match in found if match is not None)
    else:
        yield from _yaml(text, lines)


def _yaml(text: str, lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """At ``#`` after a space or alone, and not in quotes. A query in a block has the same comments."""
    quoted = quoted_texts(text)
    start = 0
    for number, line in enumerate(lines, 1):
        match = _COMMENT.search(line)
        if (
            match is not None
            and (match.start() == 0 or line[match.start() - 1].isspace())
            and not any(start + match.start() in span for span in quoted)
        ):
            yield number, match.start()
        start += len(line) + 1


def _python(text: str) -> Iterator[tuple[int, int]]:
    """Where the comments of a module begin: what looks like one within a text is none."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start
    except (tokenize.TokenError, SyntaxError):
        return


def _tree(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None


def _next(lines: Sequence[str], number: int, passed: str) -> int:
    """The line that a comment on a line of its own is about: the next one that says something."""
    for later, line in enumerate(lines[number:], number + 1):
        if line.strip() and not line.lstrip().startswith(passed):
            return later
    return number


def _last(tree: ast.Module | None, line: int) -> int:
    """The last line of the declaration that begins in this one."""
    if tree is None:
        return line
    ends: Iterable[int] = (
        node.end_lineno or line for node in ast.walk(tree) if isinstance(node, _BOUND) and node.lineno == line
    )
    return max(ends, default=line)


def _end(lines: Sequence[str], number: int) -> int:
    """The last line of what stands indented below this one."""
    indent = _indent(lines[number - 1])
    last = number
    for later, line in enumerate(lines[number:], number + 1):
        if line.strip():
            if _indent(line) <= indent:
                break
            last = later
    return last


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
