"""RE2 patterns, as Prometheus, Alertmanager and Go templates write them, turned into patterns of the standard library.

RE2 promises linear time and `re` does not, so what RE2 lacks is refused here, and so are repeats that would make
`re` try exponentially many ways.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

__all__ = ["compile_anchored", "compile_re2"]

# https://github.com/google/re2/wiki/Syntax and Go's regexp/syntax, which is what the named systems run.
_MAX_REPEAT = 1000  # RE2 refuses more, counting nested repeats by their product
_MAX_LENGTH = 65_536
_SPACE = r"\t\n\f\r "
_PERL = {"d": "0-9", "w": "0-9A-Za-z_", "s": _SPACE}
_POSIX = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": r"\x00-\x7f", "blank": r"\t ", "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~", "punct": r"!-/:-@\[-`{-~", "space": r"\t-\r ",
    "upper": "A-Z", "word": "0-9A-Za-z_", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_CONTROL = {"a": r"\x07", "f": r"\x0c", "n": r"\n", "r": r"\r", "t": r"\t", "v": r"\x0b"}
_CATEGORIES = frozenset(
    {
        major + minor
        for major, minors in {
            "C": "cfos",
            "L": "lmotu",
            "M": "cen",
            "N": "dlo",
            "P": "cdefios",
            "S": "ckmo",
            "Z": "lps",
        }.items()
        for minor in ["", *minors]
    }
)
_FLAGS = re.compile(r"\(\?([imsU]*)(?:-([imsU]+))?([:)])")
_NAMED = re.compile(r"\(\?P?<([A-Za-z_][A-Za-z0-9_]*)>")
_REPEAT = re.compile(r"\{([0-9]+)(?:(,)([0-9]*))?\}")


@lru_cache(maxsize=4096)
def compile_anchored(pattern: str) -> re.Pattern[str]:
    """The pattern of a ``=~`` matcher, relabelling or ``label_replace``: use it with ``fullmatch``.

    A dot matches a newline too, as in Prometheus.

    Raises:
        ValueError: the pattern is not RE2 syntax, or can take exponential time.
    """
    return _compile(pattern, dot_all=True)


@lru_cache(maxsize=4096)
def compile_re2(pattern: str) -> re.Pattern[str]:
    """A pattern that is searched for, as ``reReplaceAll`` and ``match`` in templates do; a dot stops at a newline.

    Raises:
        ValueError: the pattern is not RE2 syntax, or can take exponential time.
    """
    return _compile(pattern, dot_all=False)


def _compile(pattern: str, *, dot_all: bool) -> re.Pattern[str]:
    if len(pattern) > _MAX_LENGTH:
        raise ValueError(f"regular expression of {len(pattern)} characters; at most {_MAX_LENGTH} are allowed")
    translated = _Translator(pattern, dot_all=dot_all).run()
    try:
        return re.compile(translated, re.DOTALL if dot_all else 0)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"invalid regular expression {pattern!r}: {error}") from None


class _Piece(NamedTuple):
    """A translated atom, and what the guard against exponential time must know of it."""

    text: str
    fold: bool = False
    """Upper and lower case are the same in it; neighbours that agree are wrapped together."""
    endless: bool = False
    """It holds a repeat without an upper bound, and that repeat alone can match all of it."""
    nullable: bool = False
    """It can match the empty text."""
    repeats: int = 1
    """Product of the bounded repeats around its parts."""
    repeated: bool = False
    """It is a repeat already, so that another one may not follow."""


class _Flags(NamedTuple):
    ignore_case: bool = False
    multi_line: bool = False
    dot_all: bool = False
    ungreedy: bool = False


class _Translator:
    """Recursive descent over one pattern: alternatives of sequences of repeated atoms."""

    def __init__(self, pattern: str, *, dot_all: bool) -> None:
        self.pattern = pattern
        self.at = 0
        self.dot_all = dot_all
        self.flags = _Flags(dot_all=dot_all)
        self.names: set[str] = set()

    def run(self) -> str:
        piece = self.alternatives()
        if self.at < len(self.pattern):
            raise self.error("unexpected ')'")
        return piece.text

    def error(self, reason: str, at: int | None = None) -> ValueError:
        position = self.at if at is None else at
        return ValueError(f"invalid regular expression {self.pattern!r}: {reason} at character {position + 1}")

    def alternatives(self) -> _Piece:
        """Up to the closing parenthesis or the end; flags set inside end with it."""
        outer = self.flags
        branches = [self.sequence()]
        while self.at < len(self.pattern) and self.pattern[self.at] == "|":
            self.at += 1
            branches.append(self.sequence())
        self.flags = outer
        return _Piece(
            "|".join(branch.text for branch in branches),
            False,
            any(branch.endless for branch in branches),
            any(branch.nullable for branch in branches),
            max(branch.repeats for branch in branches),
        )

    def sequence(self) -> _Piece:
        pieces: list[_Piece] = []
        pattern = self.pattern
        while self.at < len(pattern) and pattern[self.at] not in "|)":
            start = self.at
            if pattern.startswith("\\Q", start):
                end = pattern.find("\\E", start + 2)
                literal = pattern[start + 2 :] if end < 0 else pattern[start + 2 : end]
                self.at = len(pattern) if end < 0 else end + 2
                pieces.extend(self.literal(char) for char in literal)
            elif pattern[start] in "*+?" or (pattern[start] == "{" and _REPEAT.match(pattern, start)):
                if not pieces:
                    raise self.error(f"nothing to repeat before {pattern[start]!r}")
                pieces[-1] = self.repeat(pieces[-1])
            else:
                piece = self.atom()
                if piece is not None:
                    pieces.append(piece)
        return _Piece(
            "".join(
                f"(?i:{text})" if fold else text
                for fold, run in groupby(pieces, key=lambda piece: piece.fold)
                if (text := "".join(piece.text for piece in run))
            ),
            False,
            any(
                piece.endless and all(other.nullable for j, other in enumerate(pieces) if j != i)
                for i, piece in enumerate(pieces)
            ),
            all(piece.nullable for piece in pieces),
            max((piece.repeats for piece in pieces), default=1),
        )

    def repeat(self, piece: _Piece) -> _Piece:
        start = self.at
        sign = self.pattern[start]
        if piece.repeated:
            raise self.error(f"a repeat follows a repeat ({sign!r}); RE2 has no possessive repeats")
        low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(sign, (0, None))
        text = sign
        self.at += 1
        if sign == "{":
            match = _REPEAT.match(self.pattern, start)
            assert match is not None
            self.at = match.end()
            low = int(match[1])
            high = (int(match[3]) if match[3] else None) if match[2] else low
            text = match[0]
            if max(low, high or 0) > _MAX_REPEAT or (high is not None and high < low):
                raise self.error(f"invalid repeat count {text}; at most {_MAX_REPEAT} and rising", start)
        repeats = piece.repeats * max(low, high or 0, 1)
        if repeats > _MAX_REPEAT:
            raise self.error(f"nested repeats multiply to {repeats}; at most {_MAX_REPEAT} are allowed", start)
        if piece.endless and (high is None or high > _MAX_NESTED):
            raise self.error(
                f"{piece.text}{text} repeats what is already repeated without end and can take exponential time; "
                "write one repeat",
                start,
            )
        lazy = self.pattern.startswith("?", self.at)
        self.at += lazy
        mark = "?" if lazy != self.flags.ungreedy else ""
        return _Piece(
            f"{piece.text}{text}{mark}",
            piece.fold,
            piece.endless or high is None,
            low == 0 or piece.nullable,
            repeats,
            repeated=True,
        )

    def atom(self) -> _Piece | None:
        char = self.pattern[self.at]
        if char == "(":
            return self.group()
        if char == "[":
            return _Piece(self.klass(), self.flags.ignore_case)
        if char == "\\":
            return self.escape()
        self.at += 1
        if char == ".":
            if self.flags.dot_all == self.dot_all:
                return _Piece(".")
            return _Piece("(?s:.)" if self.flags.dot_all else "(?-s:.)")
        if char == "^":
            return _Piece("(?m:^)" if self.flags.multi_line else r"\A", nullable=True)
        if char == "$":
            return _Piece("(?m:$)" if self.flags.multi_line else r"\Z", nullable=True)
        return self.literal(char)

    def literal(self, char: str) -> _Piece:
        return _Piece(re.escape(char), self.flags.ignore_case)

    def group(self) -> _Piece | None:
        start = self.at
        opening = "("
        outer = self.flags
        if self.pattern.startswith("(?", start):
            if named := _NAMED.match(self.pattern, start):
                if named[1] in self.names:
                    raise self.error(f"group name {named[1]!r} stands twice")
                self.names.add(named[1])
                self.at = named.end()
                opening = f"(?P<{named[1]}>"
            elif flags := _FLAGS.match(self.pattern, start):
                self.at = flags.end()
                self.flags = _changed(self.flags, flags[1], flags[2] or "")
                if flags[3] == ")":
                    return None
                opening = "(?:"
            else:
                raise self.error(
                    f"{self.pattern[start : start + 4]!r} opens no group that RE2 has; "
                    "look-around, back references and atomic groups do not exist there"
                )
        else:
            self.at += 1
        inner = self.alternatives()
        if not self.pattern.startswith(")", self.at):
            raise self.error("missing ')' for the group opened", start)
        self.at += 1
        self.flags = outer
        return inner._replace(text=f"{opening}{inner.text})")

    def escape(self) -> _Piece:
        start = self.at
        if start + 1 >= len(self.pattern):
            raise self.error("trailing backslash")
        char = self.pattern[start + 1]
        if char in "AzbB":
            self.at += 2
            return _Piece({"A": r"\A", "z": r"\Z", "b": r"(?a:\b)", "B": r"(?a:\B)"}[char], nullable=True)
        if (inside := self.class_escape()) is not None:
            return _Piece(f"[{inside}]", self.flags.ignore_case)
        return self.literal(self.character())

    def class_escape(self) -> str | None:
        r"""The ranges of ``\d``, ``\W``, ``\pL``, ``\p{^Lu}``…, or None where another escape stands."""
        pattern, start = self.pattern, self.at
        char = pattern[start + 1 : start + 2]
        if char and char in "dws":
            self.at += 2
            return _PERL[char]
        if char and char in "DWS":
            self.at += 2
            return "".join(_negated(_PERL[char.lower()]))
        if char not in ("p", "P") or not char:
            return None
        negative = char == "P"
        if pattern.startswith("{", start + 2):
            end = pattern.find("}", start)
            if end < 0:
                raise self.error("missing '}' for the character class")
            name = pattern[start + 3 : end]
            self.at = end + 1
        else:
            name = pattern[start + 2 : start + 3]
            self.at = start + 3
        if name.startswith("^"):
            negative, name = not negative, name[1:]
        if name == "Any" and not negative:
            return r"\x00-\U0010ffff"
        if name not in _CATEGORIES:
            raise self.error(
                f"character class {name!r} is not known; general categories such as L, Lu or Nd are, scripts are not",
                start,
            )
        return _category(name, negative=negative)

    def character(self) -> str:
        """One escaped character, as itself."""
        pattern, start = self.pattern, self.at
        char = pattern[start + 1 : start + 2]
        if not char:
            raise self.error("trailing backslash")
        if char in _CONTROL:
            self.at += 2
            return {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}[char]
        if code := re.compile(r"x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,8})\})").match(pattern, start + 1):
            self.at = code.end()
            point = int(code[1] or code[2], 16)
            if point > sys.maxunicode:
                raise self.error("no such character", start)
            return chr(point)
        if octal := re.compile(r"0[0-7]{0,2}|[1-7][0-7]{1,2}").match(pattern, start + 1):
            self.at = octal.end()
            return chr(int(octal[0], 8))
        if char.isdigit():
            raise self.error(f"RE2 has no back references (\\{char})")
        if char.isascii() and not char.isalnum():
            self.at += 2
            return char
        raise self.error(f"unknown escape \\{char}")

    def klass(self) -> str:
        """A bracket expression, as one of `re`."""
        pattern, opening = self.pattern, self.at
        self.at += 1
        negative = pattern.startswith("^", self.at)
        self.at += negative
        parts: list[str] = []
        first = True
        while first or not pattern.startswith("]", self.at):
            if self.at >= len(pattern):
                raise self.error("missing ']' for the character class opened", opening)
            first = False
            if pattern.startswith("[:", self.at) and (end := pattern.find(":]", self.at)) > 0:
                name = pattern[self.at + 2 : end]
                body = _POSIX.get(name.removeprefix("^"))
                if body is None:
                    raise self.error(f"character class [:{name}:] is not known; known: {', '.join(_POSIX)}")
                parts.append("".join(_negated(body)) if name.startswith("^") else body)
                self.at = end + 2
                continue
            if pattern.startswith("\\", self.at) and (inside := self.class_escape()) is not None:
                parts.append(inside)
                continue
            start = self.at
            low = high = self.member()
            if pattern.startswith("-", self.at) and pattern[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                high = self.member()
                if high < low:
                    raise self.error(f"character range {low}-{high} runs backwards", start)
            parts.append(_escaped(low) if low == high else f"{_escaped(low)}-{_escaped(high)}")
        self.at += 1
        return f"[{'^' if negative else ''}{''.join(parts)}]"

    def member(self) -> str:
        if self.at >= len(self.pattern):
            raise self.error("missing ']' for the character class")
        char = self.pattern[self.at]
        if char == "\\":
            return self.character()
        self.at += 1
        return char


# A body that is endless already may stand in {0,1}, {2}… a few times: the ways to split a text
# then grow as a polynomial.
_MAX_NESTED = 4


def _changed(flags: _Flags, on: str, off: str) -> _Flags:
    fields = {"i": "ignore_case", "m": "multi_line", "s": "dot_all", "U": "ungreedy"}
    return flags._replace(**{fields[flag]: True for flag in on}, **{fields[flag]: False for flag in off})


def _escaped(char: str) -> str:
    return f"\\U{ord(char):08x}" if not char.isalnum() or not char.isascii() else char


@lru_cache(maxsize=64)
def _negated(body: str) -> tuple[str, ...]:
    """The ranges that a class of ASCII characters leaves out."""
    inside = re.compile(f"[{body}]")
    return (*_ranges([code for code in range(128) if not inside.match(chr(code))]), "\\x80-\\U0010ffff")


@lru_cache(maxsize=64)
def _category(name: str, *, negative: bool) -> str:
    """The ranges of a Unicode general category."""
    codes = [code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)).startswith(name) != negative]
    return "".join(_ranges(codes))


def _ranges(codes: list[int]) -> list[str]:
    found: list[str] = []
    start = previous = codes[0]
    for code in [*codes[1:], -1]:
        if code != previous + 1:
            found.append(f"\\U{start:08x}" + (f"-\\U{previous:08x}" if previous > start else ""))
            start = code
        previous = code
    return found
