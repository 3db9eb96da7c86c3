# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The terminal command: what it prints, how it ends, what it says when it can't."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.testbed import releases, waiting

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 30.0


@pytest.fixture
def testbed(tmp_path):
    """Runs the command with clusters of its own, and takes down what a test leaves running."""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tests.testbed", *arguments],
            cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip

    yield run
    run("down", "--all")
    assert not list(tmp_path.glob("quorum-etcd-testbed-*"))


def test_a_cluster_stands_until_it_is_taken_down(testbed):
    up = testbed("up", "--detach", "--size", "3", "--dead", "1", "--name", "mine")
    assert up.returncode == 0, up.stderr
    assert "mine: etcd " in up.stdout
    assert "3 voters, quorum 2, 0 more may fail" in up.stdout
    assert up.stdout.count("leader") == 1
    assert up.stdout.count("does not answer") == 1
    assert "python -m tests.testbed down mine" in up.stdout
    assert max(map(len, up.stdout.splitlines())) <= 80 or "/tmp/" in up.stdout

    listed = testbed("list")
    assert "mine" in listed.stdout
    assert "3 of 3 started" in listed.stdout

    again = testbed("up", "--detach", "--name", "mine")
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)
    assert "stands already" in again.stderr

    down = testbed("down")
    assert (down.returncode, down.stdout) == (0, "mine is gone\n")
    assert "no cluster stands" in testbed("list").stdout


def test_its_environment_serves_etcdctl(testbed):
    up = testbed("up", "--detach", "--size", "1", "--tls", "--auth")
    (file,) = [line.split()[-1] for line in up.stdout.splitlines() if "environment" in line]
    assert Path(file).stat().st_mode & 0o077 == 0
    listed = subprocess.run(
        ["sh", "-c", f". {file} && etcdctl member list"], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert "started, etcd1, https://127.0.0.1:" in listed.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_cluster_in_the_foreground_ends_with_its_command(number, tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-m", "tests.testbed", "up", "--size", "1"],
        cwd=ROOT, env={**os.environ, "TMPDIR": str(tmp_path)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert holder.stdout is not None
    shown = next(line for line in holder.stdout if "Ctrl-C" in line)
    assert "stop" in shown
    holder.send_signal(number)
    output, errors = holder.communicate(timeout=SECONDS)
    assert (holder.returncode, errors) == (0, "")
    assert "cluster-1 is gone" in output
    waiting.until("the run to be gone", lambda: str(left) if (left := list(tmp_path.glob("quorum-*"))) else None, 3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["up", "--learners", "2", "--version", "3.5"], "allows one at a time"),
        (["up", "--detach", "--size", "0"], "1 to 9 voters"),
        (["up", "--version", "9.9"], "no etcd 9.9 on this machine"),
        (["down"], "no cluster stands"),
        (["down", "nobody"], "no cluster named nobody stands"),
        (["list", "nobody"], "no cluster named nobody stands"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(arguments, said, testbed):
    answer = testbed(*arguments)
    assert answer.returncode == 2
    assert said in answer.stderr
    assert answer.stderr.startswith("testbed: ")
    assert answer.stderr.count("\n") == 1
    assert answer.stdout == ""


def test_the_releases_of_the_machine_are_listed(testbed):
    listed = testbed("releases")
    for version in releases.available():
        assert version in listed.stdout
