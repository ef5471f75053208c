"""RE2 patterns behave as in Prometheus, and what RE2 lacks is refused with the reason."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.promql.regex import compile_anchored, compile_re2


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("5..", ["500", "5xy"], ["5000", "400", "a500"]),
        ("a|b", ["a", "b"], ["ab", ""]),
        ("", [""], ["a"]),
        ("|a", ["", "a"], ["b"]),
        ("a.c", ["a\nc"], ["ac"]),  # Prometheus' dot matches a newline
        ("(?-s)a.c", ["abc"], ["a\nc"]),
        ("a$", ["a"], ["a\n"]),
        ("^a", ["a"], ["ba"]),
        ("(?m)a$\nb", ["a\nb"], ["ab"]),
        ("(?i)foo|bar", ["FOO", "Bar"], ["baz"]),
        ("a(?i)b|c", ["aB", "C"], ["AB"]),  # a flag holds to the end of its group, past the bar
        ("(?:a(?i)b)c", ["aBc"], ["aBC"]),
        ("(?i:a)b", ["Ab"], ["AB"]),
        ("x{2}", ["xx"], ["x"]),
        ("x{2,}", ["xx", "xxxx"], ["x"]),
        ("x{,3}", ["x{,3}"], ["x", ""]),  # RE2 has no {,n}: it is itself
        ("a{b", ["a{b"], ["ab"]),
        (r"\d\D\w\W\s\S", ["1ax- y"], ["\u0661ax- y"]),  # classes are ASCII
        (r"\bfoo\b", ["foo"], ["foob"]),
        (r"\Qa.b*\E+", ["a.b*", "a.b**"], ["aXb*"]),
        ("[[:alpha:]_-]+", ["a_-Z"], ["a1"]),
        ("[[:^digit:]]", ["a", "é"], ["1"]),
        (r"[^\D5]", ["4"], ["5", "a"]),
        ("[]a]", ["]", "a"], ["b"]),
        ("[^]a]", ["b"], ["]", "a"]),
        ("[a-]", ["a", "-"], ["b"]),
        ("[a&&b||c~~e]", ["&", "|", "~", "e"], ["f"]),
        ("[[]", ["["], ["]"]),
        (r"\pL+", ["aé漢"], ["1"]),
        (r"\p{Lu}\P{Lu}", ["Aa"], ["aA"]),
        (r"\p{^Lu}", ["a"], ["A"]),
        (r"[\p{Nd}x]+", ["1x٣"], ["y"]),
        (r"\x41\x{1F600}\101\t", ["A😀A\t"], ["AA"]),
        (r"\p{Any}", ["a", "\n"], [""]),
        ("(?P<a>x)(?<b>y)", ["xy"], ["x"]),
        (r"\Aa\z", ["a"], ["a\n"]),
        (r"(.+\.)*x", ["a.b.x"], ["a.b"]),
        (r"\.\*\-\/", [".*-/"], ["a"]),
    ],
)
def test_a_pattern_matches_the_whole_text_as_re2_does(pattern: str, yes: list[str], no: list[str]) -> None:
    compiled = compile_anchored(pattern)
    assert [text for text in yes if not compiled.fullmatch(text)] == []
    assert [text for text in no if compiled.fullmatch(text)] == []


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(?=a)", "look-around"),
        ("(?!a)", "look-around"),
        ("(?<=a)b", "look-around"),
        ("(?>a)", "atomic"),
        (r"(a)\1", "back references"),
        ("(?P=a)", "opens no group"),
        ("a++", "possessive"),
        ("a**", "a repeat follows a repeat"),
        ("a{2}{3}", "a repeat follows a repeat"),
        ("*a", "nothing to repeat"),
        ("a|*", "nothing to repeat"),
        ("(", "missing ')'"),
        (")", "unexpected ')'"),
        ("[a", "missing ']'"),
        ("[z-a]", "runs backwards"),
        ("[[:nope:]]", "not known; known: alnum"),
        (r"\p{Greek}", "general categories"),
        (r"\p{L", "missing '}'"),
        ("a\\", "trailing backslash"),
        (r"\y", "unknown escape"),
        (r"\x{110000}", "no such character"),
        ("a{1001}", "at most 1000"),
        ("a{3,2}", "invalid repeat count"),
        ("(a{100}){100}", "multiply to 10000"),
        ("(?P<a>x)(?P<a>y)", "stands twice"),
        ("(a+)+", "exponential"),
        ("(a*)*b", "exponential"),
        ("(?:x?(?:y+)z*)+", "exponential"),
        ("(a|b+)*", "exponential"),
    ],
)
def test_what_re2_has_not_or_re_could_hang_on_is_refused_with_the_reason(pattern: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        compile_anchored(pattern)
    assert repr(pattern) in str(caught.value)


def test_a_pattern_of_absurd_length_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 65536"):
        compile_anchored("a" * 70_000)


def test_a_searched_pattern_keeps_its_dot_within_the_line_and_its_laziness() -> None:
    assert compile_re2("a.c").search("xa\nc") is None
    assert compile_re2("a.+?c").search("xabcbc")[0] == "abc"
    assert compile_re2("(?U)a.+c").search("xabcbc")[0] == "abc"
    assert compile_re2("(?U)a.+?c").search("xabcbc")[0] == "abcbc"
    assert compile_re2("(?P<word>[a-z]+)-").search("12ab-")["word"] == "ab"


def test_equal_patterns_are_compiled_once() -> None:
    assert compile_anchored("once.*") is compile_anchored("once.*")


@given(st.text(max_size=20))
def test_any_text_is_compiled_or_refused_and_never_crashes(text: str) -> None:
    assert "regular expression" in complaint(text)


def complaint(pattern: str) -> str:
    try:
        return f"regular expression {compile_anchored(pattern).pattern}"
    except ValueError as error:
        return str(error)


@given(st.text(max_size=30))
def test_an_escaped_literal_matches_itself_and_only_itself(text: str) -> None:
    quoted = "".join(f"\\x{{{ord(char):x}}}" for char in text)
    assert compile_anchored(quoted).fullmatch(text)
    assert not compile_anchored(quoted).fullmatch(text + "!")
