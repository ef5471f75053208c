"""Objectives under traffic: built, and judged by the embedded engine and by the real promtool."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import yaml
from tests.real import binary

from vedette.build import build, write
from vedette.catalog import Environment, Events, Pack, Service, Slo, Stack
from vedette.formats import rules
from vedette.instruments.metrics import Metric
from vedette.testing.promtool import run_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STEP = 15
"""Seconds between samples."""
REQUESTS = Metric.foreign("counter", "requests_total", exporter="app", labels=["code"], help="Requests.")
TOTAL = 'requests_total{job="app",instance="a:1",code="200"}'
FAILED = 'requests_total{job="app",instance="a:1",code="500"}'
AVAILABILITY = Events(REQUESTS, errors='{code="500"}')


def stack(*slos: Slo, metrics=(REQUESTS,), environment: Environment | None = None) -> Stack:
    """One service with one pack of these objectives."""
    pack = Pack("app", metrics=list(metrics), slos=list(slos))
    return Stack(services=[Service("app", ["localhost:1"], [pack])], environments=[environment] if environment else [])


def availability(objective=99.9, **given) -> Slo:
    return Slo("availability", AVAILABILITY, objective=objective, **given)


def judge(
    folder: Path,
    built: Stack,
    series: Mapping[str, str],
    expected: Mapping[tuple[str, str], Mapping[str, float]],
    version: str,
    *,
    step: int = STEP,
) -> None:
    """Load the series, and compare what expressions give at a time with what they must: labels → value.

    ``step`` is that of the environment of the stack, in seconds.
    """
    write(build(built), folder)
    groups = rules.read((folder / "prometheus" / "rules" / "app.yml").read_text(), "app.yml").groups
    (folder / "tests.yml").write_text(
        yaml.safe_dump(
            {
                "rule_files": ["prometheus/rules/app.yml"],
                "evaluation_interval": f"{step}s",
                "fuzzy_compare": True,
                # promtool takes the groups in any order, each time in another
                "group_eval_order": [group.name for group in groups],
                "tests": [
                    {
                        "interval": f"{step}s",
                        "input_series": [{"series": name, "values": values} for name, values in series.items()],
                        "promql_expr_test": [
                            {
                                "expr": expr,
                                "eval_time": at,
                                "exp_samples": [{"labels": of, "value": value} for of, value in samples.items()],
                            }
                            for (expr, at), samples in expected.items()
                        ],
                    }
                ],
            }
        )
    )
    if version == "ours":
        outcome = run_file(folder / "tests.yml")
        assert outcome.verdict == "passed", [one.problems for one in outcome.groups]
        return
    promtool = binary("promtool", version)
    tests = (folder / "tests.yml").read_text()
    if version != "3.5":  # older ones do not know the key
        (folder / "tests.yml").write_text(tests.replace("fuzzy_compare: true\n", ""))
    ran = subprocess.run([promtool, "test", "rules", "tests.yml"], cwd=folder, capture_output=True, check=False)
    assert ran.returncode == 0, json.dumps((ran.stdout + ran.stderr).decode())[:4000]
