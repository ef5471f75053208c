"""Runbooks as HTML for the page: Markdown in which every PromQL expression opens as a query."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from markdown_it import MarkdownIt

from vedette.errors import VedetteError
from vedette.promql.parser import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping, Sequence

    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
    from markdown_it.utils import OptionsDict

__all__ = ["render"]


def render(text: str) -> str:
    """The HTML of a runbook. Raw HTML in it stays text: a runbook may come from a file that nobody here wrote."""
    return str(_MARKDOWN.render(text))


def _fence(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    token = tokens[at]
    if token.info.strip() != "promql":
        return self.fence(tokens, at, options, env)
    linked = "\n".join(_linked(chunk, is_query) for chunk, is_query in _chunks(token.content.rstrip("\n")))
    return f'<pre><code class="language-promql">{linked}\n</code></pre>\n'


def _linked(chunk: str, is_query: bool) -> str:
    if not is_query:
        return escape(chunk)
    return f'<a href="/graph?g0.expr={quote(chunk)}" title="Open as a query">{escape(chunk)}</a>'


def _chunks(block: str) -> Iterator[tuple[str, bool]]:
    """The block's expressions, each as many lines as it needs, and the lines that are none, such as comments."""
    lines = block.split("\n")
    at = 0
    while at < len(lines):
        # the longest run of lines that is an expression: the next line may go on with `and …`
        end = next((end for end in range(len(lines), at, -1) if _is_query("\n".join(lines[at:end]))), at)
        yield "\n".join(lines[at : max(end, at + 1)]), end > at
        at = max(end, at + 1)


def _is_query(text: str) -> bool:
    try:
        parse(text)
    except VedetteError:
        return False
    return not text.lstrip().startswith("#") and bool(text.strip())


_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_MARKDOWN.add_render_rule("fence", _fence)
