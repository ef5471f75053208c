"""prometheus.yml is read, checked, written and loaded with the files it names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.errors import ConfigError
from vedette.formats import prometheus
from vedette.formats.prometheus import GlobalConfig, PrometheusConfig, RelabelConfig, ScrapeConfig, TargetGroup

NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
PAIRS = st.dictionaries(NAMES, TEXTS, max_size=3)
RELABELS = st.lists(
    st.builds(
        RelabelConfig,
        action=st.sampled_from(["replace", "keep", "drop", "hashmod", "labelmap", "lowercase"]),
        source_labels=st.lists(NAMES, max_size=3).map(tuple),
        separator=st.sampled_from([";", "", ",", " "]),
        regex=st.sampled_from(["(.*)", "", "a|b", r"__meta_(.+)", "5.."]),
        target_label=NAMES,
        replacement=st.sampled_from(["$1", "", "x${1}:9"]),
        modulus=st.integers(1, 9),
    ),
    max_size=2,
).map(tuple)
OTHER = st.just({}) | st.just({"kubernetes_sd_configs": [{"role": "pod", "namespaces": {"names": ["a"]}}]})
LIMITS = {
    "body_size_limit": st.sampled_from([0, 1, 1500, 1 << 20, 3 << 30]),
    "sample_limit": st.integers(0, 9),
    "label_limit": st.integers(0, 9),
    "label_name_length_limit": st.integers(0, 9),
    "label_value_length_limit": st.integers(0, 9),
}
JOBS = st.builds(
    ScrapeConfig,
    job_name=TEXTS,
    scrape_interval=st.none() | st.integers(120_000, 600_000),
    scrape_timeout=st.none() | st.integers(1, 60_000),
    metrics_path=st.sampled_from(["/metrics", "/", "/a b"]),
    scheme=st.sampled_from(["http", "https"]),
    params=st.dictionaries(NAMES, st.lists(TEXTS, max_size=2).map(tuple), max_size=2),
    honor_labels=st.booleans(),
    honor_timestamps=st.booleans(),
    static_configs=st.lists(
        st.builds(TargetGroup, targets=st.lists(st.sampled_from(["a:1", "[::1]:9"])).map(tuple), labels=PAIRS),
        max_size=2,
    ).map(tuple),
    relabel_configs=RELABELS,
    metric_relabel_configs=RELABELS,
    authorization_file=st.sampled_from(["", "token"]),
    other=OTHER,
    **LIMITS,
)
CONFIGS = st.builds(
    PrometheusConfig,
    global_=st.builds(
        GlobalConfig,
        scrape_interval=st.integers(60_000, 10**8),
        scrape_timeout=st.integers(1, 60_000),
        evaluation_interval=st.integers(1, 10**8),
        rule_query_offset=st.integers(0, 10**6),
        external_labels=PAIRS,
        other=st.just({}) | st.just({"query_log_file": "q.log"}),
        **LIMITS,
    ),
    rule_files=st.lists(TEXTS, max_size=2).map(tuple),
    scrape_configs=st.lists(JOBS, max_size=2, unique_by=lambda job: job.job_name).map(tuple),
    alertmanagers=st.just(()) | st.just(({"static_configs": [{"targets": ["am:9093"]}]},)),
    alert_relabel_configs=RELABELS,
    other=st.just({}) | st.just({"storage": {"tsdb": {"out_of_order_time_window": "5m"}}}),
)


@settings(deadline=None)
@given(CONFIGS)
def test_what_is_written_reads_the_same(config: PrometheusConfig) -> None:
    text = prometheus.write(config)
    assert prometheus.read(text, "p.yml") == config
    assert prometheus.write(prometheus.read(text, "p.yml")) == text


def test_a_file_is_read_with_defaults_and_places() -> None:
    text = (
        "global: {scrape_interval: 5s, external_labels: {environment: test}}\n"
        "rule_files: [rules/*.yml]\n"
        "alerting: {alertmanagers: [{static_configs: [{targets: ['am:9093']}]}]}\n"
        "scrape_configs:\n"
        "- job_name: shop\n"
        "  bearer_token_file: secrets/token\n"
        "  static_configs: [{targets: ['a:1', 'b:2'], labels: {zone: 1}}]\n"
        "  metric_relabel_configs: [{source_labels: [__name__], regex: go_.*, action: DROP}]\n"
        "  params: {module: [http_2xx]}\n"
        "  body_size_limit: 10MB\n"
    )
    config = prometheus.read(text, "p.yml")
    assert config == PrometheusConfig(
        global_=GlobalConfig(scrape_interval=5000, scrape_timeout=5000, external_labels={"environment": "test"}),
        rule_files=("rules/*.yml",),
        alertmanagers=({"static_configs": [{"targets": ["am:9093"]}]},),
        scrape_configs=(
            ScrapeConfig(
                job_name="shop",
                authorization_file="secrets/token",
                static_configs=(TargetGroup(targets=("a:1", "b:2"), labels={"zone": "1"}),),
                metric_relabel_configs=(RelabelConfig(action="drop", source_labels=("__name__",), regex="go_.*"),),
                params={"module": ("http_2xx",)},
                body_size_limit=10 << 20,
            ),
        ),
    )
    assert str(config.scrape_configs[0].place) == "p.yml:5:3"


def test_an_empty_file_has_prometheus_defaults() -> None:
    config = prometheus.read("", "p.yml")
    assert config == PrometheusConfig()
    assert (config.global_.scrape_interval, config.global_.scrape_timeout) == (60_000, 10_000)


def test_a_job_inherits_what_it_does_not_say() -> None:
    global_ = GlobalConfig(scrape_interval=30_000, sample_limit=100, label_limit=5)
    job = prometheus.resolved(ScrapeConfig(job_name="a", label_limit=7), global_)
    assert (job.scrape_interval, job.scrape_timeout, job.sample_limit, job.label_limit) == (30_000, 10_000, 100, 7)
    short = prometheus.resolved(ScrapeConfig(job_name="a", scrape_interval=2000), global_)
    assert (short.scrape_interval, short.scrape_timeout) == (2000, 2000)


def job(*lines: str) -> str:
    return "scrape_configs:\n- job_name: a\n" + "".join(f"  {line}\n" for line in lines)


BROKEN = [
    ("globl: {}\n", "p.yml:1:1: unknown key 'globl' in prometheus.yml; did you mean 'global'?"),
    (
        "global:\n  scrape_configs: []\n",
        "p.yml:2:3: unknown key 'scrape_configs' in global; it belongs to the top of the file; indent it less",
    ),
    (
        "global:\n  scrape_interval: 15\n",
        "p.yml:2:20: scrape_interval is '15'; write a duration such as '30s', '5m' or '1h30m'",
    ),
    (
        "global:\n  scrape_interval: 5s\n  scrape_timeout: 10s\n",
        "p.yml:3:3: scrape_timeout 10s is longer than scrape_interval 5s; shorten it",
    ),
    (
        "scrape_configs:\n- static_configs: []\n",
        "p.yml:2:3: scrape_config has no job_name; write 'job_name: …', the value of the label job",
    ),
    (
        "scrape_configs:\n- job_name: a\n- job_name: a\n",
        "p.yml:3:3: job 'a' is defined twice, first at p.yml:2:3; rename one",
    ),
    (job("metricspath: /m"), "p.yml:3:3: unknown key 'metricspath' in scrape_config; did you mean 'metrics_path'?"),
    (job("scheme: ftp"), "p.yml:3:11: scheme is 'ftp'; write one of http, https"),
    (job("honor_labels: 'yes'"), "p.yml:3:17: honor_labels is 'yes'; write true or false, without quotes"),
    (job("sample_limit: many"), "p.yml:3:17: sample_limit is 'many'; write a whole number, 0 or more"),
    (
        job("body_size_limit: 10"),
        "p.yml:3:20: body_size_limit is '10'; write a size with its unit such as '10MB' or '512KB'",
    ),
    (
        job("static_configs: [{targets: ['http://a:1/metrics']}]"),
        "p.yml:3:31: target 'http://a:1/metrics' is not host:port; write 'a:1', and set scheme and metrics_path",
    ),
    (
        job("static_configs: [{target: ['a:1']}]"),
        "p.yml:3:21: unknown key 'target' in static_config; did you mean 'targets'?",
    ),
    (job("relabel_configs: [{action: dorp}]"), "p.yml:3:30: action is 'dorp'; did you mean 'drop'?"),
    (
        job("relabel_configs: [{source_labels: [a]}]"),
        "p.yml:3:21: relabelling with action replace has no target_label; name the label to write",
    ),
    (
        job("relabel_configs: [{action: hashmod, target_label: x}]"),
        "p.yml:3:21: relabelling with action hashmod has no modulus; write how many shards there are",
    ),
    (
        job("relabel_configs: [{action: labeldrop, regex: x, target_label: y}]"),
        "p.yml:3:51: relabelling with action labeldrop takes only regex; remove target_label",
    ),
    (
        job("relabel_configs: [{action: keep, regex: '('}]"),
        "p.yml:3:36: invalid regular expression '(': missing ')' for the group opened at character 1",
    ),
    (
        job("tls_config: {insecure: true}"),
        (
            "p.yml:3:16: unknown key 'insecure' in tls_config; known are ca, ca_file, ca_ref, cert, cert_file, "
            "cert_ref, insecure_skip_verify, key, key_file, key_ref, max_version, min_version, server_name"
        ),
    ),
    (
        job("kubernetes_sd_configs: [{roles: pod}]"),
        "p.yml:3:28: unknown key 'roles' in kubernetes_sd_config; did you mean 'role'?",
    ),
    (
        job("authorization: {credentials: hunter2}", "bearer_token_file: x"),
        "p.yml:3:3: authorization and bearer_token_file exclude each other; keep authorization",
    ),
    ("rule_files: rules.yml\n", "p.yml:1:13: rule_files is text; write a list, each item after '- '"),
]


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_a_broken_file_says_where_and_what_to_do(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        prometheus.read(text, "p.yml")
    assert str(caught.value) == message


def test_a_target_is_a_url_where_relabelling_says_what_is_scraped() -> None:
    probe = (
        "static_configs: [{targets: ['https://a/health']}], relabel_configs: [{target_label: __address__, "
        "replacement: 'exporter:9115'}]"
    )
    (found,) = prometheus.read(f"scrape_configs: [{{job_name: a, {probe}}}]", "p.yml").scrape_configs
    assert found.static_configs[0].targets == ("https://a/health",)


def test_loading_reads_the_rule_files_and_scrape_files_that_globs_name(tmp_path) -> None:
    (tmp_path / "rules").mkdir()
    for name in ("b", "a"):
        (tmp_path / "rules" / f"{name}.yml").write_text(f"groups:\n- name: {name}\n")
    (tmp_path / "jobs.yml").write_text("scrape_configs:\n- job_name: two\n")
    path = tmp_path / "prometheus.yml"
    path.write_text(
        "rule_files: ['rules/*.yml', 'none/*.yml', rules/a.yml]\nscrape_config_files: [jobs.yml]\n"
        "scrape_configs: [{job_name: one}]\n"
    )
    config, files = prometheus.load(path)
    assert [job.job_name for job in config.scrape_configs] == ["one", "two"]
    assert [file.groups[0].name for file in files] == ["a", "b"]
    assert [file.path for file in files] == [str(tmp_path / "rules/a.yml"), str(tmp_path / "rules/b.yml")]


def test_loading_a_rule_file_that_is_not_there_names_it(tmp_path) -> None:
    path = tmp_path / "prometheus.yml"
    path.write_text("rule_files: [rules.yml]\n")
    with pytest.raises(ConfigError) as caught:
        prometheus.load(path)
    assert str(caught.value) == f"{path}: rule_files names 'rules.yml', but there is no file {tmp_path}/rules.yml"
