"""Where an environment runs."""

from __future__ import annotations

import pytest

from vedette import DeclarationError, Deploy, Environment, Running, env

HERE = Running("http://127.0.0.1:9090/", folder="/etc/prometheus")


def test_an_environment_says_which_servers_run_it():
    deploy = Deploy(prometheus=HERE, grafana=Running("http://127.0.0.1:3000", token=env("GRAFANA_TOKEN")))
    environment = Environment("production", deploy=deploy)
    assert environment.deploy is deploy
    assert HERE.url == "http://127.0.0.1:9090"
    assert environment.deploy.alertmanager is None


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (Running, "needs an address, a folder or both"),
        (lambda: Running("localhost:9090"), "write a URL that begins with http"),
        (lambda: Running("http://127.0.0.1:3000", token="glsa_x"), "its token in clear"),
        (lambda: Running(folder="/etc/prometheus", token=env("X")), "a token but no address"),
        (Deploy, "names no server"),
        (lambda: Deploy(prometheus="http://127.0.0.1:9090"), "write Running"),
        (lambda: Deploy(prometheus=Running("http://127.0.0.1:9090")), "prometheus has no folder"),
        (lambda: Deploy(alertmanager=Running("http://127.0.0.1:9093")), "alertmanager has no folder"),
        (lambda: Environment("production", deploy=HERE), "write Deploy"),
    ],
)
def test_what_cannot_work_is_refused_where_it_is_written(declare, message):
    with pytest.raises(DeclarationError, match=message) as refused:
        declare()
    assert str(refused.value).startswith(f"{__file__}:")


def test_a_password_in_the_address_is_refused_and_not_shown():
    with pytest.raises(DeclarationError, match="token=env") as refused:
        Running("http://admin:hunter2@grafana:3000")
    assert "hunter2" not in str(refused.value)


def test_an_unknown_key_is_refused():
    with pytest.raises(TypeError, match="promeheus"):
        Deploy(promeheus=HERE)
