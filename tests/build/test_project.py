"""``[tool.vedette]`` in pyproject.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vedette.build.project import Checking, Project, RuleTests, find
from vedette.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def test_the_nearest_pyproject_above_is_the_project(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.vedette]\nstack = "shop:stack"\nrun = ["a b"]\n')
    (tmp_path / "deep" / "er").mkdir(parents=True)
    project = find(tmp_path / "deep" / "er")
    assert project == Project(root=tmp_path, stack="shop:stack", environment="local", run=("a b",))


def test_how_to_check_stands_in_a_table_of_its_own(tmp_path: Path) -> None:
    text = '[tool.vedette.check]\nselect = ["a"]\nignore = ["b"]\nstrict = true\nbaseline = "c"\ncardinality = 5\n'
    (tmp_path / "pyproject.toml").write_text(text)
    assert find(tmp_path).check == Checking(("a",), ("b",), strict=True, baseline="c", cardinality=5)
    (tmp_path / "pyproject.toml").write_text("")
    assert find(tmp_path).check == Checking()


def test_how_to_test_stands_in_a_table_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.vedette.test]\nfiles = ["a_test.yml"]\nfail_under = 90\n')
    assert find(tmp_path).test == RuleTests(("a_test.yml",), 90)
    (tmp_path / "pyproject.toml").write_text("")
    assert find(tmp_path).test == RuleTests()


def test_without_a_pyproject_the_folder_itself_is_an_empty_project(tmp_path: Path) -> None:
    project = find(tmp_path)
    assert project.stack is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[tool.vedette]\nstak = "a:b"\n', "unknown key 'stak'; did you mean 'stack'?"),
        ("[tool.vedette]\nqqq = 1\n", "unknown key 'qqq'; known keys: stack, environment, run"),
        ('[tool.vedette]\nrun = "uvicorn"\n', "run is 'uvicorn'; expected a list of commands"),
        ("[tool.vedette]\nrun = [1]\n", "every entry is one command line"),
        ("[tool.vedette\n", "not readable as TOML"),
        ("[tool.vedette]\ncheck = true\n", "[tool.vedette] check is True; expected a table"),
        (
            "[tool.vedette.check]\nselct = []\n",
            "[tool.vedette.check] has an unknown key 'selct'; did you mean 'select'?",
        ),
        ('[tool.vedette.check]\nselect = "a"\n', "[tool.vedette.check] select is 'a'; expected a list of texts"),
        ("[tool.vedette.check]\nignore = [1]\n", "[tool.vedette.check] ignore: every entry is the code of a check"),
        ("[tool.vedette.check]\nstrict = 1\n", "strict is 1; expected true or false"),
        ("[tool.vedette.test]\nfile = []\n", "[tool.vedette.test] has an unknown key 'file'; did you mean 'files'?"),
        ("[tool.vedette.test]\nfiles = [1]\n", "[tool.vedette.test] files: every entry is a pattern of files"),
        ("[tool.vedette.check]\ncardinality = 0\n", "cardinality is 0; expected a whole number above 0"),
        ("[tool.vedette.check]\ncardinality = true\n", "cardinality is True; expected a whole number above 0"),
    ],
)
def test_a_mistake_in_the_project_file_names_the_file_and_the_fix(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        find(tmp_path)
    assert str(caught.value).startswith(str(path))
    assert says in str(caught.value)
