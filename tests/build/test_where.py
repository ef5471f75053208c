"""A character of a declared text is found in the user's file, as exactly as the source allows."""

from __future__ import annotations

import pytest

from vedette.build.where import argument, character
from vedette.place import Place

EXPR = "sum(oders_total)"


@pytest.mark.parametrize(
    ("source", "declared", "found"),
    [
        (f'Alert("X", "{EXPR}")\n', 1, "1:17"),
        (f"Alert(\n  'X',\n  '{EXPR}',\n)\n", 1, "3:8"),
        (f'Alert("ä", """{EXPR}""")\n', 1, "1:19"),
        (f'Alert("X", r"{EXPR}")\n', 1, "1:18"),
        ('Alert("X", "sum(" "oders_total)")\n', 1, "1:20"),
        ('Alert("X", "sum("\n   # why\n   "oders_total)")\n', 1, "3:5"),
        ('Alert("X", ("su" + "m(") + "oders_total)")\n', 1, "1:29"),
        (r'Alert("X", "\x73um(o\u0064ers_total)")' + "\n", 1, "1:20"),
        ('name = "oders_total"\nAlert("X", f"sum({name})")\n', 2, "2:18"),
        ('Alert("X", f"sum({name[\'}\']!r:{w}})", x=f"{y}")\n', 1, "1:18"),
        ('Alert("X", f"sum(o{x}s_total)")\n', 1, "1:18"),
        ('Alert("X", f"{a}(o{b}d{c})")\n', 1, "1:18"),
        ('Alert("X", f"sum(" f"oders_total)")\n', 1, "1:22"),
        (f'QUERY = "{EXPR}"\nAlert("X", QUERY)\n', 2, "1:14"),
        ('TAIL = "oders_total)"\nAlert("X", "sum(" + TAIL)\n', 2, "1:9"),
        ('Alert("X", "sum(" + tail())\n', 1, "1:21"),
        (f'A = "{EXPR}"\nAlert("X", "{EXPR}")\n', 2, "2:17"),
        (f'A = "{EXPR}"\nAlert("X", made())\n', 2, "1:10"),
        ('Alert("X", made())\nprint(f"{anything}")\n', 1, "1"),
        ("Alert(\n", 1, "1"),
    ],
)
def test_finds_line_and_column(tmp_path, source, declared, found):
    file = tmp_path / "observability.py"
    file.write_text(source, encoding="utf-8")
    assert str(character(Place(str(file), declared), EXPR, 4)) == f"{file}:{found}"


def test_the_lines_of_a_long_text_are_told_apart(tmp_path):
    file = tmp_path / "observability.py"
    file.write_text('Alert("X", """\n  sum(a)\n    / {{ b }}\n""", f"{{{{ ${x} }}}}")\n')
    text = "\n  sum(a)\n    / {{ b }}\n"
    assert character(Place(str(file), 1), text, text.index("b"))[1:] == (3, 10)
    assert character(Place(str(file), 1), "{{ $y }}", 4)[1:] == (4, 14)


def test_without_the_file_the_declaration_must_do():
    assert str(character(Place("<stdin>", 3), EXPR, 4)) == "<stdin>:3"
    assert str(argument(Place("<stdin>", 3), "for_")) == "<stdin>:3"


def test_an_argument_is_found_in_the_call_that_it_is_of(tmp_path):
    file = tmp_path / "observability.py"
    file.write_text(
        'Pack("p", labels=1, alerts=[Alert("A", "x"), Alert(\n'
        '  "B", "x", for_="5m",\n  labels={"tier": "gold", **more},\n)])\n'
    )

    def found(key, **hints):
        return argument(Place(str(file), 1), key, **hints)[1:]

    assert found("for_", first="B") == (2, 18)
    assert found("labels.tier", first="B") == (3, 19)
    assert found("labels", first="p") == (1, 18)
    assert found("expr", first="A", position=1) == (1, 40)
    assert found("summary", first="A") == (1, 0)
