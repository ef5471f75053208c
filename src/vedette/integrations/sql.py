"""What a SQL statement does, to which table, and what it looks like without its values. Values are never kept."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

from vedette.instruments.metrics import OVERFLOW

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FINGERPRINTED", "OPERATIONS", "describe", "fingerprint"]

OPERATIONS = frozenset(
    [
        *("ABORT", "ALTER", "ANALYZE", "BEGIN", "CALL", "CLOSE", "COMMIT", "COPY", "CREATE", "DECLARE", "DELETE"),
        *("DO", "DROP", "END", "EXECUTE", "EXPLAIN", "FETCH", "GRANT", "INSERT", "LISTEN", "LOCK", "MERGE", "MOVE"),
        *("NOTIFY", "PRAGMA", "REFRESH", "REINDEX", "RELEASE", "REPLACE", "RESET", "REVOKE", "ROLLBACK"),
        *("SAVEPOINT", "SELECT", "SET", "SHOW", "START", "TRUNCATE", "UNLISTEN", "UPDATE", "USE", "VACUUM", "VALUES"),
    ]
)
"""The first words that are told; every other is `OVERFLOW`."""

FINGERPRINTED = frozenset({"DELETE", "INSERT", "MERGE", "REPLACE", "SELECT", "UPDATE", "VALUES"})
"""What has values as literals and parameters only. ``SET ROLE alice`` has one that looks like a name."""

# The table of a statement stands behind one of these at the level of the statement itself.
_BEFORE_TABLE = {
    "SELECT": "FROM",
    "DECLARE": "FROM",
    "DELETE": "FROM",
    "INSERT": "INTO",
    "REPLACE": "INTO",
    "MERGE": "INTO",
    "UPDATE": "UPDATE",
    "COPY": "COPY",
    "ALTER": "TABLE",
    "CREATE": "TABLE",
    "DROP": "TABLE",
    "TRUNCATE": "TABLE",
    "LOCK": "TABLE",
}
_SKIPPED = frozenset({"ONLY", "IF", "NOT", "EXISTS", "LATERAL", "OR", "IGNORE"})
# A statement longer than this has told by then what it is.
_READ = 8192
_LONGEST_NAME = 128
_LONGEST = 200
# In all others "…" is, or can be, a string.
_QUOTE_NAMES = frozenset({"cockroachdb", "microsoft.sql_server", "oracle.db", "postgresql"})

_PART = r"""(?:[^\W\d][\w$]*|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\])"""
_TOKEN = re.compile(
    rf"""(?P<space>\s+)
    |(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<string>(?:[^\W\d]\w*&?)?'[^']*(?:''[^']*)*(?:'|\Z)
        |(?P<_tag>\$(?:[^\W\d]\w*)?\$).*?(?:(?P=_tag)|\Z))
    |(?P<array>ARRAY\s*\[|(?<=[\w\])])\[)       # not the name that [ opens elsewhere
    |(?P<name>{_PART}(?:\s*\.\s*(?:{_PART}|\*))*)
    |(?P<value>%\(\w+\)[sbt]|%[sbt]\b|(?<!:)[:@]\w+|\$\d+|\.?\d[\w.]*|\?)
    |(?P<end>[#"'`\[\\])       # MySQL's comment and PostgreSQL's operator, or what nothing closes
    |(?P<mark>::|.)""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_PARTS = re.compile(rf"{_PART}|\*")
_WORD = re.compile(r"[^\W\d][\w$]*")
_QUOTES = re.compile(r'["`\[\]\s]')
_SHOWN = {"space": " ", "comment": " ", "string": "?", "value": "?", "end": "…"}
_LIST = re.compile(r"[-+]?\?(?:\s*,\s*[-+]?\?)+")
_ROWS = re.compile(r"\(\s*\?\s*\)(?:\s*,\s*\(\s*\?\s*\))+")
_CAST = re.compile(r"\?(?:\s*::\s*\w+(?:\(\s*\?\s*\))?(?:\[\])?)+")


def _read(statement: str) -> Iterator[tuple[str, str]]:
    """Kind and text of each token, up to where one dialect has a name and another a value."""
    for found in _TOKEN.finditer(statement, 0, _READ):
        kind, text = found.lastgroup or "", found[0]
        if kind == "end" or (kind in _DOUBTFUL and not text.isidentifier() and _DOUBTFUL[kind](text)):
            yield "end", ""
            return
        yield kind, text


def _is_doubtful_string(text: str) -> bool:
    """Whether a backslash escapes its end, or not; Oracle's q'[…]' has quotes within."""
    return "\\" in text or text[:2].lower() == "q'" or text[:3].lower() == "nq'"


def _is_doubtful_comment(text: str) -> bool:
    """Whether it nests, as in PostgreSQL, or is none, as MySQL's ``--`` without a blank behind it."""
    return "/*" in text[2:] or (text[:2] == "--" and text[2:3].strip() != "" and ("'" in text or '"' in text))


def _is_doubtful_name(text: str) -> bool:
    """Whether it may be the beginning of a string: of MySQL, of PostgreSQL ($…$), or within brackets."""
    return "\\" in text or text.count("$") > 1 or ("[" in text and ("'" in text or '"' in text))


_DOUBTFUL = {"string": _is_doubtful_string, "comment": _is_doubtful_comment, "name": _is_doubtful_name}


def describe(statement: str) -> tuple[str, str]:
    """Operation and table, e.g. ``("SELECT", "orders")``; the table is empty where there is none or it is not plain.

    Example:
        >>> describe("WITH old AS (SELECT 1) DELETE FROM shop.orders WHERE id = ?")
        ('DELETE', 'shop.orders')
    """
    operation = wanted = ""
    found = common = False
    depth = 0
    for kind, text in _read(statement):
        if kind == "mark":
            if found and text == "(":
                break  # FROM (SELECT …): no table of its own
            depth += (text == "(") - (text == ")")
        if kind != "name" or depth > 0:
            continue
        word = text.upper()
        if operation:
            if not found:
                found = word == wanted
            elif word not in _SKIPPED and word != "TABLE":
                return operation, _QUOTES.sub("", text)[:_LONGEST_NAME]
        elif word in OPERATIONS:
            operation = word
            wanted = _BEFORE_TABLE.get(word, "")
            found = wanted == word
        elif word == "WITH":
            common = True
        elif not common:
            break
    return operation or OVERFLOW, ""


def fingerprint(statement: str, system: str) -> str:
    """A statement without its values: literals and parameters are ``?``, a list of them one, and comments go.

    It is at most 200 characters long. One that is longer loses the columns it selects, then its end, and has a checksum
    of the whole behind it.

    Args:
        statement: one of the kinds in `FINGERPRINTED`.
        system: which database it is meant for, as ``db_system_name`` has it.

    Example:
        >>> fingerprint("SELECT id FROM orders WHERE id IN (1, 2) AND name = 'Ada' -- hers", "sqlite")
        'SELECT id FROM orders WHERE id IN (?) AND name = ?'
    """
    parts: list[str] = []
    columns: list[int] = []  # where they begin and end in it
    depth = 0
    for kind, text in _read(statement):
        if kind == "name":
            word = text.upper()
            if depth == 0 and word == "SELECT" and not columns:
                columns.append(len(parts) + 1)
            elif depth == 0 and word == "FROM" and len(columns) == 1:
                columns.append(len(parts))
            parts.append(_named(text, quoted=system in _QUOTE_NAMES))
        elif kind == "mark":
            depth += (text == "(") - (text == ")")
            parts.append(text)
        else:
            parts.append(_SHOWN.get(kind, text))
    if len(statement) > _READ:
        parts.append("…")
    whole = _normal("".join(parts))
    if len(whole) <= _LONGEST:
        return whole
    if len(columns) > 1:
        parts[columns[0] : columns[1]] = [" … "]
    shorter = _normal("".join(parts))
    checksum = f" #{zlib.crc32(whole.encode('utf-8', 'replace')):08x}"
    room = _LONGEST - len(checksum)
    return (shorter if len(shorter) <= room else shorter[: room - 1] + "…") + checksum


def _named(name: str, *, quoted: bool) -> str:
    """A name as it is shown: plain words, and none that could be a string."""
    if _WORD.fullmatch(name):
        return name
    shown = []
    for part in _PARTS.findall(name):
        bare = part[1:-1] if part[0] in '"`[' else part
        if part[0] == '"' and not quoted:
            shown.append("?")
        else:
            shown.append(bare if bare == "*" or _WORD.fullmatch(bare) else "…")
    return ".".join(shown)


def _normal(text: str) -> str:
    text = _CAST.sub("?", text)
    text = _LIST.sub("?", text)
    text = _ROWS.sub("(?)", text)
    return " ".join(text.split()).rstrip("; ")
