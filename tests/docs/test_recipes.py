"""Every recipe finds series in made-up data of all packs, and is clean for `vedette check`."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.docs.page import blocks
from tests.testing.preview import every_pack

from vedette.catalog import Pack, Panel, Service, Stack
from vedette.check.declared import facts_of_stack
from vedette.check.run import run
from vedette.promql.ast import VectorSelector
from vedette.promql.evaluate import query_range
from vedette.promql.parser import parse
from vedette.promql.walk import walk
from vedette.testing.preview import Preview

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "recipes.md"
BLOCKS = blocks(PAGE.read_text("utf-8"))
RECIPES = [block.text.strip() for block in BLOCKS if block.language == "promql"]
OF_LOKI = [block.text.strip() for block in BLOCKS if block.language == "logql"]
PACK = Pack("recipes", panels=[Panel(text, text, unit="count", description="A recipe.") for text in RECIPES])
STACK = replace(
    every_pack.stack,
    services=[replace(service, packs=[*service.packs, PACK]) for service in every_pack.stack.services],
)
MOMENT = 1_763_000_000_000
HOUR = 3_600_000


@pytest.fixture(scope="module")
def head(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recipes")
    preview = Preview(STACK, STACK.environment(), folder, moment=MOMENT, url="http://127.0.0.1:7374")
    yield preview.watch.head
    preview.close()


@pytest.fixture(scope="module")
def findings():
    facts, refused = facts_of_stack(STACK)
    return [*refused, *run(facts)]


@pytest.mark.parametrize("page", sorted(PAGE.parents[1].glob("*/*.md")), ids=lambda page: page.stem)
def test_every_query_that_a_page_shows_can_be_read(page):
    for block in blocks(page.read_text("utf-8")):
        if block.language == "promql":
            parse(block.text)


def test_there_are_more_than_fifty_and_no_two_are_the_same():
    assert len(RECIPES) > 50
    assert len(set(RECIPES)) == len(RECIPES)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_finds_series(recipe, head):
    found = query_range(recipe, head, MOMENT - HOUR, MOMENT, 60_000)
    assert (found.present & np.isfinite(found.values)).any()
    selectors = [node for node in walk(parse(recipe)) if isinstance(node, VectorSelector)]
    there = [any(b.present.any() for b in head.select(one.matchers, MOMENT - HOUR, MOMENT)) for one in selectors]
    assert all(there) or recipe.startswith("absent(")


def test_check_finds_nothing_wrong_with_a_recipe(findings):
    assert [f"{one.subject}: {one.message} [{one.code}]" for one in findings] == []


def test_a_name_that_no_pack_declares_would_be_found():
    """So that the test before means something."""
    wrong = replace(PACK, panels=[Panel("x", "sum(nobody_declares_this)", unit="count", description="A recipe.")])
    stack = Stack(services=[Service("shop", ["localhost:8000"], packs=[wrong])])
    facts, refused = facts_of_stack(stack)
    assert "unknown-metric" in {one.code for one in [*refused, *run(facts)]}


@pytest.mark.parametrize("recipe", OF_LOKI)
def test_a_recipe_for_loki_has_the_form_of_one(recipe):
    """A selector of streams with at least one matcher, and all brackets and quotes closed."""
    assert re.search(r'\{\w+(=|=~)"[^"]+"\}', recipe)
    bare = re.sub(r'"[^"]*"', "", recipe)
    assert '"' not in bare
    for opened, closed in ("()", "[]", "{}"):
        assert bare.count(opened) == bare.count(closed)


def test_what_is_for_loki_stands_apart():
    text = PAGE.read_text("utf-8")
    assert text.index("## Logs in Loki") < text.index("```logql")
    assert text.rindex("```promql") < text.index("## Logs in Loki")
    assert len(OF_LOKI) >= 10
