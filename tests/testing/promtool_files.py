# ruff: noqa: E501 - YAML of others stands in one line
"""Test files of promtool by hand: one for each corner of the format and of the way rules are evaluated.

Each is (what it is about, the tests, the rules). Whether promtool passes or fails it is for promtool to say.
"""

from __future__ import annotations

RULES = """groups:
- name: g
  interval: 3m
  rules:
  - {record: r, expr: "x * 2"}
  - alert: A
    expr: x > 1
    for: 1m
    labels: {sev: h, empty: ""}
    annotations: {s: "v {{ $value }} {{ $externalLabels.e }} {{ $externalURL }}", t: ""}
"""
HEAD = "rule_files: [r.yml]\n"
GIVEN = 'tests:\n- interval: 1m\n  input_series: [{series: x, values: "1+1x10"}]\n'

File = tuple[str, str, str]


def asking(expr: str, samples: str, at: str = "3m", head: str = HEAD, given: str = GIVEN) -> str:
    return f"{head}{given}  promql_expr_test:\n  - {{eval_time: {at}, expr: {expr}, exp_samples: {samples}}}\n"


def alerting(test: str, more: str = "") -> str:
    return f"{HEAD}{GIVEN}{more}  alert_rule_test:\n  - {{{test}}}\n"


def notations() -> list[File]:
    """What samples can look like, and what they cannot."""
    texts = [
        "1 2", "1  2", "1+2", "1 stale 2", "_ 5", "_x3 7", "Inf Inf", "-Inf -Inf", "NaN NaN", "+5 +5", "1x0 8", "1e3x2",
        "0x3", ".5 .5", "5. 5.", "1,2", "1x-1", "1+-2x2", "1-2x3", "1+1x1.5", "a", "inf INF", "stalex3", "0x1F 0x1F",
        "1+1 x 2", "1 + 1x2", "5x", "1m 1m", "-1-1x3", "1+infx2", "_x0 4 5", "1__ 2", "1_ 2", "1 _1", "# 1", "1 # c",
        "1+1x2x3", "1x2+1", "1e400 1", "01 02", "1. 2", "stale 3", "STALE 3", "_x 3", "- 1", "1-x3",
    ]  # fmt: skip
    given = "tests:\n- interval: 1m\n  input_series: [{{series: x, values: '{text}'}}]\n"
    return [
        (
            f"values {text!r}",
            asking("x", f"[{{labels: x, value: {value}}}]", "1m", given=given.format(text=text)),
            RULES,
        )
        for text in texts
        for value in (2, 5)
    ]


def names() -> list[File]:
    """What a series can be called."""
    texts = [
        "x", "x{}", "{}", '{__name__="x"}', "x{a='b'}", "x{a=`b`}", 'x{a="b",}', "x{,}", 'x {a="b"}', "sum", "by{}",
        'x{a=""}', 'x{a="b",a="c"}', 'x{a!="b"}', "x y", "9x", "offset", "inf", "nan", 'x{on="a",sum="b"}', 'x{a="b"',
        'X{a = "b" }', " x", "start", 'bool{a="1"}', 'x{1a="b"}', 'x{a:b="c"}', 'x{a="\\n\\u00e9\\""}', 'x{a="b" c="d"}',
    ]  # fmt: skip
    given = "tests:\n- interval: 1m\n  input_series:\n  - values: 1 2\n    series: {text}\n"
    quoted = ["'" + text.replace("'", "''") + "'" for text in texts]
    return [
        (f"series {text}", asking("count({__name__=~'.+'})", "[{labels: '{}', value: 1}]", "1m", given=given.format(text=text)),
         "groups: []\n")
        for text in quoted
    ]  # fmt: skip


def samples() -> list[File]:
    """What is expected of an expression."""
    labels = ["''", "'{}'", "r", "' r '", "'r{a=\"\"}'", "'{__name__=\"r\"}'", "010", "'r{'", "'r{a!=\"b\"}'"]
    values = ["8", "'8'", "8.0", "0x8", "8e0", ".inf", "+8", "", "1_0", "010", "0o10", "true", "8:00", ".nan"]
    found = [(f"labels {text}", asking("r", f"[{{labels: {text}, value: 8}}]"), RULES) for text in labels]
    found += [(f"value {text}", asking("r", f"[{{labels: r, value: {text}}}]"), RULES) for text in values]
    exprs = [
        ("5", "[{labels: '{}', value: 5}]"), ("'\"a\"'", "[]"), ("'x[1m]'", "[]"), ("'foo('", "[]"), ("''", "[]"),
        ("x", "null"), ("nothing", "null"), ("x", "[{labels: x, value: 4},{labels: x, value: 4}]"),
        ("x*NaN", "[{labels: '{}', value: .nan}]"), ("x*0.1*3", "[{labels: '{}', value: 1.2}]"),
        ("x or vector(4)", "[{labels: '{}', value: 4},{labels: x, value: 4}]"),
    ]  # fmt: skip
    found += [(f"expr {expr}", asking(expr, wanted), RULES) for expr, wanted in exprs]
    return found


def alerts() -> list[File]:
    """What is expected of an alert."""
    tests = {
        "all named": 'eval_time: 3m, alertname: A, exp_alerts: [{exp_labels: {sev: h}, exp_annotations: {s: "v 4  ", t: ""}}]',
        "an empty annotation not named": 'eval_time: 3m, alertname: A, exp_alerts: [{exp_labels: {sev: h}, exp_annotations: {s: "v 4  "}}]',
        "an empty label named": 'eval_time: 3m, alertname: A, exp_alerts: [{exp_labels: {sev: h, empty: ""}, exp_annotations: {s: "v 4  ", t: ""}}]',
        "another alertname": 'eval_time: 3m, alertname: A, exp_alerts: [{exp_labels: {sev: h, alertname: B}, exp_annotations: {s: "v 4  ", t: ""}}]',
        "between two evaluations": 'eval_time: 3m59s, alertname: A, exp_alerts: [{exp_labels: {sev: h}, exp_annotations: {s: "v 4  ", t: ""}}]',
        "none expected while it fires": "eval_time: 3m, alertname: A, exp_alerts: []",
        "none expected while it is pending": "eval_time: 1m, alertname: A, exp_alerts: []",
        "twice": 'eval_time: 3m, alertname: A, exp_alerts: [{exp_labels: {sev: h}, exp_annotations: {s: "v 4  ", t: ""}}, {exp_labels: {sev: h}, exp_annotations: {s: "v 4  ", t: ""}}]',
        "no alertname": "eval_time: 3m, exp_alerts: []",
        "no time": "alertname: A, exp_alerts: []",
        "a name that no rule has": "eval_time: 3m, alertname: Nope",
        "a time without unit": "eval_time: 3, alertname: A",
        "the time 0": "eval_time: 0, alertname: A",
        "an empty time": "eval_time: '', alertname: A",
        "an unknown key": "eval_time: 0s, alertname: A, exp_alert: []",
    }  # fmt: skip
    found = [(f"alert: {name}", alerting(test), RULES) for name, test in tests.items()]
    outside = "  external_labels: {e: EE}\n  external_url: http://h/p/\n"
    wanted = 'eval_time: 3m, alertname: A, exp_alerts: [{exp_labels: {sev: h}, exp_annotations: {s: "v 4 EE http://h/p/", t: ""}}]'
    return [*found, ("alert: what is outside", alerting(wanted, outside), RULES)]


def whole() -> list[File]:
    """Files as such."""
    texts = {
        "empty": "", "no tests": HEAD, "no rules": "tests: []\n", "an unknown key": "tests: []\nfoo: 1\n",
        "a key twice": "tests: []\ntests: []\n", "rules that are not there": "rule_files: [none.yml]\ntests: [{}]\n",
        "a group twice in the order": f"{HEAD}group_eval_order: [g, g]\ntests: []\n",
        "an unknown group in the order": f"{HEAD}group_eval_order: [h]\ntests: [{{}}]\n",
        "an interval of 0": f"{HEAD}evaluation_interval: 0s\ntests: [{{}}]\n", "an empty test": f"{HEAD}tests: [{{}}]\n",
        "a list": "- a\n", "a text": "a\n",
    }  # fmt: skip
    found = [(f"file: {name}", text, RULES) for name, text in texts.items()]
    given = 'tests:\n- interval: 15s\n  input_series: [{series: x, values: "1+1x100"}]\n'
    found.append(
        ("samples up to the last evaluation", asking("x", "[{labels: x, value: 5}]", "90s", given=given), RULES)
    )
    twice = 'tests:\n- interval: 1m\n  input_series: [{series: x, values: "1+1x9"}, {series: x, values: "5+1x9"}]\n'
    found.append(("a series twice", asking("x", "[{labels: x, value: 8}]", given=twice), RULES))
    for values in ("2+2x10", "5x10", "_ 5", "_x4 5"):
        both = f'tests:\n- interval: 1m\n  input_series: [{{series: x, values: "1+1x9"}}, {{series: r, values: "{values}"}}]\n'
        found.append(
            (f"{values} given for a recorded series", asking("r", "[{labels: r, value: 8}]", given=both), RULES)
        )
    return found


def rules() -> list[File]:
    """What rules do, and what they cannot."""
    rules = {
        "a broken template": "{alert: A, expr: x, annotations: {a: '{{ $value | foo }}'}}",
        "a broken template of a label": "{alert: A, expr: x, labels: {a: '{{ $value '}}",
        "a template that fails when it runs": "{alert: A, expr: x, annotations: {a: '{{ index .Labels 1 2 }}'}}",
        "an expression that is none": "{record: f, expr: 'x +'}",
        "no expression": "{record: f}",
        "a recording that waits": "{record: f, expr: x, for: 1m}",
        "ambiguous at 1m only": "{record: y, expr: 'sum without (a) (x) / on() (x or label_replace(x == 2, \"a\", \"1\", \"\", \"\"))'}",
        "two elements, one series": "{record: f, expr: 'x or label_replace(x, \"a\", \"b\", \"\", \"\")', labels: {a: b}}",
        "two elements, one alert": "{alert: A, expr: 'x or label_replace(x, \"a\", \"b\", \"\", \"\")', labels: {a: b}}",
        "sees nothing later": "{record: f, expr: 'x offset -1m'}",
        "at the end": "{record: f, expr: 'x @ end()'}",
        "at the start": "{record: f, expr: 'x @ 0'}",
        "reads itself": "{record: f, expr: 'x + (f offset 1m or x * 0)'}",
        "asks in a template": "{alert: A, expr: x, labels: {a: '{{ query \"x\" | first | value }}'}}",
    }  # fmt: skip
    found = []
    for name, rule in rules.items():
        text = f"groups: [{{name: a, rules: [{rule}]}}]\n"
        for value in (3, 4, 9):
            asked = asking("f", f"[{{labels: f, value: {value}}}]", "2m")
            found.append((f"rule: {name}, {value}", asked, text))
        found.append((f"rule: {name}, no samples", asking("f", "[]", "2m"), text))
    limit = 'groups: [{name: a, limit: 1, rules: [{record: f, expr: \'x or label_replace(x > 2,"a","b","","")\'}]}]\n'
    found.append(("rule: over the limit", asking("nothing", "[]", "2m"), limit))
    nothing = "groups: [{name: a, rules: [{alert: A, expr: x, labels: {l: '{{ $labels.l }}'}}]}]\n"
    found += [
        (
            f"rule: a label that expands to nothing, {text}",
            asking("ALERTS", f"[{{labels: '{text}', value: 1}}]"),
            nothing,
        )
        for text in (
            'ALERTS{alertname="A",alertstate="firing"}',
            'ALERTS{alertname="A",alertstate="firing",l="{{ $labels.l }}"}',
        )
    ]
    chained = """groups:
- {name: late, rules: [{record: b, expr: a * 10}]}
- {name: early, rules: [{record: a, expr: x + 1}]}
"""
    for order in ("[early, late]", "[late, early]"):
        head = f"{HEAD}group_eval_order: {order}\n"
        found += [
            (f"order {order}, {value}", asking("b", f"[{{labels: b, value: {value}}}]", head=head), chained)
            for value in (40, 50)
        ]
    return found


def files() -> list[File]:
    return [*notations(), *names(), *samples(), *alerts(), *whole(), *rules()]
