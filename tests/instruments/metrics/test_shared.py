"""Where a segment is, who may remove it, and what becomes of a file in its place that is none."""

from __future__ import annotations

import ast
import fcntl
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.instruments.servers import Folder

from vedette.instruments.metrics import core, shared
from vedette.instruments.metrics.supervisor import owner, pid_namespace

pytestmark = pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="there is no /proc here")

COUNT = """
from vedette.instruments.metrics import Counter, Gauge
hits = Counter("a_total", "A.")
hits.inc(2)
print(hits.labels().read())
"""
WAIT = f"import sys\n{COUNT}\nsys.stdout.flush()\nsys.stdin.read()"


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "run")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The folder that this process would have its segments in."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / f"vedette-{os.geteuid()}"


# Where


def test_a_segment_is_named_after_the_process_at_the_top_in_a_folder_of_this_user_alone(here):
    path = Path(shared.segment_path())
    top = owner()
    assert path == here / f"{top.pid}-{top.started}-{pid_namespace()}.metrics"
    assert here.stat().st_mode & 0o777 == 0o700
    assert shared.is_worker_of(str(path)) == (top.pid != os.getpid())
    assert not shared.is_worker_of(str(here / f"{os.getpid()}-1-2.metrics"))


def test_a_name_is_taken_as_it_is_and_a_folder_as_the_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shared.segment_path("shop.metrics") == str(tmp_path / "shop.metrics")
    assert shared.is_worker_of(str(tmp_path / "shop.metrics"))
    assert Path(shared.segment_path(f"{tmp_path}/")).parent == tmp_path


def test_the_first_folder_that_can_be_written_is_taken(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/no/such/folder")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    closed = {"/dev/shm"}
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path not in closed and access(path, mode))
    assert Path(shared.segment_path()).parent.parent == tmp_path
    closed.add(str(tmp_path))
    with pytest.raises(FileNotFoundError, match="neither \\$XDG_RUNTIME_DIR nor /dev/shm nor \\$TMPDIR can be written"):
        shared.segment_path()


def test_without_a_folder_the_values_are_this_processes_own_which_is_told_once(monkeypatch, caplog):
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert [shared.open_store().path for _ in range(2)] == [None, None]
    [told] = caplog.messages
    assert "not those of its service: the folder for shared metrics: neither" in told


@pytest.mark.parametrize("how", ["others may write it", "a link", "a file"])
def test_a_folder_that_others_have_made_is_not_trusted(here, tmp_path, caplog, how):
    if how == "others may write it":
        here.mkdir()
        here.chmod(0o777)
    elif how == "a link":
        (tmp_path / "elsewhere").mkdir()
        here.symlink_to(tmp_path / "elsewhere")
    else:
        here.touch()
    assert shared.open_store().path is None
    assert f"its service: {here}: it is not a folder that this user alone may write" in caplog.messages[0]


@pytest.mark.parametrize("off", ["off", "OFF", "0", "no", "false"])
def test_switched_off_there_is_no_file(here, monkeypatch, off):
    monkeypatch.setenv("VEDETTE_SHARED", off)
    assert shared.open_store().path is None
    assert not here.exists()


def test_a_pipe_or_a_link_in_the_place_of_the_file_is_refused(tmp_path, monkeypatch, caplog):
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(tmp_path / "file")
    for path in (pipe, link):
        monkeypatch.setenv("VEDETTE_SHARED", str(path))
        assert shared.open_store().path is None
    assert "pipe: it is no file" in caplog.messages[0]
    assert "link: " in caplog.messages[1]


def test_who_waits_in_vain_for_others_that_open_a_segment_has_its_own_values(here, monkeypatch, caplog):
    monkeypatch.setattr(shared, "_PATIENCE", 0.05)
    shared.segment_path()
    held = os.open(here, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    assert shared.open_store().path is None
    os.close(held)
    assert "Resource temporarily unavailable" in caplog.messages[0]


# What is there already


def in_place_of_a_segment(folder, content):
    """What a program counts that finds this where its segment is to be, what is set aside then, and what it tells."""
    given, aside = folder.path / "given", folder.path / "aside"
    given.write_bytes(content)
    code = (
        "import os, shutil\n"
        "from vedette.instruments.metrics import shared\n"
        "path = shared.segment_path()\n"
        f"shutil.copy({str(given)!r}, path)\n"
        f"{COUNT}\n"
        f"if os.path.exists(f'{{path}}.set-aside'): shutil.copy(f'{{path}}.set-aside', {str(aside)!r})"
    )
    ran = folder.run("-c", code)
    found = aside.read_bytes() if aside.exists() else None
    return float(ran.stdout), found, ran.stderr.replace(str(folder.path), "")


HEADER = b"VEDETTE\0" + struct.pack("=II", 1, 1000)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"something else\n", "it has 15 bytes, a segment has at least 65536"),
        (b"something else\n" * 5000, "it is no segment of Vedette's"),
        (b"VEDETTE\0" + struct.pack("=II", 7, 8) + bytes(65536), "it is a segment of version 7.8, this is version 1."),
        (HEADER[:12], "it has 12 bytes, a segment has at least 65536"),
        (None, "it is cut off: it has 65536 bytes of 131072"),
    ],
)
@pytest.mark.skipif(not core.IN_C, reason="the segment is the extension's")
def test_what_is_no_segment_or_of_another_version_or_cut_off_is_set_aside_and_told(folder, content, reason):
    if content is None:
        size = struct.calcsize("=8sII")
        content = whole(folder)
        content = content[:size] + struct.pack("=Q", 131072) + content[size + 8 :]
    count, aside, told = in_place_of_a_segment(folder, content)
    assert count == 2
    assert aside == content
    assert reason in told
    assert ".metrics was set aside as /vedette-" in told
    assert "a new one is begun (told once)" in told


def whole(folder):
    """The bytes of a good segment."""
    copy = folder.path / "copy"
    code = f"{COUNT}\nimport shutil\nshutil.copy(hits.family.store.path, {str(copy)!r})"
    folder.run("-c", code)
    return copy.read_bytes()


@pytest.mark.skipif(core.IN_C, reason="the extension sets aside more")
def test_what_is_no_file_of_ours_is_set_aside_and_told(folder):
    count, aside, told = in_place_of_a_segment(folder, b"something else\n")
    assert (count, aside) == (2, b"something else\n")
    assert "it is no segment of Vedette's (told once)" in told


def test_an_empty_file_of_a_killed_process_is_begun_as_a_segment(folder):
    assert in_place_of_a_segment(folder, b"") == (2, None, "")


def test_a_file_that_is_named_by_mistake_keeps_what_is_in_it(folder, tmp_path):
    precious = tmp_path / "precious.db"
    precious.write_text("years of work")
    for _ in range(2):
        ran = folder.run("-c", COUNT, VEDETTE_SHARED=str(precious))
        assert ran.stdout == "2\n"
    assert (tmp_path / "precious.db.set-aside").read_text() == "years of work"
    assert not precious.exists()


# Who removes it


def make(here, process, namespace=None, ending=".metrics", age=0.0):
    path = here / f"{process.pid}-{process.started}-{pid_namespace() if namespace is None else namespace}{ending}"
    path.touch()
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def test_who_starts_sweeps_what_services_have_left_that_ended_and_nothing_else(here):
    own = Path(shared.segment_path())
    alive = owner()
    gone = alive._replace(started=alive.started + 1)  # another process has its number now
    never = alive._replace(pid=2**22 + 1)
    other = pid_namespace() + 1
    kept = [make(here, alive), make(here, never, namespace=other), make(here, gone, ending=".other")]
    swept = make(here, gone)
    make(here, never)
    make(here, gone, namespace=other, age=7200)
    for ending in (".12-34.slab", ".12-34.draft", ".left", ".left.7", ".set-aside"):
        Path(f"{swept}{ending}").touch()
    (here / "README").touch()
    used = make(here, never._replace(started=3))
    code = (
        f"import fcntl, sys\nfile = open({str(used)!r}, 'r+b')\n"
        "fcntl.lockf(file, fcntl.LOCK_EX, 1, (1 << 40) + 3)\nprint()\nsys.stdout.flush()\nsys.stdin.read()"
    )
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    holder.stdout.readline()
    shared._sweep(str(here), str(own))
    holder.communicate()
    assert {path.name for path in here.iterdir()} == {*(path.name for path in (*kept, used)), "README"}
    shared._sweep(str(here), str(own))
    assert not used.exists()


def test_a_named_file_is_removed_by_the_last_that_uses_it(folder, tmp_path):
    named = tmp_path / "shop.metrics"
    environment = {**folder.environment, "VEDETTE_SHARED": str(named)}
    first, second = (
        subprocess.Popen(
            [sys.executable, "-c", WAIT], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    )
    assert sorted(float(one.stdout.readline()) for one in (first, second)) in ([2, 4], [4, 4])
    first.communicate()
    assert named.exists()
    assert folder.run("-c", COUNT, VEDETTE_SHARED=str(named)).stdout == "6\n"
    second.communicate()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("shop")]


def test_more_processes_than_there_are_slots_may_come_and_go_before_anybody_asks(folder):
    code = """
import os
from vedette.instruments.metrics import DEFAULT, Counter, Gauge
left = Gauge("a_left", "A.", multiprocess_mode="sum")
hits = Counter("a_total", "A.")
hits.inc(0)
for _ in range(540):
    child = os.fork()
    if child == 0:
        left.set(1)
        hits.inc()
        os._exit(0)
    os.waitpid(child, 0)
most = len(DEFAULT.store().processes())
print(left.labels().read(), hits.labels().read(), most)
DEFAULT.render("text")
print(left.labels().read(), hits.labels().read(), len(DEFAULT.store().processes()))
"""
    before, after = folder.run("-c", code).stdout.splitlines()
    *counts, most = before.split()
    assert [float(count) for count in counts] == [540, 540]
    assert int(most) <= 512
    assert [float(count) for count in after.split()] == [540, 540, 1]


def test_a_child_that_cannot_write_where_its_parent_could_has_its_own_values(folder):
    code = """
import os, shutil
from vedette.instruments.metrics import DEFAULT, Counter
hits = Counter("a_total", "A.")
hits.inc()
child = os.fork()
if child == 0:
    shutil.rmtree(os.path.dirname(DEFAULT.store().path))
    hits.inc(5)
    hits.inc(5)
    print(hits.labels().read(), flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""
    ran = folder.run("-c", code)
    if core.IN_C:  # it writes to the same memory still
        assert (ran.stdout, ran.stderr) == ("11\n", "")
    else:
        assert ran.stdout == "10\n"
        [told] = ran.stderr.splitlines()
        assert told.startswith("the metrics of this process are its own, and not those of its service")


MODES = """
import os
from vedette.instruments.metrics import DEFAULT, Counter, Gauge
modes = ("sum", "livesum", "min", "livemin", "max", "livemax", "mostrecent", "livemostrecent", "liveall")
gauges = {mode: Gauge(f"{mode}_depth", "A.", multiprocess_mode=mode) for mode in modes}

def say(value):
    for gauge in gauges.values():
        gauge.set(value)

say(10)
for value, lives in ((1, False), (100, False), (5, True)):
    here, there = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        say(value)
        os.write(here[1], b"x")
        if lives:
            os.close(there[1])
            os.read(there[0], 1)
        os._exit(0)
    os.read(here[0], 1)
    if not lives:
        os.waitpid(child, 0)
for _ in range(2):  # before and after the dead are folded
    rows = {}
    for family in DEFAULT.snapshot():
        rows[family.name.removesuffix("_depth")] = sorted(float(series.reading) for series in family.series)
    print(rows)
    DEFAULT.render("text")
"""


def test_what_several_processes_say_of_a_gauge_becomes_one_value_as_its_mode_has_it(folder):
    ran = folder.run("-c", MODES)
    assert ran.stderr == ""
    expected = {
        "sum": [116.0],  # 10 and 5 of the living, 1 and 100 of the dead
        "livesum": [15.0],
        "min": [1.0],
        "livemin": [5.0],
        "max": [100.0],
        "livemax": [10.0],
        "mostrecent": [5.0],
        "livemostrecent": [5.0],
        "liveall": [5.0, 10.0],
    }
    assert [ast.literal_eval(line) for line in ran.stdout.splitlines()] == [expected] * 2


@pytest.mark.skipif(core.IN_C, reason="the extension has one file for all")
@pytest.mark.parametrize("content", [b"", b"x" * 65536, b"VEDSLAB\0" + struct.pack("=QQ", 9, 8) + bytes(65536 - 24)])
def test_a_broken_slab_is_left_out_and_told_and_does_not_spoil_a_scrape(folder, content):
    code = (
        f"{COUNT}\n"
        "from vedette.instruments.metrics import DEFAULT\n"
        "path = DEFAULT.store().path\n"
        f"open(f'{{path}}.1-2.slab', 'wb').write({content[:24]!r} + bytes({max(len(content) - 24, 0)}))\n"
        "open(f'{path}.nonsense.slab', 'wb').close()\n"
        "for _ in range(2): print(DEFAULT.render('text').decode().split()[-1])\n"
    )
    ran = folder.run("-c", code)
    assert ran.stdout.split() == ["2"] * 3
    assert len(ran.stderr.splitlines()) == 1
    assert ".1-2.slab was left out: it is " in ran.stderr
    assert folder.files() == []


REMOVE = """
import os
from vedette.instruments.metrics import DEFAULT, Counter, Gauge, Info
kinds = Counter("a_total", "A.", labels=["kind"])
depth = Gauge("b_depth", "B.", labels=["kind"], multiprocess_mode="sum")
build = Info("c_info", "C.", labels=["version"])
kinds.inc("mine")
child = os.fork()
if child == 0:
    kinds.inc("x")
    kinds.inc("y")
    depth.set(5, "x")
    build.set("1")
    os._exit(0)
os.waitpid(child, 0)

def show(*_):
    print(*sorted(line for line in DEFAULT.render("text").decode().splitlines() if not line.startswith("#")), sep=", ")

show()
show(kinds.remove("x"), build.set("2"))
show(kinds.inc("x"))
show(kinds.clear(), depth.clear())
show(kinds.inc("y"))
"""


def test_what_a_process_drops_is_gone_though_another_made_it_and_has_ended(folder):
    ran = folder.run("-c", REMOVE)
    assert ran.stderr == ""
    assert ran.stdout.splitlines() == [
        'a_total{kind="mine"} 1, a_total{kind="x"} 1, a_total{kind="y"} 1, b_depth{kind="x"} 5, c_info{version="1"} 1',
        'a_total{kind="mine"} 1, a_total{kind="y"} 1, b_depth{kind="x"} 5, c_info{version="2"} 1',
        'a_total{kind="mine"} 1, a_total{kind="x"} 1, a_total{kind="y"} 1, b_depth{kind="x"} 5, c_info{version="2"} 1',
        'c_info{version="2"} 1',
        'a_total{kind="y"} 1, c_info{version="2"} 1',
    ]
