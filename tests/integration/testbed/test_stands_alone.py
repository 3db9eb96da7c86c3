# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of the test bed under another name, in another folder, works there as it does here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import testbed
from tests.testbed import releases

NAME = "etcd_anywhere"
SECONDS = 30.0


@pytest.fixture
def copy(tmp_path):
    """Runs the command of a copy, and takes down what a test leaves running."""
    shutil.copytree(
        Path(testbed.__file__).parent, tmp_path / "project" / NAME, ignore=shutil.ignore_patterns("__pycache__")
    )
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "runs").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "runs"), "PYTHONPATH": str(tmp_path / "project")}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=tmp_path / "elsewhere", env=environment, capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip

    yield run
    run(NAME, "down", "--all")


def test_it_finds_the_releases_that_were_fetched_here(copy):
    listed = copy(NAME, "releases")
    assert list(releases.available()) == [line.split()[0] for line in listed.stdout.splitlines()[1:]]


def test_a_cluster_stands_and_goes(copy):
    up = copy(NAME, "up", "--size", "1", "--detach")
    assert up.returncode == 0, up.stderr
    assert "cluster-1: etcd " in up.stdout
    assert f"python -m {NAME} down cluster-1" in up.stdout
    down = copy(NAME, "down")
    assert (down.returncode, down.stdout) == (0, "cluster-1 is gone\n")


@pytest.mark.parametrize("module", ["docker", "images"])
def test_its_other_commands_are_there(copy, module):
    helped = copy(f"{NAME}.{module}", "--help")
    assert helped.returncode == 0, helped.stderr
    assert helped.stdout.startswith(f"usage: python -m {NAME}.{module} ")


def test_a_writer_started_by_it_writes(copy, tmp_path):
    program = tmp_path / "elsewhere" / "start_a_writer.py"
    program.write_text(
        f"import pathlib, {NAME}, {NAME}.writing as writing\n"
        f"with {NAME}.Cluster(1) as cluster:\n"
        "    writing.start(pathlib.Path.cwd(), cluster.connection)\n"
        "    print(writing.stop(pathlib.Path.cwd())['acknowledged'] > 0)\n"
    )
    written = copy("start_a_writer")
    assert written.stdout == "True\n", written.stderr
