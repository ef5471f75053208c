"""What stands for Alloy: the OpenTelemetry collector and Promtail bring the same to the same places, labelled alike."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from functools import cache
from pathlib import PurePosixPath

import jsonschema
import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema
from tests.build import test_compose, test_swarm

from vedette.build import build
from vedette.build.compose.services import ALWAYS
from vedette.catalog import Environment, Service, Stack
from vedette.errors import DeclarationError
from vedette.packs import http

FILE = {"compose": "compose/docker-compose.yml", "swarm": "swarm/stack.yml"}
STARTED = {"alloy": {"alloy"}, "otel": {"otel-collector"}, "promtail": {"otel-collector", "promtail"}}


@cache
def built(collector, platform):
    if platform == "compose":
        environment = replace(test_compose.production(smtp=None), collector=collector)
    else:
        environment = replace(test_swarm.production(smtp=None, discovery={}), collector=collector)
    stack = Stack(services=[Service("shop", ["api:8000"], [http])], environments=[environment])
    files = build(stack, "production")
    return files, yaml.safe_load(files[FILE[platform]])["services"]


@pytest.fixture(params=["compose", "swarm"])
def platform(request):
    return request.param


@pytest.mark.parametrize("collector", STARTED)
def test_the_collector_that_is_asked_for_is_there_and_no_other(collector, platform):
    files, services = built(collector, platform)
    assert set(services) == {*(set(ALWAYS) - {"alloy"}), *STARTED[collector]}
    folders = {path.split("/")[1] for path in files if path.startswith(f"{platform}/") and path.count("/") == 2}
    assert folders >= STARTED[collector]
    assert not folders & ({"alloy", "otel-collector", "promtail"} - STARTED[collector])
    jsonschema.validate(yaml.safe_load(files[FILE[platform]]), get_builtin_schema("vendor.compose-spec"))


@pytest.mark.parametrize("collector", ["otel", "promtail"])
def test_what_a_command_names_is_mounted_there(collector, platform):
    files, services = built(collector, platform)
    for name in STARTED[collector]:
        own = services[name]
        path = PurePosixPath(re.search(r"=(/etc/\S+)", " ".join(own["command"]))[1])
        if platform == "swarm":
            assert str(path) in {one["target"] for one in own["configs"]}
            assert own["deploy"]["mode"] == "global"
            assert own["environment"] == {"NODE": "{{.Node.Hostname}}"}
        else:
            mount = next(one for one in own["volumes"] if path.is_relative_to(one["target"]))
            assert os.path.normpath(PurePosixPath("compose", mount["source"], path.name)) in files


@pytest.mark.parametrize("collector", ["otel", "promtail"])
def test_the_collector_s_pipelines_name_what_is_there_and_lead_to_services_of_the_project(collector, platform):
    files, services = built(collector, platform)
    config = yaml.safe_load(files[f"{platform}/otel-collector/config.yaml"])
    pipelines = config["service"]["pipelines"]
    for kind in ("receivers", "processors", "exporters"):
        assert {one for pipeline in pipelines.values() for one in pipeline[kind]} == set(config[kind]), kind
    assert config["service"].get("extensions", []) == list(config.get("extensions", {}))
    sent = {one["endpoint"].removeprefix("http://").partition(":")[0] for one in config["exporters"].values()}
    pair = {"prometheus-2"} if platform == "swarm" else set()
    assert sent == {"prometheus", "loki", "jaeger"} | pair
    assert sent - pair <= set(services)
    assert ("logs/containers" in pipelines) == (collector == "otel")
    assert {exporter.partition("/")[2] for exporter in pipelines["metrics"]["exporters"]} == {"prometheus"} | pair


def test_the_logs_of_containers_have_alloy_s_labels_by_the_collector_and_by_promtail(platform):
    tag, node = re.compile(r"attrs\.tag|source: attrs"), "NODE"
    for collector, path in {"otel": "otel-collector/config.yaml", "promtail": "promtail/promtail.yaml"}.items():
        text = built(collector, platform)[0][f"{platform}/{path}"]
        assert tag.search(text), "the tag is the name of the service"
        assert re.search(r"service[._]name", text)
        assert (node in text) == (platform == "swarm")
        assert "/var/lib/docker/containers/*/*-json.log" in text
    promtail = yaml.safe_load(built("promtail", platform)[0][f"{platform}/promtail/promtail.yaml"])
    assert promtail["clients"] == [{"url": "http://loki:3100/loki/api/v1/push"}]
    stages = promtail["scrape_configs"][0]["pipeline_stages"]
    assert {key for stage in stages for key in stage} == {"json", "timestamp", "labels", "labeldrop", "output"}


def test_only_what_reads_the_logs_of_containers_is_root_and_sees_them(platform):
    for collector in STARTED:
        _, services = built(collector, platform)
        sees = {name for name, own in services.items() if "/var/lib/docker/containers" in str(own.get("volumes", ""))}
        assert sees == {"alloy": {"alloy"}, "otel": {"otel-collector"}, "promtail": {"promtail"}}[collector]
        assert {name for name, own in services.items() if own.get("user") == "0:0"} == sees
        assert all(services[name]["cap_drop"] == ["ALL"] for name in sees)


def test_a_collector_that_does_not_exist_or_has_no_place_is_refused():
    with pytest.raises(DeclarationError, match=r"collector='oteel'.*did you mean 'otel'"):
        Environment("x", collector="oteel")
    with pytest.raises(DeclarationError, match="'kubernetes' in platforms, which has Alloy"):
        Environment("x", collector="otel", platforms=["compose", "kubernetes"])
