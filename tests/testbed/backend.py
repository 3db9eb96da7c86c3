# Copyright (c) 2026, the quorum.etcd founders
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the test bed asks of whatever runs its hosts: processes of this machine, or containers.

A backend knows hosts and says nothing of clusters: states, readiness, faults, fixtures and the terminal command are
written once, in :mod:`.cluster`, on this interface.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from typing import ClassVar, Protocol


class BackendUnavailable(Exception):
    """Such hosts cannot be run, and one line of text says why and what to do.

    Raised itself where something is there and does not work: an engine that hangs, a full disk, a wrong DOCKER_HOST.
    That is a failure wherever it happens; :class:`BackendAbsent` is one on CI only.
    """


class BackendAbsent(BackendUnavailable):
    """This machine lacks a piece, which can be got as the text says: an engine, the right to use it, an image, a
    program.
    """


@dataclass(frozen=True)
class Address:
    """A host (name or IP address) and a TCP port."""

    host: str
    port: int

    def url(self, scheme: str) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}"


class Host(ABC):
    """One machine of a cluster: it has addresses and a disk from the start, and may run one etcd."""

    name: str
    peer: Address
    """Where the other members reach it; what goes into its peer URL."""
    client: Address
    """Where clients on this machine reach it; what goes into its client URL."""
    peer_listen: Address
    """What etcd binds for its peers; differs from ``peer`` behind a proxy, or in a container (0.0.0.0)."""
    client_listen: Address
    data_dir: str
    """etcd's data directory as the host sees it."""
    log: Path
    """What etcd printed, as a file of this machine; appended to at each start, readable while etcd runs."""

    @abstractmethod
    def spawn(self, environment: Mapping[str, str]) -> None:
        """Starts etcd with exactly these ``ETCD_*`` variables and no flags, and returns without waiting for it.

        etcd must not outlive the test run, however that ends.
        """

    @property
    @abstractmethod
    def pid(self) -> int | None:
        """The process id on this machine of the etcd that runs (also a paused one), else ``None``."""

    @property
    def is_running(self) -> bool:
        """Whether etcd's process exists; a paused one does."""
        return self.pid is not None

    @property
    @abstractmethod
    def exit_code(self) -> int | None:
        """How the last etcd ended: its exit code, minus the number of the signal that ended it, ``None`` if it runs."""

    @abstractmethod
    def signal(self, number: Signals) -> None:
        """Sends etcd a signal and returns at once; SIGKILL, SIGTERM, SIGSTOP and SIGCONT are used.

        SIGKILL also ends a paused etcd. Does nothing where no etcd runs.
        """

    @abstractmethod
    def wipe(self) -> None:
        """Empties the disk: etcd's data directory is gone. etcd does not run when this is called."""

    def install(self, version: str) -> None:
        """From the next start its etcd is of that version; raises :class:`VersionFixed` where the backend cannot do
        so.
        """
        raise VersionFixed(f"{self.name} keeps the etcd it was made with; hosts that are processes can change it")

    @abstractmethod
    def sees(self, path: Path) -> str:
        """The name, on this host, of a file that lies in the backend's ``directory``."""


class Backend(ABC):
    """Runs the hosts of one cluster."""

    name: ClassVar[str]
    version: str
    """The exact etcd version of its hosts, such as ``3.5.16``."""
    directory: Path
    """A folder of this machine, private to the cluster and removed by ``close``; certificates are put there."""
    server_names: tuple[str, ...] = ("127.0.0.1", "::1", "localhost")
    """Names and addresses that its hosts have, or may get later; what a certificate of all of them says."""

    @abstractmethod
    def __init__(self, version: str | None, *, partitionable: bool) -> None:
        """Prepares to run etcd of that version (exact, a minor, or ``None`` for the default).

        Raises :class:`BackendUnavailable`, or ``releases.ReleaseMissing`` for a version that cannot be had.
        """

    @abstractmethod
    def host(self, name: str) -> Host:
        """A new host: addresses that nobody else gets while this cluster lives, an empty disk, nothing started."""

    @abstractmethod
    def block(self, links: Collection[tuple[str, str]]) -> None:
        """From now on exactly these one-way links, as (from, to) names of hosts, carry no peer traffic.

        An empty collection heals everything. Client traffic is never touched. Raises :class:`NotPartitionable`
        on a backend that was not made ``partitionable``.
        """

    @abstractmethod
    def etcdctl(self, arguments: Sequence[str], environment: Mapping[str, str]) -> str:
        """Runs the etcdctl of this version and returns what it prints; on failure raises ``EtcdctlFailed``.

        ``environment`` holds ``ETCDCTL_*`` variables; paths in it are those of this machine.
        """

    @abstractmethod
    def close(self) -> None:
        """Ends every etcd at once (SIGKILL, in parallel), removes all that this backend made. May be called twice."""


class VersionFixed(Exception):
    """The hosts of this backend cannot change their etcd version."""


class NotPartitionable(Exception):
    """The cluster was built without a network that can be cut."""


class BackendMaker(Protocol):
    """Makes the backend of one cluster; every backend's class does."""

    def __call__(self, version: str | None, *, partitionable: bool) -> Backend: ...


class EtcdctlFailed(Exception):
    """etcdctl ended with a failure; the text is what it wrote to its error output."""
