"""Anybody's files as facts: every kind is known by what stands in it, and one broken thing never hides the rest."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.check.foreign import MAX_SIZE, facts_of_paths, facts_of_texts
from vedette.check.given import given as files_of
from vedette.check.run import ordered
from vedette.errors import ConfigError
from vedette.place import Place

if TYPE_CHECKING:
    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

RULES = """\
groups:
  - name: shop
    interval: 30s
    labels: {team: shop}
    rules:
      - record: job:orders:rate5m
        expr: sum by (job) (rate(shop_orders_total[5m]))
      - alert: NoOrders
        expr: >-
          job:orders:rate5m
            == 0
        for: 30m
        labels:
          severity: "high"
        annotations:
          summary: 'It''s {{ $labels.job }}'
"""
OBJECT = """\
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: shop}
spec:
  groups:
    - name: shop
      rules:
        - &down {alert: Down, expr: up == 0, labels: {severity: high}}
        - <<: *down
          alert: DownToo
"""
ROUTES = """\
route:
  receiver: all
  routes:
    - matchers: [severity="high"]
      receiver: all
receivers:
  - name: all
    webhook_configs: [{url: "http://localhost:1/"}]
"""
SCRAPING = """\
global: {scrape_interval: 15s, evaluation_interval: 30s}
rule_files: ["rules/*.yml"]
scrape_configs:
  - job_name: shop
    static_configs: [{targets: ["localhost:8000"]}]
  - job_name: slow
    scrape_interval: 5m
"""
DASHBOARD = json.dumps(
    {
        "title": "Shop",
        "templating": {"list": [{"name": "job", "type": "query", "query": "label_values(up, job)"}]},
        "panels": [
            {
                "id": 1,
                "type": "timeseries",
                "title": "Orders",
                "datasource": {"type": "prometheus", "uid": "x"},
                "targets": [
                    {"refId": "A", "expr": 'sum(\n  rate(o_total{job="$job"}[5m])\n)', "legendFormat": "{{job}} é"}
                ],
            },
            {"id": 2, "type": "row", "title": "More", "panels": [{"id": 3, "type": "stat", "title": "Inner"}]},
        ],
    },
    indent=1,
)
KINDS = {"r.yml": RULES, "o.yml": OBJECT, "a.yml": ROUTES, "p.yml": SCRAPING, "d.json": DASHBOARD}


def read(text: str, name: str = "f.yml") -> tuple[Facts, list[Finding]]:
    return facts_of_texts({name: text})


def told(findings: list[Finding]) -> list[tuple[int, int, str]]:
    return [(one.place.line, one.place.column, one.message) for one in ordered(findings)]


def names(facts: Facts) -> list[str]:
    return [rule.name for group in facts.groups for rule in group.rules]


def test_every_kind_is_known_whatever_the_file_is_called() -> None:
    facts, findings = facts_of_texts({f"{index}.txt": text for index, text in enumerate(KINDS.values())})
    assert findings == []
    assert names(facts) == ["job:orders:rate5m", "NoOrders", "Down", "DownToo"]
    assert (len(facts.routing), len(facts.scraping), len(facts.dashboards)) == (1, 1, 1)
    assert facts.scrape_interval == 300_000
    assert facts.evaluation_interval == 30_000
    assert facts.groups[0].interval == 30_000
    assert facts.groups[1].interval is None
    assert not facts.complete


def test_every_key_of_a_rule_has_its_place_and_every_character_of_its_texts() -> None:
    facts, _ = read(RULES)
    alert = facts.alerts[0]
    assert alert.place == Place("f.yml", 8, 9)
    assert alert.places["for"] == Place("f.yml", 12, 9)
    assert alert.places["labels.severity"] == Place("f.yml", 14, 11)
    summary = alert.annotations["summary"]
    assert summary.value == "It's {{ $labels.job }}"
    assert summary.place == Place("f.yml", 16, 21)
    assert summary.locate(summary.value.index("$labels")) == Place("f.yml", 16, 30)
    number = alert.query.tree.rhs  # type: ignore[union-attr]  # it is a comparison
    assert alert.query.at(number) == Place("f.yml", 11, 16)
    assert alert.labels["team"].value == "shop"


def test_every_query_of_a_panel_has_its_place_through_the_escapes_of_json() -> None:
    facts, _ = read(DASHBOARD, "d.json")
    dashboard = facts.dashboards[0]
    assert [panel.subject for panel in dashboard.panels] == [
        "panel Orders of dashboard Shop", "panel Inner of dashboard Shop",
    ]  # fmt: skip
    query = dashboard.panels[0].queries[0]
    lines = DASHBOARD.split("\n")

    def at(place: Place) -> str:
        return lines[place.line - 1][place.column - 1 :]

    assert query.query is not None
    inner = query.query.tree.expr  # type: ignore[union-attr]  # it is a sum
    assert at(query.query.at(inner)).startswith("rate(o_total")
    assert at(query.legend.locate(query.legend.value.index("é"))).startswith("\\u00e9")
    assert at(dashboard.panels[0].locate("targets[0].refId")).startswith('A"')
    assert dashboard.panels[0].locate("fieldConfig.defaults.unit") == dashboard.panels[0].place
    assert at(dashboard.panels[0].place).startswith('Orders"')
    assert at(dashboard.locate("templating.list[0].query")).startswith("label_values(")


def test_one_broken_rule_hides_no_other() -> None:
    text = """\
groups:
  - name: a
    intervall: 5m
    rules:
      - alert: First
        expr: up
      - alert: Open
        expr: sum(rate(x[5m])
      - alert: Long
        expr: up
        for: 5 minutes
      - record: a:b
        expr: |
          sum by (a)
            (foo bar)
      - alert: Twice
        expr: up
        expr: up
      - expr: up
      - nonsense
      - alert: Last
        expr: up
  - name: b
    rules: 5
  - name: a
    rules: []
"""
    facts, findings = read(text)
    assert names(facts) == ["First", "Long", "Last"]
    assert [(line, column) for line, column, _ in told(findings)] == [
        (3, 5), (8, 30), (11, 14), (15, 18), (18, 9), (19, 9), (20, 9), (24, 12), (25, 5),
    ]  # fmt: skip
    assert all(one.level == "error" and one.code == "syntax" for one in findings)
    assert [one.subject for one in ordered(findings)][:4] == [
        "group a", "alert Open", "alert Long", "recording rule a:b",
    ]  # fmt: skip
    assert facts.known("a:b") is not None
    assert "a:b" in facts.series


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("        for: 5m\n", "\t\tfor: 5m\n", (8, 1)),
        ("summary: S", 'summary: "S', (10, 20)),
        ("expr: up == 1", 'expr: "up" == 1', (7, 20)),
        ("expr: up == 1", "expr: a: b", (7, 16)),
        ("expr: up == 1", "expr: {up", (8, 12)),
    ],
)
def test_broken_yaml_costs_the_rule_it_is_in(old: str, new: str, place: tuple[int, int]) -> None:
    text = """\
groups:
  - name: a
    rules:
      - alert: First
        expr: up
      - alert: Broken
        expr: up == 1
        for: 5m
        annotations:
          summary: S
      - record: next:one
        expr: up
  - name: b
    rules:
      - alert: Last
        expr: next:one == 0
"""
    assert read(text)[1] == []
    facts, findings = read(text.replace(old, new))
    assert names(facts) == ["First", "next:one", "Last"]
    assert [(line, column) for line, column, _ in told(findings)] == [place]
    assert facts.alerts[-1].place.line == 15


def test_documents_of_one_file_and_lists_of_objects_are_all_read() -> None:
    listed = "kind: List\napiVersion: v1\nitems:\n" + "".join(
        f"  {'- ' if index == 0 else '  '}{line}\n" for index, line in enumerate(OBJECT.splitlines())
    )
    facts, findings = read(f"{OBJECT}---\nkind: Service\napiVersion: v1\n---\n{RULES}---\n{listed}")
    assert findings == []
    assert names(facts) == ["Down", "DownToo", "job:orders:rate5m", "NoOrders", "Down", "DownToo"]
    facts, findings = read(f"{RULES}---\na: [\n")
    assert names(facts) == ["job:orders:rate5m", "NoOrders"]
    assert len(findings) == 1


def test_files_within_a_config_map_have_their_places_in_it() -> None:
    def block(text: str) -> str:
        return "".join(f"    {line}\n" if line else "\n" for line in text.splitlines())

    broken = DASHBOARD.replace("sum(", "sun(")
    text = f"""\
apiVersion: v1
kind: ConfigMap
data:
  readme: nothing
  shop.json: |-
{block(broken)}
  quoted.json: {json.dumps(json.dumps({"title": "Q", "panels": [5]}))}
  rules.yml: |
{block(RULES.replace("== 0", "== ("))}
  bad.json: |
    {{"title": "x",
     "panels": [,]}}
  bad.yml: |
    groups:
    \t- a
"""
    facts, findings = read(text)
    lines = text.split("\n")
    assert [one.value.title for one in facts.dashboards] == ["Shop", "Q"]
    assert names(facts) == ["job:orders:rate5m"]
    shown = [lines[one.place.line - 1][one.place.column - 1 :] for one in ordered(findings)]
    assert [one[:4] for one in shown[:4]] == ["sun(", '5]}"', "", ",]}"]
    assert shown[4].endswith("\t- a")
    assert "unexpected end" in ordered(findings)[2].message
    assert lines[ordered(findings)[2].place.line - 1].strip() == "== ("


@pytest.mark.parametrize(
    "keys", ["partial_response_strategy: warn", "limit: 5", "source_tenants: [a]", "concurrency: 2", "query_offset: 1m"]
)
def test_keys_of_others_that_read_rule_files_are_no_mistake(keys: str) -> None:
    facts, findings = read(RULES.replace("    interval: 30s", f"    {keys}"))
    assert findings == []
    assert len(names(facts)) == 2


def test_rules_over_logs_and_over_graphite_are_passed_over() -> None:
    logs = 'sum(rate({app="x"} |= "err" [5m])) > 5'
    facts, findings = read(RULES.replace("sum by (job) (rate(shop_orders_total[5m]))", logs))
    assert findings == []
    assert names(facts) == ["NoOrders"]
    graphite = RULES.replace("    interval: 30s", "    type: graphite")
    assert read(graphite)[1] == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("groups:\n{{- if .Values.x }}\n- name: a\n{{- end }}\n", (2, 1)),
        ("groups:\n- name: a\n  rules:\n  - alert: X\n    expr: up\n    for: {{ .Values.for }}\n", (6, 10)),
        ("groups:\n{% for x in y %}\n- name: a\n{% endfor %}\n", (2, 1)),
        ("groups:\n- name: a\n  rules:\n{{ rules | indent(2) }}\n", (4, 1)),
    ],
)
def test_a_template_is_told_once_and_not_guessed_at(text: str, place: tuple[int, int]) -> None:
    facts, findings = read(text)
    assert facts.groups == ()
    assert [(one.place.line, one.place.column) for one in findings] == [place]
    assert findings[0].level == "warning"
    assert "template" in findings[0].message


def test_templates_of_annotations_are_no_template_of_the_file() -> None:
    summary = '{{ with query \\"up\\" }}{{ . | first | value }}{{ end }} {{ template \\"x\\" }}'
    text = RULES.replace("'It''s {{ $labels.job }}'", f'"{summary}"')
    assert read(text)[1] == []


def test_recording_rules_in_a_circle_end() -> None:
    rules = "".join(f"  - record: r{index}\n    expr: r{(index + 1) % 3000} + 1\n" for index in range(3000))
    facts, findings = read(f"groups:\n- name: a\n  rules:\n{rules}")
    assert findings == []
    series = facts.known("r7")
    assert series is not None
    assert not series.certain
    assert series.type == "unknown"


@pytest.mark.parametrize("name", list(KINDS))
@pytest.mark.parametrize("wrong", ["5", "true", "null", "[]", "{}", '"x"', "[[1]]", '{"a": [1]}', "[{}]", "[null]"])
def test_a_wrong_type_anywhere_is_a_finding_at_most(name: str, wrong: str) -> None:
    if name == "d.json":
        document = json.loads(DASHBOARD)
        for change in everywhere(document, json.loads(wrong)):
            assert_told(*read(json.dumps(change), name))
    lines = KINDS[name].splitlines()
    for index, line in enumerate(lines):
        key, colon, _ = line.partition(":")
        assert_told(*read("\n".join([*lines[:index], f"{key}{colon} {wrong}", *lines[index + 1 :]]), name))


def everywhere(value: Any, wrong: Any) -> list[Any]:
    """The document with each of its values replaced."""
    found = [wrong]
    if isinstance(value, dict):
        found += [{**value, key: new} for key, below in value.items() for new in everywhere(below, wrong)]
    elif isinstance(value, list):
        found += [
            [*value[:index], new, *value[index + 1 :]]
            for index, below in enumerate(value)
            for new in everywhere(below, wrong)
        ]
    return found


def assert_told(facts: Facts, findings: list[Finding]) -> None:
    """Every finding has its place and can be printed, and every fact can be asked for where it is."""
    for one in ordered(findings):
        assert one.code == "syntax"
        assert one.place.line >= 1
        assert one.place.column >= 1
        for text in (one.message, one.fix, one.subject):
            assert text.encode()
            assert not text.endswith(".")
        assert one.certain or one.level != "error"
    for query in facts.queries:
        assert query.flow.branches
        query.text.locate(len(query.text.value))
    for alert in facts.alerts:
        for value in (*alert.labels.values(), *alert.annotations.values()):
            value.locate(len(value.value))
    for dashboard in facts.dashboards:
        for panel in dashboard.panels:
            panel.locate("targets[0].expr")
            for one_query in panel.queries:
                one_query.legend.locate(0)


def test_a_broken_panel_hides_no_other() -> None:
    document = json.loads(DASHBOARD)
    good = document["panels"][0]
    targets = [*good["targets"], {"refId": "B", "expr": "sum(\n x"}]
    document["panels"] = [5, {**good, "targets": targets, "fieldConfig": {"defaults": {"unit": 5}}}, good]
    facts, findings = read(json.dumps(document, indent=1), "d.json")
    assert [len(panel.queries) for panel in facts.dashboards[0].panels] == [2, 1]
    broken = facts.dashboards[0].panels[0].queries[1]
    assert broken.query is None
    assert broken.problem
    assert [one.level for one in ordered(findings)] == ["error", "error", "warning"]
    assert any(one.subject == "panel Orders of dashboard Shop" for one in findings)


@pytest.mark.parametrize(
    "target",
    [
        {"datasource": {"type": "loki", "uid": "l"}, "expr": '{a="b"} |= "x"'},
        {"datasource": {"type": "mysql", "uid": "m"}, "rawSql": "select 1"},
        {"datasource": {"uid": "-- Grafana --"}, "expr": "random walk"},
        {"datasource": {"uid": "${logs}"}, "expr": '{a="b"}'},
        {"expr": '{a="b"} | json'},
        {"datasource": {"type": "__expr__", "uid": "__expr__"}, "expression": "$A > 5"},
    ],
)
def test_a_query_of_another_data_source_is_no_problem(target: dict[str, Any]) -> None:
    panel = {"id": 1, "type": "timeseries", "title": "P", "targets": [{"refId": "A", **target}]}
    variables = [{"name": "logs", "type": "datasource", "query": "loki"}]
    facts, findings = read(json.dumps({"title": "D", "templating": {"list": variables}, "panels": [panel]}), "d.json")
    assert findings == []
    query = facts.dashboards[0].panels[0].queries[0]
    assert query.query is None
    assert query.problem == ""


def test_dashboards_are_known_in_what_wraps_them_and_older_ones_by_their_rows() -> None:
    inner = json.loads(DASHBOARD)
    wrapped = [
        {"dashboard": inner, "meta": {}},
        {"apiVersion": "dashboard.grafana.app/v1beta1", "kind": "Dashboard", "metadata": {}, "spec": inner},
        {"title": "Old", "rows": [{"title": "R", "panels": inner["panels"][:1]}]},
    ]
    for document in wrapped:
        facts, findings = read(json.dumps(document), "d.json")
        assert findings == []
        query = facts.dashboards[0].panels[0].queries[0]
        assert query.text.place.column == json.dumps(document).index('"sum(') + 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"title": "D", "elements": {}, "layout": {}}', "v2 format"),
        ('{"title": "D", "panels": [,]}', "not JSON"),
        ('{"title": "D", "title": "E", "panels": []}', "title is written twice"),
        ('{"panels": ' * 30_000, "nested too deep"),
        ('{"title": "\\ud800", "panels": [5]}', "expected an object"),
    ],
)
def test_what_is_wrong_with_a_dashboard_is_told(text: str, message: str) -> None:
    facts, findings = read(text, "d.json")
    assert_told(facts, findings)
    assert message in findings[0].message


def write(folder: Path, **files: str | bytes) -> list[Path]:
    made = []
    for name, content in files.items():
        path = folder / name.replace("__", ".").replace("_", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        made.append(path)
    return made


@pytest.mark.parametrize(
    ("content", "place", "message"),
    [
        (RULES.encode().replace(b"high", b"h\xffgh"), (14, 23), "byte 0xff is not UTF-8"),
        (RULES.encode("utf-16"), (1, 1), "UTF-16"),
        (b"", (1, 1), "empty"),
        (b"  \n\n", (1, 1), "empty"),
        (b"\x7fELF\x00\x01", (1, 5), "zero byte"),
        (b"hello: world\n", (1, 1), "nothing that is read here"),
        (b"[" * 5000, (1, 1001), "nested"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_where_it_is_named(
    tmp_path: Path, content: bytes, place: tuple[int, int], message: str
) -> None:
    [path] = write(tmp_path, f__yml=content)
    facts, findings = facts_of_paths([path])
    assert_told(facts, findings)
    assert [(one.place.line, one.place.column) for one in findings] == [place]
    assert message in findings[0].message
    assert findings[0].place.file == str(path)


def test_a_character_that_is_no_utf_8_hides_no_rule(tmp_path: Path) -> None:
    facts, _ = facts_of_paths(write(tmp_path, f__yml=RULES.encode().replace(b"high", b"h\xffgh")))
    assert names(facts) == ["job:orders:rate5m", "NoOrders"]


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    _, findings = facts_of_paths([tmp_path / "nowhere.yml"])
    assert "cannot be read" in findings[0].message


def test_a_huge_file_is_told_at_once_and_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.yml"
    with path.open("wb") as file:
        file.write(RULES.encode())
        os.truncate(file.fileno(), 50_000_000)
    facts, findings = facts_of_paths([path])
    assert facts.groups == ()
    assert "50 MB" in findings[0].message
    assert f"{MAX_SIZE // 1_000_000} are read" in findings[0].message


def test_a_large_file_is_read(tmp_path: Path) -> None:
    rules = "".join(f"  - alert: A{index}\n    expr: up == {index}\n" for index in range(5000))
    facts, findings = facts_of_paths(write(tmp_path, f__yml=f"groups:\n- name: a\n  rules:\n{rules}"))
    assert findings == []
    assert len(facts.alerts) == 5000


def test_aliases_that_stand_for_billions_are_refused(tmp_path: Path) -> None:
    layers = "".join(f"a{index}: &a{index} [{', '.join([f'*a{index - 1}'] * 10)}]\n" for index in range(1, 10))
    facts, findings = facts_of_paths(write(tmp_path, f__yml=f"a0: &a0 [x]\n{layers}groups: []\n"))
    assert_told(facts, findings)
    assert "aliases" in findings[0].message


def test_folders_are_walked_and_what_is_not_meant_there_is_passed_over(tmp_path: Path) -> None:
    write(
        tmp_path,
        rules_a__yml=RULES,
        rules_deep_b__yaml=OBJECT,
        values__yaml="image: x\nreplicas: {{ .Values.n }}\n",
        package__json='{"name": "x", // comment\n}',
        readme__md="groups: []",
        node_modules_c__json=DASHBOARD,
        empty__yml="",
        binary__json=b"\x00\x01",
        tests__yml="rule_files: [a.yml]\ntests: [{interval: 1m}]\n",
    )
    hidden = tmp_path / ".git" / "d.yml"
    hidden.parent.mkdir()
    hidden.write_text(RULES)
    facts, findings = facts_of_paths([tmp_path])
    assert findings == []
    assert sorted(names(facts)) == ["Down", "DownToo", "NoOrders", "job:orders:rate5m"]
    assert facts.folders == (tmp_path,)
    (tmp_path / "broken.yml").write_text("groups:\n\t- name: a\n")
    assert [one.place.line for one in facts_of_paths([tmp_path])[1]] == [2]


def test_a_pipe_in_a_folder_is_passed_over_and_a_link_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yml")
    (tmp_path / "b.yml").symlink_to("a.yml")
    (tmp_path / "c.yml").symlink_to("gone.yml")
    write(tmp_path, d__yml=RULES)
    facts, findings = facts_of_paths([tmp_path])
    assert len(facts.groups) == 1
    assert [Path(one.place.file).name for one in findings] == ["c.yml"]
    assert [path.name for path in files_of([tmp_path])] == ["d.yml"]
    with pytest.raises(ConfigError, match="pipe"):
        files_of([tmp_path / "a.yml"])


def test_a_hidden_file_that_is_named_is_read(tmp_path: Path) -> None:
    path = tmp_path / ".rules.yml"
    path.write_text(RULES)
    assert len(facts_of_paths([path, path, tmp_path])[0].groups) == 1


def test_the_rule_files_of_a_prometheus_yml_are_read_once(tmp_path: Path) -> None:
    write(tmp_path, prometheus__yml=SCRAPING, rules_a__yml=RULES, rules_b__yml=OBJECT)
    facts, findings = facts_of_paths([tmp_path / "prometheus.yml"])
    assert findings == []
    assert [group.file for group in facts.groups] == [str(tmp_path / "rules/a.yml"), str(tmp_path / "rules/b.yml")]
    assert len(facts_of_paths([tmp_path])[0].groups) == 2


def test_mistakes_in_a_configuration_do_not_hide_what_it_says() -> None:
    text = SCRAPING.replace("job_name: slow", "job_nam: slow").replace(
        "evaluation_interval: 30s", "evaluation_interval: x"
    )
    facts, findings = read(text)
    assert [line for line, _, _ in told(findings)] == [1, 6, 6]
    assert facts.scrape_interval == 15_000
    facts, findings = read(ROUTES.replace("receiver: all\n  routes", "receiver: all\n  group_wat: 5s\n  routes"))
    assert [(line, column) for line, column, _ in told(findings)] == [(3, 3)]
    assert len(facts.routing) == 1


SAMPLES = [text.encode() for text in (*KINDS.values(), f"{RULES}---\n{OBJECT}")]
BITS = [
    b"\0", b"\xff", b"\t", b"{{ .x }}", b"*a", b"&a ", b"<<: ", b"[", b"]", b"{", b"}", b'"', b"'", b": ", b"- ",
    b"\n---\n", b"\xc3\xa9", b"\xed\xa0\x80", b"|\n", b"null", b"1e999", b"\\ud800", b"!!binary ", b"? ", b"%", b"@",
    b"\r", b"\r\n", b"\xe2\x80\xa8", b"$x", b"5" * 5000, b"{" * 200, b"5" * 400 + b"s", b"\\", b"#", b"\xef\xbb\xbf",
]  # fmt: skip
changes = st.tuples(st.integers(0, 1500), st.integers(0, 40), st.sampled_from(BITS) | st.binary(max_size=4))


@settings(max_examples=300, deadline=None)
@given(
    sample=st.sampled_from(SAMPLES),
    edits=st.lists(changes, min_size=1, max_size=5),
    end=st.none() | st.integers(0, 1500),
)
def test_any_change_of_bytes_is_findings_and_no_traceback(
    tmp_path_factory: pytest.TempPathFactory, sample: bytes, edits: list[tuple[int, int, bytes]], end: int | None
) -> None:
    for at, gone, new in edits:
        sample = sample[:at] + new + sample[at + gone :]
    path = tmp_path_factory.getbasetemp() / "changed.yml"
    path.write_bytes(sample[:end])
    facts, findings = facts_of_paths([path])
    assert_told(facts, findings)
    lines = sample[:end].decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    assert all(one.place.line <= lines and one.place.file == str(path) for one in findings)


@pytest.mark.skipif("VEDETTE_DATA" not in os.environ, reason="VEDETTE_DATA is unset: no rule files of others to read")
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_change_of_files_in_the_wild_is_findings_and_no_traceback(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    files = sorted(Path(os.environ["VEDETTE_DATA"], "alert-rules").rglob("*.yml"))
    raw = data.draw(st.sampled_from(files)).read_bytes()
    at = data.draw(st.integers(0, len(raw)))
    raw = (
        raw[:at] + data.draw(st.sampled_from(BITS) | st.binary(max_size=8)) + raw[at + data.draw(st.integers(0, 99)) :]
    )
    path = tmp_path_factory.getbasetemp() / "wild.yml"
    path.write_bytes(raw)
    assert_told(*facts_of_paths([path]))
