"""The demo as a person has it: `vedette up` watches a real shop, and what breaks is told by mail and webhook."""

from __future__ import annotations

import re
import signal
import socket
import stat
import subprocess
import sys
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.real import free_port
from tests.started import Mailbox, ShopProject, Sink, get, links, until, vedette

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psutil
    from tests.started import Up

# aiosmtpd warns that a login without TLS is unsafe, which on loopback it is not
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

ALERT = "HttpErrorRateCritical"


@contextmanager
def project(folder: Path) -> Iterator[ShopProject]:
    with Mailbox().open() as mailbox, Sink().open() as sink:
        yield ShopProject(folder, mailbox, sink)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopProject]:
    with project(tmp_path_factory.mktemp("demo")) as made:
        yield made


@pytest.fixture(scope="module")
def watch(shop: ShopProject) -> Iterator[Up]:
    with shop.up() as running:
        running.has_data()
        yield running


def annotation(watch: Up, name: str) -> str:
    alert = until(lambda: watch.alert(ALERT), 40, f"{ALERT} fires")
    return str(alert["annotations"][name])


def test_errors_fire_an_alert_that_mail_and_webhook_tell_and_mending_is_told_too(shop: ShopProject, watch: Up) -> None:
    """The main job from end to end: cause, verdict, two notifications with links that open, and the end of it."""
    assert not shop.mailbox.letters
    assert not shop.sink.posts
    assert shop.vedette("demo", "break", "errors").code == 0

    alert = until(lambda: watch.alert(ALERT), 40, f"{ALERT} fires")
    assert alert["labels"]["severity"] == "critical"
    service = watch.overview()["services"][0]
    assert service["alerts"]["critical"] == 1
    assert service["state"] == "degraded"
    assert watch.overview()["alerts"]["firing"] >= 1

    body = until(lambda: shop.sink.told("firing", ALERT), 20, "a webhook")[0]
    assert body["version"] == "4"
    letter = until(lambda: shop.mailbox.letters, 20, "a letter")[0]
    assert (shop.mailbox.user.encode(), shop.mailbox.password.encode()) in shop.mailbox.logins
    told = next(item for item in body["alerts"] if item["labels"]["alertname"] == ALERT)
    summary = told["annotations"]["summary"]
    assert re.fullmatch(r"[\d.]+% of the requests to shop fail", summary)

    assert letter["subject"] == f"[FIRING] {summary}"
    assert letter["to"] == "oncall@shop.example"
    plain = letter.get_body(("plain",)).get_content()
    html = letter.get_body(("html",)).get_content()
    for text in (plain, html):
        assert summary in text
        assert "critical" in text.lower()
        assert told["annotations"]["value"] in text
    for link in ("dashboard_url", "runbook_url"):
        assert told["annotations"][link] in links(plain)
        assert told["annotations"][link] in [found.replace("&amp;", "&") for found in links(html)]
    check_dashboard_link(watch, told["annotations"]["dashboard_url"])
    check_runbook_link(watch, told["annotations"]["runbook_url"])

    assert shop.vedette("demo", "mend").code == 0
    until(lambda: watch.alert(ALERT) is None, 60, "the alert ends")
    until(lambda: last(shop.sink, ALERT) == "resolved", 20, "the webhook of the end")
    until(lambda: shop.mailbox.subjects()[-1].startswith("[RESOLVED]"), 20, "the letter of the end")
    until(lambda: watch.overview()["deliveries"]["waiting"] == 0, 20)
    shown = watch.api("/api/vedette/deliveries")
    assert {(entry["channel"], entry["state"]) for entry in shown} == {("email", "delivered"), ("webhook", "delivered")}


def last(sink: Sink, alert: str) -> str:
    """What the newest webhook says of an alert."""
    said = [
        item["status"] for _, _, body in sink.posts for item in body["alerts"] if item["labels"]["alertname"] == alert
    ]
    return str(said[-1])


def check_dashboard_link(watch: Up, url: str) -> None:
    """The page opens, and the dashboard and the panel it shows exist."""
    status, page = get(url)
    assert (status, b"<!doctype html" in page[:200].lower()) == (200, True)
    parts = urlsplit(url)
    assert f"http://{parts.netloc}" == watch.url
    board = watch.api(f"/api/vedette/dashboards/{parts.path.removeprefix('/d/')}")
    panel = int(parse_qs(parts.query)["viewPanel"][0])
    assert panel in [shown["id"] for shown in board["panels"]]


def check_runbook_link(watch: Up, url: str) -> None:
    status, _ = get(url)
    assert status == 200
    runbook = watch.api("/api/vedette" + urlsplit(url).path)
    assert runbook["alert"] == ALERT
    assert "<h" in runbook["html"]


def test_the_page_is_a_page_and_every_link_of_the_overview_leads_somewhere(watch: Up) -> None:
    status, page = get(watch.url)
    assert status == 200
    assert b"<!doctype html" in page[:200].lower()
    for service in watch.overview()["services"]:
        for pack in service["packs"]:
            assert watch.api(f"/api/vedette/dashboards/{pack['dashboard']}")["uid"] == pack["dashboard"]
        for signal_ in service["signals"]:
            panels = watch.api(f"/api/vedette/dashboards/{signal_['dashboard']}")["panels"]
            assert signal_["panel"] in [panel["id"] for panel in panels]


def test_a_second_start_names_the_first_and_its_page(shop: ShopProject, watch: Up) -> None:
    second = shop.vedette("up", "--port", str(free_port()))
    assert second.code == 1
    assert f"pid {watch.process.pid}, {watch.url}" in second.error
    assert "Traceback" not in second.error


def test_a_taken_port_names_who_holds_it_and_another(watch: Up, tmp_path: Path) -> None:
    """Another project cannot have the port of this one."""
    other = vedette(tmp_path, "up", "--port", str(watch.port))
    assert other.code == 1
    assert f"port {watch.port} on 127.0.0.1 is taken by pid {watch.process.pid} (" in other.error
    assert f"vedette up --port {watch.port + 1}" in other.error


def test_a_service_that_finds_its_port_taken_is_named_with_its_exit_code_and_data_there_is_not_its_own(
    shop: ShopProject, watch: Up, tmp_path: Path
) -> None:
    """The shop of the first project answers in the place of the second's, which cannot listen."""
    second = ShopProject(tmp_path, shop.mailbox, shop.sink, shop_port=shop.shop_port)
    with second.up() as other:
        other.has_data()
        told = until(lambda: re.search(r"(?m)^! uvicorn ended with exit code (\d+); (.+)$", other.said()), 30)
        assert int(told[1]) != 0
        assert told[2].endswith("another program answers there: the data is not its own")
        first = until(lambda: re.search(r"(?m)^(.) first data after [\d.]+ s(.*)$", other.said()), 30)
        before = first.start() < told.start()
        assert first.groups() == (("✓", "") if before else ("!", ", and not of uvicorn, which ended before"))


def listening(process: psutil.Process) -> list[tuple[str, int]]:
    """Address and port of every socket a process listens on, by the kernel's own tables."""
    inodes = set()
    for handle in Path(f"/proc/{process.pid}/fd").iterdir():
        found = re.fullmatch(r"socket:\[(\d+)\]", str(handle.readlink()))
        if found:
            inodes.add(found.group(1))
    open_ = []
    for table in ("tcp", "tcp6"):
        for row in Path(f"/proc/{process.pid}/net/{table}").read_text().splitlines()[1:]:
            fields = row.split()
            if fields[3] == "0A" and fields[9] in inodes:
                address, port = fields[1].split(":")
                open_.append((address, int(port, 16)))
    return open_


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the kernel's tables of sockets in /proc")
def test_nothing_listens_beyond_this_machine(shop: ShopProject, watch: Up) -> None:
    """The watch on its one port, the shop on its own, both on 127.0.0.1 and nothing else."""
    found = [entry for process in watch.family() for entry in listening(process)]
    assert sorted(found) == sorted([("0100007F", watch.port), ("0100007F", shop.shop_port)])


def test_a_request_addressed_to_another_machine_is_refused(watch: Up) -> None:
    assert get(watch.url, {"Host": "attacker.example"})[0] == 421


def test_secrets_stand_in_their_own_files_and_nowhere_else(shop: ShopProject, watch: Up) -> None:
    """Not in a built file, an answer of an API, the store or what is printed; and only their owner can read them."""
    state = shop.folder / ".vedette"
    secret = [shop.mailbox.password, "a-Token-that-must-not-leak", "a-Slack-key-that-must-not-leak"]
    folder = state / "secrets"
    assert {path.name for path in folder.iterdir()} == set(shop.environment)
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_text() == shop.environment[path.name]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    texts = {str(path): path.read_bytes() for path in state.rglob("*") if path.is_file() and path.parent != folder}
    assert any("alertmanager.yml" in name for name in texts)
    texts["output"] = watch.log.read_bytes()
    for path in (
        "/api/v1/rules",
        "/api/v1/alerts",
        "/api/v1/targets",
        "/api/v1/status/config",
        "/api/v1/status/buildinfo",
        "/api/v2/status",
        "/api/v2/alerts",
        "/api/v2/receivers",
        "/api/vedette/overview",
        "/api/vedette/dashboards",
        "/api/vedette/runbooks",
        "/api/vedette/deliveries",
        *(f"/api/vedette/deliveries/{entry['id']}" for entry in watch.api("/api/vedette/deliveries")),
    ):
        texts[path] = get(watch.url + path)[1]
    leaks = [(name, word) for name, text in texts.items() for word in secret if word.encode() in text]
    assert leaks == []


@pytest.mark.parametrize(
    "command", [(), ("up",), ("build",), ("demo",), ("demo", "break"), ("demo", "mend"), ("version",)]
)
def test_every_command_has_a_help_with_an_example(command: tuple[str, ...], tmp_path: Path) -> None:
    shown = vedette(tmp_path, *command, "--help")
    assert shown.code == 0
    assert re.search(r"^examples?:\n  vedette ", shown.out, re.MULTILINE)
    assert not list(tmp_path.iterdir())


def test_help_and_version_load_nothing_but_the_standard_library(tmp_path: Path) -> None:
    code = (
        "import sys; before = set(sys.modules); from vedette.cli.run import run\n"
        "run(['up', '--help']); run(['version'])\n"
        "names = {name.partition('.')[0] for name in set(sys.modules) - before} - {'vedette'}\n"
        "print('MORE', sorted(names - set(sys.stdlib_module_names)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    assert out.splitlines()[-1] == "MORE []"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (["nonsense"], "invalid choice: 'nonsense' (choose from"),
        (["up", "--prot", "1"], "unknown argument '--prot'; did you mean --port?"),
        (["up", "--port", "x"], "argument --port: invalid int value: 'x'"),
        (["demo", "break", "everything"], "invalid choice: 'everything' (choose from 'errors'"),
    ],
)
def test_a_wrong_call_is_one_line_with_exit_code_two(wrong: list[str], says: str, tmp_path: Path) -> None:
    done = vedette(tmp_path, *wrong)
    assert done.code == 2
    assert says in done.error
    assert done.error.count("\n") == 1


def test_ctrl_c_stops_everything_at_once_even_with_a_page_open(tmp_path: Path) -> None:
    """Exit code 0, because it is how a watch ends; nothing is left running, and nothing but that is said."""
    with project(tmp_path) as shop, shop.up() as watch:
        watch.has_data()
        family = watch.family()
        assert len(family) > 1
        with socket.create_connection(("127.0.0.1", watch.port)) as page:
            page.sendall(b"GET /api/vedette/events HTTP/1.1\r\nhost: localhost\r\n\r\n")
            assert b"200 OK" in page.recv(4096)
            code, seconds = watch.signal(signal.SIGINT)
        assert code == 0
        assert seconds < 5
        assert [process for process in family if process.is_running() and process.status() != "zombie"] == []
        assert watch.said().splitlines()[-2:] == ["· stopping …", "· stopped"]
        assert "Traceback" not in watch.said()
        assert (shop.folder / ".vedette" / "lock").read_text() == ""


def test_ctrl_c_while_it_starts_leaves_nothing_behind(tmp_path: Path) -> None:
    with project(tmp_path) as shop, shop.up() as watch:
        until(lambda: "starting uvicorn" in watch.said() and len(watch.family()) > 1, 20)
        family = watch.family()
        code, seconds = watch.signal(signal.SIGINT)
        assert code == 0, watch.said()
        assert seconds < 6
        assert [process for process in family if process.is_running() and process.status() != "zombie"] == []
        assert "Traceback" not in watch.said()


def test_what_was_not_delivered_when_it_was_killed_is_delivered_once_after_the_restart(tmp_path: Path) -> None:
    """The web sink answers 503 until kill -9: no service outlives the watch, and nothing is lost or told twice."""
    with project(tmp_path) as shop:
        shop.sink.status = 503
        with shop.up() as first:
            first.has_data()
            shop.vedette("demo", "break", "down")
            until(lambda: first.alert("ServiceDown"), 40, "ServiceDown fires")
            until(lambda: shop.sink.refused >= 1, 20, "a refused webhook")
            until(lambda: shop.mailbox.letters, 20, "a letter")
            # the letter is on its way a moment longer than it takes to arrive: killed in it, it would be sent once more
            until(lambda: first.overview()["deliveries"]["delivered"] == 1, 20, "the letter is noted as delivered")
            family = first.family()
            first.process.kill()
            first.process.wait()
            until(lambda: not any(p.is_running() and p.status() != "zombie" for p in family), 10, "all are gone")
        assert shop.sink.posts == []
        shop.sink.status = 200
        with shop.up() as second:
            until(lambda: shop.sink.told("firing", "ServiceDown"), 40, "the webhook")
            until(lambda: second.overview()["deliveries"]["waiting"] == 0, 20, "nothing waits")
            until(lambda: second.alert("ServiceDown"), 40, "it fires again")
            seen = count()
            until(lambda: next(seen) > 40, 20)  # two seconds in which a second copy would come
            assert len(shop.sink.told("firing", "ServiceDown")) == 1
            assert [subject for subject in shop.mailbox.subjects() if "FIRING" in subject] == [
                "[FIRING] shop is down: no instance answers"
            ]
