"""What is replaced in a library is put back exactly."""

from __future__ import annotations

import sys

import pytest
import wrapt
from opentelemetry.instrumentation.utils import unwrap

from vedette.integrations.importing import when_imported
from vedette.integrations.patch import Patches


class Base:
    def inherited(self):
        return "base"


class Library(Base):
    def plain(self):
        return "plain"

    @staticmethod
    def static():
        return "static"

    @classmethod
    def of_class(cls):
        return cls.__name__


def _louder(original):
    def wrapper(*arguments):
        return original(*arguments).upper()

    return wrapper


def test_methods_of_every_kind_are_replaced_and_put_back_exactly():
    before = dict(vars(Library))
    patches = Patches()
    for name in ("plain", "static", "of_class", "inherited"):
        patches.replace(Library, name, _louder)
    library = Library()
    assert (library.plain(), library.static(), library.of_class(), library.inherited()) == (
        *("PLAIN", "STATIC", "LIBRARY", "BASE"),
    )
    assert Base().inherited() == "base"
    patches.undo()
    assert dict(vars(Library)) == before


def test_what_somebody_else_has_wrapped_since_stays_his():
    patches = Patches()
    patches.replace(Library, "plain", _louder)
    ours = Library.plain

    def theirs(self):
        return f"<{ours(self)}>"

    Library.plain = theirs
    patches.undo()
    try:
        assert Library.plain is theirs
        assert not patches.active
    finally:
        Library.plain = lambda self: "plain"


def _traced(wrapped, instance, args, kwargs):
    return f"<{wrapped(*args, **kwargs)}>"


@pytest.mark.parametrize("tracer_first", [True, False])
@pytest.mark.parametrize("tracer_leaves_first", [True, False])
def test_a_tracer_comes_and_goes_in_either_order_and_nothing_is_left(tracer_first, tracer_leaves_first):
    before, patches = dict(vars(Library)), Patches()
    steps = [
        lambda: wrapt.wrap_function_wrapper(Library, "plain", _traced),
        lambda: patches.replace(Library, "plain", _louder),
    ]
    for step in steps if tracer_first else steps[::-1]:
        step()
    assert Library().plain() == "<PLAIN>"
    if tracer_leaves_first:
        unwrap(Library, "plain")
        assert Library().plain() == "PLAIN"
        patches.undo()
    else:
        patches.undo()
        assert Library().plain() == "<plain>"
        unwrap(Library, "plain")
    assert dict(vars(Library)) == before


def test_class_and_static_methods_that_somebody_else_has_wrapped_stay_what_they_are():
    class Own:
        @classmethod
        def of_class(cls, what):
            return f"{cls.__name__} {what}"

        @staticmethod
        def static(what):
            return what

    class Heir(Own):
        pass

    for name in ("of_class", "static"):
        wrapt.wrap_function_wrapper(Own, name, lambda wrapped, _instance, args, named: f"<{wrapped(*args, **named)}>")
    before = dict(vars(Own))
    patches = Patches()
    for name in ("of_class", "static"):
        patches.replace(Own, name, _louder)
    assert (Own.of_class("x"), Heir.of_class("x"), Heir().of_class("x")) == ("<OWN X>", "<HEIR X>", "<HEIR X>")
    assert (Own.static("x"), Heir().static("x")) == ("<X>", "<X>")
    patches.undo()
    assert dict(vars(Own)) == before


def test_a_missing_attribute_is_an_error_and_changes_nothing():
    patches = Patches()
    with pytest.raises(AttributeError, match="nothing_like_it"):
        patches.replace(Library, "nothing_like_it", _louder)
    assert "nothing_like_it" not in vars(Library)


@pytest.fixture
def fresh_module(tmp_path, monkeypatch):
    """A module that nobody has imported yet; its file says what was told before it ran to its end."""
    (tmp_path / "vedette_fresh.py").write_text(
        "from tests.integrations import test_patch\ntest_patch.ran.append('module')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    ran.clear()
    yield "vedette_fresh"
    sys.modules.pop("vedette_fresh", None)


ran: list[str] = []


def test_a_module_tells_once_it_has_run(fresh_module):
    sys.modules["tests.integrations.test_patch"] = sys.modules[__name__]
    when_imported(fresh_module, lambda: ran.append("told"))
    assert ran == []
    module = __import__(fresh_module)
    assert ran == ["module", "told"]
    assert module.__spec__.loader is module.__loader__
    assert "exec_module" not in vars(module.__loader__)


def test_a_module_that_is_there_already_tells_at_once():
    when_imported("json", lambda: ran.append("json"))
    assert ran[-1] == "json"


def test_one_that_fails_to_be_told_does_not_stop_the_import(fresh_module, caplog):
    from vedette.instruments import guard

    sys.modules["tests.integrations.test_patch"] = sys.modules[__name__]
    strict = guard.set_strict(False)
    guard.forget()
    try:
        when_imported(fresh_module, lambda: 1 / 0)
        when_imported(fresh_module, lambda: ran.append("told"))
        __import__(fresh_module)
    finally:
        guard.set_strict(strict)
    assert ran == ["module", "told"]
    assert "ZeroDivisionError" in caplog.text
