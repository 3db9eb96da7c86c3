# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters that run for somebody at a terminal: their records, which outlive the command that shows them.

Each is held by a process of its own, the ``up`` that made it. That process keeps its record locked, so a record that
can be locked tells that its holder is gone, and is swept away.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import shlex
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import releases, session, waiting
from .cluster import Cluster
from .programs import PACKAGE

DOWN_SECONDS = 20.0
FIRST_TO_SPEAK_V3 = (3, 4)
"""etcdctl before speaks version 2 of the API unless it is told; from 3.6 on it warns if it is."""


class NoSuchCluster(Exception):
    """No cluster of that name stands."""


class NameTaken(Exception):
    """Another cluster of that name stands."""


@dataclass(frozen=True)
class MemberRecord:
    name: str
    client_url: str
    peer_url: str
    was_started: bool
    pid: int | None


@dataclass(frozen=True)
class Record:
    """What is known of a registered cluster without asking it."""

    name: str
    pid: int
    """The process that holds it."""
    version: str
    backend: str
    since: float
    members: tuple[MemberRecord, ...]
    connection: dict[str, Any]
    unstarted_learners: int

    @property
    def environment_file(self) -> Path:
        return _folder() / f"{self.name}.env"


def _folder() -> Path:
    return session.root() / "clusters"


def _path(name: str) -> Path:
    return _folder() / f"{name}.json"


def free_name() -> str:
    taken = {record.name for record in all_records()}
    return next(name for number in range(1, 1000) if (name := f"cluster-{number}") not in taken)


def check_free(name: str) -> None:
    """Raises :class:`NameTaken` where a cluster of that name stands."""
    if name in {record.name for record in all_records()}:
        raise NameTaken(
            f"a cluster named {name} stands already; take another --name, or `python -m {PACKAGE} down {name}`"
        )


@contextmanager
def registered(cluster: Cluster, name: str, backend: str) -> Iterator[Record]:
    """The cluster stands under that name until the end of ``with``."""
    _folder().mkdir(mode=0o700, exist_ok=True)
    record = Record(
        name,
        os.getpid(),
        cluster.version,
        backend,
        time.time(),
        _members(cluster),
        cluster.connection,
        cluster.state.unstarted_learners,
    )
    unfinished = _path(name).with_suffix(".new")
    with open(unfinished, "w", encoding="utf-8", opener=_private) as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        json.dump(asdict(record), held)
        held.flush()
        _write_environment(record)
        unfinished.rename(_path(name))
        try:
            yield record
        finally:
            _forget(name)


def all_records() -> list[Record]:
    """All that run now; records whose holder is gone are removed."""
    records = []
    for path in sorted(_folder().glob("*.json")):
        with open(path, encoding="utf-8") as found:
            try:
                fcntl.flock(found, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                content = json.load(found)
                members = tuple(MemberRecord(**member) for member in content.pop("members"))
                records.append(Record(members=members, **content))
            else:
                _forget(path.stem)
    return records


def find(name: str | None) -> Record:
    """The registered cluster of that name, or the only one."""
    records = all_records()
    fitting = [record for record in records if name in (None, record.name)]
    if len(fitting) == 1:
        return fitting[0]
    if not records:
        raise NoSuchCluster(f"no cluster named {name} stands, nor any other" if name else "no cluster stands")
    names = ", ".join(record.name for record in records)
    raise NoSuchCluster(f"no cluster named {name} stands; there are {names}" if name else f"say which one: {names}")


def take_down(record: Record) -> None:
    """Ends the holder, which removes its cluster; returns when both are gone."""
    with suppress(ProcessLookupError), _process(record.pid) as holder:
        signal.pidfd_send_signal(holder, signal.SIGTERM)
        waiting.until(
            f"{record.name} to be gone",
            lambda: None if _has_ended(holder) else f"process {record.pid} still holds it",
            DOWN_SECONDS,
        )


@contextmanager
def _process(pid: int) -> Iterator[int]:
    """A descriptor of the process, which no later process of that number is mistaken for."""
    descriptor = os.pidfd_open(pid)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _has_ended(process: int) -> bool:
    """Also where nobody has asked for its exit code yet."""
    return bool(select.select([process], [], [], 0)[0])


def _members(cluster: Cluster) -> tuple[MemberRecord, ...]:
    return tuple(
        MemberRecord(member.name, member.client_url, member.peer_url, member.was_started, member.pid)
        for member in cluster.members
    )


def _forget(name: str) -> None:
    for path in (_path(name), _folder() / f"{name}.env"):
        path.unlink(missing_ok=True)
    with suppress(OSError):
        # The last one out; others still have records in it.
        _folder().rmdir()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _write_environment(record: Record) -> None:
    """What a shell reads with ``.`` to use etcdctl, and the collection's modules, on the cluster."""
    options = record.connection
    variables = {"ETCDCTL_ENDPOINTS": ",".join(options["endpoints"])}
    if releases.numbers(record.version) < FIRST_TO_SPEAK_V3:
        variables["ETCDCTL_API"] = "3"
    for option, variable in (
        ("ca_cert", "ETCDCTL_CACERT"),
        ("client_cert", "ETCDCTL_CERT"),
        ("client_key", "ETCDCTL_KEY"),
    ):
        if option in options:
            variables[variable] = options[option]
    if "username" in options:
        variables["ETCDCTL_USER"] = f"{options['username']}:{options['password']}"
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    release = releases.available().get(record.version)
    if release is not None:
        lines.append(f"export PATH={shlex.quote(str(release.etcdctl.parent))}:$PATH")
    with open(record.environment_file, "w", encoding="utf-8", opener=_private) as file:
        file.write("\n".join(lines) + "\n")
