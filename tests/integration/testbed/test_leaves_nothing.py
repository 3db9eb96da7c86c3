# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing of a run is left behind, however it ends; and a failing test shows what its etcds said."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.testbed import Cluster, session, waiting

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 30.0
CLEANED_UP_IN = 3.0
HOLDING = """
import json, os, pathlib, time
import pytest
from tests.testbed import session

@pytest.mark.etcd(size=3)
def test_that_holds_a_cluster(etcd_cluster):
    pids = [member.pid for member in etcd_cluster.members] + [session.current().supervisor_pid]
    note = pathlib.Path(os.environ["NOTE"])
    note.with_suffix(".new").write_text(json.dumps({"pids": pids, "directory": str(session.current().directory)}))
    note.with_suffix(".new").rename(note)
    time.sleep(60)
"""
FAILING = """
import pytest

@pytest.mark.etcd(size=1)
def test_that_fails(etcd_cluster):
    assert etcd_cluster.get("key") == "what nobody wrote"
"""
SIDE_BY_SIDE = """
import pytest

@pytest.mark.parametrize("number", range(9))
@pytest.mark.etcd(size=3)
def test_that_has_a_cluster_of_its_own(etcd_cluster, number):
    assert etcd_cluster.get("key") is None
    etcd_cluster.put("key", str(number))
    assert len(etcd_cluster.member_list()) == 3
    assert {member.gateway.range("key")[1]["key"][0] for member in etcd_cluster.members} == {str(number)}
"""


@pytest.fixture
def inner_run(tmp_path):
    """Starts pytest on a file of its own, with a folder for temporary files of its own."""

    def start(text: str, *arguments: str) -> subprocess.Popen[str]:
        file = tmp_path / "test_inner.py"
        file.write_text(text)
        settings = tmp_path / "pytest.ini"
        settings.write_text("[pytest]\n")
        options = ["-c", str(settings), "-p", "tests.conftest", "-p", "no:cacheprovider", "--strict-markers"]
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", *options, *arguments, str(file)],
            cwd=ROOT,
            env={**os.environ, "NOTE": str(tmp_path / "note"), "TMPDIR": str(_temporary(tmp_path))},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return start


def _temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir(exist_ok=True)
    return folder


def _held(tmp_path: Path, run: subprocess.Popen[str]) -> dict:
    note = tmp_path / "note"

    def look() -> str | None:
        assert run.poll() is None, run.communicate()[0]
        return None if note.exists() else "no note of it"

    waiting.until("the inner run to hold its cluster", look, SECONDS)
    return json.loads(note.read_text())


def _remains(held: dict, tmp_path: Path) -> str | None:
    alive = [pid for pid in held["pids"] if Path(f"/proc/{pid}").exists()]
    if alive:
        return f"processes {alive}"
    left = [path.name for path in _temporary(tmp_path).iterdir() if path.name.startswith("quorum-etcd")]
    return f"folders {left}" if left else None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended_leaves_no_process_and_no_folder(number, inner_run, tmp_path):
    run = inner_run(HOLDING)
    held = _held(tmp_path, run)
    assert Path(held["directory"]).is_dir()
    run.send_signal(number)
    run.communicate(timeout=SECONDS)
    waiting.until("all traces to be gone", lambda: _remains(held, tmp_path), CLEANED_UP_IN)


def test_a_killed_worker_of_xdist_leaves_nothing_either(inner_run, tmp_path):
    run = inner_run(HOLDING, "-n", "1")
    held = _held(tmp_path, run)
    run.kill()
    run.communicate(timeout=SECONDS)
    waiting.until("all traces to be gone", lambda: _remains(held, tmp_path), CLEANED_UP_IN)


def test_etcd_dies_with_its_supervisor_and_the_next_run_removes_the_folder(inner_run, tmp_path, monkeypatch):
    run = inner_run(HOLDING)
    held = _held(tmp_path, run)
    *members, supervisor = held["pids"]
    os.kill(supervisor, signal.SIGKILL)
    waiting.until("etcd to die", lambda: next((f"process {pid}" for pid in members if _runs(pid)), None), CLEANED_UP_IN)
    assert Path(held["directory"]).is_dir()
    run.kill()
    run.communicate(timeout=SECONDS)
    inner_run(SIDE_BY_SIDE, "-k", "cluster_of_its_own and 0").communicate(timeout=SECONDS)
    assert not Path(held["directory"]).exists()


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_failing_test_shows_the_logs_of_its_members(inner_run):
    output, _ = inner_run(FAILING).communicate(timeout=SECONDS)
    assert "1 failed" in output
    assert "log of etcd1, etcd " in output
    assert "ready to serve client requests" in output


def test_workers_of_xdist_never_collide(inner_run):
    output, _ = inner_run(SIDE_BY_SIDE, "-n", "3").communicate(timeout=SECONDS * 2)
    assert "9 passed" in output, output


@pytest.mark.measures_time
def test_a_closed_cluster_has_left_nothing():
    with Cluster(3, learners=1) as cluster:
        folder = cluster._backend.directory
        pids = [member.pid for member in cluster.members]
        began = time.monotonic()
    assert time.monotonic() - began < 1
    assert not folder.exists()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_failed_build_leaves_nothing_and_shows_the_logs(monkeypatch):
    from tests.testbed import building

    def fail(cluster):
        raise RuntimeError("in the middle")

    monkeypatch.setattr(building, "_unnamed", fail)
    cluster = Cluster(1)
    with pytest.raises(RuntimeError, match="in the middle") as caught:
        cluster.__enter__()
    assert "last lines of its log" in "".join(caught.value.__notes__)
    assert not cluster._backend.directory.exists()
    assert not cluster.members[0].is_running


def test_the_folder_of_runs_is_private():
    session.current()
    assert session.root().stat().st_mode & 0o077 == 0
