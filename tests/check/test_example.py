"""Running the example of a check beside everything else that is declared in the process."""

from __future__ import annotations

import pytest

from vedette.check.check import Example
from vedette.check.example import findings_in, marked, shown
from vedette.check.registry import Choice
from vedette.instruments.metrics import Gauge
from vedette.instruments.metrics.registry import DEFAULT

STACK = """\
from vedette import Alert, Gauge, Pack, Service, Stack

queue = Gauge("example_queue", help="Orders that wait.")
grows = Alert("Grows", "sum by (job) (rate(example_queue[5m])) > 1", severity="high", summary="It grows") # <-
shop = Pack("shop", metrics=[queue], alerts=[grows])
stack = Stack(services=[Service("shop", targets=["localhost:1"], packs=[shop])])
"""


@pytest.fixture
def taken():
    metric = Gauge("example_queue", help="Another one.", labels=["channel"])
    yield metric
    DEFAULT.undeclare("example_queue")


def test_a_stack_may_declare_what_another_has_declared_and_leaves_nothing_behind(taken, tmp_path):
    before = DEFAULT.families()
    found = findings_in(Example("observability.py", STACK), Choice(select=("rate-of-gauge",)), tmp_path)
    assert [(one.place.file, one.place.line) for one in found] == [("observability.py", 4)]
    assert DEFAULT.families() == before
    taken.set(1, "web")


def test_a_stack_that_cannot_be_loaded_leaves_nothing_behind_either(taken, tmp_path):
    before = DEFAULT.families()
    with pytest.raises(ZeroDivisionError):
        findings_in(Example("observability.py", STACK + "1 / 0\n"), Choice(), tmp_path)
    assert DEFAULT.families() == before


def test_the_mark_is_a_line_and_nobody_is_shown_it():
    example = Example("observability.py", STACK)
    assert marked(example) == 4
    assert "# <-" not in shown(example)
    assert marked(Example("a.json", "{}")) is None
