"""The workers of real servers have their metrics together: whoever is scraped tells of all, and of those that ended."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest
from tests.instruments.servers import BIN, Folder, of_each, page, started, until
from tests.real import free_port

pytestmark = pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="supervisors are recognised by /proc")

UVICORN = "{bin}/uvicorn tests.instruments.served:asgi --workers 3 --port {port} --log-level warning"
GUNICORN = "{bin}/gunicorn tests.instruments.served:wsgi --workers 3 --bind 127.0.0.1:{port} --log-level warning"
PRELOAD = f"{GUNICORN} --preload"
GRANIAN = "{bin}/granian --interface asgi --workers 3 --port {port} --log-level error tests.instruments.served:asgi"
SERVERS = {"uvicorn": UVICORN, "gunicorn": GUNICORN, "gunicorn --preload": PRELOAD, "granian": GRANIAN}


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "run")


@pytest.fixture(params=SERVERS.values(), ids=SERVERS)
def server(request, folder):
    with started(request.param, folder) as running:
        yield running


def names(folder):
    return [path.name for path in folder.files()]


def test_one_scrape_answered_by_any_worker_tells_of_all_and_nothing_is_left_once_the_next_service_starts(
    server, folder, request
):
    hits = server.hit(3)
    for _ in range(4):
        samples = server.samples()
        assert samples["served_hits_total"] == sum(hits.values())
        assert samples["served_size_bytes_count"] == sum(hits.values())
        assert samples['served_size_bytes_bucket{le="10.0"}'] == 0
        assert samples["served_here"] == 3
    # What functions tell, and what is read of a process, is there of those, too, that are not scraped.
    samples = until(lambda: (found := server.samples()).get("process_workers") == 3 and found)
    assert set(of_each(samples, "served_told")) >= set(hits)
    for metric in ("resident_memory_bytes", "cpu_seconds_total", "open_fds_ratio", "threads", "start_time_seconds"):
        assert set(of_each(samples, f"process_worker_{metric}")) == set(hits)
    each = of_each(samples, "process_worker_resident_memory_bytes")
    assert samples["process_resident_memory_bytes"] == pytest.approx(sum(each.values()), rel=0.1)
    began = psutil.Process(server.process.pid).create_time()
    assert samples["process_start_time_seconds"] == pytest.approx(began, abs=1.1)
    server.stop()
    if request.node.callspec.id == "gunicorn --preload":  # the others' supervisors know nothing of Vedette
        assert names(folder) == []
    assert folder.run("-c", ALONE).stdout == "1.0\n"
    assert names(folder) == []


ALONE = "from tests.instruments.served import hits; hits.inc(); print(float(hits.labels().read()))"
"""A program that counts once, and prints the count."""


@pytest.mark.parametrize("command", [UVICORN, PRELOAD], ids=["uvicorn", "gunicorn --preload"])
def test_a_killed_worker_is_folded_and_the_count_goes_on_with_its_replacement(folder, command):
    with started(command, folder) as server:
        hits = server.hit(3)
        said = server.hit(3, "/say/7")
        samples = server.samples()
        assert of_each(samples, "served_each") == dict.fromkeys(said, 7)
        assert samples["served_here"] == 3
        victim = min(said)
        os.kill(victim, signal.SIGKILL)
        until(lambda: server.samples()["served_here"] == 2)
        samples = server.samples()
        assert victim not in of_each(samples, "served_each")
        assert victim not in of_each(samples, "served_told")
        assert samples["served_hits_total"] == sum(hits.values())
        # What it said of gauges that are not of the living alone counts still.
        assert (samples["served_left"], samples["served_peak"], samples["served_latest"]) == (21, 7, 7)
        assert samples['served_build_info{version="7"}'] == 1
        assert samples['served_state{served_state="busy"}'] == 1
        more = server.hit(3)
        assert len(set(more) - {victim}) == 3
        samples = server.samples()
        assert samples["served_hits_total"] == sum(hits.values()) + sum(more.values())
        assert samples["served_here"] == 3


def test_many_workers_that_come_and_go_take_no_more_room_than_those_that_live(folder):
    command = GUNICORN.replace("--workers 3", "--workers 2") + " --max-requests 2"
    with started(command, folder) as server:
        hits = server.hit(20, least=60)
        assert int(server.get("/processes")) <= 6
        samples = server.samples()
        assert samples["served_hits_total"] == sum(hits.values())
        assert samples.get("served_here", 0) <= 2
        assert len(folder.files()) <= 6
        assert max(path.stat().st_size for path in folder.files()) == 65536


def test_two_copies_started_from_one_shell_stay_apart(folder, tmp_path):
    ports = free_port(), free_port()
    script = tmp_path / "both.sh"
    lines = [f"{PRELOAD.format(bin=BIN, port=port)} &" for port in ports]
    script.write_text("\n".join([*lines, "wait"]))
    with started(f"sh {script}", folder, ports[0]) as first:
        second = first.at(ports[1])
        hits = [copy.hit(3) for copy in (first, second)]
        assert hits[0].keys().isdisjoint(hits[1])
        assert [copy.samples()["served_hits_total"] for copy in (first, second)] == [sum(one.values()) for one in hits]


def test_what_a_killed_service_leaves_is_swept_by_the_next_start_and_not_counted_by_it(folder):
    port = free_port()
    with started(GUNICORN, folder, port) as server:
        server.hit(3, least=30)
        server.kill()
    before = set(names(folder))
    assert before
    with started(GUNICORN, folder, port) as server:
        hits = server.hit(3)
        assert server.samples()["served_hits_total"] == sum(hits.values())
        assert before.isdisjoint(names(folder))


def test_what_one_worker_drops_is_gone_for_all_and_counted_anew(folder):
    with started(PRELOAD, folder) as server:
        a, b = 'served_kinds_total{kind="a"}', 'served_kinds_total{kind="b"}'
        server.hit(3, "/kind/a")
        server.hit(3, "/kind/b")
        server.get("/remove/a")
        for _ in range(4):
            samples = server.samples()
            assert a not in samples
            assert b in samples
        again = server.hit(3, "/kind/a")
        assert server.samples()[a] == sum(again.values())
        server.get("/clear")
        for _ in range(4):
            assert {a, b}.isdisjoint(server.samples())
        server.get("/kind/b")
        assert server.samples()[b] == 1


def test_a_port_that_all_workers_ask_for_is_served_by_one_of_them_and_by_another_once_that_has_ended(folder):
    port = free_port()
    with started(UVICORN, folder, SERVED_PORT=str(port)) as server:
        hits = server.hit(3)
        served = server.at(port)
        assert served.samples()["served_hits_total"] == sum(hits.values())
        [serving] = {one.pid for one in psutil.net_connections() if one.laddr.port == port and one.status == "LISTEN"}
        os.kill(serving, signal.SIGKILL)
        assert served.samples()["served_hits_total"] == sum(hits.values())


CELERY = (
    "{python} -m celery --app tests.instruments.served_tasks worker --pool prefork --concurrency 3 --loglevel error "
    "--max-tasks-per-child 5 --without-gossip --without-mingle --without-heartbeat"
)


def test_tasks_of_celery_are_counted_together_also_by_workers_that_are_replaced(folder, tmp_path, monkeypatch):
    broker = tmp_path / "broker"
    broker.mkdir()
    monkeypatch.setenv("SERVED_BROKER", str(broker))
    from tests.instruments.served_tasks import hit

    port = free_port()
    with started(CELERY, folder, port, SERVED_PORT=str(port)) as server:
        for _ in range(30):
            hit.delay()
        samples = until(lambda: (found := server.samples()).get("served_hits_total") == 30 and found)
        assert samples["served_left"] >= 6  # 30 tasks, 5 for each
        assert samples.get("served_here", 0) <= 3  # none where all are being replaced
        assert server.process.pid not in of_each(samples, "served_each")
        hit.delay()
        again = until(lambda: (found := server.samples()).get("served_hits_total") == 31 and found)
        assert 1 <= again["served_here"] <= 3


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_of_multiprocessing_count_with_their_parent(folder, method):
    ran = folder.run("-m", "tests.instruments.served_children", method)
    assert ran.stderr == ""
    living, ended = map(page, ran.stdout.split("-----"))
    assert living["served_hits_total"] == ended["served_hits_total"] == 6
    assert (living["served_here"], living["served_left"]) == (3, 12)
    assert set(of_each(living, "served_each").values()) == {4}
    assert len(of_each(living, "served_told")) >= 1
    assert "served_here" not in ended
    assert ended["served_left"] == 12
    assert of_each(ended, "served_each") == {}
    assert names(folder) == []


def test_switched_off_each_worker_tells_its_own(folder):
    with started(GUNICORN, folder, VEDETTE_SHARED="off") as server:
        hits = server.hit(3)
        told = {}
        while len(told) < 3:
            samples = server.samples()
            told[int(samples["served_told"])] = samples["served_hits_total"]
        assert told == hits
        assert names(folder) == []


PARENT = f"""
import subprocess, sys
from tests.instruments.served import hits
hits.inc()
subprocess.run([sys.executable, "-c", {ALONE!r}])
"""
"""A program that counts, and starts another that counts and prints what it has counted."""


def test_programs_that_start_one_another_stay_apart_but_where_they_name_one_file(folder, tmp_path):
    assert folder.run("-c", PARENT).stdout == "1.0\n"
    named = tmp_path / "shop.metrics"
    for _ in range(2):  # the second time with nothing left of the first
        assert folder.run("-c", PARENT, VEDETTE_SHARED=str(named)).stdout == "2.0\n"
        assert not [path for path in tmp_path.iterdir() if path.name.startswith(named.name)]
    assert names(folder) == []


def test_a_folder_that_is_named_is_where_the_segments_are(folder, tmp_path):
    there = Folder(tmp_path / "there")
    with started(GUNICORN, folder, VEDETTE_SHARED=str(there.path)) as server:
        hits = server.hit(3)
        assert server.samples()["served_hits_total"] == sum(hits.values())
        assert names(folder) == []
        assert any(name.endswith(".metrics") for name in names(there))


def test_where_nothing_can_be_shared_a_worker_has_its_own_values_and_says_so_once(folder):
    ran = folder.run("-c", ALONE, VEDETTE_SHARED="/no/such/folder/shop.metrics")
    assert ran.stdout == "1.0\n"
    [told] = ran.stderr.splitlines()
    assert told == (
        "the metrics of this process are its own, and not those of its service: /no/such/folder/shop.metrics: "
        "No such file or directory; set VEDETTE_SHARED to a file that all its processes may write, or to off "
        "(told once)"
    )
