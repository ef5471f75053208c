"""Runbooks as HTML for the page."""

from __future__ import annotations

from vedette.server.runbook_html import render


def block(*lines: str) -> str:
    return "\n".join(["```promql", *lines, "```", ""])


def test_each_expression_of_a_block_opens_as_its_own_query() -> None:
    html = render(block('up{job=~"shop"} == 0', "sum by (job) (up)"))
    assert html.count("<a ") == 2
    assert 'href="/graph?g0.expr=up%7Bjob%3D~%22shop%22%7D%20%3D%3D%200"' in html
    assert "up{job=~&quot;shop&quot;} == 0</a>\n" in html


def test_an_expression_over_several_lines_is_one_query() -> None:
    html = render(block("sum by (job) (", "  up", ")", "  and on () vector(1)"))
    assert html.count("<a ") == 1
    assert "and on () vector(1)</a>" in html


def test_lines_that_are_no_expression_stay_text() -> None:
    html = render(block("# which instance?", "up", "up ==", "<script>"))
    assert html.count("<a ") == 1
    assert "# which instance?\n<a " in html
    assert "up ==\n&lt;script&gt;" in html


def test_other_code_and_raw_html_stay_as_they_are() -> None:
    assert (
        render("```sh\nkubectl get pods\n```\n") == '<pre><code class="language-sh">kubectl get pods\n</code></pre>\n'
    )
    assert "<img" not in render('<img src="x" onerror="alert(1)">')
