"""A character of an expression is found in the user's file, as exactly as the source allows."""

from __future__ import annotations

import pytest

from vedette.build.where import character
from vedette.place import Place

EXPR = "sum(oders_total)"


@pytest.mark.parametrize(
    ("source", "declared", "found"),
    [
        (f'Alert("X", "{EXPR}")\n', 1, "1:17"),
        (f"Alert(\n  'X',\n  '{EXPR}',\n)\n", 1, "3:8"),
        (f'Alert("ä", """{EXPR}""")\n', 1, "1:19"),
        (f'Alert("X", r"{EXPR}")\n', 1, "1"),
        ('Alert("X", "sum(" "oders_total)")\n', 1, "1"),
        ('name = "oders_total"\nAlert("X", f"sum({name})")\n', 2, "2"),
        (f'A = "{EXPR}"\nAlert("X", "{EXPR}")\n', 2, "2:17"),
        ("Alert(\n", 1, "1"),
    ],
)
def test_finds_line_and_column(tmp_path, source, declared, found):
    file = tmp_path / "observability.py"
    file.write_text(source, encoding="utf-8")
    assert str(character(Place(str(file), declared), EXPR, 4)) == f"{file}:{found}"


def test_without_the_file_the_declaration_must_do():
    assert str(character(Place("<stdin>", 3), EXPR, 4)) == "<stdin>:3"
