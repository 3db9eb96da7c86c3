# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which run of Ansible this is, and which runs of this controller are dead."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.quorum.etcd.plugins.module_utils._operations import controller
from ansible_collections.quorum.etcd.plugins.module_utils._operations.controller import Processes, died_here, this_run

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


def run_of(process: int, play_id: str = "play 1", **others):
    return this_run(process, "quorum.etcd.deploy", "Deploy", play_id, **others)


@pytest.fixture
def sleeper():
    with subprocess.Popen(SLEEPER) as process:
        yield process
        process.kill()


def test_all_plays_of_a_process_are_one_run_and_those_of_another_are_another(sleeper):
    mine, again, other = run_of(os.getpid()), run_of(os.getpid(), "play 2"), run_of(sleeper.pid)
    assert mine.run_id == again.run_id != other.run_id
    assert mine.shares_controller_with(other)
    assert (mine.process, mine.playbook, mine.play) == (os.getpid(), "quorum.etcd.deploy", "Deploy")
    assert all((mine.host, mine.user, mine.since, mine.process_start, mine.boot_id, mine.pid_namespace))


def test_a_process_that_runs_is_alive(sleeper):
    assert not died_here(run_of(sleeper.pid), run_of(os.getpid()))


def test_a_process_that_was_killed_is_dead_before_and_after_its_parent_has_noticed(sleeper):
    other = run_of(sleeper.pid)
    sleeper.kill()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{sleeper.pid}/stat").read_text().split()[2] != "Z" and time.monotonic() < deadline:
        time.sleep(0.01)
    assert died_here(other, run_of(os.getpid()))
    sleeper.wait()
    assert died_here(other, run_of(os.getpid()))


def test_a_process_that_was_given_the_number_of_a_dead_one_is_another(sleeper):
    earlier = replace(run_of(sleeper.pid), process_start="1")
    assert died_here(earlier, run_of(os.getpid()))


@pytest.mark.parametrize("elsewhere", [{"boot_id": "another"}, {"pid_namespace": "pid:[1]"}, {"boot_id": ""}])
def test_nobody_knows_of_a_process_elsewhere(sleeper, elsewhere):
    other = replace(run_of(sleeper.pid), **elsewhere)
    sleeper.kill()
    sleeper.wait()
    assert not died_here(other, run_of(os.getpid()))


def test_a_process_that_hides_from_us_is_not_taken_for_dead(tmp_path, monkeypatch):
    """/proc may show nothing of other users' processes (hidepid)."""

    def refuse(process: int, signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(controller.os, "kill", refuse)
    assert not Processes(str(tmp_path)).is_dead(4711, "1")


@pytest.mark.parametrize("shown", [None, "1"], ids=["no /proc", "the /proc of another namespace"])
def test_without_a_proc_of_its_own_a_run_is_known_by_its_play_and_shares_its_controller_with_nobody(tmp_path, shown):
    if shown:
        (tmp_path / "self").symlink_to(shown)
    processes = Processes(str(tmp_path))
    mine = run_of(os.getpid(), processes=processes)
    other = run_of(os.getpid(), "play 2", processes=processes)
    assert (mine.boot_id, mine.pid_namespace, mine.process_start) == ("", "", "")
    assert mine.run_id != other.run_id
    assert not mine.shares_controller_with(other)
    assert not died_here(other, mine, processes)


def test_a_run_with_sudo_is_that_of_the_user(monkeypatch):
    assert controller._user({"SUDO_USER": "alice"}) == "alice"
    assert controller._user({}) not in ("", "alice")
    monkeypatch.setattr(controller.os, "getuid", lambda: 123456789)
    assert controller._user({}) == "123456789"
