"""The language: lexer, parser, tree, printer and the vectorised evaluator. It reads samples through `source.Source`."""

from __future__ import annotations

from vedette.promql.functions import AGGREGATORS, SIGNATURES, Signature
from vedette.promql.parser import ParseError, parse
from vedette.promql.printer import format  # noqa: A004 - `promql.format(expr)` reads as what it does
from vedette.promql.walk import rewrite, value_type, walk

__all__ = [
    "AGGREGATORS",
    "SIGNATURES",
    "ParseError",
    "Signature",
    "format",
    "parse",
    "rewrite",
    "value_type",
    "walk",
]
