# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host of an etcd cluster, as testinfra reaches it."""

from __future__ import annotations

import json
import shlex
from typing import Any

from testinfra.host import Host

DEFAULT_CLIENT_URL = "http://127.0.0.1:2379"


class Node:
    """A host and the etcd on it. What its inventory does not say is taken from the ETCDCTL_* variables of its login."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.variables = _variables(host)

    @property
    def name(self) -> str | None:
        """Its name in the inventory; None where there is no inventory."""
        return self.variables.get("inventory_hostname")

    @property
    def client_url(self) -> str | None:
        return self.variables.get("etcd_client_url")

    @property
    def is_running(self) -> bool:
        return self.host.run("pgrep -x etcd").succeeded

    def etcdctl(self, *arguments: str, own: bool = True) -> str:
        """What etcdctl prints on this host, asked of its own etcd or of the whole cluster.

        Raises AssertionError where it fails.
        """
        return str(self.host.check_output(self._command(arguments, own)))

    def fails(self, *arguments: str) -> str:
        """The words with which etcdctl fails when it asks this host's own etcd."""
        result = self.host.run(self._command(arguments, own=True))
        assert result.failed, f"etcdctl {' '.join(arguments)} succeeded: {result.stdout}"
        return str(result.stderr)

    def members(self) -> list[dict[str, Any]]:
        """The member list as this host's own etcd has it, perhaps stale."""
        listed: list[dict[str, Any]] = json.loads(self.etcdctl("member", "list", "-w", "json", "--command-timeout=5s"))[
            "members"
        ]
        return listed

    def status(self) -> dict[str, Any]:
        """This host's own etcd about itself; ids as numbers."""
        answer: dict[str, Any] = json.loads(self.etcdctl("endpoint", "status", "-w", "json"))[0]["Status"]
        return answer

    def data(self, prefix: str) -> dict[str, str]:
        """All keys under a prefix and their values, read linearizably through this host's own etcd."""
        lines = self.etcdctl("get", "--prefix", prefix).splitlines()
        return dict(zip(lines[::2], lines[1::2], strict=True))

    def _command(self, arguments: tuple[str, ...], own: bool) -> str:
        environment = {"ETCDCTL_API": "3", **self.variables.get("etcdctl_environment", {})}
        if own and self.client_url:
            environment["ETCDCTL_ENDPOINTS"] = self.client_url
        assignments = " ".join(f"{name}={shlex.quote(value)}" for name, value in environment.items())
        return f"{assignments} etcdctl {shlex.join(arguments)}"


def _variables(host: Host) -> dict[str, Any]:
    if host.backend.NAME != "ansible":
        return {}
    return dict(host.ansible.get_variables())
