"""A text that a metric does not declare is found where the code gives it, and refused where the code runs."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.check.declared_stacks import HEAD, check, lines

STACK = """\
orders = Counter("orders_total", help="O.", labels={"channel": ["web", "app"]})
requests = Counter("requests_total", help="R.", labels={"method": None, "result": ["ok", "failed"]})
queue = Gauge("queue", help="Q.", labels={"kind": ["mail", "sms"]})
seconds = Histogram("seconds", help="S.", labels={"kind": ["mail", "sms"]})
worker = StateSet("worker", help="W.", labels={"kind": ["mail", "sms"]}, states=["idle", "busy"])
build = Info("build_info", help="B.", labels={"edition": ["small", "large"]})
own = Pack("own", metrics=[orders, requests, queue, seconds, worker, build])
stack = Stack(services=[Service("shop", ["a:1"], [own])])
"""
ALL = "from observability import build, orders, queue, requests, seconds, worker\n"


def found(folder, app, **beside):
    findings = check(folder, STACK, "undeclared-value", app=app, **beside)
    assert all(one.certain for one in findings)
    return [(one.place.file, one.place.line, one.place.column) for one in findings]


def runs(folder, app):
    """What the code says of itself where mistakes are errors."""
    (folder / "observability.py").write_text(HEAD + STACK)
    ran = subprocess.run(
        [sys.executable, "-c", f"from vedette.instruments import guard\nguard.set_strict(True)\n{app}"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return ran.stderr.strip().rpartition("\n")[2]


@pytest.mark.parametrize(
    ("update", "value"),
    [
        ('orders.inc("wb")', "wb"),
        ('orders.inc(channel="wb", amount=2)', "wb"),
        ('orders.labels("wb").inc()', "wb"),
        ('with orders.count("wb"): raise OSError', "wb"),
        ('with orders.count_exceptions(OSError, "wb"): raise OSError', "wb"),
        ('requests.inc("GET", "okay")', "okay"),
        ('requests.inc("GET", result="okay")', "okay"),
        ('requests.inc(*["GET"], result="okay")', "okay"),
        ('queue.set(1, "sns")', "sns"),
        ('queue.dec("sns")', "sns"),
        ('with queue.track("sns"): pass', "sns"),
        ('seconds.observe(1, "sns")', "sns"),
        ('with seconds.time(kind="sns"): pass', "sns"),
        ('worker.set("sleepy", "mail")', "sleepy"),
        ('worker.set("busy", "sns")', "sns"),
        ('worker.switch("sleepy", True, "mail")', "sleepy"),
        ('build.set("medium")', "medium"),
        ('build.set(edition="medium")', "medium"),
        ('orders.inc("web" if False else "wb")', "wb"),
        ('KIND = "wb"\norders.inc(KIND)', "wb"),
    ],
)
def test_what_the_check_finds_is_refused_where_the_code_runs(tmp_path, update, value):
    assert len(found(tmp_path, ALL + update + "\n")) == 1
    assert repr(value) in runs(tmp_path, ALL + update)


@pytest.mark.parametrize(
    "update",
    [
        'orders.inc("web")',
        'orders.inc("_OTHER")',
        'orders.inc(channel="app")',
        'requests.inc("whatever", "ok")',
        'queue.set(1, "mail")',
        'worker.set("idle", "sms")',
        'build.set("small")',
        'requests.inc(*["GET", "ok"])',
        'KIND = "web"\norders.inc(KIND)',
    ],
)
def test_what_is_declared_is_counted_and_gets_no_word(tmp_path, update):
    assert found(tmp_path, ALL + update + "\n") == []
    assert runs(tmp_path, ALL + update) == ""


@pytest.mark.parametrize(
    "app",
    [
        "from observability import orders as o\no.inc('wb')\n",
        "import observability\nobservability.orders.inc('wb')\n",
        "import observability as obs\nobs.orders.inc('wb')\n",
        "from handing import placed\nplaced.inc('wb')\n",
        "import handing\nhanding.placed.inc('wb')\n",
        "def f():\n    from observability import orders\n    orders.inc('wb')\n",
        "from observability import orders\n@orders.count('wb')\ndef f(): ...\n",
        "from observability import orders\nclass A:\n    def f(self): return [orders.inc('wb') for _ in 'ab']\n",
        "from observability import orders\nf = lambda: orders.inc('wb')\n",
        "from observability import orders\nfrom names import WEB\norders.inc(WEB)\n",
    ],
)
def test_a_metric_is_followed_to_where_it_is_used(tmp_path, app):
    beside = {"handing": "from observability import orders as placed\n", "names": "WEB = 'wb'\n"}
    ((file, *_),) = found(tmp_path, app, **beside)
    assert file == "app.py"


@pytest.mark.parametrize(
    "app",
    [
        "from observability import orders\ndef f(orders):\n    orders.inc('wb')\n",
        "from observability import orders\nfor orders in []:\n    orders.inc('wb')\n",
        "from observability import orders\norders = orders or 1\norders.inc('wb')\n",
        "from observability import orders\ndef f():\n    global orders\n    orders = 1\norders.inc('wb')\n",
        "from observability import orders\nclass A:\n    orders = 1\n    orders.inc('wb')\n",
        "from observability import orders\ndef f(kind):\n    orders.inc(kind)\n",
        "from observability import orders\ndef f(**labels):\n    orders.inc(**labels)\n",
        "from observability import orders\nfrom os import sep as KIND\norders.inc(KIND)\n",
        "from observability import orders\nKIND = 'wb'\nKIND = 'web'\norders.inc(KIND)\n",
        "from observability import orders\norders.inc(f'{1}wb')\n",
        "from elsewhere import orders\norders.inc('wb')\n",
        "from os import orders\norders.inc('wb')\n",
        "try:\n    from observability import orders\nexcept ImportError:\n    orders = None\norders.inc('wb')\n",
        "class A:\n    def f(self):\n        self.orders.inc('wb')\n",
        "from observability import orders\norders.remove('wb')\n",
        "from observability import requests\nrequests.inc(*given, 'okay')\n",
        "broken = (\n",
    ],
)
def test_what_is_not_certain_gets_no_word(tmp_path, app):
    assert found(tmp_path, app) == []


def test_a_name_that_two_modules_could_have_is_not_followed(tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "observability.py").write_text("orders = []\n")
    assert found(tmp_path, "from observability import orders\norders.inc('wb')\n") == []


def test_a_module_within_a_package_is_not_what_is_imported_by_its_last_name(tmp_path):
    app = "from observability import orders\norders.inc('wb')\n"
    (tmp_path / "__init__.py").write_text("")
    assert found(tmp_path, app) == []
    assert len(found(tmp_path, app.replace("from obs", "from .obs"))) == 1


def test_the_finding_stands_at_the_text_and_says_what_to_write(tmp_path):
    (finding,) = check(tmp_path, STACK, "undeclared-value", app=f"{ALL}requests.inc(\n    'GET',\n    'faild',\n)\n")
    assert (finding.place.file, finding.place.line, finding.place.column) == ("app.py", 4, 5)
    assert finding.fix == "write 'failed'"
    assert "requests.inc(…) is given result='faild', which is not declared (ok, failed)" in finding.message
    (finding,) = check(tmp_path, STACK, "undeclared-value", app=f"{ALL}orders.inc('x')\n")
    assert finding.fix == "write one of web, app, or declare the value at observability.py:3"


def test_in_the_file_of_the_stack_it_is_found_as_well(tmp_path):
    assert lines(check(tmp_path, f"{STACK}orders.inc('web') if stack is None else 0\n", "undeclared-value")) == []
    inner = f"{STACK}def f():\n    orders.inc('wb')\n"
    assert lines(check(tmp_path, inner, "undeclared-value")) == [("undeclared-value", 10)]


def test_tests_may_give_what_they_like(tmp_path):
    assert found(tmp_path, "", test_app=f"{ALL}orders.inc('wb')\n") == []
