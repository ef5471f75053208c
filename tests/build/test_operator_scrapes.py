"""The operator makes of its objects the scrapes of the built prometheus.yml: the same targets, labels and times."""

from __future__ import annotations

import json
import urllib.request
from itertools import product
from pathlib import Path

import pytest
from tests.build.operators import objects_of, production, rendered, stack, the
from tests.real import prometheus as real_prometheus
from tests.started import until

from vedette.build import build
from vedette.engine.collect.relabel import compile_relabel
from vedette.engine.collect.targets import discover
from vedette.formats import prometheus


@pytest.fixture(scope="module")
def built():
    return build(stack(), "production")


@pytest.fixture(scope="module")
def objects(built):
    return objects_of(built)


def test_the_operator_makes_the_same_targets_of_them_with_the_same_labels_at_the_same_times(built, objects):
    spec = the(objects, "Prometheus")["spec"]
    scrapes = [one for one in objects.values() if one["kind"] in ("ScrapeConfig", "Probe")]
    ours = prometheus.read(built["prometheus/prometheus.yml"], "prometheus.yml")
    theirs = rendered(scrapes, spec, lambda reference: f"/run/secrets/{reference['key']}")
    assert theirs.global_ == ours.global_
    seen = [_targets(config) for config in (ours, theirs)]
    assert len(seen[0]) == 2 + 1 + 1 + 3 + 1
    assert seen[0] == seen[1]


def _targets(config):
    """Everything that says what is scraped, of the targets that stand in the file."""
    static = [job for job in config.scrape_configs if job.static_configs]
    only = prometheus.PrometheusConfig(global_=config.global_, scrape_configs=tuple(static))
    return sorted(
        (
            target.labels,
            target.url,
            target.interval,
            target.timeout,
            target.job.authorization_file,
            target.job.metric_relabel_configs,
        )
        for target in discover(only, Path()).targets
    )


@pytest.mark.real
@pytest.mark.proof
def test_a_real_prometheus_has_the_same_targets_by_both(tmp_path):
    files = build(stack(production(discovery={})), "production")
    spec = the(objects_of(files), "Prometheus")["spec"]
    scrapes = [one for one in objects_of(files).values() if one["kind"] in ("ScrapeConfig", "Probe")]
    theirs = prometheus.write(rendered(scrapes, spec, lambda reference: f"/run/secrets/{reference['key']}"))
    seen = []
    for name, text in (("ours", files["prometheus/prometheus.yml"]), ("theirs", theirs)):
        (tmp_path / name).mkdir()
        with real_prometheus(tmp_path / name, text) as url:
            found = until(lambda url=url: _of_a_server(url), 60, "targets")  # it looks for them every five seconds
        keys = ("labels", "scrapeUrl", "scrapeInterval", "scrapeTimeout")
        seen.append(sorted(json.dumps([one[key] for key in keys], sort_keys=True) for one in found))
    assert len(seen[0]) == 12
    assert seen[0] == seen[1]


def _of_a_server(url):
    with urllib.request.urlopen(f"{url}/api/v1/targets") as reply:
        found = json.load(reply)["data"]["activeTargets"]
    return found if len(found) >= 12 else None


@pytest.mark.parametrize("service", ["shop", "stock", "nodes", "checked"])
def test_the_operator_finds_them_as_prometheus_does_and_calls_them_the_same(built, objects, service):
    spec = the(objects, "Prometheus")["spec"]
    ours = _job(prometheus.read(built["prometheus/prometheus.yml"], "prometheus.yml"), service)
    scrape = objects[f"scrapes/shop-{service}.yaml"]
    (theirs,) = rendered([scrape], spec, lambda reference: f"/run/secrets/{reference['key']}").scrape_configs
    for key in ("scrape_interval", "scrape_timeout", "metrics_path", "scheme", "authorization_file", "other"):
        assert getattr(theirs, key) == getattr(ours, key)
    kept = 0
    for meta in FOUND:
        labels = {**meta, "job": service, "__address__": "10.0.0.1:80"}
        wanted = compile_relabel(ours.relabel_configs)(labels)
        found = compile_relabel(theirs.relabel_configs)({**labels, "job": scrape["metadata"]["name"]})
        assert _kept(found) == _kept(wanted)
        kept += wanted is not None
    assert kept > 0


def _job(config, name):
    return next(job for job in config.scrape_configs if job.job_name == name)


def _kept(labels):
    return labels and {name: value for name, value in dict(labels).items() if not name.startswith("__tmp")}


POD = "__meta_kubernetes_pod"
SWARM = "__meta_dockerswarm"
FOUND = [
    {
        "__meta_kubernetes_namespace": "shop",
        f"{POD}_name": f"shop-{port}",
        f"{POD}_node_name": "n1",
        f"{POD}_container_port_name": port,
        f"{POD}_phase": phase,
        "__meta_kubernetes_node_name": "n1",
        f"{SWARM}_service_name": "stock",
        f"{SWARM}_task_desired_state": "running",
        f"{SWARM}_node_hostname": "m1",
    }
    for port, phase in product(["metrics", "http"], ["Running", "Failed"])
]
