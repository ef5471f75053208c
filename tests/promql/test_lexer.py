"""Tokens, strings and the errors that point at a character."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.promql.lexer import ParseError, Tokens, tokenize, unquote


def kinds(text: str) -> list[str]:
    return tokenize(text).kinds


def test_words_numbers_signs_and_strings_get_their_kinds() -> None:
    assert kinds("""sum BY (a) (x:y[5m:1m]) >= 0x1f != 'a' =~ foo""") == [
        "sum", "by", "(", "name", ")", "(", "name", "[", "duration", ":", "duration", "]", ")",
        ">=", "number", "!=", "string", "=~", "name", "end",
    ]  # fmt: skip


def test_a_colon_belongs_to_a_name_outside_brackets_and_parts_a_subquery_inside() -> None:
    assert tokenize(":a:b[1h:5m]").texts == [":a:b", "[", "1h", ":", "5m", "]", ""]


def test_blanks_and_comments_are_left_out_and_places_kept() -> None:
    tokens = tokenize("a # note\n\t+ b#end")
    assert tokens.texts == ["a", "+", "b", ""]
    assert tokens.starts == [0, 10, 12, 17]


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("a + $", "unexpected character '$'", 4),
        ("a && b", "unexpected character '&'; write and", 2),
        ("a || b", "unexpected character '|'; write or", 2),
        ('foo{a="b}', "unterminated string", 6),
        ('"a\nb"', "unterminated string", 0),
        ("`abc", "unterminated string", 0),
        ("a ! b", 'expected "!=" or "!~"', 2),
        ("1..2", 'bad number or duration "1..2"', 0),
        ("5mm", 'bad number or duration "5mm"', 0),
        ("a + 5xy", "bad number or duration", 4),
        ("0x", 'bad number or duration "0x"', 0),
        ("1e", 'bad number or duration "1e"', 0),
        (".", "bad number", 0),
    ],
)
def test_what_cannot_be_a_token_is_pointed_at(text: str, message: str, position: int) -> None:
    with pytest.raises(ParseError) as caught:
        tokenize(text)
    assert message in caught.value.message
    assert caught.value.position == position


def test_an_error_shows_the_line_with_a_caret_under_the_character() -> None:
    error = ParseError("unexpected thing", "sum(\n\tx y\n)", 8)
    assert (error.line, error.column) == (2, 4)
    assert str(error) == "2:4: unexpected thing\n  \tx y\n  \t  ^"


@pytest.mark.parametrize(
    ("token", "value"),
    [
        (r'"a\tb\n\"\\"', 'a\tb\n"\\'),
        (r"'it\'s'", "it's"),
        (r"`raw \n 'x'`", r"raw \n 'x'"),
        (r'"\x41\101\u00e9\U0001F600"', "AAé😀"),
        (r'"\xe2\x82\xac"', "€"),
        (r'"\xff"', "\udcff"),
        (r'"\a\b\f\r\v"', "\a\b\f\r\v"),
        ('"plain"', "plain"),
    ],
)
def test_go_escapes_are_read(token: str, value: str) -> None:
    assert unquote(token, token, 0) == value


@pytest.mark.parametrize(
    "token", [r'"\q"', r'''"\'"''', r"""'\"'""", r'"\400"', r'"\ud800"', r'"\U00110000"', r'"\x4"', r'"\8"']
)
def test_an_escape_go_does_not_know_is_pointed_at(token: str) -> None:
    with pytest.raises(ParseError, match="unknown escape") as caught:
        unquote(token, f"x + {token}", 4)
    assert caught.value.position == 5


@given(st.text(max_size=40))
def test_any_text_gives_tokens_that_stand_where_they_say_or_an_error_within_the_text(text: str) -> None:
    found = tokens_or_error(text)
    if isinstance(found, ParseError):
        assert 0 <= found.position <= len(text)
        assert str(found)
    else:
        for token, start in zip(found.texts, found.starts, strict=True):
            assert text[start : start + len(token)] == token
        assert found.kinds[-1] == "end"


def tokens_or_error(text: str) -> Tokens | ParseError:
    try:
        return tokenize(text)
    except ParseError as error:
        return error
