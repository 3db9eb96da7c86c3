# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this machine lacks to run containers is told in one line that says what to do, within two seconds where nothing
else runs.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.testbed import Cluster
from tests.testbed.backend import BackendAbsent, BackendUnavailable
from tests.testbed.docker import preflight
from tests.testbed.docker.engine import EngineFailed, asking, connect, patience
from tests.testbed.images import recipe

from .conftest import HANGS

SECONDS = 2.0
VERSION = {"ApiVersion": "1.41", "Version": "20.10.24"}
INFO = {"CgroupVersion": "2", "DockerRootDir": "/", "OperatingSystem": "Debian", "SecurityOptions": []}


@contextmanager
def one_line_in_time(*words: str, kind: type[BackendUnavailable] = BackendUnavailable) -> Iterator[None]:
    started, most = time.monotonic(), patience(SECONDS)
    with pytest.raises(kind) as refused:
        yield
    took = time.monotonic() - started
    line = str(refused.value)
    assert "\n" not in line
    assert isinstance(refused.value, BackendAbsent) == issubclass(kind, BackendAbsent)
    for word in words:
        assert word in line
    # The machine may have become busier in between.
    assert took < max(most, patience(SECONDS)), line


@pytest.mark.parametrize(("waiting", "seconds"), [(0.0, 2.0), (1.0, 2.0), (5.0, 10.0), (100.0, 20.0)])
def test_an_engine_gets_more_time_on_a_busy_machine(monkeypatch, waiting, seconds):
    monkeypatch.setattr("os.getloadavg", lambda: (waiting * (os.cpu_count() or 1), 0.0, 0.0))
    assert patience(2.0) == pytest.approx(seconds)


def test_no_engine_at_the_named_socket(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with one_line_in_time("no Docker engine at", "none.sock", "systemctl start docker", "DOCKER_HOST") as _:
        connect()


def test_no_engine_on_the_machine_at_all_is_told_apart_from_a_broken_one(monkeypatch):
    def nothing_there(_self, _address):
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(socket.socket, "connect", nothing_there)
    with one_line_in_time("no Docker engine at the local socket", kind=BackendAbsent):
        connect()


def test_an_engine_that_was_stopped_is_no_missing_one(tmp_path, monkeypatch):
    abandoned = tmp_path / "stopped.sock"
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(abandoned))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{abandoned}")
    with one_line_in_time("start it", "stopped.sock") as _:
        connect()


def test_no_permission(monkeypatch):
    def forbidden(_self, _address):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "connect", forbidden)
    with one_line_in_time("no permission", "group `docker`", kind=BackendAbsent):
        connect()


def test_an_engine_that_never_answers(fake_engine):
    address = fake_engine({"/version": HANGS})
    with one_line_in_time("does not answer", address, "restart the engine"):
        connect()


def test_an_engine_that_accepts_no_connection_in_time(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "silent.sock"))
        silent.listen()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/silent.sock")
        with one_line_in_time("does not answer"):
            Cluster(size=1, backend="docker")


def test_an_engine_that_stops_answering_after_its_first_answer(fake_engine):
    fake_engine({"/version": VERSION, "/info": HANGS})
    with one_line_in_time("does not answer"):
        preflight.engine_for_clusters("any:image")


def test_an_engine_that_is_too_old(fake_engine):
    fake_engine({"/version": {"ApiVersion": "1.38", "Version": "18.06"}})
    with one_line_in_time("too old", "1.38", "20.10 or newer"):
        connect()


def test_an_engine_of_another_machine(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "tcp://192.0.2.1:2375")
    with one_line_in_time("tcp://192.0.2.1:2375", "another machine"):
        preflight.engine_for_clusters("any:image")


def test_an_image_that_was_not_built(fake_engine):
    fake_engine({"/version": VERSION, "/info": INFO})
    with one_line_in_time(recipe.image_name(), "python -m tests.testbed.images build", kind=BackendAbsent):
        Cluster(size=1, backend="docker")


def test_an_image_named_by_the_user_that_is_not_there(fake_engine, monkeypatch):
    monkeypatch.setenv(recipe.OVERRIDE, "my/own:image")
    fake_engine({"/version": VERSION, "/info": INFO})
    with one_line_in_time("my/own:image", f"unset {recipe.OVERRIDE}", kind=BackendAbsent):
        Cluster(size=1, backend="docker")


def test_a_full_disk():
    with one_line_in_time("12 MB", "/var/lib/engine", "docker system prune"):
        preflight.require_disk(Path("/var/lib/engine"), lambda _path: 12_000_000)


def test_a_disk_that_cannot_be_seen_from_here_is_left_to_the_engine():
    def unseen(_path):
        raise PermissionError

    preflight.require_disk(Path("/var/lib/engine"), unseen)


def test_no_collection_for_the_connection(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", str(tmp_path))
    with one_line_in_time("community.docker", "make environment", kind=BackendAbsent):
        preflight.engine_for_labs([])


def test_no_docker_command_for_the_connection(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with one_line_in_time("docker command", "PATH", kind=BackendAbsent):
        preflight.engine_for_labs([])


def test_an_engine_that_stops_answering_in_the_middle_of_a_run(fake_engine):
    address = fake_engine({"/version": VERSION, "/containers/json": HANGS})
    client = connect()
    client.api.timeout = 0.3  # type: ignore[assignment]
    with one_line_in_time("cannot list containers", "does not answer", address, kind=EngineFailed), asking(
        "list containers"
    ):
        client.api.containers()


@pytest.mark.parametrize(
    "command",
    [
        ["tests.testbed.docker", "preflight"],
        ["tests.testbed", "up", "--size", "1", "--backend", "docker"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_from_the_terminal(command, fake_engine: Callable[[dict], str]):
    address = fake_engine({"/version": HANGS})
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode != 0
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert address in done.stderr


def test_from_pytest(fake_engine, tmp_path):
    fake_engine({"/version": HANGS})
    test = tmp_path / "test_one.py"
    test.write_text(
        "import pytest\npytestmark = pytest.mark.etcd(size=1, backend='docker')\ndef test_it(etcd_cluster): pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-ptests.conftest", "-pno:cacheprovider", "-c/dev/null", str(test)],
        capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "does not answer" in done.stdout
    assert "Traceback" not in done.stdout
