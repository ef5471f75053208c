"""``vedette check --live`` and ``vedette score --live`` as commands: what is printed, where, and the exit code."""

from __future__ import annotations

import json
import re

import pytest
from tests.check.live.answering import TEXT, answering, prometheus
from tests.real import free_port
from tests.started import vedette

from vedette.cli.run import run

PAGE = b"""\
# HELP shop_orders_total O.
# TYPE shop_orders_total counter
shop_orders_total 1
# TYPE wait_ms gauge
wait_ms 5
"""
RULES = """\
groups:
  - name: shop
    rules:
      - record: job:shop_orders:rate5m
        expr: sum by (job) (rate(shop_order_total[5m]))
"""
STACK = """\
from vedette import Counter, Gauge, Pack, Panel, Service, Stack

orders = Counter("shop_orders_total", help="O.")
{comment}wait = Gauge("shop_wait_seconds", help="W.")
shop = Pack("shop", metrics=[orders, wait], panels=[
    Panel("O", "sum by (job) (rate(shop_orders_total[5m]))", unit="events/s", description="O."),
    Panel("W", "max by (job) (shop_wait_seconds)", unit="seconds", description="W.")])
stack = Stack(name="s", services=[Service("shop", ["localhost:8000"], [shop])])
"""


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.yml").write_text(RULES)
    return tmp_path


@pytest.fixture
def check(capfd):
    """The exit code, and what was printed on both streams."""

    def called(*arguments):
        code = run(["check", *map(str, arguments)])
        printed = capfd.readouterr()
        return code, printed.out, printed.err

    return called


@pytest.fixture
def page():
    with answering(lambda _: (200, TEXT, PAGE)) as server:
        yield f"{server.url}/metrics"


def test_a_page_alone_is_checked_without_files_and_stack(check, page):
    code, out, err = check("--live", page)
    assert (code, err) == (0, "")
    assert (
        f"{page}\n       4 note metric wait_ms: it has no help [metric-naming]\n        │ # TYPE wait_ms gauge\n" in out
    )
    assert re.search(rf"✓ 2 notes in {re.escape(page)}; \d", out)


def test_files_are_held_against_a_server(check):
    with prometheus(
        {"label/__name__/values": ["shop_orders_total"], "status/buildinfo": {"version": "3.5.0"}}
    ) as server:
        code, out, _ = check("rules.yml", "--live", server.url)
    assert code == 0
    assert "5:34 warning recording rule job:shop_orders:rate5m: no series is named 'shop_order_total'" in out
    assert (
        f"in 1 file and {server.url} (Prometheus 3.5.0), which does not tell retention, rules, targets or types" in out
    )


def test_without_it_nobody_is_asked_and_nothing_of_it_is_found(check):
    assert "unknown-metric" not in check("rules.yml")[1]


@pytest.mark.parametrize("arguments", [["rules.yml"], []])
def test_where_nobody_answers_it_cannot_run(check, arguments):
    url = f"http://127.0.0.1:{free_port()}"
    code, out, err = check(*arguments, "--live", url)
    assert (code, out) == (2, "")
    assert err == f"vedette: {url}/api/v1/label/__name__/values: nobody listens there\n"


def test_a_token_is_for_a_server_and_never_printed(check, project):
    (project / "token").write_text("s3cret")
    assert check("rules.yml", "--token-file", "token")[::2] == (2, "vedette: --token-file is for --live\n")
    with prometheus({"label/__name__/values": []}) as server:
        for form in ("people", "json", "sarif", "lines"):
            printed = check("rules.yml", "--live", server.url, "--token-file", "token", "--format", form)
            assert "s3cret" not in "".join(printed[1:])
    assert set(server.tokens) == {"Bearer s3cret"}


def test_programs_are_told_the_address(check, page):
    assert check("--live", page, "--format", "lines")[1].startswith(f"{page}:4:")
    assert json.loads(check("--live", page, "--format", "json")[1])["findings"][0]["file"] == page
    result = json.loads(check("--live", page, "--format", "sarif")[1])["runs"][0]["results"][0]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": page}


def test_a_baseline_takes_what_is_live_from_anywhere(check, project, page):
    written = check(
        "--live", page, "--write-baseline", "--expires", "2999-01-01", "--reason", "x", "--baseline", "deep.json"
    )
    assert written[0] == 0
    (project / "deep").mkdir()
    (project / "deep.json").rename(project / "deep" / "deep.json")
    assert json.loads((project / "deep" / "deep.json").read_text())["findings"][0]["file"] == page
    assert "nothing found" in check("--live", page, "--baseline", "deep/deep.json")[1]
    told = check("rules.yml", "--baseline", "deep/deep.json")[1]
    assert "[baseline]" not in told, "nobody has looked"


def of_stack(project, *arguments, comment=""):
    (project / "pyproject.toml").write_text('[tool.vedette]\nstack = "shop:stack"\n')
    (project / "shop.py").write_text(STACK.format(comment=comment))
    return vedette(project, *arguments)


def test_a_stack_is_held_against_what_runs_and_not_from_memory(project, page):
    first = of_stack(project, "check")
    assert "not-exported" not in first.out
    live = of_stack(project, "check", "--live", page)
    assert "shop.py\n       4 warning metric shop_wait_seconds: it is declared, and not exposed by" in live.out
    assert f"in stack s, environment local and {page}; " in live.out
    assert of_stack(project, "check").out.partition(";")[0] == first.out.partition(";")[0]


def test_a_comment_for_what_is_live_is_not_idle_where_nobody_looks(project, page):
    comment = "# vedette: ignore[not-exported] it comes with the next release\n"
    assert "[ignore]" not in of_stack(project, "check", comment=comment).out
    live = of_stack(project, "check", "--live", page, comment=comment).out
    assert "not-exported" not in live
    assert "1 suppressed by comments" in live


def test_a_score_counts_what_is_exposed(project, page):
    scored = of_stack(project, "score", "--json", "--live", page)
    assert scored.code == 0
    stack = json.loads(scored.out)[-1]
    assert stack["shares"]["live"] == {"have": 1, "of": 2, "missing": ["shop_wait_seconds"]}
    assert "expose shop_wait_seconds" in stack["next"]
    assert json.loads(of_stack(project, "score", "--json").out)[-1]["shares"]["live"] is None


def test_what_has_not_happened_yet_does_not_keep_a_score_down(project, page):
    of_stack(project, "score")
    free = STACK.format(comment="").replace(
        'wait = Gauge("shop_wait_seconds"', 'wait = Gauge("shop_wait_seconds", labels=["a"]'
    )
    (project / "shop.py").write_text(free)
    assert json.loads(vedette(project, "score", "--json", "--live", page).out)[-1]["shares"]["live"]["missing"] == []


def test_a_score_of_several_services_is_not_told_by_the_page_of_one(project, page):
    of_stack(project, "score")
    two = STACK.format(comment="").replace("[shop])]", '[shop]), Service("other", ["b:1"], [shop])]')
    (project / "shop.py").write_text(two)
    scored = vedette(project, "score", "--live", page)
    assert scored.code != 0
    assert "it is the page of one process, and the stack has 2 services" in scored.error
