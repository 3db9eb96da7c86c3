# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`.ci/machine` installs and starts what a machine lacks, touches nothing that is there, and stops only what it has
started.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.environment import ROOT

COMMANDS = ("make", "git", "mmdebstrap", "fuse-overlayfs", "iptables", "ssh", "go")
NEEDED = (
    "bash",
    "cat",
    "chmod",
    "dirname",
    "env",
    "grep",
    "id",
    "mkdir",
    "mktemp",
    "printf",
    "rm",
    "setsid",
    "sleep",
    "tail",
)
DOCKERD = """\
import os, socket, sys
with socket.create_server(os.environ["DOCKER_HOST"].removeprefix("unix://"), family=socket.AF_UNIX) as server:
    while True:
        connection, _ = server.accept()
        connection.recv(1000)
        connection.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\nOK")
        connection.close()
"""


@dataclass(frozen=True)
class Machine:
    """A machine of which only what a test puts there is on PATH."""

    folder: Path

    @property
    def socket(self) -> Path:
        return self.folder / "docker.sock"

    def put(self, command: str, script: str = "exit 0") -> None:
        path = self.folder / "bin" / command
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": str(self.folder / "bin"),
            "MACHINE_ROOT": str(self.folder),
            "DOCKER_HOST": f"unix://{self.socket}",
        }
        script = [shutil.which("bash") or "bash", str(ROOT / ".ci" / "machine"), *arguments]
        return subprocess.run(
            script, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
        )

    @property
    def installed(self) -> str:
        """What apt-get was asked to install."""
        said = self.folder / "installed"
        return said.read_text().strip() if said.exists() else ""


@pytest.fixture
def machine():
    # Short, since addresses of Unix sockets are.
    with tempfile.TemporaryDirectory(prefix="machine-") as folder:
        machine = Machine(Path(folder))
        (machine.folder / "bin").mkdir()
        for command in NEEDED:
            (machine.folder / "bin" / command).symlink_to(shutil.which(command) or command)
        machine.put("mount", "exit 1")
        machine.put("python3", f'exec {sys.executable} "$@"')
        machine.put("apt-get", f'[ "$1" = install ] && echo "${{@:5}}" >> {machine.folder}/installed; exit 0')
        yield machine
        machine.run("stop")


@pytest.fixture
def engine(machine):
    """An engine of somebody else, which answers."""
    with socket.create_server(str(machine.socket), family=socket.AF_UNIX) as server:
        threading.Thread(target=_answer, args=(server,), daemon=True).start()
        yield server


def _answer(server):
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            connection.recv(1000)
            connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nOK")


def test_where_all_is_there_nothing_is_done_and_nothing_said(machine, engine):
    for command in COMMANDS:
        machine.put(command)
    for arguments in ((), (), ("stop",)):
        done = machine.run(*arguments)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert machine.installed == ""
    assert sorted(path.name for path in machine.folder.iterdir()) == ["bin", "docker.sock"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs; run the tests as root to see it")
def test_what_is_missing_is_installed_and_the_engine_started_and_stopped(machine):
    for command in ("make", "git", "ssh"):
        machine.put(command)
    machine.put("dockerd", f"exec -a dockerd {sys.executable} {machine.folder}/dockerd.py")
    (machine.folder / "dockerd.py").write_text(f"open('/proc/self/comm', 'w').write('dockerd')\n{DOCKERD}")
    (machine.folder / "etc" / "docker").mkdir(parents=True)
    (machine.folder / "etc" / "docker" / "daemon.json").write_text('{"mtu": 9000}')

    first = machine.run()

    assert first.returncode == 0, first
    assert machine.installed == "mmdebstrap golang-go fuse-overlayfs iptables"
    assert "machine: starting dockerd" in first.stdout
    assert json.loads((machine.folder / "etc" / "docker" / "daemon.json").read_text()) == {"mtu": 9000}
    pid = int((machine.folder / "run" / "quorum-etcd-machine" / "dockerd.pid").read_text())
    assert "starting" not in machine.run().stdout
    assert machine.run("stop").stdout == "machine: stopping dockerd\n"
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts an engine; run the tests as root to see it")
def test_an_engine_that_ends_is_told_with_its_last_words(machine):
    for command in COMMANDS:
        machine.put(command)
    machine.put("dockerd", "echo failed to start daemon: no overlay; exit 1")

    done = machine.run()

    assert done.returncode == 1
    assert done.stderr == "error: dockerd ended: failed to start daemon: no overlay\n"
    assert (
        json.loads((machine.folder / "etc" / "docker" / "daemon.json").read_text())["storage-driver"]
        == "fuse-overlayfs"
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts an engine; run the tests as root to see it")
@pytest.mark.parametrize(
    ("settings", "installed", "driver"),
    [(None, "", "overlay2"), ({"storage-driver": "fuse-overlayfs"}, "fuse-overlayfs", "fuse-overlayfs")],
)
def test_where_the_kernel_overlays_folders_the_engine_has_it_do_so_unless_told_otherwise(
    machine, settings, installed, driver
):
    daemon = machine.folder / "etc" / "docker" / "daemon.json"
    if settings:
        daemon.parent.mkdir(parents=True)
        daemon.write_text(json.dumps(settings))
    for command in set(COMMANDS) - {"fuse-overlayfs"}:
        machine.put(command)
    machine.put("mount")
    machine.put("umount")
    machine.put("dockerd", "exit 1")

    machine.run()

    assert machine.installed == installed
    assert json.loads(daemon.read_text())["storage-driver"] == driver
    assert not any((machine.folder / "var" / "lib" / "docker").glob("*"))


def test_a_machine_without_apt_is_told_what_it_lacks(machine):
    (machine.folder / "bin" / "apt-get").unlink()
    machine.put("make")

    done = machine.run()

    assert done.returncode == 1
    assert done.stderr.startswith(
        "error: this machine lacks git mmdebstrap openssh-client golang-go docker.io fuse-overlayfs iptables; install "
        "that, or run this"
    )
