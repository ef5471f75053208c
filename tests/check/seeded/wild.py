"""The same mistakes in rules that nobody declares: what can be decided from a file alone is found there."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.check.seeded import mistakes as operators
from tests.check.seeded.mistakes import Known
from tests.check.seeded.recall import Recall

from vedette.check.foreign import facts_of_texts
from vedette.check.run import run
from vedette.formats import rules
from vedette.formats.rules import AlertingRule, RuleFile, RuleGroup
from vedette.promql.ast import Aggregate, Binary
from vedette.promql.parser import parse
from vedette.promql.printer import format as show

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vedette.check.finding import Finding

IN_QUERIES = (
    operators.contradicting_matchers,
    operators.le_dropped,
    operators.quantile_as_percent,
    operators.average_of_quantiles,
    operators.rate_of_a_sum,
    operators.ratio_not_added_up,
    operators.bool_added,
    operators.constant_absent,
)
NOTHING = Known({})


@dataclass(frozen=True)
class WildMistake:
    """A rule with one mistake in it."""

    operator: str
    what: str


def measure(folder: Path, every: int = 1) -> Recall:
    """Make each mistake (or every n-th of an operator) in the alerts of a folder, one at a time, each rule alone."""
    recall = Recall()
    seen: Counter[str] = Counter()
    for path in sorted(folder.rglob("*.yml")):
        for group in rules.read(path.read_text("utf-8"), str(path)).groups:
            for alert in group.rules:
                if not isinstance(alert, AlertingRule):
                    continue
                before: set[tuple[str, str]] | None = None
                for operator, wrong in _wrong(alert):
                    seen[operator] += 1
                    if (seen[operator] - 1) % every:
                        continue
                    before = {(one.code, one.message) for one in _findings(alert)} if before is None else before
                    recall.made[operator] += 1
                    codes = [one.code for one in _findings(wrong) if (one.code, one.message) not in before]
                    if codes:
                        recall.found[operator] += 1
                        recall.by.setdefault(operator, Counter()).update([codes[0]])
                    else:
                        recall.missed.append(WildMistake(operator, f"{path.name}: {alert.alert}"))  # type: ignore[arg-type]
    return recall


def _findings(alert: AlertingRule) -> list[Finding]:
    text = rules.write(RuleFile(groups=(RuleGroup(name="one", rules=(alert,)),)))
    facts, found = facts_of_texts({"rules.yml": text})
    return run(facts, found)


def _wrong(alert: AlertingRule) -> Iterator[tuple[str, AlertingRule]]:
    tree = parse(alert.expr)
    for operator in IN_QUERIES:
        for expr in operator(tree, NOTHING):
            if show(expr) != show(tree):
                yield operator.__name__, replace(alert, expr=show(expr))
    if isinstance(tree, Binary):
        for expr in operators.comparison_left_out(tree, NOTHING):
            yield "comparison_left_out", replace(alert, expr=show(expr))
    inner = tree.lhs if isinstance(tree, Binary) and tree.op in operators.COMPARISONS else tree
    for key, text in alert.annotations.items():
        if "{{" in text:
            broken = text.replace("}}", "}", 1)
            yield "template_not_closed", replace(alert, annotations={**alert.annotations, key: broken})
        label = re.search(r"\$labels\.(\w+)", text)
        if label and isinstance(inner, Aggregate) and not inner.without and label[1] in inner.grouping:
            wrong = text[: label.end()] + "_x" + text[label.end() :]
            yield "label_misspelt_in_a_text", replace(alert, annotations={**alert.annotations, key: wrong})
            kept = tuple(one for one in inner.grouping if one != label[1])
            dropped = show(operators.changed(tree, inner, replace(inner, grouping=kept)))
            yield "label_of_a_text_dropped_by_the_query", replace(alert, expr=dropped)
    yield "value_in_a_label", replace(alert, labels={**alert.labels, "current": "{{ $value }}"})
