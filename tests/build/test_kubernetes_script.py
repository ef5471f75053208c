"""``vedette.sh``: what it says before it does anything, with the real kubectl and no cluster."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.build.clusters import small, stack, written
from tests.real import binary

pytestmark = pytest.mark.real
NOWHERE = """\
apiVersion: v1
kind: Config
current-context: nowhere
contexts: [{name: nowhere, context: {cluster: nowhere, user: nobody}}]
clusters: [{name: nowhere, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: nobody, user: {}}]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return written(stack(), tmp_path_factory.mktemp("cluster")) / "kubernetes"


@pytest.fixture
def run(folder, tmp_path):
    """Run the script, by default with the real kubectl, whose configuration names no cluster."""

    def script(*words, kubectl=True, config="", within=None, build=folder):
        (tmp_path / "config").write_text(config)
        programs = tmp_path / "bin"
        if not programs.exists():
            programs.mkdir()
            for name in ("sh", "dirname", "sed", "cat", "grep", "sort"):
                (programs / name).symlink_to(shutil.which(name))
            if kubectl:
                (programs / "kubectl").symlink_to(binary("kubectl", "1.36"))
        return subprocess.run(
            ["sh", build / "vedette.sh", *words],
            env={"PATH": str(programs), "KUBECONFIG": str(tmp_path / "config"), "HOME": str(tmp_path)},
            cwd=within or tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return script


@pytest.mark.parametrize("declared", [small, stack])
def test_the_scripts_have_no_fault_that_shellcheck_knows(declared, tmp_path):
    kubernetes = written(declared(), tmp_path) / "kubernetes"
    assert "@" not in (kubernetes / "vedette.sh").read_text().replace('"$@"', "")
    shellcheck = Path(sys.executable).parent / "shellcheck"
    for name, but in (("vedette.sh", []), ("secrets.example", ["--exclude=SC2148"])):  # which is run with sh
        checked = subprocess.run(
            [shellcheck, "--shell=sh", "--enable=all", "--exclude=SC2250,SC2292", *but, kubernetes / name],
            capture_output=True,
            text=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stdout


def test_without_kubectl_it_says_where_to_get_it(run):
    ran = run("up", kubectl=False)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "kubectl is missing: https://kubernetes.io/" in ran.stderr


@pytest.mark.parametrize("words", [["up"], ["status"], ["down"], ["logs", "prometheus"]])
def test_without_a_cluster_it_says_how_to_choose_one(run, words):
    ran = run(*words)
    assert ran.returncode == 1
    assert "kubectl has no context: choose a cluster with kubectl config use-context NAME" in ran.stderr


@pytest.mark.parametrize("words", [["up", "production", "--yes"], ["status"], ["down", "--yes"]])
def test_a_cluster_that_does_not_answer_is_named_and_nothing_is_done(run, words):
    ran = run(*words, config=NOWHERE)
    assert ran.returncode == 1
    assert "the cluster of context 'nowhere' does not answer" in ran.stderr
    assert "refused" in ran.stderr  # kubectl's own reason
    assert ran.stdout == ""


def test_an_overlay_that_is_not_there_is_named_and_a_desk_says_why_it_has_none_for_production(run, tmp_path):
    assert "there is no overlay ./mine" in run("up", "./mine").stderr
    desk = written(small(grafana_url="http://127.0.0.1:3000"), tmp_path / "desk") / "kubernetes"
    ran = run("up", "production", build=desk)
    assert ran.returncode == 1
    assert (
        "no overlay for production: environment production has no grafana_url that begins with https://" in ran.stderr
    )


def test_an_overlay_of_one_s_own_is_read_by_kustomize_before_the_cluster_is_asked(run, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kustomization.yaml").write_text("resources: [missing.yaml]\n")
    ran = run("up", "mine", config=NOWHERE)
    assert ran.returncode == 1
    assert "missing.yaml" in ran.stderr


@pytest.mark.parametrize(("asks", "missing"), [("", True), ("cert-manager.io/cluster-issuer: ours", False)])
def test_a_certificate_that_an_issuer_makes_for_the_ingress_need_not_be_there_before_it(
    folder, tmp_path, asks, missing
):
    patch = {
        "target": {"kind": "Ingress"},
        "patch": f"kind: Ingress\nmetadata: {{name: grafana, annotations: {{{asks}}}}}",
    }
    base = os.path.relpath(folder / "overlays" / "production", tmp_path)
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump({"resources": [base], "patches": [patch]}))
    rendered = subprocess.run(
        [binary("kubectl", "1.36"), "kustomize", tmp_path], capture_output=True, check=True
    ).stdout
    # what the script looks for in a cluster that has no Secret
    functions = (folder / "vedette.sh").read_text().partition("\nyes=no\n")[0]
    asked = f"{functions}\nkubectl() {{ return 1; }}\nrendered=$(cat)\nneed_given"
    ran = subprocess.run(["sh", "-c", asked], input=rendered, capture_output=True, check=False, cwd=tmp_path)
    assert b"secret/grafana-secrets" in ran.stderr
    assert (b"secret/grafana-tls" in ran.stderr) == missing


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "usage: sh vedette.sh up"),
        (["start"], 2, "usage: sh vedette.sh up"),
        (["up", "--force"], 1, "there is no option --force"),
        (["up", "a", "b"], 1, "one word too many: b"),
        (["logs"], 1, "whose logs?"),
    ],
)
def test_a_wrong_word_is_told_before_kubectl_is_looked_for(run, words, code, message):
    ran = run(*words, kubectl=False)
    assert ran.returncode == code
    assert message in ran.stderr


def test_help_is_no_mistake(run):
    ran = run("--help", kubectl=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "sh vedette.sh down" in ran.stdout
