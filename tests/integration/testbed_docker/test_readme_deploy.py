# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README's commands for whole clusters, as they stand there, on hosts with an init system and no etcd that runs."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.ansible_playbook import TaskEnded, run
from tests.integration.docs.readme import DEPLOY, commands, files
from tests.testbed.docker import lab
from tests.testbed.docker.lab import Scenario

VARIABLES = {
    "ansible_become": False,
    "etcd_cluster_address": "{{ etcd_address }}",
    "etcd_cluster_install_from": "present",
    "etcd_cluster_settings": {"unsafe-no-fsync": True},
}
"""The hosts' addresses are known to the engine alone, it is root who is connected, and the test bed brings etcd."""
ETCDCTL = {
    "ETCDCTL_ENDPOINTS": "https://127.0.0.1:2379",
    "ETCDCTL_CACERT": "/etc/etcd/pki/ca.crt",
    "ETCDCTL_CERT": "/etc/etcd/pki/client.crt",
    "ETCDCTL_KEY": "/etc/etcd/pki/client.key",
    "ETCDCTL_API": "3",
}


@pytest.fixture
def folder(engine, tmp_path: Path) -> Iterator[Path]:
    """A folder with the README's hosts.yml, whose hosts are containers."""
    inventory = yaml.safe_load(files()["hosts.yml"])
    scenario = Scenario(
        "readme", tmp_path / "lab", tuple(inventory["etcd"]["hosts"]), cluster={}, kind="systemd", version=None
    )
    try:
        lab.create(scenario)
        made = yaml.safe_load(scenario.inventory.read_text())["all"]["hosts"]
        for name, variables in inventory["etcd"]["hosts"].items():
            variables.update(made[name])
        inventory["etcd"]["vars"].update(VARIABLES)
        (tmp_path / "hosts.yml").write_text(yaml.safe_dump(inventory))
        yield tmp_path
    finally:
        lab.destroy(scenario)


def deploy(command: str, folder: Path) -> list[TaskEnded]:
    program, *arguments = shlex.split(command)
    assert program == "ansible-playbook"
    ended = run([str(folder / word) if word == "hosts.yml" else word for word in arguments], folder)
    assert [task.result.get("msg") for task in ended if task.outcome not in ("ok", "skipped")] == []
    return ended


def members_seen(folder: Path) -> list[int]:
    """How many members each host's own etcd lists; 0 where none answers."""
    command = {"cmd": "etcdctl member list"}
    task = {
        "name": "Ask etcd",
        "ansible.builtin.command": command,
        "environment": ETCDCTL,
        "ignore_errors": True,
        "changed_when": False,
    }
    (folder / "look.yml").write_text(yaml.safe_dump([{"hosts": "etcd", "gather_facts": False, "tasks": [task]}]))
    asked = run(["-i", str(folder / "hosts.yml"), str(folder / "look.yml")], folder)
    return [len(task.result["stdout_lines"]) if task.result["rc"] == 0 else 0 for task in asked]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_readme_deploys_a_cluster_and_its_plan_does_not(folder):
    plan, command = [command for command in commands() if command.startswith(DEPLOY)]

    deploy(plan, folder)
    assert members_seen(folder) == [0, 0, 0]

    deploy(command, folder)
    assert members_seen(folder) == [3, 3, 3]
