"""``vedette backtest``: what it prints of rules and samples, and how it says what is wrong."""

from __future__ import annotations

import json

import pytest

from vedette.cli import backtest as cli_backtest
from vedette.cli.run import run

RULES = """
groups:
  - name: g
    rules:
      - {alert: QueueLong, expr: queue > 50, for: 5m, labels: {severity: high}}
      - {alert: QueueVeryLong, expr: queue > 500}
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with rules, and a day of a queue that is long twice an hour."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.yml").write_text(RULES)
    lines = [f'queue{{job="shop"}} {100 if at % 30 < 9 else 1} {60 * at}\n' for at in range(1440)]
    (tmp_path / "queue.om").write_text("".join(lines))
    return tmp_path


def said(capsys, *arguments: str) -> tuple[int, str, str]:
    code = run(["backtest", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_what_would_have_fired_is_told(here, capsys):
    code, out, _ = said(capsys, "--rules", "rules.yml", "--against", "queue.om", "--since", "12h")
    assert code == 0
    assert out.splitlines()[1].split() == ["QueueLong", "high", "24", "0", "23", "1h36m", "4m", "4m"]
    assert "silent: QueueVeryLong" in out


def test_other_rules_are_compared(here, capsys):
    (here / "new.yml").write_text(RULES.replace("for: 5m", "for: 10m"))
    code, out, _ = said(
        capsys, "--rules", "rules.yml", "--compare", "new.yml", "--against", "queue.om", "--since", "12h"
    )
    assert code == 0
    before, after = (
        line.split() for line in out.splitlines() if " before " in line or " after " in line if "·" not in line
    )
    assert before[:3] == ["QueueLong", "before", "24"]
    assert after[:3] == ["after", "0", "24"]


def test_the_same_rules_do_the_same(here, capsys):
    _, out, _ = said(capsys, "--rules", "rules.yml", "--compare", "rules.yml", "--against", "queue.om", "--since", "2h")
    assert "every alert did the same" in out


def test_json_is_for_programs(here, capsys):
    _, out, _ = said(capsys, "--rules", "rules.yml", "--against", "queue.om", "--since", "2h", "--json")
    (told,) = json.loads(out)
    assert [one["firings"] for one in told["alerts"]] == [4, 0]


@pytest.mark.parametrize(
    ("more", "title"),
    [
        ((), "Backtest of the rules"),
        (("--change", "QueueLong.for=10m"), "Backtest of the rules"),
        (("--sweep", "QueueLong.for=1m..9m:5"), "QueueLong by for"),
    ],
)
def test_a_page_has_everything_and_is_the_same_each_time(here, capsys, more, title):
    pages = []
    for _ in range(2):
        code, out, _ = said(
            capsys, "--rules", "rules.yml", "--against", "queue.om", "--since", "2h", "--html", "a.html", *more
        )
        assert code == 0
        assert "QueueLong" in out
        pages.append((here / "a.html").read_text())
    assert pages[0] == pages[1]
    assert f"<title>{title}</title>" in pages[0]
    assert 'class="track"' in pages[0]


def test_a_picture_is_drawn_of_the_timeline_or_the_sweep(here, capsys):
    given = ("--rules", "rules.yml", "--against", "queue.om", "--since", "2h", "--picture", "a.svg")
    said(capsys, *given)
    assert (here / "a.svg").read_text().count('class="firing"') == 4
    said(capsys, *given, "--sweep", "QueueLong.for=1m..9m:5", "--json")
    assert "<title>QueueLong by for</title>" in (here / "a.svg").read_text()


def test_rules_that_read_nothing_are_told(here, capsys):
    (here / "rules.yml").write_text("groups: [{name: g, rules: [{alert: A, expr: nothing > 1}]}]")
    _, out, _ = said(capsys, "--rules", "rules.yml", "--against", "queue.om", "--since", "2h")
    assert "the rules read nothing there" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--rules", "rules.yml", "--against", "127.0.0.1:1"), "is it running? There is no file '127.0.0.1:1' either"),
        (("--rules", "rules.yml", "--against", "http://127.0.0.1:1"), "is it running, and is --against its address?"),
        (("--rules", "no.yml"), "no.yml: no such file or folder"),
        (("--rules", "rules.yml", "--against", "queue.om", "--since", "soon"), "--since 'soon' is no time; write 30d"),
        (("--rules", "rules.yml", "--against", "queue.om", "--since", "0"), "--until must be after --since"),
        (("--rules", "rules.yml", "--against", "queue.om", "--step", "0s"), "--step '0s': it must be more than zero"),
        (("--rules", "rules.yml", "--stack", "a:b"), "--stack and --rules: give one of them"),
        (("--sweep", "A.for=1m..2m", "--change", "A.for=1m"), "--sweep stands alone"),
        (
            ("--rules", "rules.yml", "--against", "queue.om", "--picture", "a.png"),
            "a picture is a .svg file; --html writes a page",
        ),
        (("--rules", "rules.yml", "--against", "queue.om", "--change", "A.for=1m"), "there is no alert 'A'"),
        ((), "no stack: name it once in pyproject.toml"),
    ],
)
def test_what_is_wrong_is_said_with_the_fix(here, capsys, arguments, message):
    code, _, err = said(capsys, *arguments)
    assert code == 1
    assert message in err


def test_where_nobody_said_where_the_samples_are_both_ways_to_say_it_are_told(here, capsys, monkeypatch):
    monkeypatch.setattr(cli_backtest, "HERE", "http://127.0.0.1:1")
    code, _, err = said(capsys, "--rules", "rules.yml", "--against", "http://127.0.0.1:1")
    assert code == 1
    assert "start `vedette up`, or say with --against where the samples are" in err
    assert "is it running" not in err
