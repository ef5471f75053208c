"""The scripts beside a build: what they ask for before they start anything, and the secrets that they make."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.build import test_compose, test_swarm
from tests.real import binary

from vedette.build import build, write

SHELLCHECK = Path(sys.executable).with_name("shellcheck")
STACKS = {"compose": test_compose.stack, "swarm": test_swarm.stack}
TOOLS = "awk basename cat cp cut date df dirname du env find grep head id install mkdir mv od rm sed sh sort tail tr"
GIVEN = {
    "GRAFANA_URL": "https://grafana.example.com",
    "POSTGRES_URI": "db:5432/shop",
    "POSTGRES_USER": "watch",
    "POSTGRES_QUERIES": "/dev/null",
    "REDIS_ADDR": "redis://cache:6379",
}


@pytest.fixture(scope="module")
def builds():
    return {name: build(stack(), "production") for name, stack in STACKS.items()}


@pytest.fixture(params=STACKS)
def folder(request, builds, tmp_path):
    """The folder of a platform, filled in as it should be; ``docker`` is not in its reach."""
    write(builds[request.param], tmp_path)
    own = tmp_path / request.param
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    listed = [line[4:] for line in (own / ".env.example").read_text().splitlines() if line.startswith("#   ")]
    for name in listed:
        (secrets / name).write_text("hush")
    filled = {"VEDETTE_SECRETS": str(secrets), **GIVEN}
    lines = (own / ".env.example").read_text().splitlines()
    (own / ".env").write_text("\n".join(f"{line}{filled.get(line[:-1], '')}" for line in lines) + "\n")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in TOOLS.split():
        (tools / name).symlink_to(shutil.which(name))
    return own


def run(folder, *words):
    """The script and what it said."""
    environment = {
        "PATH": str(folder.parent / "tools"),
        "HOME": str(folder.parent),
        "DOCKER_HOST": f"unix://{folder}/none.sock",
    }
    command = [shutil.which("sh"), folder / "vedette.sh", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.mark.parametrize("platform", STACKS)
def test_shellcheck_finds_nothing_in_the_scripts(builds, tmp_path, platform):
    write(builds[platform], tmp_path)
    scripts = sorted((tmp_path / platform).glob("*.sh"))
    assert [path.name for path in scripts] == ["backup.sh", "vedette.sh"]
    checked = subprocess.run([SHELLCHECK, "--shell=sh", *scripts], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    assert "@" not in scripts[1].read_text().replace('"$@"', ""), "a place was not filled"


def test_without_docker_it_says_where_to_get_it_and_nothing_else_is_wrong(folder):
    done = run(folder, "up")
    assert done.returncode == 1
    assert "✗ there is no docker on this machine\n  install it: https://docs.docker.com/engine/install/" in done.stderr
    assert "not done: 1 to put right first" in done.stderr


@pytest.mark.parametrize("words", [("down",), ("logs", "prometheus"), ("status",), ("backup",)], ids=" ".join)
def test_every_command_that_needs_docker_says_what_is_missing(folder, words):
    done = run(folder, *words)
    assert done.returncode == 1
    assert "✗ there is no docker on this machine" in done.stderr
    assert "not done: 1 to put right first" in done.stderr


@pytest.mark.real
def test_that_docker_has_no_compose_is_said_beside_what_else_is_wrong(builds, tmp_path):
    write(builds["compose"], tmp_path)
    (tmp_path / "tools").mkdir()
    for name in TOOLS.split():
        (tmp_path / "tools" / name).symlink_to(shutil.which(name))
    docker = binary("docker", "28.5")
    (tmp_path / "tools" / "docker").symlink_to(docker)
    asked = subprocess.run(
        [docker, "compose", "version"], capture_output=True, check=False, env={"HOME": str(tmp_path)}
    )
    for words in (["up"], ["down"], ["logs"]):
        said = run(tmp_path / "compose", *words).stderr
        assert ("✗ docker has no compose\n  install the package docker-compose-plugin" in said) == bool(
            asked.returncode
        )
        assert "✗ Docker's engine does not answer" in said


@pytest.mark.real
def test_without_an_engine_it_passes_on_what_docker_says(folder):
    (folder.parent / "tools" / "docker").symlink_to(binary("docker", "28.5"))
    done = run(folder, "up")
    assert "✗ Docker's engine does not answer: Cannot connect to the Docker daemon" in done.stderr
    assert "start it (systemctl start docker)" in done.stderr
    assert run(folder, "status").returncode == 1


def test_without_env_it_says_how_to_make_one(folder):
    (folder / ".env").unlink()
    assert "✗ there is no .env\n  cp .env.example .env, and fill it in" in run(folder, "up").stderr


def test_everything_that_is_wrong_is_said_at_once(folder):
    text = (folder / ".env").read_text()
    (folder / ".env").write_text(text.replace("POSTGRES_USER=watch", "POSTGRES_USER=").replace("REDIS_ADDR=", "#"))
    said = run(folder, "up").stderr
    assert "✗ POSTGRES_USER is empty in .env" in said
    assert "✗ REDIS_ADDR is empty in .env" in said
    assert "✗ there is no docker on this machine" in said
    assert "not done: 3 to put right first" in said


def test_at_the_desk_nobody_need_say_where_people_reach_grafana(folder):
    text = (folder / ".env").read_text()
    (folder / ".env").write_text(text.replace(f"GRAFANA_URL={GIVEN['GRAFANA_URL']}", "GRAFANA_URL="))
    assert "GRAFANA_URL is empty" in run(folder, "up").stderr
    if folder.name == "compose":
        assert "GRAFANA_URL" not in run(folder, "up", "dev").stderr


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda path: path.unlink(), "✗ the secret {} is missing\n"),
        (lambda path: path.write_text(""), "✗ the secret {} is empty\n"),
        (lambda path: path.chmod(0o600), "✗ the servers, who are not root, cannot read"),
    ],
)
def test_a_secret_that_no_server_could_read_is_named_with_the_way_out(folder, broken, message):
    broken(folder.parent / "secrets" / "PD_KEY")
    # on a Swarm the files are only what its secrets are made from
    done = run(folder, "up" if folder.name == "compose" else "secrets")
    assert done.returncode == 1
    assert message.format("PD_KEY") in done.stderr
    assert "hush" not in done.stdout + done.stderr


def test_a_folder_of_secrets_that_is_not_there_is_named(folder):
    shutil.rmtree(folder.parent / "secrets")
    if folder.name == "compose":
        assert f"✗ there is no folder {folder.parent}/secrets" in run(folder, "up").stderr


def test_a_port_that_is_taken_is_named(folder):
    script = folder / "vedette.sh"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        text = script.read_text().replace("PORTS='", f"PORTS='{port} ")
        script.write_text(text)
        if folder.name == "compose":
            assert f"✗ something listens on port {port} already" in run(folder, "up").stderr
    assert f"port {port}" not in run(folder, "up").stderr


def test_the_project_s_own_secrets_are_made_once_readable_and_never_again(folder):
    secrets = folder.parent / "secrets"
    shutil.rmtree(secrets)
    run(folder, "secrets")
    own = {path.name: path.read_text() for path in secrets.iterdir()}
    assert set(own) == {"grafana_admin_password", "grafana_secret_key"}
    assert len(set(own.values())) == 2
    assert all(len(value) == 64 and int(value, 16) for value in own.values())
    assert secrets.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in secrets.iterdir())
    done = run(folder, "secrets")
    assert "is there, and stays" in done.stdout
    assert {path.name: path.read_text() for path in secrets.iterdir()} == own
    assert not any(value in done.stdout + done.stderr for value in own.values())


def test_without_a_command_it_says_which_there_are(folder):
    done = run(folder)
    assert done.returncode == 2
    for word in ("up", "down", "status", "logs", "secrets", "backup", "restore"):
        assert f"sh vedette.sh {word}" in done.stderr


def test_it_may_be_called_from_anywhere(folder, monkeypatch):
    monkeypatch.chdir(os.sep)
    assert "there is no docker" in run(folder, "up").stderr


def test_no_server_is_sent_a_signal_in_a_way_that_would_keep_docker_from_starting_it_again(builds):
    text = builds["compose"]["compose/vedette.sh"]
    assert 'compose exec -T "$name" kill -HUP 1' in text
    assert not re.search(r"(compose|docker) kill", text)


GROUPS = ("config", "node", "secret", "service", "stack", "volume")


def called(text):
    """The commands of Docker and of Compose in a script, each with its options."""
    plain = re.sub(r' -f "?[\w.$-]+"?|"docker[^"]*"', "", text.replace("\\\n", " "))
    for line in plain.splitlines():
        for program, rest in re.findall(
            r"(?:^|[ (])(docker|compose) ([a-z](?:(?!\$\()[^|;)])*)", line.partition(" # ")[0]
        ):
            words = rest.split()
            command = words[: 2 if program == "docker" and words[0] in GROUPS else 1]
            if not line.lstrip().startswith(("#", "problem", "fail")):
                yield program, command, re.findall(r"(?<!\S)(--[a-z-]+)", rest.partition("$IMAGE")[0])


@pytest.mark.real
def test_every_command_and_option_of_the_scripts_is_known_to_docker_and_to_compose(builds):
    seen = {}
    for platform, files in builds.items():
        for program, command, options in called(files[f"{platform}/vedette.sh"]):
            seen.setdefault((program, *command), set()).update(options)
    del seen["docker", "compose"]  # its own commands are of another program
    for (program, *command), options in seen.items():
        known = binary("docker", "28.5") if program == "docker" else binary("docker-compose", "2.40")
        shown = subprocess.run([known, *command, "--help"], capture_output=True, text=True, check=False)
        assert re.search(rf"^Usage:  docker .*\b{command[-1]}\b", shown.stdout), command
        assert options - set(re.findall(r"--[a-z-]+", shown.stdout)) <= {"--help"}, command
    assert {("docker", "run"), ("docker", "stack", "deploy"), ("compose", "up"), ("compose", "ps")} <= set(seen)
