"""vedette.json is versioned, and refuses what this version does not know."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from vedette.errors import ConfigError
from vedette.formats import vedette
from vedette.formats.vedette import (
    AlertInfo,
    MetricInfo,
    ObjectiveInfo,
    PackInfo,
    ServiceInfo,
    Signal,
    VedetteFile,
    read,
    write,
)

FILE = VedetteFile(
    stack="shop",
    title="Shop",
    environment="local",
    external_url="http://127.0.0.1:7373",
    services=(
        ServiceInfo(
            name="shop",
            title="Shop",
            targets=("localhost:8000",),
            packs=("http",),
            team="web",
            signals=(Signal(title="Requests", expr="up", unit="reqps", dashboard="shop-http", panel=7),),
        ),
    ),
    packs=(PackInfo(name="http", title="HTTP", dashboard="shop-http"),),
    metrics={
        "a_total": MetricInfo(type="counter", unit="", help="A.", labels=("b",)),
        "node_load1": MetricInfo(type="gauge", unit="", help="Load.", exporter="node_exporter"),
    },
    alerts={"X": AlertInfo(pack="http", severity="high", summary="s", dashboard="shop-http", panel=7)},
    objectives={
        "http/availability": ObjectiveInfo(
            pack="http",
            title="Availability",
            description="Requests are answered.",
            objective="99.9",
            window=2_592_000_000,
            services=("shop",),
            by=("http_route",),
            alerts=("X",),
            dashboard="shop-http",
            panel=8,
        )
    },
    runbooks={"X": "# X\n"},
    secrets=("PD_KEY",),
)


def changed(**keys):
    return json.dumps({**json.loads(write(FILE)), **keys})


def test_what_is_written_reads_back_as_it_was():
    assert read(write(FILE), "vedette.json") == FILE


def test_what_is_written_is_valid_by_its_schema():
    schema = json.loads((Path(vedette.__file__).parent / "vedette.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.validate(json.loads(write(FILE)), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(changed(extra=1)), schema)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (changed(version=2), "version: is 2; this version of Vedette reads 1"),
        (changed(version=None), "version: is missing"),
        (changed(extra=1), "extra: unknown key; known here: alerts, environment"),
        (changed(services=[{"name": "a", "tragets": []}]), "services[0].tragets: unknown key"),
        (changed(services=[{"title": "a"}]), "services[0].name: is missing"),
        (changed(packs=[{"name": 1}]), "packs[0].name: is 1; expected a text"),
        (changed(metrics={"a": {"type": "gauge", "labels": "b"}}), 'metrics.a.labels: is "b"; expected a list'),
        (changed(alerts={"X": {"pack": "p"}}), "alerts.X.severity: is missing"),
        (changed(objectives={"a": {"pack": "p"}}), "objectives.a.objective: is missing"),
        (changed(runbooks={"X": 1}), "runbooks.X: is 1; expected a text"),
    ],
)
def test_says_what_is_wrong_and_where(text, message):
    with pytest.raises(ConfigError) as caught:
        read(text, "out/vedette.json")
    assert str(caught.value).startswith("out/vedette.json: ")
    assert message in str(caught.value)
