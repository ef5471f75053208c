"""The cases of the packs, judged by the real promtool: the same alerts, labels and annotations at every moment."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from functools import cache

import pytest
from tests.packs.test_packs import MODULES
from tests.real import binary

from vedette.build import build, write
from vedette.formats import promtool
from vedette.formats.series import write_labels
from vedette.testing.bench import bench
from vedette.testing.judge import judge, prepare
from vedette.testing.skeletons import notation

pytestmark = pytest.mark.real


def expected(prepared):
    """What our engine has firing at each moment that the case asks about."""
    case = prepared.case
    for moment in dict.fromkeys(one.when for one in case.expected):
        trial, _ = judge(prepared, prepared.groups, until=moment)
        firing = [one for one in trial.alerts() if one.state == "firing" and ("alertname", case.alert) in one.labels]
        yield promtool.AlertTest(
            eval_time=moment,
            alertname=case.alert,
            expected=tuple(
                promtool.ExpectedAlert(
                    labels={name: value for name, value in one.labels if name != "alertname"},
                    annotations=dict(one.annotations),
                )
                for one in firing
            ),
        )


@cache
def tried(pack):
    """What the cases of a pack are tried on, and its files."""
    return bench(MODULES[pack].stack), build(MODULES[pack].stack)


def test_file(pack, alert):
    """The cases of an alert as a file of promtool."""
    tested, _ = tried(pack)
    groups = defaultdict(list)
    for case in MODULES[pack].CASES:
        if case.alert == alert:
            groups[case.interval].append(prepare(case, tested))
    return promtool.TestFile(
        rule_files=("prometheus/rules/*.yml",),
        evaluation_interval=tested.interval,
        tests=tuple(
            promtool.TestGroup(
                name=prepared.case.name,
                interval=interval,
                input_series=tuple(
                    promtool.InputSeries(
                        series=write_labels(dict(of)), values=notation(samples), labels=of, samples=samples
                    )
                    for of, samples in prepared.given.items()
                ),
                alert_tests=tuple(expected(prepared)),
                external_labels={"environment": "local"},
                external_url=tested.environment.external_url,
            )
            for interval, cases in groups.items()
            for prepared in cases
        ),
    )


test_file.__test__ = False


# Every change is judged by three versions for the packs of every service, and by the newest for the others, whose days
# and weeks take the older ones minutes.
EVERYWHERE = ("http", "process", "database", "watch")
JUDGED = [
    pytest.param(pack, alert, version, marks=() if pack in EVERYWHERE or version == "3.5" else pytest.mark.proof)
    for pack in MODULES
    for alert in dict.fromkeys(case.alert for case in MODULES[pack].CASES)
    for version in ("2.42", "2.53", "3.5")
]


@pytest.mark.parametrize(("pack", "alert", "version"), JUDGED)
def test_promtool_sees_the_alert_where_the_embedded_engine_sees_it(tmp_path, pack, alert, version):
    tool = binary("promtool", version)
    write(tried(pack)[1], tmp_path)
    (tmp_path / "tests.yml").write_text(promtool.write(test_file(pack, alert)))
    result = subprocess.run(
        [tool, "test", "rules", "tests.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
