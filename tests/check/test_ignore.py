"""Comments that suppress findings."""

from __future__ import annotations

import pytest

from vedette.check import ignore as ignoring
from vedette.check.finding import Finding
from vedette.check.fix import apply
from vedette.check.ignore import suppress
from vedette.check.sources import Sources
from vedette.place import Place

KNOWN = {"slow": "alerts", "wrong-unit": "queries"}


@pytest.fixture(autouse=True)
def known(monkeypatch):
    monkeypatch.setattr(ignoring, "families", lambda: KNOWN)


def finding(line, code="slow", file="rules.yml"):
    return Finding(code=code, level="error", place=Place(file, line, 3), subject="it", message="bad", fix="mend it")


def check(folder, text, *findings, file="rules.yml", ran=tuple(KNOWN)):
    """Lines that are told, lines that are not, and what is said of the comments."""
    (folder / file).write_text(text)
    told, hidden = suppress(findings, [file], Sources(folder), ran)
    return (
        [one.place.line for one in told if one.code != "ignore"],
        [one.finding.place.line for one in hidden],
        [one.message for one in told if one.code == "ignore"],
    )


def test_a_comment_suppresses_the_findings_of_its_line_and_code_alone(tmp_path):
    text = "a: 1  # vedette: ignore[slow] it is a test\nb: 2\n"
    told, hidden, said = check(tmp_path, text, finding(1), finding(1, "wrong-unit"), finding(2))
    assert (told, hidden, said) == ([1, 2], [1], [])


def test_a_comment_alone_is_for_the_next_line_that_says_something(tmp_path):
    text = "# vedette: ignore[slow] one\n# vedette: ignore[wrong-unit] two\n# and why\n\na: 1\nb: 2\n"
    assert check(tmp_path, text, finding(5), finding(5, "wrong-unit"), finding(6)) == ([6], [5, 5], [])


def test_at_the_first_line_of_a_rule_it_is_for_the_whole_rule(tmp_path):
    text = """\
groups:
  - name: shop
    rules:
      - alert: A  # vedette: ignore[slow] known since 2020
        expr: |
          up

          == 0
        for: 5m
      - alert: B
        expr: up == 0
"""
    assert check(tmp_path, text, finding(8), finding(9), finding(11)) == ([11], [8, 9], [])


def test_a_query_in_a_block_has_comments_too(tmp_path):
    text = "expr: |\n  up  # vedette: ignore[slow] it is right\n  == 0\n"
    assert check(tmp_path, text, finding(2), finding(3)) == ([3], [2], [])


def test_the_reason_is_kept(tmp_path):
    (tmp_path / "rules.yml").write_text("a: 1  # vedette: ignore[slow] : it is a test \n")
    _, hidden = suppress([finding(1)], ["rules.yml"], Sources(tmp_path), KNOWN)
    assert hidden[0].reason == "it is a test"


def test_ignore_file_is_for_every_line_before_and_after(tmp_path):
    text = "a: 1\n# vedette: ignore-file[slow, wrong-unit] written by others\nb: 2\n"
    assert check(tmp_path, text, finding(1), finding(3, "wrong-unit")) == ([], [1, 3], [])


@pytest.mark.parametrize(
    ("comment", "says"),
    [
        ("# vedette: ignore[slow]", "it gives no reason"),
        ("# vedette: ignore[slow]  -", "it gives no reason"),
        ("# vedette: ignore", "it names no check"),
        ("# vedette: ignore[] because", "it names no check"),
        ("#vedette:ignore-file[slow]", "it gives no reason"),
    ],
)
def test_a_comment_that_is_not_complete_suppresses_nothing_and_is_told(tmp_path, comment, says):
    told, hidden, said = check(tmp_path, f"a: 1  {comment}\n", finding(1))
    assert (told, hidden) == ([1], [])
    assert said == [f"this comment suppresses nothing: {says}"]


def test_a_code_that_does_not_exist_is_told_with_the_one_that_is_near(tmp_path):
    (tmp_path / "rules.yml").write_text("a: 1  # vedette: ignore[slwo] a reason\n")
    told, _ = suppress([], ["rules.yml"], Sources(tmp_path), KNOWN)
    assert [(one.place, one.level, one.fix) for one in told] == [
        (Place("rules.yml", 1, 7), "warning", "did you mean 'slow'?")
    ]


def test_a_comment_that_is_needed_no_more_is_told_if_its_check_ran(tmp_path):
    text = "a: 1  # vedette: ignore[slow] a reason\n"
    assert check(tmp_path, text)[2] == ["this comment suppresses nothing: 'slow' is not found here any more"]
    assert check(tmp_path, text, ran=("wrong-unit",))[2] == []


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("a: 1  # vedette: ignore[slow] a reason\nb: 2\n", "a: 1\nb: 2\n"),
        ("a: 1\n  # vedette: ignore[slow] a reason\nb: 2\n", "a: 1\nb: 2\n"),
    ],
)
def test_the_fix_takes_the_comment_away_and_nothing_else(tmp_path, text, after):
    (tmp_path / "rules.yml").write_text(text)
    told, _ = suppress([], ["rules.yml"], Sources(tmp_path), KNOWN)
    assert apply("rules.yml", text, [told[0].edit]).after == after


def test_a_comment_with_one_code_still_in_use_has_no_fix(tmp_path):
    (tmp_path / "rules.yml").write_text("a: 1  # vedette: ignore[slow, wrong-unit] a reason\n")
    told, hidden = suppress([finding(1)], ["rules.yml"], Sources(tmp_path), KNOWN)
    assert len(hidden) == 1
    assert [one.edit for one in told] == [None]


def test_of_several_codes_only_the_one_that_is_needed_no_more_is_to_go(tmp_path):
    (tmp_path / "rules.yml").write_text("a: 1  # vedette: ignore[slow, wrong-unit] a reason\n")
    told, _ = suppress([finding(1)], ["rules.yml"], Sources(tmp_path), KNOWN)
    assert told[0].message == "a part of this comment suppresses nothing: 'wrong-unit' is not found here any more"
    assert told[0].fix == "take wrong-unit out of its brackets"


@pytest.mark.parametrize(
    "text",
    [
        'a: "x # vedette: ignore[slow] a reason"\n',
        "a: 'it''s # vedette: ignore[slow] a reason'\n",
        '# 🔥\na: "x\n  y # vedette: ignore[slow] a reason"\n',
    ],
)
def test_what_looks_like_a_comment_in_a_text_in_quotes_is_none(tmp_path, text):
    line = text.count("\n")
    assert check(tmp_path, text, finding(line)) == ([line], [], [])


def test_in_markdown_it_is_a_comment_that_the_reader_does_not_see(tmp_path):
    text = (
        "# Title\n\n<!-- vedette: ignore[slow] a reason -->\n# One\n\n[x](y)  <!-- vedette: ignore[slow] so --> it is\n"
    )
    shown = "# vedette: ignore[slow] a heading\n"
    assert check(tmp_path, text, finding(4, file="a.md"), finding(6, file="a.md"), file="a.md") == ([], [4, 6], [])
    assert check(tmp_path, shown, finding(1, file="b.md"), file="b.md") == ([1], [], [])
    told, _ = suppress([], ["a.md"], Sources(tmp_path), KNOWN)
    after = apply("a.md", text, [one.edit for one in told if one.edit]).after
    assert after == "# Title\n\n# One\n\n[x](y) it is\n"


PYTHON = '''\
"""A module that tells of # vedette: ignore[slow] comments."""
from vedette import Alert

alert = Alert(  # vedette: ignore[slow] it is meant so
    "A",
    """
    up
    """,
    for_="5m",
)
alerts = [
    # vedette: ignore[slow] this one, too
    Alert("B", "up",
        for_="5m"),
    Alert("C", "up"),
]
'''


def test_at_the_first_line_of_a_declaration_it_is_for_the_whole_of_it(tmp_path):
    findings = [finding(line, file="shop.py") for line in (1, 4, 7, 9, 13, 14, 15)]
    told, hidden, said = check(tmp_path, PYTHON, *findings, file="shop.py")
    assert (told, hidden, said) == ([1, 15], [4, 7, 9, 13, 14], [])


@pytest.mark.parametrize(
    "text", ["def broken(:  # vedette: ignore[slow] a reason\n", "'''  # vedette: ignore[slow] a reason\n", "\x00"]
)
def test_a_module_that_is_none_is_no_reason_to_fail(tmp_path, text):
    told, hidden, _ = check(tmp_path, text, finding(1, file="shop.py"), file="shop.py")
    assert len(told) + len(hidden) == 1


def test_json_has_no_comments(tmp_path):
    text = '{"title": "# vedette: ignore[slow] a reason"}'
    told, hidden, said = check(tmp_path, text, finding(1, file="board.json"), file="board.json")
    assert (told, hidden, said) == ([1], [], [])


def test_a_file_that_cannot_be_read_has_none(tmp_path):
    (tmp_path / "rules.yml").write_bytes(b"\xff\xfe# vedette: ignore[slow] x")
    assert suppress([finding(1)], ["rules.yml", "gone.yml"], Sources(tmp_path), KNOWN) == ([finding(1)], [])
