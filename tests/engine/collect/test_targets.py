"""Targets get the labels, addresses and timings that Prometheus would give them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vedette.engine.collect.targets import Discovery, discover
from vedette.errors import ConfigError
from vedette.formats.prometheus import GlobalConfig, PrometheusConfig, RelabelConfig, ScrapeConfig, TargetGroup
from vedette.place import Place
from vedette.promql.labels import labels


def found(*jobs: ScrapeConfig, folder: Path = Path(), **settings: int) -> Discovery:
    return discover(PrometheusConfig(global_=GlobalConfig(**settings), scrape_configs=jobs), folder)


def static(*addresses: str, **pairs: str) -> tuple[TargetGroup, ...]:
    return (TargetGroup(targets=addresses, labels=pairs),)


def test_a_static_target_gets_job_and_instance() -> None:
    (target,) = found(ScrapeConfig(job_name="shop", static_configs=static("localhost:8000", team="web"))).targets
    assert target.labels == labels({"job": "shop", "instance": "localhost:8000", "team": "web"})
    assert target.url == "http://localhost:8000/metrics"
    assert (target.interval, target.timeout) == (60_000, 10_000)
    assert dict(target.discovered) == {
        "__address__": "localhost:8000",
        "__metrics_path__": "/metrics",
        "__scheme__": "http",
        "__scrape_interval__": "1m",
        "__scrape_timeout__": "10s",
        "job": "shop",
        "team": "web",
    }


def test_an_address_without_port_stays_as_it_is() -> None:
    (target,) = found(ScrapeConfig(job_name="a", scheme="https", static_configs=static("example.org"))).targets
    assert target.url == "https://example.org/metrics"
    assert dict(target.labels)["instance"] == "example.org"


def test_parameters_are_labels_and_relabelling_may_change_them() -> None:
    job = ScrapeConfig(
        job_name="probe",
        metrics_path="probe",
        params={"module": ("http_2xx", "other"), "target": ("x",)},
        static_configs=static("https-site"),
        relabel_configs=(
            RelabelConfig(source_labels=("__address__",), target_label="__param_target"),
            RelabelConfig(source_labels=("__param_target",), target_label="instance"),
            RelabelConfig(target_label="__address__", replacement="blackbox:9115"),
            RelabelConfig(source_labels=("__param_module",), target_label="module"),
        ),
    )
    (target,) = found(job).targets
    assert target.url == "http://blackbox:9115/probe?module=http_2xx&module=other&target=https-site"
    assert dict(target.labels) == {"job": "probe", "instance": "https-site", "module": "http_2xx"}


def test_relabelling_may_set_interval_and_timeout_of_one_target() -> None:
    job = ScrapeConfig(
        job_name="a",
        static_configs=static("slow:1", "fast:1"),
        relabel_configs=(
            RelabelConfig(
                source_labels=("__address__",), regex="fast:1", target_label="__scrape_interval__", replacement="2s"
            ),
            RelabelConfig(
                source_labels=("__address__",), regex="fast:1", target_label="__scrape_timeout__", replacement="1s"
            ),
        ),
    )
    slow, fast = found(job).targets
    assert (slow.interval, fast.interval, fast.timeout) == (60_000, 2000, 1000)


def test_dropped_targets_are_kept_for_the_record() -> None:
    job = ScrapeConfig(
        job_name="a",
        static_configs=static("x:1", "y:1"),
        relabel_configs=(RelabelConfig(action="drop", source_labels=("__address__",), regex="x.*"),),
    )
    discovery = found(job)
    assert [target.url for target in discovery.targets] == ["http://y:1/metrics"]
    ((job_name, dropped),) = discovery.dropped
    assert (job_name, dict(dropped)["__address__"]) == ("a", "x:1")


def test_the_same_target_twice_is_one_target() -> None:
    assert len(found(ScrapeConfig(job_name="a", static_configs=static("x:1", "x:1"))).targets) == 1


def test_a_shorter_interval_shortens_the_inherited_timeout() -> None:
    (target,) = found(ScrapeConfig(job_name="a", scrape_interval=5000, static_configs=static("x:1"))).targets
    assert target.timeout == 5000


def test_a_timeout_longer_than_the_interval_is_refused_with_its_place() -> None:
    job = ScrapeConfig(job_name="a", scrape_interval=5000, scrape_timeout=6000, place=Place("p.yml", 3))
    with pytest.raises(ConfigError, match=r"p\.yml:3: job 'a': scrape_timeout 6s is longer than scrape_interval 5s"):
        found(job)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http://localhost:8000", "is not 'host' or 'host:port'"),
        ("localhost:8000/metrics", "the path goes into metrics_path"),
        ("", "relabelling left no __address__"),
    ],
)
def test_an_address_that_cannot_work_is_a_problem_and_the_others_go_on(address: str, message: str) -> None:
    discovery = found(ScrapeConfig(job_name="a", static_configs=static(address, "good:1")))
    assert len(discovery.targets) == 1
    (problem,) = discovery.problems
    assert problem.startswith("job 'a', target ")
    assert message in problem


def test_unsupported_discovery_names_job_and_key_and_the_others_go_on() -> None:
    discovery = found(
        ScrapeConfig(
            job_name="pods",
            other={"kubernetes_sd_configs": [{"role": "pod"}], "enable_http2": False, "tls_config": {}},
            place=Place("prometheus.yml", 9),
        ),
        ScrapeConfig(job_name="b", static_configs=static("x:1")),
    )
    first, second = discovery.problems
    assert first.startswith("prometheus.yml:9: job 'pods': kubernetes_sd_configs: this engine does not discover")
    assert second.startswith("prometheus.yml:9: job 'pods': tls_config: this engine does not support")
    assert len(discovery.targets) == 1


def test_keys_of_the_whole_file_that_have_no_effect_are_named() -> None:
    config = PrometheusConfig(
        scrape_configs=(ScrapeConfig(job_name="a", static_configs=static("x:1")),),
        alert_relabel_configs=(RelabelConfig(action="labeldrop", regex="replica"),),
        other={"remote_write": [{"url": "http://long:1/write"}], "remote_read": [], "storage": {"tsdb": {}}},
        place=Place("prometheus.yml", 1),
    )
    discovery = discover(config, Path())
    write, relabel = discovery.problems
    assert write == "prometheus.yml: remote_write: samples are not sent on by this engine"
    assert relabel.startswith("prometheus.yml: alert_relabel_configs: this engine routes alerts with the labels")
    assert len(discovery.targets) == 1


def test_file_discovery_reads_json_and_yaml_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([{"targets": ["x:1"], "labels": {"zone": "eu"}}]))
    (tmp_path / "b.yml").write_text("- targets: [y:1, z:1]\n")
    (tmp_path / "c.yml").write_text("targets: y:1\n")
    (tmp_path / "d.json").write_text("[")
    job = ScrapeConfig(job_name="a", other={"file_sd_configs": [{"files": ["*.json", "*.yml"]}]})
    discovery = found(job, folder=tmp_path)
    assert [target.url for target in discovery.targets] == [
        "http://x:1/metrics",
        "http://y:1/metrics",
        "http://z:1/metrics",
    ]
    assert dict(discovery.targets[0].labels) == {"job": "a", "instance": "x:1", "zone": "eu"}
    assert len(discovery.problems) == 2
    assert "d.json" in discovery.problems[0]
    assert "expected a list of {targets:" in discovery.problems[1]


def test_offsets_are_spread_and_stable() -> None:
    targets = found(ScrapeConfig(job_name="a", static_configs=static(*(f"h{i}:1" for i in range(200))))).targets
    offsets = [target.offset for target in targets]
    assert all(0 <= offset < 60_000 for offset in offsets)
    assert len({offset // 6000 for offset in offsets}) == 10
    assert targets[0].offset == 10_944
