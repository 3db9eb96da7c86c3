# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of a playbook that are killed one after the other (molecule/shared/kill_chain.py), each of which leaves a file
behind that says how far it got.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.ansible_playbook import ROOT, ansible_environment

PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.debug: {msg: reads only}
    - name: Begin
      ansible.builtin.shell: "echo begun >> {folder}/done"
    - name: Look
      ansible.builtin.command: ls
      changed_when: false
    - name: Skip
      ansible.builtin.file: {path: "{folder}/none", state: touch}
      when: false
    - name: Go on
      ansible.builtin.shell: "echo went on >> {folder}/done"
    - name: End
      ansible.builtin.shell: "echo ended >> {folder}/done; {then}"
"""


def chain(folder: Path, *options: str, then: str = "true", seed: str = "") -> tuple[int, list[str], list[str]]:
    """The exit code, what was printed of kills, and what the runs did."""
    playbook = folder / "play.yml"
    playbook.write_text(PLAYBOOK.replace("{folder}", str(folder)).replace("{then}", then))
    (folder / "done").unlink(missing_ok=True)
    ended = subprocess.run(
        [sys.executable, "molecule/shared/kill_chain.py", f"--points={folder}/points", *options, str(playbook)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **ansible_environment(folder), "QUORUM_ETCD_KILL_SEED": seed},
        capture_output=True,
        text=True,
        check=False,
    )
    told = [line for line in ended.stdout.splitlines() if line.startswith(("killed", "QUORUM_ETCD", "no task"))]
    return ended.returncode, told, (folder / "done").read_text().splitlines()


def test_each_run_is_killed_one_step_further_and_the_last_comes_to_its_end(tmp_path):
    code, told, done = chain(tmp_path)
    assert code == 0
    assert [line.partition("(")[2] for line in told] == ["Begin)", "Go on)"]
    assert done == ["begun", "begun", "went on", "begun", "went on", "ended"]


def test_points_that_are_drawn_are_the_same_for_the_same_seed(tmp_path):
    drawn = [chain(tmp_path, "--draw=2", seed="3")[1:] for _again in range(2)]
    assert drawn[0] == drawn[1]
    assert drawn[0][0][0] == "QUORUM_ETCD_KILL_SEED=3"
    assert drawn[0][1][-3:] == ["begun", "went on", "ended"]


def test_a_task_that_fails_ends_it(tmp_path):
    code, told, done = chain(tmp_path, then="false")
    assert code == 1
    assert told[-1].startswith("no task may fail; this one did: End on localhost")
    assert done.count("ended") == 1
