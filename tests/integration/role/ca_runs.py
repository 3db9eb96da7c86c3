# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of the role's own tasks on this machine, as far as the certificates: private CAs, and what they sign."""

from __future__ import annotations

import getpass
import grp
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.ansible_playbook import PlaybookRun, TaskEnded, TaskStarted

PARTS = (
    "tls/read_ca",
    "common/gather",
    "tls/plan_certificates",
    "tls/check_ca",
    "tls/protect_ca",
    "tls/install_certificates",
)
TO_THE_CERTIFICATES = [
    {
        "hosts": "etcd",
        "gather_facts": False,
        "any_errors_fatal": True,
        "tasks": [
            {
                "name": "The role",
                "ansible.builtin.include_role": {"name": "quorum.etcd.etcd_cluster", "tasks_from": f"{part}.yml"},
                "vars": {"etcd_cluster__installs_leaves": "{{ etcd_cluster__host_certificates.renews }}"},
            }
            for part in PARTS
        ],
    }
]
"""What a deploy does from the CAs to the certificates. Its options are not checked, since all is in a folder for a
while, and belongs to the user of the tests.
"""


@dataclass
class Controller:
    """A folder with an inventory, the hosts that it names (this machine), and the runs that were made."""

    folder: Path
    hosts: tuple[str, ...] = ("n1",)
    variables: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def inventory(self) -> Path:
        return self.folder / "inventory.yml"

    @property
    def ca(self) -> Path:
        """Where the CAs are unless a variable says something else."""
        return self.folder / "etcd-ca" / "orders"

    @property
    def pki(self) -> Path:
        return self.folder / "host" / "pki"

    def run(self, playbook: str = "", *arguments: str, killed_at: str = "", **variables: Any) -> Report:
        """Runs a playbook of the collection, or the tasks as far as the certificates."""
        made = self.folder / "certificates.yml"
        self.pki.mkdir(parents=True, exist_ok=True)
        made.write_text(yaml.safe_dump(TO_THE_CERTIFICATES))
        self.inventory.write_text(yaml.safe_dump(self._inventory({**self.variables, **variables})))
        inventory = () if "-i" in arguments else ("-i", str(self.inventory))
        run = PlaybookRun([playbook or str(made), *inventory, *arguments], self.folder / "run", self.environment)
        ended: list[TaskEnded] = []
        for event in run:
            if isinstance(event, TaskStarted) and killed_at and event.name.endswith(killed_at):
                break
            if isinstance(event, TaskEnded):
                ended.append(event)
        return Report(ended)

    def facts(self) -> dict[str, Any]:
        """The variables of all hosts."""
        me = getpass.getuser()
        return {
            "ansible_connection": "local",
            "ansible_become": False,
            "etcd_cluster_name": "orders",
            "etcd_cluster_address": "127.0.0.1",
            "etcd_cluster_install_from": "present",
            "etcd_cluster_system_user": me,
            "etcd_cluster_system_group": grp.getgrgid(os.getegid()).gr_name,
            "etcd_cluster_config_dir": str(self.folder / "host"),
            # Below /tmp the role keeps no data. Nothing is written there.
            "etcd_cluster_data_dir": f"/var/lib/etcd-of-nobody/{self.folder.name}",
        }

    def _inventory(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        return {"etcd": {"hosts": {host: {} for host in self.hosts}, "vars": {**self.facts(), **variables}}}


@dataclass(frozen=True)
class Report:
    """What the tasks of a run came to."""

    ended: list[TaskEnded]

    @property
    def failures(self) -> list[str]:
        return [str(task.result.get("msg")) for task in self.ended if task.outcome == "failed"]

    @property
    def ok(self) -> bool:
        return not self.failures

    @property
    def changed(self) -> list[str]:
        return [task.name.rpartition(" : ")[2] for task in self.ended if task.changed]

    @property
    def warnings(self) -> list[str]:
        return [str(warning) for task in self.ended for warning in task.result.get("warnings", ())]
