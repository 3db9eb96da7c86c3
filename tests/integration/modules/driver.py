# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a module of the collection in this process, by its own `main()`: arguments in and JSON out as Ansible does
it.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args

from tests.testbed import Cluster, Member, waiting

MODULES = "ansible_collections.quorum.etcd.plugins.modules"

# Tests are in no mood for the defaults of two minutes and one; what a case needs longer for, it says.
PATIENCE = {"wait_timeout": 20, "stall_timeout": 10}
# Where every member answers, a machine that stands still for some seconds is no finding.
UNHURRIED = {"request_timeout": 15}


@dataclass(frozen=True)
class Run:
    """What one run of a module printed, and how many seconds it took."""

    json: dict[str, Any]
    seconds: float
    warnings: str

    def __repr__(self) -> str:
        words = f"changed={self.json.get('changed')}, done={self.json.get('done')}" if self.ok else self.message
        return f"<{words}, waits={self.json.get('waits')}, {self.seconds:.1f} s>"

    def __getitem__(self, key: str) -> Any:
        return self.json[key]

    @property
    def ok(self) -> bool:
        return not self.json.get("failed", False)

    @property
    def changed(self) -> bool:
        """Whether a run that succeeded changed anything; of one that failed, `run["changed"]` tells."""
        assert self.ok, self
        return self.json["changed"]

    @property
    def message(self) -> str:
        return self.json["msg"]

    @property
    def refusal(self) -> str | None:
        """The code of the refusal, if it was one."""
        return self.json.get("refusal", {}).get("code")

    @property
    def error(self) -> str | None:
        """The code of the error, if it was one."""
        return self.json.get("error", {}).get("code")

    @property
    def planned(self) -> list[str]:
        return [step["action"] for step in self.json["plan"]]

    @property
    def done(self) -> list[str]:
        """The steps of a run that succeeded."""
        assert self.ok, self
        return [step["action"] for step in self.json["done"]]

    @property
    def waited_for(self) -> list[str]:
        return [wait["code"] for wait in self.json["waits"]]

    @property
    def arithmetic(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Healthy voters and how many are needed, before and after."""
        both = self.json["refusal"]["arithmetic"]
        return tuple((both[when]["healthy"], both[when]["size"]) for when in ("before", "after"))  # type: ignore[return-value]


def run_main(module: str, arguments: dict[str, Any], check_mode: bool = False) -> Run:
    """Runs `main()` of a module of the collection."""
    main = importlib.import_module(f"{MODULES}.{module}").main
    printed = io.StringIO()
    warned: list[str] = []
    warning = mock.patch.object(AnsibleModule, "warn", lambda _, words: warned.append(words))
    given = {**arguments, "_ansible_check_mode": check_mode, "_ansible_diff": True}
    began = time.monotonic()
    with patch_module_args(given), warning, contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        main()
    return Run(json.loads(printed.getvalue()), time.monotonic() - began, "\n".join(warned))


def ensure(cluster: Cluster | None, host: Member | None = None, check_mode: bool = False, **options: Any) -> Run:
    """etcd_member on that cluster, about that host (its name and peer URL) or whatever `options` name."""
    return run_main("etcd_member", arguments_of(cluster, host, **options), check_mode)


def arguments_of(cluster: Cluster | None, host: Member | None = None, **options: Any) -> dict[str, Any]:
    """The task's arguments. An option given as None is left out."""
    connection = cluster.connection if cluster else {}
    identity = {"name": host.name, "peer_urls": [host.peer_url]} if host else {}
    given = {**PATIENCE, **connection, **identity, **options}
    return {name: value for name, value in given.items() if value is not None}


def join(cluster: Cluster, host: Member | None = None, **options: Any) -> Member:
    """A new host becomes a voter by the three tasks of a join."""
    options = {**UNHURRIED, **options}
    host = host or cluster.spare()
    registered = ensure(cluster, host, **options)
    assert registered.ok, registered
    host.start(environment=registered["environment"])
    promoted = ensure(cluster, host, state="promoted", **options)
    assert promoted.ok, promoted
    return host


def listed(cluster: Cluster) -> dict[str, str]:
    """Who is a member, by the test bed's own linearizable list: host name to `voter`, `learner`, `unstarted voter` or
    `unstarted learner`.
    """
    hosts = {host.peer_url: host.name for host in cluster.members}
    roles = {}
    for record in cluster.member_list():
        role = ("" if record["name"] else "unstarted ") + ("learner" if record["isLearner"] else "voter")
        key = next(
            (hosts[url] for url in record["peerURLs"] if url in hosts), record["name"] or ",".join(record["peerURLs"])
        )
        roles[key] = role
    return roles


def voters(*hosts: Member | str) -> dict[str, str]:
    """What `listed` says where exactly these are members, and all are started voters."""
    return {host if isinstance(host, str) else host.name: "voter" for host in hosts}


def peer_urls(cluster: Cluster) -> dict[str, list[str]]:
    """The peer URLs of each started member, as etcd has stored them."""
    return {record["name"]: record["peerURLs"] for record in cluster.member_list() if record["name"]}


@contextlib.contextmanager
def untouched(cluster: Cluster) -> Iterator[None]:
    """Nothing changes in here: neither the member list nor the revision."""
    before = cluster.member_list(), cluster.revision()
    yield
    assert (cluster.member_list(), cluster.revision()) == before


def ensure_without_waiting(cluster: Cluster, member: Member, **arguments: Any) -> Run:
    """A run that must not wait, unless an election was held meanwhile, as happens when the machine stood still."""
    term = cluster.leader.status()["term"]
    run = ensure(cluster, member, **arguments)
    excused = set() if cluster.leader.status()["term"] == term else {"no_quorum"}
    assert set(run.waited_for) <= excused, run
    return run


def writable(cluster: Cluster) -> bool:
    """Whether a write is acknowledged and can be read back."""
    cluster.put("still", "writable")
    return cluster.get("still") == "writable"


def wait_listening(url: str) -> None:
    """Until something takes connections there."""
    address = urlsplit(url)

    def look() -> str | None:
        with socket.socket() as probe:
            return os.strerror(code) if (code := probe.connect_ex((address.hostname, address.port))) else None

    waiting.until(f"{url} to take connections", look, 10)
