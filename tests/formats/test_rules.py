"""Rule files are read, checked and written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.errors import ConfigError
from vedette.formats import rules
from vedette.formats.rules import AlertingRule, RecordingRule, RuleFile, RuleGroup

NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)
PAIRS = st.dictionaries(NAMES, TEXTS, max_size=3)
EXPRS = st.sampled_from([
    "up", "up == 0", "sum by (job) (rate(x_total[5m]))\n  > 0.5\n", "  up{a='b'} # why\n and up\n\n",
    'label_replace(up, "a", "$1:x", "b", "(.*)\\\\d")', "up\tor vector(1)", '{__name__=~"a: b #c"}',
])  # fmt: skip
MILLISECONDS = st.integers(0, 10**10)
RULES = st.builds(RecordingRule, record=NAMES, expr=EXPRS, labels=PAIRS) | st.builds(
    AlertingRule,
    alert=TEXTS,
    expr=EXPRS,
    for_=MILLISECONDS,
    keep_firing_for=MILLISECONDS,
    labels=PAIRS,
    annotations=PAIRS,
)
GROUPS = st.builds(
    RuleGroup,
    name=TEXTS,
    rules=st.lists(RULES, max_size=3, unique_by=repr).map(tuple),
    interval=st.none() | st.integers(1, 10**9),
    query_offset=st.none() | MILLISECONDS,
    limit=st.integers(0, 99),
    labels=PAIRS,
)
FILES = st.builds(RuleFile, groups=st.lists(GROUPS, max_size=3, unique_by=lambda group: group.name).map(tuple))


@settings(deadline=None)
@given(FILES)
def test_what_is_written_reads_the_same(file: RuleFile) -> None:
    text = rules.write(file)
    assert rules.read(text, "r.yml") == file
    assert rules.write(rules.read(text, "r.yml")) == text


def test_a_file_is_read_with_its_places() -> None:
    text = (
        "groups:\n- name: shop\n  interval: 15s\n  limit: 3\n  rules:\n"
        "  - record: job:x:rate5m\n    expr: |\n\n      rate(x[5m])\n"
        "  - alert: Down\n    expr: 'up == 0'\n    for: 1m30s\n    labels: {severity: 1, on: true}\n"
        "    annotations:\n      summary: it's down\n"
    )
    group = rules.read(text, "r.yml").groups[0]
    assert group == RuleGroup(
        name="shop",
        interval=15_000,
        limit=3,
        rules=(
            RecordingRule(record="job:x:rate5m", expr="\nrate(x[5m])\n"),
            AlertingRule(
                alert="Down",
                expr="up == 0",
                for_=90_000,
                labels={"severity": "1", "on": "true"},
                annotations={"summary": "it's down"},
            ),
        ),
    )
    assert [str(rule.place) for rule in group.rules] == ["r.yml:6:5", "r.yml:10:5"]
    assert str(group.rules[1].expr_place) == "r.yml:11:12"


@pytest.mark.parametrize("text", ["", "groups:\n", "groups: []\n", "# nothing\n"])
def test_a_file_without_groups_is_no_mistake(text: str) -> None:
    assert rules.read(text, "r.yml") == RuleFile(groups=())


def rule(*lines: str) -> str:
    return "groups:\n- name: g\n  rules:\n  - " + "\n    ".join(lines) + "\n"


BROKEN = [
    ("group:\n- name: g\n", "r.yml:1:1: unknown key 'group' in the rule file; did you mean 'groups'?"),
    ("groups:\n  name: g\n", "r.yml:2:3: groups is a mapping; write a list, each item after '- '"),
    ("groups:\n- rules: []\n", "r.yml:2:3: group has no name; write 'name: …', unique in the file"),
    (
        "groups:\n- name: g\n- name: h\n- name: g\n",
        "r.yml:4:3: group 'g' is defined twice, first in line 2; rename one",
    ),
    (rule("Alert: A", "expr: up"), "r.yml:4:5: unknown key 'Alert' in rule; did you mean 'alert'?"),
    (rule("alert: A", "exp: up"), "r.yml:5:5: unknown key 'exp' in rule; did you mean 'expr'?"),
    (rule("alert: A"), "r.yml:4:5: rule has no expr; write 'expr: …' in PromQL"),
    (
        rule("expr: up"),
        "r.yml:4:5: a rule has neither alert nor record; write 'alert: Name' or 'record: level:metric:operation'",
    ),
    (
        rule("alert: A", "record: a", "expr: up"),
        "r.yml:5:5: a rule is either an alert or a record, this is both 'A' and 'a'",
    ),
    (
        rule("record: a", "expr: up", "for: 5m"),
        "r.yml:6:5: recording rule 'a' has for, which only alerts have; remove it",
    ),
    (
        rule("record: a-b", "expr: up"),
        "r.yml:4:5: record 'a-b' is no metric name; use letters, digits, '_' and ':', not a digit first",
    ),
    (
        rule("alert: A", "expr: up", "for: 5 minutes"),
        "r.yml:6:10: for is '5 minutes'; write a duration such as '30s', '5m' or '1h30m'",
    ),
    (
        rule("alert: A", "expr: up", "labels: [a]"),
        "r.yml:6:13: labels is a list; write a mapping, 'key: value' on each line",
    ),
    (
        rule("alert: A", "expr: up", "labels: {__name__: x}"),
        "r.yml:6:5: '__name__' cannot be a name in labels; rename or remove it",
    ),
    (
        rule("alert: A", "expr: up", "annotations: {summary: {{ $value }}}"),
        "r.yml:6:28: summary is a mapping; write text, in quotes where it begins with '{'",
    ),
    (
        rule("alert: A", "expr: up", "for: 1m") + "  - alert: A\n    for: 60s\n    expr: up\n",
        "r.yml:7:5: alert 'A' stands twice in group 'g', first in line 4; keep one",
    ),
    ("groups:\n- name: g\n  limit: -1\n", "r.yml:3:10: limit is '-1'; write a whole number, 0 or more"),
]


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_a_broken_file_says_where_and_what_to_do(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        rules.read(text, "r.yml")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        (["expr: up == "], "r.yml:5:16"),
        (["expr: 'up{a=''b'', c~\"d\"}'"], "r.yml:5:25"),
        (["expr: |", "  sum by (job) (", "    rate(x[5m]))", "  > ]"], "r.yml:8:9"),
        (["expr: >-", "  sum by (job) (", "  rate(x[5q]))"], "r.yml:7:14"),
        (["expr: >", "  up", "  and on(job) )"], "r.yml:7:19"),
    ],
)
def test_broken_promql_is_pointed_at_in_the_yaml(lines: list[str], place: str) -> None:
    with pytest.raises(ConfigError) as caught:
        rules.read(rule("alert: A", *lines), "r.yml")
    assert str(caught.value).startswith(f"{place}: ")


def test_every_rule_file_in_the_wild_reads_and_round_trips() -> None:
    data = os.environ.get("VEDETTE_DATA")
    if not data:
        pytest.skip("VEDETTE_DATA is unset: no rule files of others to read")
    files = sorted(Path(data, "alert-rules").rglob("*.yml"))
    assert len(files) >= 112
    alerts = 0
    for path in files:
        file = rules.read(path.read_text(), path.name)
        alerts += sum(isinstance(one, AlertingRule) for group in file.groups for one in group.rules)
        assert rules.read(rules.write(file), path.name) == file
    assert alerts >= 954
