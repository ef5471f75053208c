"""Printing gives Prometheus' one line, and reading that gives the tree back."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.promql.trees import ordered

from vedette.promql.ast import (
    Aggregate,
    Binary,
    Call,
    Matching,
    MatrixSelector,
    Number,
    Paren,
    String,
    Subquery,
    Unary,
    VectorSelector,
)
from vedette.promql.functions import AGGREGATORS, PARAMETER_TYPES, SIGNATURES
from vedette.promql.labels import Matcher
from vedette.promql.lexer import ParseError
from vedette.promql.parser import COMPARISONS, PRECEDENCE, SET_OPERATORS, parse
from vedette.promql.printer import format as text_of
from vedette.promql.walk import rewrite, value_type


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("sum(rate(x[300]))by(a,b)", "sum by (a, b) (rate(x[5m]))"),
        ("sum by () (x)", "sum(x)"),
        ("SUM WITHOUT() (x)", "sum without () (x)"),
        ("topk by(a)(5,x)", "topk by (a) (5, x)"),
        ("a  +on(x)group_left(y)b", "a + on (x) group_left (y) b"),
        ("a/ignoring()group_right b", "a / ignoring () group_right () b"),
        ("a AND ignoring() b", "a and b"),
        ("a >bool 1", "a > bool 1"),
        ("a and on() b", "a and on () b"),
        ("x offset 1w @ 1.5", "x @ 1.500 offset 1w"),
        ("x[1d] offset -90", "x[1d] offset -1m30s"),
        ("x[1h:] @ start()", "x[1h:] @ start()"),
        ("x[1h:60] @ -0.001", "x[1h:1m] @ -0.001"),
        ("{a='b',c=~\"d\"}", '{a="b",c=~"d"}'),
        ('x{z="1",_a="2",z!="0",B="3"}', 'x{B="3",_a="2",z!="0",z="1"}'),
        ('{"my.metric",z="1","a.b"="2",b="3"}', '{"my.metric","a.b"="2",b="3",z="1"}'),
        ("x{}", "x"),
        ("info(x, {})", "info(x, {})"),
        ('{"x"}', "x"),
        ('{"my.metric",a="b"}', '{"my.metric",a="b"}'),
        ('{"x.y"="b"}', '{"x.y"="b"}'),
        ('{"bool"}', '{"bool"}'),
        ('sum by ("a.b", c) (x)', 'sum by ("a.b", c) (x)'),
        ("1e6", "1000000"),
        ("1e-7", "0.0000001"),
        ("5m", "300"),
        ("inf", "+Inf"),
        ("-Inf", "-Inf"),
        ("nan", "NaN"),
        ("0.1", "0.1"),
        ("-(-1)", "-(-1)"),
        ("---x", "---x"),
        ("-1 ^ 2", "-1 ^ 2"),
        ("Inf ^ x", "Inf ^ x"),
        ("+Inf ^ x", "+Inf ^ x"),
        ('`a"\\b`', r'"a\"\\b"'),
        (r"'\xff\u2028é😀\a\x7f'", r'"\xff\u2028é😀\a\x7f"'),
        ("(a+b)*c", "(a + b) * c"),
        ("(x)[5m:]", "(x)[5m:]"),
    ],
)
def test_one_canonical_line(text: str, printed: str) -> None:
    assert text_of(parse(text)) == printed
    assert ordered(parse(printed)) == ordered(parse(text)) or "NaN" in printed


X, Y = parse("x"), parse("y")


@pytest.mark.parametrize(
    ("tree", "printed"),
    [
        (Binary("*", Binary("+", X, Number(1.0)), Number(2.0)), "(x + 1) * 2"),
        (Binary("-", X, Binary("-", Y, Number(1.0))), "x - (y - 1)"),
        (Binary("^", Binary("^", X, Number(1.0)), Number(2.0)), "(x ^ 1) ^ 2"),
        (Binary("^", X, Binary("^", Y, Number(2.0))), "x ^ y ^ 2"),
        (Binary("^", Number(-1.0), Number(2.0)), "(-1) ^ 2"),
        (Binary("^", Unary("-", X), Number(2.0)), "(-x) ^ 2"),
        (Binary("^", Number(math.inf), X), "Inf ^ x"),
        (Unary("-", Binary("^", Number(math.inf), X)), "-Inf ^ x"),
        (Binary("^", X, Unary("-", Y)), "x ^ -y"),
        (Unary("-", Binary("*", X, Number(2.0))), "-(x * 2)"),
        (Subquery(Binary("+", X, Number(1.0)), 60_000), "(x + 1)[1m:]"),
        (Subquery(Unary("-", X), 60_000), "(-x)[1m:]"),
    ],
)
def test_a_rewritten_tree_gets_the_parentheses_it_needs(tree, printed: str) -> None:
    assert text_of(tree) == printed


# Trees as the parser can make them, or (without=True) as a rewrite can: the same, with the parentheses taken away.

durations = st.integers(1, 10**8)
offsets = st.one_of(st.just(0), st.integers(-(10**8), 10**8))
moments = st.one_of(st.none(), st.sampled_from(["start", "end"]), st.integers(-(10**13), 10**13))
texts = st.text(max_size=8)
names = st.one_of(
    st.sampled_from(
        ["x", "a:b", "sum", "by", "on", "bool", "inf", "rate", "my.metric", "time", "é", "offset", "or", "1"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5),
)
label_names = names.filter(lambda name: name != "__name__")
numbers = st.floats(allow_nan=False).map(Number)
strings = texts.map(String)
regexes = st.sampled_from(["a.*", "", "x|y", "[0-9]+"])
matchers = st.one_of(
    st.builds(Matcher, label_names, st.sampled_from(["=", "!="]), texts),
    st.builds(Matcher, label_names, st.sampled_from(["=~", "!~"]), regexes),
)


@st.composite
def selectors(draw) -> VectorSelector:
    name = draw(names)
    extra = tuple(draw(st.lists(matchers, max_size=2)))
    if draw(st.booleans()):
        return VectorSelector(name, (Matcher("__name__", "=", name), *extra), draw(offsets), draw(moments))
    return VectorSelector("", (*extra, Matcher("job", "=", "x")), draw(offsets), draw(moments))


def ranges(vectors):
    matrix = st.builds(MatrixSelector, selectors(), durations)
    atoms = vectors.filter(lambda tree: not isinstance(tree, Binary | Unary))
    return st.one_of(matrix, st.builds(Subquery, atoms, durations, st.one_of(st.just(0), durations), offsets, moments))


@st.composite
def matchings(draw, op: str) -> Matching:
    if op in SET_OPERATORS:
        on = draw(st.booleans())
        return Matching("many-to-many", on, tuple(draw(st.lists(label_names, max_size=2))))
    card = draw(st.sampled_from(["one-to-one", "many-to-one", "one-to-many"]))
    on = draw(st.booleans())
    labels = tuple(draw(st.lists(label_names, max_size=2)))
    grouped = card != "one-to-one"
    include = tuple(name for name in draw(st.lists(label_names, max_size=2)) if grouped and name not in labels)
    return Matching(card, on, labels, include)


@st.composite
def binaries(draw, vectors, scalars) -> Binary:
    op = draw(st.sampled_from(sorted(PRECEDENCE)))
    both = op in SET_OPERATORS or draw(st.booleans())
    lhs, rhs = draw(vectors), draw(vectors)
    if not both:
        lhs, rhs = draw(st.sampled_from([(lhs, draw(scalars)), (draw(scalars), rhs)]))
    bool_ = op in COMPARISONS and draw(st.booleans())
    matching = draw(matchings(op)) if both else None
    own = PRECEDENCE[op]
    return Binary(op, wrapped(lhs, own + (op == "^")), wrapped_right(rhs, own + (op != "^")), bool_, matching)


def tightness(tree) -> int:
    if isinstance(tree, Binary):
        return PRECEDENCE[tree.op]
    if isinstance(tree, Unary) or (isinstance(tree, Number) and math.copysign(1, tree.value) < 0):
        return PRECEDENCE["*"]
    return 9


def wrapped(tree, minimum: int):
    return Paren(tree) if tightness(tree) < minimum else tree


def wrapped_right(tree, minimum: int):
    return tree if isinstance(tree, Unary | Number) else wrapped(tree, minimum)


@st.composite
def calls(draw, result: str, vectors, scalars) -> Call:
    kinds = {"instant vector": vectors, "scalar": scalars, "string": strings, "range vector": ranges(vectors)}
    signature = draw(
        st.sampled_from(
            [s for s in SIGNATURES.values() if s.result == result and (result != "scalar" or s.name != "scalar")]
        )
    )
    if signature.name == "info":
        return Call("info", (draw(vectors),))
    most = signature.minimum + 2 if signature.maximum is None else signature.maximum
    count = draw(st.integers(signature.minimum, most))
    return Call(signature.name, tuple(draw(kinds[signature.argument(i)]) for i in range(count)))


@st.composite
def aggregates(draw, vectors, scalars) -> Aggregate:
    op = draw(st.sampled_from(sorted(AGGREGATORS)))
    param = {"scalar": scalars, "string": strings}.get(PARAMETER_TYPES.get(op, ""), st.none())
    without = draw(st.booleans())
    return Aggregate(op, draw(vectors), draw(param), tuple(draw(st.lists(label_names, max_size=2))), without)


def signed(tree) -> Unary | Paren:
    return Unary("-", tree if isinstance(tree, Unary) else wrapped(tree, PRECEDENCE["^"]))


scalars = st.one_of(numbers, calls("scalar", selectors(), numbers))
vectors = st.recursive(
    selectors(),
    lambda inner: st.one_of(
        inner.map(Paren),
        inner.map(signed),
        binaries(inner, scalars),
        calls("instant vector", inner, scalars),
        aggregates(inner, scalars),
    ),
    max_leaves=6,
)
trees = st.one_of(vectors, scalars, strings, ranges(vectors))


@settings(max_examples=300)
@given(trees)
def test_every_tree_is_printed_so_that_it_parses_to_itself(tree) -> None:
    assert ordered(parse(text_of(tree))) == ordered(tree)


def bare(tree):
    def lift(node):
        if isinstance(node, Paren):
            return node.expr
        if isinstance(node, Unary) and isinstance(node.expr, Number):  # -(1) without its parentheses is a number
            return Number(-node.expr.value)
        return node

    return rewrite(tree, lift)


@settings(max_examples=300)
@given(vectors)
def test_a_tree_without_parentheses_is_printed_so_that_its_meaning_stays(tree) -> None:
    naked = bare(tree)
    assert ordered(bare(parse(text_of(naked)))) == ordered(naked)


@given(trees)
def test_printing_twice_changes_nothing_and_types_stay(tree) -> None:
    once = text_of(tree)
    assert text_of(parse(once)) == once
    assert value_type(parse(once)) == value_type(tree)


@given(vectors, st.integers(0, 200))
def test_a_cut_text_is_refused_with_a_place_in_it_or_is_another_expression(tree, keep: int) -> None:
    text = text_of(tree)[:keep]
    found = tree_or_error(text)
    assert not isinstance(found, ParseError) or found.position <= len(text)


def tree_or_error(text: str):
    try:
        return parse(text)
    except ParseError as error:
        return error


def test_an_offset_changed_in_a_tree_is_printed() -> None:
    assert isinstance(X, VectorSelector)
    assert text_of(replace(X, offset=-1)) == "x offset -1ms"
