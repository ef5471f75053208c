"""What a SQL statement does and to which table: only its beginning is read, and never a value that stands in it."""

from __future__ import annotations

import re
from functools import lru_cache

from vedette.instruments.metrics import OVERFLOW

__all__ = ["OPERATIONS", "describe"]

OPERATIONS = frozenset(
    [
        "ALTER",
        "ANALYZE",
        "BEGIN",
        "CALL",
        "COMMIT",
        "COPY",
        "CREATE",
        "DELETE",
        "DROP",
        "EXPLAIN",
        "GRANT",
        "INSERT",
        "LOCK",
        "MERGE",
        "PRAGMA",
        "RELEASE",
        "REPLACE",
        "ROLLBACK",
        "SAVEPOINT",
        "SELECT",
        "SET",
        "SHOW",
        "TRUNCATE",
        "UPDATE",
        "USE",
        "VACUUM",
        "VALUES",
    ]
)
"""The first words that are told; every other is `OVERFLOW`."""

# The table of a statement stands behind one of these at the level of the statement itself.
_BEFORE_TABLE = {
    "SELECT": "FROM",
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

_TOKEN = re.compile(
    r"""--[^\n]*|/\*.*?(?:\*/|\Z)            # comments
    |'(?:[^']|'')*(?:'|\Z)                   # strings
    |(?P<name>(?:[\w$]+|"[^"]*"|`[^`]*`|\[[^\]]*\])(?:\.(?:[\w$]+|"[^"]*"|`[^`]*`|\[[^\]]*\]))*)
    |(?P<mark>[()])""",
    re.VERBOSE | re.DOTALL,
)


@lru_cache(maxsize=1000)
def describe(statement: str) -> tuple[str, str]:
    """Operation and table, e.g. ``("SELECT", "orders")``; the table is empty where there is none or it is not plain.

    Example:
        >>> describe("WITH old AS (SELECT 1) DELETE FROM shop.orders WHERE id = ?")
        ('DELETE', 'shop.orders')
    """
    operation = ""
    depth = 0
    wanted = ""
    found = False
    for token in _TOKEN.finditer(statement, 0, _READ):
        mark = token["mark"]
        if mark:
            if found and mark == "(":
                break  # FROM (SELECT …): no table of its own
            depth += 1 if mark == "(" else -1
            continue
        name = token["name"]
        if name is None or depth > 0:
            continue
        word = name.upper()
        if not operation:
            if word in OPERATIONS:
                operation = word
                wanted = _BEFORE_TABLE.get(word, "")
                found = wanted == word
            elif word != "WITH" and not statement.lstrip(" \n\t(").upper().startswith("WITH"):
                return OVERFLOW, ""
        elif found:
            if word not in _SKIPPED and word != "TABLE":
                return operation, _plain(name)
        elif word == wanted:
            found = True
    return operation or OVERFLOW, ""


def _plain(name: str) -> str:
    return re.sub(r'["`\[\]]', "", name)[:_LONGEST_NAME]
