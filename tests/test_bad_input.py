"""What goes wrong is told with its place and its fix, and everything else goes on."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING

import psutil
import pytest
from tests.real import free_port
from tests.started import Sink, get, until, up, vedette

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.started import Command, Up

STACK = """\
from vedette import Alert, Counter, Environment, Pack, Service, Stack, Webhook

orders = Counter("shop_orders_total", help="Orders placed.", labels={"channel": ["web", "app"]})


def made(alert):
    shop = Pack("shop", title="Shop", metrics=[orders], alerts=[alert])
    return Stack(
        services=[Service("shop", targets=["127.0.0.1:9"], packs=[shop])],
        notify=[Webhook("http://127.0.0.1:9/hook")],
        environments=[Environment("local")],
    )


"""
FINE = 'stack = made(Alert("NoOrders", "rate(shop_orders_total[5m]) == 0", severity="high", summary="None"))\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose stack is fine."""
    (tmp_path / "pyproject.toml").write_text('[tool.vedette]\nstack = "watched:stack"\n')
    (tmp_path / "watched.py").write_text(STACK + FINE)
    return tmp_path


def says(command: Command, *lines: str) -> None:
    """The command refused with exactly these lines."""
    assert "Traceback" not in command.error
    assert command.error.splitlines() == list(lines)
    assert command.code == 1


def test_a_project_without_mistakes_builds(project: Path) -> None:
    """So that every refusal below is because of its own mistake."""
    done = vedette(project, "build", "--check")
    assert (done.code, done.error) == (0, "")


@pytest.mark.parametrize("command", [("build", "--check"), ("up",), ("demo", "mend")])
def test_an_unknown_key_in_pyproject_is_refused_by_every_command(project: Path, command: tuple[str, ...]) -> None:
    path = project / "pyproject.toml"
    path.write_text('[tool.vedette]\nstack = "watched:stack"\nenviroment = "local"\n')
    says(
        vedette(project, *command),
        f"vedette: {path}: [tool.vedette] has an unknown key 'enviroment'; did you mean 'environment'?",
    )


def test_a_metric_declared_twice_names_both_places(project: Path) -> None:
    path = project / "watched.py"
    path.write_text(STACK + FINE + 'again = Counter("shop_orders_total", help="Again.")\n')
    line = len(path.read_text().splitlines())
    says(
        vedette(project, "build"),
        f"vedette: {path}:{line}: the metric shop_orders_total is declared already at {path}:3; "
        "import that one, or choose another name",
    )


def test_a_label_that_was_not_declared_is_shown_in_the_query(project: Path) -> None:
    path = project / "watched.py"
    query = 'rate(shop_orders_total{chanel="web"}[5m]) == 0'
    path.write_text(STACK + f"stack = made(Alert('NoOrders', '{query}', severity='high', summary='None'))\n")
    line = len(path.read_text().splitlines())
    column = path.read_text().splitlines()[-1].index("chanel") + 1
    says(
        vedette(project, "build"),
        f"vedette: {path}:{line}:{column}: alert 'NoOrders' of pack 'shop': 'shop_orders_total' has no label 'chanel'; "
        "it has channel, instance, job; did you mean 'channel'?",
        f"  {query}",
        "  " + " " * query.index("chanel") + "^",
    )


def test_broken_promql_in_a_pack_is_shown_with_a_caret_at_the_character(project: Path) -> None:
    path = project / "watched.py"
    query = "sum by (job) (rte(shop_orders_total[5m])) == 0"
    path.write_text(STACK + f'stack = made(Alert("NoOrders", "{query}", severity="high", summary="None"))\n')
    line = len(path.read_text().splitlines())
    column = path.read_text().splitlines()[-1].index("rte(") + 1
    says(
        vedette(project, "build"),
        f"vedette: {path}:{line}:{column}: alert 'NoOrders' of pack 'shop': "
        'unknown function with name "rte"; did you mean "rate"?',
        f"  {query}",
        "  " + " " * query.index("rte(") + "^",
    )


@pytest.mark.parametrize(
    ("name", "source", "message"),
    [
        ("wached:stack", "", "there is no module 'wached' in {folder}; did you mean 'watched'?"),
        ("watched:stak", None, "{folder}/watched.py: there is no 'stak' in watched; it has the stack 'stack'"),
        ("watched", None, "'watched' does not name a stack; write module:name, for example shop.observability:stack"),
        (
            "watched:stack",
            "x = 1\n1 / 0\n",
            "{folder}/watched.py:2: watched fails when imported: ZeroDivisionError: division by zero",
        ),
        (
            "watched:stack",
            "import not_installed\n",
            "{folder}/watched.py:1: No module named 'not_installed'; install it, or correct its name",
        ),
        ("watched:stack", "stack = (\n", "{folder}/watched.py:1:9: '(' was never closed"),
        (
            "watched:stack",
            "import sys\nsys.exit(0)\n",
            "{folder}/watched.py:2: watched ends the process when imported; a stack is only declared",
        ),
    ],
)
def test_a_stack_that_cannot_be_loaded_says_why_and_where(
    project: Path, name: str, source: str | None, message: str
) -> None:
    if source is not None:
        (project / "watched.py").write_text(source)
    says(vedette(project, "up", "--port", "0", "--stack", name), "vedette: " + message.format(folder=project))


def test_without_any_stack_it_says_how_to_name_one(tmp_path: Path) -> None:
    says(
        vedette(tmp_path, "up", "--port", "0"),
        'vedette: no stack: name it once in pyproject.toml, [tool.vedette] stack = "shop.observability:stack", '
        "or give --stack module:name",
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Path → text of a build."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "watched.py").write_text(STACK + FINE)
    assert vedette(folder, "build", "out", "--stack", "watched:stack").code == 0
    return {str(path.relative_to(folder / "out")): path.read_text() for path in folder.rglob("out/**/*.*")}


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        (
            "prometheus/prometheus.yml",
            ("scrape_interval:", "scrape_intervall:"),
            ":2:3: unknown key 'scrape_intervall' in global; did you mean 'scrape_interval'?",
        ),
        (
            "alertmanager/alertmanager.yml",
            ("group_wait:", "group_weight:"),
            "unknown key 'group_weight' in route; did you mean 'group_wait'?",
        ),
        ("prometheus/rules/shop.yml", ("rate(", "rte("), 'unknown function with name "rte"; did you mean "rate"?'),
        (
            "prometheus/rules/shop.yml",
            ("labels:", "lables:"),
            ":6:9: unknown key 'lables' in rule; did you mean",
        ),
        ("vedette.json", ('"stack"', '"stak"'), "stack"),
        ("grafana/dashboards/shop-shop.json", ('"uid"', '"uuid"'), "not a dashboard"),
    ],
)
def test_a_mistake_in_a_file_that_is_run_is_placed_in_it(
    tmp_path: Path, built: dict[str, str], file: str, change: tuple[str, str], message: str
) -> None:
    """Unknown keys and broken queries in anybody's files, given with --from."""
    if file.startswith("grafana"):
        built = {**built, file: '{"uid": "a"}'}
    for path, text in built.items():
        (tmp_path / "out" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / path).write_text(text.replace(*change) if path == file else text)
    done = vedette(tmp_path, "up", "--from", "out", "--port", str(free_port()))
    assert done.code == 1
    assert "Traceback" not in done.error
    assert done.error.startswith(f"vedette: out/{file}:")
    assert message in done.error


def test_a_folder_without_a_build_says_which_file_is_missing(tmp_path: Path) -> None:
    says(
        vedette(tmp_path, "up", "--from", "nowhere", "--port", str(free_port())),
        "vedette: nowhere/prometheus/prometheus.yml: no such file; `vedette build nowhere` writes it",
    )


class Target:
    """A real exporter; each kind of page is an own port."""

    def __init__(self, page: Callable[[BaseHTTPRequestHandler, Event], None]) -> None:
        target = self
        self.over = Event()
        self.asked = 0

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                target.asked += 1
                with suppress(OSError):
                    page(self, target.over)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]

    @contextmanager
    def open(self) -> Iterator[Target]:
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield self
        finally:
            self.over.set()
            self._server.shutdown()
            self._server.server_close()


PIECE = b"".join(b'endless_total{series="%06d"} 1\n' % number for number in range(30_000))


def _head(request: BaseHTTPRequestHandler, **headers: str) -> None:
    request.send_response(200)
    request.send_header("content-type", "text/plain; version=0.0.4")
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()


def fine(request: BaseHTTPRequestHandler, _: Event) -> None:
    body = b"# TYPE clock_seconds gauge\nclock_seconds %f\nshop_broken 1\n" % time.time()
    _head(request, content_length=str(len(body)))
    request.wfile.write(body)


def endless(request: BaseHTTPRequestHandler, over: Event) -> None:
    """Right lines, without end."""
    _head(request)
    while not over.is_set():
        request.wfile.write(PIECE)


def gigabyte(request: BaseHTTPRequestHandler, over: Event) -> None:
    size = 1 << 30
    _head(request, content_length=str(size))
    while size > 0 and not over.is_set():
        request.wfile.write(PIECE[:size])
        size -= len(PIECE)


def dripping(request: BaseHTTPRequestHandler, over: Event) -> None:
    """A byte now and then: never an error, never an end."""
    _head(request)
    while not over.wait(0.1):
        request.wfile.write(b"#")


def no_metrics(request: BaseHTTPRequestHandler, _: Event) -> None:
    body = b"<!doctype html><title>Shop</title>"
    request.send_response(200)
    request.send_header("content-type", "text/html")
    request.send_header("content-length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


WATCHED = """\
from vedette import Alert, Environment, Metric, Pack, Service, Stack, Webhook

broken = Metric.foreign("gauge", "shop_broken", labels=[], help="Broken.", exporter="shop")
shop = Pack("shop", title="Shop", metrics=[broken], alerts=[
    Alert("Broken", "max by (job) (shop_broken) == 1", severity="critical", summary="{{{{ $labels.job }}}} is broken"),
])
stack = Stack(
    name="bad",
    services=[Service(name, targets=[f"127.0.0.1:{{port}}"], packs=[shop]) for name, port in {targets!r}.items()],
    notify=[Webhook("{hanging}/hook"), Webhook("{good}/hook")],
    environments=[
        Environment("local", scrape_interval="6s", scrape_timeout="6s", evaluation_interval="500ms", time_scale=0.01)
    ],
)
"""

KINDS = {"fine": fine, "endless": endless, "gigabyte": gigabyte, "dripping": dripping, "page": no_metrics}


@pytest.fixture(scope="module")
def sinks() -> Iterator[tuple[Sink, Sink]]:
    """One that hangs and one that does not."""
    with Sink().open() as hanging, Sink().open() as good:
        hanging.hang.set()
        yield hanging, good


@pytest.fixture(scope="module")
def targets() -> Iterator[dict[str, Target]]:
    made = {name: Target(page) for name, page in KINDS.items()}
    with ExitStack() as stack:
        for target in made.values():
            stack.enter_context(target.open())
        yield made


@pytest.fixture(scope="module")
def watch(
    tmp_path_factory: pytest.TempPathFactory, sinks: tuple[Sink, Sink], targets: dict[str, Target]
) -> Iterator[Up]:
    """One watch over a target that is fine and every kind that is not, with a webhook that hangs."""
    folder = tmp_path_factory.mktemp("watched")
    ports = {**{name: target.port for name, target in targets.items()}, "nobody": free_port()}
    (folder / "watched.py").write_text(WATCHED.format(targets=ports, hanging=sinks[0].url, good=sinks[1].url))
    (folder / "pyproject.toml").write_text('[tool.vedette]\nstack = "watched:stack"\n')
    with up(folder) as running:
        until(lambda: all(target["health"] != "unknown" for target in scraped(running).values()), 40)
        yield running


OVER = r"the page of \S+ is over the limit of 64 MiB; reading stopped there\. If .* raise body_size_limit of job"


def scraped(watch: Up) -> dict[str, dict[str, str]]:
    active = watch.api("/api/v1/targets")["data"]["activeTargets"]
    return {target["labels"]["job"]: target for target in active}


@pytest.mark.parametrize(
    ("job", "error"),
    [
        ("nobody", r"connection refused by http://127\.0\.0\.1:\d+/metrics: is the service running\?"),
        ("endless", OVER),
        ("gigabyte", OVER),
        ("dripping", r"no complete answer from \S+ within 6 s \(scrape_timeout\)"),
        (
            "page",
            r"http://\S+/metrics: the page has Content-Type 'text/html'; expected .*the metrics endpoint\?",
        ),
    ],
)
def test_a_target_that_cannot_be_scraped_says_why_and_what_to_do(watch: Up, job: str, error: str) -> None:
    """On the targets page, in the overview, and once in the terminal."""
    # a machine that is busy may not read so many bytes in the time of one scrape
    target = until(lambda: found if re.match(error, (found := scraped(watch)[job])["lastError"]) else None, 60)
    assert target["health"] == "down"
    states = {service["name"]: service["state"] for service in watch.overview()["services"]}
    assert states[job] == "down"

    def told() -> list[str]:
        return [line for line in watch.said().splitlines() if line.startswith(f"! {job} is down: ")]

    lines = until(told, 10)
    assert len(lines) == 1
    assert re.match(error, lines[0].removeprefix(f"! {job} is down: "))
    assert watch.query(f'up{{job="{job}"}}')[0]["value"][1] == "0"


def test_the_target_that_is_fine_is_scraped_on_while_the_others_fail(watch: Up) -> None:
    before = float(watch.query("clock_seconds")[0]["value"][1])
    until(lambda: float(watch.query("clock_seconds")[0]["value"][1]) > before + 2, 20)
    assert scraped(watch)["fine"]["health"] == "up"


def test_an_endless_page_costs_no_more_memory_each_time(watch: Up, targets: dict[str, Target]) -> None:
    """Reading stops at the limit, and what was read is given back: some scrapes later nothing has grown."""
    process = psutil.Process(watch.process.pid)

    def peak(scrapes: int) -> int:
        """Most bytes resident while the endless target is asked so many times."""
        until_asked = targets["endless"].asked + scrapes
        most = 0

        def look() -> bool:
            nonlocal most
            most = max(most, process.memory_info().rss)
            return targets["endless"].asked >= until_asked

        until(look, 40)
        return most

    first, later = peak(2), peak(3)
    assert later < 320 * 2**20
    assert later - first < 64 * 2**20
    assert watch.query("count(endless_total)") == []


def test_a_webhook_that_hangs_holds_up_nobody_else(watch: Up, sinks: tuple[Sink, Sink]) -> None:
    """The other receiver has been told, the page answers, and the one that hangs is shown as waiting."""
    hanging, good = sinks
    until(lambda: good.told("firing", "Broken"), 30, "the webhook that works")
    until(lambda: hanging.hung, 30, "the webhook that hangs")
    entries = {entry["target"]: entry for entry in watch.api("/api/vedette/deliveries")}
    assert entries[good.url]["state"] == "delivered"
    assert entries[hanging.url]["state"] == "waiting"
    assert get(watch.url)[0] == 200


def test_nothing_of_it_ends_in_a_traceback(watch: Up) -> None:
    assert "Traceback" not in watch.said()
    assert watch.process.poll() is None
