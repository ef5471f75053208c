"""What a Markdown text is made of, as far as the checks of runbooks look at it: headings, code, links, words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

__all__ = ["Block", "Heading", "Markdown", "Piece", "read", "slug"]

_FENCE: Final = re.compile(r"^[ \t>]*(?:(?:\d+[.)]|[-*+])[ \t]+)*(```+|~~~+)[ \t]*([\w+-]*)")
_HEADING: Final = re.compile(r"^(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_CODE: Final = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_LINK: Final = re.compile(r"\]\(\s*<?([^()<>\s]*(?:\([^()\s]*\)[^()<>\s]*)*)>?(?:\s+[\"'(][^)]*)?\)")
_REFERENCE: Final = re.compile(r"^ {0,3}\[[^\]^]+\]:\s*<?([^\s>]+)")
_ANCHOR: Final = re.compile(r"<\w+[^>]*\b(?:id|name)\s*=\s*[\"']?([^\"'\s>]+)|\{#([\w-]+)\}")
_COMMENT: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading. ``empty``: nothing stands below it, no smaller heading either."""

    text: str
    level: int
    line: int
    empty: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of one line: code between back quotes, the target of a link, or the words around them."""

    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code between fences; ``line`` is the first of its text."""

    language: str
    text: str
    line: int


@dataclass(slots=True)
class Markdown:
    """A text taken apart. Lines and columns count from 1."""

    headings: list[Heading] = field(default_factory=list)
    code: list[Piece] = field(default_factory=list)
    links: list[Piece] = field(default_factory=list)
    words: list[Piece] = field(default_factory=list)
    """Every line outside of blocks, with spaces in the place of code."""
    blocks: list[Block] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    """What a link can point at."""


def read(text: str) -> Markdown:
    """Take a text apart; comments are not part of it."""
    found = Markdown()
    filled: list[int] = []
    titles: list[tuple[str, int, int]] = []
    fence, language, start = "", "", 0
    block: list[str] = []
    if "<!--" in text:
        text = _COMMENT.sub(_blank, text)
    for number, line in enumerate(text.splitlines(), 1):
        mark = _FENCE.match(line) if "```" in line or "~~~" in line else None
        if fence:
            if mark and mark[1].startswith(fence) and not mark[2]:
                found.blocks.append(Block(language, "\n".join(block), start))
                fence = ""
            else:
                block.append(line)
            filled.append(number)
        elif mark:
            fence, language, start, block = mark[1], mark[2].lower(), number + 1, []
            filled.append(number)
        elif heading := _HEADING.match(line):
            titles.append((heading[2], len(heading[1]), number))
            _take_line(found, line, number)
        elif line.strip():
            filled.append(number)
            _take_line(found, line, number)
    if fence:
        found.blocks.append(Block(language, "\n".join(block), start))
    for index, (title, level, number) in enumerate(titles):
        following = titles[index + 1] if index + 1 < len(titles) else ("", 0, 10**9)
        text_below = any(number < one < following[2] for one in filled)
        found.headings.append(Heading(title, level, number, not text_below and following[1] <= level))
    found.anchors |= set(_slugs([title for title, _, _ in titles]))
    return found


def _blank(comment: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", comment[0])


def _take_line(found: Markdown, line: str, number: int) -> None:
    words = line
    if "`" in line:
        found.code += [Piece(one[2].strip(), number, one.start(2) + 1) for one in _CODE.finditer(line)]
        words = _CODE.sub(lambda one: " " * len(one[0]), line)
    found.words.append(Piece(words, number, 1))
    if "]" in words:
        reference = _REFERENCE.match(words)
        targets = [*_LINK.finditer(words), *([reference] if reference else [])]
        found.links += [Piece(one[1], number, one.start(1) + 1) for one in targets if one[1]]
    if "<" in words or "{" in words:
        found.anchors |= {one[1] or one[2] for one in _ANCHOR.finditer(words)}


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub, GitLab and most others make it."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", lambda found: found[1] or "", heading)
    return re.sub(r"[^\w\- ]", "", plain.strip().lower()).replace(" ", "-")


def _slugs(headings: list[str]) -> list[str]:
    found: list[str] = []
    for heading in headings:
        own = slug(heading)
        times = sum(one == own or re.fullmatch(re.escape(own) + r"-\d+", one) is not None for one in found)
        found.append(f"{own}-{times}" if times else own)
    return found
