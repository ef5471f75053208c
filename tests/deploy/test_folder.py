"""What is ours in a folder, and what was applied to it."""

from __future__ import annotations

import json

import pytest
from tests.deploy.places import Place, sentences, shop
from tests.real import free_port

from vedette import Deploy, Environment, Running
from vedette.deploy import folder as folders
from vedette.errors import ConfigError

APPLIED = folders.Applied("shop", "production", complete=True, files={"rules/a.yml": "groups: []\n"})


class OnlyFolders(Place):
    """Folders that nobody reads yet."""

    def environment(self, **given):
        url = given.pop("url", "")
        return Environment("production", deploy=Deploy(prometheus=Running(url, folder=str(self.root / "etc"))), **given)


@pytest.fixture
def place(tmp_path):
    return OnlyFolders(tmp_path)


def test_what_was_applied_is_read_as_it_was_said(tmp_path):
    assert folders.applied(tmp_path) is None
    folders.record(tmp_path / "new", APPLIED)
    assert folders.applied(tmp_path / "new") == APPLIED


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        (json.dumps({"format": 1}), "cannot be read"),
        (json.dumps({"format": 2}), "another version of Vedette"),
    ],
)
def test_a_broken_record_is_said_with_the_way_out(tmp_path, text, message):
    (tmp_path / folders.APPLIED).write_text(text)
    with pytest.raises(ConfigError, match=message):
        folders.applied(tmp_path)


def test_nothing_that_prometheus_or_grafana_reads_is_written_beside_the_files(place):
    place.apply(shop())
    own = [name for name in place.files() if "/." in name]
    assert own
    assert not [name for name in own if name.endswith((".yml", ".yaml", ".json"))]


def test_a_file_that_is_removed_by_hand_is_drift_and_comes_back(place):
    place.apply(shop())
    before = place.files()
    (place.root / "etc" / "rules" / "till.yml").unlink()
    assert "alert NoOrders is gone" in sentences(place.drift(shop()))
    assert "alert NoOrders is new" in sentences(place.plan(shop()))
    place.apply(shop())
    assert place.files() == before


def test_a_file_that_only_looks_different_is_said_and_put_right(place):
    place.apply(shop())
    file = place.root / "etc" / "rules" / "till.yml"
    kept = file.read_text()
    file.write_text(f"# by hand\n{kept}")
    told = ["rules/till.yml is written otherwise, and means the same"]
    assert sentences(place.drift(shop())) == told
    assert sentences(place.plan(shop())) == told
    place.apply(shop())
    assert file.read_text() == kept


def test_a_file_that_is_broken_by_hand_is_said_and_put_right(place):
    place.apply(shop())
    file = place.root / "etc" / "rules" / "till.yml"
    kept = file.read_text()
    file.write_text("groups: {")
    (only,) = sentences(place.plan(shop()))
    assert only.startswith("rules/till.yml cannot be read: ")
    place.apply(shop())
    assert file.read_text() == kept


def test_a_server_that_is_not_there_is_said_and_nothing_is_written(place):
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(ConfigError, match=f"{url}/api/v1/status/config: nobody listens there"):
        place.apply(shop(), url=url)
    assert not (place.root / "etc").exists()


def test_a_folder_that_cannot_be_written_is_said(place):
    (place.root / "etc").write_text("a file")
    with pytest.raises(ConfigError, match="etc"):
        place.apply(shop())
