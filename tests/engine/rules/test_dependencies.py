"""When whole columns of rules may be computed, and in which order."""

from __future__ import annotations

import pytest

from vedette.engine.rules.dependencies import Dated, Reader, column_order, same_in_columns
from vedette.formats.rules import AlertingRule, RecordingRule
from vedette.promql.parser import parse


def record(name: str, expr: str, **labels: str) -> Reader:
    return Reader(RecordingRule(record=name, expr=expr), labels, parse(expr))


def alert(name: str, expr: str, *, annotation: str = "", **labels: str) -> Reader:
    return Reader(AlertingRule(alert=name, expr=expr, annotations={"a": annotation}), labels, parse(expr))


def group(*rules: Reader, times: range = range(0, 100, 10), query_offset: int = 0) -> Dated:
    return Dated(rules, times, query_offset)


LATER = range(5, 100, 10)


@pytest.mark.parametrize(
    ("groups", "order"),
    [
        ([], []),
        ([group(record("a", "x")), group(record("b", "a"))], [0, 1]),
        ([group(record("b", "a")), group(record("a", "x"), times=LATER)], [1, 0]),
        ([group(record("a", "x"), record("b", "a"), alert("C", "b > 1"), alert("D", 'ALERTS{alertname="C"}'))], [0]),
        ([group(alert("C", 'ALERTS{alertname="other"}'))], [0]),
        ([group(record("a", "a{of='x'}", of="y"))], [0]),
        ([group(record("a", "x", of="1"), record("a", "y", of="2"), alert("a", "x"))], [0]),
        ([group(record("a", "x @ 10 + x offset -1m"))], [0]),
        ([group(record("a", "x")), group(record("b", "a"), query_offset=5)], [0, 1]),
        ([Dated([Reader(RecordingRule(record="a", expr="("), {}, None)], range(3), 0)], [0]),
        # a query within a text reads like an expression does
        ([group(record("y", "x"), alert("C", "x", annotation='{{ range query "y" }}{{ end }}'))], [0]),
        ([group(record("y", "x")), group(alert("C", "x", annotation='{{ printf "y / %f" $value | query }}'))], [0, 1]),
        # one recording rule for each service, in a group of its own
        ([group(record("a", f"x{{job='{n}'}}"), record("b", f"a{{job='{n}'}}")) for n in "12"], [0, 1]),
        ([group(record("b", "a{job='2'}")), group(record("a", "sum by (job) (x{job='1'})"))], [0, 1]),
        ([group(alert("C", "ALERTS{alertname='D',job='2'}")), group(alert("D", "x{job=~'1|3'}"))], [0, 1]),
        # urlquery is another function
        ([group(alert("C", "x", annotation="/d?var-job={{ $labels.job | urlquery }}"))], [0]),
    ],
)
def test_writers_come_before_readers(groups: list[Dated], order: list[int]) -> None:
    assert column_order(groups) == order


@pytest.mark.parametrize(
    "groups",
    [
        [group(record("a", "a + 1"))],
        [group(record("b", "a"), record("a", "x"))],
        [group(alert("C", "x unless ALERTS"))],
        [group(alert("C", "{alertname='C'}"))],
        [group(alert("C", "{job='x'}"))],
        [group(record("a", "b")), group(record("b", "a"), times=LATER)],
        [group(record("b", "a")), group(record("a", "x"))],
        [group(record("a", "x"), record("b", "a offset -1m"))],
        [group(record("a", "x"), record("b", "max_over_time(a[5m:] @ 100)"))],
        [group(record("a", "x"), query_offset=5), group(record("b", "a"))],
        [group(record("a", "x", of="1"), record("a", "y"))],
        [group(alert("C", "x", of="{{ $value }}"), alert("C", "y", of="1"))],
        [group(alert("C", "x", annotation="{{ query $labels.of }}"))],
        [group(alert("C", "x", of='{{ range query "ALERTS" }}{{ end }}'))],
        [group(alert("C", "x", annotation='{{ query "y" }}'), record("y", "x"))],
        [group(record("y", "x"), alert("C", "x", annotation='{{ query "y offset -1m" }}'))],
        [group(alert("C", "x", annotation='{{ printf "y{job=%q}" $labels.job | query }}'), record("y", "x", of="1"))],
        [group(alert("C", "ALERTS{of='x'}", of="{{ $value }}"))],
        # a label that the query drops, or that the rule overwrites, tells nothing
        [group(record("b", "a{job=''}")), group(record("a", "sum(x{job='1'})"))],
        [group(record("b", "a{job='2'}")), group(record("a", "x{job='1'}", job="2"))],
        [group(record("b", "a{job='2'}")), group(record("a", "x{job='1'} or x{job='2'}"))],
    ],
)
def test_what_reads_its_own_past_or_anothers_future_goes_step_by_step(groups: list[Dated]) -> None:
    assert column_order(groups) is None


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("rate(x[5m] @ 10)", True),
        ("x @ start()", False),
        ("max_over_time(x[5m:] @ end())", False),
        ("x + step()", False),
        ("time()", True),
    ],
)
def test_a_range_query_is_not_the_same_where_it_knows_its_own_ends(text: str, same: bool) -> None:
    assert same_in_columns(parse(text)) is same
