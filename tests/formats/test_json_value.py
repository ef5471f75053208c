"""Where the values of a JSON document stand, whatever stands around them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import ConfigError
from vedette.formats._yaml_text import Source
from vedette.formats.json_value import Where, parse, whole_characters

if TYPE_CHECKING:
    from collections.abc import Iterator

keys = st.text(st.characters(codec="utf-8", exclude_characters=".[]"), min_size=1, max_size=4)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
)


def paths(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, value
    if isinstance(value, dict):
        for key, below in value.items():
            yield from paths(below, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from paths(below, f"{path}[{index}]")


@given(st.dictionaries(keys, values, max_size=4), st.sampled_from([None, 2]), st.booleans())
def test_every_value_is_found_where_it_begins(value: Any, indent: int | None, ascii_: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_)
    where = Where(Source("d.json", text))
    decode = json.JSONDecoder().raw_decode
    for path, below in paths(value):
        offset = where.offset(path)
        assert offset is not None
        assert decode(text, offset)[0] == below
    assert list(where.twice()) == []


@given(st.text(min_size=1, max_size=12), st.booleans())
def test_every_character_of_a_text_is_found_through_escapes(value: str, ascii_: bool) -> None:
    text = json.dumps({"a": value}, ensure_ascii=ascii_)
    where = Where(Source("d.json", text))
    for index, char in enumerate(value):
        at = where.place("a", index).column - 1 if not set(value) & set("\r\n") or ascii_ else 0
        if at:
            assert text[at] == char or text[at] == "\\"
    lines = [where.place("a", index) for index in range(len(value) + 1)]
    assert lines == sorted(lines)


def test_a_key_that_is_not_written_stands_where_what_is_around_it_begins() -> None:
    where = Where(Source("d.json", '{\n  "panels": [\n    {"title": "T"}\n  ]\n}'))
    assert where.place("panels[0].targets[2].expr", 7) == ("d.json", 3, 5)
    assert where.place("uid") == ("d.json", 1, 1)
    assert where.offset("uid") is None


def test_a_key_that_stands_twice_is_told_with_the_second_which_counts() -> None:
    text = '{"a": {"b": 1}, "c": {"d": 1, "d": 2}, "a": {"b": 3}}'
    where = Where(Source("d.json", text))
    assert [(path, place.column) for path, place in where.twice()] == [("c.d", 36), ("a", 45)]
    assert where.offset("a.b") == text.index("3")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a":\n NaN}', "d.json:2:2: not JSON: NaN"),
        ('{"x": "NaN", "a": -Infinity}', "d.json:1:19: not JSON"),
        ('{"a": ' + "9" * 5000 + "}", "d.json:1:7: not JSON"),
        ('{"a":' * 50_000, "d.json:1:249996: nested too deep"),
        ("[" * 50_000, "d.json:1:50000: nested too deep"),
        ('{"a": "\n"}', "d.json:1:8: not JSON"),
    ],
)
def test_what_is_no_json_is_told_with_its_place(text: str, place: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, "d.json")
    assert str(caught.value).startswith(place)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (r'"\ud800"', r'"\ufffd"'),
        (r'"\udc00x"', r'"\ufffdx"'),
        (r'"\ud83d\ude00"', r'"\ud83d\ude00"'),
        (r'"\\ud800"', r'"\\ud800"'),
        (r'"\\\ud800"', r'"\\\ufffd"'),
        (r'"\ud800\ud83d\ude00"', r'"\ufffd\ud83d\ude00"'),
    ],
)
def test_half_a_character_is_replaced_in_as_much_space(text: str, whole: str) -> None:
    assert whole_characters(text) == whole
    json.loads(whole_characters(text)).encode()


def test_wrong_types_are_told_by_their_path_and_read_as_if_they_were_not_written() -> None:
    told: list[tuple[str, str]] = []
    document = parse('{"a": 5, "b": [{}, 1], "c": {"d": true}}', "d.json", lambda path, what: told.append((path, what)))
    assert document.text("a", "x") == "x"
    assert len(list(document.objects("b"))) == 1
    assert document.inner("c").whole("d", 7) == 7
    document.inner("c").needed("e")
    assert told == [
        ("a", "is 5; expected a text"),
        ("b[1]", "is 1; expected an object"),
        ("c.d", "is true; expected a whole number"),
        ("c.e", "is missing"),
    ]
