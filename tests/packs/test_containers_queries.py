"""Every query of the containers pack has data on pages written as cAdvisor writes them, for Docker and in a kubelet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.packs.exporter_page import PAGES, TYPE, exposed, grown, looked_at

from vedette.catalog import Service, Stack
from vedette.engine.collect.http import FetchedPage
from vedette.errors import DeclarationError
from vedette.packs import containers
from vedette.packs.containers import metrics
from vedette.testing.simulation import Unreachable

if TYPE_CHECKING:
    from pathlib import Path

    from vedette.engine.collect.collector import Scrape

TEXTS = {name: (PAGES / f"{name}.txt").read_text() for name in ("cadvisor", "kubelet-cadvisor")}
START = 1_790_000_000_000
DOCKER = Stack(services=[Service("cadvisor", ["docker-1:8080"], [containers])])
CLUSTER = Stack(services=[Service("kubelet-cadvisor", ["node-1:10250"], [containers(kubernetes=True)])])


def page(scrape: Scrape, now: int) -> FetchedPage:
    seconds = (now - START) / 1000
    text = TEXTS[scrape.target.job.job_name].replace(" 1790000000\n", f" {1790000000 + seconds:.0f}\n")
    return FetchedPage(grown(text, seconds), TYPE)


@pytest.mark.parametrize("stack", [DOCKER, CLUSTER], ids=["Docker", "Kubernetes"])
async def test_every_recording_and_panel_has_data(stack: Stack, tmp_path: Path) -> None:
    seen = await looked_at(stack, tmp_path, page, start=START)
    assert (seen.missing, seen.silent, seen.firing) == (set(), set(), set())


@pytest.mark.parametrize(("kubernetes", "name"), [(False, "cadvisor"), (True, "kubelet-cadvisor")])
def test_the_metrics_are_declared_as_they_are_exposed(kubernetes: bool, name: str) -> None:
    there = exposed(TEXTS[name])
    declared = {metric.name: (metric.type, set(metric.label_names)) for metric in metrics(kubernetes=kubernetes)}
    assert declared == {name: there[name] for name in declared}


async def test_a_container_of_a_cluster_is_called_by_its_namespace_and_pod(tmp_path: Path) -> None:
    def full(scrape: Scrape, now: int) -> FetchedPage:
        found = page(scrape, now)
        return FetchedPage(found.body.replace(b"180000000.0", b"266000000.0"), TYPE)

    seen = await looked_at(CLUSTER, tmp_path, full, start=START, minutes=4)
    assert {summary.partition(" uses")[0] for _, summary in seen.firing} == {
        "The container shop/shop-7d9f-abcde/app on node-1:10250 (kubelet-cadvisor)"
    }
    assert {name for name, _ in seen.firing} == {"ContainerMemoryCritical"}
    assert seen.helpless == set()


async def test_a_container_that_ends_is_told_and_a_cadvisor_that_ends_is_another_matter(tmp_path: Path) -> None:
    def without_db(scrape: Scrape, now: int) -> FetchedPage:
        if now < START + 60_000:
            return page(scrape, now)
        lines = page(scrape, now).body.decode().splitlines(keepends=True)
        return FetchedPage("".join(line for line in lines if 'name="db"' not in line).encode(), TYPE)

    seen = await looked_at(DOCKER, tmp_path / "ended", without_db, start=START, minutes=4)
    assert {(name, summary.partition(" is gone")[0]) for name, summary in seen.firing} == {
        ("ContainerGone", "The container db on docker-1:8080 (cadvisor)")
    }
    assert seen.helpless == set()

    def down(scrape: Scrape, now: int) -> FetchedPage:
        if now < START + 60_000:
            return page(scrape, now)
        raise Unreachable("connection refused")

    seen = await looked_at(DOCKER, tmp_path / "down", down, start=START, minutes=8)
    assert {name for name, _ in seen.firing} == {"ContainersNotWatched"}
    assert seen.helpless == set()


def test_who_must_run_is_asked_for_by_name_and_what_is_no_pattern_is_refused() -> None:
    pack = containers(must_run="shop-.+|db")
    (age,) = [one for one in pack.recordings if one.name == "job_instance_name:container_last_seen:age"]
    assert '{name!="",name=~"shop-.+|db"}' in age.expr
    for wrong in ("", "shop(", 'shop"'):
        with pytest.raises(DeclarationError, match=r"must_run=.*write a regular expression of names"):
            containers(must_run=wrong)
