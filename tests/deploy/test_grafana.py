"""Dashboards by Grafana's documented API, against a stub of it: no real Grafana can run here."""

from __future__ import annotations

import copy
import json

import pytest
from tests.deploy.grafana_stub import TOKEN, grafana
from tests.deploy.places import Place, alert, sentences, shop

from vedette import Deploy, Environment, Pack, Panel, Query, Running, env
from vedette.errors import ConfigError

EXTRA = Pack("extra", title="Extra", panels=[Panel("Ups", [Query("max by (job) (up)")])])


class OnlyGrafana(Place):
    """Dashboards by the API, and nothing else."""

    def environment(self, **given):
        folder = given.pop("folder", "")
        running = Running(self.grafana, folder=folder, token=env("GRAFANA_TOKEN"))
        return Environment("production", secrets=str(self.root), deploy=Deploy(grafana=running), **given)


@pytest.fixture
def stub():
    with grafana() as found:
        yield found


@pytest.fixture
def place(tmp_path, stub, monkeypatch):
    monkeypatch.setenv("GRAFANA_TOKEN", TOKEN)
    return OnlyGrafana(tmp_path, grafana=stub.url)


def test_dashboards_come_into_a_folder_of_the_stack_and_then_there_is_nothing_to_do(place, stub):
    assert "dashboard 'shop: Till' is new" in sentences(place.plan(shop()))
    place.apply(shop())
    assert set(stub.dashboards) == {"shop-home", "shop-till"}
    assert stub.folders == {"vedette-shop": shop().title}
    assert set(stub.folder_of.values()) == {"vedette-shop"}
    assert sentences(place.plan(shop())) == []
    assert sentences(place.drift(shop())) == []


def test_only_what_differs_is_written(place, stub):
    place.apply(shop())
    stub.saved.clear()
    place.apply(shop(alert(threshold=0.04)))
    assert stub.saved == ["shop-till"]
    assert stub.dashboards["shop-till"]["version"] == 2


def test_a_dashboard_that_was_edited_is_drift_and_is_put_right(place, stub):
    place.apply(shop())
    panel = next(one for one in stub.dashboards["shop-till"]["panels"] if one["title"] == "Orders")
    panel["targets"][0]["expr"] = "sum(rate(till_orders_total[5m]))"
    stub.dashboards["shop-till"]["version"] += 1
    (only,) = place.drift(shop()).changes
    assert only.sentence == (
        "panel 'Orders' of dashboard 'shop: Till' has another query: `sum(rate(till_orders_total[5m]))`"
    )
    assert only.where == (stub.url,)
    place.apply(shop())
    assert sentences(place.drift(shop())) == []


def test_dashboards_of_ours_that_are_no_more_go_and_those_of_others_stay(place, stub):
    stub.dashboards["pay"] = {"uid": "pay", "title": "Payments", "tags": ["payments"], "version": 1, "id": 9}
    place.apply(shop(more=(EXTRA,)))
    assert "shop-extra" in stub.dashboards
    assert "dashboard 'shop: Extra' is gone" in sentences(place.plan(shop()))
    place.apply(shop())
    assert set(stub.dashboards) == {"pay", "shop-home", "shop-till"}


def test_a_dashboard_of_others_with_a_uid_of_ours_is_never_written(place, stub):
    theirs = {"uid": "shop-till", "title": "Our till", "tags": [], "panels": [], "version": 4, "id": 3}
    stub.dashboards["shop-till"] = copy.deepcopy(theirs)
    with pytest.raises(ConfigError, match="dashboard 'shop-till' is not ours"):
        place.apply(shop())
    assert stub.dashboards == {"shop-till": theirs}


def test_what_grafana_refuses_is_undone(place, stub):
    place.apply(shop())
    before = {uid: one["panels"] for uid, one in copy.deepcopy(stub.dashboards).items()}
    stub.refuses = "shop-till"
    with pytest.raises(ConfigError, match="Cannot save provisioned dashboard"):
        place.apply(shop(alert(threshold=0.01), more=(EXTRA,)))
    assert {uid: one["panels"] for uid, one in stub.dashboards.items()} == before


def test_a_folder_that_grafana_provisions_from_is_written_and_read_anew(place, stub, tmp_path):
    folder = tmp_path / "dashboards"
    (folder).mkdir()
    (folder / "payments.json").write_text("{}")
    stub.folders["files"] = "Files"

    def provision():
        """As a provider does when it is told to read its folder."""
        for file in folder.glob("*.json"):
            if file.name != "payments.json":
                stub.answer("POST", "/api/dashboards/db", {}, {
                    "dashboard": json.loads(file.read_text()), "folderUid": "files", "overwrite": True,
                })  # fmt: skip

    answer = stub.answer

    def answering(method, path, query, body):
        if path.endswith("/reload"):
            provision()
        return answer(method, path, query, body)

    stub.answer = answering
    place.apply(shop(), folder=str(folder))
    assert stub.reloads == 1
    assert (folder / "shop-till.json").exists()
    assert sentences(place.plan(shop(), folder=str(folder))) == []
    assert not list(folder.glob(".*.json")), "Grafana would read them as dashboards"


def test_a_token_that_is_not_set_is_said_with_where_it_could_stand(place, tmp_path, monkeypatch):
    monkeypatch.delenv("GRAFANA_TOKEN")
    with pytest.raises(ConfigError, match="GRAFANA_TOKEN is not set"):
        place.plan(shop())
    (tmp_path / "GRAFANA_TOKEN").write_text(f"{TOKEN}\n")
    assert sentences(place.plan(shop()))


def test_a_wrong_token_is_said_and_not_shown(place, monkeypatch):
    monkeypatch.setenv("GRAFANA_TOKEN", "glsa_wrong")
    with pytest.raises(ConfigError, match="status 401") as refused:
        place.plan(shop())
    assert "glsa_wrong" not in str(refused.value)
