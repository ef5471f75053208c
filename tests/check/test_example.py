"""Running the example of a check beside everything else that is declared in the process."""

from __future__ import annotations

import pytest

from vedette.check.check import Example
from vedette.check.example import findings_in, marked, shown
from vedette.check.registry import Choice
from vedette.instruments.metrics import Counter
from vedette.instruments.metrics.registry import DEFAULT

STACK = """\
from vedette import Counter, Pack, Service, Stack

orders = Counter("example_orders_total", help="Orders.") # <-
stack = Stack(services=[Service("shop", targets=["localhost:1"], packs=[Pack("shop", metrics=[orders])])])
"""


@pytest.fixture
def taken():
    metric = Counter("example_orders_total", help="Another one.", labels=["channel"])
    yield metric
    DEFAULT.undeclare("example_orders_total")


def test_a_stack_may_declare_what_another_has_declared_and_leaves_nothing_behind(taken, tmp_path):
    before = DEFAULT.families()
    wrong = STACK.replace("Orders.", "")
    found = findings_in(Example("observability.py", wrong), Choice(select=("missing-help",)), tmp_path)
    assert [(one.place.file, one.place.line) for one in found] == [("observability.py", 3)]
    assert DEFAULT.families() == before
    taken.inc("web")


def test_a_stack_that_cannot_be_loaded_leaves_nothing_behind_either(taken, tmp_path):
    before = DEFAULT.families()
    with pytest.raises(ZeroDivisionError):
        findings_in(Example("observability.py", STACK + "1 / 0\n"), Choice(), tmp_path)
    assert DEFAULT.families() == before


def test_the_mark_is_a_line_and_nobody_is_shown_it():
    example = Example("observability.py", STACK)
    assert marked(example) == 3
    assert "# <-" not in shown(example)
    assert marked(Example("a.json", "{}")) is None
