"""Every command's name, arguments and help, those that look apart. What one does stands in the file of its name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from vedette.cli import looking
from vedette.cli.spelling import Parser, examples, stack_options

if TYPE_CHECKING:
    import argparse

__all__ = ["FAULTS", "parser"]

FAULTS = {
    "errors": "two of three checkouts fail with 500",
    "latency": "answers take more than a second",
    "pool": "checkouts keep their database connection",
    "down": "the shop answers nobody, its own metrics included",
}
"""What ``vedette demo break`` can switch on."""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    whole = Parser(
        prog="vedette",
        description="Complete observability for a Python service from one typed declaration.",
        epilog=examples("vedette up", "vedette build out/", "vedette demo break errors", "vedette up --help"),
    )
    whole.add_argument("--version", "-V", action="store_true", help="print the version")
    commands = whole.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    _up(commands)
    _build(commands)
    _deploy(commands)
    looking.add(commands)
    _demo(commands)
    _doctor(commands)
    _health(commands)
    commands.add_parser(
        "version", help="print the version", description="Print the version.", epilog=examples("vedette version")
    )
    return whole


def _up(commands: Any) -> None:
    command = commands.add_parser(
        "up",
        help="build the stack and watch it: scrape, store, judge, notify, and show it on one page",
        description="Build the stack and watch it: scrape, store, judge, notify, and show it on one page.\n"
        "Ctrl-C stops everything, which is no error: the exit code is 0.",
        epilog=examples("vedette up", "vedette up --port 8080 --open", "vedette up --from out/"),
    )
    stack_options(command)
    command.add_argument(
        "--port", type=int, default=7373, help="of the page and every API, on 127.0.0.1 (default: %(default)s)"
    )
    command.add_argument(
        "--from",
        dest="built",
        type=Path,
        metavar="FOLDER",
        help="run an existing build, or anybody's files laid out like one, instead of a stack",
    )
    command.add_argument(
        "--no-services",
        dest="services",
        action="store_false",
        help="do not start the commands that [tool.vedette] run lists",
    )
    command.add_argument("--open", dest="open_page", action="store_true", help="open the page in the browser")


def _build(commands: Any) -> None:
    command = commands.add_parser(
        "build",
        help="write the files that Prometheus, Alertmanager and Grafana run on",
        description="Write the files that Prometheus, Alertmanager and Grafana (or `vedette up --from`) run on.",
        epilog=examples("vedette build out/", "vedette build --check", "vedette build out/ --environment production"),
    )
    command.add_argument(
        "folder", nargs="?", type=Path, metavar="FOLDER", help="where they go (default: .vedette/build)"
    )
    stack_options(command)
    command.add_argument("--check", action="store_true", help="build, but write nothing")
    command.add_argument("--json", dest="as_json", action="store_true", help="print the list of files as JSON")


def _deploy(commands: Any) -> None:
    """``plan``, ``apply`` and ``drift``."""
    where = "The environment says where it runs: deploy=Deploy(prometheus=Running(…), …).\n"
    codes = "The exit code is 0 where there is nothing, 2 where there is something, 1 where it cannot run."
    plan = commands.add_parser(
        "plan",
        misused=1,
        help="say what a build would change in the folders and on the servers of an environment",
        description="Say what a build would change in the folders and on the servers of an environment, one sentence\n"
        f"for each alert, route, job and panel.\n{where}{codes}",
        epilog=examples("vedette plan --environment production", "vedette plan -e production --json"),
    )
    apply = commands.add_parser(
        "apply",
        help="have the servers of an environment run what is built",
        description="Show what would change, ask, write the files, have the servers read them, and see that they run "
        "it.\n"
        f"Where one refuses, everything is put back. What others wrote is never touched.\n{where}",
        epilog=examples("vedette apply --environment production", "vedette apply -e production --yes"),
    )
    drift = commands.add_parser(
        "drift",
        misused=1,
        help="say what runs otherwise than it was applied",
        description="Say what runs otherwise than it was applied: files and dashboards edited by hand, rules\n"
        f"and routes that a server has from elsewhere.\n{where}{codes}",
        epilog=examples("vedette drift --environment production", "vedette drift -e production --json"),
    )
    for command in (plan, apply, drift):
        stack_options(command)
    apply.add_argument("--yes", action="store_true", help="do not ask")
    for command in (plan, drift):
        command.add_argument("--json", dest="as_json", action="store_true", help="print it as JSON")


def _doctor(commands: Any) -> None:
    command = commands.add_parser(
        "doctor",
        help="say what works in this installation and this environment, and what does not",
        description="Say what works in this installation and this environment, and what does not, with the fix.\n"
        "The exit code is 1 where something does not work.",
        epilog=examples("vedette doctor", "vedette doctor --all --json"),
    )
    command.add_argument("--json", dest="as_json", action="store_true", help="print it as JSON")
    command.add_argument(
        "--all",
        dest="everything",
        action="store_true",
        help="tell each library that could be instrumented and is not installed, too",
    )


def _health(commands: Any) -> None:
    command = commands.add_parser(
        "health",
        help="ask a service for its health, as a container's health check does",
        description="Ask a service for its health, as a container's health check does. It needs no extra.\n"
        "The exit code is 0 where it works, if only badly, and 1 where it does not or does not answer.",
        epilog=examples(
            "vedette health localhost:8000",
            "vedette health http://localhost:8000/health/ready --timeout 2s",
            "vedette health https://shop.example --token-file token",
        ),
    )
    command.add_argument("url", metavar="URL", help="of the service or of a probe (path: /health where it has none)")
    command.add_argument(
        "--timeout", default="5s", metavar="TIME", help="how long to wait for an answer (default: %(default)s)"
    )
    command.add_argument("--token-file", type=Path, metavar="FILE", help="what it wants to be shown to tell details")
    command.add_argument("--json", dest="as_json", action="store_true", help="print it as JSON")


def _demo(commands: Any) -> None:
    command = commands.add_parser(
        "demo",
        help="break the demo shop in a realistic way, and mend it",
        description="Break the demo shop in a realistic way, and mend it.",
        epilog=examples("vedette demo break errors", "vedette demo mend"),
    )
    inner = command.add_subparsers(dest="demo", metavar="COMMAND", title="commands", required=True)
    broken = inner.add_parser(
        "break",
        help="switch a fault of the running demo on",
        description="Switch a fault of the running demo on; an alert fires within a minute.\n\n"
        + "\n".join(f"  {name:<8} {effect}" for name, effect in FAULTS.items()),
        epilog=examples("vedette demo break errors"),
    )
    broken.add_argument("fault", choices=FAULTS, metavar="FAULT", help="one of those above; one is on at a time")
    inner.add_parser(
        "mend",
        help="switch every fault of the demo off",
        description="Switch every fault of the demo off.",
        epilog=examples("vedette demo mend"),
    )
