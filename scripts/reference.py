"""Write the pages of docs/reference that the code tells: packs, integrations, commands, checks and vedette.json.

``python scripts/reference.py`` writes them; the tests say when one is stale.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
import re
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from vedette import integrations, packs
from vedette.build.reference import packs_page
from vedette.check.example import findings_in, shown
from vedette.check.page import page, printed
from vedette.check.registry import OWN, Choice, checks, find, story
from vedette.cli.commands import parser
from vedette.formats import vedette as vedette_format
from vedette.integrations.libraries import LIBRARIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vedette.check.check import Check

DOCS = Path(__file__).parent.parent / "docs" / "reference"
INTEGRATIONS_FOLDER = Path(integrations.__file__).parent
GENERATED = "<!-- written by scripts/reference.py from the code; change it there -->"

PACKS = f"""\
# Packs

{GENERATED}

A pack is everything about one domain: metrics, recording rules, alerts, panels and runbooks. These come with Vedette.
Queries are shown as they are declared; build adds `job=~"…"` of the services that use the pack.

A threshold is an argument of the pack function, `http(error_ratio_high=0.02)`, and a path in an environment,
`Environment("production", thresholds={{"http.error_ratio_high": 0.02}})`: see
[change a threshold](../how-to/change-a-threshold.md).
"""

INTEGRATIONS = f"""\
# Integrations

{GENERATED}

`vedette.instrument(…)` measures every library of this list that the application imports, when it imports it.
`instrument(app, without=["redis"])` leaves one alone; `vedette.integrations.attached.attach("redis")` measures one
alone, and `detach("redis")` puts it back exactly as it was. A version that cannot be measured is left alone: the log
says so once, and so do `vedette_integration_attached` and `vedette doctor`. What is measured never changes what the
application gets: a failure to measure is counted in `vedette_instrumentation_failures_total` and logged once.

How to begin: [instrument an application](../how-to/instrument-an-application.md). What it costs stands in
`benchmarks/README.md`.
"""

COMMANDS = f"""\
# Commands

{GENERATED}

`vedette COMMAND --help` prints what stands here. The exit code is 0, 1 for a mistake in what was given (one line on
standard error says which and what to do), 2 for a wrong call.

`pyproject.toml` says once what the commands work on; an option wins over it:

```toml
[tool.vedette]
stack = "shop.observability:stack"  # module:name, found from the current folder
environment = "local"               # where it is not given: local
run = ["uvicorn shop.main:app --port 8000"]  # started and stopped with `vedette up`; none where it is not given

[tool.vedette.check]                # all of it optional
select = ["alerts", "routes"]       # only these checks or families of checks
ignore = ["missing-help"]           # not these
strict = true                       # warnings fail, too
baseline = "vedette-baseline.json"  # findings that may stay for a while
cardinality = 10_000                # series that one metric may be in the whole stack
```

Data, secrets, the lock and what `vedette up` has built are in `.vedette/` beside that file, which Git is told to
ignore.
"""

DESCRIPTION = f"""\
# vedette.json

{GENERATED}

What a stack knows that no other built file has a place for: descriptions, links between alerts and panels, the text
of the runbooks, the names of secrets. `vedette build` writes it and the page reads it; no production twin needs it,
and `vedette up --from` a folder without it works. Its JSON schema is `vedette/formats/vedette.schema.json` in the
package. Every key below is there unless it is called optional; an unknown key is an error.
"""


CHECKS = f"""\
# Checks

{GENERATED}

What `vedette check` looks for, by family; each code leads to its page with an example. An **error** cannot work, a
**warning** works and not as meant or not always, a **note** could be better. *Exact* means decided by what is declared
or written; *guessed* means that in files without declarations it rests on names and customs: the finding says so then,
and is never an error; *live*: needs `--live`. What is off runs with `--all`, or when it is selected. How to use all
this: [check your monitoring](../how-to/check-your-monitoring.md).
"""


def packs_reference() -> str:
    """docs/reference/packs.md."""
    return packs_page([getattr(packs, name)() for name in packs.__all__], head=PACKS)


def commands_reference() -> str:
    """docs/reference/commands.md, from the parser itself, so that no version of argparse changes it."""
    return "\n".join([COMMANDS, *_commands(parser(), top=True)])


def _commands(command: argparse.ArgumentParser, *, top: bool = False) -> Iterator[str]:
    inner = [action for action in command._actions if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001 - there is no public way to ask
    if not top:
        listed = re.sub(r"^  (\w+) +", r"- `\1`: ", command.description or "", flags=re.MULTILINE)
        yield from (f"## {command.prog}", "", listed, "")
        yield from _arguments(command)
        yield from ("```console", *(f"$ {line.strip()}" for line in (command.epilog or "").splitlines()[1:]), "```", "")
    for action in inner:
        for one in action.choices.values():
            yield from _commands(one)


def _arguments(command: argparse.ArgumentParser) -> Iterator[str]:
    rows = [
        f"| {_spelled(action)} | {_meaning(action)} |"
        for action in command._actions  # noqa: SLF001 - see above
        if not isinstance(action, argparse._HelpAction | argparse._SubParsersAction)  # noqa: SLF001
    ]
    if rows:
        yield from ("| argument | meaning |", "|---|---|", *rows, "")


def _spelled(action: argparse.Action) -> str:
    metavar = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    value = "" if action.nargs == 0 else f" {metavar}"
    names = [f"`{name}{value}`" for name in sorted(action.option_strings, key=len, reverse=True)]
    before, after = {"?": ("[", "]"), "*": ("[", " …]")}.get(str(action.nargs), ("", ""))
    return ", ".join(names) or f"`{before}{metavar}{after}`"


def _meaning(action: argparse.Action) -> str:
    return " ".join(str(action.help).replace("%(default)s", str(action.default)).split()).replace("|", "\\|")


def description_reference() -> str:
    """docs/reference/vedette-json.md, from the schema."""
    schema: dict[str, Any] = json.loads(
        (Path(vedette_format.__file__).parent / "vedette.schema.json").read_text("utf-8")
    )
    lines = [DESCRIPTION, *_keys(schema)]
    for name, definition in schema["definitions"].items():
        lines += [f"## {name}", "", *_keys(definition)]
    return "\n".join(lines)


def _keys(definition: dict[str, Any]) -> list[str]:
    needed = definition["required"]
    rows = [
        f"| `{name}`{'' if name in needed else ' (optional)'} | {_type(given)} | {given['description']} |"
        for name, given in definition["properties"].items()
    ]
    return ["| key | value | meaning |", "|---|---|---|", *rows, ""]


def _type(given: dict[str, Any]) -> str:
    if "const" in given:
        return f"`{given['const']}`"
    if "enum" in given:
        return ", ".join(f"`{value}`" for value in given["enum"])
    if "$ref" in given:
        name = given["$ref"].rpartition("/")[2]
        return f"[{name}](#{name})"
    if given["type"] == "array":
        return f"list of {_type(given['items'])}"
    if given["type"] == "object":
        return f"name → {_type(given['additionalProperties'])}"
    return {"string": "text", "integer": "whole number"}[given["type"]]


MISTAKES = f"""\
# The 20 most useful checks

{GENERATED}

What goes wrong most often or hurts most, before (`-`) and after (`+`). Prometheus, Alertmanager and Grafana take what
stands before without a word; `vedette check` finds it. How to run it:
[check your monitoring](check-your-monitoring.md); everything it looks for: [all checks](../reference/checks.md).
"""

USEFUL = (
    "dropped-label", "unknown-metric", "unknown-label", "unknown-label-value", "impossible-threshold", "threshold-unit",
    "rate-of-gauge", "counter-direct", "quantile-without-le", "average-of-quantiles", "join-never-matches",
    "precedence", "for-below-interval", "absent-without-for", "alert-drops-job", "undefined-recording",
    "severity-without-route", "shadowed-route", "panel-unit", "cardinality",
)  # fmt: skip
"""Codes, in the order of the page: what hides an alert first."""


def useful_checks() -> str:
    """docs/how-to/find-common-mistakes.md."""
    lines = [MISTAKES]
    for code in USEFUL:
        check = find(code)
        headline = story(code).partition("\n")[0]
        lines += [f"## {code}", "", f"{headline} ([more](../reference/checks/{code}.md))", ""]
        lines += ["```diff", *_difference(check), "```", ""]
    return "\n".join(lines)


def _difference(check: Check) -> Iterator[str]:
    """What is between the bad example and the good one, moved to the left."""
    before, after = (shown(example).splitlines() for example in (check.bad, check.good))
    changed = [line for line in difflib.unified_diff(before, after, n=1, lineterm="") if not line.startswith("@@")][2:]
    indent = min(len(line) - 1 - len(line[1:].lstrip()) for line in changed if line[1:].strip())
    yield from (f"{line[0]} {line[1 + indent :]}".rstrip() for line in changed)


def checks_reference() -> str:
    """docs/reference/checks.md."""
    lines = [CHECKS]
    for about, family in groupby(sorted(checks(), key=lambda one: (one.about, one.code)), key=lambda one: one.about):
        lines += [f"## {about.capitalize()}", "", "| code | level | | on | what is wrong |", "|---|---|---|---|---|"]
        lines += [_check_row(one) for one in family]
        lines.append("")
    lines += ["## Told by the command itself", "", "| code | what it means |", "|---|---|"]
    lines += [f"| `{code}` | {meaning} |" for code, meaning in OWN.items()]
    return "\n".join([*lines, ""])


def _check_row(check: Check) -> str:
    with TemporaryDirectory() as folder:
        found = findings_in(check.bad, Choice(select=(check.code,)), Path(folder))
    exact = all(one.certain for one in found if one.code == check.code)
    only = ", stack only" * check.declared_only + ", live" * check.live_only
    how = f"{'exact' if exact else 'guessed'}{only}"
    headline = story(check.code).partition("\n")[0].replace("|", "\\|")
    on = "yes" if check.on else "no"
    return f"| [{check.code}](checks/{check.code}.md) | {check.level} | {how} | {on} | {headline} |"


def check_reference(code: str) -> str:
    """docs/reference/checks/CODE.md."""
    check = find(code)
    head, _, rest = page(check, printed(check)).partition("\n")
    return f"{head}\n\n{GENERATED}\n{rest}"


def integrations_reference() -> str:
    """One section a library, in the words of its file."""
    sections = [INTEGRATIONS]
    for name, library in sorted(LIBRARIES.items()):
        text = ast.get_docstring(ast.parse((INTEGRATIONS_FOLDER / f"{name}.py").read_text("utf-8"))) or ""
        since = "" if library.package == "Python" else f", from version {'.'.join(map(str, library.oldest))} on"
        sections.append(f"## {name}\n\n{library.package}{since}.\n\n{_as_markdown(text)}\n")
    return "\n".join(sections)


def _as_markdown(text: str) -> str:
    """A docstring: single and double backticks are code, and so is what stands behind a prompt."""
    found: list[str] = []
    for paragraph in text.split("\n\n"):
        lines = paragraph.splitlines()
        if all(line.strip().startswith((">>>", "...")) for line in lines):
            found.append("```pycon\n" + "\n".join(line.strip() for line in lines) + "\n```")
        else:
            found.append(paragraph.replace("``", "`"))
    return "\n\n".join(found)


PAGES: dict[str, Callable[[], str]] = {
    "integrations.md": integrations_reference,
    "packs.md": packs_reference,
    "commands.md": commands_reference,
    "checks.md": checks_reference,
    "../how-to/find-common-mistakes.md": useful_checks,
    "vedette-json.md": description_reference,
}
"""File in docs/reference → what writes it. Besides there is a page for each check, in docs/reference/checks."""


if __name__ == "__main__":
    texts = {file: write() for file, write in PAGES.items()}
    texts |= {f"checks/{one.code}.md": check_reference(one.code) for one in checks()}
    (DOCS / "checks").mkdir(exist_ok=True)
    for path in sorted((DOCS / "checks").glob("*.md")):
        if f"checks/{path.name}" not in texts:
            path.unlink()
    for file, text in texts.items():
        (DOCS / file).write_text(text, "utf-8")
        print(f"docs/reference/{file}")
