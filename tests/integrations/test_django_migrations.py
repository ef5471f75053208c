"""Django's migrations are measured as they run, and those that are pending are counted by a process that serves."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SITE = """
import json, sys, threading
import django
from django.conf import settings

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "shop"],
    SECRET_KEY="for tests alone", ROOT_URLCONF="shop", ALLOWED_HOSTS=["*"],
)
import vedette
from django.core.wsgi import get_wsgi_application
app = vedette.instrument(get_wsgi_application())
from django.core.management import call_command
from tests.integrations.client import values
from vedette.instruments.metrics.exposition import text
from vedette.integrations import attached, django_migrations
from vedette.packs.migration import pending, running, runs

django_migrations._KEPT = 0.0


def read():
    text()
    for thread in threading.enumerate():
        if thread.name.startswith("vedette: what migrations"):
            thread.join(60)
    return values(pending)[("default",)]


told = {"pending": read()}
call_command("migrate", "contenttypes", verbosity=0)
told["after one"] = read()
try:
    call_command("migrate", verbosity=0)
except RuntimeError as error:
    told["error"] = str(error)
told["runs"] = {outcome: count for (_, outcome), count in values(runs).items()}
told["running"] = values(running)[("default",)]
told["left"] = read()
call_command("migrate", "contenttypes", verbosity=0)  # nothing to do is no run
told["runs then"] = sum(values(runs).values())
from django.db.migrations.executor import MigrationExecutor
ours = MigrationExecutor.migrate
attached.detach("django")
told["restored"] = hasattr(ours, "__wrapped__") and MigrationExecutor.migrate is ours.__wrapped__
print(json.dumps(told))
"""
MIGRATION = """
from django.db import migrations


def fail(apps, schema):
    raise RuntimeError("no room")


class Migration(migrations.Migration):
    dependencies = []
    operations = [migrations.RunPython(fail)]
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What a site tells whose own migration fails."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "shop" / "migrations").mkdir(parents=True)
    (folder / "shop" / "__init__.py").write_text("urlpatterns = []\n")
    (folder / "shop" / "migrations" / "__init__.py").touch()
    (folder / "shop" / "migrations" / "0001_initial.py").write_text(MIGRATION)
    (folder / "site.py").write_text(SITE)
    ran = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = [{str(ROOT)!r}, '.']\n{SITE}", "shop.db"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_what_is_pending_is_read_without_a_word(told):
    assert told["pending"] > told["after one"] > 0
    assert told["left"] >= 1


def test_runs_are_counted_by_how_they_end_and_the_error_comes_out_as_it_was(told):
    assert told["error"] == "no room"
    assert told["runs"] == {"success": 1, "failure": 1}
    assert told["running"] == 0


def test_a_run_with_nothing_to_do_is_none(told):
    assert told["runs then"] == 2


def test_detaching_restores_the_executor(told):
    assert told["restored"]
