"""Instruments that no code touches, and instruments that no pack declares, by whatever way code comes to them."""

from __future__ import annotations

import pytest
from tests.check.declared_stacks import check, lines

CODES = ("never-touched", "undeclared-instrument")

STACK = """\
orders = Counter("orders_total", help="O.")
other = Counter("other_total", help="O.")
own = Pack("own", metrics=[orders, other])
stack = Stack(services=[Service("shop", ["a:1"], [own, http])])
"""


def found(folder, app, stack=STACK, **beside):
    files = {"app": "from observability import other\nother.inc()\n" + app, **beside}
    return lines(check(folder, stack, *CODES, **files))


@pytest.mark.parametrize(
    "app",
    [
        "from observability import orders\ndef f():\n    orders.inc(2)\n",
        "from observability import orders as o\no.inc()\n",
        "import observability\nobservability.orders.inc()\n",
        "import observability as obs\nobs.orders.labels('x').inc()\n",
        "from shop import observability as obs\nobs.orders.inc()\n",
        "import shop.observability\nshop.observability.orders.inc()\n",
        "from . import observability\nobservability.orders.inc()\n",
        "from .observability import *\norders.inc()\n",
        "from observability import orders\n@orders.count()\ndef f(): ...\n",
        "from observability import orders\nwith orders.count():\n    pass\n",
        "from observability import orders\nmeasure(orders)\n",
        "from observability import orders\ndo(counter=orders)\n",
        "from observability import orders\nalias = orders\n",
        "from observability import orders\nasync def f(x=orders): ...\n",
        "from observability import orders\nCOUNTERS = {'a': orders}\n",
        "from observability import orders\nclass A:\n    def f(self):\n        return [orders.inc() for _ in 'ab']\n",
        "from observability import orders\norders.initialise()\n",
    ],
)
def test_every_way_to_touch_counts(tmp_path, app):
    assert found(tmp_path, app) == []


@pytest.mark.parametrize(
    "app",
    [
        "",
        "from observability import orders\n",
        "orders = []\norders.append(1)\n",
        "from observability import orders\n__all__ = ['orders']\nprint(orders.name)\n",
        "from elsewhere import orders\norders.inc()\n",
        "class A:\n    def f(self):\n        self.orders.append(1)\n",
        "from observability import own\nfor metric in own.metrics:\n    metric.initialise()\n",
        "broken = (\n",
    ],
)
def test_what_is_only_named_is_not_touched(tmp_path, app):
    stack = STACK
    more = {"more": "from observability import other\nother.inc()\n"}
    assert found(tmp_path, app, stack, **more) == [("never-touched", 1)]


def test_a_name_is_followed_through_the_modules_that_hand_it_on(tmp_path):
    handing = {"shop/__init__": "from observability import orders\n", "b": "from shop import orders\norders.inc()\n"}
    assert found(tmp_path, "", **handing) == []


def test_tests_do_not_count_nor_what_is_installed(tmp_path):
    touch = "from observability import orders\norders.inc()\n"
    for name in ("test_app", "tests/app", "conftest", "venv/lib", "node_modules/x"):
        folder = tmp_path / name.replace("/", "-")
        folder.mkdir()
        assert found(folder, "", **{name: touch}) == [("never-touched", 1)], name


def test_the_whole_package_of_the_stack_is_read(tmp_path):
    (tmp_path / "shop" / "watch").mkdir(parents=True)
    (tmp_path / "shop" / "__init__.py").write_text("")
    (tmp_path / "shop" / "watch" / "__init__.py").write_text("")
    (tmp_path / "shop" / "app.py").write_text("from shop.watch.observability import orders, other\norders.inc()\n")
    findings = check(tmp_path / "shop" / "watch", STACK, *CODES)
    assert lines(findings) == [("never-touched", 2)]


def test_where_the_code_is_somewhere_else_nothing_is_said(tmp_path):
    assert check(tmp_path, STACK, *CODES) == []
    assert check(tmp_path, STACK, *CODES, helper="x = 1\n") == []


def test_what_others_expose_and_what_is_shipped_is_left_alone(tmp_path):
    stack = """\
load = Metric.foreign("gauge", "load", exporter="x", help="L.")
other = Counter("other_total", help="O.")
stack = Stack(services=[Service("shop", ["a:1"], [http, Pack("own", metrics=[load, other])])])
"""
    assert found(tmp_path, "", stack) == []


@pytest.mark.parametrize(
    ("declared", "use"),
    [
        ("class M:\n    orders = Counter('orders_total', help='O.')\nlist_ = [M.orders, other]", "M.orders.inc()"),
        (
            """\
class M:
    def __init__(self):
        self.orders = Counter('orders_total', help='O.')
m = M()
list_ = [m.orders, other]""",
            "m.orders.inc()",
        ),
        ("def make(name):\n    return Counter(name, help='O.')\nlist_ = [make('orders_total'), other]", ""),
        ("by = {'a': Counter('orders_total', help='O.')}\nlist_ = [*by.values(), other]", "by['a'].inc()"),
    ],
)
def test_other_ways_to_declare(tmp_path, declared, use):
    stack = (
        f"other = Counter('other_total', help='O.')\n{declared}\nown = Pack('own', metrics=list_)\n"
        "stack = Stack(services=[Service('shop', ['a:1'], [own])])\n"
    )
    assert found(tmp_path, f"from observability import *\n{use}\n", stack) == []


def test_an_instrument_without_a_name_cannot_be_touched(tmp_path):
    stack = STACK.replace("metrics=[orders, other]", "metrics=[other, Counter('c_total', help='C.')]").replace(
        'orders = Counter("orders_total", help="O.")', ""
    )
    (finding,) = check(tmp_path, stack, *CODES, app="from observability import other\nother.inc()\n")
    assert (finding.code, finding.place.line) == ("never-touched", 5)
    assert "no name" in finding.message


@pytest.mark.parametrize(
    ("app", "line"),
    [
        ("from vedette import Counter\nmine = Counter('mine_total', help='M.')\nmine.inc()\n", 4),
        ("import vedette\nmine = vedette.Gauge('mine', help='M.')\nmine.set(1)\n", 4),
        ("from vedette import Counter as C\nclass A:\n    m = C('mine_total', help='M.')\nA.m.inc()\n", 5),
        ("from prometheus_client import Counter\nmine = Counter('mine', 'M.')\nmine.inc()\n", 4),
        ("from prometheus_client import Enum\nmine = Enum('mine', 'M.')\nmine.state('x')\n", 4),
    ],
)
def test_an_instrument_that_no_pack_has_is_told(tmp_path, app, line):
    files = {"app": "from observability import orders, other\norders.inc(), other.inc()\n" + app}
    (finding,) = check(tmp_path, STACK, *CODES, **files)
    assert (finding.code, finding.place.line) == ("undeclared-instrument", line)
    assert finding.place.file == "app.py"


@pytest.mark.parametrize(
    "app",
    [
        "from vedette import Counter\nmine = Counter('mine_total', help='M.')\n",
        "from vedette import Counter\nmine = Counter('mine_total', help='M.', registry=r)\nmine.inc()\n",
        "from collections import Counter\nmine = Counter('letters')\nmine.update('x')\n",
        "from vedette import Counter\nmine = Counter(name, help='M.')\nmine.inc()\n",
        "from prometheus_client import Counter\nmine = Counter('orders', 'M.')\nmine.inc()\n",
        "from prometheus_client import Counter\nmine = Counter('x', 'M.', namespace='other')\nmine.inc()\n",
    ],
)
def test_what_is_declared_unused_or_not_to_be_told_is_left_alone(tmp_path, app):
    files = {"app": "from observability import orders, other\norders.inc(), other.inc()\n" + app}
    assert check(tmp_path, STACK, *CODES, **files) == []


def test_the_instruments_of_another_stack_are_its_own_affair(tmp_path):
    other = STACK.replace("orders", "theirs").replace("other", "more")
    files = {"app": "from observability import orders, other\norders.inc(), other.inc()\n"}
    files["second"] = f"from vedette import *\n{other}theirs.inc()\n"
    assert check(tmp_path, STACK, *CODES, **files) == []
