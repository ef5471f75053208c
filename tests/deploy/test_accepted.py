"""What the server's own program would refuse is refused before anything is written."""

from __future__ import annotations

import pytest
from tests import real
from tests.deploy.places import Place, shop

from vedette import Deploy, Environment, Histogram, Pack, Running, Teams, env
from vedette.errors import ConfigError

pytestmark = pytest.mark.real


class OnlyFolders(Place):
    """Folders that nobody reads yet."""

    def environment(self, **given):
        servers = {name: Running(folder=str(self.root / name)) for name in ("prometheus", "alertmanager")}
        return Environment("production", deploy=Deploy(**servers), **given)


@pytest.fixture
def on_path(monkeypatch):
    def put(program, version):
        monkeypatch.setenv("PATH", str(real.binary(program, version).parent), prepend=":")

    return put


@pytest.mark.parametrize("version", ["2.42", "2.53", "3.5"])
def test_what_is_built_is_accepted(tmp_path, on_path, version):
    on_path("promtool", version)
    on_path("amtool", "0.33")
    OnlyFolders(tmp_path).apply(shop())
    assert (tmp_path / "prometheus" / "prometheus.yml").exists()


def test_what_promtool_refuses_is_not_written(tmp_path, on_path):
    on_path("promtool", "2.42")
    pack = Pack("slow", title="Slow", metrics=[Histogram("till_closing_seconds", help="Time.", native=True)])
    with pytest.raises(ConfigError, match=r"promtool refuses what would be applied: .*always_scrape_classic"):
        OnlyFolders(tmp_path).apply(shop(more=(pack,)), prometheus="3.0")
    assert not list(tmp_path.iterdir())


def test_what_amtool_refuses_is_not_written(tmp_path, on_path):
    on_path("amtool", "0.25")
    with pytest.raises(ConfigError, match=r"amtool refuses what would be applied: .*msteamsv2_configs"):
        OnlyFolders(tmp_path).apply(shop(notify=[Teams(env("TEAMS"))]), alertmanager="0.28")
    assert not list(tmp_path.iterdir())
