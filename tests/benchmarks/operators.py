# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two ways to change a cluster's membership that are compared: our module in playbooks, and etcdctl by etcd's
guide.
"""

from __future__ import annotations

import json
import re
import time
from abc import abstractmethod
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import ClassVar

from tests.ansible_playbook import run
from tests.demo.hosts import Hosts
from tests.testbed import Cluster, Member
from tests.testbed.backend import EtcdctlFailed
from tests.testbed.session import current

PLAYBOOKS = Path(__file__).parents[1] / "demo"
UNHEALTHY = "etcdserver: unhealthy cluster"
SECONDS_TO_INSIST = 30.0
SECONDS_BETWEEN_ATTEMPTS = 0.5


class Operator(AbstractContextManager["Operator"]):
    """Somebody who changes the membership of one cluster."""

    name: ClassVar[str]

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is to be ended."""

    @abstractmethod
    def join(self, host: Member) -> None: ...

    @abstractmethod
    def remove(self, member: Member) -> None: ...


class Nobody(Operator):
    """Changes nothing."""

    name = "nobody"

    def join(self, host: Member) -> None:
        raise AssertionError(host)

    def remove(self, member: Member) -> None:
        raise AssertionError(member)


class OurModule(Operator):
    """The playbooks of the demo, which users copy: three tasks to join, one to remove."""

    name = "quorum.etcd"

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self._directory = current().new_directory()
        self._hosts = Hosts(cluster.members, self._directory)

    def __enter__(self) -> OurModule:
        self._hosts.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hosts.__exit__(kind, problem, trace)

    def join(self, host: Member) -> None:
        self._play("join.yml", "--limit", host.name)

    def remove(self, member: Member) -> None:
        self._play("remove.yml", "-e", f"member={member.name}")

    def _play(self, playbook: str, *arguments: str) -> None:
        ended = run(["-i", str(self._hosts.inventory), str(PLAYBOOKS / playbook), *arguments], self._directory)
        failed = next((task for task in ended if task.outcome != "ok"), None)
        if failed is not None or not ended:
            raise RuntimeError(
                f"{playbook} {' '.join(arguments)}: {failed.result.get('msg') if failed else 'no task was run'}"
            )


class Etcdctl(Operator):
    """The steps of etcd's runtime reconfiguration guide (op-guide/runtime-configuration.md): `member add`, start,
    `member remove`.

    The new member is started in the same moment that it was added, which nobody who types is able to do: what is
    measured is the least that these steps cost.
    """

    name = "etcdctl"

    def join(self, host: Member) -> None:
        printed = self._insist("member", "add", host.name, f"--peer-urls={host.peer_url}")
        host.start(dict(re.findall(r'^(ETCD_\w+)="(.*)"$', printed, re.MULTILINE)))

    def remove(self, member: Member) -> None:
        number = self._listed()[member.name]
        try:
            self._insist("member", "remove", f"{number:x}")
        except EtcdctlFailed:
            # Asked of the member itself, it is carried out and answered by "server stopped".
            if member.name in self._listed():
                raise

    def _listed(self) -> dict[str, int]:
        """The ids of the members by name."""
        return {
            record["name"]: record["ID"]
            for record in json.loads(self._insist("member", "list", "-w", "json"))["members"]
        }

    def _insist(self, *arguments: str) -> str:
        """Runs etcdctl again for as long as etcd finds the cluster unhealthy, as it does for five seconds after a
        change.
        """
        end = time.monotonic() + SECONDS_TO_INSIST
        while True:
            try:
                return self._cluster.etcdctl(*arguments)
            except EtcdctlFailed as failed:
                if UNHEALTHY not in str(failed) or time.monotonic() > end:
                    raise
            time.sleep(SECONDS_BETWEEN_ATTEMPTS)


OPERATORS: tuple[type[Operator], ...] = (OurModule, Etcdctl)
