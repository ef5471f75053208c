"""An apply that is killed, wherever it was, is run again and ends well."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.deploy.killed import WANTED
from tests.deploy.places import ANOTHER_TEAM, sentences, servers, shop

from vedette.deploy.folder import held
from vedette.errors import ConfigError


def killed(when, place):
    command = [sys.executable, "-m", "tests.deploy.killed", when, place.root, place.prometheus, place.alertmanager]
    return subprocess.run(list(map(str, command)), capture_output=True, check=False)


def killed_and_run_again(folder, points):
    with servers(folder) as place:
        place.apply(WANTED)
        wanted = place.files()
        place.apply(shop())
        other = place.root / "prometheus" / "rules" / "payments.yml"
        other.write_text(ANOTHER_TEAM)
        for when in points:
            ended = killed(when, place)
            if ended.returncode == 0:
                return when
            assert ended.returncode == -9, ended.stderr.decode()
            assert sentences(place.plan(WANTED)), "there is still something to do"
            place.apply(WANTED)
            assert sentences(place.plan(WANTED)) == []
            assert sentences(place.drift(WANTED)) == []
            assert place.files() == {**wanted, "prometheus/rules/payments.yml": ANOTHER_TEAM.encode()}, "no half files"
            place.apply(shop())
        return None


@pytest.mark.real
def test_it_is_killed_between_two_files_or_before_a_reload_and_run_again(tmp_path):
    killed_and_run_again(tmp_path, ("4", "reload"))


@pytest.mark.proof
@pytest.mark.real
def test_it_is_killed_before_each_file_it_writes_and_run_again(tmp_path):
    last = killed_and_run_again(tmp_path, [str(number) for number in range(1, 40)])
    assert int(last) > 8, "an apply that ends well writes more files than that"


@pytest.mark.real
def test_drift_says_that_an_apply_was_interrupted(tmp_path):
    with servers(tmp_path) as place:
        place.apply(shop())
        killed("3", place)
        assert f"an apply to {tmp_path / 'prometheus'} was interrupted" in sentences(place.drift(shop()))


def test_two_do_not_apply_to_a_folder_at_once(tmp_path):
    with held(tmp_path), pytest.raises(ConfigError, match="another apply is at work here"), held(tmp_path):
        pass
    with held(tmp_path):
        pass
