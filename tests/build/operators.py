"""A stack for the Prometheus Operator, what that refuses by its published schemas, and what it makes of scrapes."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import jsonschema
import yaml

from vedette.catalog import (
    Email,
    Environment,
    Kubernetes,
    KubernetesNodes,
    Mute,
    PagerDuty,
    Probe,
    Route,
    Service,
    Slack,
    Smtp,
    Stack,
    Swarm,
    env,
)
from vedette.formats import prometheus
from vedette.packs import blackbox, containers, http, kubernetes, process

DATA = os.environ.get("VEDETTE_DATA")
PLURALS = {"PrometheusRule": "prometheusrules", "ScrapeConfig": "scrapeconfigs", "Probe": "probes"}
"""Kinds whose definitions are in VEDETTE_DATA → the names of their files."""


class Loader(yaml.CSafeLoader):
    """Reads a bare ``=``, which YAML 1.1 has a type for."""


Loader.add_constructor("tag:yaml.org,2002:value", lambda _, node: node.value)


@cache
def schema(kind):
    """The validator of a kind, to which a field that it does not name is a mistake, as to a server in strict mode."""
    path = Path(DATA, "operator-crds", f"monitoring.coreos.com_{PLURALS[kind]}.yaml")
    versions = yaml.load(path.read_text(), Loader)["spec"]["versions"]
    found = _closed(versions[0]["schema"]["openAPIV3Schema"])
    # the published schema leaves the metadata to the server
    found["properties"]["metadata"] = {"type": "object", "required": ["name", "namespace"]}
    return jsonschema.Draft202012Validator(found)


def _closed(schema):
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _closed(value) for key, value in schema.items()}
    named = "properties" in schema and isinstance(schema.get("type"), str)
    if named and not schema.get("x-kubernetes-preserve-unknown-fields"):
        found.setdefault("additionalProperties", False)
    if schema.get("x-kubernetes-int-or-string"):
        found.pop("type", None)
    return found


def rendered(objects, spec, secrets):
    """The ``prometheus.yml`` that the operator makes of a Prometheus with these scrapes.

    Written after generateScrapeConfig and generateProbeConfig in pkg/prometheus/promcfg.go; the operator itself
    cannot be had here. ``secrets`` says in which file the value of a reference is.
    """
    classes = {one["name"]: one for one in spec.get("scrapeClasses", [])}
    jobs = []
    for one in objects:
        given, name = one["spec"], f"{one['metadata']['namespace']}/{one['metadata']['name']}"
        chosen = classes.get(given.get("scrapeClass"), {})
        if one["kind"] == "ScrapeConfig":
            jobs.append(_scrape(given, f"scrapeConfig/{name}"))
        else:
            jobs.append(_probe(given, f"probe/{name}", one["metadata"]["namespace"]))
        if authorization := given.get("authorization") or chosen.get("authorization"):
            file = authorization.get("credentialsFile") or secrets(authorization["credentials"])
            jobs[-1]["authorization"] = {"credentials_file": file}
        if tls := chosen.get("tlsConfig"):
            keys = {"caFile": "ca_file", "insecureSkipVerify": "insecure_skip_verify"}
            jobs[-1]["tls_config"] = {keys[key]: value for key, value in tls.items()}
        if given.get("scrapeClassicHistograms"):
            jobs[-1]["always_scrape_classic_histograms"] = True
        if "metricRelabelings" in given:
            jobs[-1]["metric_relabel_configs"] = _steps(given["metricRelabelings"])
    times = {"scrape_interval": spec["scrapeInterval"], "scrape_timeout": spec["scrapeTimeout"]}
    times["evaluation_interval"] = spec["evaluationInterval"]
    document = {"global": {**times, "external_labels": spec["externalLabels"]}, "scrape_configs": jobs}
    return prometheus.read(yaml.safe_dump(document), "the operator's prometheus.yml")


def _begun(job):
    own = [{"source_labels": ["job"], "target_label": "__tmp_prometheus_job_name"}]
    return [*own, {"target_label": "job", "action": "replace", "replacement": job}]


def _times(given, interval):
    times = {"scrape_interval": given.get(interval), "scrape_timeout": given.get("scrapeTimeout")}
    return {key: value for key, value in times.items() if value}


def _scrape(given, name):
    job = {"job_name": name, "relabel_configs": _begun(given["jobName"]), **_times(given, "scrapeInterval")}
    job["metrics_path"] = given["metricsPath"]
    job["scheme"] = given.get("scheme", "HTTP").lower()
    if "staticConfigs" in given:
        job["static_configs"] = given["staticConfigs"]
    for key, spelt in (
        ("kubernetesSDConfigs", "kubernetes_sd_configs"),
        ("dockerSwarmSDConfigs", "dockerswarm_sd_configs"),
    ):
        if key in given:
            job[spelt] = [_in_small_letters(one) for one in given[key]]
    job["relabel_configs"] += _steps(given.get("relabelings", []))
    return job


def _in_small_letters(found):
    own = {key: value.lower() if key == "role" else value for key, value in found.items()}
    if "selectors" in own:
        own["selectors"] = [_in_small_letters(one) for one in own["selectors"]]
    return own


def _probe(given, name, namespace):
    static = given["targets"]["staticConfig"]
    job = {"job_name": name, "relabel_configs": _begun(given["jobName"]), **_times(given, "interval")}
    job["metrics_path"] = given["prober"]["path"]
    job["scheme"] = given["prober"].get("scheme", "http").lower()
    job["params"] = {"module": [given["module"]]}
    job["static_configs"] = [
        {"targets": static["static"], "labels": {"namespace": namespace, **static.get("labels", {})}}
    ]
    job["relabel_configs"] += [
        {"source_labels": ["__address__"], "target_label": "__param_target"},
        {"source_labels": ["__param_target"], "target_label": "instance"},
        {"target_label": "__address__", "replacement": given["prober"]["url"]},
        *_steps(static.get("relabelingConfigs", [])),
    ]
    return job


def _steps(steps):
    spelt = {"sourceLabels": "source_labels", "targetLabel": "target_label"}
    return [{spelt.get(key, key): value for key, value in step.items()} for step in steps]


def production(**changes):
    given = {
        "platforms": ["operator"],
        "secrets": "/run/secrets",
        "smtp": Smtp("mail.example.com", username="watch", password=env("SMTP_PASSWORD")),
        "external_labels": {"region": "eu"},
        "discovery": {
            "shop": Kubernetes(app="shop", namespace="shop", adds=["namespace", "pod", "node"]),
            "stock": Swarm(service="stock", port=8000, host="tcp://swarm.example:2376"),
            "nodes": KubernetesNodes(),
            "checked": KubernetesNodes(verify=True, adds=[]),
        },
    }
    return Environment("production", **(given | changes))


def stack(environment=None, **changes):
    """Every way in which something is scraped, and everybody who can be told."""
    cadvisor = {"scheme": "https", "metrics_path": "/metrics/cadvisor"}
    given = {
        "name": "shop",
        "services": [
            Service("shop", ["shop:8000"], [http, process], token=env("TOKEN")),
            Service("stock", ["stock:8000"], [http(error_ratio_high=0.02)]),
            Service("billing", ["billing.pay:9000", "billing.pay:9001"], labels={"region": "eu", "cost": "$1"}),
            Service("slow", ["slow:80"], scheme="https", scrape_interval="1m", scrape_timeout="30s", metrics_path="/m"),
            Service("nodes", ["node:10250"], [containers], **cadvisor),
            Service("checked", ["node:10250"], **cadvisor),
            Service("objects", ["kube-state-metrics:8080"], [kubernetes]),
            Service(
                "endpoints",
                ["blackbox-exporter:9115"],
                [blackbox],
                probes=[Probe("https://shop.example/health"), Probe("gateway", "icmp"), Probe("https://b.example")],
            ),
            Service(
                "inner",
                ["blackbox-exporter:9115"],
                scheme="https",
                scrape_interval="30s",
                labels={"namespace": "pay", "zone": "a"},
                token=env("TOKEN"),
                probes=[Probe("http://billing.pay:9000")],
            ),
        ],
        "notify": [
            Route(match={"team": "stock"}, notify=[Slack(env("SLACK_WEBHOOK"), channel="#stock")], also=True),
            Slack(env("SLACK_WEBHOOK"), channel="#shop"),
            PagerDuty(env("PD_KEY")),
            Email("oncall@example.com"),
        ],
        "mutes": [Mute("nights", times=["22:00-06:00"], severities=["low"])],
        "environments": [environment or production()],
    }
    return Stack(**(given | changes))


def small(**changes):
    """One service that a pod can reach, and nobody told."""
    notify = changes.pop("notify", [])
    environment = production(**({"smtp": None, "discovery": {}} | changes))
    return Stack(
        name="shop", services=[Service("shop", ["shop:8000"], [http])], notify=notify, environments=[environment]
    )


def objects_of(files):
    return {
        path.removeprefix("operator/"): yaml.safe_load(text)
        for path, text in files.items()
        if path.startswith("operator/") and not path.endswith("kustomization.yaml")
    }


def of_kind(objects, kind):
    return [one for one in objects.values() if one["kind"] == kind]


def the(objects, kind):
    (found,) = of_kind(objects, kind)
    return found
