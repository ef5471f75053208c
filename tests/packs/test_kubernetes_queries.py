"""Every query of the kubernetes pack has data on pages written as kube-state-metrics and a kubelet write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.packs.exporter_page import PAGES, TYPE, exposed, grown, looked_at

from vedette.catalog import Service, Stack
from vedette.engine.collect.http import FetchedPage
from vedette.packs import kubernetes
from vedette.packs.kubernetes import METRICS

if TYPE_CHECKING:
    from pathlib import Path

    from vedette.engine.collect.collector import Scrape

TEXTS = {
    "kubernetes": (PAGES / "kube-state-metrics.txt").read_text(),
    "kubelets": (PAGES / "kubelet.txt").read_text(),
}
START = 1_790_000_000_000
STACK = Stack(
    name="cluster",
    services=[
        Service("kubernetes", ["kube-state-metrics:8080"], [kubernetes]),
        Service("kubelets", ["node-1:10250"], [kubernetes]),
    ],
)


def page(scrape: Scrape, now: int) -> FetchedPage:
    return FetchedPage(grown(TEXTS[scrape.target.job.job_name], (now - START) / 1000), TYPE)


async def test_every_recording_and_panel_has_data(tmp_path: Path) -> None:
    seen = await looked_at(STACK, tmp_path, page, start=START)
    assert (seen.missing, seen.silent) == (set(), set())


def test_the_metrics_are_declared_as_they_are_exposed() -> None:
    there = exposed("".join(TEXTS.values()))
    declared = {metric.name: (metric.type, set(metric.label_names)) for metric in METRICS}
    assert {name: kind for name, (kind, _) in declared.items()} == {name: there[name][0] for name in declared}
    assert {name: labels - there[name][1] for name, (_, labels) in declared.items() if labels - there[name][1]} == {}


async def test_what_is_wrong_on_the_pages_fires(tmp_path: Path) -> None:
    seen = await looked_at(STACK, tmp_path, page, start=START, minutes=16)
    assert {name for name, _ in seen.firing} == {
        "PodRestartingTooOften",
        "PodCannotStart",
        "PodPending",
        "DeploymentReplicaMismatch",
        "KubernetesJobFailed",
    }
    assert ("KubernetesJobFailed", "The job shop/nightly-28 (kubernetes) has failed") in seen.firing
    assert seen.helpless == set()
