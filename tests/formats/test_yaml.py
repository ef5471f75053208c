"""YAML nodes, their places, and the writer."""

from __future__ import annotations

import re

import pytest
import yaml as reference
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vedette.errors import ConfigError
from vedette.formats import yaml

TEXTS = st.text(st.characters(codec="utf-8"), max_size=40) | st.text("ab \n\t:#'\"-[]{}>|&*!%@`?,\\ü", max_size=20)
PLAIN = st.recursive(
    TEXTS | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def plain(text: str) -> object:
    return yaml.parse(text, "f.yml", "the file").plain()


@given(st.dictionaries(TEXTS, PLAIN, max_size=4))
@example({"a": 5e-324})
def test_what_is_written_reads_the_same(value: dict[str, object]) -> None:
    text = yaml.write(value)
    assert plain(text) == value
    assert list(plain(text)) == list(value)
    assert yaml.write(plain(text)) == text


@settings(deadline=None)
@given(st.dictionaries(TEXTS, TEXTS | st.lists(TEXTS), max_size=4))
def test_texts_read_the_same_in_another_library(value: dict[str, object]) -> None:
    assert reference.load(yaml.write(value), Loader=reference.SafeLoader) == value


@pytest.mark.parametrize(
    "text",
    ["yes", "no", "on", "y", "null", "~", "1", "0x1f", "1_000", "3.10", "1e3", "12:30", ".5", "=", "<<", "2026-01-31"],
)
def test_text_that_looks_like_something_else_is_quoted(text: str) -> None:
    assert yaml.write({"a": text}) == f"a: '{text}'\n"


@pytest.mark.parametrize("text", ["5m", "up == 0", "a,b", "it's", "http://x:9090/y", "{{", "-x", "a#b", "ünï", "$1"])
def test_other_text_is_quoted_only_where_it_must_be(text: str) -> None:
    quoted = text == "{{"
    assert yaml.write({"a": text}) == ("a: '{{'\n" if quoted else f"a: {text}\n")


def test_lines_are_written_as_a_block_and_short_words_in_a_row() -> None:
    value = {"a": "x\n  y\n", "b": "x\ny", "c": ["p", "q"], "d": ["p:1", "q"], "e": [], "f": {}, "g": ["2"]}
    assert yaml.write(value) == (
        "a: |\n  x\n    y\nb: |-\n  x\n  y\nc: [p, q]\nd:\n  - p:1\n  - q\ne: []\nf: {}\ng:\n  - '2'\n"
    )


def test_a_scalar_whose_type_depends_on_the_reader_is_written_as_it_was() -> None:
    text = "a: yes\nb: 0x1f\nc: 3.10\nd: 'yes'\ne: 0.5\nf: 12\n"
    assert yaml.write(plain(text)) == text


def test_anchors_and_merge_keys_are_resolved_and_what_stands_here_wins() -> None:
    text = "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: {<<: [{x: 9}, *a], z: 4}\nd: *a\n"
    assert plain(text) == {
        "a": {"x": 1, "y": 2},
        "b": {"y": 3, "x": 1},
        "c": {"z": 4, "x": 9, "y": 2},
        "d": {"x": 1, "y": 2},
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("expr: a $b\n", "$b"),
        ("expr: a\n  b $c\n", "$c"),
        ("expr: |\n    a\n\n      b $c\nx: 1\n", "$c"),
        ("expr: >-\n  a\n  b $c\n\n  d\n", "$c\n\n  d\n"),
        ("expr: 'a ''b'' $c'\n", "$c'"),
        ('expr: "a \\"b\\" \\u0041\\x41 $c"\n', '$c"'),
        ('expr: "a \\\n  b $c"\n', '$c"'),
        ("expr: &anchor !!str 'ü $c'\n", "$c'"),
        ("# ü\r\nexpr: |\r\n  a\r\n  b $c\r\n", "$c"),
    ],
)
def test_a_character_of_a_value_is_found_in_the_file(text: str, found: str) -> None:
    node = yaml.parse(text, "f.yml", "the file").section().get("expr")
    assert node is not None
    place = node.place_of(node.string().index("$"))
    lines = text.split("\n")
    assert "\n".join([lines[place.line - 1][place.column - 1 :], *lines[place.line :]]).startswith(found.rstrip("\n"))


@settings(deadline=None)
@given(TEXTS)
def test_every_character_of_every_text_has_a_place(text: str) -> None:
    written = yaml.write({"a": text})
    node = yaml.parse(written, "f.yml", "the file").section().entries["a"][1]
    assert node.string() == text
    places = [node.place_of(index) for index in range(len(text) + 1)]
    assert [(one.line, one.column) for one in places] == sorted((one.line, one.column) for one in places)
    shown = written.split("\n")
    for char, place in zip(text, places, strict=False):
        if char.isprintable() and not char.isspace():
            assert shown[place.line - 1][place.column - 1] in (char, "\\")


@settings(deadline=None)
@given(st.text(max_size=60) | st.text("ab:\n -[]{}&*'\"|>#!%@`\t<\ufeff", max_size=60))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    trouble = ""
    try:
        yaml.parse(text, "f.yml", "the file").plain()
    except ConfigError as error:
        trouble = str(error)
    assert not trouble or re.match(r"f\.yml:\d+:\d+: ", trouble)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a:\n\tb: 1\n", "f.yml:2:1: a tab cannot indent YAML; use spaces"),
        ("a: b: c\n", "f.yml:1:5: a ':' where no key can be; check the indentation, or quote the value"),
        ("b: 1\na: 'x\n", "f.yml:2:4: a quote is opened and not closed"),
        ("a: [1, 2\nb: 3\n", "f.yml:2:2: the list opened with '[' is not closed; write ']', or ',' before an item"),
        ("a: {b: 1\n", "f.yml:2:1: the mapping opened with '{' is not closed; write '}', or quote the text"),
        ("a: 1\nfoo\nb: 1\n", "f.yml:3:1: the line before is no 'key: value'; check its ':' and its indentation"),
        ("a: *x\n", "f.yml:1:4: alias *x has no anchor before it; write &x at the value it stands for"),
        ("a: &a [*a]\n", "f.yml:1:8: alias *a has no anchor before it; write &a at the value it stands for"),
        ("- a\nb: 1\n", "f.yml:2:1: no item of the list above; begin it with '- ' or indent it less"),
        ("a:\n  b: {{ $x }} y\n", "f.yml:2:15: a text that begins with '{' must be in quotes; quote it"),
        ("a:\n  b: 1\n c: 2\n", "f.yml:3:2: this does not fit the lines above; check the indentation and the quotes"),
        ("a: @x\n", "f.yml:1:4: a value cannot begin with '@'; quote it"),
        ("a: {{ x }}\n", "f.yml:1:5: a key of a is a mapping; quote a text that begins with '{'"),
        ("a: \x01\n", "f.yml:1:4: a control character; remove it"),
        ("a: \ud800\n", "f.yml:1:4: half of a surrogate pair is not a character"),
        ('a: "\\q"\n', "f.yml:1:5: no such escape; write '\\\\' for a backslash, or use single quotes"),
        ("a: 1\n---\nb: 2\n", "f.yml:2:1: a second document begins here; the file is one document, remove the '---'"),
        ("a: {b: 1, b: 2}\n", "f.yml:1:11: key 'b' stands twice in a, first in line 1; keep one"),
        ("[" * 900, "f.yml:1:101: nested more than 100 deep"),
        ("hello\n", "f.yml:1:1: the file is text; write a mapping, 'key: value' on each line"),
    ],
)
def test_broken_yaml_says_where_and_what_to_do(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        yaml.read(text, "f.yml", {"a": {"*": {"*": None}}, "b": None}, "the file")
    assert str(caught.value) == message


def test_a_hundred_thousand_brackets_are_refused_whoever_counts_them_first() -> None:
    # libyaml since 0.2.6 stops at 1000 of its own, before it hands out the first
    with pytest.raises(ConfigError, match=r"^f.yml:1:\d+: nested more than 10+ deep$"):
        yaml.read("[" * 100_000, "f.yml", {}, "the file")


def test_aliases_that_stand_for_gigabytes_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(ConfigError, match=r"its aliases expand to more than 1000000 values"):
        yaml.parse("\n".join(lines), "f.yml", "the file")


def test_a_file_that_is_not_utf8_says_where(tmp_path) -> None:
    path = tmp_path / "f.yml"
    path.write_bytes(b"a: 1\nb: \xc3\xbc\xff\n")
    with pytest.raises(ConfigError) as caught:
        yaml.read_text(path)
    assert str(caught.value) == f"{path}:2:5: byte 0xff is not UTF-8; save the file as UTF-8"


def test_a_file_that_is_not_there_says_so(tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"nope.yml: cannot be read: No such file or directory"):
        yaml.read_text(tmp_path / "nope.yml")


@pytest.mark.parametrize(
    ("text", "size"), [("0", 0), ("512B", 512), ("1KB", 1024), ("10MB", 10 << 20), ("1.5KiB", 1536)]
)
def test_sizes_are_read_in_powers_of_1024(text: str, size: int) -> None:
    assert yaml.parse(f"a: {text}\n", "f.yml", "the file").section().byte_size("a") == size
