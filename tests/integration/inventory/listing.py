# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs `ansible-inventory` as users do, and reads what it prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.ansible_playbook import ansible_environment

SECONDS = 60.0
PLUGIN = "quorum.etcd.etcd_members"


@dataclass(frozen=True)
class Listing:
    """What `ansible-inventory --list` made of a file: its hosts by group, their variables, and all that it said
    besides.
    """

    failed: bool
    groups: Mapping[str, set[str]]
    variables: Mapping[str, Mapping[str, Any]]
    said: str

    @property
    def hosts(self) -> set[str]:
        return set(self.variables)


class InventoryFile:
    """A `*.etcd_members.yml` in a folder of its own, where Ansible also keeps what it writes."""

    def __init__(self, directory: Path, name: str = "x.etcd_members.yml") -> None:
        self.directory = directory
        self.path = directory / name

    def write(self, options: Mapping[str, Any]) -> None:
        self.path.write_text(yaml.safe_dump({"plugin": PLUGIN, **options}, sort_keys=False))

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.directory),
            "LC_ALL": "C.UTF-8",
            **ansible_environment(self.directory),
            "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
            **more,
        }

    def list(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Listing:
        command = [str(Path(sys.executable).with_name("ansible-inventory")), "-i", str(self.path), "--list", *arguments]
        done = subprocess.run(
            command,
            env=self.environment(environment or {}),
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        if done.returncode:
            return Listing(True, {}, {}, done.stdout + done.stderr)
        # With -v there is text before the JSON.
        found = json.loads(done.stdout[done.stdout.index("{\n") :])
        variables = found.pop("_meta")["hostvars"]
        # A group without hosts is named as a child of `all`, and nowhere else.
        groups = {name: set(found.get(name, {}).get("hosts", ())) for name in found["all"]["children"]}
        return Listing(False, groups, variables, done.stderr)
