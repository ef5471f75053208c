"""Copies of folders and the way back: whole or not at all, checked, kept for as many as wanted."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING, NamedTuple

import pytest
from tests.real import binary

from vedette.build import scripts

if TYPE_CHECKING:
    from pathlib import Path

USED = "awk cut df du echo find grep mkdir mv rm rmdir sh sha256sum sort sync tar"


class Script(NamedTuple):
    """``backup.sh`` and the tools that it finds."""

    path: Path
    tools: str = os.environ["PATH"]


@pytest.fixture
def script(tmp_path):
    """With the tools of this machine."""
    path = tmp_path / "backup.sh"
    path.write_text(scripts.backup())
    return Script(path)


@pytest.fixture(params=["this machine", pytest.param("busybox", marks=pytest.mark.real)])
def anywhere(request, script, tmp_path):
    """With those of this machine, and with those of the servers' images, which are BusyBox's alone."""
    if request.param == "this machine":
        return script
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in USED.split():
        (folder / name).symlink_to(binary("busybox", "1.38"))
    return script._replace(tools=str(folder))


@pytest.fixture
def data(tmp_path):
    """What a server may have: files, folders, something hidden, something empty, modes."""
    folder = tmp_path / "data"
    (folder / "wal" / "empty").mkdir(parents=True)
    (folder / "wal" / "00000001").write_bytes(os.urandom(5000))
    (folder / ".hidden").write_text("x")
    (folder / "name with spaces").write_text("y")
    (folder / "lock").touch(mode=0o600)
    return folder


def run(script, *words, check=True):
    # the shell, too, is looked for there
    command = ["/usr/bin/env", f"PATH={script.tools}", "sh", script.path, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, done.stderr
    return done


def tree(folder):
    """Path → mode and content."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes() if path.is_file() else None)
        for path in sorted(folder.rglob("*"))
    }


def test_a_folder_that_was_destroyed_is_as_it_was(anywhere, data, tmp_path):
    before = tree(data)
    data.chmod(0o750)
    run(anywhere, "save", tmp_path / "one", f"server={data}")
    for path in sorted(data.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    data.rmdir()
    run(anywhere, "restore", tmp_path / "one", f"server={data}")
    assert tree(data) == before
    assert data.stat().st_mode & 0o777 == 0o750


def test_what_came_after_the_backup_is_gone_and_the_folder_itself_stays(anywhere, data, tmp_path):
    before, folder = tree(data), data.stat().st_ino
    run(anywhere, "save", tmp_path / "one", f"server={data}")
    (data / "wal" / "00000002").write_text("later")
    (data / ".later").write_text("later")
    (data / "wal" / "00000001").write_text("spoilt")
    run(anywhere, "restore", tmp_path / "one", f"server={data}")
    assert tree(data) == before
    assert data.stat().st_ino == folder  # a volume is mounted there


def test_several_folders_are_one_backup_and_one_of_them_may_be_restored(anywhere, data, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "file").write_text("before")
    run(anywhere, "add", tmp_path / "one", f"first={data}")
    assert not (tmp_path / "one").exists()
    run(anywhere, "add", tmp_path / "one", f"second={other}")
    run(anywhere, "seal", tmp_path / "one")
    (other / "file").write_text("after")
    (data / ".hidden").write_text("after")
    run(anywhere, "restore", tmp_path / "one", f"second={other}")
    assert (other / "file").read_text() == "before"
    assert (data / ".hidden").read_text() == "after"


def test_a_backup_can_be_read_by_its_owner_alone(anywhere, data, tmp_path):
    run(anywhere, "save", tmp_path / "backups" / "one", f"server={data}")
    for path in (tmp_path / "backups").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def spoil_a_byte(backup):
    archive = backup / "server.tar"
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 1
    archive.write_bytes(content)


SPOILT = {
    "a byte": spoil_a_byte,
    "an archive that is gone": lambda backup: (backup / "server.tar").unlink(),
    "an archive that was added": lambda backup: (backup / "more.tar").write_bytes((backup / "server.tar").read_bytes()),
    "no checksums": lambda backup: (backup / "SHA256SUMS").unlink(),
    "half of it": lambda backup: (backup / "server.tar").write_bytes((backup / "server.tar").read_bytes()[:4000]),
}


@pytest.mark.parametrize("what", SPOILT)
def test_a_damaged_backup_is_found_and_replaces_nothing(anywhere, data, tmp_path, what):
    run(anywhere, "save", tmp_path / "one", f"server={data}")
    run(anywhere, "verify", tmp_path / "one")
    SPOILT[what](tmp_path / "one")
    before = tree(data)
    for words in (("verify", tmp_path / "one"), ("restore", tmp_path / "one", f"server={data}")):
        done = run(anywhere, *words, check=False)
        assert done.returncode == 1
        assert "take another" in done.stderr
    assert tree(data) == before


REFUSED = {
    "a backup is never changed": ("save", "one", "server=data"),
    "there is no folder": ("save", "two", "server=nowhere"),
    "names no folder": ("save", "two", "data"),
    "is no name of a folder": ("save", "two", "../up=data"),
    "has nothing of database": ("restore", "one", "server=data", "database=data"),
    "there is no two.partial": ("seal", "two"),
    "0 backups cannot be kept": ("prune", ".", "0"),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_cannot_be_meant_is_refused_before_anything_is_done(script, data, tmp_path, monkeypatch, message):
    monkeypatch.chdir(tmp_path)
    run(script, "save", "one", "server=data")
    before = tree(tmp_path / "data")
    done = run(script, *REFUSED[message], check=False)
    assert done.returncode == 1
    assert message in done.stderr
    assert not (tmp_path / "two").exists()
    assert tree(tmp_path / "data") == before


def test_the_newest_backups_are_kept_and_what_is_none_is_left_alone(anywhere, data, tmp_path):
    backups = tmp_path / "backups"
    for day in range(1, 6):
        run(anywhere, "save", backups / f"2026010{day}T000000Z", f"server={data}")
    (backups / "notes").mkdir()
    (backups / "20260106T000000Z.partial").mkdir()
    run(anywhere, "prune", backups, "2")
    assert sorted(path.name for path in backups.iterdir()) == ["20260104T000000Z", "20260105T000000Z", "notes"]


def test_a_backup_that_is_killed_is_none_and_a_restore_that_is_killed_is_done_again(script, data, tmp_path):
    big = data / "blocks"
    big.mkdir()
    for number in range(12):
        (big / str(number)).write_bytes(os.urandom(500_000))
    before = tree(data)
    interrupt(script, 1, "save", tmp_path / "early", f"server={data}")
    assert not (tmp_path / "early").exists()
    assert run(script, "verify", tmp_path / "early", check=False).returncode == 1
    run(script, "save", tmp_path / "one", f"server={data}")
    (data / "later").write_text("later")
    interrupt(script, 2, "restore", tmp_path / "one", f"server={data}")
    run(script, "restore", tmp_path / "one", f"server={data}")
    assert tree(data) == before


def interrupt(script, calls, *words):
    """Kill it and all that it started while tar, called as often as that, is at work."""
    folder = script.path.parent / f"bin{calls}"
    folder.mkdir()
    path, count = os.environ["PATH"], folder / "count"
    (folder / "tar").write_text(
        f"#!/bin/sh\nPATH={path}\necho >>{count}\n"
        f'[ "$(wc -l <{count})" -eq {calls} ] || exec tar "$@"\n'
        f'tar "$@" &\nkill -9 0\n'
    )
    (folder / "tar").chmod(0o755)
    environment = {**os.environ, "PATH": f"{folder}:{path}"}
    done = subprocess.run(["sh", script.path, *words], env=environment, check=False, start_new_session=True)
    assert done.returncode == -signal.SIGKILL
