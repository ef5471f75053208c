"""The arguments of the commands that look at what is declared: check it, test it, explain it, draw it, show it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vedette.check.report import FORMATS
from vedette.cli.spelling import examples, live_options, stack_options

if TYPE_CHECKING:
    from datetime import date

__all__ = ["add"]


def add(commands: Any) -> None:
    """Add each of them."""
    _check(commands)
    _test(commands)
    _explain(commands)
    _graph(commands)
    _score(commands)
    _slo(commands)
    _backtest(commands)
    _preview(commands)
    _reference(commands)


def _check(commands: Any) -> None:
    command = commands.add_parser(
        "check",
        help="find what is wrong in the stack, or in anybody's files, before it runs",
        description="Find what is wrong in the stack of the project, or in Prometheus rules, Alertmanager\n"
        "configuration and Grafana dashboards that nobody wrote with Vedette.\n"
        "The exit code is 0 where nothing fails, 1 where something does, 2 where it cannot run.",
        epilog=examples(
            "vedette check",
            "vedette check rules/ alertmanager.yml dashboards/",
            "vedette check --fix",
            "vedette check --explain rate-of-gauge",
            "vedette check --format sarif --output vedette.sarif",
            "vedette check --write-baseline --expires 2027-01-31 --reason 'before Vedette'",
            "vedette check rules/ --live http://localhost:9090",
            "vedette check --live http://localhost:8000/metrics",
        ),
    )
    command.add_argument(
        "files", nargs="*", type=Path, metavar="FILES", help="files or folders (default: the stack of the project)"
    )
    stack_options(command)
    live_options(
        command, "add what is known there: a server of Prometheus' API, a page of metrics, or such a page in a file"
    )
    codes = {"action": "append", "default": [], "metavar": "CODES"}
    command.add_argument("--select", **codes, help="only these checks or families, with commas between them")
    command.add_argument("--ignore", **codes, help="not these checks or families")
    command.add_argument("--all", dest="everything", action="store_true", help="those that are off by default, too")
    command.add_argument(
        "--format", dest="form", choices=FORMATS, default="people", metavar="FORMAT",
        help="; ".join(f"{form}: {what}" for form, what in FORMATS.items()) + " (default: %(default)s)",
    )  # fmt: skip
    command.add_argument("--output", type=Path, metavar="FILE", help="write it there, and print it for people")
    command.add_argument("--fix", action="store_true", help="change the files where a change is certainly right")
    command.add_argument("--diff", action="store_true", help="print what --fix would change")
    command.add_argument(
        "--baseline", type=Path, metavar="FILE", help="findings that may stay (default: vedette-baseline.json)"
    )
    command.add_argument("--write-baseline", action="store_true", help="let all that is found now stay for a while")
    command.add_argument("--expires", type=_day, metavar="DAY", help="the last day of the new entries: 2027-01-31")
    command.add_argument("--reason", default="", metavar="TEXT", help="why they may stay")
    command.add_argument("--strict", action="store_true", help="warnings fail, too")
    command.add_argument("--watch", action="store_true", help="check again whenever a file changes")
    command.add_argument("--explain", metavar="CODE", help="print the page of a check")
    command.add_argument("--list", action="store_true", help="print all checks")


def _test(commands: Any) -> None:
    command = commands.add_parser(
        "test",
        help="test the alerts: cases in Python and promtool's files, on the embedded engine",
        description="Run the tests of the project's alerts, and say which alert is tested in which way: it fires, it\n"
        "never does, its value is exactly its threshold, it fires and resolves. Files of promtool need no stack.\n"
        "The exit code is 0 where all pass, 1 where one fails or too few alerts are tested, 2 where it cannot run.",
        epilog=examples(
            "vedette test",
            "vedette test --missing > tests/test_alerts.py",
            "vedette test --mutants",
            "vedette test rules/*_test.yml",
            "vedette test --fail-under 100 --junit alerts.xml",
        ),
    )
    command.add_argument(
        "files", nargs="*", type=Path, metavar="FILES",
        help="files or folders (default: those of [tool.vedette.test] files in pyproject.toml)",
    )  # fmt: skip
    stack_options(command)
    command.add_argument("--missing", action="store_true", help="print skeletons of the cases that alerts lack")
    command.add_argument(
        "--mutants", action="store_true", help="change each alert a little, and say which change no case notices"
    )
    command.add_argument(
        "--fail-under", type=int, metavar="N", help="fail where fewer than N %% of the alerts have every kind of case"
    )
    command.add_argument("--json", dest="as_json", action="store_true", help="print it as JSON")
    command.add_argument("--junit", type=Path, metavar="FILE", help="write it there as JUnit XML, too")


def _about(command: argparse.ArgumentParser) -> None:
    """What is explained or drawn: a stack, or files."""
    stack_options(command)
    command.add_argument(
        "--in", dest="files", nargs="+", type=Path, default=[], metavar="FILES",
        help="look in these files and folders, which nobody wrote with Vedette, instead of a stack",
    )  # fmt: skip


def _explain(commands: Any) -> None:
    command = commands.add_parser(
        "explain",
        help="say what a metric, alert, panel or label means, who uses it, and what would break if it changed",
        description="Say what something means, how it works, who uses it, and what would break if it were removed,\n"
        "renamed, or lost a label: the change is tried, and the checks run on what would be left.\n"
        "The exit code is 1 where nothing has the name.",
        epilog=examples(
            "vedette explain NoOrders",
            "vedette explain http_server_request_duration_seconds",
            "vedette explain 'Shop: Shop / Orders'",
            "vedette explain http_route --json",
            "vedette explain HighErrorRate --in rules/ alertmanager.yml",
        ),
    )
    command.add_argument(
        "name",
        metavar="NAME",
        help="of a metric, recording rule, alert, dashboard, panel (title, or 'Dashboard / Panel'), label, pack, "
        "service or receiver",
    )
    _about(command)
    command.add_argument("--json", dest="as_json", action="store_true", help="print it as JSON")


def _graph(commands: Any) -> None:
    command = commands.add_parser(
        "graph",
        help="draw what hangs together: from services and metrics to panels, runbooks and receivers",
        description="Draw what hangs together: services, packs, metrics, recording rules, alerts, panels, runbooks\n"
        "and receivers, with what they say of each other.",
        epilog=examples(
            "vedette graph --format svg --output graph.svg",
            "vedette graph NoOrders",
            "vedette graph shop_orders_total --depth 1",
            "vedette graph --in rules/ --format json",
        ),
    )
    command.add_argument(
        "name", nargs="?", metavar="NAME", help="only what this rests on and what rests on it (default: everything)"
    )
    _about(command)
    command.add_argument(
        "--format", dest="form", choices=("mermaid", "svg", "json"), default="mermaid", metavar="FORMAT",
        help="mermaid: text that many places draw; svg: a picture; json: for programs (default: %(default)s)",
    )  # fmt: skip
    command.add_argument("--output", type=Path, metavar="FILE", help="write it there instead of printing it")
    command.add_argument("--depth", type=int, metavar="N", help="at most so many steps from NAME (default: all)")


def _score(commands: Any) -> None:
    command = commands.add_parser(
        "score",
        help="say how far each pack and service is: on a panel, alerted, with runbooks, tested",
        description="Say how far each pack and service is, as shares and as a level from 0 to 5, and what comes next.\n"
        "What nobody can know yet is shown as a dash, and does not count.",
        epilog=examples(
            "vedette score",
            "vedette score --json",
            "vedette score --badge docs/monitoring.svg",
            "vedette score --live http://localhost:9090",
        ),
    )
    stack_options(command)
    live_options(command, "count what is exposed, too, as a server of Prometheus' API says, or a page of metrics")
    command.add_argument("--json", dest="as_json", action="store_true", help="print it as JSON")
    command.add_argument(
        "--badge", type=Path, metavar="FILE", help="write the level of the whole stack as an SVG badge"
    )


def _backtest(commands: Any) -> None:
    command = commands.add_parser(
        "backtest",
        help="say what the alerts, or changes to them, would have done in the past",
        description="Say what the alerts of the stack, or of rule files, would have done in the past: on the samples "
        "of\n"
        "`vedette up`, of any server of Prometheus' HTTP API, or of a file. Changes are shown beside what is.",
        epilog=examples(
            "vedette backtest --since 7d --against http://prometheus:9090",
            "vedette backtest --rules rules/ --routes alertmanager.yml --against samples.om",
            "vedette backtest --change HttpErrorRateHigh.threshold=0.02 --change HttpErrorRateHigh.for=10m",
            "vedette backtest --sweep HttpErrorRateHigh.threshold=0.01..0.1:10 --incidents incidents.csv",
            "vedette backtest --rules now/ --compare new/ --html backtest.html",
        ),
    )
    stack_options(command)
    command.add_argument(
        "--rules", nargs="+", type=Path, default=[], metavar="FILES", help="rule files or folders, instead of a stack"
    )
    command.add_argument(
        "--routes", type=Path, metavar="FILE", help="the alertmanager.yml that says who is paged (default: the stack's)"
    )
    command.add_argument("--since", default="30d", metavar="TIME", help="30d, a day, or a time (default: %(default)s)")
    command.add_argument("--until", default="", metavar="TIME", help="as --since (default: now, or the end of a file)")
    command.add_argument(
        "--against", default="http://127.0.0.1:7373", metavar="URL|FILE",
        help="where the samples are: a server, or what `promtool tsdb dump` prints (default: %(default)s)",
    )  # fmt: skip
    command.add_argument("--token-file", type=Path, metavar="FILE", help="what the server wants to be shown")
    command.add_argument("--step", default="", metavar="TIME", help="evaluate all groups so often (default: their own)")
    command.add_argument(
        "--recorded", action="store_true", help="read recorded series from there instead of evaluating their rules"
    )
    command.add_argument(
        "--change", action="append", default=[], metavar="ALERT.KEY=VALUE",
        help="try a change beside what is: threshold, for or keep_firing_for",
    )  # fmt: skip
    command.add_argument("--compare", nargs="+", default=[], metavar="FILES|STACK", help="try other rules beside them")
    command.add_argument("--sweep", metavar="ALERT.KEY=LOW..HIGH[:N]", help="try N values of one key (default: 10)")
    command.add_argument(
        "--incidents", type=Path, metavar="FILE", help="what was wrong: start, end, name as CSV, JSON or YAML"
    )
    command.add_argument("--html", type=Path, metavar="FILE", help="write everything as one page: .html")
    command.add_argument("--picture", type=Path, metavar="FILE", help="draw the timeline, or the sweep: .svg")
    command.add_argument("--json", dest="as_json", action="store_true", help="print it as JSON")


def _preview(commands: Any) -> None:
    command = commands.add_parser(
        "preview",
        help="show every dashboard of the stack over made-up data, with nothing running",
        description="Show every dashboard of the stack over made-up data, with nothing running: a day with its hours,\n"
        "noise and one incident, through the rules and routes that are built. Nobody is told of anything.",
        epilog=examples(
            "vedette preview", "vedette preview --port 8080 --open", "vedette preview --pictures docs/dashboards"
        ),
    )
    stack_options(command)
    command.add_argument("--port", type=int, default=7374, help="of the page, on 127.0.0.1 (default: %(default)s)")
    command.add_argument(
        "--pictures", type=Path, metavar="FOLDER",
        help="write a picture of each dashboard there, light and dark, 1440 pixels wide, and end; needs Chromium",
    )  # fmt: skip
    command.add_argument("--open", dest="open_page", action="store_true", help="open the page in the browser")


def _reference(commands: Any) -> None:
    command = commands.add_parser(
        "reference",
        help="write what the stack declares as pages to read: metrics, rules, alerts, dashboards, runbooks",
        description="Write what the stack declares as Markdown pages that lead to one another: every metric and who\n"
        "asks for it, every alert with its query and who is told, every dashboard, every runbook.",
        epilog=examples(
            "vedette reference docs/monitoring",
            "vedette reference docs/monitoring --pictures",
            "vedette reference docs/monitoring --check",
        ),
    )
    command.add_argument("folder", type=Path, metavar="FOLDER", help="where the pages go")
    stack_options(command)
    command.add_argument(
        "--pictures", action="store_true",
        help="take a picture of each dashboard over made-up data, too; needs Chromium",
    )  # fmt: skip
    command.add_argument("--check", action="store_true", help="write nothing; fail where a page is stale")


def _slo(commands: Any) -> None:
    command = commands.add_parser(
        "slo",
        help="list the objectives, say how soon errors are noticed, and read and write OpenSLO",
        description="List the objectives of the stack with their error budgets. With a NAME, say how soon errors of\n"
        "that one are noticed and how much of the budget is gone by then.",
        epilog=examples(
            "vedette slo",
            "vedette slo http/availability",
            "vedette slo --live http://localhost:7373",
            "vedette slo --json",
            "vedette slo --openslo",
            "vedette slo --import openslo.yaml",
        ),
    )
    command.add_argument("name", nargs="?", metavar="NAME", help="of an objective: pack/objective (default: all)")
    stack_options(command)
    live_options(command, "tell what is left of the budgets now, as a server of Prometheus' API knows it")
    command.add_argument("--json", dest="as_json", action="store_true", help="print it as JSON")
    command.add_argument("--openslo", action="store_true", help="print all of them as OpenSLO")
    command.add_argument(
        "--import", dest="imported", type=Path, metavar="FILE", help="print the SLOs of an OpenSLO file as Python"
    )


def _day(text: str) -> date:
    from datetime import date  # noqa: PLC0415 - only one option wants it

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write for example 2027-01-31") from None
