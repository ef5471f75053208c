"""The fixture vedette_app in projects of users: what it is bound to, what it says, what it costs others."""

from __future__ import annotations

import subprocess
import sys

import pytest

from vedette.errors import ConfigError
from vedette.testing.settings import Settings, application, settings

pytest_plugins = ["pytester"]

STACK = """
    from vedette import Alert, Counter, Pack, Service, Slack, Stack, env

    loaves = Counter("bakery_loaves_total", help="Loaves.", labels={"result": ["baked", "burnt"]})
    bakery = Pack("bakery", title="Bakery", metrics=[loaves], alerts=[
        Alert(
            "LoavesBurn",
            "sum by (job) (rate(bakery_loaves_total{result='burnt'}[5m])) > 0.1",
            for_="2m", severity="high", summary="Loaves burn",
        ),
    ])
    stack = Stack(services=[Service("bakery", targets=["localhost:1"], packs=[bakery])],
                  notify=[Slack(env("SLACK"), channel="#bakery")])
"""
APP = """
    from stack import loaves

    burns = False
    loaves.initialise()

    async def app(scope, receive, send):
        if scope["type"] != "http":
            return
        loaves.inc("burnt" if burns else "baked")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})
"""
PYPROJECT = """
    [tool.vedette]
    stack = "stack:stack"
    run = ["uvicorn bakery:app --port 8000"]

    [tool.pytest.ini_options]
    pythonpath = ["."]
    addopts = "--strict-markers --strict-config -p no:cacheprovider"
"""


@pytest.fixture
def project(pytester):
    pytester.makepyfile(stack=STACK, bakery=APP)
    pytester.makepyprojecttoml(PYPROJECT)
    return pytester


def test_the_fixture_is_bound_to_the_stack_and_the_application_of_the_project(project):
    project.makepyfile(
        """
        import bakery
        import pytest
        from vedette.testing import assert_no_alerts, assert_notified, fires, time_travel

        def test_well(vedette_app):
            assert_no_alerts(load="/", rate=1, during="30m")

        def test_burning(vedette_app, monkeypatch):
            monkeypatch.setattr(bakery, "burns", True)
            with time_travel():
                vedette_app.load("/", rate=1, during="10m")
                assert fires("LoavesBurn", within="7m", labels={"job": "bakery"})
                assert_notified("#bakery", within="10m")

        def test_again(vedette_app):
            vedette_app.assert_no_alerts("LoavesBurn", load="/", rate=1, during="10m")
        """
    )
    project.runpytest_subprocess().assert_outcomes(passed=3)


def test_a_mark_names_another_stack_environment_service_and_application(project):
    project.makepyfile(
        other=STACK.replace("bakery_loaves_total", "other_loaves_total").replace('"bakery", targets', '"oven", targets')
    )
    project.makepyfile(
        """
        import other
        import pytest

        async def app(scope, receive, send):
            if scope["type"] == "http":
                other.loaves.inc("burnt")
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b""})

        pytestmark = pytest.mark.vedette(stack="other:stack", environment="local", service="oven")

        def test_other(vedette_app):
            vedette_app.serve(app).load("/", rate=1, during="10m")
            vedette_app.fires("LoavesBurn", labels={"job": "oven"})

        @pytest.mark.vedette(service="shop")
        def test_nearer_wins(vedette_app):
            pass
        """
    )
    outcome = project.runpytest_subprocess()
    outcome.assert_outcomes(passed=1, errors=1)
    outcome.stdout.fnmatch_lines(["*ConfigError: the stack * has no service 'shop'; it has oven*"])


def test_a_failure_is_shown_where_the_assertion_is_with_the_chart(project):
    project.makepyfile(
        """
        from vedette.testing import fires

        def test_burning(vedette_app):
            vedette_app.load("/", rate=1, during="10m")
            assert fires("LoavesBurn", within="7m")

        def test_misspelt(vedette_app):
            vedette_app.load("/", rate=1, during="10m")
            assert fires("LoafsBurn", within="7m")
        """
    )
    outcome = project.runpytest_subprocess()
    outcome.assert_outcomes(failed=2)
    outcome.stdout.fnmatch_lines(
        [
            '>*assert fires("LoavesBurn", within="7m")',
            "E*AssertionError: LoavesBurn did not fire within 7m",
            "E*0.1 ┤┄┄┄*",
            "E* 0 ┤*•••*",
            "E*no other alert fired",
            "E*nobody was told anything",
            "*.py:5: AssertionError",
            '>*assert fires("LoafsBurn", within="7m")',
            "E*LookupError: no alert is called 'LoafsBurn'; did you mean 'LoavesBurn'*",
        ]
    )
    assert "vedette/testing" not in outcome.stdout.str()


def test_who_does_not_use_the_fixture_loads_nothing_for_it(project):
    project.makepyfile(
        """
        import sys

        def test_nothing():
            assert not {name for name in sys.modules if name.startswith(("vedette.server", "numpy"))}
        """
    )
    project.runpytest_subprocess("-p", "no:randomly").assert_outcomes(passed=1)


def test_a_missing_extra_is_named(project):
    project.makepyfile("def test_x(vedette_app): pass")
    project.makeconftest("import sys\nsys.modules['numpy'] = None\n")
    outcome = project.runpytest_subprocess()
    outcome.assert_outcomes(errors=1)
    outcome.stdout.fnmatch_lines(["*the fixture vedette_app needs 'numpy'*pip install 'vedette?server?'*"])


# What it is bound to


def where(tmp_path, text):
    (tmp_path / "pyproject.toml").write_text(text, "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("run", "app"),
    [
        ("uvicorn bakery:app --port 8000", "bakery:app"),
        ("uvicorn --reload shop.main:create.app", "shop.main:create.app"),
        ("python -m gunicorn -w 4 -k uvicorn.workers.UvicornWorker shop:app", "shop:app"),
        ("granian --interface asgi shop.main:app", "shop.main:app"),
        ("celery -A shop worker", ""),
        ("python -m shop", ""),
        ("uvicorn --host 127.0.0.1 --port 80", ""),
    ],
)
def test_the_application_is_the_one_that_a_server_is_started_for(tmp_path, run, app):
    root = where(tmp_path, f'[tool.vedette]\nstack = "a:b"\nrun = ["{run}"]\n')
    assert settings({}, {}, root) == Settings(stack="a:b", app=app)


def test_a_mark_wins_over_pytests_settings_and_those_over_the_projects(tmp_path):
    root = where(tmp_path, '[tool.vedette]\nstack = "a:b"\nenvironment = "demo"\n')
    assert settings({}, {}, root).environment == "demo"
    assert settings({}, {"environment": "ini"}, root).environment == "ini"
    assert settings({"environment": "mark"}, {"environment": "ini"}, root).environment == "mark"
    assert settings({"stack": "c:d"}, {}, root) == Settings(stack="c:d"), "the environment is another stack's"


def test_what_is_said_wrongly_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match=r"no stack is named; write in pyproject\.toml"):
        settings({}, {}, tmp_path)
    with pytest.raises(ConfigError, match="has no 'stak'; did you mean 'stack'"):
        settings({"stak": "a:b"}, {}, tmp_path)
    with pytest.raises(ConfigError, match="not readable as TOML"):
        settings({}, {}, where(tmp_path, "["))


def test_an_application_that_is_not_there_is_an_error():
    assert application("json:dumps") is __import__("json").dumps
    with pytest.raises(ConfigError, match="'nowhere:app' cannot be imported: No module named 'nowhere'"):
        application("nowhere:app")
    with pytest.raises(ConfigError, match="json has no 'dump_'; did you mean 'dump"):
        application("json:dump_")


def test_the_names_of_the_kit_are_found_without_a_test():
    code = "from vedette.testing import Application, Firing, Notification, Request, fires, time_travel; print(Request)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
