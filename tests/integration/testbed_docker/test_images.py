# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the images are named, found and made; the engine and the commands of the machine are stood in for where a machine
has but one answer.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from typing import Any

import docker.errors
import pytest

from tests.testbed import cache
from tests.testbed.images import __main__ as command
from tests.testbed.images import bootstrap, build, recipe
from tests.testbed.images.errors import ImageError, PieceMissing
from tests.testbed.images.recipe import Image

OURS = """\
Debian http://mirror.example/debian/ bookworm main
Debian http://mirror.example/debian/ bookworm-updates main
Debian http://mirror.example/security/ bookworm-security main
Debian http://mirror.example/debian/ bookworm contrib
Vendor http://vendor.example/apt/ bookworm main
"""


@pytest.fixture
def told() -> list[str]:
    return []


class Images:
    """An engine's images: those it has, and what a pull and a build of others answers."""

    def __init__(self, has: list[str], pull: Any, build: list[dict]) -> None:
        self.has, self._pull, self._build = set(has), pull, build
        self.images = self.api = self
        self.bases: list[str] = []

    def get(self, name: str):
        if name not in self.has:
            raise docker.errors.ImageNotFound(name)
        return type("Found", (), {"id": name})

    def pull(self, *_: object, **__: object):
        if isinstance(self._pull, Exception):
            raise self._pull
        return iter(self._pull)

    def build(self, tag: str, buildargs: dict[str, str], **_: object):
        self.bases.append(buildargs["BASE"])
        self.has.add(tag)
        return iter(self._build)


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv(cache.OVERRIDE, str(tmp_path / "cache"))
    monkeypatch.delenv("CI", raising=False)


def test_a_changed_recipe_is_another_image(monkeypatch, tmp_path):
    for name in recipe.CONTEXT_FILES:
        (tmp_path / name).write_bytes((recipe.CONTEXT / name).read_bytes())
    monkeypatch.setattr(recipe, "CONTEXT", tmp_path)
    before = Image("node").name
    (tmp_path / "etcd-start").write_text("changed")
    assert Image("node").name != before


def test_the_override_is_used_for_everything(monkeypatch, capsys):
    monkeypatch.setenv(recipe.OVERRIDE, "my/own:image")
    assert recipe.image_name("systemd") == "my/own:image"
    assert recipe.all_names() == ["my/own:image"]


def test_an_unchanged_image_is_not_made_again(told):
    engine: Any = Images(has=[Image(kind).name for kind in recipe.KINDS], pull=[], build=[])
    build.build(engine, recipe.KINDS, told.append)
    assert engine.bases == []
    assert all(line.endswith("unchanged") for line in told)


def test_where_a_registry_answers_the_official_image_is_the_base(told):
    engine: Any = Images(has=[], pull=[{"status": "Downloading"}], build=[{"stream": "done"}])
    build.build(engine, ["node"], told.append)
    assert engine.bases == ["debian:trixie-slim"]


@pytest.mark.parametrize(
    "refusal",
    [docker.errors.APIError("no such host"), [{"error": "toomanyrequests:\nslow down"}]],
    ids=["no registry", "an error"],
)
def test_where_none_answers_the_base_is_bootstrapped_and_the_recipe_is_the_same(told, monkeypatch, refusal):
    monkeypatch.setattr(build, "bootstrap", lambda client, image, tell: image.bootstrapped_base)
    engine: Any = Images(has=[], pull=refusal, build=[{"stream": "done"}])
    build.build(engine, recipe.KINDS, told.append)
    assert engine.bases == ["quorum-etcd-test:base-trixie"] * 2
    assert "no registry gives it" in told[0]
    assert all("\n" not in line for line in told)


def test_a_build_that_fails_says_what_apt_said():
    engine: Any = Images(
        has=[],
        pull=[],
        build=[{"stream": "E: Unable to locate package python3\n"}, {"error": "returned a non-zero code: 100"}],
    )
    with pytest.raises(
        ImageError, match=r"non-zero code: 100 E: Unable to locate package python3; run the build again"
    ):
        build.run_build(engine, Image("node"), "base")


def test_the_suites_mirrors_are_the_machines_own(monkeypatch):
    monkeypatch.setattr(bootstrap, "apt_targets", lambda: OURS)
    assert bootstrap.debian_sources("trixie") == [
        "deb http://mirror.example/debian/ trixie main",
        "deb http://mirror.example/debian/ trixie-updates main",
        "deb http://mirror.example/security/ trixie-security main",
    ]


@pytest.mark.parametrize("targets", ["", "Ubuntu http://mirror.example/ubuntu/ noble main\n"])
def test_a_machine_without_a_debian_mirror_is_told(monkeypatch, targets):
    monkeypatch.setattr(bootstrap, "apt_targets", lambda: targets)
    with pytest.raises(PieceMissing, match="knows no Debian mirror"):
        bootstrap.debian_sources("trixie")


@pytest.fixture
def machine(monkeypatch) -> list[list[str]]:
    """A machine without mmdebstrap, on which one is root and has apt-get. What runs on it."""
    ran: list[list[str]] = []

    def run(command, **_):
        ran.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(shutil, "which", lambda program: "/usr/bin/apt-get" if program == "apt-get" else None)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(subprocess, "run", run)
    return ran


@pytest.fixture(params=["", "true"], ids=["CI is not set", "CI is set"])
def _with_and_without_ci(request, monkeypatch):
    monkeypatch.setenv("CI", request.param)


@pytest.mark.usefixtures("_with_and_without_ci")
@pytest.mark.parametrize("lacks", ["root", "apt-get"])
def test_who_cannot_install_mmdebstrap_is_told_what_to_do(machine, monkeypatch, told, lacks):
    monkeypatch.setattr(os, "geteuid", lambda: 1000 if lacks == "root" else 0)
    monkeypatch.setattr(
        shutil, "which", lambda program: "/usr/bin/apt-get" if program == "apt-get" and lacks != "apt-get" else None
    )
    with pytest.raises(PieceMissing, match="run as root: apt-get install --yes mmdebstrap"):
        bootstrap.require_mmdebstrap(told.append)
    assert (machine, told) == ([], [])


@pytest.mark.usefixtures("_with_and_without_ci")
def test_root_installs_mmdebstrap_and_says_so(machine, told):
    bootstrap.require_mmdebstrap(told.append)
    assert machine[-1] == ["apt-get", "install", "--yes", "mmdebstrap"]
    assert told == ["mmdebstrap is not installed; installing it: apt-get install --yes mmdebstrap"]


def test_where_apt_cannot_install_it_a_piece_is_missing(machine, monkeypatch, told):
    monkeypatch.setattr(
        subprocess,
        "run",
        lambda command, **_: subprocess.CompletedProcess(command, 100, "", "E: Could not resolve 'mirror.example'\n"),
    )
    with pytest.raises(
        PieceMissing,
        match=r"'apt-get update --quiet' failed: E: Could not resolve 'mirror.example'; install mmdebstrap by hand",
    ):
        bootstrap.require_mmdebstrap(told.append)


@pytest.mark.parametrize(
    ("said", "is_missing"), [("E: Could not connect to mirror.example:80", True), ("E: no keyring", False)]
)
def test_a_mirror_that_is_out_of_reach_is_a_missing_piece_and_one_that_fails_is_not(
    monkeypatch, tmp_path, said, is_missing
):
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1, "", said))
    with pytest.raises(ImageError) as refused:
        bootstrap.run_mmdebstrap("trixie", ["deb http://mirror.example trixie main"], tmp_path / "base.tar")
    assert isinstance(refused.value, PieceMissing) is is_missing


def test_a_bootstrap_that_fails_makes_no_image(monkeypatch, tmp_path):
    monkeypatch.setattr(
        subprocess,
        "run",
        lambda command, **_: subprocess.CompletedProcess(
            command, 1, "", "I: starting\nE: no keyring\nI: cleaning up\n"
        ),
    )
    with pytest.raises(ImageError, match=r"mmdebstrap of trixie failed: E: no keyring; check the Debian mirror"):
        bootstrap.run_mmdebstrap("trixie", ["deb http://mirror.example trixie main"], tmp_path / "base.tar")


def test_from_the_terminal_without_an_engine_one_line(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    monkeypatch.setattr("sys.argv", ["tests.testbed.images", "build"])
    assert command.main() == 1
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "no Docker engine at" in said


@pytest.mark.parametrize(
    ("failure", "ci", "code"),
    [
        (PieceMissing("no registry answers", "get one"), "", 0),
        (PieceMissing("no registry answers", "get one"), "true", 1),
        (ImageError("apt broke", "see why"), "", 1),
    ],
    ids=["missing", "missing on CI", "broken"],
)
def test_if_engine_forgives_what_the_machine_lacks_but_not_on_ci(monkeypatch, capsys, failure, ci, code):
    def fail(*_):
        raise failure

    engine = type("Engine", (), {"api": type("Api", (), {})()})()
    monkeypatch.setattr(command, "connect", lambda: engine)
    monkeypatch.setattr(build, "build", fail)
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr("sys.argv", ["tests.testbed.images", "build", "--if-engine"])
    assert command.main() == code
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_two_clones_make_an_image_once(monkeypatch, told):
    engine: Any = Images(has=[recipe.Image("node").official_base], pull=[], build=[{"stream": "done"}])
    clones = [threading.Thread(target=build.build, args=(engine, ["node"], told.append)) for _ in range(2)]
    for clone in clones:
        clone.start()
    for clone in clones:
        clone.join()
    assert len(engine.bases) == 1


def test_with_the_override_nothing_is_built(monkeypatch, engine, capsys):
    monkeypatch.setenv(recipe.OVERRIDE, "my/own:image")
    monkeypatch.setattr("sys.argv", ["tests.testbed.images", "build"])
    assert command.main() == 0
    assert "my/own:image is used for everything" in capsys.readouterr().out
