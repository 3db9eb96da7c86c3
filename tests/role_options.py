# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tests.role_options`: what Ansible and the role say of variables of the role, before any host is touched.

Reads a dictionary of variables in each line, as JSON, and writes a list of complaints in a line. Ansible compares the
variables with the argument specification of the role, then the role checks its options. Both are done here as Ansible
does them, with the role's own files and without a host. In a process of its own, because Ansible has to find the
collection's filters before anything else imports the collection.
"""

from __future__ import annotations

import json
import sys
from collections import ChainMap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar

ROLE = Path(__file__).resolve().parents[1] / "roles" / "etcd_cluster"
HOSTS = ["n1", "n2", "n3"]
AROUND = {
    "inventory_hostname": "n1",
    "groups": {"all": HOSTS, "etcd": HOSTS},
    "ansible_play_batch": HOSTS,
    "hostvars": {name: {"inventory_dir": "/srv/inventory"} for name in HOSTS},
    "playbook_dir": "/srv/inventory",
    "ansible_facts": {"default_ipv4": {"address": "10.0.0.1"}},
}
"""What a run knows besides the variables of the role."""
DIRECTIONS = {"etcd_cluster_upgrade_to": False, "etcd_cluster_downgrade_to": True}
"""The variables of the entry points `upgrade` and `downgrade`, and whether it goes down."""


class Role:
    """The role's files, read as Ansible reads them: with their expressions."""

    def __init__(self) -> None:
        self._loader = DataLoader()
        (task,) = self._read("tasks/common/check_options.yml")
        specs = self._read("meta/argument_specs.yml")["argument_specs"].values()
        self._options = {name: option for spec in specs for name, option in spec["options"].items()}
        internal = [self._read(f"vars/main/{path.name}") for path in sorted((ROLE / "vars" / "main").glob("*.yml"))]
        self._variables = {**self._read("defaults/main.yml"), **dict(ChainMap(*internal)), **AROUND}
        self._of_the_task = task["vars"]

    def _read(self, path: str) -> Any:
        try:
            return self._loader.load_from_file(str(ROLE / path), trusted_as_template=True)
        except TypeError:  # ansible-core 2.18 trusts every text
            return self._loader.load_from_file(str(ROLE / path))

    def complaints(self, variables: Mapping[str, Any]) -> list[str]:
        """What is said of these variables."""
        given = {**variables, **_of_the_entry_point(variables)}
        templar = Templar(loader=self._loader, variables={**self._variables, **given, **self._of_the_task})
        options = {name: {**self._options[name], "required": False} for name in variables if name in self._options}
        of_the_role = {name: variables[name] for name in options}
        of_ansible = ArgumentSpecValidator(options).validate(of_the_role).error_messages
        return list(of_ansible or templar.template(self._of_the_task["etcd_cluster__problems"]))


def _of_the_entry_point(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Under which names the entry points give the role their own variable."""
    return {
        name: value
        for variable, goes_down in DIRECTIONS.items()
        if variable in variables
        for name, value in {
            "etcd_cluster__upgrade_to": variables[variable],
            "etcd_cluster__goes_down": goes_down,
        }.items()
    }


def main() -> None:
    init_plugin_loader()
    role = Role()
    for line in sys.stdin:
        print(json.dumps(role.complaints(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
