# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of the demo as an Ansible inventory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import yaml

from tests.testbed import Member

from .starter import Starter


class Hosts:
    """The inventory of these hosts; playbooks can start etcd on them while the ``with`` block lasts."""

    def __init__(self, hosts: Sequence[Member], directory: Path) -> None:
        self._hosts = {host.name: host for host in hosts}
        self._starter = Starter(lambda name, environment: self._hosts[name].start(environment), directory)
        self.inventory = directory / "hosts.yml"
        self.inventory.write_text(yaml.safe_dump(self._inventory(), sort_keys=False))

    def __enter__(self) -> Hosts:
        self._starter.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._starter.__exit__(kind, problem, trace)

    def _inventory(self) -> Mapping[str, object]:
        everywhere = {"ansible_connection": "local", "endpoints": [host.client_url for host in self._hosts.values()]}
        members = {name: self._variables(host) for name, host in self._hosts.items()}
        return {"all": {"vars": everywhere, "hosts": {"localhost": {}}}, "etcd": {"hosts": members}}

    def _variables(self, host: Member) -> Mapping[str, str]:
        return {
            "peer_url": host.peer_url,
            "data_dir": str(host.data_dir),
            "start_etcd": self._starter.command(host.name),
        }
