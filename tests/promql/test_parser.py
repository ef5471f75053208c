"""What parses, to which tree, and what is refused where with which words."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.promql.ast import (
    Aggregate,
    Binary,
    Call,
    Matching,
    MatrixSelector,
    Number,
    Paren,
    Span,
    String,
    Subquery,
    Unary,
    VectorSelector,
)
from vedette.promql.labels import Matcher
from vedette.promql.lexer import ParseError
from vedette.promql.parser import parse


def metric(name: str, *matchers: Matcher, offset: int = 0, at=None) -> VectorSelector:
    return VectorSelector(name, (Matcher("__name__", "=", name), *matchers), offset, at)


A, B, C = metric("a"), metric("b"), metric("c")
PLAIN = Matching("one-to-one")
SETS = Matching("many-to-many")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), (".5", 0.5), ("5.", 5), ("1e3", 1000), ("1E-3", 0.001), ("0x1F", 31), ("0755", 493), ("089", 89),
        ("0", 0), ("1_000.5", 1000.5), ("Inf", math.inf), ("+inf", math.inf), ("-INF", -math.inf), ("-1", -1),
        ("+1.5", 1.5),
        ("--1", 1), ("5m", 300), ("1h30m", 5400), ("-2ms", -0.002), ("1w", 604800), ("010_0", 64), ("1e400", math.inf),
    ],
)  # fmt: skip
def test_numbers_are_read_as_go_reads_them_and_durations_as_seconds(text: str, value: float) -> None:
    assert parse(text) == Number(float(value))


def test_nan_is_a_number() -> None:
    tree = parse("nan")
    assert isinstance(tree, Number)
    assert math.isnan(tree.value)


@pytest.mark.parametrize("text", ['"a\\"b"', "'a\"b'", '`a"b`'])
def test_strings_may_be_written_in_three_kinds_of_quotes(text: str) -> None:
    assert parse(text) == String('a"b')


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("foo", metric("foo")),
        ("foo{}", metric("foo")),
        ("a:b:c", metric("a:b:c")),
        (":x", metric(":x")),
        (
            'foo{a="b", c!="d", e=~"f.*", g!~`h`,}',
            metric(
                "foo",
                Matcher("a", "=", "b"),
                Matcher("c", "!=", "d"),
                Matcher("e", "=~", "f.*"),
                Matcher("g", "!~", "h"),
            ),
        ),
        ('{a="b"}', VectorSelector("", (Matcher("a", "=", "b"),))),
        ('{__name__="foo"}', VectorSelector("", (Matcher("__name__", "=", "foo"),))),
        ('{__name__=~"foo.*", a=""}', VectorSelector("", (Matcher("__name__", "=~", "foo.*"), Matcher("a", "=", "")))),
        ('{"my.metric"}', metric("my.metric")),
        ('{"my.metric", "label.x"="y"}', metric("my.metric", Matcher("label.x", "=", "y"))),
        ('{"label.x"=~"y", "my.metric",}', metric("my.metric", Matcher("label.x", "=~", "y"))),
        ('foo{"label.x"="y"}', metric("foo", Matcher("label.x", "=", "y"))),
        (
            'sum{on="a", bool="b", inf="c", by="d"}',
            metric(
                "sum",
                Matcher("on", "=", "a"),
                Matcher("bool", "=", "b"),
                Matcher("inf", "=", "c"),
                Matcher("by", "=", "d"),
            ),
        ),
        ('{"bool"}', metric("bool")),
        ("foo offset 5m", metric("foo", offset=300_000)),
        ("foo offset -5m", metric("foo", offset=-300_000)),
        ("foo offset 90", metric("foo", offset=90_000)),
        ("foo offset 0s", metric("foo")),
        ("foo @ 1603774568.5", metric("foo", at=1_603_774_568_500)),
        ("foo @ -10", metric("foo", at=-10_000)),
        ("foo @ +10", metric("foo", at=10_000)),
        ("foo @ start()", metric("foo", at="start")),
        ("foo @ End ( ) offset 1m", metric("foo", offset=60_000, at="end")),
        ("foo offset 1m @ 10", metric("foo", offset=60_000, at=10_000)),
        ("foo[5m]", MatrixSelector(metric("foo"), 300_000)),
        ("foo[300]", MatrixSelector(metric("foo"), 300_000)),
        ("foo[1.5]", MatrixSelector(metric("foo"), 1500)),
        ("foo[5m] offset 1w @ 10", MatrixSelector(metric("foo", offset=604_800_000, at=10_000), 300_000)),
        ("foo[5m:]", Subquery(metric("foo"), 300_000)),
        ("foo[5m:30s] offset 1m", Subquery(metric("foo"), 300_000, 30_000, 60_000)),
        ("foo offset 1m[5m:30] @ end()", Subquery(metric("foo", offset=60_000), 300_000, 30_000, 0, "end")),
        ("(a + b)[1h:1m]", Subquery(Paren(Binary("+", A, B, matching=PLAIN)), 3_600_000, 60_000)),
    ],
)
def test_selectors(text: str, tree: object) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    "word",
    [
        "sum",
        "by",
        "without",
        "offset",
        "and",
        "or",
        "unless",
        "start",
        "end",
        "topk",
        "Count",
        "rate",
        "limitk",
        "step",
    ],
)
def test_a_metric_may_be_named_like_a_keyword_or_function(word: str) -> None:
    assert parse(word) == metric(word)
    assert parse(f"{word} + {word}[5m:] offset 1m"[: len(word) * 2 + 3]) == Binary(
        "+", metric(word), metric(word), matching=PLAIN
    )
    assert parse(f"rate({word}[5m])") == Call("rate", (MatrixSelector(metric(word), 300_000),))
    assert parse(f"sum({word})") == Aggregate("sum", metric(word))


@pytest.mark.parametrize("word", ["bool", "on", "ignoring", "group_left", "group_right", "atan2"])
def test_a_word_that_cannot_be_a_bare_metric_says_how_to_write_it(word: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(word)
    assert f'write {{"{word}"}}' in caught.value.message


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a + b * c", "a + (b * c)"),
        ("a * b + c", "(a * b) + c"),
        ("a - b - c", "(a - b) - c"),
        ("a ^ b ^ c", "a ^ (b ^ c)"),
        ("a / b % c * a", "((a / b) % c) * a"),
        ("a atan2 b * c", "(a atan2 b) * c"),
        ("a + b == c", "(a + b) == c"),
        ("a == b and c", "(a == b) and c"),
        ("a or b and c", "a or (b and c)"),
        ("a unless b and c", "(a unless b) and c"),
        ("a > b > c", "(a > b) > c"),
        ("-a ^ b", "-(a ^ b)"),
        ("-a * b", "(-a) * b"),
        ("a ^ -b * c", "(a ^ (-b)) * c"),
        ("a ^ -b ^ c", "a ^ (-(b ^ c))"),
        ("-a offset 5m", "-(a offset 5m)"),
        ("a + b offset 5m", "a + (b offset 5m)"),
        ("a AND b OR c", "(a and b) or c"),
    ],
)
def test_operators_bind_as_in_prometheus(text: str, same: str) -> None:
    assert unparenthesised(parse(text)) == unparenthesised(parse(same))


def unparenthesised(tree):
    from vedette.promql.walk import rewrite

    return rewrite(tree, lambda node: node.expr if isinstance(node, Paren) else node)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a + b", Binary("+", A, B, matching=PLAIN)),
        ("a + 1", Binary("+", A, Number(1.0))),
        ("1 > bool 2", Binary(">", Number(1.0), Number(2.0), bool_=True)),
        ("a == bool on (x) b", Binary("==", A, B, bool_=True, matching=Matching("one-to-one", True, ("x",)))),
        ("a / ignoring (x, y,) group_left b", Binary("/", A, B, matching=Matching("many-to-one", False, ("x", "y")))),
        ("a / on () group_right (z) b", Binary("/", A, B, matching=Matching("one-to-many", True, (), ("z",)))),
        (
            "a / on (on, by, bool) group_left (sum) b",
            Binary("/", A, B, matching=Matching("many-to-one", True, ("on", "by", "bool"), ("sum",))),
        ),
        ('a / on ("x.y") b', Binary("/", A, B, matching=Matching("one-to-one", True, ("x.y",)))),
        ("a and b", Binary("and", A, B, matching=SETS)),
        ("a unless on (x) b", Binary("unless", A, B, matching=Matching("many-to-many", True, ("x",)))),
        ("-a", Unary("-", A)),
        ("+(a)", Unary("+", Paren(A))),
    ],
)
def test_binary_and_unary_operators(text: str, tree: object) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("sum(a)", Aggregate("sum", A)),
        ("SUM(a)", Aggregate("sum", A)),
        ("sum by (x, y) (a)", Aggregate("sum", A, None, ("x", "y"))),
        ("sum(a) by (x, y,)", Aggregate("sum", A, None, ("x", "y"))),
        ("sum without () (a)", Aggregate("sum", A, None, (), True)),
        ('sum by ("x.y", offset, inf_) (a)', Aggregate("sum", A, None, ("x.y", "offset", "inf_"))),
        ("topk(5, a) without (x)", Aggregate("topk", A, Number(5.0), ("x",), True)),
        ('count_values("v", a)', Aggregate("count_values", A, String("v"))),
        ("limitk(2, a)", Aggregate("limitk", A, Number(2.0))),
        ("limit_ratio(-0.5, a)", Aggregate("limit_ratio", A, Number(-0.5))),
        ("rate(a[5m])", Call("rate", (MatrixSelector(A, 300_000),))),
        ("time()", Call("time", ())),
        ("hour()", Call("hour", ())),
        ("round(a)", Call("round", (A,))),
        ('label_join(a, "x", ",")', Call("label_join", (A, String("x"), String(",")))),
        ("start()", Call("start", ())),
        ("info(a, {})", Call("info", (A, VectorSelector("", ())))),
        ("info(a, {b=~'.*'})", Call("info", (A, VectorSelector("", (Matcher("b", "=~", ".*"),))))),
        (
            "sum(avg by (x) (a)) by (x) + sum",
            Binary(
                "+", Aggregate("sum", Aggregate("avg", A, None, ("x",)), None, ("x",)), metric("sum"), matching=PLAIN
            ),
        ),
    ],
)
def test_aggregations_and_calls(text: str, tree: object) -> None:
    assert parse(text) == tree


def test_spans_point_into_the_text() -> None:
    text = ' sum by (x) (rate(a{b="c"}[5m] offset 1m)) / -b'
    tree = parse(text)

    def cut(node) -> str:
        return text[node.span.start : node.span.end]

    assert isinstance(tree, Binary)
    assert cut(tree) == text.strip()
    assert cut(tree.lhs) == 'sum by (x) (rate(a{b="c"}[5m] offset 1m))'
    assert cut(tree.lhs.expr) == 'rate(a{b="c"}[5m] offset 1m)'
    assert cut(tree.lhs.expr.args[0]) == 'a{b="c"}[5m] offset 1m'
    assert cut(tree.lhs.expr.args[0].selector) == 'a{b="c"}'
    assert cut(tree.rhs) == "-b"
    assert parse("a[5m:1m] @ end()").span == Span(0, 16)
    assert parse("sum(a) by (x)").span == Span(0, 13)


def test_comments_and_line_breaks_mean_nothing() -> None:
    assert parse("sum( # all\n a{ # first\n b='c'}\n)\n# end") == parse("sum(a{b='c'})")


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("", 0, "no expression found in input"),
        ("  # only a comment", 0, "no expression found in input"),
        ("1 +", 3, "unexpected end of input"),
        ("(a", 2, 'unexpected end of input in paren expression, expected ")"'),
        ("a)", 1, 'unexpected ")"'),
        ("a b", 2, 'unexpected identifier "b"'),
        ("* a", 0, 'unexpected "*"'),
        ("a{b", 3, "unexpected end of input in label matching, expected label matching operator"),
        ("a{b=", 4, "unexpected end of input in label matching, expected string"),
        ("a{b=c}", 4, 'unexpected identifier "c" in label matching, expected string'),
        ("a{b='c' d='e'}", 8, 'unexpected identifier "d" in label matching, expected "," or "}"'),
        ("a{,}", 2, 'unexpected "," in label matching, expected identifier or "}"'),
        ("a{1='x'}", 2, 'unexpected number "1" in label matching'),
        ("a{b:c='x'}", 2, 'label name "b:c" has a colon'),
        ("a{b=~'('}", 5, "missing ')'"),
        ("a{b=~'(?=x)'}", 5, "look-around"),
        ('a{""="x"}', 5, "a label name must not be empty"),
        ('{""}', 1, "a metric name must not be empty"),
        ("{}", 0, "vector selector must contain at least one non-empty matcher"),
        ("{a=''}", 0, "vector selector must contain at least one non-empty matcher"),
        ("{a=~'.*'}", 0, "vector selector must contain at least one non-empty matcher"),
        ("{a!='b'}", 0, "vector selector must contain at least one non-empty matcher"),
        ("a{__name__='b'}", 0, 'metric name must not be set twice: "a" or "b"'),
        ('a{"b"}', 2, 'metric name must not be set twice: "a" or "b"'),
        ('{"a", "b"}', 6, 'metric name must not be set twice: "a" or "b"'),
        ("{__name__='a', __name__='b'}", 0, 'metric name must not be set twice: "a" or "b"'),
        ("a[5m", 4, 'unexpected end of input in subquery or range, expected ":" or "]"'),
        ("a[]", 2, "expected duration"),
        ("a['5m']", 2, "expected duration"),
        ("a[0]", 2, "duration must be greater than 0"),
        ("a[0s:1s]", 2, "duration must be greater than 0"),
        ("a[-5m]", 2, "expected duration; calculated durations are experimental"),
        ("a[5m:x]", 5, "expected duration"),
        ("a[5m * 2]", 5, "calculated durations are experimental"),
        ("a[step()]", 2, "calculated durations are experimental"),
        ("a[1m1h]", 2, "not a valid duration string"),
        ("a[300y]", 2, "duration out of range"),
        ("a[1e30]", 2, "duration out of range"),
        ("(a)[5m]", 3, "ranges only allowed for vector selectors"),
        ("a[5m][5m]", 5, "ranges only allowed for vector selectors"),
        ("rate(a[5m])[5m]", 11, "ranges only allowed for vector selectors"),
        ("a offset 1m[5m]", 11, "no offset modifiers allowed before range"),
        ("a @ 10[5m]", 6, "no @ modifiers allowed before range"),
        ("a[5m][5m:]", 0, "subquery is only allowed on instant vector, got range vector instead"),
        ("1[5m:]", 0, "subquery is only allowed on instant vector, got scalar instead"),
        ("1 offset 5m", 2, "offset modifier must be preceded by an instant vector selector"),
        ("sum(a) @ 10", 7, "@ modifier must be preceded by an instant vector selector"),
        ("a offset 1m offset 2m", 12, "offset may not be set multiple times"),
        ("a @ 1 @ 2", 6, "@ <timestamp> may not be set multiple times"),
        ("a offset b", 9, 'unexpected identifier "b" in offset, expected duration'),
        ("a @ x", 4, 'unexpected identifier "x" in @, expected timestamp'),
        ("a @ start", 9, 'unexpected end of input in @, expected "("'),
        ("a @ Inf", 2, "timestamp out of bounds"),
        ("sum()", 0, "no arguments for aggregate expression provided"),
        ("sum(a, b)", 0, "wrong number of arguments for aggregate expression provided, expected 1, got 2"),
        ("topk(a)", 0, "wrong number of arguments for aggregate expression provided, expected 2, got 1"),
        ("topk(a, b)", 5, "expected type scalar in aggregation parameter, got instant vector"),
        ("count_values(1, b)", 13, "expected type string in aggregation parameter, got scalar"),
        ("sum(a[5m])", 4, "expected type instant vector in aggregation expression, got range vector"),
        ("sum(1)", 4, "expected type instant vector in aggregation expression, got scalar"),
        ("sum by x (a)", 7, 'unexpected identifier "x" in grouping opts, expected "("'),
        ("sum by (1) (a)", 8, 'unexpected number "1" in grouping opts, expected label'),
        ("sum by (without) (a)", 8, "in grouping opts, expected label"),
        ("sum by (a b) (c)", 10, 'in grouping opts, expected "," or ")"'),
        ("sum by (a) b", 11, 'unexpected identifier "b" in aggregation, expected "("'),
        ("sum by (a) (b) by (c)", 15, 'unexpected "by"'),
        ('sum by ("") (a)', 8, "a label name must not be empty"),
        ("nope(a)", 0, 'unknown function with name "nope"'),
        ("rat(a[5m])", 0, 'did you mean "rate"?'),
        ("Rate(a[5m])", 0, 'did you mean "rate"?'),
        ("summ(a)", 0, 'did you mean "sum"?'),
        ("rate()", 0, 'expected 1 argument(s) in call to "rate", got 0'),
        ("rate(a)", 5, 'expected type range vector in call to function "rate", got instant vector'),
        ("rate(sum(a))", 5, "got instant vector"),
        ("abs(a, b)", 0, 'expected 1 argument(s) in call to "abs", got 2'),
        ("round(a, 1, 2)", 0, 'expected at most 2 argument(s) in call to "round", got 3'),
        ('label_join(a, "x")', 0, 'expected at least 3 argument(s) in call to "label_join", got 2'),
        ("label_join(a, 'x', ',', b)", 24, "expected type string in call to function"),
        ("abs(a,)", 5, "trailing commas not allowed in function call args"),
        ("abs(a b)", 6, 'in call to abs, expected "," or ")"'),
        ("abs(a", 5, "unexpected end of input in call to abs"),
        ("info(a, b)", 8, "expected label selectors only"),
        ("abs({})", 4, "at least one non-empty matcher"),
        ("info(abs({}))", 9, "at least one non-empty matcher"),
        ("by(a)", 2, 'unexpected "("'),
        ("a:b(c)", 0, "unknown function"),
        ("1 == 1", 2, "comparisons between scalars must use BOOL modifier"),
        ("a + bool b", 2, "bool modifier can only be used on comparison operators"),
        ("a and bool b", 2, "bool modifier can only be used on comparison operators"),
        ("a and 1", 2, 'set operator "and" not allowed in binary scalar expression'),
        ("1 or 2", 2, 'set operator "or" not allowed in binary scalar expression'),
        ("a + 'x'", 4, "binary expression must contain only scalar and instant vector types"),
        ("a[5m] + b", 0, "binary expression must contain only scalar and instant vector types"),
        ("a + on (x) 1", 2, "vector matching only allowed between instant vectors"),
        ("a and on (x) group_left b", 2, 'no grouping allowed for "and" operation'),
        ("a + on (x) group_left (x) b", 2, 'label "x" must not occur in ON and GROUP clause at once'),
        ("a + group_left b", 4, '"on" or "ignoring" before it'),
        ("a + on b", 7, 'unexpected identifier "b" in grouping opts, expected "("'),
        ("a = 3", 2, 'unexpected "="; write "==" to compare'),
        ("-'x'", 0, 'unary expression only allowed on expressions of type scalar or instant vector, got "string"'),
        ("-a[5m]", 0, 'got "range vector"'),
        ("a smoothed", 2, "smoothed is experimental syntax"),
        ("a + fill(0) b", 4, "fill is experimental syntax"),
        ("a </ b", 3, "histogram trimming"),
        ("(" * 101 + "a" + ")" * 101, 100, "nested more than 100 deep"),
        ("a" + " + a" * 251, 1002, "more than 250 operators"),
    ],
)  # fmt: skip
def test_mistakes_are_named_in_prometheus_words_at_the_character(text: str, position: int, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(text)
    assert message in caught.value.message
    assert caught.value.position == position


def test_equal_texts_are_parsed_once() -> None:
    assert parse("once + 1") is parse("once + 1")


def test_the_deepest_allowed_nesting_and_the_longest_chain_can_be_printed_walked_and_rewritten() -> None:
    from vedette.promql.printer import format as text_of
    from vedette.promql.walk import rewrite, walk

    for text in ("abs(" * 99 + "a" + ")" * 99, "(" * 99 + "a" + ")" * 99, "a" + " + a" * 250, "-" * 99 + "a"):
        tree = parse(text)
        assert text_of(tree) == text
        assert len(list(walk(tree))) >= 100
        assert rewrite(tree, lambda node: node) is tree


SOME_WORDS = """
    a b5 sum by without ( ) { } [ ] , : + - * / % ^ == != =~ !~ < bool on ignoring group_left offset @ 5m 1 0x1
    'x' "y" rate start end Inf and or unless topk time #
"""
WORDS = st.sampled_from([*SOME_WORDS.split(), "\n"])


@given(st.lists(WORDS, max_size=12).map(" ".join))
def test_any_row_of_words_parses_or_fails_within_the_text(text: str) -> None:
    found = tree_or_error(text)
    if isinstance(found, ParseError):
        assert 0 <= found.position <= len(text)
        assert str(found).count("\n") == 2
    else:
        assert 0 <= found.span.start < found.span.end <= len(text)


def tree_or_error(text: str):
    try:
        return parse(text)
    except ParseError as error:
        return error
