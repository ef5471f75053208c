"""Go templates give what Go gives; the corpus is also rendered by the real promtool and amtool."""

# ruff: noqa: E501 - templates and what they give stand on one line each

from __future__ import annotations

import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.real import binary

from vedette.formats.gotemplate import SafeHtml, StringMap, Template, TemplateError, Time, sprintf
from vedette.formats.template_functions import (
    alertmanager_functions,
    humanize,
    prometheus_functions,
    prometheus_variables,
    rule_template,
)

LABELS = {"job": "shop", "instance": "10.0.0.7:8000", "host": "db1.example.com:5432", "path": "/a/<b>&'c'"}
LONG = 'a long one, with "quotes", a \\ and ünïcödé'

# (template, value, what Prometheus makes of it)
RULES: list[tuple[str, float, str]] = [
    ("plain", 1, "plain"),
    ("{{ $value }}", 0.1, "0.1"),
    ("{{ $value }}", 1e6, "1e+06"),
    ("{{ $value }}", 123456, "123456"),
    ("{{ $value }}", 1234567, "1.234567e+06"),
    ("{{ $value }}", 21e20, "2.1e+21"),
    ("{{ $value }}", 0.0001, "0.0001"),
    ("{{ $value }}", 0.00001, "1e-05"),
    ("{{ $value }}", 1 / 3, "0.3333333333333333"),
    ("{{ .Value }} {{ .Labels.job }} {{ $labels.job }}", 2, "2 shop shop"),
    ("[{{ $labels.missing }}]", 1, "[]"),
    ("{{ $labels }}", 1, "map[host:db1.example.com:5432 instance:10.0.0.7:8000 job:shop path:/a/<b>&'c']"),
    ("{{ $labels.path }}", 1, "/a/<b>&'c'"),
    ("a {{- $value -}} b", 1, "a1b"),
    ("a {{- /* no */ -}} b", 1, "ab"),
    ("a{{/* no */}} b", 1, "a b"),
    ('{{ printf "%v %s %d %f %.2f %q %t %x %5.1f|%%" 1.5 "s" 3 2.5 $value "q" true 255 9.96 }}', 2, '1.5 s 3 2.500000 2.00 "q" true ff  10.0|%'),
    ('{{ printf "%05d|%-5d|%+d|% d|%5s|%-5s|%.2s|%c|%U|%o|%b|%X|%e|%G" 42 42 42 42 "ab" "ab" "abc" 65 65 8 5 255 12345.678 1e-7 }}', 1,
     "00042|42   |+42| 42|   ab|ab   |ab|A|U+0041|10|101|FF|1.234568e+04|1E-07"),
    ('{{ printf "%d" }} {{ printf "x" 1 }} {{ printf "%d" $value }} {{ printf "%s" 3 }} {{ printf "%z" true }}', 1.5,
     "%!d(MISSING) x%!(EXTRA int=1) %!d(float64=1.5) %!s(int=3) %!z(bool=true)"),
    ('{{ printf "%[2]d %[1]d %*d" 1 2 }}', 1, "2 1 %!d(MISSING)"),
    ('{{ printf "%*d|%.*f|%-*d|" 5 1 2 $value 4 7 }}', 1, "    1|1.00|7   |"),
    ('{{ printf "%v|%6v|%-6v|%06v" $value $value $value $value }}', 2.5, "2.5|   2.5|2.5   |0002.5"),
    ('{{ printf "%x %X %q %T %T" "hi" "hi" 120 $value $labels }}', 1, "6869 6869 'x' float64 map[string]string"),
    ('{{ printf "%q" `a"b\\c\td` }}', 1, '"a\\"b\\\\c\\td"'),
    ('{{ printf "%.3g %.10g %g" $value $value $value }}', 1234567.891, "1.23e+06 1234567.891 1.234567891e+06"),
    ('{{ print 1 2 "a" 3 true false }}|{{ println "a" 1 }}|', 1, "1 2a3 true false|a 1\n|"),
    ("{{ if gt $value 0.5 }}high{{ else if gt $value 0.2 }}mid{{ else }}low{{ end }}", 0.3, "mid"),
    ("{{ if and (gt $value 0.5) $labels.job }}yes{{ end }}{{ if not $labels.nope }}!{{ end }}", 0.6, "yes!"),
    ('{{ and 1 0 2 }} {{ or 0 "" "x" }} {{ not 0 }} {{ and 1 2 }}', 1, "0 x true 2"),
    ('{{ eq $labels.job "x" "shop" }} {{ ne 1 2 }} {{ lt "a" "b" }} {{ le 2 2 }} {{ ge 1.5 2.5 }}', 1, "true true true true false"),
    ("{{ with $x := $labels.job }}{{ $x }}{{ . }}{{ end }}{{ with $labels.none }}a{{ else }}b{{ end }}", 1, "shopshopb"),
    ("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $x := 3 }}{{ $x }}{{ end }}{{ $x }}", 1, "32"),
    ("{{ range $k, $v := $labels }}{{ $k }}={{ $v }};{{ end }}", 1, "host=db1.example.com:5432;instance=10.0.0.7:8000;job=shop;path=/a/<b>&'c';"),
    ("{{ range $labels }}{{ . }} {{ end }}", 1, "db1.example.com:5432 10.0.0.7:8000 shop /a/<b>&'c' "),
    ("{{ range args 1 2 3 }}{{ if eq . 2 }}{{ continue }}{{ end }}{{ . }}{{ end }}", 1, "13"),
    ("{{ range args 1 2 3 }}{{ if eq . 2 }}{{ break }}{{ end }}{{ . }}{{ end }}", 1, "1"),
    ('{{ define "t" }}[{{ .arg0 }} {{ .arg1 }}]{{ end }}{{ template "t" (args $value "x") }}', 4, "[4 x]"),
    ('{{ block "b" 4 }}<{{ . }}>{{ end }}', 1, "<4>"),
    ('{{ (args 1 2).arg1 }} {{ index (args 7) "arg0" }} {{ index $labels "job" }} {{ len $labels.job }}', 1, "2 7 shop 4"),
    ('{{ slice "abcdef" 1 3 }} {{ slice "abc" 1 }} {{ index "abc" 1 }} {{ len "ü" }}', 1, "bc bc 98 2"),
    ("{{ html $labels.path }} {{ js \"<a b='1'>\" }} {{ urlquery \"a b&c/~\" }}", 1,
     "/a/&lt;b&gt;&amp;&#39;c&#39; \\u003Ca b\\u003D\\'1\\'\\u003E a+b%26c%2F~"),
    ("{{ 'a' }} {{ 0x1F }} {{ 1e3 }} {{ -5 }} {{ 1_000 }} {{ `raw\\n` }} {{ \"esc\\tx\\u00e9\" }} {{ true }}", 1, "97 31 1000 -5 1000 raw\\n esc\tx\u00e9 true"),
    ("{{ $value | humanize }}", 1234567, "1.235M"),
    ("{{ $value | humanize }}", 0.001234, "1.234m"),
    ("{{ $value | humanize }}", 0, "0"),
    ("{{ $value | humanize }}", -98765, "-98.77k"),
    ("{{ $value | humanize1024 }}", 1048576, "1Mi"),
    ("{{ $value | humanize1024 }}", 1500, "1.465ki"),
    ("{{ $value | humanizeDuration }}", 93784, "1d 2h 3m 4s"),
    ("{{ $value | humanizeDuration }}", 3661, "1h 1m 1s"),
    ("{{ $value | humanizeDuration }}", 61.5, "1m 1s"),
    ("{{ $value | humanizeDuration }}", 59.9876, "59.99s"),
    ("{{ $value | humanizeDuration }}", 0.0023, "2.3ms"),
    ("{{ $value | humanizeDuration }}", -120, "-2m 0s"),
    ("{{ $value | humanizePercentage }}", 0.123456, "12.35%"),
    ("{{ $value | humanizeTimestamp }}", 1435065584.128, "2015-06-23 13:19:44.128 +0000 UTC"),
    ('{{ humanize "1e3" }} {{ humanize 12 }}', 1, "1k 12"),
    ("{{ ($value | toTime).Year }}", 1435065584, "2015"),
    ('{{ title "hello wORLD-foo" }} {{ toUpper "aä" }} {{ toLower "AÄ" }}', 1, "Hello WORLD-Foo AÄ aä"),
    ('{{ match "^sh" $labels.job }} {{ match "x$" $labels.job }}', 1, "true false"),
    ('{{ reReplaceAll "(\\\\d+)\\\\.(\\\\d+)" "${2}-$1$$" $labels.instance }}', 1, "0-10$.7-0$:8000"),
    ('{{ reReplaceAll "(?P<n>o)" "<$n$x>" $labels.job }}', 1, "sh<o>p"),
    ("{{ stripPort $labels.instance }} {{ stripDomain $labels.host }} {{ stripDomain $labels.instance }}", 1, "10.0.0.7 db1:5432 10.0.0.7:8000"),
    ('{{ parseDuration "1h30m" }}', 1, "5400"),
    ('{{ graphLink "up{a=\\"b\\"} > 1" }} {{ tableLink "up" }}', 1, "/graph?g0.expr=up%7Ba%3D%22b%22%7D+%3E+1&g0.tab=0 /graph?g0.expr=up&g0.tab=1"),
    ('{{ with query "v" }}{{ . | first | value }} {{ . | first | label "job" }}{{ end }}', 1, "0.5 shop"),
    ('{{ range query "v" | sortByLabel "job" }}{{ .Labels.job }}={{ .Value }};{{ end }}', 1, "shop=0.5;"),
    (LONG, 1, LONG),
    ('{{ "}}" }} { } }} {', 1, "}} { } }} {"),
]  # fmt: skip


def render_rule(text: str, value: float) -> str:
    query = prometheus_functions(query=lambda _: [(LABELS, 0.5)])
    return rule_template(text).execute(**prometheus_variables(LABELS, value), functions=query)


@pytest.mark.parametrize(("text", "value", "expected"), RULES)
def test_a_rules_annotation_reads_as_prometheus_writes_it(text, value, expected):
    assert render_rule(text, value) == expected


@pytest.mark.real
@pytest.mark.parametrize("version", ["2.42", "2.53", "3.5"])
def test_promtool_renders_the_same_annotations(version, tmp_path):
    program = binary("promtool", version)
    groups, expected = [], []
    for index, (text, value, wanted) in enumerate(RULES):
        name = f"A{index}"
        rule = {"alert": name, "expr": f"v * 0 + ({value!r})", "annotations": {"text": text}}
        groups.append({"name": name, "rules": [rule]})
        alert = {"exp_labels": LABELS, "exp_annotations": {"text": wanted}}
        expected.append({"eval_time": "0s", "alertname": name, "exp_alerts": [alert]})
    series = "v{" + ",".join(f"{name}={json.dumps(text)}" for name, text in LABELS.items()) + "}"
    inputs = [{"series": series, "values": "0.5"}]
    test = {"rule_files": ["rules.yml"], "tests": [{"input_series": inputs, "alert_rule_test": expected}]}
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": groups}))
    (tmp_path / "test.yml").write_text(json.dumps(test))
    ran = subprocess.run(
        [program, "test", "rules", "test.yml"], cwd=tmp_path, text=True, capture_output=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_rule_template_asks_nothing_where_there_is_no_store():
    with pytest.raises(TemplateError, match="no store to ask here"):
        rule_template('{{ query "up" }}').execute({}, variables={})


ERRORS = [
    ("{{ foo }}", 1, 4, "function 'foo' not defined"),
    ("{{ if }}x{{ end }}", 1, 7, "missing value for if"),
    ("ab\n{{ if .x }}", 2, 4, "{{if}} has no {{end}}"),
    ("{{ end }}", 1, 4, "unexpected {{end}}"),
    ("{{ else }}", 1, 4, "unexpected {{else}}"),
    ("{{ $x }}", 1, 4, "undefined variable '$x'"),
    ("{{ $x = 1 }}", 1, 4, "undefined variable '$x'"),
    ('{{ "a', 1, 4, "unterminated quoted string"),
    ("{{ `a", 1, 4, "unterminated raw quoted string"),
    ("{{ .a", 1, 1, "unclosed action: no }} follows"),
    ("{{/* a", 1, 1, "unclosed comment"),
    ("{{/* a */ x }}", 1, 1, "comment ends before closing delimiter"),
    ("{{ .a ! }}", 1, 7, "unexpected character '!' in an action"),
    ("{{ 3x }}", 1, 5, "bad number syntax"),
    ("{{ }}", 1, 4, "missing value for command"),
    ("{{ .a | }}", 1, 7, "missing value after '|' in command"),
    ("{{ .a | 3 }}", 1, 9, "non executable command in pipeline stage 2"),
    ("{{ (.a }}", 1, 8, "unexpected '}}' in parenthesized pipeline"),
    ("{{ nil }}", 1, 4, "nil is not a command"),
    ("{{ break }}", 1, 4, "{{break}} outside {{range}}"),
    ("{{ template }}", 1, 13, "unexpected '}}' in template clause"),
    ("{{ if true }}{{ define `x` }}{{ end }}{{ end }}", 1, 17, "unexpected 'define' in a nested block; define belongs at the top level"),
    ("{{ if 1 }}{{ else }}{{ else }}{{ end }}", 1, 24, "expected {{end}}; found a second {{else}}"),
    ("{{ range $a, $b, $c := . }}{{ end }}", 1, 16, "too many declarations in range"),
    ('{{ "\\z" }}', 1, 4, 'invalid escape in "\\z"'),
    ("{{ 1.a }}", 1, 6, "bad number syntax"),
    ("{{ 'ab' }}", 1, 4, "malformed character constant: 'ab'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "column", "message"), ERRORS)
def test_a_broken_template_is_refused_at_its_place(text, line, column, message):
    with pytest.raises(TemplateError) as caught:
        Template.parse(text, "annotation")
    assert (caught.value.line, caught.value.column, caught.value.message) == (line, column, message)
    assert str(caught.value) == f"template annotation:{line}:{column}: {message}"


FAILURES = [
    ("{{ lt .f 1 }}", "error calling lt: incompatible types for comparison (write 0.0 to compare with a float)"),
    ("{{ lt .m 1 }}", "error calling lt: invalid type for comparison"),
    ("{{ eq .f `a` }}", "error calling eq: incompatible types for comparison"),
    ("{{ index .l 9 }}", "error calling index: index out of range: 9"),
    ("{{ index .l `a` }}", "error calling index: cannot index slice/array with type string"),
    ("{{ index .s 1 2 }}", "error calling index: can't index item of type int"),
    ("{{ len 3 }}", "error calling len: len of type int"),
    ("{{ slice .s 2 1 }}", "error calling slice: invalid slice index: 2 > 1"),
    ("{{ .s.x }}", "can't evaluate field x in type string"),
    ("{{ .s 1 }}", "s has arguments but cannot be invoked as function"),
    ("{{ 3 4 }}", "can't give argument to non-function"),
    ("{{ range .s }}{{ end }}", "range can't iterate over text"),
    ("{{ template `gone` }}", "template 'gone' not defined; defined: none"),
    ("{{ toUpper 3 }}", "wrong type for value; expected string; got int"),
    ("{{ join `,` .s }}", "wrong type for value; expected []string; got string"),
    ("{{ toUpper `a` `b` }}", "wrong number of args for toUpper: want 1 got 2"),
    ("{{ printf }}", "wrong number of args for printf: want at least 1 got 0"),
    ("{{ tz `Mars/Crater` .t }}", "error calling tz: unknown time zone Mars/Crater"),
    ("{{ match `(` .s }}", "error calling match: "),
    ("{{ dict 1 }}", "error calling dict: dict expects even number of arguments"),
    ("{{ call .s }}", "error calling call: non-function of type string"),
]  # fmt: skip
DATA = {"f": 1.5, "m": StringMap(a="b"), "l": ["x", "y"], "s": "text", "t": Time.at(0)}


@pytest.mark.parametrize(("text", "message"), FAILURES)
def test_a_template_that_fails_says_what_it_wanted(text, message):
    template = Template.parse(text, functions=alertmanager_functions())
    with pytest.raises(TemplateError) as caught:
        template.execute(DATA)
    assert message in caught.value.message
    assert caught.value.line == 1


def test_endless_recursion_is_an_error_and_not_a_crash():
    template = Template.parse("{{ define `a` }}{{ template `a` }}{{ end }}{{ template `a` }}")
    with pytest.raises(TemplateError, match="calls itself more than 100 deep"):
        template.execute({})


def test_a_missing_key_is_no_value_unless_told_otherwise():
    assert Template.parse("{{ .a }} {{ .m.a }}").execute({"m": StringMap()}) == "<no value> <no value>"
    zero = Template.parse("{{ .a }} [{{ .m.a }}]", missing="zero")
    assert zero.execute({"m": StringMap()}) == "<no value> []"
    with pytest.raises(TemplateError, match="map has no entry for key 'a'"):
        Template.parse("{{ .a }}", missing="error").execute({})


def test_html_mode_escapes_values_and_leaves_safe_html_alone():
    template = Template.parse('<b title="{{ .x }}">{{ .x }}{{ .safe }}</b>{{ .n }}')
    shown = template.execute({"x": "<a+b>&\"'", "safe": SafeHtml("<i>ok</i>"), "n": 1.5}, html=True)
    assert shown == ('<b title="&lt;a&#43;b&gt;&amp;&#34;&#39;">&lt;a&#43;b&gt;&amp;&#34;&#39;<i>ok</i></b>1.5')


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://x.example/d/a?b=1&c=d", "https://x.example/d/a?b=1&amp;c=d"),
        ("mailto:a@example.com", "mailto:a@example.com"),
        ("/relative/path:1", "/relative/path:1"),
        ("javascript:alert(1)", "#ZgotmplZ"),
        (" JavaScript:alert(1)", "#ZgotmplZ"),
        ("data:text/html,x", "#ZgotmplZ"),
        ('"><script>', "%22%3E%3Cscript%3E"),
    ],
)
def test_html_mode_lets_no_script_into_a_link(url, shown):
    template = Template.parse('<a href="{{ .u }}">x</a>')
    assert template.execute({"u": url}, html=True) == f'<a href="{shown}">x</a>'


def test_a_value_in_the_query_of_a_link_is_encoded_whole():
    template = Template.parse('<a href="/x?a={{ .u }}">')
    assert template.execute({"u": "b&c=d"}, html=True) == '<a href="/x?a=b%26c%3Dd">'


@pytest.mark.parametrize(
    ("layout", "shown"),
    [
        ("2006-01-02T15:04:05Z07:00", "2026-03-09T07:05:03Z"),
        ("2006-01-02T15:04:05.000Z07:00", "2026-03-09T07:05:03.120Z"),
        ("2006-01-02 15:04:05.999 -0700 MST", "2026-03-09 07:05:03.12 +0000 UTC"),
        ("Mon, 2 Jan 06 3:4:5PM", "Mon, 9 Mar 26 7:5:3AM"),
        ("Monday _2 January 002 03pm -07:00", "Monday  9 March 068 07am +00:00"),
    ],
)
def test_a_time_is_written_in_gos_layout(layout, shown):
    template = Template.parse("{{ .t.Format .layout }}")
    assert template.execute({"t": Time.at(1773039903120), "layout": layout}) == shown


def test_times_know_zones_and_durations():
    template = Template.parse(
        '{{ .t | tz "America/New_York" | date "15:04 MST -07:00" }} {{ since .t }} {{ (since .t).Seconds }} {{ .zero.IsZero }}',
        functions=alertmanager_functions(now=1773039903120 + 93_784_500),
    )
    shown = template.execute({"t": Time.at(1773039903120), "zero": Time.zero()})
    assert shown == "03:05 EDT -04:00 26h3m4.5s 93784.5 true"


def test_json_is_written_as_go_writes_it():
    template = Template.parse("{{ toJson . }}", functions=alertmanager_functions())
    data = {"b": [1.0, 1.5, "<x>&"], "a": None, "t": Time.at(0)}
    assert template.execute(data) == '{"a":null,"b":[1,1.5,"\\u003cx\\u003e\\u0026"],"t":"1970-01-01T00:00:00Z"}'


def test_definitions_of_another_text_can_be_included():
    library = Template.parse("{{ define `subject` }}[{{ .Status }}]{{ end }}", "library.tmpl")
    template = Template.parse("{{ template `subject` . }}!", definitions=library.definitions)
    assert template.execute({"Status": "firing"}) == "[firing]!"


def test_a_blank_definition_does_not_replace_a_real_one():
    template = Template.parse("{{ define `a` }}x{{ end }}{{ define `a` }} {{ end }}{{ template `a` }}")
    assert template.execute({}) == "x"


@given(st.text())
def test_text_without_delimiters_stays_as_it_is(text):
    if "{{" not in text:
        assert Template.parse(text).execute({}) == text


def _place_of_the_error(text: str) -> tuple[int, int]:
    try:
        Template.parse(text)
    except TemplateError as error:
        return error.line, error.column
    return 1, 1


@given(st.text(alphabet="{}.|()$ :=-\"`'abcif end range with/*\n1,"))
def test_any_text_either_parses_or_is_refused_at_a_place_inside_it(text):
    whole = "{{" + text + "}}"
    line, column = _place_of_the_error(whole)
    assert 1 <= line <= whole.count("\n") + 1
    assert 1 <= column <= len(whole.split("\n")[line - 1]) + 1


@given(st.floats())
def test_a_printed_float_reads_back_as_the_same_number(value):
    shown = sprintf("%v", (value,))
    assert float(shown) == value or value != value  # noqa: PLR0124 - NaN


@given(st.floats(min_value=1e-20, max_value=1e20))
def test_humanized_figures_keep_four_digits(value):
    prefixes = {"": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18, "Z": 21}
    prefixes |= {"m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21}
    shown = humanize(value)
    digits = shown.rstrip("kMGTPEZmunpfaz")
    assert abs(float(digits) * 10 ** prefixes[shown[len(digits) :]] - value) <= value * 6e-4
