"""Which libraries are instrumented, and what is said of those that are not."""

from __future__ import annotations

import re
import sys
from types import ModuleType

import pytest

from vedette.errors import ConfigError
from vedette.instruments.metrics.exposition import text
from vedette.integrations import attached
from vedette.integrations.libraries import LIBRARIES, Library


@pytest.fixture
def library(monkeypatch):
    """A made-up library with its integration; its version and build can be changed."""
    module, integration = ModuleType("madeup"), ModuleType("vedette.integrations.madeup")
    module.__version__ = "2.1.0rc1"
    module.call = lambda: "answer"

    def patch(patches):
        patches.replace(module, "call", lambda original: lambda: f"measured {original()}")

    integration.patch = patch
    monkeypatch.setitem(LIBRARIES, "madeup", Library("madeup", "madeup", "MadeUp", (2, 0)))
    monkeypatch.setitem(sys.modules, "madeup", module)
    monkeypatch.setitem(sys.modules, "vedette.integrations.madeup", integration)
    yield module
    attached.detach("madeup")


def _told(page: str) -> dict[str, str]:
    found = re.findall(r'vedette_integration_attached\{library="madeup",version="(.*?)"\} (\S+)', page)
    return dict(found)


def test_a_loaded_library_is_attached_at_once_and_told(library):
    attached.attach("madeup")
    assert library.call() == "measured answer"
    assert attached.states()["madeup"] == attached.State(attached=True, version="2.1.0rc1")
    assert _told(text().decode())["2.1.0rc1"] == "1"


def test_attaching_twice_measures_once(library):
    attached.attach("madeup")
    attached.attach("madeup")
    assert library.call() == "measured answer"


def test_detaching_puts_the_library_back(library):
    before = library.call
    attached.attach("madeup")
    attached.detach("madeup")
    assert library.call is before
    attached.attach("madeup")
    assert library.call() == "measured answer"


def test_an_old_version_is_left_alone_and_the_reason_is_told(library, caplog):
    library.__version__ = "1.9"
    attached.attach("madeup")
    assert library.call() == "answer"
    assert attached.states()["madeup"].why == "version 1.9 is older than 2.0"
    assert _told(text().decode())["1.9"] == "0"
    assert "MadeUp was found, and is not instrumented: version 1.9 is older than 2.0" in caplog.text


def test_a_library_built_otherwise_is_left_whole_and_the_reason_is_told(library):
    del library.call
    before = dict(vars(library))
    attached.attach("madeup")
    assert dict(vars(library)) == before
    assert "it is not built as expected: AttributeError" in attached.states()["madeup"].why


def test_an_unknown_name_is_an_error_with_the_nearest_right_one(library):
    with pytest.raises(ConfigError, match="there is no integration 'madeupp'; did you mean 'madeup'"):
        attached.attach("madeupp")
