"""The alerts of the packs, judged by the real promtool on the cases beside this file."""

from __future__ import annotations

import subprocess

import pytest
import yaml
from tests.packs.cases import CASES
from tests.real import binary

from vedette import packs
from vedette.build import build, write
from vedette.catalog import Service, Stack

pytestmark = pytest.mark.real


@pytest.mark.parametrize("version", ["2.42", "2.53", "3.5"])
@pytest.mark.parametrize("pack", CASES)
def test_alerts_fire_when_they_should_and_only_then(tmp_path, pack, version):
    promtool = binary("promtool", version)
    write(build(Stack(services=[Service("shop", ["localhost:1"], [getattr(packs, pack)])])), tmp_path)
    tests = {
        "rule_files": [f"prometheus/rules/{pack}.yml"],
        "evaluation_interval": "15s",
        "tests": [
            {
                "name": f"{case.alert}: {case.why}",
                "interval": "15s",
                "input_series": [{"series": name, "values": values} for name, values in case.series.items()],
                "promql_expr_test": [
                    {
                        "expr": f'count(ALERTS{{alertname="{case.alert}",alertstate="firing"}})',
                        "eval_time": case.at,
                        "exp_samples": [{"labels": "{}", "value": case.expected}] if case.expected else [],
                    }
                ],
            }
            for case in CASES[pack]
        ],
    }
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(tests))
    result = subprocess.run(
        [promtool, "test", "rules", "tests.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
