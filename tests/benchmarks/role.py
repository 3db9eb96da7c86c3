# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of the role costs that finds nothing to do, on three hosts: against a play of as many `ping` tasks as it
had tasks to run.

The hosts are containers with systemd. Both are timed from their first task to the end, in turn, in `ansible-playbook`
processes of their own.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import yaml

from tests.ansible_playbook import ROOT, PlaybookRun, TaskEnded
from tests.testbed.docker import lab
from tests.testbed.session import current

from .figures import Target, milliseconds, tell_targets

HOSTS = ("etcd1", "etcd2", "etcd3")
RATIO_TO_PING = 1.5
VARIABLES = ROOT / "molecule" / "shared" / "role_vars" / "all.yml"


def measure(rounds: int) -> list[Target]:
    """Prints the table, returns the target."""
    directory = current().new_directory()
    scenario = lab.Scenario("benchmark_role", directory, HOSTS, cluster={}, kind="systemd", version=None)
    lab.create(scenario)
    try:
        inventory = ["-i", str(scenario.inventory), "-i", str(_group(directory))]
        deploy = [*inventory, "quorum.etcd.deploy"]
        _timed(deploy, directory)
        tasks = _tasks(deploy, directory)
        pings = [*inventory, str(_pings(tasks, directory))]
        _timed(pings, directory)
        timed = [(_timed(deploy, directory), _timed(pings, directory)) for _ in range(rounds)]
    finally:
        lab.destroy(scenario)
    role, ping = ([pair[place] for pair in timed] for place in (0, 1))
    ratio = statistics.median(role) / statistics.median(ping)
    print(f"\nA run with nothing to do, {len(HOSTS)} hosts, {rounds} of each, ms\n")
    print(f"{'':34}{'median':>7}{'min':>7}{'max':>7}{'× ping':>9}")
    print(f"{'role, ' + str(tasks) + ' tasks that run':34}{milliseconds(role)}{ratio:9.2f}")
    print(f"{str(tasks) + ' times ping':34}{milliseconds(ping)}{1:9.2f}")
    targets = [Target("the role with nothing to do", RATIO_TO_PING, ratio, "× ping")]
    tell_targets(targets)
    return targets


def _group(directory: Path) -> Path:
    """The hosts as the group that the role runs on, with the variables of the role's scenarios."""
    file = directory / "group.yml"
    group = {"hosts": dict.fromkeys(HOSTS), "vars": yaml.safe_load(VARIABLES.read_text())}
    file.write_text(yaml.safe_dump({"all": {"children": {"etcd": group}}}))
    return file


def _pings(tasks: int, directory: Path) -> Path:
    file = directory / "pings.yml"
    play = {
        "hosts": "etcd",
        "gather_facts": False,
        "tasks": [{"name": f"Ping {number}", "ansible.builtin.ping": {}} for number in range(tasks)],
    }
    file.write_text(yaml.safe_dump([play], sort_keys=False))
    return file


def _run(arguments: Sequence[str], directory: Path) -> tuple[list[TaskEnded], float]:
    """What its tasks came to, and the seconds since the first one began."""
    run = PlaybookRun(arguments, directory)
    began, ended = None, []
    for event in run:
        began = began or time.monotonic()
        if isinstance(event, TaskEnded):
            ended.append(event)
    if run.exit_code or began is None:
        broken = next((task for task in ended if task.outcome in ("failed", "unreachable")), None)
        raise RuntimeError(f"{broken.name}: {broken.result.get('msg')}" if broken else "ansible-playbook ran no task")
    return ended, time.monotonic() - began


def _timed(arguments: Sequence[str], directory: Path) -> float:
    return _run(arguments, directory)[1]


def _tasks(arguments: Sequence[str], directory: Path) -> int:
    """How many tasks run on any host, where nothing is to be done; a loop is a task for each of its items."""
    ended, _seconds = _run(arguments, directory)
    changed = [task.name for task in ended if task.changed]
    if changed:
        raise RuntimeError(f"a second run changed something: {', '.join(changed)}")
    return sum({task.name: _executions(task) for task in ended if task.outcome == "ok"}.values())


def _executions(task: TaskEnded) -> int:
    return len(task.result["results"]) if "results" in task.result else 1
