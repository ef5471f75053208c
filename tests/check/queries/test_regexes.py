"""Regular expressions in matchers, and the changes that mend them."""

import pytest
from tests.check.asked import findings, found


def edits(code, expr):
    return [(one.edit.place.column, one.edit.old, one.edit.new) for one in findings(code, expr) if one.edit]


def mended(code, expr):
    for column, old, new in reversed(edits(code, expr)):
        assert expr[column - 1 :].startswith(old)
        expr = expr[: column - 1] + new + expr[column - 1 + len(old) :]
    return expr


@pytest.mark.parametrize(
    ("expr", "better"),
    [
        ('x{a=~"b"}', 'x{a="b"}'),
        ('x{a!~"b", c="d"}', 'x{a!="b", c="d"}'),
        ("sum(x{c=~`b`, a =~ '(b)'}) / y{a=~'z'}", "sum(x{c=`b`, a ='b'}) / y{a='z'}"),
        ('{__name__="x", a=~"b"}', '{__name__="x", a="b"}'),
        ('x{a=~""}', 'x{a=""}'),
        ('x{a=~"b|c"}', 'x{a=~"b|c"}'),
        ('x{a=~"b.+"}', 'x{a=~"b.+"}'),
        (r'x{a=~"b\\.c"}', r'x{a=~"b\\.c"}'),
    ],
)
def test_a_regular_expression_of_one_text_becomes_a_text(expr, better):
    assert mended("useless-regex", expr) == better


def test_what_matches_everything_is_told_without_a_change():
    (one,) = findings("useless-regex", 'x{a=~".*", b="c"}')
    assert one.edit is None
    assert not found("useless-regex", 'x{a=~".+"}')


def test_a_variable_is_no_regular_expression_of_one_text():
    assert not found("useless-regex", panels=['x{job=~"$job"}'])
    assert found("useless-regex", panels=['x{job=~"$job", a=~"b"}'])


@pytest.mark.parametrize(
    ("expr", "better"),
    [
        ('x{a=~"^b.*$"}', 'x{a=~"b.*"}'),
        ('x{a!~"^(b|c)"}', 'x{a!~"(b|c)"}'),
        (r'x{a=~"b\\$"}', r'x{a=~"b\\$"}'),
        ('x{a=~"b.*"}', 'x{a=~"b.*"}'),
        ('x{a="^b$"}', 'x{a="^b$"}'),
    ],
)
def test_anchors_are_taken_away(expr, better):
    assert mended("anchored-regex", expr) == better


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ('x{i=~"10.0.0.1:9100|10.0.0.2:9100"}', True),
        ('x{i=~"www.example.com"}', True),
        (r'x{i=~"www\\.example\\.com"}', False),
        ('x{code=~"5.."}', False),
        ('x{device=~"sd.|nvme.*"}', False),
        ('x{version=~"1.2.*"}', False),
        ('x{i="www.example.com"}', False),
    ],
)
def test_dots_in_the_names_of_hosts(expr, wrong):
    assert found("unescaped-dot", expr) == wrong


def test_every_host_of_the_list_is_mended_at_once():
    assert (
        mended("unescaped-dot", 'x{i=~"a.example.com|b.example.com"}') == r'x{i=~"a\\.example\\.com|b\\.example\\.com"}'
    )
