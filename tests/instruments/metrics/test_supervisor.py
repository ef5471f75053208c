"""Which process the metrics of another belong to, told by how that one came to be."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vedette.instruments.metrics import supervisor
from vedette.instruments.metrics.supervisor import Process, is_alive, owner, pid_namespace, this_process

pytestmark = pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="there is no /proc here")

OWNER = "from vedette.instruments.metrics.supervisor import owner; print(owner().pid)"


def answered_by_a_fork(ask):
    """What ``ask`` gives in a forked child, as a number."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, str(ask()).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        found = int(file.read())
    os.waitpid(child, 0)
    return found


def owner_pid(_=None):
    return owner().pid


def test_a_program_that_is_started_belongs_to_itself():
    started = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True)
    said, _ = started.communicate()
    assert int(said) == started.pid


def test_a_fork_belongs_to_its_parent_however_deep():
    mine = owner().pid
    assert answered_by_a_fork(owner_pid) == mine
    assert answered_by_a_fork(lambda: answered_by_a_fork(owner_pid)) == mine


def test_a_program_that_a_fork_becomes_belongs_to_itself():
    def other_program():
        return subprocess.run([sys.executable, "-c", OWNER], capture_output=True, text=True, check=True).stdout

    assert answered_by_a_fork(other_program) not in (owner().pid, os.getpid())


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_what_multiprocessing_starts_belongs_to_its_parent(method):
    code = (
        "import multiprocessing, os\n"
        "from vedette.instruments.metrics.supervisor import owner\n"
        "if __name__ == '__main__':\n"
        f"    with multiprocessing.get_context({method!r}).Pool(1) as pool:\n"
        "        print(pool.apply(owner).pid == os.getpid())\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "True\n"


def test_a_process_is_told_from_a_later_one_with_its_number():
    here = this_process()
    assert here.pid == os.getpid()
    assert is_alive(here)
    assert not is_alive(Process(here.pid, here.started + 1))
    assert not is_alive(Process(2**22 + 1, 0))


def test_a_process_that_has_ended_but_was_not_waited_for_is_not_alive():
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    stat = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
    assert not is_alive(Process(child, int(stat[19])))
    os.waitpid(child, 0)


def test_the_namespace_of_numbers_is_the_kernels():
    assert pid_namespace() == Path("/proc/self/ns/pid").stat().st_ino


class Machine:
    """A /proc of our own: processes by number."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "sys/kernel").mkdir(parents=True)
        self.randomize("2")

    def randomize(self, how: str) -> None:
        (self.folder / "sys/kernel/randomize_va_space").write_text(how + "\n")

    def add(self, pid, parent, *command, stack=0, exe="python", started=7, state="S") -> None:
        folder = self.folder / str(pid)
        folder.mkdir()
        fields = [state, str(parent), *["0"] * 17, str(started), *["0"] * 5, str(stack), *["0"] * 20]
        (folder / "stat").write_text(f"{pid} (a) b (c) {' '.join(fields)}\n")
        words = command or ("python", "shop.py")
        (folder / "cmdline").write_text("".join(f"{word}\0" for word in words if word))
        (folder / "exe").symlink_to(f"/usr/bin/{exe}")


@pytest.fixture
def machine(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "_PROC", str(tmp_path))
    machine = Machine(tmp_path)
    machine.add(1, 0, "init", stack=10)
    machine.add(5, 1, "sh", stack=20, exe="sh")
    return machine


def test_a_fork_keeps_the_place_of_its_stack(machine):
    machine.add(10, 5, "gunicorn: master [shop]", stack=100)
    machine.add(11, 10, "gunicorn: worker [shop]", stack=100)
    machine.add(12, 11, stack=100)
    assert [owner(pid) for pid in (10, 11, 12)] == [Process(10, 7)] * 3


@pytest.mark.parametrize(("stack", "exe"), [(101, "python"), (100, "sh")])
def test_another_program_at_another_place_or_of_another_file_is_no_worker(machine, stack, exe):
    machine.add(10, 5, stack=100)
    machine.add(11, 10, stack=stack, exe=exe)
    assert owner(11) == Process(11, 7)


@pytest.mark.parametrize(
    "command",
    [
        ("-c", "from multiprocessing.spawn import spawn_main; spawn_main(pipe_handle=9)", "--multiprocessing-fork"),
        ("-c", "from multiprocessing.forkserver import main; main(8,9)"),
    ],
)
def test_what_multiprocessing_starts_is_a_worker_though_its_stack_is_elsewhere(machine, command):
    machine.add(10, 5, "uvicorn", "shop:app", "--workers", "2", stack=100)
    machine.add(11, 10, "python", *command, stack=200)
    machine.add(12, 11, "python", *command, stack=200)
    assert owner(12) == Process(10, 7)


@pytest.mark.parametrize("hidden", ["the child's", "the parent's", "both"])
def test_where_the_kernel_hides_the_stack_the_command_tells(machine, hidden):
    machine.add(10, 5, stack=1 if hidden != "the child's" else 100)
    machine.add(11, 10, stack=0 if hidden != "the parent's" else 100)
    machine.add(12, 10, "python", "other.py", stack=0)
    assert owner(11) == Process(10, 7)
    assert owner(12) == Process(12, 7)


def test_where_all_stacks_are_in_one_place_the_command_tells(machine):
    machine.randomize("0")
    machine.add(10, 5, stack=100)
    machine.add(11, 10, stack=100)
    machine.add(12, 10, "python", "other.py", stack=100)
    assert [owner(pid).pid for pid in (11, 12)] == [10, 12]


@pytest.mark.parametrize(
    ("master", "worker"),
    [
        ("gunicorn: master [shop]", "gunicorn: worker [shop]"),
        ("[celeryd: celery@a:MainProcess] -active- (worker)", "[celeryd: celery@a:ForkPoolWorker-1]"),
    ],
)
def test_where_it_is_hidden_a_worker_is_known_by_the_title_its_server_gives_it(machine, master, worker):
    machine.add(10, 5, master, stack=0)
    machine.add(11, 10, worker, stack=100)
    machine.add(12, 10, "python", "other.py", stack=100)
    assert [owner(pid).pid for pid in (11, 12)] == [10, 12]


def test_a_worker_whose_parent_has_ended_belongs_to_itself(machine):
    machine.add(10, 5, stack=100, state="Z")
    machine.add(11, 10, stack=100)
    machine.add(12, 99, stack=100)
    assert [owner(pid).pid for pid in (11, 12)] == [11, 12]


def test_two_without_a_command_are_not_alike(machine):
    machine.add(10, 5, "", stack=0)
    machine.add(11, 10, "", stack=0)
    assert owner(11) == Process(11, 7)


@pytest.mark.parametrize(("parent", "expected"), [(None, os.getpid), (multiprocessing.current_process, os.getpid)])
def test_without_proc_a_process_belongs_to_the_parent_that_multiprocessing_knows(monkeypatch, parent, expected):
    monkeypatch.setattr(supervisor, "_PROC", "/no/such/proc")
    monkeypatch.setattr("multiprocessing.process.parent_process", parent or (lambda: None))
    assert owner() == Process(expected(), 0)
    assert this_process() == Process(os.getpid(), 0)
    assert pid_namespace() == 0
